// The pictures of the README: the map in a real browser over a real herd, with clients that move.
// usage: figures.mjs PROGRAMS PLACES FOLDER: map.webp and map-phone.webp go there.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, Missing } from './driver.mjs';
import { Herd } from './herd.mjs';
import { ended, until, untilText } from './wait.mjs';

const [programs, places, folder] = process.argv.slice(2);
const MEMBERS = ['Goloman', 'Hands', 'Holiday', 'Welsh', 'Wilkes'];
const KINDS = ['bus', 'van', 'bike', 'tram'];
const CLIENTS = 32;
const STEPS = 36;
const STEP_MS = 150;
const SIZE_MAX = 200000; // bytes of a picture
const HERE = '-118.75,33.65,-117.45,34.35'; // where they drive

const degrees = (value) => (value < 0 ? '' : '+') + value.toFixed(5);

// Clients that drive from one town to another, each in its bow.
async function drivers(herd) {
    const answer = await (await fetch(`${herd.url}/v1/names?bbox=${HERE}&limit=40`)).json();
    const towns = answer.features.map(({ geometry }) => geometry.coordinates);
    return Array.from({ length: CLIENTS }, (_, i) => ({
        name: `${KINDS[i % KINDS.length]}-${10 + i}`,
        member: MEMBERS[i % MEMBERS.length],
        from: towns[i % towns.length],
        to: towns[(i * 7 + 3) % towns.length],
        bow: 0.25 * Math.sin(i * 2.4),
        begun: 0.1 + 0.5 * ((i * 0.618) % 1),
    }));
}

function placeOf({ from, to, bow, begun }, step) {
    const part = begun + 0.35 * step / STEPS;
    const aside = bow * Math.sin(Math.PI * part);
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    return degrees(from[1] + dy * part + dx * aside) + degrees(from[0] + dx * part - dy * aside);
}

async function drive(herd, all, step) {
    await Promise.all(MEMBERS.map((member) => herd.iamat(
        all.filter((one) => one.member === member).map((one) => [one.name, placeOf(one, step)]), member)));
}

async function picture(browser, name) {
    const file = join(folder, name);
    const { data } = await browser.command('Page.captureScreenshot', { format: 'webp', quality: 82 });
    writeFileSync(file, Buffer.from(data, 'base64'));
    const { size } = statSync(file);
    if (size > SIZE_MAX) {
        throw new Error(`${file} has ${size} bytes, more than ${SIZE_MAX}`);
    }
    console.log(`${file}: ${size} bytes`);
}

async function choose(browser, chosen) {
    await until(`${chosen} is found`, async () => {
        await browser.run(`document.getElementById('search-id').value = arguments[0];
            document.querySelector('#search button').click();`, chosen);
        return await browser.text('#chosen-id') === chosen;
    });
    await browser.run("document.getElementById('search-id').value = ''");
}

async function openHerd(browser) {
    await browser.click('#herd summary');
    await untilText(browser, '#herd-members', /Wilkes *up/);
}

// `back`: they drive back.
async function show(herd, all, { size, dark, place, chosen, back }) {
    const browser = await Browser.start({ ...size, requests: false });
    if (!size.touch) {
        await browser.command('Emulation.setDeviceMetricsOverride',
            { ...size, deviceScaleFactor: 1, mobile: false });
    }
    await browser.command('Emulation.setEmulatedMedia',
        { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
    await browser.open(`${herd.url}/${place}`);
    await untilText(browser, '#state', 'live');
    await untilText(browser, '#source', /GeoNames/);
    for (let step = 0; step <= STEPS; step++) {
        await drive(herd, all, back ? STEPS - step : step);
        await new Promise((done) => { setTimeout(done, STEP_MS); }); // as fast as they drive
    }
    await (chosen === undefined ? openHerd(browser) : choose(browser, chosen));
    await browser.run('location.hash = arguments[0]; document.activeElement.blur();', place);
    await new Promise((done) => { setTimeout(done, 1500); }); // the map has settled, and its names are there
    return browser;
}

async function main() {
    const herd = new Herd(programs, { name: 'ucla', members: MEMBERS,
        settings: `    places\n        provider = "local"\n        file = "${places}"\n` });
    const browsers = [];
    try {
        await herd.start();
        await until('the places are read', async () =>
            (await (await fetch(`${herd.url}/v1/names?limit=1`)).json()).features.length > 0);
        const all = await drivers(herd);
        await until('all members take updates', async () => {
            const answers = await Promise.all(MEMBERS.map((member) =>
                herd.iamat([[all[0].name, placeOf(all[0], 0)]], member).catch(() => '')));
            return answers.every((answer) => answer.startsWith('AT '));
        });
        browsers.push(await show(herd, all, { size: { width: 1280, height: 860 }, dark: false,
            place: '#9.9/33.98/-118.1', back: false }));
        await picture(browsers[0], 'map.webp');
        browsers.push(await show(herd, all, { size: { width: 390, height: 780, touch: true }, dark: true,
            place: '#9.1/33.95/-118.1', chosen: 'tram-17', back: true }));
        await picture(browsers[1], 'map-phone.webp');
    } finally {
        await Promise.all(browsers.map((browser) => browser.stop()));
        await herd.stop();
    }
}

main().catch((error) => ended(error, Missing));
