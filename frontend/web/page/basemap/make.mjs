#!/usr/bin/env node
// Makes the base map of the page, basemap.bin beside index.html, from Natural Earth's land and
// borders at 1:110 m and 1:50 m (public domain), as the npm package world-atlas carries them.
//
// What comes out, all numbers unsigned LEB128, those that may be negative in zigzag (0, -1, 1, -2):
//
//   basemap = "HERDMAP1" steps-a-degree scale-count *scale
//   scale   = arc-count *arc ring-count *ring border-count *index
//   arc     = point-count first-x first-y *(step-x step-y)     x: longitude, y: latitude, in steps
//   ring    = index-count *signed-index                         of land; ~i: arc i backwards
//
// An index of a border is the arc's distance from the one before it. The rings are filled by the
// rule of even and odd, so lakes and islands in them need no order.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PACKAGE = 'world-atlas@2.0.2';
const SHA512 = 'IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==';
const STEPS = 100; // a degree: about a kilometre
const SCALES = ['countries-110m.json', 'countries-50m.json'];

const HELP = `usage: make.mjs [--output FILE]

Fetches ${PACKAGE} by npm, checks it, and writes the base map (default: basemap.bin of the page).
Exit status: 0 written, 1 what came is not what is expected, 3 npm cannot fetch it.
`;

class Unreachable extends Error {}

// The folder of the package, unpacked below `folder`.
function fetchPackage(folder) {
    let name;
    try {
        name = execFileSync('npm', ['pack', '--silent', PACKAGE], {
            cwd: folder, encoding: 'utf8', timeout: 60000, stdio: ['ignore', 'pipe', 'ignore'],
        }).trim();
    } catch (error) {
        throw new Unreachable(`npm cannot fetch ${PACKAGE}: ${error.message}`);
    }
    const archive = join(folder, name);
    const sum = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (sum !== SHA512) {
        throw new Error(`${PACKAGE} has another checksum: ${sum}`);
    }
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    return join(folder, 'package');
}

// The points of an arc of TopoJSON in our steps, without repetitions.
function arcPoints(arc, { scale, translate }) {
    const points = [];
    let x = 0;
    let y = 0;
    for (const [dx, dy] of arc) {
        x += dx;
        y += dy;
        const point = [Math.round((x * scale[0] + translate[0]) * STEPS),
            Math.round((y * scale[1] + translate[1]) * STEPS)];
        const last = points.at(-1);
        if (last === undefined || last[0] !== point[0] || last[1] !== point[1]) {
            points.push(point);
        }
    }
    return points;
}

// All rings of a geometry, as lists of indices of arcs.
function ringsOf(geometry) {
    switch (geometry.type) {
    case 'GeometryCollection': return geometry.geometries.flatMap(ringsOf);
    case 'MultiPolygon': return geometry.arcs.flat();
    case 'Polygon': return geometry.arcs;
    default: return [];
    }
}

const arcOf = (index) => (index < 0 ? ~index : index);

// What of a file of TopoJSON goes into the map: arcs, rings of land, arcs between two countries.
function scaleOf(topology) {
    const points = topology.arcs.map((arc) => arcPoints(arc, topology.transform));
    const isAtPole = (ring) =>
        ring.every((i) => points[arcOf(i)].every(([, y]) => y <= -89.9 * STEPS));
    const rings = ringsOf(topology.objects.land)
        .filter((ring) => ring.reduce((sum, i) => sum + points[arcOf(i)].length - 1, 0) >= 3)
        .filter((ring) => !isAtPole(ring));
    const users = new Map();
    for (const country of topology.objects.countries.geometries) {
        for (const arc of new Set(ringsOf(country).flat().map(arcOf))) {
            users.set(arc, (users.get(arc) ?? 0) + 1);
        }
    }
    const coast = new Set(rings.flat().map(arcOf));
    const borders = [...users].filter(([arc, count]) => count > 1 && !coast.has(arc))
        .map(([arc]) => arc).filter((arc) => points[arc].length > 1).sort((a, b) => a - b);
    return renumber(points, rings, borders);
}

// The same with only those arcs that are used.
function renumber(points, rings, borders) {
    const used = [...new Set([...rings.flat().map(arcOf), ...borders])].sort((a, b) => a - b);
    const numbers = new Map(used.map((arc, i) => [arc, i]));
    return {
        arcs: used.map((arc) => points[arc]),
        rings: rings.map((ring) => ring.map((i) => (i < 0 ? ~numbers.get(~i) : numbers.get(i)))),
        borders: borders.map((arc) => numbers.get(arc)),
    };
}

// What the numbers are written by.
class Writer {
    bytes = [...Buffer.from('HERDMAP1')];

    count(value) {
        for (; value > 127; value = Math.floor(value / 128)) {
            this.bytes.push((value % 128) + 128);
        }
        this.bytes.push(value);
    }

    signed(value) {
        this.count(value < 0 ? -2 * value - 1 : 2 * value);
    }
}

function writeScale(writer, { arcs, rings, borders }) {
    writer.count(arcs.length);
    for (const arc of arcs) {
        let last = [0, 0];
        writer.count(arc.length);
        for (const point of arc) {
            writer.signed(point[0] - last[0]);
            writer.signed(point[1] - last[1]);
            last = point;
        }
    }
    writer.count(rings.length);
    for (const ring of rings) {
        writer.count(ring.length);
        ring.forEach((index) => writer.signed(index));
    }
    writer.count(borders.length);
    borders.forEach((index, i) => writer.count(index - (borders[i - 1] ?? 0)));
}

function make(output) {
    const folder = mkdtempSync(join(tmpdir(), 'herd-basemap-'));
    try {
        const source = fetchPackage(folder);
        const writer = new Writer();
        writer.count(STEPS);
        writer.count(SCALES.length);
        for (const name of SCALES) {
            writeScale(writer, scaleOf(JSON.parse(readFileSync(join(source, name), 'utf8'))));
        }
        writeFileSync(output, Uint8Array.from(writer.bytes));
        console.log(`${output}: ${writer.bytes.length} bytes`);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
    options: {
        help: { type: 'boolean' },
        output: { type: 'string', default: join(here, '..', 'basemap.bin') },
    },
});
if (values.help) {
    process.stdout.write(HELP);
} else {
    try {
        make(values.output);
    } catch (error) {
        console.error(`make.mjs: ${error.message}`);
        process.exitCode = error instanceof Unreachable ? 3 : 1;
    }
}
