// The page: what the user does and what the feed tells, to what is shown.
//
// The feed watches a box that is wider than the screen, so that a short drag asks for nothing. Events
// change the clients in memory and nothing else, however many come: what they mean for the picture and
// the panel is shown once a frame.
import { basemapRead } from './basemap.js';
import { Clients } from './clients.js';
import { Feed } from './feed.js';
import { herdAttach } from './herd.js';
import { inputAttach } from './input.js';
import { namesAsk } from './names.js';
import { nearestOf, positionOf } from './nearest.js';
import { latitudeOf, longitudeOf, xOf, yOf } from './mercator.js';
import { Painter } from './painter.js';
import * as panel from './panel.js';
import { Tiles, tilesAsk } from './tiles.js';
import { View, boxWithin } from './view.js';

const MARGIN = 0.25; // of the screen, on each side, that is watched too
const SETTLE_MS = 150; // the map stands still: the new box is asked for ...
const UNSETTLED_MAX_MS = 500; // ... and so often while it does not, as when it follows a client
const NEAR_MAX = 10;
const CHOSEN_ZOOM = 11; // at least, for who is searched for
const TAP_REACH = 16; // pixels

class App {
    #canvas = document.getElementById('map');
    #view = new View();
    #clients = new Clients();
    #painter = new Painter(this.#canvas);
    #feed = new Feed(location.origin, {
        event: (event) => this.#take(event),
        state: (state, age) => this.#takeState(state, age),
    }, {
        WebSocket,
        EventSource,
        setTimeout: (run, wait) => setTimeout(run, wait),
        clearTimeout: (timer) => clearTimeout(timer),
        random: Math.random,
    });
    #scales = [];
    #towns = []; // whose names are on the map
    #chosen = null; // {id, feature, isFollowed}
    #watched = null; // the box that the feed watches
    #named = null; // the box whose towns were asked for
    #attribution = undefined; // of tiles; null: there are none; undefined: that is not known
    #told = { isLoading: true, isTruncated: false }; // whether that is all who are in view
    #isOld = true;
    #hasMoved = false; // the chosen client, since the last frame
    #settling = null;
    #unsettled = null; // when it began to move

    start() {
        this.#painter.fit(this.#view);
        this.#readHash();
        this.#watch();
        inputAttach(this.#canvas, {
            pan: (dx, dy) => this.#moved(() => this.#view.pan(dx, dy), true),
            zoom: (x, y, change) => this.#moved(() => this.#view.zoomAt(x, y, change), false),
            tap: (x, y) => this.#tap(x, y),
            key: (key) => this.#key(key),
        });
        panel.panelAttach({
            search: (id) => this.#search(id),
            choose: (id) => this.#choose(id),
            follow: () => this.#follow(),
            places: () => this.#askPlaces(),
            letGo: () => this.#letGo(),
        });
        herdAttach();
        this.#attachButtons();
        addEventListener('hashchange', () => this.#readHash());
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
            this.#painter.readColours();
            this.#isOld = true;
        });
        setInterval(() => this.#refreshPanel(), 1000);
        requestAnimationFrame(() => this.#frame());
        this.#loadBasemap();
    }

    async #loadBasemap() {
        try {
            const answer = await fetch('basemap.bin');
            this.#scales = basemapRead(new Uint8Array(await answer.arrayBuffer()));
            this.#isOld = true;
        } catch (error) {
            panel.panelNote(`The base map cannot be shown: ${error.message}`);
        }
    }

    // Until herd-web has said whether there are tiles.
    async #askTiles() {
        const settings = this.#attribution === undefined ? await tilesAsk() : undefined;
        if (settings === undefined || this.#attribution !== undefined) {
            return;
        }
        this.#attribution = settings?.attribution ?? null;
        this.#painter.tiles = settings && new Tiles(settings, {
            newImage: () => new Image(),
            now: () => performance.now(),
            setTimeout: (run, wait) => setTimeout(run, wait),
            clearTimeout: (timer) => clearTimeout(timer),
            changed: () => { this.#isOld = true; },
        });
        this.#isOld = true;
    }

    #takeState(state, age) {
        panel.panelState(state, age);
        if (state === 'live' || state === 'stale') { // herd-web can be asked
            this.#askTiles();
        }
        if (state === 'lost' || state === 'stale') { // no more clients come, for now
            this.#told.isLoading = false;
            this.#isOld = true;
        }
    }

    #attachButtons() {
        const middle = () => [this.#view.width / 2, this.#view.height / 2];
        const on = (id, move) =>
            document.getElementById(id).addEventListener('click', () => this.#moved(move, false));
        on('zoom-in', () => this.#view.zoomAt(...middle(), 1));
        on('zoom-out', () => this.#view.zoomAt(...middle(), -1));
        on('zoom-world', () => this.#showWorld());
    }

    #showWorld() {
        this.#view.moveTo(0.5, 0.5, 0);
    }

    // #ZOOM/LATITUDE/LONGITUDE
    #readHash() {
        const numbers = location.hash.slice(1).split('/').map(Number);
        if (numbers.length === 3 && numbers.every(Number.isFinite)) {
            const [zoom, latitude, longitude] = numbers;
            this.#moved(() => this.#view.moveTo(xOf(longitude), yOf(latitude), zoom), true);
        }
    }

    #writeHash() {
        const { x, y, zoom } = this.#view;
        const hash = `#${zoom.toFixed(2)}/${latitudeOf(y).toFixed(5)}/${longitudeOf(x).toFixed(5)}`;
        history.replaceState(null, '', hash);
    }

    // Moves the map, and asks for what is there when it stands still. `letsGo`: who moves away from
    // a client that is followed does not follow it any more.
    #moved(move, letsGo) {
        move();
        this.#isOld = true;
        if (letsGo && this.#chosen?.isFollowed) {
            this.#chosen.isFollowed = false;
            panel.panelChosen(this.#chosen);
        }
        this.#settleSoon();
    }

    #settleSoon() {
        const now = performance.now();
        this.#unsettled ??= now;
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => {
            this.#unsettled = null;
            this.#writeHash();
            this.#watch();
        }, Math.min(SETTLE_MS, this.#unsettled + UNSETTLED_MAX_MS - now));
    }

    // Asks for the box of the screen, unless what is watched has it and is not much wider.
    #watch() {
        const wide = (box) => box[3] - box[1];
        const screen = this.#view.box();
        if (this.#watched === null || !boxWithin(screen, this.#watched) ||
            wide(this.#watched) > 3 * wide(screen)) {
            this.#watched = this.#view.box(MARGIN);
            this.#feed.watch(this.#watched);
        }
        this.#askNames();
    }

    async #askNames() {
        const box = this.#view.box(MARGIN);
        if (box.join() === this.#named) {
            return;
        }
        this.#named = box.join();
        const towns = await namesAsk(box);
        if (towns !== null && this.#named === box.join() &&
            (towns.length > 0 || this.#towns.length > 0)) {
            this.#towns = towns;
            this.#isOld = true;
        }
    }

    #take(event) {
        this.#isOld = true;
        switch (event.kind) {
        case 'position': this.#takePosition(event.feature); break;
        case 'leave': this.#takeLeave(event.client); break;
        case 'reset':
            this.#told.isLoading = true;
            this.#clients.begin();
            break;
        case 'up-to-date':
            this.#told = { isLoading: false, isTruncated: event.isTruncated };
            this.#clients.finish();
            break;
        }
    }

    #takePosition(feature) {
        this.#clients.put(feature);
        if (feature.properties.client === this.#chosen?.id) {
            this.#chosen.feature = feature;
            this.#hasMoved = true;
        }
    }

    #takeLeave(client) {
        this.#clients.remove(client);
        if (client === this.#chosen?.id) {
            this.#findAgain();
        }
    }

    // The chosen client is not in what is watched: it is elsewhere, or gone.
    async #findAgain() {
        const { id } = this.#chosen;
        const feature = await this.#askClient(id);
        if (this.#chosen?.id === id && feature !== null) {
            this.#chosen.feature = feature;
            this.#keepInView();
        }
    }

    #keepInView() {
        if (this.#chosen.isFollowed) {
            const { longitude, latitude } = positionOf(this.#chosen.feature);
            this.#moved(() => this.#view.moveTo(xOf(longitude), yOf(latitude)), false);
        }
        panel.panelChosen(this.#chosen);
    }

    // The content of an answer; null: there is none, and it was said why.
    async #ask(path, missing) {
        let answer;
        try {
            answer = await fetch(path);
        } catch {
            panel.panelNote('herd-web cannot be reached.');
            return null;
        }
        if (answer.ok) {
            return answer.json();
        }
        panel.panelNote(answer.status === 404 ? missing :
            answer.status === 503 ? 'The node is away; ask again in a few seconds.' :
                `herd-web answered ${answer.status}.`);
        return null;
    }

    #askClient(id) {
        return this.#ask(`/v1/clients/${encodeURIComponent(id)}`, `There is no client ${id}.`);
    }

    async #search(id) {
        const feature = this.#clients.get(id) ?? await this.#askClient(id);
        if (feature !== null) {
            this.#choose(id, feature);
            const { longitude, latitude } = positionOf(feature);
            const zoom = Math.max(this.#view.zoom, CHOSEN_ZOOM);
            this.#moved(() => this.#view.moveTo(xOf(longitude), yOf(latitude), zoom), true);
        }
    }

    #choose(id, feature = this.#clients.get(id)) {
        panel.panelForget();
        this.#chosen = { id, feature, isFollowed: false };
        this.#isOld = true;
        this.#refreshPanel();
    }

    #letGo() {
        panel.panelForget();
        this.#chosen = null;
        this.#isOld = true;
        this.#refreshPanel();
    }

    #follow() {
        if (this.#chosen?.feature !== undefined) {
            this.#chosen.isFollowed = !this.#chosen.isFollowed;
            this.#keepInView();
        }
    }

    async #askPlaces() {
        const { id } = this.#chosen;
        const path = `/v1/places?client=${encodeURIComponent(id)}&limit=10`;
        const answer = await this.#ask(path, `There is no client ${id}.`);
        if (answer !== null && this.#chosen?.id === id) {
            panel.panelPlaces(answer);
        }
    }

    #tap(x, y) {
        const { crowd, clusters } = this.#painter;
        const cluster = clusters.find((one) => Math.hypot(one.x - x, one.y - y) < TAP_REACH);
        if (cluster !== undefined) {
            this.#moved(() => this.#view.zoomAt(x, y, 2), true);
            return;
        }
        const slot = crowd.at(x, y, TAP_REACH);
        if (slot >= 0 && slot < this.#clients.count) {
            this.#choose(this.#clients.features[slot].properties.client);
        }
    }

    #key(key) {
        switch (key) {
        case '0': this.#moved(() => this.#showWorld(), true); return true;
        case '/': panel.panelFocusSearch(); return true;
        case 'f': this.#follow(); return true;
        case 'Escape': this.#letGo(); return true;
        default: return false;
        }
    }

    #refreshPanel() {
        const middle = { longitude: longitudeOf(this.#view.x), latitude: latitudeOf(this.#view.y) };
        const feature = this.#chosen?.feature;
        panel.panelCount(this.#painter.crowd.count, this.#told);
        panel.panelChosen(this.#chosen);
        panel.panelNear(nearestOf(this.#clients, feature ? positionOf(feature) : middle, NEAR_MAX,
            this.#chosen?.id));
    }

    #frame() {
        if (this.#painter.fit(this.#view)) {
            this.#moved(() => {}, false);
        }
        if (this.#hasMoved && this.#chosen !== null) {
            panel.panelNote('');
            this.#keepInView();
        }
        this.#hasMoved = false;
        if (this.#isOld) {
            this.#isOld = this.#painter.draw({
                view: this.#view,
                scales: this.#scales,
                towns: this.#towns,
                clients: this.#clients,
                chosen: this.#chosen?.id ?? null,
            });
            panel.panelSource(this.#painter.hasTowns, this.#attribution ?? null);
            panel.panelCount(this.#painter.crowd.count, this.#told);
        }
        requestAnimationFrame(() => this.#frame());
    }
}

new App().start();
