// The base map: reads what basemap/make.mjs wrote (the format stands there), and draws it.
import { xOf, yOf } from './mercator.js';

const MAGIC = 'HERDMAP1';
const EDGE = 4; // pixels around the screen that are drawn too
const DETAILED_ZOOM = 2.6; // from here on the scale with more points

class Reader {
    #bytes;
    #at = 0;

    constructor(bytes) {
        this.#bytes = bytes;
    }

    byte() {
        if (this.#at >= this.#bytes.length) {
            throw new RangeError('the base map ends early');
        }
        return this.#bytes[this.#at++];
    }

    count() {
        let value = 0;
        for (let unit = 1; ; unit *= 128) {
            const byte = this.byte();
            value += (byte % 128) * unit;
            if (byte < 128) {
                return value;
            }
        }
    }

    signed() {
        const value = this.count();
        return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    }

    list(read) {
        return Array.from({ length: this.count() }, read);
    }
}

// A line of points in the world, with the box around it. `cut`: which of its steps are no coast:
// those along 180°, where Natural Earth cuts islands, and those that close a ring around the pole.
function lineOf(points, cut) {
    const line = { points: Float64Array.from(points), cut, west: Infinity, east: -Infinity,
        north: Infinity, south: -Infinity };
    for (let i = 0; i < points.length; i += 2) {
        line.west = Math.min(line.west, points[i]);
        line.east = Math.max(line.east, points[i]);
        line.north = Math.min(line.north, points[i + 1]);
        line.south = Math.max(line.south, points[i + 1]);
    }
    return line;
}

// The points of a line of degrees in the world, where a step across 180° goes on beyond the edge.
function unrolled(degrees) {
    const points = [];
    let beyond = 0;
    for (let i = 0; i < degrees.length; i += 2) {
        const step = i > 0 ? degrees[i] - degrees[i - 2] : 0;
        beyond -= Math.abs(step) > 180 ? Math.sign(step) : 0;
        points.push(xOf(degrees[i]) + beyond, yOf(degrees[i + 1]));
    }
    return points;
}

// Land: a ring that goes once around the world, Antarctica's, is closed along the map's lower edge.
function landOf(degrees) {
    const points = unrolled(degrees);
    const cut = new Set();
    for (let i = 2; i < degrees.length; i += 2) {
        if (Math.abs(degrees[i]) === 180 && Math.abs(degrees[i - 2]) === 180) {
            cut.add(i / 2);
        }
    }
    const count = points.length / 2;
    const across = points[points.length - 2] - points[0];
    if (Math.abs(across) > 0.5) {
        points.push(points[0] + across, 1, points[0], 1, points[0], points[1]);
        cut.add(count).add(count + 1).add(count + 2);
    }
    return lineOf(points, cut);
}

function readArc(reader, steps) {
    let x = 0;
    let y = 0;
    return reader.list(() => {
        x += reader.signed();
        y += reader.signed();
        return [x / steps, y / steps];
    }).flat();
}

function backwards(arc) {
    const result = [];
    for (let i = arc.length - 2; i >= 0; i -= 2) {
        result.push(arc[i], arc[i + 1]);
    }
    return result;
}

// The points of a ring; where an arc begins, the last point of the one before it is repeated.
function ringOf(indices, arcs) {
    return indices.flatMap((index, i) => {
        const arc = index < 0 ? backwards(arcs[~index]) : arcs[index];
        return i > 0 ? arc.slice(2) : arc;
    });
}

function readScale(reader, steps) {
    const arcs = reader.list(() => readArc(reader, steps));
    const rings = reader.list(() => ringOf(reader.list(() => reader.signed()), arcs));
    let index = 0;
    const borders = reader.list(() => arcs[index += reader.count()]);
    return {
        land: rings.map(landOf),
        borders: borders.map((border) => lineOf(unrolled(border), new Set())),
    };
}

// The scales of a base map, coarse ones first: {land, borders}, lists of lines. Throws a RangeError
// where the bytes are no base map.
export function basemapRead(bytes) {
    const reader = new Reader(bytes);
    for (const letter of MAGIC) {
        if (reader.byte() !== letter.charCodeAt(0)) {
            throw new RangeError('this is no base map');
        }
    }
    const steps = reader.count();
    return reader.list(() => readScale(reader, steps));
}

// How far a line is shifted, in worlds, for each copy of it that is on the screen.
export function copiesOf(line, view) {
    const halfX = view.width / 2 / view.size;
    const halfY = view.height / 2 / view.size;
    const copies = [];
    if (line.south < view.y - halfY || line.north > view.y + halfY) {
        return copies;
    }
    for (let shift = -2; shift <= 2; shift++) {
        if (line.east + shift >= view.x - halfX && line.west + shift <= view.x + halfX) {
            copies.push(shift);
        }
    }
    return copies;
}

// On which sides of the screen a pixel lies: none, one or two bits.
function sidesOf(x, y, view) {
    return (x < -EDGE ? 1 : 0) | (x > view.width + EDGE ? 2 : 0) |
        (y < -EDGE ? 4 : 0) | (y > view.height + EDGE ? 8 : 0);
}

// Adds a line to the path. Left out are points nearer than a pixel to the last one, and those between
// two that lie, like all between them, on the same side of the screen: what is inside of a ring on
// the screen stays the same.
function trace(context, line, view, shift, skipCuts) {
    const { points, cut } = line;
    const offsetX = view.width / 2 + (shift - view.x) * view.size;
    const offsetY = view.height / 2 - view.y * view.size;
    const last = { x: offsetX + points[0] * view.size, y: offsetY + points[1] * view.size };
    let sides = sidesOf(last.x, last.y, view); // where all since the last one lie
    let skipped = -1; // the newest that was left out; -1: none
    const put = (x, y, isCut) => {
        if (isCut) {
            context.moveTo(x, y);
        } else {
            context.lineTo(x, y);
        }
        last.x = x;
        last.y = y;
        sides = sidesOf(x, y, view);
        skipped = -1;
    };
    put(last.x, last.y, true);
    for (let i = 2; i < points.length; i += 2) {
        const x = offsetX + points[i] * view.size;
        const y = offsetY + points[i + 1] * view.size;
        const isCut = skipCuts && cut.has(i / 2);
        const shared = sides & sidesOf(x, y, view);
        const isNear = Math.abs(x - last.x) + Math.abs(y - last.y) < 1;
        if ((shared !== 0 || isNear) && !isCut) {
            sides = shared !== 0 ? shared : sides;
            skipped = i;
            continue;
        }
        if (skipped >= 0) {
            put(offsetX + points[skipped] * view.size, offsetY + points[skipped + 1] * view.size, false);
        }
        put(x, y, isCut);
    }
    if (skipped >= 0) {
        put(offsetX + points[skipped] * view.size, offsetY + points[skipped + 1] * view.size, false);
    }
}

function traceAll(context, lines, view, skipCuts) {
    context.beginPath();
    for (const line of lines) {
        for (const shift of copiesOf(line, view)) {
            trace(context, line, view, shift, skipCuts);
        }
    }
}

// Draws the water, the land and the borders.
export function basemapDraw(context, scales, view, colours) {
    context.fillStyle = colours.water;
    context.fillRect(0, 0, view.width, view.height);
    if (scales.length === 0) {
        return;
    }
    const { land, borders } = view.zoom < DETAILED_ZOOM ? scales[0] : scales.at(-1);
    context.fillStyle = colours.land;
    traceAll(context, land, view, false);
    context.fill('evenodd');
    context.lineJoin = 'round';
    context.lineWidth = 1;
    context.strokeStyle = colours.coast;
    traceAll(context, land, view, true);
    context.stroke();
    context.strokeStyle = colours.border;
    context.setLineDash([4, 3]);
    traceAll(context, borders, view, false);
    context.stroke();
    context.setLineDash([]);
}
