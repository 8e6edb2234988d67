// Raster tiles of a server that the herd file names (web_tiles), below what the map shows.
//
// Each picture asks `look` for the tiles of its view. Those that are here it gets, and, where some are
// missing, what is here of other levels; the rest is asked for, from the middle on, a few at a time.
// Tiles that are under way and not wanted any more are given up. What fails is asked for again after
// a while, and a server that fails again and again is left alone for ever longer. Below all of it lies
// the base map, so that nothing of this is needed to see something.

const SIDE = 256; // pixels of a tile, as the levels count them
const SIDE_MAX = 512; // pixels of a tile that is taken
const SHOWN_MAX = 256; // tiles of a picture
const KEPT_MAX = 384; // tiles that something is known of
const KEPT_BYTES_MAX = 96 * 1024 * 1024; // pixels in memory; those of a picture fit in
const COVER_POINTS = 12; // each way, of a view, that are looked at
const LOADING_MAX = 6; // under way
const LEVELS_APART = 4; // of tiles that stand in for others
const PATIENCE_MS = 20000; // for one tile
const FAILED_MS = 60000; // until one that failed is asked for again
const FAILURES_MAX = 4; // in a row, until the server is left alone ...
const PAUSE_MS = 2000; // ... for this time, doubled with each more
const PAUSE_MAX_MS = 300000;

// What the herd file says: {url, attribution, max_zoom, referrer}, or null: no tiles. Undefined: it
// cannot be had now.
export async function tilesAsk() {
    try {
        const answer = await fetch('/v1/tiles');
        return answer.ok ? (await answer.json()).tiles : undefined;
    } catch {
        return undefined;
    }
}

// Whose tiles they are: a text, and what it links to; null: nothing. Pure.
export function attributionOf(text) {
    const [, said, link] = /^(.*\S)\s+(https:\/\/\S+)$/.exec(text) ?? [null, text, null];
    return { said, link: link !== null && URL.canParse(link) ? link : null };
}

// The tiles of a view, the nearest to its middle first: {key, zoom, column, row}, the column as far
// around the world as the view is. `ratio`: pixels of the device in one of the screen. Where they would
// be more than `max`, those of a coarser level. Pure.
export function tilesOf(view, ratio, zoomMax, max = SHOWN_MAX) {
    let zoom = Math.max(0, Math.min(zoomMax, Math.round(view.zoom + Math.log2(ratio))));
    let edges = edgesAt(zoom, view);
    while (zoom > 0 && (edges.east - edges.west) * (edges.south - edges.north) > max) {
        zoom--;
        edges = edgesAt(zoom, view);
    }
    return { zoom, tiles: tilesWithin(edges, zoom, view) };
}

function edgesAt(zoom, view) {
    const count = 2 ** zoom;
    const halfX = view.width / 2 / view.size;
    const halfY = view.height / 2 / view.size;
    return {
        west: Math.floor((view.x - halfX) * count),
        east: Math.ceil((view.x + halfX) * count),
        north: Math.max(0, Math.floor((view.y - halfY) * count)),
        south: Math.min(count, Math.ceil((view.y + halfY) * count)),
    };
}

function tilesWithin({ west, east, north, south }, zoom, view) {
    const count = 2 ** zoom;
    const tiles = [];
    for (let row = north; row < south; row++) {
        for (let column = west; column < east; column++) {
            tiles.push({ key: `${zoom}/${((column % count) + count) % count}/${row}`, zoom, column, row });
        }
    }
    const away = ({ column, row }) =>
        Math.hypot((column + 0.5) / count - view.x, (row + 0.5) / count - view.y);
    return tiles.sort((a, b) => away(a) - away(b));
}

// Where a tile lies, in pixels of the device; tiles side by side leave no gap. Pure.
export function placeOf({ zoom, column, row }, view, ratio) {
    const count = 2 ** zoom;
    const pixelX = (at) => Math.round((view.width / 2 + (at / count - view.x) * view.size) * ratio);
    const pixelY = (at) => Math.round((view.height / 2 + (at / count - view.y) * view.size) * ratio);
    const left = pixelX(column);
    const top = pixelY(row);
    return { left, top, width: pixelX(column + 1) - left, height: pixelY(row + 1) - top };
}

// Whether places, which may lie over each other, take more than half of an area. Pure.
export function coversMost(places, areaWidth, areaHeight) {
    let covered = 0;
    for (let i = 0; i < COVER_POINTS ** 2; i++) {
        const x = (i % COVER_POINTS + 0.5) / COVER_POINTS * areaWidth;
        const y = (Math.floor(i / COVER_POINTS) + 0.5) / COVER_POINTS * areaHeight;
        covered += places.some(({ left, top, width, height }) =>
            left <= x && x < left + width && top <= y && y < top + height);
    }
    return covered > COVER_POINTS ** 2 / 2;
}

const bytesOf = ({ naturalWidth, naturalHeight }) => naturalWidth * naturalHeight * 4;

export class Tiles {
    version = 0; // another one: tiles have come
    #settings;
    #world;
    #known = new Map(); // by key: {state, image, until, timer}; the least wanted first
    #bytes = 0; // of the tiles that are here
    #bytesMost = 1; // of one
    #loading = 0;
    #failures = 0; // in a row
    #pausedUntil = 0;
    #waking = null;

    // `world`: {newImage (), now () in ms, setTimeout, clearTimeout, changed ()}: there is more to show.
    constructor(settings, world) {
        this.#settings = settings;
        this.#world = world;
    }

    // What to draw for a view, in this order: {image, left, top, width, height}.
    look(view, ratio) {
        const { zoom, tiles } = tilesOf(view, ratio, this.#settings.max_zoom,
            Math.min(SHOWN_MAX, Math.floor(KEPT_BYTES_MAX / this.#bytesMost)));
        const wanted = new Set(tiles.map(({ key }) => key));
        this.#giveUp(wanted);
        const shown = [];
        const missing = [];
        for (const tile of tiles) {
            const known = this.#use(tile.key);
            if (known?.state === 'here') {
                shown.push({ image: known.image, ...placeOf(tile, view, ratio) });
            } else if (known === undefined) {
                missing.push(tile.key);
            }
        }
        this.#begin(missing);
        this.#forget(wanted);
        this.#wake(tiles);
        return shown.length === tiles.length ? shown :
            [...this.#standIns(zoom, view, ratio), ...shown];
    }

    // What is known of a tile, which is the one wanted last now.
    #use(key) {
        const known = this.#known.get(key);
        if (known === undefined) {
            return undefined;
        }
        this.#known.delete(key);
        if (known.state === 'failed' && this.#world.now() >= known.until) {
            return undefined;
        }
        this.#known.set(key, known);
        return known;
    }

    // Tiles of other levels that lie in the view, coarse ones first.
    #standIns(zoom, view, ratio) {
        const found = [];
        for (const [key, { state, image }] of this.#known) {
            const [level, column, row] = key.split('/').map(Number);
            if (state !== 'here' || level === zoom || Math.abs(level - zoom) > LEVELS_APART) {
                continue;
            }
            for (const around of [-1, 0, 1]) {
                const tile = { zoom: level, column: column + around * 2 ** level, row };
                const { left, top, width, height } = placeOf(tile, view, ratio);
                if (left < view.width * ratio && left + width > 0 && top < view.height * ratio &&
                    top + height > 0) {
                    found.push({ image, level, left, top, width, height });
                }
            }
        }
        return found.sort((a, b) => a.level - b.level);
    }

    #begin(missing) {
        for (const key of missing) {
            if (this.#loading >= LOADING_MAX || this.#world.now() < this.#pausedUntil) {
                return;
            }
            if (!this.#known.has(key)) { // a world that is on the screen twice
                this.#load(key);
            }
        }
    }

    #load(key) {
        const [zoom, column, row] = key.split('/');
        const image = this.#world.newImage();
        const tile = { state: 'loading', image, until: 0, timer: null };
        const fail = () => this.#failed(tile);
        this.#known.set(key, tile);
        this.#loading++;
        image.onload = () => {
            if (Math.max(image.naturalWidth, image.naturalHeight) > SIDE_MAX) {
                fail();
            } else {
                image.decode().then(() => this.#came(tile), fail);
            }
        };
        image.onerror = fail;
        image.referrerPolicy = this.#settings.referrer ? 'strict-origin' : 'no-referrer';
        image.src = this.#settings.url.replace('{z}', zoom).replace('{x}', column).replace('{y}', row);
        tile.timer = this.#world.setTimeout(fail, PATIENCE_MS);
    }

    // Whether it was under way; it is not any more.
    #end(tile, state) {
        if (tile.state !== 'loading') {
            return false;
        }
        this.#world.clearTimeout(tile.timer);
        this.#loading--;
        tile.state = state;
        tile.image.onload = tile.image.onerror = null;
        if (state !== 'here') {
            tile.image.removeAttribute('src');
            tile.image = null;
        }
        return true;
    }

    #came(tile) {
        if (this.#end(tile, 'here')) {
            this.#bytes += bytesOf(tile.image);
            this.#bytesMost = Math.max(this.#bytesMost, bytesOf(tile.image));
            this.#failures = 0;
            this.version++;
            this.#world.changed();
        }
    }

    #failed(tile) {
        if (!this.#end(tile, 'failed')) {
            return;
        }
        const now = this.#world.now();
        tile.until = now + FAILED_MS;
        if (++this.#failures >= FAILURES_MAX) {
            this.#pausedUntil = now +
                Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (this.#failures - FAILURES_MAX));
        }
        this.#world.changed();
    }

    // Has the view looked at anew when more may be asked for, if it is not before.
    #wake(tiles) {
        const until = (tile) => this.#known.get(tile.key)?.until ?? this.#pausedUntil;
        const times = tiles.map(until).filter((time) => time > this.#world.now());
        this.#world.clearTimeout(this.#waking);
        this.#waking = times.length === 0 ? null : this.#world.setTimeout(() => this.#world.changed(),
            Math.min(...times) - this.#world.now());
    }

    // What is under way and not wanted any more.
    #giveUp(wanted) {
        for (const [key, tile] of this.#known) {
            if (tile.state === 'loading' && !wanted.has(key)) {
                this.#end(tile, 'given up');
                this.#known.delete(key);
            }
        }
    }

    #forget(wanted) {
        for (const [key, { state, image }] of this.#known) {
            if (this.#known.size <= KEPT_MAX && this.#bytes <= KEPT_BYTES_MAX) {
                return;
            }
            if (!wanted.has(key)) {
                this.#bytes -= state === 'here' ? bytesOf(image) : 0;
                this.#known.delete(key);
            }
        }
    }
}
