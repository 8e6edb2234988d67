// The page in a real browser, over real programs: a node, a front-end, and herd-web.
// usage: test_herd.mjs PROGRAMS FOLDER: screenshots go there. Exit status 77: chromium or its driver is
// missing.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { crowdBegin, crowdMove } from './crowd.mjs';
import { Browser, Missing } from './driver.mjs';
import { Herd } from './herd.mjs';
import { TileServer } from './tile_server.mjs';
import { ended, inView, until, untilText } from './wait.mjs';

const [programs, folder] = process.argv.slice(2);

const TILE_COLOUR = [200, 220, 180];

async function comesMovesLeaves(browser, herd) {
    await browser.open(`${herd.url}/#8/34.07/-118.44`);
    await untilText(browser, '#state', 'live');
    assert.match(await (await fetch(`${herd.url}/metrics`)).text(), /^herd_web_websockets 1$/m);
    await herd.report('kiwi', '+34.068930-118.445127');
    await inView(browser, 1);
    await untilText(browser, '#near', /^kiwi/);
    await browser.click('#near button');
    await untilText(browser, '#chosen-position', '34.06893° N, 118.44513° W');
    await untilText(browser, '#chosen-member', 'Goloman');
    await herd.report('kiwi', '+34.2-118.3');
    await untilText(browser, '#chosen-position', '34.20000° N, 118.30000° W');
    await browser.click('#ask-places');
    await untilText(browser, '#chosen-note', 'Nothing is known around it.'); // no places, no provider
    await browser.screenshot(join(folder, 'herd.png'));
    await herd.report('kiwi', '-34+18');
    await inView(browser, 0);
}

async function tellsOfTheHerd(browser) {
    await browser.click('#herd summary');
    await untilText(browser, '#herd-members tr', /^Goloman *up1/); // one record
    await untilText(browser, '#herd-title', 'page, asked by Goloman');
}

// Tiles that the herd file names, as long as their server is there.
async function laysTilesBelow(browser, server) {
    await untilText(browser, '#source', /^Tiles: © Somebody; Land and borders/);
    assert.equal(await browser.run("return document.querySelector('#source a').href"), 'https://tiles.example/');
    const shown = async () => (await browser.colour([300, 300]))
        .every((value, i) => Math.abs(value - TILE_COLOUR[i]) <= 2);
    await until('tiles are shown', shown);
    assert.ok(server.asked.length > 0 && server.asked.every(({ path, referer }) =>
        /^\/tiles\/\d+\/\d+\/\d+\.png/.test(path) && referer === undefined));
    await server.stop();
    await browser.run("location.hash = '#8/34.07/-98.44'"); // where no tile is kept
    await until('the map is there without them', async () => !await shown());
    await browser.run("location.hash = '#8/34.07/-118.44'");
}

// Each process behind the page is killed once.
async function tellsTheTruthAfterwards(browser, herd) {
    await herd.report('kiwi', '+34-118');
    await inView(browser, 1);
    await herd.kill('web');
    await untilText(browser, '#state', /^(not connected|connecting)/);
    await herd.report('moa', '+34.1-118.1');
    herd.run('web');
    await untilText(browser, '#state', 'live');
    await inView(browser, 2);
    await herd.kill('node');
    await untilText(browser, '#state', /^the node is away/);
    await untilText(browser, '#herd-members tr', /^Goloman *does not answer/);
    await inView(browser, 2); // the last known picture
    herd.run('node');
    await herd.report('kiwi', '-34+18'); // leaves
    await herd.report('weka', '+34.2-118.2');
    await herd.report('pukeko', '+34.3-118.3');
    await untilText(browser, '#state', 'live');
    await untilText(browser, '#near', /pukeko/);
    await untilText(browser, '#near', /weka/);
    await untilText(browser, '#herd-members tr', /^Goloman *up/);
    await inView(browser, 2); // kiwi left, and what was not kept, moa, is gone
}

// Pixels of the map that have the colour of clients.
const dots = (browser) => browser.run(`
    const map = document.getElementById('map');
    const colour = Number.parseInt(getComputedStyle(map).getPropertyValue('--client').trim().slice(1), 16);
    const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
        count += (data[i] << 16 | data[i + 1] << 8 | data[i + 2]) === colour;
    }
    return count;`);

// As many clients as a view may hold: all are drawn, and while many of them move and the map is
// dragged, picture follows picture.
async function movesAHugeCrowd(browser, herd, count) {
    assert.equal(await crowdBegin(herd, count), count);
    const began = Date.now();
    await browser.open(`${herd.url}/#0/0/0`);
    await inView(browser, count);
    const shown_ms = Date.now() - began;
    await until('the crowd covers the map', async () => await dots(browser) > count);
    const stop = crowdMove(herd, count, 100, 100);
    await browser.run(`window.pictures = [];
        const take = (time) => { window.pictures.push(time); requestAnimationFrame(take); };
        requestAnimationFrame(take);`);
    await browser.pointers('mouse', [['move', 300, 300], ['down'],
        ...Array.from({ length: 40 }, (_, i) => ['move', 300 + 5 * i, 300]), ['up']]);
    const pictures = () => browser.run(
        'return [window.pictures.length - 1, window.pictures.at(-1) - window.pictures[0]]');
    await until('there were sixty pictures', async () => (await pictures())[0] >= 60);
    const [number, took_ms] = await pictures();
    stop();
    console.log(`${count} clients: shown after ${shown_ms} ms; ` +
        `${(number / took_ms * 1000).toFixed(0)} pictures a second, ${count / 10} clients a second moving`);
    await browser.screenshot(join(folder, 'huge-crowd.png'));
}

// In a browser that does not note each event, and over a herd of its own.
async function takesAHugeCrowd() {
    const herd = new Herd(programs);
    let browser = null;
    try {
        browser = await Browser.start({ width: 1200, height: 800, requests: false });
        await herd.start();
        await movesAHugeCrowd(browser, herd, 100000);
        console.log('ok: a hundred thousand clients');
    } finally {
        await browser?.stop();
        await herd.stop();
    }
}

async function main() {
    mkdirSync(folder, { recursive: true });
    const server = new TileServer(TILE_COLOUR);
    await server.start();
    const herd = new Herd(programs, { settings: `    web_tiles = "${server.url}"
    web_tiles_attribution = "© Somebody https://tiles.example/"\n` });
    let browser = null;
    try {
        browser = await Browser.start({ width: 1200, height: 800 });
        await herd.start();
        await comesMovesLeaves(browser, herd);
        await tellsOfTheHerd(browser);
        assert.deepEqual(await browser.console(), []);
        console.log('ok: a client comes, moves and leaves; the herd is told of');
        await laysTilesBelow(browser, server);
        console.log('ok: tiles');
        await tellsTheTruthAfterwards(browser, herd);
        console.log('ok: herd-web and the node were killed');
        for (const url of await browser.requests()) {
            assert.ok(!/^(http|ws)s?:/.test(url) || [herd.url, server.origin]
                .some((known) => new URL(url).host === new URL(known).host), url);
        }
        for (const line of await browser.console()) {
            assert.match(line, /^\w+ http:.* (WebSocket|net::ERR_|Failed to load resource|- Failed)/);
        }
    } finally {
        await browser?.stop();
        await herd.stop();
        await server.stop();
    }
    await takesAHugeCrowd();
}

main().catch((error) => ended(error, Missing));
