import assert from 'node:assert/strict';
import test from 'node:test';
import { distance, latitudeOf, longitudeOf, xOf, yOf } from '../../../frontend/web/page/mercator.js';
import { View, ZOOM_MAX, boxHas, boxWithin } from '../../../frontend/web/page/view.js';

function viewOf(longitude, latitude, zoom, width = 800, height = 600) {
    const view = new View();
    view.resize(width, height);
    view.moveTo(xOf(longitude), yOf(latitude), zoom);
    return view;
}

const near = (actual, expected, slack = 1e-6) =>
    assert.ok(Math.abs(actual - expected) <= slack, `${actual} is not ${expected}`);

test('a position survives the way to the map and back', () => {
    for (const [longitude, latitude] of [[0, 0], [-118.445127, 34.06893], [180, 85], [-180, -85]]) {
        near(longitudeOf(xOf(longitude)), longitude);
        near(latitudeOf(yOf(latitude)), latitude);
    }
    assert.equal(yOf(90), yOf(86)); // beyond the edge of the map
});

test('distances are those along the great circle', () => {
    const at = (longitude, latitude) => ({ longitude, latitude });
    near(distance(at(0, 0), at(180, 0)), Math.PI * 6371008.8, 0.01);
    near(distance(at(179.5, 0), at(-179.5, 0)), 111195, 1);
    near(distance(at(10, 90), at(-60, 90)), 0, 0.01);
});

test('what is under the pointer stays there while zooming', () => {
    const view = viewOf(10, 50, 5);
    const x = view.x + (700 - 400) / view.size;
    const y = view.y + (100 - 300) / view.size;
    view.zoomAt(700, 100, 1.5);
    near(view.zoom, 6.5);
    near(view.pixelX(x), 700, 1e-3);
    near(view.pixelY(y), 100, 1e-3);
});

test('the map stays within the world, and goes round it', () => {
    const view = viewOf(0, 0, 3);
    view.pan(0, -1e6);
    assert.ok(view.y - view.height / 2 / view.size >= -1e-12);
    view.moveTo(view.x, view.y, -5);
    near(view.size, 800); // as wide as the screen
    view.zoomAt(0, 0, 100);
    assert.equal(view.zoom, ZOOM_MAX);
    view.moveTo(1.25, 0.5, 4);
    near(view.x, 0.25);
});

test('clients on both sides of the antimeridian are side by side', () => {
    const view = viewOf(179.9, 0, 8);
    near(view.pixelX(xOf(-179.9)) - view.pixelX(xOf(179.9)), 0.2 / 360 * view.size, 1e-3);
    const [west, , east] = view.box();
    assert.ok(west > 0 && east < 0 && west > east);
    assert.ok(boxHas(view.box(), 180, 0) && boxHas(view.box(), -179.9, 0));
    assert.ok(!boxHas(view.box(), 0, 0));
});

test('a screen as wide as the world watches all of it', () => {
    assert.deepEqual(viewOf(20, 0, 0, 800, 800).box(), [-180, -90, 180, 90]);
    const wide = viewOf(20, 0, 2.3, 900, 300).box(0.25);
    assert.deepEqual([wide[0], wide[2]], [-180, 180]);
});

test('a box within another', () => {
    const view = viewOf(179.9, 0, 8);
    assert.ok(boxWithin(view.box(), view.box(0.25)));
    assert.ok(!boxWithin(view.box(0.25), view.box()));
    assert.ok(boxWithin(view.box(), [-180, -90, 180, 90]));
    assert.ok(!boxWithin([-10, 0, 10, 1], [5, 0, 20, 1]));
    assert.ok(!boxWithin([170, 0, -170, 1], [-175, 0, -165, 1]));
    assert.ok(!boxWithin([0, 0, 1, 5], [0, 0, 1, 4]));
});
