// Mouse, fingers and keys on the map.
//
// One pointer drags, two pinch, a short one that stays in its place is a tap. `told`: {pan (dx, dy),
// zoom (x, y, change), tap (x, y), key (name) → whether it was taken}.

const TAP_PIXELS = 6;
const WHEEL_PIXELS = 240; // of a wheel for one step of zoom
const PAN_PIXELS = 80; // of an arrow key

export function inputAttach(canvas, told) {
    attachPointers(canvas, told);
    canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
        const change = Math.max(-1, Math.min(1, -pixels / WHEEL_PIXELS));
        told.zoom(event.offsetX, event.offsetY, change);
    }, { passive: false });
    canvas.addEventListener('keydown', (event) => {
        if (!event.ctrlKey && !event.altKey && !event.metaKey && takeKey(event.key, canvas, told)) {
            event.preventDefault();
        }
    });
}

function takeKey(key, canvas, told) {
    const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const zooms = { '+': 1, '=': 1, '-': -1, '_': -1 };
    if (Object.hasOwn(pans, key)) {
        told.pan(pans[key][0] * PAN_PIXELS, pans[key][1] * PAN_PIXELS);
    } else if (Object.hasOwn(zooms, key)) {
        told.zoom(canvas.clientWidth / 2, canvas.clientHeight / 2, zooms[key]);
    } else {
        return told.key(key);
    }
    return true;
}

const middleOf = (points) => ({
    x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
    y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
});

const spreadOf = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);

function attachPointers(canvas, told) {
    const pointers = new Map(); // id: {x, y}
    let travelled = 0;

    canvas.addEventListener('pointerdown', (event) => {
        canvas.setPointerCapture(event.pointerId);
        travelled = pointers.size === 0 ? 0 : Infinity;
        pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    });
    canvas.addEventListener('pointermove', (event) => {
        if (!pointers.has(event.pointerId)) {
            return;
        }
        const before = [...pointers.values()];
        pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
        const after = [...pointers.values()];
        const from = middleOf(before);
        const to = middleOf(after);
        travelled += Math.hypot(to.x - from.x, to.y - from.y);
        if (travelled > TAP_PIXELS) {
            told.pan(from.x - to.x, from.y - to.y);
        }
        if (after.length === 2 && spreadOf(before) > 0 && spreadOf(after) > 0) {
            told.zoom(to.x, to.y, Math.log2(spreadOf(after) / spreadOf(before)));
        }
    });
    const end = (event) => {
        if (pointers.delete(event.pointerId) && event.type === 'pointerup' &&
            pointers.size === 0 && travelled <= TAP_PIXELS) {
            told.tap(event.offsetX, event.offsetY);
        }
    };
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
}
