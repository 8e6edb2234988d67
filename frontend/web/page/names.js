// Names of towns on the map, from the herd's own places: asked for when the map stands still, drawn
// as a part of the base map, the largest first, and none over another. Pure but for `namesAsk`.
import { xOf, yOf } from './mercator.js';

const LIMIT = 150; // towns that are asked for
const SHOWN_MAX = 60;
const GAP = 8; // pixels between two names
const LINE = 14; // pixels of a name's height

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

// Whether a name at {x, y, right}, in pixels, lies over none of those that are placed.
export function isFree(placed, at) {
    return placed.every((other) => at.right + GAP < other.x || other.right + GAP < at.x ||
        Math.abs(at.y - other.y) > LINE);
}

// Which names are shown, and where: {name, x, y} in pixels, of the dot. `view`: what part of the
// world is on the screen (width, height, pixelX, pixelY); `widthOf`: pixels of a text.
export function namesPlace(towns, view, widthOf) {
    const placed = [];
    for (const { name, x, y } of towns) {
        const at = { name, x: view.pixelX(x), y: view.pixelY(y) };
        if (at.x < 0 || at.x > view.width || at.y < 0 || at.y > view.height) {
            continue;
        }
        at.right = at.x + widthOf(name) + GAP;
        if (isFree(placed, at)) {
            placed.push(at);
        }
        if (placed.length === SHOWN_MAX) {
            break;
        }
    }
    return placed;
}

export function namesDraw(context, towns, view, colours) {
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 3;
    context.strokeStyle = colours.land;
    context.fillStyle = colours.town;
    for (const { name, x, y } of namesPlace(towns, view, (text) => context.measureText(text).width)) {
        context.fillRect(x - 1.5, y - 1.5, 3, 3);
        context.strokeText(name, x + 5, y);
        context.fillText(name, x + 5, y);
    }
}
