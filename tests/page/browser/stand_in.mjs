// A stand-in for herd-web: the page's files with the header fields of the real one, and clients that
// a test moves. It speaks /v1/watch (WebSocket and server-sent events), /v1/clients/{id} and
// /v1/places as events.js and app.js of the page read them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { boxHas } from '../../../frontend/web/page/view.js';

const PAGE = new URL('../../../frontend/web/page/', import.meta.url);
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8',
    css: 'text/css; charset=utf-8', svg: 'image/svg+xml', bin: 'application/octet-stream' };
// The header fields of the real one, from the C that has them; `origin`: of tiles.
const fieldsOf = (origin) => readFileSync(new URL('page.h', PAGE), 'utf8')
    .match(/#define PAGE_FIELDS([^]*?)\n\n/)[1].replace(/\\\n|"/g, '').replace(/ +/g, ' ')
    .replace('%s%s', origin === null ? '' : ` ${origin}`)
    .split('\\r\\n').map((field) => field.trim().split(': ')).filter((field) => field.length === 2);
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455, 1.3

export function featureOf(client, latitude, longitude, member = 'Goloman') {
    return {
        type: 'Feature',
        id: client,
        geometry: { type: 'Point', coordinates: [longitude, latitude] },
        properties: { client, time: (Date.now() / 1000).toFixed(3), difference: '+0.000385004', member },
    };
}

export const featureOfTown = (name, latitude, longitude) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, latitude] },
    properties: { name, population: 1 },
});

// One that watches: `write (name, data)` sends an event.
class Watcher {
    told = new Set();
    box = null;

    constructor(write) {
        this.write = write;
    }

    look(box, clients) {
        this.box = box;
        for (const client of this.told) {
            this.change(client, clients.get(client));
        }
        for (const [client, feature] of clients) {
            if (!this.told.has(client)) {
                this.change(client, feature);
            }
        }
        this.write('up-to-date', {});
    }

    change(client, feature) {
        if (feature !== undefined && boxHas(this.box, ...feature.geometry.coordinates)) {
            this.told.add(client);
            this.write('position', feature);
        } else if (this.told.delete(client)) {
            this.write('leave', { client });
        }
    }
}

const boxOf = (text) => text.split(',').map(Number);

// A text frame of a server (RFC 6455, 5.2).
function frameOf(text) {
    const payload = Buffer.from(text);
    const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) :
        payload.length < 65536 ? Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]) :
            Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), uint32(payload.length)]);
    return Buffer.concat([head, payload]);
}

function uint32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}

// The text frames of a browser in `bytes`, each shorter than 64 KiB, and what is left over.
function framesOf(bytes) {
    const texts = [];
    while (bytes.length >= 6) {
        const long = (bytes[1] & 127) === 126;
        const size = long ? bytes.readUInt16BE(2) : bytes[1] & 127;
        const start = long ? 8 : 6;
        if (bytes.length < start + size) {
            break;
        }
        const mask = bytes.subarray(start - 4, start);
        if ((bytes[0] & 15) === 1) {
            texts.push(Buffer.from(bytes.subarray(start, start + size))
                .map((byte, i) => byte ^ mask[i % 4]).toString());
        }
        bytes = bytes.subarray(start + size);
    }
    return { texts, rest: bytes };
}

export class StandIn {
    clients = new Map();
    towns = []; // as /v1/names has them
    tiles = null; // as /v1/tiles has them
    herd = { herd: 'ucla', member: 'Goloman', asks: true, left_out: 3, members: [
        { member: 'Goloman', state: 'up', uptime: 7, records: 12, connections: 3,
            links: [{ to: 'Hands', state: 'down', lag: 2 }] },
        { member: 'Hands', state: 'silent' }] };
    hasSockets = true;
    #watchers = new Set();
    #connections = new Set();
    #server = null;
    port = 0;

    async start() {
        this.#server = createServer((request, response) => this.#answer(request, response));
        this.#server.on('upgrade', (request, socket) => this.#upgrade(request, socket));
        this.#server.on('connection', (socket) => {
            this.#connections.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => this.#connections.delete(socket));
        });
        await new Promise((done) => this.#server.listen(this.port, '127.0.0.1', done));
        this.port = this.#server.address().port;
    }

    // Ends as a process that is killed does.
    async stop() {
        const closed = new Promise((done) => this.#server.close(done));
        this.#connections.forEach((socket) => socket.destroy());
        this.#watchers.clear();
        await closed;
    }

    put(client, latitude, longitude) {
        const feature = featureOf(client, latitude, longitude);
        this.clients.set(client, feature);
        this.#watchers.forEach((watcher) => watcher.change(client, feature));
    }

    forget(client) {
        this.clients.delete(client);
        this.#watchers.forEach((watcher) => watcher.change(client, undefined));
    }

    tell(name, data) {
        this.#watchers.forEach((watcher) => watcher.write(name, data));
    }

    #answer(request, response) {
        const url = new URL(request.url, 'http://h');
        const client = url.pathname.match(/^\/v1\/clients\/(.+)$/);
        if (url.pathname === '/v1/watch') {
            this.#stream(url, response);
        } else if (client !== null) {
            this.#json(response, this.clients.get(decodeURIComponent(client[1])));
        } else if (url.pathname === '/v1/herd') {
            this.#json(response, this.herd);
        } else if (url.pathname === '/v1/tiles') {
            this.#json(response, { tiles: this.tiles });
        } else if (url.pathname === '/v1/names') {
            const box = boxOf(url.searchParams.get('bbox'));
            this.#json(response, { type: 'FeatureCollection', features: this.towns
                .filter(({ geometry }) => boxHas(box, ...geometry.coordinates)) });
        } else if (url.pathname === '/v1/places') {
            this.#json(response, this.clients.has(url.searchParams.get('client')) ? {
                html_attributions: ['Places by <a href="https://example.org/">Somebody</a>'],
                results: [{ name: 'Westwood', vicinity: 'CA, US' }],
                status: 'OK',
            } : undefined);
        } else {
            this.#file(url.pathname === '/' ? 'index.html' : url.pathname.slice(1), response);
        }
    }

    #json(response, value) {
        response.writeHead(value === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
        response.end(value === undefined ? '{}' : JSON.stringify(value));
    }

    #file(name, response) {
        try {
            const content = readFileSync(new URL(name, PAGE));
            response.writeHead(200, { 'Content-Type': TYPES[name.split('.').at(-1)],
                'X-Content-Type-Options': 'nosniff', ...Object.fromEntries(
                    fieldsOf(this.tiles === null ? null : new URL(this.tiles.url).origin)) });
            response.end(content);
        } catch {
            response.writeHead(404);
            response.end();
        }
    }

    #stream(url, response) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        this.#watch(url, response, (name, data) =>
            response.write(`event: ${name}\nid: 1-1\ndata: ${JSON.stringify(data)}\n\n`));
    }

    #watch(url, connection, write) {
        const watcher = new Watcher(write);
        this.#watchers.add(watcher);
        connection.on('close', () => this.#watchers.delete(watcher));
        connection.cork();
        watcher.look(boxOf(url.searchParams.get('bbox')), this.clients);
        connection.uncork();
        return watcher;
    }

    #upgrade(request, socket) {
        if (!this.hasSockets) {
            socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
            return;
        }
        const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID);
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
            `Connection: Upgrade\r\nSec-WebSocket-Accept: ${key.digest('base64')}\r\n\r\n`);
        const url = new URL(request.url, 'http://h');
        const isBatch = url.searchParams.get('batch') === 'true';
        const watcher = this.#watch(url, socket, (event, data) => {
            const one = { event, id: '1-1', data };
            socket.write(frameOf(JSON.stringify(isBatch ? [one] : one)));
        });
        let rest = Buffer.alloc(0);
        socket.on('data', (bytes) => {
            const frames = framesOf(Buffer.concat([rest, bytes]));
            rest = frames.rest;
            frames.texts.forEach((text) => watcher.look(JSON.parse(text).view.bbox, this.clients));
        });
    }
}
