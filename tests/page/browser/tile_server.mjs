// A server of raster tiles, of one colour, on another port: to a browser that is another site.
import { createServer } from 'node:http';

// A pixel of a colour (GIF89a), which fills its tile.
const pixelOf = ([red, green, blue]) => Buffer.from([71, 73, 70, 56, 57, 97, 1, 0, 1, 0, 128, 0, 0, red,
    green, blue, 0, 0, 0, 44, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 68, 1, 0, 59]);

export class TileServer {
    asked = []; // {path, referer, origin} of each request
    held = new Set(); // answers that wait
    holds = false; // requests are not answered
    has = () => true; // whether there is a tile: zoom, column, row
    #server;
    #connections = new Set();
    #tile;
    #type;

    constructor(colour) {
        this.#tile = pixelOf(colour);
        this.#type = 'image/gif';
    }

    // From now on tiles have so many pixels a side.
    enlarge(side) {
        this.#type = 'image/svg+xml';
        this.#tile = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"></svg>`;
    }

    async start() {
        this.#server = createServer((request, response) => this.#take(request, response));
        this.#server.on('connection', (socket) => {
            this.#connections.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => this.#connections.delete(socket));
        });
        await new Promise((done) => { this.#server.listen(0, '127.0.0.1', done); });
        this.origin = `http://127.0.0.1:${this.#server.address().port}`;
        this.url = `${this.origin}/tiles/{z}/{x}/{y}.png?key=a`;
    }

    async stop() {
        const closed = new Promise((done) => { this.#server.close(done); });
        this.#connections.forEach((socket) => socket.destroy());
        await closed;
    }

    // Answers what waits, and from now on everything.
    release() {
        this.holds = false;
        this.held.forEach((response) => this.#reply(response));
        this.held.clear();
    }

    #take(request, response) {
        const { referer, origin } = request.headers;
        this.asked.push({ path: request.url, referer, origin });
        if (!this.holds) {
            this.#reply(response);
            return;
        }
        this.held.add(response);
        response.on('close', () => this.held.delete(response));
    }

    #reply(response) {
        const tile = response.req.url.match(/^\/tiles\/(\d+)\/(\d+)\/(\d+)\.png\?key=a$/);
        const good = tile !== null && this.has(...tile.slice(1).map(Number));
        response.writeHead(good ? 200 : 404, { 'Content-Type': this.#type, 'Cache-Control': 'no-store' });
        response.end(good ? this.#tile : undefined);
    }
}
