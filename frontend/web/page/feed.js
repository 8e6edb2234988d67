// The connection to /v1/watch: a WebSocket, or server-sent events where there is none.
//
// What comes in: the box that is watched, and what the browser says of the connection. What goes
// out: events (events.js), and how it is: `connecting`, `live`, `stale` (the node is away) or
// `lost`. A connection that ends is made anew, later each time, and by the other way as long as
// none has worked. Each new connection tells the whole state, which `reset` announces; only an
// EventSource that the browser resumes by itself goes on where it was.
import { EVENT_NAMES, eventOfMessage, eventsOfFrame } from './events.js';

const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 8000;
const CLIENTS_MAX = 100000; // of a view; the most that herd-web allows

export class Feed {
    #make; // {WebSocket, EventSource, setTimeout, clearTimeout, random}
    #base; // http://HOST:PORT
    #told; // {event (event), state (name)}
    #box = null;
    #way = 'socket'; // or 'stream'
    #worked = false;
    #wait = WAIT_FIRST_MS;
    #connection = null; // {close, send}; null: there is none
    #timer = null;
    #open = false;

    constructor(base, told, make) {
        this.#base = base;
        this.#told = told;
        this.#make = make;
    }

    // Watches a box [west, south, east, north].
    watch(box) {
        this.#box = box;
        if (this.#connection === null) {
            if (this.#timer === null) {
                this.#connect();
            }
        } else if (this.#way === 'socket') {
            if (this.#open) {
                this.#connection.send();
            }
        } else {
            this.#connection.close();
            this.#connect();
        }
    }

    stop() {
        this.#connection?.close();
        this.#connection = null;
        this.#make.clearTimeout(this.#timer);
        this.#timer = null;
    }

    #connect() {
        this.#timer = null;
        this.#open = false;
        this.#told.state('connecting');
        this.#connection = this.#way === 'socket' ? this.#openSocket() : this.#openStream();
    }

    #address(base) {
        const box = this.#box.map((degrees) => degrees.toFixed(6)).join(',');
        return `${base}/v1/watch?bbox=${box}&limit=${CLIENTS_MAX}`;
    }

    #openSocket() {
        const address = this.#address(this.#base.replace(/^http/, 'ws'));
        const socket = new this.#make.WebSocket(`${address}&batch=true`);
        const first = this.#box;
        const send = () => socket.send(JSON.stringify({ view: { bbox: this.#box } }));
        socket.onopen = () => {
            this.#opened(true);
            if (this.#box !== first) {
                send();
            }
        };
        socket.onmessage = (message) =>
            eventsOfFrame(message.data).forEach((event) => this.#take(event));
        socket.onclose = () => this.#ended();
        return {
            send,
            close() {
                socket.onopen = socket.onmessage = socket.onclose = null;
                socket.close();
            },
        };
    }

    #openStream() {
        const source = new this.#make.EventSource(this.#address(this.#base));
        let resumes = false;
        source.onopen = () => {
            this.#opened(!resumes);
            resumes = true;
        };
        for (const name of EVENT_NAMES) {
            source.addEventListener(name, (message) =>
                this.#take(eventOfMessage(name, message.data)));
        }
        source.onerror = () => {
            if (source.readyState === 2) { // CLOSED: the browser does not try again
                this.#ended();
            } else {
                this.#told.state('lost');
            }
        };
        return {
            close() {
                source.onopen = source.onerror = null;
                source.close();
            },
        };
    }

    #opened(anew) {
        this.#open = true;
        this.#worked = true;
        this.#wait = WAIT_FIRST_MS;
        this.#told.state('live');
        if (anew) {
            this.#told.event({ kind: 'reset' });
        }
    }

    #ended() {
        this.#connection = null;
        this.#told.state('lost');
        if (!this.#worked) {
            this.#way = this.#way === 'socket' ? 'stream' : 'socket';
        }
        const wait = this.#wait * (0.5 + this.#make.random());
        this.#wait = Math.min(WAIT_MAX_MS, this.#wait * 2);
        this.#timer = this.#make.setTimeout(() => this.#connect(), wait);
    }

    #take(event) {
        if (event === null) {
            return;
        }
        if (event.kind === 'stale') {
            this.#told.state('stale', event.age);
            return;
        }
        if (event.kind === 'up-to-date') {
            this.#told.state('live');
        }
        this.#told.event(event);
    }
}
