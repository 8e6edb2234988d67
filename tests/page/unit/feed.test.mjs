import assert from 'node:assert/strict';
import test from 'node:test';
import { eventOfMessage, eventsOfFrame } from '../../../frontend/web/page/events.js';
import { Feed } from '../../../frontend/web/page/feed.js';
import { linksSay, memberSay } from '../../../frontend/web/page/herd.js';
import { ageSay, distanceSay, positionSay, receiptOf } from '../../../frontend/web/page/words.js';

const FEATURE = '{"type":"Feature","id":"kiwi","geometry":{"type":"Point","coordinates":' +
    '[-118.445127,34.06893]},"properties":{"client":"kiwi","time":"1621464827.959498503",' +
    '"difference":"+0.263873386","member":"Clark"}}';

test('events are read from messages and from frames alike', () => {
    const feature = JSON.parse(FEATURE);
    assert.deepEqual(eventOfMessage('position', FEATURE), { kind: 'position', feature });
    assert.deepEqual(eventsOfFrame(`{"event":"position","id":"1-2","data":${FEATURE}}`),
        [{ kind: 'position', feature }]);
    assert.deepEqual(eventsOfFrame(`[{"event":"leave","id":"1-2","data":{"client":"kiwi"}},
        {"event":"position","data":${FEATURE}},{"event":"weather"},null,7]`),
        [{ kind: 'leave', client: 'kiwi' }, { kind: 'position', feature }, null, null, null]);
    assert.deepEqual(eventsOfFrame('[]'), []);
    assert.deepEqual(eventOfMessage('leave', '{"client":"kiwi"}'), { kind: 'leave', client: 'kiwi' });
    assert.deepEqual(eventOfMessage('up-to-date', ''), { kind: 'up-to-date', isTruncated: false });
    assert.deepEqual(eventOfMessage('up-to-date', '{"clients":9,"truncated":true}'),
        { kind: 'up-to-date', isTruncated: true });
    assert.deepEqual(eventsOfFrame('{"event":"reset"}'), [{ kind: 'reset' }]);
    assert.deepEqual(eventOfMessage('stale', '{"age":3.5}'), { kind: 'stale', age: 3.5 });
});

test('what is malformed or unknown says nothing', () => {
    for (const frame of ['', 'null', '7', '{', '{"event":"weather"}', '{"event":"position"}',
        '{"event":"position","data":{"type":"Feature"}}', '{"event":"leave","data":{"client":7}}',
        `{"event":"position","data":${FEATURE.replace('34.06893', '"34"')}}`, undefined]) {
        assert.deepEqual(eventsOfFrame(frame), [null], frame);
    }
    assert.equal(eventOfMessage('position', '{'), null);
    assert.equal(eventOfMessage('position', 'null'), null);
});

// A browser's connections, and a clock that stands still.
function stage() {
    const all = { sockets: [], streams: [], timers: [], events: [], states: [] };
    class Connection {
        sent = [];
        listeners = {};
        isClosed = false;

        constructor(address, list) {
            this.address = address;
            list.push(this);
        }

        addEventListener(name, listener) {
            this.listeners[name] = listener;
        }

        send(text) {
            this.sent.push(JSON.parse(text));
        }

        close() {
            this.isClosed = true;
        }
    }
    const make = {
        WebSocket: class extends Connection {
            constructor(address) {
                super(address, all.sockets);
            }
        },
        EventSource: class extends Connection {
            readyState = 0;

            constructor(address) {
                super(address, all.streams);
            }
        },
        setTimeout: (run, wait) => all.timers.push({ run, wait }),
        clearTimeout: () => {},
        random: () => 0.5,
    };
    all.feed = new Feed('http://h:1', {
        event: (event) => all.events.push(event.kind),
        state: (state) => all.states.push(state),
    }, make);
    return all;
}

test('a WebSocket watches, is told of another view, and is made anew with the whole state', () => {
    const { feed, sockets, timers, events, states } = stage();
    feed.watch([170, -1, -170, 1]);
    assert.equal(sockets[0].address,
        'ws://h:1/v1/watch?bbox=170.000000,-1.000000,-170.000000,1.000000&limit=100000&batch=true');
    feed.watch([1, 2, 3, 4]); // before it is open: told then
    sockets[0].onopen();
    feed.watch([5, 6, 7, 8]);
    assert.deepEqual(sockets[0].sent, [{ view: { bbox: [1, 2, 3, 4] } }, { view: { bbox: [5, 6, 7, 8] } }]);
    sockets[0].onmessage({ data: `[{"event":"position","data":${FEATURE}},{"event":"up-to-date"}]` });
    sockets[0].onmessage({ data: 'garbage' });
    sockets[0].onmessage({ data: '{"event":"stale","data":{"age":2}}' });
    sockets[0].onclose();
    assert.deepEqual(events, ['reset', 'position', 'up-to-date']);
    assert.deepEqual(states, ['connecting', 'live', 'live', 'stale', 'lost']);
    assert.equal(timers[0].wait, 500);
    timers[0].run();
    assert.match(sockets[1].address, /bbox=5\.000000,6/);
    sockets[1].onopen();
    assert.equal(events.at(-1), 'reset');
    assert.deepEqual(sockets[1].sent, []);
});

test('a view that changes while it waits to connect makes no second connection', () => {
    const { feed, sockets, timers } = stage();
    feed.watch([1, 2, 3, 4]);
    sockets[0].onopen();
    sockets[0].onclose();
    feed.watch([5, 6, 7, 8]);
    assert.equal(sockets.length, 1);
    timers[0].run();
    assert.equal(sockets.length, 2);
});

test('it waits longer each time, within a bound, and begins anew once it was open', () => {
    const { feed, sockets, timers } = stage();
    feed.watch([1, 2, 3, 4]);
    sockets[0].onopen();
    for (let i = 0; i < 8; i++) {
        sockets.at(-1).onclose();
        timers.at(-1).run();
    }
    assert.deepEqual(timers.map(({ wait }) => wait), [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
    sockets.at(-1).onopen();
    sockets.at(-1).onclose();
    assert.equal(timers.at(-1).wait, 500);
});

test('without a WebSocket there are server-sent events, which the browser resumes', () => {
    const { feed, sockets, streams, timers, events, states } = stage();
    feed.watch([1, 2, 3, 4]);
    sockets[0].onclose(); // refused
    timers[0].run();
    const [stream] = streams;
    assert.equal(stream.address, 'http://h:1/v1/watch?bbox=1.000000,2.000000,3.000000,4.000000&limit=100000');
    stream.onopen();
    stream.listeners.position({ data: FEATURE });
    stream.listeners['up-to-date']({ data: '' });
    stream.onerror(); // the browser connects again
    assert.equal(states.at(-1), 'lost');
    stream.onopen(); // with Last-Event-ID: goes on
    assert.deepEqual(events, ['reset', 'position', 'up-to-date']);
    stream.listeners.reset({ data: '' });
    assert.equal(events.at(-1), 'reset');
    feed.watch([5, 6, 7, 8]);
    assert.ok(stream.isClosed);
    streams[1].onopen(); // another view: the whole state
    assert.equal(events.length, 5);
    streams[1].readyState = 2;
    streams[1].onerror(); // given up by the browser, not by us
    timers.at(-1).run();
    assert.equal(streams.length, 3);
    assert.equal(sockets.length, 1);
});

test('as long as nothing works both ways are tried in turn', () => {
    const { feed, sockets, streams, timers } = stage();
    feed.watch([1, 2, 3, 4]);
    sockets[0].onclose();
    timers.at(-1).run();
    streams[0].readyState = 2;
    streams[0].onerror();
    timers.at(-1).run();
    assert.equal(sockets.length, 2);
    feed.stop();
    assert.ok(sockets[1].isClosed);
});

test('ages, distances and positions in words', () => {
    assert.equal(ageSay(1.9), '1 second ago');
    assert.equal(ageSay(119), '119 seconds ago');
    assert.equal(ageSay(120), '2 minutes ago');
    assert.equal(ageSay(7200), '2 hours ago');
    assert.equal(ageSay(172800), '2 days ago');
    assert.equal(ageSay(-1), 'ahead of this clock');
    assert.equal(distanceSay(999.4), '999 m');
    assert.equal(distanceSay(1234), '1.2 km');
    assert.equal(distanceSay(12345), '12 km');
    assert.equal(positionSay(-118.445127, 34.06893), '34.06893° N, 118.44513° W');
    assert.equal(receiptOf({ time: '100.5', difference: '-0.25' }), 100.25);
});

test('what members say of themselves, in words', () => {
    const links = [{ to: 'Hands', state: 'up', lag: 0 }, { to: 'Welsh', state: 'down', lag: 7 },
        { to: 'Wilkes', state: 'up', lag: 12000 }];
    assert.equal(linksSay(links), '2 of 3, Welsh down, Wilkes 12k behind');
    assert.equal(linksSay([]), '0 of 0');
    assert.deepEqual(memberSay({ member: 'Goloman', state: 'up', uptime: 7200, records: 5,
        connections: 0, links: links.slice(0, 1) }), ['Goloman', 'up', '5', '0', '1 of 1']);
    assert.deepEqual(memberSay({ member: 'Welsh', state: 'silent' }),
        ['Welsh', 'does not answer', '', '', '']);
});
