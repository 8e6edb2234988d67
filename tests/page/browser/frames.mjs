// What a picture costs while a crowd moves: a measurement, not a test. By hand:
//     cmake --build build/release --target frames
// usage: frames.mjs PROGRAMS [--clients N] [--moves N] [--seconds N] [--stream] [--profile]
// A real herd, herd-web and Chromium without a screen. `main thread` is the processor's time that the
// page's thread took, whatever else the machine does; frames/s depend on that, too.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { crowdBegin, crowdMove } from './crowd.mjs';
import { Browser, Missing } from './driver.mjs';
import { Herd } from './herd.mjs';
import { ended, inView } from './wait.mjs';

const { values, positionals: [programs] } = parseArgs({ allowPositionals: true, options: {
    clients: { type: 'string', default: '100000' },
    moves: { type: 'string', default: '10000' }, // a second
    seconds: { type: 'string', default: '10' },
    stream: { type: 'boolean', default: false }, // server-sent events in the place of a WebSocket
    profile: { type: 'boolean', default: false }, // prints in which functions the time goes
} });
const [clients, moves, seconds] = [values.clients, values.moves, values.seconds].map(Number);

const COUNT = `window.pictures = [];
    const take = (time) => { window.pictures.push(time); requestAnimationFrame(take); };
    requestAnimationFrame(take);`;

// A WebSocket that cannot connect.
const NO_SOCKET = 'window.WebSocket = class { constructor() { setTimeout(() => this.onclose()); } };';

// Seconds of the page's thread, as Chromium counts them.
async function threadTimes(browser) {
    const { metrics } = await browser.command('Performance.getMetrics', {});
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    return { all: of('TaskDuration'), script: of('ScriptDuration'), heap: of('JSHeapUsedSize') };
}

async function eventsTold(herd) {
    const text = await (await fetch(`${herd.url}/metrics`)).text();
    return Number(text.match(/^herd_web_events_total (\d+)$/m)[1]);
}

// Milliseconds of the processor that a process took (proc(5)).
function processTime(process) {
    const fields = readFileSync(`/proc/${process.pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
}

// Where the time goes: functions by their own share of the samples.
function profileSay({ nodes, samples }) {
    const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
    const counts = new Map();
    for (const id of samples) {
        const { functionName, url, lineNumber } = byId.get(id);
        const name = `${functionName || '-'} ${url.split('/').at(-1)}:${lineNumber + 1}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 25)
        .map(([name, count]) => `    ${(100 * count / samples.length).toFixed(1).padStart(5)} %  ${name}`)
        .join('\n');
}

async function measure(what, browser, herd, meanwhile) {
    if (values.profile) {
        await browser.command('Profiler.enable', {});
        await browser.command('Profiler.setSamplingInterval', { interval: 500 });
        await browser.command('Profiler.start', {});
    }
    const before = [await threadTimes(browser), await eventsTold(herd), processTime(herd.process('web'))];
    const start = performance.now();
    await browser.run('window.pictures = []');
    while (performance.now() - start < seconds * 1000) {
        await meanwhile();
    }
    const took_s = (performance.now() - start) / 1000;
    const after = [await threadTimes(browser), await eventsTold(herd), processTime(herd.process('web'))];
    const pictures = await browser.run('return window.pictures');
    const gaps = pictures.slice(1).map((time, i) => time - pictures[i]).sort((a, b) => a - b);
    const each = (from, to) => ((to - from) * 1000 / pictures.length).toFixed(1);
    console.log(`${what}: ${(pictures.length / took_s).toFixed(1)} frames/s, the longest took ` +
        `${gaps.at(-1).toFixed(0)} ms, p95 ${gaps[Math.floor(gaps.length * 0.95)].toFixed(0)} ms; ` +
        `main thread ${each(before[0].all, after[0].all)} ms a frame ` +
        `(${(100 * (after[0].all - before[0].all) / took_s).toFixed(0)} % of its time; script ` +
        `${each(before[0].script, after[0].script)} ms); ` +
        `${((after[1] - before[1]) / took_s).toFixed(0)} events/s, herd-web ` +
        `${((after[2] - before[2]) / took_s / 10).toFixed(0)} % of a processor; ` +
        `heap ${(after[0].heap / 1e6).toFixed(0)} MB; load ${loadavg()[0].toFixed(1)}`);
    if (values.profile) {
        console.log(profileSay((await browser.command('Profiler.stop', {})).profile));
    }
}

const rest = (ms) => new Promise((done) => { setTimeout(done, ms); });

const drag = (browser) => browser.pointers('mouse', [['move', 300, 300], ['down'],
    ...Array.from({ length: 40 }, (_, i) => ['move', 300 + 5 * (i % 20), 300]), ['up']]);

async function main() {
    const herd = new Herd(programs);
    let browser = null;
    try {
        browser = await Browser.start({ width: 1200, height: 800, requests: false });
        await herd.start();
        console.log(`${await crowdBegin(herd, clients)} clients are in the herd`);
        await browser.command('Performance.enable', { timeDomain: 'threadTicks' });
        if (values.stream) {
            await browser.command('Page.addScriptToEvaluateOnNewDocument', { source: NO_SOCKET });
        }
        const began = performance.now();
        await browser.open(`${herd.url}/#0/0/0`);
        await inView(browser, clients);
        const { all } = await threadTimes(browser);
        console.log(`shown: after ${(performance.now() - began).toFixed(0)} ms, of which the main ` +
            `thread took ${(all * 1000).toFixed(0)}; load ${loadavg()[0].toFixed(1)}`);
        await browser.run(COUNT);
        await measure('at rest', browser, herd, () => rest(200));
        await measure('the map is dragged', browser, herd, () => drag(browser));
        const stop = crowdMove(herd, clients, 1000, clients / moves);
        await measure('they move', browser, herd, () => rest(200));
        await measure('they move, the map is dragged', browser, herd, () => drag(browser));
        stop();
    } finally {
        await browser?.stop();
        await herd.stop();
    }
}

main().catch((error) => ended(error, Missing));
