// The clients that the page knows, and their trails. Pure.
//
// What comes in: events of the feed (events.js). What is kept: of each client the newest position
// that was told, in arrays by slot, so that drawing walks memory once. What goes out: the arrays,
// and a client's details.
//
// A state told anew (`begin` … `finish`) takes away whoever it does not name, and not before it is
// complete: so a cut connection leaves the last known picture.
import { xOf, yOf } from './mercator.js';

const TRAIL_POINTS_MAX = 40;
const TRAILS_MAX = 5000; // of those that moved last

export class Clients {
    // By slot; a slot below `count` is in use.
    xs = new Float64Array(1024);
    ys = new Float64Array(1024);
    features = [];
    count = 0;
    #slots = new Map(); // client: slot
    #trails = new Map(); // client: [x, y, x, y …], who moved last is last
    // Goes on behind those that were taken away: no search for the first. A map that is laid out anew
    // is kept by its iterators until they go on, so one that does not go on is dropped.
    #oldest;
    #idle = 0; // moves since it went on
    #rounds = new Uint32Array(1024); // by slot: in which state it was told
    #round = 0;

    has(client) {
        return this.#slots.has(client);
    }

    // The Feature of a client; undefined: it is not known.
    get(client) {
        return this.features[this.#slots.get(client)];
    }

    slotOf(client) {
        return this.#slots.get(client);
    }

    trail(client) {
        return this.#trails.get(client) ?? [];
    }

    // Takes a Feature: a client that came or moved. Returns whether it came.
    put(feature) {
        const client = feature.properties.client;
        const [longitude, latitude] = feature.geometry.coordinates;
        const x = xOf(longitude);
        const y = yOf(latitude);
        const slot = this.#slots.get(client);
        if (slot === undefined) {
            this.#add(client, feature, x, y);
            return true;
        }
        if (this.xs[slot] !== x || this.ys[slot] !== y) {
            this.#extend(client, slot, x, y);
        }
        this.#set(slot, feature, x, y);
        return false;
    }

    // A client left. Its trail stays until it is the oldest.
    remove(client) {
        const slot = this.#slots.get(client);
        if (slot === undefined) {
            return false;
        }
        const last = --this.count;
        this.#slots.delete(client);
        if (slot !== last) {
            const moved = this.features[last];
            this.#slots.set(moved.properties.client, slot);
            this.#rounds[slot] = this.#rounds[last];
            this.xs[slot] = this.xs[last];
            this.ys[slot] = this.ys[last];
            this.features[slot] = moved;
        }
        this.features.length = last;
        return true;
    }

    // From here on the state is told anew.
    begin() {
        this.#round++;
    }

    // The state is complete.
    finish() {
        for (let slot = this.count - 1; slot >= 0; slot--) {
            if (this.#rounds[slot] !== this.#round) {
                this.remove(this.features[slot].properties.client);
            }
        }
    }

    #add(client, feature, x, y) {
        if (this.count === this.xs.length) {
            this.#grow();
        }
        const slot = this.count++;
        this.#slots.set(client, slot);
        this.#set(slot, feature, x, y);
    }

    #set(slot, feature, x, y) {
        this.xs[slot] = x;
        this.ys[slot] = y;
        this.features[slot] = feature;
        this.#rounds[slot] = this.#round;
    }

    #grow() {
        const larger = (Kind, old) => {
            const array = new Kind(old.length * 2);
            array.set(old);
            return array;
        };
        this.xs = larger(Float64Array, this.xs);
        this.ys = larger(Float64Array, this.ys);
        this.#rounds = larger(Uint32Array, this.#rounds);
    }

    #extend(client, slot, x, y) {
        const trail = this.#trails.get(client) ?? [this.xs[slot], this.ys[slot]];
        trail.push(x, y);
        if (trail.length > 2 * TRAIL_POINTS_MAX) {
            trail.splice(0, 2);
        }
        this.#trails.delete(client);
        this.#trails.set(client, trail);
        if (this.#trails.size > TRAILS_MAX) {
            this.#oldest ??= this.#trails.keys();
            this.#idle = 0;
            this.#trails.delete(this.#oldest.next().value);
        } else if (++this.#idle >= TRAILS_MAX) {
            this.#oldest = undefined;
        }
    }
}
