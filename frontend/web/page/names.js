// Names of towns on the map, from the herd's own places: asked for when the map stands still, the
// largest first, none over another or over a label of a client. Pure but for `namesAsk`.
import { Labels, boxAround, boxOfBoth, boxOfLine } from './labels.js';
import { xOf, yOf } from './mercator.js';

const LIMIT = 150; // towns that are asked for
const SHOWN_MAX = 60;
const DOT = 3; // pixels of a town's side
const ASIDE = 5; // pixels from its middle to its name
const LINE = 15; // pixels of a name's height
export const NAMES_FONT = '11px system-ui, sans-serif';

// The towns of an answer of GET /v1/names: {name, x, y}, the largest first.
export function namesOf(answer) {
    return (answer?.features ?? []).flatMap(({ geometry, properties }) => {
        const [longitude, latitude] = geometry?.coordinates ?? [];
        return typeof properties?.name === 'string' && Number.isFinite(longitude) &&
            Number.isFinite(latitude) ?
            [{ name: properties.name, x: xOf(longitude), y: yOf(latitude) }] : [];
    });
}

// The towns in a box; null: they cannot be had now.
export async function namesAsk(box) {
    try {
        const edges = box.map((degrees) => degrees.toFixed(4)).join(',');
        const answer = await fetch(`/v1/names?bbox=${edges}&limit=${LIMIT}`);
        return answer.ok ? namesOf(await answer.json()) : null;
    } catch {
        return null;
    }
}

// Which names are shown, and where: {name, x, y, left} in pixels, the place of the dot and the left
// edge of the text, beside the dot where there is room. `view`: what part of the world is on the
// screen (width, height, pixelX, pixelY); `widthOf`: pixels of a text; `labels`: what else has room;
// `discs`: what may lie on a town's dot, but not on its name.
export function namesPlace(towns, view, widthOf, labels = new Labels(), discs = new Labels()) {
    const placed = [];
    for (const { name, x: worldX, y: worldY } of towns) {
        const x = view.pixelX(worldX);
        const y = view.pixelY(worldY);
        if (x < 0 || x > view.width || y < 0 || y > view.height) {
            continue;
        }
        const width = widthOf(name);
        const lefts = [x + ASIDE, x - ASIDE - 2 - width];
        const side = lefts.findIndex((left) => {
            const line = boxOfLine(left, y, width, LINE);
            return discs.isFree(line) && labels.place([boxOfBoth(boxAround(x, y, DOT), line)]) === 0;
        });
        if (side >= 0) {
            placed.push({ name, x, y, left: lefts[side] });
        }
        if (placed.length === SHOWN_MAX) {
            break;
        }
    }
    return placed;
}

export function namesDraw(context, placed, colours) {
    context.font = NAMES_FONT;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 3;
    context.strokeStyle = colours.land;
    context.fillStyle = colours.town;
    for (const { name, x, y, left } of placed) {
        context.fillRect(x - DOT / 2, y - DOT / 2, DOT, DOT);
        context.strokeText(name, left, y);
        context.fillText(name, left, y);
    }
}
