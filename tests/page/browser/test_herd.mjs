// The page in a real browser, over real programs: a node, a front-end, and herd-web.
// usage: test_herd.mjs PROGRAMS FOLDER: screenshots go there. Exit status 77: chromium or its driver is
// missing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, Missing } from './driver.mjs';
import { ended, inView, until, untilText } from './wait.mjs';

const [programs, folder] = process.argv.slice(2);

// Ports that nothing listens on.
async function freePorts(count) {
    const servers = Array.from({ length: count }, () => createServer());
    await Promise.all(servers.map((server) =>
        new Promise((done) => { server.listen(0, '127.0.0.1', done); })));
    const ports = servers.map((server) => server.address().port);
    await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
    return ports;
}

// One member, Goloman.
class Herd {
    #folder = mkdtempSync(join(tmpdir(), 'herd-page-'));
    #running = new Map();

    async start() {
        const [clients, bus, web] = await freePorts(3);
        this.clients = clients;
        this.url = `http://127.0.0.1:${web}`;
        writeFileSync(join(this.#folder, 'herd.cfg'), `herd
    name = "page"
members
    Goloman
        clients = "tcp://127.0.0.1:${clients}"
        bus = "tcp://127.0.0.1:${bus}"
        web = "${this.url}"
`);
        ['node', 'frontend', 'web'].forEach((program) => this.run(program));
        await until('herd-web answers from a copy', async () =>
            (await fetch(`${this.url}/v1/clients`).catch(() => ({ ok: false }))).ok);
    }

    run(program) {
        const child = spawn(join(programs, `herd-${program}`),
            ['--config', join(this.#folder, 'herd.cfg'), 'Goloman'], { stdio: 'ignore' });
        this.#running.set(program, child);
    }

    async kill(program) {
        const child = this.#running.get(program);
        const gone = new Promise((done) => { child.on('exit', done); });
        child.kill('SIGKILL');
        await gone;
        this.#running.delete(program);
    }

    async stop() {
        for (const program of [...this.#running.keys()]) {
            await this.kill(program);
        }
        rmSync(this.#folder, { recursive: true });
    }

    // As `nc -N` does; the answer.
    iamat(client, position) {
        const line = `IAMAT ${client} ${position} ${(Date.now() / 1000).toFixed(3)}\n`;
        return new Promise((done, fail) => {
            let answer = '';
            const socket = connect(this.clients, '127.0.0.1', () => socket.end(line));
            socket.on('data', (bytes) => { answer += bytes; });
            socket.on('end', () => done(answer));
            socket.on('error', fail);
        });
    }

    async report(client, position) {
        await until(`IAMAT of ${client} is answered`, async () =>
            (await this.iamat(client, position).catch(() => '')).startsWith('AT Goloman '));
    }
}

async function comesMovesLeaves(browser, herd) {
    await browser.open(`${herd.url}/#8/34.07/-118.44`);
    await untilText(browser, '#state', 'live');
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
    await inView(browser, 2); // the last known picture
    herd.run('node');
    await herd.report('kiwi', '-34+18'); // leaves
    await herd.report('weka', '+34.2-118.2');
    await herd.report('pukeko', '+34.3-118.3');
    await untilText(browser, '#state', 'live');
    await untilText(browser, '#near', /pukeko/);
    await untilText(browser, '#near', /weka/);
    await inView(browser, 2); // kiwi left, and what was not kept, moa, is gone
}

async function main() {
    mkdirSync(folder, { recursive: true });
    const herd = new Herd();
    let browser = null;
    try {
        browser = await Browser.start({ width: 1200, height: 800 });
        await herd.start();
        await comesMovesLeaves(browser, herd);
        console.log('ok: a client comes, moves and leaves');
        await tellsTheTruthAfterwards(browser, herd);
        console.log('ok: herd-web and the node were killed');
        for (const url of await browser.requests()) {
            assert.ok(!/^(http|ws)s?:/.test(url) || new URL(url).host === new URL(herd.url).host, url);
        }
        for (const line of await browser.console()) {
            assert.match(line, /^\w+ http:.* (WebSocket|net::ERR_|Failed to load resource|- Failed)/);
        }
    } finally {
        await browser?.stop();
        await herd.stop();
    }
}

main().catch((error) => ended(error, Missing));
