import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Clients } from '../../../frontend/web/page/clients.js';
import { CLUSTER_MIN, Crowd } from '../../../frontend/web/page/crowd.js';
import { nearestOf } from '../../../frontend/web/page/nearest.js';
import { distance, xOf, yOf } from '../../../frontend/web/page/mercator.js';
import { View } from '../../../frontend/web/page/view.js';

const feature = (client, longitude, latitude) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, latitude] },
    properties: { client },
});

const namesOf = (clients) => clients.features.map((one) => one.properties.client).sort();

// What must hold of all slots.
function check(clients) {
    assert.equal(clients.features.length, clients.count);
    clients.features.forEach((one, slot) => {
        assert.equal(clients.slotOf(one.properties.client), slot);
        assert.equal(clients.xs[slot], xOf(one.geometry.coordinates[0]));
        assert.equal(clients.ys[slot], yOf(one.geometry.coordinates[1]));
    });
}

test('clients come, move and leave', () => {
    const clients = new Clients();
    assert.equal(clients.put(feature('a', 1, 2)), true);
    assert.equal(clients.put(feature('b', 3, 4)), true);
    assert.equal(clients.put(feature('a', 5, 6)), false);
    check(clients);
    assert.equal(clients.remove('a'), true);
    assert.equal(clients.remove('a'), false);
    assert.equal(clients.has('a'), false);
    assert.equal(clients.get('a'), undefined);
    assert.deepEqual(namesOf(clients), ['b']);
    check(clients);
});

test('any order of comings and leavings agrees with a plain map', () => {
    const clients = new Clients();
    const plain = new Map();
    let seed = 7;
    const random = (end) => (seed = (seed * 48271) % 2147483647) % end;
    for (let i = 0; i < 20000; i++) {
        const client = `c${random(3000)}`;
        if (random(3) === 0) {
            assert.equal(clients.remove(client), plain.delete(client));
        } else {
            const one = feature(client, random(360) - 180, random(170) - 85);
            assert.equal(clients.put(one), !plain.has(client));
            plain.set(client, one);
        }
    }
    check(clients);
    assert.deepEqual(namesOf(clients), [...plain.keys()].sort());
});

test('a state told anew takes away whom it does not name, once it is complete', () => {
    const clients = new Clients();
    clients.begin();
    for (const client of ['a', 'b', 'c']) {
        clients.put(feature(client, 0, 0));
    }
    clients.finish();
    clients.begin();
    clients.put(feature('b', 1, 1));
    assert.deepEqual(namesOf(clients), ['a', 'b', 'c']);
    clients.put(feature('d', 1, 1));
    clients.finish();
    assert.deepEqual(namesOf(clients), ['b', 'd']);
    clients.finish(); // an `up-to-date` without a `reset` takes nobody away
    assert.deepEqual(namesOf(clients), ['b', 'd']);
    check(clients);
});

test('a trail is what was seen of a move, and is bounded', () => {
    const clients = new Clients();
    clients.put(feature('a', 0, 0));
    clients.put(feature('a', 0, 0));
    assert.deepEqual(clients.trail('a'), []);
    for (let i = 1; i <= 100; i++) {
        clients.put(feature('a', i, 0));
    }
    assert.equal(clients.trail('a').length, 80);
    assert.equal(clients.trail('a').at(-2), xOf(100));
    for (let i = 0; i < 6000; i++) {
        clients.put(feature(`b${i}`, 0, 0));
        clients.put(feature(`b${i}`, 1, 0));
    }
    assert.deepEqual(clients.trail('a'), []); // the trails of 5,000 moved since
    assert.equal(clients.trail('b5999').length, 4);
    clients.put(feature('b1000', 2, 0)); // the oldest moves again: the next one is the oldest
    clients.put(feature('a', 0, 0));
    assert.equal(clients.trail('b1000').length, 6);
    assert.deepEqual(clients.trail('b1001'), []);
    assert.equal(clients.trail('b1002').length, 4);
});

test('clients that move take no more memory in time', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const clients = new Clients();
    const move = (from, count, rounds) => {
        for (let round = 0; round < rounds; round++) {
            for (let i = from; i < from + count; i++) {
                clients.put(feature(`c${i}`, round % 180, 1));
            }
        }
        collect();
        return process.memoryUsage().heapUsed;
    };
    // Trails of few clients; and of as many as there may be, when the oldest were taken away before.
    for (const others of [0, 6000]) {
        move(1000, others, 3);
        const before = move(0, 1000, 100);
        const grown = move(0, 1000, 300) - before;
        assert.ok(grown < 4e6, `${grown} bytes with ${others} others`);
    }
});

function crowdOf(positions, width = 400, height = 300) {
    const clients = new Clients();
    positions.forEach(([longitude, latitude], i) =>
        clients.put(feature(`c${i}`, longitude, latitude)));
    const view = new View();
    view.resize(width, height);
    view.moveTo(xOf(179.99), 0.5, 8);
    const crowd = new Crowd();
    crowd.gather(clients, view, 0);
    return { crowd, clients, view };
}

test('a crowd is who is on the screen, across the antimeridian too', () => {
    const { crowd, clients } = crowdOf([[179.9, 0], [-179.9, 0], [0, 0], [179.9, 40]]);
    const names = [...crowd.slots.slice(0, crowd.count)]
        .map((slot) => clients.features[slot].properties.client);
    assert.deepEqual(names, ['c0', 'c1']);
    assert.equal(crowd.at(crowd.pixelsX[1] + 3, crowd.pixelsY[1], 16), 1);
    assert.equal(crowd.at(0, 0, 16), -1);
});

test('dots are painted within the image', () => {
    const { crowd } = crowdOf([[179.99, 0]]);
    const paint = (x, y, width, height) => {
        const pixels = new Uint32Array(width * height);
        crowd.pixelsX[0] = x;
        crowd.pixelsY[0] = y;
        crowd.paint(pixels, width, height, { ratio: 1, radius: 1, colour: 5 });
        return pixels.reduce((sum, pixel) => sum + (pixel === 5 ? 1 : 0), 0);
    };
    assert.equal(paint(5, 5, 20, 10), 9);
    assert.equal(paint(0, 0, 20, 10), 4);
    assert.equal(paint(19, 9, 20, 10), 4);
    assert.equal(paint(-5, 5, 20, 10), 0);
    assert.equal(paint(25, 12, 20, 10), 0);
});

test('many in one place are a cluster, and one fewer is none', () => {
    const of = (count) => {
        const { crowd, view } = crowdOf(Array(count).fill([179.99, 0]));
        return crowd.clusters(view);
    };
    assert.deepEqual(of(CLUSTER_MIN - 1), []);
    assert.deepEqual(of(CLUSTER_MIN), [{ x: 200, y: 150, count: CLUSTER_MIN }]);
});

test('100,000 clients are gathered, painted and clustered at once', (t) => {
    const { crowd, clients, view } = crowdOf(Array.from({ length: 100000 }, (_, i) =>
        [179.5 + (i % 317) / 400, ((i / 317) % 316) / 400 - 0.4]), 1920, 1080);
    const pixels = new Uint32Array(1920 * 1080);
    const began = process.cpuUsage().user;
    for (let i = 0; i < 20; i++) {
        crowd.gather(clients, view, 8);
        pixels.fill(0);
        crowd.paint(pixels, 1920, 1080, { ratio: 1, radius: 1, colour: 5 });
        crowd.clusters(view);
    }
    assert.equal(crowd.count, 100000);
    t.diagnostic(`${((process.cpuUsage().user - began) / 20000).toFixed(1)} ms a frame`);
});

test('the nearest ones, in order, without the one who asks', () => {
    const { clients } = crowdOf([[179.9, 0], [-179.95, 0], [170, 0], [179.9, 0], [-179.9, 10]]);
    const near = nearestOf(clients, { longitude: 180, latitude: 0 }, 3);
    assert.deepEqual(near.map(({ client }) => client), ['c1', 'c0', 'c3']);
    const others = nearestOf(clients, { longitude: 180, latitude: 0 }, 9, 'c1');
    assert.deepEqual(others.map(({ client }) => client), ['c0', 'c3', 'c2', 'c4']);
    assert.deepEqual(nearestOf(new Clients(), { longitude: 0, latitude: 0 }, 3), []);
});

test('the nearest of many are those of all', () => {
    const places = Array.from({ length: 3000 }, (_, i) =>
        [((i * 137.508) % 360) - 180, Math.asin(Math.sin(i * 12.9898)) * 180 / Math.PI]);
    const { clients } = crowdOf([...places, [0, 90], [0, -90], [10, 86], [10, 89]]);
    for (const [longitude, latitude] of [[0, 0], [180, 0], [-179.9, 60], [10, 85.2], [0, 90], [7, -90]]) {
        const all = clients.features.map(({ geometry: { coordinates }, properties: { client } }) =>
            ({ client, distance_m: distance({ longitude, latitude },
                { longitude: coordinates[0], latitude: coordinates[1] }) }));
        all.sort((a, b) => a.distance_m - b.distance_m || (a.client < b.client ? -1 : 1));
        assert.deepEqual(nearestOf(clients, { longitude, latitude }, 10), all.slice(0, 10));
    }
});
