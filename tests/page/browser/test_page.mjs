// The page in a real browser, over a stand-in for herd-web.
// usage: test_page.mjs FOLDER: screenshots go there. Exit status 77: chromium or its driver is missing.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, Missing } from './driver.mjs';
import { StandIn, featureOfTown } from './stand_in.mjs';
import { TileServer } from './tile_server.mjs';
import { ended, inView, until, untilText } from './wait.mjs';

const folder = process.argv[2];

// Also where only what is behind the # is another one.
async function openAnew(browser, url) {
    await browser.open('about:blank');
    await browser.open(url);
}

const place = async (browser) => (await browser.run('return location.hash')).slice(1).split('/').map(Number);

async function comesMovesLeaves(browser, herd) {
    await browser.open(`http://127.0.0.1:${herd.port}/#8/34.07/-118.44`);
    await untilText(browser, '#state', 'live');
    await inView(browser, 0);
    herd.put('kiwi', 34.06893, -118.445127);
    await inView(browser, 1);
    await untilText(browser, '#near', /^kiwi/);
    await browser.click('#near button');
    await untilText(browser, '#chosen-position', '34.06893° N, 118.44513° W');
    await untilText(browser, '#chosen-member', 'Goloman');
    await untilText(browser, '#chosen-age', /^\d+ seconds? ago$/);
    herd.put('kiwi', 34.2, -118.3);
    await untilText(browser, '#chosen-position', '34.20000° N, 118.30000° W');
    await browser.click('#ask-places');
    await untilText(browser, '#places', 'Westwood, CA, US');
    await untilText(browser, '#places-source', 'Places by Somebody');
    await browser.screenshot(join(folder, 'map.png'));
    herd.put('kiwi', -34, 18); // out of view
    await inView(browser, 0);
    await untilText(browser, '#chosen-position', '34.00000° S, 18.00000° E');
}

async function follows(browser, herd) {
    await browser.click('#follow');
    await untilText(browser, '#near-title', 'Nearest to kiwi');
    await inView(browser, 1);
    herd.put('kiwi', 51.5, -0.1); // a jump out of what is watched
    await inView(browser, 1);
    await until('the map has followed', async () => Math.abs((await place(browser))[1] - 51.5) < 0.01);
    await browser.pointers('mouse', [['move', 300, 300], ['down'], ['move', 340, 320], ['up']]);
    assert.equal(await browser.run("return document.getElementById('follow').ariaPressed"), 'false');
    herd.forget('kiwi');
    await inView(browser, 0);
    await untilText(browser, '#chosen-note', 'There is no client kiwi.');
    await browser.click('#let-go');
}

async function searches(browser, herd) {
    herd.put('näkki "&<b>', 60.17, 24.94);
    await browser.type('#search-id', 'näkki "&<b>\uE007');
    await untilText(browser, '#chosen-id', 'näkki "&<b>');
    await inView(browser, 1);
    assert.ok((await place(browser))[0] >= 11);
    await browser.run("document.getElementById('search-id').value = ''");
    await browser.type('#search-id', 'moa\uE007');
    await untilText(browser, '#chosen-note', 'There is no client moa.');
    await browser.click('#let-go');
    herd.forget('näkki "&<b>');
}

async function moves(browser, herd) {
    await browser.open(`http://127.0.0.1:${herd.port}/#5/0/0`);
    await browser.run("document.getElementById('map').focus()");
    const at = async (move, changed) => {
        const before = await place(browser);
        await move();
        await until(`${changed} after a move`, async () => changed(before, await place(browser)));
    };
    await at(() => browser.wheel(400, 300, -240), (before, after) => after[0] > before[0] + 0.5);
    await at(() => browser.type('#map', '-'), (before, after) => after[0] < before[0] - 0.5);
    await at(() => browser.type('#map', '\uE014'), (before, after) => after[2] > before[2]);
    await at(() => browser.pointers('mouse', [['move', 300, 300], ['down'], ['move', 100, 300],
        ['up']]), (before, after) => after[2] > before[2]);
    await browser.type('#map', '/');
    assert.equal(await browser.run('return document.activeElement.id'), 'search-id');
}

// What a screen reader says: each control has a name, the map says what it is and how to use it, what
// changes is announced; and the keys go through all of it.
async function isReadAloud(browser, herd) {
    const found = await browser.run(`
        const controls = [...document.querySelectorAll('button, input, summary, canvas')];
        const nameOf = (one) => one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent.trim();
        const map = document.getElementById('map');
        return {
            nameless: controls.filter((one) => nameOf(one) === '').map((one) => one.id),
            unreached: controls.filter((one) => one.tabIndex < 0).map((one) => one.id),
            map: [map.role, map.ariaLabel, document.getElementById(map.getAttribute('aria-describedby')).textContent],
            announced: [...document.querySelectorAll('[role=status], [aria-live=polite]')].map(({ id }) => id),
            regions: [...document.querySelectorAll('main, aside[aria-label], form[role=search]')].length,
            language: document.documentElement.lang,
        };`);
    assert.deepEqual(found.nameless, []);
    assert.deepEqual(found.unreached, []);
    assert.deepEqual(found.map.slice(0, 2), ['application', 'Map of clients']);
    assert.match(found.map[2], /Arrow keys move the map/);
    assert.deepEqual(found.announced, ['state', 'chosen-note', 'places']);
    assert.equal(found.regions, 3);
    assert.equal(found.language, 'en');
    await browser.click('#herd summary');
    await untilText(browser, '#herd-members', 'Golomanup1230 of 1, Hands downHandsdoes not answer');
    await untilText(browser, '#herd-note', '3 more members are not asked.');
    const { herd: said } = herd;
    herd.herd = { ...said, asks: false, left_out: 0, // as in a herd with keys
        members: [{ member: 'Goloman', state: 'up' }, { member: 'Hands', state: 'unknown' }] };
    await untilText(browser, '#herd-members', 'GolomanupHandsnot known');
    await untilText(browser, '#herd-note', 'With keys only operators may ask members: see herdctl status.');
    herd.herd = said;
    await browser.click('#herd summary');
}

async function crossesTheAntimeridian(browser, herd) {
    herd.put('west', -17, 179.9);
    herd.put('east', -17, -179.9);
    herd.towns = [featureOfTown('Suva', -18.14, 178.44)];
    await browser.open(`http://127.0.0.1:${herd.port}/#7/-17/180`);
    await inView(browser, 2);
    await untilText(browser, '#near', /west.*east|east.*west/);
    await untilText(browser, '#source', /towns: GeoNames/);
    await browser.screenshot(join(folder, 'antimeridian.png'));
    herd.put('west', -17, -179.8); // a step across it
    await browser.click('#near button[data-client="west"]');
    await untilText(browser, '#chosen-position', '17.00000° S, 179.80000° W');
    await browser.click('#let-go'); // of a chosen client that leaves, the page asks
    herd.forget('west');
    herd.forget('east');
}

// Texts that are drawn, of the newest picture that has any.
const NOTE_TEXTS = `
    const draw = CanvasRenderingContext2D.prototype.fillText;
    const request = window.requestAnimationFrame.bind(window);
    let texts = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        texts.push({ text, left: x, right: x + this.measureText(text).width, y });
        draw.call(this, text, x, y);
    };
    window.requestAnimationFrame = (run) => request((time) => {
        texts = [];
        run(time);
        window.texts = texts.length > 0 ? texts : window.texts;
    });`;

const overlap = (a, b) => a.left < b.right && b.left < a.right && Math.abs(a.y - b.y) < 11;

async function labelsKeepApart(browser, herd) {
    const { identifier } = await browser.command('Page.addScriptToEvaluateOnNewDocument', { source: NOTE_TEXTS });
    for (let i = 0; i < 12; i++) {
        herd.put(`client ${i}`, 10 + 0.11 * Math.floor(i / 3), 20 + 0.3 * (i % 3));
    }
    herd.towns = Array.from({ length: 60 }, (_, i) => featureOfTown(`Town ${i}`,
        10 + 0.03 * Math.floor(i / 5), 19.9 + 0.2 * (i % 5)));
    herd.towns.push(featureOfTown('Aside', 9.7, 20.3), featureOfTown('Home', 9.5, 20.3));
    herd.put('at home', 9.5, 20.3);
    await openAnew(browser, `http://127.0.0.1:${herd.port}/#9/10/20.3`);
    let texts;
    await until('clients and towns have their names', async () => {
        texts = await browser.run('return window.texts ?? []');
        return ['client 0', 'client 11', 'at home', 'Aside', 'Home']
            .every((name) => texts.some(({ text }) => text === name));
    });
    texts.forEach((one, i) => texts.slice(i + 1).forEach((other) =>
        assert.ok(!overlap(one, other), `${JSON.stringify(one)} over ${JSON.stringify(other)}`)));
    assert.equal(texts.filter(({ text }) => text.startsWith('client')).length, 12);
    assert.ok(texts.filter(({ text }) => text.startsWith('Town')).length < 60); // some gave way
    const [client, home] = ['at home', 'Home'].map((name) => texts.find(({ text }) => text === name));
    assert.ok(home.right < client.left && Math.abs(home.y - client.y) < 1); // to the left of its place
    await browser.screenshot(join(folder, 'labels.png'));
    await browser.command('Page.removeScriptToEvaluateOnNewDocument', { identifier });
    herd.clients.clear();
    herd.towns = [];
}

// The server ends, clients leave and come meanwhile, and the page tells the truth again by itself.
async function survivesARestart(browser, herd) {
    herd.put('stays', 0, 0);
    herd.put('goes', 1, 1);
    await browser.open(`http://127.0.0.1:${herd.port}/#6/0/0`);
    await inView(browser, 2);
    herd.tell('stale', { age: 4 });
    await untilText(browser, '#state', /^the node is away; positions are 4 s old/);
    herd.tell('up-to-date', {});
    await untilText(browser, '#state', 'live');
    await browser.console();
    await herd.stop();
    await untilText(browser, '#state', /^(not connected|connecting)/);
    await inView(browser, 2); // the last known picture
    herd.clients.delete('goes');
    herd.put('came', -1, -1);
    herd.put('came too', -1, 1);
    await herd.start();
    await untilText(browser, '#state', 'live');
    await inView(browser, 3);
    await untilText(browser, '#near', /stays/);
    // What the browser itself says of connections that were refused is no fault of the page.
    for (const line of await browser.console()) {
        assert.match(line, /WebSocket connection|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE/);
    }
    herd.clients.clear();
}

async function streamsWithoutSockets(browser, herd) {
    herd.hasSockets = false;
    await browser.open(`http://127.0.0.1:${herd.port}/#6/10/10`);
    herd.put('kiwi', 10, 10);
    await inView(browser, 1);
    herd.forget('kiwi');
    await inView(browser, 0);
    await browser.console();
    herd.hasSockets = true;
}

async function showsACrowd(browser, herd, count) {
    for (let i = 0; i < count; i++) {
        const latitude = 60 * Math.sin(i * 12.9898) * Math.cos(i * 0.7);
        herd.put(`c${i}`, latitude, ((i * 137.508) % 360) - 180);
    }
    await browser.open(`http://127.0.0.1:${herd.port}/#2.5/20/10`);
    await until('most of the crowd is shown',
        async () => Number.parseInt(await browser.text('#count'), 10) > count / 3);
    await browser.screenshot(join(folder, 'crowd.png'));
    herd.tell('reset', {});
    await untilText(browser, '#count', /in view; loading…$/);
    herd.tell('up-to-date', { truncated: true });
    await untilText(browser, '#count', /there are more/);
    herd.clients.clear();
}

// In a browser that does not note each event.
async function takesACrowd(herd) {
    const browser = await Browser.start({ width: 1200, height: 800, requests: false });
    try {
        await showsACrowd(browser, herd, 10000);
        await noFaults(browser);
    } finally {
        await browser.stop();
    }
}

const noFaults = async (browser) => assert.deepEqual(await browser.console(), []);

async function fitsAPhone(herd) {
    const browser = await Browser.start({ width: 390, height: 844, touch: true });
    try {
        herd.put('kiwi', 34.06893, -118.445127);
        await browser.open(`http://127.0.0.1:${herd.port}/#8/34.07/-118.44`);
        await inView(browser, 1);
        const sizes = await browser.run(`
            const map = document.getElementById('map').getBoundingClientRect();
            return [document.documentElement.scrollWidth, map.width, map.height]`);
        assert.equal(sizes[0], 390);
        assert.equal(sizes[1], 390);
        assert.ok(sizes[2] >= 400);
        await browser.pointers('touch', [['move', 150, 200], ['down'], ['move', 60, 200], ['up']],
            [['move', 240, 200], ['down'], ['move', 330, 200], ['up']]);
        await until('fingers zoom', async () => (await place(browser))[0] > 8.5);
        await browser.screenshot(join(folder, 'phone.png'));
        await noFaults(browser);
        herd.clients.clear();
    } finally {
        await browser.stop();
    }
}

const PURPLE = [230, 150, 250];
const same = (a, b) => a.every((value, i) => Math.abs(value - b[i]) <= 2);
const untilColour = (browser, what, place, good) =>
    until(what, async () => good(await browser.colour(place)));

// Counts images that are under way as the page sees it: the server sees late which ones it gave up.
const COUNT_IMAGES = `
    const made = [];
    window.underWayMax = 0;
    window.Image = class extends Image {
        constructor() {
            super();
            made.push(this);
        }

        get src() { return super.src; }

        set src(url) {
            super.src = url;
            window.underWayMax = Math.max(window.underWayMax,
                made.filter((image) => image.hasAttribute('src') && !image.complete).length);
        }
    };`;

// Tiles of a server on another port, which answers, hesitates, has not all of them, ends.
async function laysTilesBelow(browser, herd, server) {
    const own = `http://127.0.0.1:${herd.port}`;
    const { identifier } = await browser.command('Page.addScriptToEvaluateOnNewDocument', { source: COUNT_IMAGES });
    herd.put('kiwi', 20, 10);
    herd.towns = [featureOfTown('Here', 20, 10), featureOfTown('There', -20, 100)];
    server.holds = true;
    herd.tiles = { url: server.url, max_zoom: 6, referrer: false,
        attribution: '<b>Maps</b> © Somebody https://tiles.example/terms' };
    await openAnew(browser, `${own}/#5/20/10`);
    await until('tiles are asked for', () => server.held.size === 6);
    await untilText(browser, '#source', /^Tiles: <b>Maps<\/b> © Somebody; Land and borders: Natural Earth; towns: GeoNames/);
    assert.deepEqual(await browser.run(`const { href, rel } = document.querySelector('#source a');
        return [href, rel, document.querySelector('#source b')]`), ['https://tiles.example/terms',
        'noopener noreferrer', null]);
    await inView(browser, 1);
    await untilColour(browser, 'the base map is there meanwhile', [200, 200],
        (colour) => same(colour, [246, 244, 238]) || same(colour, [212, 228, 238]));
    await browser.run("location.hash = '#6/-20/100'"); // elsewhere, before any has come
    const zoomsOf = () => [...server.held].map(({ req }) => req.url.split('/')[2]);
    await until('the first ones are given up', () => server.held.size === 6 && !zoomsOf().includes('5'));
    server.release();
    await untilColour(browser, 'tiles are shown', [200, 200], (colour) => same(colour, PURPLE));
    await untilText(browser, '#source', /© Somebody; Land and borders: Natural Earth$/); // tiles have names
    assert.equal(await browser.run('return window.underWayMax'), 6);
    await browser.command('Page.removeScriptToEvaluateOnNewDocument', { identifier });
    await browser.run("location.hash = '#8/-20/100'"); // deeper than there are tiles
    await untilColour(browser, 'they are stretched', [200, 200], (colour) => same(colour, PURPLE));
    assert.ok(server.asked.every(({ path }) => /^\/tiles\/[0-6]\//.test(path)));
    assert.ok(server.asked.every(({ referer, origin }) => referer === undefined && origin === undefined));
    await browser.command('Emulation.setEmulatedMedia',
        { features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
    await untilColour(browser, 'they are dark in the dark', [200, 200],
        (colour) => colour.every((value, i) => value < PURPLE[i] / 2));
    await browser.command('Emulation.setEmulatedMedia', { features: [] });
    await browser.screenshot(join(folder, 'tiles.png'));
}

// The policy lets the page ask that server, and no other.
async function asksNoOtherForTiles(browser, herd, server) {
    const other = new TileServer(PURPLE);
    await other.start();
    const blocked = await browser.run(`return new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (event) => done(event.blockedURI), { once: true });
        new Image().src = arguments[0];
    });`, `${other.origin}/tiles/0/0/0.png`);
    await other.stop();
    assert.ok(blocked.startsWith(other.origin), blocked);
    assert.deepEqual(other.asked, []);
    const hosts = (await browser.requests()).filter((url) => /^(http|ws)s?:/.test(url))
        .map((url) => new URL(url).host);
    assert.ok(hosts.includes(new URL(server.origin).host));
    assert.deepEqual(hosts.filter((host) => host !== `127.0.0.1:${herd.port}` &&
        host !== new URL(server.origin).host && host !== new URL(other.origin).host), []);
}

async function doesWithoutTiles(browser, herd, server) {
    const own = `http://127.0.0.1:${herd.port}`;
    herd.tiles.referrer = true; // its server wants to know the page's address
    server.asked = [];
    server.has = (zoom, column, row) => column === 8 && row === 8; // one
    await openAnew(browser, `${own}/#4/0/11.25`); // the middle of the northern edge of 8/8
    const base = (colour) => same(colour, [246, 244, 238]) || same(colour, [212, 228, 238]);
    const map = await browser.run(`const { width, height } =
        document.getElementById('map').getBoundingClientRect(); return [width / 2, height / 2]`);
    const [here, beside] = [map, [map[0] - 256, map[1]]].map(([x, y]) => [x + 20, y + 20]);
    await untilColour(browser, 'a tile that is there', here, (colour) => same(colour, PURPLE));
    await until('one that is not was asked for', () => server.asked.some(({ path }) => /^\/tiles\/4\/7\//.test(path)));
    assert.ok(base(await browser.colour(beside)));
    await untilText(browser, '#source', /^Tiles: .*towns: GeoNames/); // most of it is the base map
    assert.ok(server.asked.every(({ referer }) => referer === `${own}/`));
    await server.stop();
    await openAnew(browser, `${own}/#5/20/10`);
    await inView(browser, 1);
    await untilColour(browser, 'the map without a server of tiles', [200, 200], base);
    await untilText(browser, '#near', /^kiwi/);
}

async function showsTiles(browser, herd) {
    const server = new TileServer(PURPLE);
    await server.start();
    try {
        await laysTilesBelow(browser, herd, server);
        await noFaults(browser);
        await asksNoOtherForTiles(browser, herd, server);
        await doesWithoutTiles(browser, herd, server);
        for (const line of await browser.console()) { // what the browser says of images
            assert.match(line, /Content Security Policy|status of 404|ERR_CONNECTION_REFUSED/);
        }
    } finally {
        await server.stop();
        herd.tiles = null;
        herd.towns = [];
        herd.clients.clear();
    }
}

async function main() {
    mkdirSync(folder, { recursive: true });
    const herd = new StandIn();
    await herd.start();
    let browser = null;
    try {
        browser = await Browser.start({ width: 1200, height: 800 });
        for (const step of [comesMovesLeaves, follows, searches]) {
            await step(browser, herd);
            console.log(`ok: ${step.name}`);
        }
        // 404 of a search is an answer; the browser notes it all the same.
        for (const line of await browser.console()) {
            assert.match(line, /status of 404/);
        }
        for (const step of [isReadAloud, moves, crossesTheAntimeridian, labelsKeepApart]) {
            await step(browser, herd);
            await noFaults(browser);
            console.log(`ok: ${step.name}`);
        }
        await survivesARestart(browser, herd);
        await streamsWithoutSockets(browser, herd);
        await noFaults(browser);
        const strangers = (await browser.requests()).filter((url) =>
            /^(http|ws)s?:/.test(url) && new URL(url).host !== `127.0.0.1:${herd.port}`);
        assert.deepEqual(strangers, []);
        console.log('ok: restart, streams, no request to another host');
        await showsTiles(browser, herd);
        console.log('ok: tiles');
        await takesACrowd(herd);
        await fitsAPhone(herd);
        console.log('ok: crowd, phone');
    } finally {
        await browser?.stop();
        await herd.stop();
    }
}

main().catch((error) => ended(error, Missing));
