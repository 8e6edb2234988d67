import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { basemapDraw, basemapRead, copiesOf } from '../../../frontend/web/page/basemap.js';
import { latitudeOf, longitudeOf, wrap, xOf, yOf } from '../../../frontend/web/page/mercator.js';
import { View } from '../../../frontend/web/page/view.js';

const file = new URL('../../../frontend/web/page/basemap.bin', import.meta.url);
const bytes = new Uint8Array(readFileSync(file));

// Whether a position is on land: how often a line to the east of it crosses a ring.
function isLand({ land }, latitude, longitude) {
    const y = yOf(latitude);
    let inside = false;
    for (const { points, west, east } of land) {
        const middle = xOf(longitude);
        const x = [middle - 1, middle, middle + 1].find((copy) => copy >= west && copy <= east);
        for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
            const [ax, ay, bx, by] = [points[i], points[i + 1], points[j], points[j + 1]];
            if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) {
                inside = !inside;
            }
        }
    }
    return inside;
}

test('both scales know land from water', () => {
    const scales = basemapRead(bytes);
    assert.equal(scales.length, 2);
    for (const scale of scales) {
        for (const [name, latitude, longitude] of [['Los Angeles', 34.3, -117.5],
            ['Nairobi', -1.29, 36.82], ['Alice Springs', -23.7, 133.87], ['Moscow', 55.75, 37.6],
            ['Chukotka', 66.5, 178], ['Antarctica', -80, 0]]) {
            assert.ok(isLand(scale, latitude, longitude), name);
        }
        for (const [name, latitude, longitude] of [['Atlantic', 30, -40], ['Pacific', 0, -150],
            ['Caspian Sea', 42, 50.5], ['Tasman Sea', -38, 160], ['Gulf of Mexico', 25, -90]]) {
            assert.ok(!isLand(scale, latitude, longitude), name);
        }
    }
    assert.ok(scales[1].land.length > 4 * scales[0].land.length);
    assert.ok(scales[1].borders.length > 300);
});

test('no line jumps across the map, and the ring around the pole is closed without a coast', () => {
    for (const { land, borders } of basemapRead(bytes)) {
        for (const { points, cut } of [...land, ...borders]) {
            for (let i = 2; i < points.length; i += 2) {
                assert.ok(Math.abs(points[i] - points[i - 2]) < 0.5 || cut.has(i / 2));
            }
        }
        const around = land.filter(({ west, east }) => east - west === 1);
        assert.equal(around.length, 1);
        assert.ok(around[0].cut.size >= 3);
        for (const { points, cut } of land) {
            for (let i = 2; i < points.length; i += 2) {
                const isCut = points[i] % 1 === 0 && points[i - 2] % 1 === 0;
                assert.ok(!isCut || cut.has(i / 2));
            }
        }
    }
});

test('what is no base map is refused', () => {
    for (const bad of [new Uint8Array(0), bytes.slice(0, 7), bytes.slice(0, 5000),
        bytes.slice(1), new TextEncoder().encode('HERDMAP2\x64\x00')]) {
        assert.throws(() => basemapRead(bad), RangeError);
    }
});

test('lines are drawn at each copy that is on the screen, and nowhere else', () => {
    const view = new View();
    view.resize(800, 600);
    view.moveTo(xOf(180), yOf(0), 5);
    const line = (west, east) => ({ west: xOf(west), east: xOf(east), north: yOf(1), south: yOf(-1) });
    assert.deepEqual(copiesOf(line(175, 179), view), [-1]);
    assert.deepEqual(copiesOf(line(-179, -175), view), [0]);
    assert.deepEqual(copiesOf(line(175, 185), view), [-1]);
    assert.deepEqual(copiesOf(line(10, 20), view), []);
    view.moveTo(0.5, 0.5, 0);
    assert.deepEqual(copiesOf(line(175, 185), view), [-1, 0]);
});

// Whether a pixel is inside of the rings that were traced.
function isFilled(paths, x, y) {
    let inside = false;
    for (const path of paths) {
        for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
            const [[ax, ay], [bx, by]] = [path[i], path[j]];
            if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) {
                inside = !inside;
            }
        }
    }
    return inside;
}

test('what is left out of the path changes nothing on the screen', () => {
    const scales = basemapRead(bytes);
    for (const [longitude, latitude, zoom] of [[-118, 34, 7], [179.5, -17, 6], [179.9, 66.5, 5],
        [20, 0, 3], [0, -75, 4], [2.3, 48.8, 9]]) {
        const view = new View();
        view.resize(640, 480);
        view.moveTo(xOf(longitude), yOf(latitude), zoom);
        let paths = [];
        let filled = null;
        basemapDraw({
            fillRect() {}, stroke() {}, setLineDash() {},
            beginPath: () => { paths = []; },
            moveTo: (x, y) => paths.push([[x, y]]),
            lineTo: (x, y) => paths.at(-1).push([x, y]),
            fill: () => { filled = paths; },
        }, scales, view, {});
        let wrong = 0;
        for (let y = 7.5; y < 480; y += 31) {
            for (let x = 7.5; x < 640; x += 31) {
                const place = [view.y + (y - 240) / view.size, view.x + (x - 320) / view.size];
                wrong += isFilled(filled, x, y) !== isLand(scales[1], latitudeOf(place[0]),
                    longitudeOf(wrap(place[1]))) ? 1 : 0;
            }
        }
        assert.ok(wrong <= 2, `${wrong} pixels at ${longitude}, ${latitude}`); // less than a pixel off
    }
});

test('the drawing is bounded by what is on the screen', () => {
    const view = new View();
    view.resize(400, 300);
    view.moveTo(xOf(-40), yOf(30), 7); // the Atlantic
    const calls = { lineTo: 0, moveTo: 0 };
    const context = new Proxy({}, {
        get: (_, name) => () => { calls[name] = (calls[name] ?? 0) + 1; },
        set: () => true,
    });
    basemapDraw(context, basemapRead(bytes), view, {});
    assert.ok(calls.lineTo < 50, `${calls.lineTo} lines`);
    assert.equal(calls.fillRect, 1);
});
