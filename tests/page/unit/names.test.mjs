import assert from 'node:assert/strict';
import test from 'node:test';
import { Labels, boxAround, boxOfLine } from '../../../frontend/web/page/labels.js';
import { namesOf, namesPlace } from '../../../frontend/web/page/names.js';
import { xOf, yOf } from '../../../frontend/web/page/mercator.js';
import { View } from '../../../frontend/web/page/view.js';

const town = (name, longitude, latitude) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, latitude] },
    properties: { name, population: 7 },
});

const viewOf = (longitude, latitude, zoom) => {
    const view = new View();
    view.resize(800, 600);
    view.moveTo(xOf(longitude), yOf(latitude), zoom);
    return view;
};

test('towns are read, and what is malformed is left out', () => {
    const towns = namesOf({ features: [town('Suva', 178.4, -18.1), {}, town(7, 1, 1),
        { geometry: { coordinates: ['1', 2] }, properties: { name: 'x' } }] });
    assert.deepEqual(towns, [{ name: 'Suva', x: xOf(178.4), y: yOf(-18.1) }]);
    assert.deepEqual(namesOf(null), []);
    assert.deepEqual(namesOf({ title: 'Not Found' }), []);
});

test('no name lies over another, the first one stays, and all are on the screen', () => {
    const towns = namesOf({ features: [town('a', 0, 0), town('b', 0.01, 0), town('c', 0, 5),
        town('far', 90, 0), town('d', 20, 0)] });
    const placed = namesPlace(towns, viewOf(0, 0, 4), () => 40);
    assert.deepEqual(placed.map(({ name }) => name), ['a', 'c', 'd']);
    assert.deepEqual([placed[0].x, placed[0].y], [400, 300]);
});

test('across the antimeridian too, and not without bound', () => {
    const view = viewOf(180, 0, 5);
    const many = namesOf({ features: Array.from({ length: 900 }, (_, i) =>
        town(`t${i}`, i % 2 === 0 ? 179 : -179, (i - 450) / 50)) });
    const placed = namesPlace(many, view, () => 1);
    assert.ok(placed.length > 20 && placed.length <= 60);
    assert.ok(placed.every(({ x, y }) => x >= 0 && x <= 800 && y >= 0 && y <= 600));
});

test('a label takes room, and a name goes to the other side of its town, or gives way', () => {
    const towns = namesOf({ features: [town('a', 0, 0)] });
    const view = viewOf(0, 0, 4); // at 400, 300
    const lefts = (boxes) => {
        const labels = new Labels();
        boxes.forEach((box) => labels.add(box));
        return namesPlace(towns, view, () => 40, labels).map(({ left }) => left);
    };
    const discsAt = (...places) => {
        const discs = new Labels();
        places.forEach(([x, y]) => discs.add(boxAround(x, y, 3)));
        return namesPlace(towns, view, () => 40, new Labels(), discs).map(({ left }) => left);
    };
    assert.deepEqual(discsAt([400, 300]), [405]); // a client in the town
    assert.deepEqual(discsAt([420, 303]), [353]);
    assert.deepEqual(discsAt([420, 303], [380, 297]), []);
    assert.deepEqual(lefts([]), [405]);
    assert.deepEqual(lefts([boxOfLine(410, 305, 60, 16)]), [353]);
    assert.deepEqual(lefts([boxOfLine(410, 330, 60, 16)]), [405]);
    assert.deepEqual(lefts([boxAround(400, 300, 6)]), []);
    assert.deepEqual(lefts([boxOfLine(410, 305, 60, 16), boxOfLine(330, 295, 30, 16)]), []);
});

test('the first of two labels stays', () => {
    const labels = new Labels();
    const box = boxOfLine(10, 10, 50, 16);
    assert.equal(labels.place([box]), 0);
    assert.equal(labels.place([boxOfLine(20, 12, 50, 16)]), -1);
    assert.equal(labels.place([boxOfLine(20, 12, 50, 16), boxOfLine(20, 26, 50, 16)]), 1);
    assert.ok(!labels.isFree(boxAround(10, 10, 1)) && labels.isFree(boxAround(200, 200, 1)));
});
