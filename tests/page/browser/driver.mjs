// Chromium, driven by chromedriver (W3C WebDriver). Without either: a Missing.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const ARGUMENTS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--hide-scrollbars', '--no-proxy-server'];

const ENDED = 'chromedriver does not start';
const STARTS_MAX = 20;

export class Missing extends Error {}

// chromedriver on a port of the kernel's choice; it prints which. The choice is that of its IPv6 socket;
// where something has the same port of IPv4 it ends, and another start has another port.
async function startDriver() {
    for (let tries = 1; ; tries++) {
        try {
            return await tryDriver();
        } catch (error) {
            if (error.message !== ENDED || tries === STARTS_MAX) {
                throw error;
            }
        }
    }
}

function tryDriver() {
    const process = spawn('chromedriver', ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return new Promise((done, fail) => {
        let text = '';
        process.on('error', () => fail(new Missing('chromedriver is not here')));
        process.on('exit', () => fail(new Missing(ENDED)));
        process.stdout.on('data', (bytes) => {
            text += bytes;
            const port = text.match(/started successfully on port (\d+)/);
            if (port !== null) {
                done({ process, base: `http://127.0.0.1:${port[1]}` });
            }
        });
    });
}

export class Browser {
    #process;
    #base;
    #session;
    #profile = mkdtempSync(join(tmpdir(), 'herd-browser-'));

    // `dark`: the colours that the user prefers. `requests`: what is asked for is noted, with each event
    // of a stream, which takes longer than showing a hundred thousand of them.
    static async start({ width, height, dark = false, touch = false, requests = true }) {
        const self = new Browser();
        const { process, base } = await startDriver();
        self.#process = process;
        self.#base = base;
        const args = [...ARGUMENTS, `--window-size=${width},${height}`,
            `--user-data-dir=${self.#profile}`, ...(dark ? ['--force-dark-mode'] : [])];
        const options = { args };
        if (touch) {
            options.mobileEmulation = { deviceMetrics: { width, height, pixelRatio: 2, touch: true } };
        }
        try {
            const { sessionId } = await self.#call('POST', '/session', { capabilities: { alwaysMatch: {
                browserName: 'chrome',
                'goog:chromeOptions': options,
                'goog:loggingPrefs': { browser: 'ALL', ...(requests ? { performance: 'ALL' } : {}) },
            } } });
            self.#session = `/session/${sessionId}`;
        } catch (error) {
            await self.stop();
            throw new Missing(`chromium does not start: ${error.message}`);
        }
        return self;
    }

    async stop() {
        if (this.#session !== undefined) {
            await this.#call('DELETE', this.#session).catch(() => {});
        }
        const ended = new Promise((done) => this.#process.on('exit', done));
        this.#process.kill();
        await ended;
        rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
    }

    async #call(method, path, body) {
        const answer = await fetch(this.#base + path, {
            method, body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
        });
        const { value } = await answer.json();
        if (!answer.ok) {
            throw new Error(`${value.error}: ${value.message}`);
        }
        return value;
    }

    open(url) {
        return this.#call('POST', `${this.#session}/url`, { url });
    }

    run(script, ...args) {
        return this.#call('POST', `${this.#session}/execute/sync`, { script, args });
    }

    text(selector) {
        return this.run('return document.querySelector(arguments[0])?.textContent ?? null', selector);
    }

    async element(selector) {
        const found = await this.#call('POST', `${this.#session}/element`,
            { using: 'css selector', value: selector });
        return found[ELEMENT];
    }

    async click(selector) {
        await this.#call('POST', `${this.#session}/element/${await this.element(selector)}/click`);
    }

    async type(selector, text) {
        await this.#call('POST', `${this.#session}/element/${await this.element(selector)}/value`,
            { text });
    }

    // Steps of one or more pointers: each a list of [kind, x, y].
    pointers(kind, ...lists) {
        const actions = lists.map((steps, i) => ({
            type: 'pointer', id: `p${i}`, parameters: { pointerType: kind },
            actions: steps.map(([what, x, y]) => (what === 'move' ?
                { type: 'pointerMove', duration: 20, x, y } :
                { type: what === 'down' ? 'pointerDown' : 'pointerUp', button: 0 })),
        }));
        return this.#call('POST', `${this.#session}/actions`, { actions });
    }

    wheel(x, y, deltaY) {
        return this.#call('POST', `${this.#session}/actions`, { actions: [{ type: 'wheel', id: 'w',
            actions: [{ type: 'scroll', x, y, deltaX: 0, deltaY, duration: 0 }] }] });
    }

    // A command of Chromium's own (DevTools protocol).
    command(cmd, params) {
        return this.#call('POST', `${this.#session}/goog/cdp/execute`, { cmd, params });
    }

    // The colour at a place of the screen: [red, green, blue].
    async colour([x, y]) {
        const clip = { x, y, width: 1, height: 1, scale: 1 };
        const { data } = await this.command('Page.captureScreenshot', { format: 'png', clip });
        return this.run(`
            const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
            return createImageBitmap(new Blob([bytes], { type: 'image/png' })).then((image) => {
                const context = new OffscreenCanvas(1, 1).getContext('2d');
                context.drawImage(image, 0, 0);
                return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
            });`, data);
    }

    async screenshot(file) {
        const image = await this.#call('GET', `${this.#session}/screenshot`);
        writeFileSync(file, Buffer.from(image, 'base64'));
    }

    // What the console has said since it was last asked.
    async console() {
        return (await this.#call('POST', `${this.#session}/se/log`, { type: 'browser' }))
            .map(({ level, message }) => `${level} ${message}`);
    }

    // The addresses that were asked for since this was last asked.
    async requests() {
        return (await this.#call('POST', `${this.#session}/se/log`, { type: 'performance' }))
            .map(({ message }) => JSON.parse(message).message)
            .flatMap(({ method, params }) => (method === 'Network.requestWillBeSent' ?
                [params.request.url] : method === 'Network.webSocketCreated' ? [params.url] : []));
    }
}
