import assert from 'node:assert/strict';
import test from 'node:test';
import { xOf, yOf } from '../../../frontend/web/page/mercator.js';
import { Tiles, attributionOf, coversMost, placeOf, tilesOf } from '../../../frontend/web/page/tiles.js';
import { View } from '../../../frontend/web/page/view.js';

function viewOf(longitude, latitude, zoom, width = 800, height = 600) {
    const view = new View();
    view.resize(width, height);
    view.moveTo(xOf(longitude), yOf(latitude), zoom);
    return view;
}

// The tiles of a server, and a clock, that a test moves.
class World {
    time = 1000;
    images = []; // that are under way
    timers = new Map();
    changes = 0;
    #timer = 0;

    newImage() {
        const image = { naturalWidth: 256, naturalHeight: 256, decode: () => Promise.resolve(),
            removeAttribute: () => this.drop(image) };
        this.images.push(image);
        return image;
    }

    drop(image) {
        this.images = this.images.filter((other) => other !== image);
    }

    now() { return this.time; }

    setTimeout(run, wait) {
        this.timers.set(++this.#timer, { run, at: this.time + wait });
        return this.#timer;
    }

    clearTimeout(timer) { this.timers.delete(timer); }

    changed() { this.changes++; }

    // Goes on to the next timer.
    wait() {
        const [timer, next] = [...this.timers].sort((a, b) => a[1].at - b[1].at)[0];
        this.timers.delete(timer);
        this.time = next.at;
        next.run();
    }

    async bring(image) {
        this.drop(image);
        image.onload();
        await Promise.resolve();
        await Promise.resolve();
    }

    async bringAll() {
        await Promise.all(this.images.slice().map((image) => this.bring(image)));
    }

    fail() {
        const [image] = this.images;
        this.drop(image);
        image.onerror();
    }
}

const SETTINGS = { url: 'https://t.example/{z}/{x}/{y}.png', max_zoom: 19, referrer: false };
const within = ({ left, top, width, height }, view, ratio) => left <= view.width * ratio &&
    left + width >= 0 && top <= view.height * ratio && top + height >= 0;

test('tiles cover the view, without a gap, from the middle on', () => {
    for (const [view, ratio] of [[viewOf(0, 0, 4), 1], [viewOf(179.9, 60, 7.3), 1], [viewOf(10, 84, 3.6), 2],
        [viewOf(-118, 34, 9.49, 390, 780), 3], [viewOf(0, 0, 0, 1500, 400), 1]]) {
        const { zoom, tiles } = tilesOf(view, ratio, 19);
        assert.equal(zoom, Math.round(view.zoom + Math.log2(ratio)));
        assert.ok(tiles.length <= 256);
        const places = tiles.map((tile) => placeOf(tile, view, ratio));
        assert.ok(places.every((place) => within(place, view, ratio)));
        const edge = (pick, name, size) => pick(...places.map((one) => one[name] + (size ? one[size] : 0)));
        assert.ok(edge(Math.min, 'left') <= 0 && edge(Math.max, 'left', 'width') >= view.width * ratio - 1);
        assert.ok(edge(Math.min, 'top') <= 1 && edge(Math.max, 'top', 'height') >= view.height * ratio - 1);
        const area = places.reduce((sum, { width, height }) => sum + width * height, 0);
        const box = (edge(Math.max, 'left', 'width') - edge(Math.min, 'left')) *
            (edge(Math.max, 'top', 'height') - edge(Math.min, 'top'));
        assert.equal(area, box);
        assert.ok(within(places[0], { width: 0, height: 0 }, 1) || places[0].left <= view.width * ratio / 2);
    }
});

test('columns go around the world, rows do not, and few tiles do for a large screen', () => {
    const { tiles } = tilesOf(viewOf(180, 0, 3), 1, 19);
    assert.ok(tiles.some(({ key }) => key.startsWith('3/7/')) && tiles.some(({ key }) => key.startsWith('3/0/')));
    assert.ok(tiles.every(({ key }) => /^3\/[0-7]\/[0-7]$/.test(key)));
    const large = tilesOf(viewOf(0, 0, 9.45, 7680, 4320), 1, 19);
    assert.ok(large.tiles.length <= 256 && large.zoom < 9);
    assert.equal(tilesOf(viewOf(0, 0, 12), 1, 5).zoom, 5);
    const whole = Object.assign(viewOf(0, 0, 0), { zoom: 0, width: 1024, height: 256 }); // five columns
    assert.deepEqual([tilesOf(whole, 1, 19, 4).zoom, tilesOf(whole, 1, 19, 4).tiles.length], [0, 5]);
});

test('a stray tile does not cover a view, nor do tiles that lie over each other', () => {
    const place = (left, top, width, height) => ({ left, top, width, height });
    assert.ok(!coversMost([], 800, 600));
    assert.ok(!coversMost([place(-100, -100, 256, 256)], 800, 600));
    assert.ok(!coversMost(Array(9).fill(place(0, 0, 256, 256)), 800, 600));
    assert.ok(!coversMost([place(0, 0, 400, 600)], 800, 600));
    assert.ok(coversMost([place(0, 0, 400, 600), place(400, 0, 256, 256)], 800, 600));
    assert.ok(coversMost([place(-2000, -2000, 5000, 5000)], 800, 600));
});

test('six are under way, each comes once, and all are shown then', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    const view = viewOf(0, 0, 4);
    const all = tilesOf(view, 1, 19).tiles;
    const asked = new Set();
    while (tiles.look(view, 1).length < all.length) {
        assert.ok(world.images.length > 0 && world.images.length <= 6);
        world.images.forEach((image) => {
            assert.equal(image.referrerPolicy, 'no-referrer');
            assert.ok(!asked.has(image.src), image.src);
            asked.add(image.src);
        });
        await world.bringAll();
    }
    assert.deepEqual(asked, new Set(all.map(({ key }) => `https://t.example/${key}.png`)));
    assert.deepEqual([world.images.length, world.timers.size, tiles.version], [0, 0, all.length]);
});

test('a world that is on the screen twice asks for each tile once', () => {
    const world = new World();
    new Tiles(SETTINGS, world).look(viewOf(0, 0, 0, 1024, 256), 1); // fills the larger side
    const around = Object.assign(viewOf(0, 0, 0), { zoom: 0, width: 1024, height: 256 });
    const other = new World();
    new Tiles(SETTINGS, other).look(around, 1);
    assert.deepEqual(other.images.map(({ src }) => src), ['https://t.example/0/0/0.png']);
});

test('what is not wanted any more is given up', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    tiles.look(viewOf(0, 0, 8), 1);
    const [late] = world.images;
    const come = late.onload;
    tiles.look(viewOf(90, 0, 8), 1);
    assert.equal(world.images.length, 6);
    assert.ok(!world.images.includes(late) && late.onload === null);
    await come?.call(late); // it comes all the same
    assert.equal(tiles.version, 0);
});

test('tiles of other levels stand in, coarse ones below', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    for (const zoom of [3, 4]) {
        const view = viewOf(0, 0, zoom);
        while (tiles.look(view, 1).length < tilesOf(view, 1, 19).tiles.length) {
            await world.bringAll();
        }
    }
    const shown = tiles.look(viewOf(0, 0, 5), 1);
    const widths = shown.map(({ width }) => width);
    assert.ok(widths.includes(1024) && widths.includes(512) && !widths.includes(256));
    assert.deepEqual(widths, [...widths].sort((a, b) => b - a));
});

test('memory is bounded, whatever is looked at', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    const kept = new Set();
    const first = viewOf(-170, 0, 10);
    for (let x = -170; x <= 170; x += 4) {
        const view = viewOf(x, 0, 10);
        for (let i = 0; i < 4; i++) {
            tiles.look(view, 1);
            world.images.forEach((image) => kept.add(image));
            await world.bringAll();
        }
    }
    assert.ok(kept.size > 1000);
    tiles.look(first, 1);
    assert.equal(world.images.length, 6); // those of the first view were forgotten
});

test('the pixels of tiles in memory are bounded, for a large screen too', async () => {
    const bytesMax = 96 * 1024 * 1024;
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    const kept = [];
    for (const view of [viewOf(0, 0, 9.55, 3000, 1800), viewOf(90, 0, 9.55, 3000, 1800)]) {
        tiles.look(view, 1);
        while (world.images.length > 0) {
            for (const image of world.images) {
                image.naturalWidth = image.naturalHeight = 512;
            }
            await world.bringAll();
            kept.push(tiles.look(view, 1));
        }
        assert.ok(coversMost(kept.at(-1), view.width, view.height));
    }
    const shown = kept.map((places) => new Set(places.map(({ image }) => image)).size);
    assert.ok(Math.max(...shown) > 24);
    assert.ok(Math.max(...shown) * 512 * 512 * 4 <= bytesMax);
    tiles.look(viewOf(0, 0, 9.55, 3000, 1800), 1);
    assert.ok(world.images.length > 0); // both views together do not fit in
});

test('a server that fails is left alone for ever longer, and then asked again', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    const view = viewOf(0, 0, 6);
    const pauses = [];
    for (let failures = 0; failures < 30;) {
        tiles.look(view, 1);
        if (world.images.length > 0) {
            world.fail();
            failures++;
        } else {
            const before = world.time;
            world.wait();
            pauses.push(world.time - before);
        }
    }
    assert.ok(pauses.length > 3);
    assert.ok(pauses.every((pause) => pause > 0 && pause <= 300000));
    assert.ok(Math.max(...pauses) >= 60000);
    while (world.images.length === 0) {
        world.wait();
        tiles.look(view, 1);
    }
    while (tiles.look(view, 1).length < tilesOf(view, 1, 19).tiles.length) { // it is back
        if (world.images.length === 0) {
            world.wait();
        }
        await world.bringAll();
    }
    assert.equal(world.timers.size, 0);
});

test('a tile that does not come, or is too large, counts as failed', async () => {
    const world = new World();
    const tiles = new Tiles(SETTINGS, world);
    const view = viewOf(0, 0, 6);
    tiles.look(view, 1);
    const [large, silent] = world.images;
    large.naturalWidth = 513;
    await world.bring(large);
    world.wait(); // the patience with `silent`, and with those after it
    assert.ok(!world.images.includes(silent) || world.images.length < 5);
    assert.equal(tiles.version, 0);
    assert.ok(world.changes >= 2);
});

test('an attribution is text, and an https address at its end a link', () => {
    assert.deepEqual(attributionOf('© OpenStreetMap contributors https://www.openstreetmap.org/copyright'),
        { said: '© OpenStreetMap contributors', link: 'https://www.openstreetmap.org/copyright' });
    for (const text of ['© Somebody', 'https://a.example/', 'x javascript:alert(1)', 'x http://a.example/',
        '<a href="https://a.example">x</a>', 'https://a.example y']) {
        assert.deepEqual(attributionOf(text), { said: text, link: null });
    }
    assert.equal(attributionOf('x https://').link, null);
});
