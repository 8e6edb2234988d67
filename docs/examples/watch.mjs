#!/usr/bin/env -S node --experimental-websocket
// Follows an area by WebSocket: who comes, moves and leaves (docs/web-api.md). Node.js 20.10 or newer.
// usage: watch.mjs [ws://HOST:PORT [LAT,LON,METRES]]
const [server = 'ws://127.0.0.1:11790', near = '34.07,-118.44,20000'] = process.argv.slice(2);
let last = ''; // the newest event: what comes after it is told when the connection is made anew

function follow() {
    const socket = new WebSocket(`${server}/v1/watch?near=${near}&last=${last}`);
    socket.onmessage = (message) => {
        const { event, id, data } = JSON.parse(message.data);
        last = id ?? last;
        console.log(event, data.id ?? data.client ?? '', ...(data.geometry?.coordinates ?? []));
    };
    socket.onclose = () => setTimeout(follow, 1000);
}

follow();
