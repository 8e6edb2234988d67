#!/usr/bin/env python3
"""/v1/watch by WebSocket, from outside: a client of sockets alone, which can also do what none should.

usage: web_socket.py PROGRAMS SOURCE
"""
import base64
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import urllib.parse

from web_support import check, curl, gauge, programs, run, send_raw, source, statuses, wait_for

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = base64.b64encode(b"sixteen bytes, 1")


def request(path, *fields, key=KEY, version=b"13"):
    lines = [b"GET " + path.encode() + b" HTTP/1.1", b"Host: localhost", b"Upgrade: websocket",
             b"Connection: keep-alive, Upgrade", b"Sec-WebSocket-Version: " + version,
             b"Sec-WebSocket-Extensions: permessage-deflate", *fields]
    return b"\r\n".join(lines + ([b"Sec-WebSocket-Key: " + key] if key else []) + [b"", b""])


def frame(opcode, content=b"", fin=True, mask=b"\x37\xfa\x21\x3d", rsv=0, size=None):
    size = len(content) if size is None else size
    long = b"" if size < 126 else struct.pack(">H", size) if size < 65536 else struct.pack(">Q", size)
    second = size if size < 126 else 126 if size < 65536 else 127
    head = bytes([fin << 7 | rsv << 4 | opcode, (128 if mask else 0) | second]) + long
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(content)) if mask else head + content


class Socket:
    """A WebSocket: `events` are those that came; `code` and `reason` of its end."""

    answers = True
    path = "/v1/watch"

    def __init__(self, herd, query="", *fields, receives=None):
        self.raw = socket.socket()
        if receives:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self.raw.settimeout(20)
        self.raw.connect(("127.0.0.1", herd.web))
        self.raw.sendall(request(self.path + query, *fields))
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            part = self.raw.recv(4096)
            if not part:
                break
            self.bytes += part
        self.head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        self.raw.setblocking(False)
        self.events, self.pings, self.pongs = [], 0, []
        self.batches = []  # of messages that are lists: their sizes, and the IDs in them
        self.code = self.reason = self.last_id = None
        self.ended = False

    def say(self, value):
        self.raw.sendall(frame(TEXT, json.dumps(value).encode()))

    def take(self, first, content):
        kind = first & 15
        check("whole frames without extensions", first >> 4 == 8, first)
        if kind == TEXT:
            message = json.loads(content)
            for event in message if isinstance(message, list) else [message]:
                self.last_id = event.get("id", self.last_id)
                self.events.append((event["event"], event["data"]))
            if isinstance(message, list):
                self.batches.append((len(content), [event.get("id") for event in message]))
        elif kind == CLOSE:
            self.code = struct.unpack(">H", content[:2])[0] if content else 0
            self.reason = content[2:].decode()
        elif kind == PING:
            self.pings += 1
            if self.answers:
                self.raw.sendall(frame(PONG, content))
        else:
            self.pongs.append(content)

    def read(self):
        while not self.ended and select.select([self.raw], [], [], 0)[0]:
            try:
                part = self.raw.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                part = b""
            self.ended = not part
            self.bytes += part
        while len(self.bytes) >= 2:
            size, start = self.bytes[1], 2
            if size >= 126:
                start = 4 if size == 126 else 10
                size = int.from_bytes(self.bytes[2:start], "big")
            if len(self.bytes) < start + size:
                break
            content = self.bytes[start:start + size]
            first, self.bytes = self.bytes[0], self.bytes[start + size:]
            self.take(first, content)
        return self

    def names(self):
        return [(event, data.get("id", data.get("client"))) for event, data in self.read().events
                if event in ("position", "leave", "reset", "up-to-date")]

    def clients(self):
        """What it was told of clients: nothing of how current that is."""
        return [one for one in self.names() if one[0] in ("position", "leave")]

    def known(self):
        """Whom it knows to be in its view."""
        known = set()
        for event, name in self.names():
            known = set() if event == "reset" else known
            if event in ("position", "leave"):
                (known.add if event == "position" else known.discard)(name)
        return known

    def current(self, known):
        """Whether it knows these, and was told that this is all, of the last view."""
        return self.known() == known and self.names()[-1:] == [("up-to-date", None)]

    def closed(self, code):
        return self.read().ended and self.code == code

    def end(self):
        self.raw.close()


def put(herd, name, lat, lon):
    check("PUT " + name, curl("-X", "PUT", "-d", '{"lat":%s,"lon":%s}' % (lat, lon),
                              herd.url + "/v1/clients/" + urllib.parse.quote(name, safe=""))[0] in (200, 201))


def handshakes(herd):
    one = Socket(herd, "?bbox=1,2,3,4")
    accept = base64.b64encode(hashlib.sha1(KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    check("101", one.head.startswith(b"HTTP/1.1 101 ") and b"Sec-WebSocket-Accept: " + accept in one.head, one.head)
    check("no extension is taken", b"extensions" not in one.head.lower())
    check("it is counted", gauge(herd, "herd_web_websockets") == 1)
    one.end()
    wait_for("it has gone", lambda: gauge(herd, "herd_web_websockets") == 0)
    path = "/v1/watch?client=a"
    bad = {
        "another version": (426, request(path, version=b"8")),
        "two versions": (426, request(path, b"Sec-WebSocket-Version: 13")),
        "no key": (400, request(path, key=b"")),
        "two keys": (400, request(path, b"Sec-WebSocket-Key: " + KEY)),
        "a short key": (400, request(path, key=KEY[4:])),
        "a key of other bytes": (400, request(path, key=b"!" + KEY[1:])),
        "a body": (400, request(path, b"Content-Length: 2") + b"{}"),
        "POST": (405, request(path).replace(b"GET", b"POST")),
        "HEAD": (400, request(path).replace(b"GET", b"HEAD")),
        "a page of another site": (403, request(path, b"Origin: http://evil.example")),
        "a name that points here": (421, request(path).replace(b"localhost", b"evil.example")),
        "no view that is": (400, request("/v1/watch?bbox=1,2,3")),
        "two views": (400, request("/v1/watch?bbox=1,2,3,4&client=a")),
        "two IDs": (400, request(path + "&last=1&last=2")),
        "an ID without a view": (400, request("/v1/watch?last=1")),
        "batches of a number": (400, request(path + "&batch=1")),
        "batches twice": (400, request(path + "&batch=true&batch=true")),
        "batches of a stream": (400, b"GET " + path.encode() + b"&batch=true HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    }
    for what, (status, data) in bad.items():
        answer = send_raw(herd.web, data)
        check(what, statuses(answer) == [status], answer[:200])
        check(what + ": the version", status != 426 or b"Sec-WebSocket-Version: 13" in answer)
    own = Socket(herd, "?client=a", b"Origin: http://localhost")
    check("our own page", own.head.startswith(b"HTTP/1.1 101 "), own.head)
    own.end()
    with socket.create_connection(("127.0.0.1", herd.web), 20) as early:
        early.sendall(request("/v1/watch") + frame(PING, b"early"))
        answer = b""
        while not answer.endswith(b"early"):
            answer += early.recv(4096)
        check("frames behind the head", answer.endswith(b"\r\n\r\n\x8a\x05early"), answer)
    early_upgrades(herd)


def early_upgrades(herd):
    """Behind a request that is under way, in the same bytes."""
    place = b'{"lat":1,"lon":2}'
    first = b"PUT /v1/clients/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(place), place)
    for path in ("/v1/watch?client=a", "/v1/watch?client=a&batch=true", "/v1/watch?batch=true", "/ws/last"):
        with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
            one.sendall(first + request(path) + frame(CLOSE, b"\x03\xe8"))
            answer = b"".join(iter(lambda: one.recv(65536), b""))
            check(path + " waits", [status // 100 for status in statuses(answer)] == [2, 1] and
                  answer.endswith(b"\x88\x02\x03\xe8"), answer)
        chunks = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        answer = send_raw(herd.web, first + request(path)[:-2] + chunks)
        check(path + " with a body", [status // 100 for status in statuses(answer)] == [2, 4], answer)
        # With a body a stream does not wait: it ends the connection (web_session_stream).
        send_raw(herd.web, first + b"GET %s HTTP/1.1\r\nHost: localhost\r\n" % path.encode() + chunks)
        check("it lives", herd.processes["web"].poll() is None)
        check("others are served", curl(herd.url + "/v1/herd")[0] == 200)
    wait_for("they have gone", lambda: gauge(herd, "herd_web_websockets") == 0)


def views(herd):
    """A map that moves: whoever stays is not told again, whoever does not has left."""
    for name, lon in (("v1", 10), ("v2", 11), ("v3", 12), ("v/4", 13)):
        put(herd, name, -60, lon)
    wait_for("they are copied", lambda: b"v/4" in curl(herd.url + "/v1/near?lat=-60&lon=13")[2])
    one = Socket(herd, "?bbox=9.5,-61,11.5,-59&limit=3")
    wait_for("the state", lambda: one.current({"v1", "v2"}))
    one.say({"view": {"bbox": [10.5, -61, 12.5, -59]}})
    wait_for("the map moves", lambda: one.current({"v2", "v3"}))
    check("who stays is not told again", [name for _, name in one.names()].count("v2") == 1, one.names())
    one.say({"view": {"bbox": "11.5,-61,13.5,-59"}})
    one.say({"view": {"near": [-60, 13, 1000.5], "limit": 3}})
    wait_for("twice in a row", lambda: one.current({"v/4"}))
    check("no reset so far", ("reset", None) not in one.names())
    one.say({"view": {"client": "v/4"}})
    wait_for("a client", lambda: one.current({"v/4"}) and len(one.names()) > 7)
    put(herd, "v/4", 1, 1)
    wait_for("wherever it goes", lambda: [data["geometry"]["coordinates"] for event, data in one.read().events
                                         if event == "position"][-1] == [1, 1])
    one.say({"view": {"lat": -60, "lon": 1.1e1, "radius": 5, "limit": 2}})
    wait_for("another limit begins anew", lambda: one.current({"v2"}) and ("reset", None) in one.names())
    one.say({"view": {"bbox": [9, -61, 14, -59]}})
    wait_for("the limit stays", lambda: len(one.known()) == 2 and one.events[-1] == (
        "up-to-date", {"clients": 2, "truncated": True}))
    for i in range(300):
        one.say({"view": {"bbox": [i % 7, -61, 14, -59]}})
    one.say({"view": {"bbox": [11.5, -61, 12.5, -59]}})
    before = gauge(herd, "herd_web_views_changed_total")
    wait_for("the newest of many", lambda: one.current({"v3"}))
    check("most are passed over", gauge(herd, "herd_web_views_changed_total") - before < 100)
    late = Socket(herd)
    late.say({"view": {"near": "-60,11"}})
    wait_for("the first view in a message", lambda: late.current({"v2"}))
    put(herd, "v5", -60, 11.01)
    wait_for("both are told", lambda: late.names()[-1] == ("position", "v5"))
    crowd = Socket(herd, "?bbox=9.9,-61,11.5,-59&limit=2")
    wait_for("no room for the third", lambda: crowd.names()[-1:] == [("up-to-date", None)] and
             crowd.events[-1][1]["truncated"] and len(crowd.known()) == 2)
    crowd.say({"view": {"bbox": [11.9, -61, 12.1, -59]}})
    wait_for("who leaves makes room", lambda: crowd.current({"v3"}) and not crowd.events[-1][1]["truncated"])
    for socket_ in (one, late, crowd):
        check("it goes on", not socket_.read().ended)
        socket_.end()


def resume(herd):
    """Who was cut off hears what it missed, once; also with another view than before."""
    put(herd, "r1", -50, 20)
    put(herd, "r2", -50, 20.1)
    wait_for("they are copied", lambda: b"r2" in curl(herd.url + "/v1/near?lat=-50&lon=20")[2])
    one = Socket(herd, "?bbox=19,-51,21,-49")
    wait_for("the state", lambda: one.current({"r1", "r2"}))
    one.end()
    wait_for("it has gone", lambda: gauge(herd, "herd_web_websockets") == 0)
    put(herd, "r1", 0, 0)
    back = Socket(herd, "?bbox=19,-51,21,-49&last=" + one.last_id)
    wait_for("it comes back", lambda: back.names() == [("leave", "r1"), ("up-to-date", None)])
    back.end()
    wait_for("it has gone", lambda: gauge(herd, "herd_web_websockets") == 0)
    put(herd, "r3", -50, 20.2)
    third = Socket(herd)
    third.say({"view": {"bbox": [19, -51, 21, -49]}, "last": back.last_id})
    wait_for("by a message", lambda: third.names() == [("position", "r3"), ("up-to-date", None)])
    stranger = Socket(herd, "?bbox=19,-51,21,-49&last=" + "0" * 32 + "-7")
    wait_for("an ID of another life", lambda: stranger.current({"r2", "r3"}))
    check("reset", stranger.names()[0][0] == "reset", stranger.names())
    third.say({"view": {"bbox": [1, 2, 3, 4]}, "last": "x"})
    wait_for("last comes once", lambda: third.closed(1008))
    stranger.end()


def put_many(herd, positions):
    """In few requests at once, as one who asks and does not read is not read from."""
    for start in range(0, len(positions), 50):
        bodies = [(name, b'{"lat":%r,"lon":%r}' % position) for name, position in positions[start:start + 50]]
        answer = send_raw(herd.web, b"".join(
            b"PUT /v1/clients/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
            % (name.encode(), len(body), body) for name, body in bodies))
        check("they are taken", all(status in (200, 201) for status in statuses(answer)), answer[:200])


def batches(herd):
    """Many events in a message: those that a reader of single ones is told, in the same order."""
    names, box = ["b%d" % i for i in range(100)], "?bbox=-41,-1,-39,1"
    put_many(herd, [(name, (0, -40)) for name in names])
    wait_for("they are copied", lambda: b"b99" in curl(herd.url + "/v1/clients?bbox=-41,-1,-39,1")[2])
    plain, one = Socket(herd, box + "&batch=false"), Socket(herd, box + "&batch=true")
    for socket_ in (plain, one):
        wait_for("the state", lambda: socket_.current(set(names)))
    check("a message has one event", not plain.batches)
    check("or a list, also of one", sum(len(ids) for _, ids in one.batches) == len(one.events) > 100, one.batches)
    check("many at once, and not too many", len(one.batches) < 20 and max(size for size, _ in one.batches) < 9000,
          one.batches)
    check("the same events", sorted(plain.clients()) == sorted(one.clients()))
    put_many(herd, [(name, (0.5, -40)) for name in names[:50]])
    put(herd, "b99", 2, -40)
    for socket_ in (plain, one):
        wait_for("who leaves", lambda: socket_.clients()[-1] == ("leave", "b99"))
    check("each once, in their order", len(one.clients()) == 151 and
          plain.clients()[-51:] == one.clients()[-51:], one.clients()[-51:])

    def cut():
        """The middle of a list that has several IDs, and what came behind it."""
        first = len(one.read().events)
        put_many(herd, [(name, (0.6 + first / 1e5, -40)) for name in names[:50]])
        wait_for("they move", lambda: len(one.read().events) >= first + 50)
        done = 0
        for _, ids in one.batches:
            done += len(ids)
            if done > first and all(ids) and len(set(ids)) > 2:
                behind = done - len(ids) + len(ids) // 2 + 1
                cut.found = ids[len(ids) // 2], [data["id"] for event, data in one.events[behind:]
                                                 if event == "position"]
                return True
        return False

    wait_for("a list of several IDs", cut)
    last, missed = cut.found
    one.end()
    back = Socket(herd, box + "&batch=true&last=" + last)
    wait_for("it comes back", lambda: back.names()[-1:] == [("up-to-date", None)])
    check("within a message", sorted(back.clients()) == sorted(("position", name) for name in missed),
          (back.names(), missed))
    back.say({"view": {"bbox": [-41, 0.7, -39, 1]}})
    wait_for("another view", lambda: back.known() == set() and back.names()[-1] == ("up-to-date", None))
    late = Socket(herd, "?batch=true")
    late.say({"view": {"client": "b99"}})
    wait_for("the view in a message", lambda: late.current({"b99"}) and late.batches)
    stalled = Socket(herd, box + "&batch=true", receives=4096)
    for i in range(40):
        put_many(herd, [(name, (i / 100, -40)) for name in names[:50]])
    wait_for("the newest of each", lambda: all(
        {data["id"]: data["geometry"]["coordinates"] for event, data in stalled.read().events
         if event == "position"}.get(name) == [-40, 0.39] for name in names[:50]))
    check("not what came between", len(stalled.events) < 1500, len(stalled.events))
    crowd = [Socket(herd, "?client=b98&batch=true") for _ in range(600)]
    for i in range(1, 6):
        put(herd, "b98", i, -40)  # more wait for their batch than are looked at in a turn
    for socket_ in crowd:
        wait_for("all hear the newest", lambda: any(event == "position" and data["geometry"]["coordinates"] == [-40, 5]
                                                    for event, data in socket_.read().events))
    for socket_ in (plain, back, late, stalled, *crowd):
        check("it goes on", not socket_.read().ended)
        socket_.end()
    wait_for("they have gone", lambda: gauge(herd, "herd_web_websockets") == 0)


def rules(herd):
    """What may not come, and what is answered to it."""
    view = b'{"view":{"client":"x"}}'
    half = frame(TEXT, b'{"view":', fin=False)
    bad = {
        "no mask": (1002, frame(TEXT, view, mask=b"")),
        "an extension": (1002, frame(TEXT, view, rsv=4)),
        "an unknown kind": (1002, frame(3, b"x")),
        "an unknown control": (1002, frame(11)),
        "a fragment of nothing": (1002, frame(0, view)),
        "a message in a message": (1002, half + frame(TEXT, view)),
        "a control in fragments": (1002, frame(PING, b"x", fin=False)),
        "a long control": (1002, frame(PING, b"x" * 126)),
        "a length of more bytes than it needs": (1002, b"\x81\xfe\x00\x05" + b"\0" * 9),
        "a length of 64 bits": (1002, b"\x81\xff" + b"\xff" * 8 + b"\0" * 5),
        "half a close code": (1002, frame(CLOSE, b"\x03")),
        "a close code of no one": (1002, frame(CLOSE, b"\x03\xed")),
        "bytes": (1003, frame(BINARY, view)),
        "no UTF-8": (1007, frame(TEXT, b'{"view":{"client":"\xff"}}')),
        "half a character": (1007, frame(TEXT, b'"\xe2\x82')),
        "a reason of no UTF-8": (1007, frame(CLOSE, b"\x03\xe8\xff")),
        "no JSON": (1007, frame(TEXT, b"{view}")),
        "nothing": (1007, frame(TEXT)),
        "too deep": (1007, frame(TEXT, b"[" * 2000)),
        "a list": (1008, frame(TEXT, b"[1]")),
        "no view": (1008, frame(TEXT, b"{}")),
        "another member": (1008, frame(TEXT, b'{"view":{"client":"x"},"x":1}')),
        "a view of another kind": (1008, frame(TEXT, b'{"view":"client=x"}')),
        "an unknown parameter": (1008, frame(TEXT, b'{"view":{"client":"x","after":"y"}}')),
        "a name with more in it": (1008, frame(TEXT, b'{"view":{"limit=5&client":"x"}}')),
        "not a number": (1008, frame(TEXT, b'{"view":{"bbox":[1,2,"3",4]}}')),
        "a box beyond the earth": (1008, frame(TEXT, b'{"view":{"bbox":[1,2,3,91]}}')),
        "two views": (1008, frame(TEXT, b'{"view":{"bbox":[1,2,3,4],"client":"x"}}')),
        "a limit of 0": (1008, frame(TEXT, b'{"view":{"client":"x","limit":0}}')),
        "too long": (1009, frame(TEXT, b" " * 4097)),
        "too long to come": (1009, frame(TEXT, b"x", size=1 << 40)),
        "too long in fragments": (1009, frame(TEXT, b" " * 4000, fin=False) + frame(0, b" " * 97)),
    }
    for what, (code, data) in bad.items():
        one = Socket(herd, "?client=x")
        one.raw.sendall(data)
        wait_for(what, lambda: one.closed(code))
        check(what, one.code == code and one.reason, (one.code, one.reason))
        one.end()
    for what, data, code in (("a close", frame(CLOSE, b"\x03\xe8bye"), 1000), ("one of its own",
                             frame(CLOSE, b"\x0f\xa1"), 4001), ("one without a code", frame(CLOSE), 0)):
        one = Socket(herd, "?client=x")
        one.raw.sendall(data)
        wait_for(what + " is answered", lambda: one.closed(code))
        one.end()
    one = Socket(herd, "?client=x")
    for piece in (half[:1], half[1:7], half[7:], frame(PING, b"between"), frame(0, fin=False)):
        one.raw.sendall(piece)
    wait_for("a ping between fragments", lambda: one.read().pongs == [b"between"])
    one.raw.sendall(frame(0, b'{"bbox":[19,-51,') + frame(PONG))
    one.raw.sendall(b"")
    wait_for("half a view is no JSON", lambda: one.closed(1007))
    one = Socket(herd, "?client=x")
    message = half + b"".join(frame(0, bytes([byte]), fin=False) for byte in b'{"client":"r3"') + frame(0, b"}}")
    for byte in message:
        one.raw.sendall(bytes([byte]))
    wait_for("a view in fragments, byte by byte", lambda: one.current({"r3"}))
    full = json.dumps({"view": {"client": "r2"}}).encode()
    one.raw.sendall(frame(TEXT, full + b" " * (4096 - len(full))))
    wait_for("the longest message", lambda: one.current({"r2"}))
    one.raw.sendall(b"".join(frame(PING, b"%d" % i) for i in range(9999)))
    wait_for("pings in a row", lambda: one.read().pongs[-1:] == [b"9998"])
    check("still there", not one.ended)
    one.end()
    wait_for("all have gone", lambda: gauge(herd, "herd_web_websockets") == 0)


def resident(process):
    with open("/proc/%d/statm" % process.pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(herd):
    """Idle ones; and those that send and do not read."""
    process = herd.processes["web"]
    with open("/proc/%d/maps" % process.pid) as file:
        sanitized = any(name in file.read() for name in ("libasan", "libtsan", "libubsan"))
    with open(os.path.join(programs, "herd-web"), "rb") as file:
        sanitized = sanitized or b"__asan_init" in file.read() or b"__tsan_init" in file.read()
    count = 400
    warm = [Socket(herd, "?client=x") for _ in range(count)]
    for one in warm:
        one.end()
    wait_for("they have gone", lambda: gauge(herd, "herd_web_websockets") == 0)
    before = resident(process)
    idle = [Socket(herd, "?client=x") for _ in range(count)]
    for one in idle:
        one.raw.sendall(frame(PING))
    for one in idle:
        wait_for("an answer", lambda: one.read().pongs)
    each = (resident(process) - before) / count
    check("an idle one takes at most 10 KiB", sanitized or each <= 10240, each)
    for one in idle:
        one.end()
    mute = Socket(herd, "?bbox=-180,-90,180,90&limit=10000")
    mute.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sent, flood = 0, frame(PING, b"x" * 125) * 500
    while sent < 64 << 20 and select.select([], [mute.raw], [], 1)[1]:
        sent += mute.raw.send(flood)
    check("who does not read is not read from", sent < 64 << 20, sent)
    wait_for("the others are served", lambda: curl(herd.url + "/metrics")[0] == 200)
    mute.end()


def restarts(herd):
    """The node is killed and comes back; herd-web ends, and is killed."""
    one = Socket(herd, "?bbox=29,-51,31,-49")
    put(herd, "k1", -50, 30)
    wait_for("it is told", lambda: one.known() == {"k1"})
    herd.end("node", signal.SIGKILL)
    wait_for("it says that it is stale", lambda: any(event == "stale" for event, _ in one.read().events))
    one.say({"view": {"bbox": [29.5, -51, 31, -49]}})
    wait_for("a view of the copy", lambda: [event for event, _ in one.read().events].count("stale") == 2)
    herd.serve("node")
    put(herd, "k2", -50, 30)
    wait_for("it goes on", lambda: ("position", "k2") in one.names() and ("up-to-date", None) in one.names()[-2:])
    check("it never ended", not one.ended)
    late = Socket(herd)
    check("herd-web ends", herd.end("web") == 0)
    check("and says so", one.closed(1001) and late.closed(1001), (one.code, late.code))
    herd.serve("web")
    back = Socket(herd, "?bbox=29,-51,31,-49&last=" + one.last_id)
    wait_for("it knows all", lambda: "k2" in back.known() and back.names()[-1] == ("up-to-date", None))
    herd.end("web", signal.SIGKILL)
    wait_for("it is killed", lambda: back.read().ended)
    herd.serve("web")


def example(herd):
    """docs/examples/watch.mjs, as it stands there: it goes on where it was when herd-web is started anew."""
    has = shutil.which("node") and subprocess.run(["node", "--experimental-websocket", "-p", "typeof WebSocket"],
                                                  capture_output=True).stdout.strip() == b"function"
    if not has:
        print("not tried: no node with WebSocket for docs/examples/watch.mjs")
        return
    output = os.path.join(herd.folder, "example")

    def lines():
        with open(output) as file:
            return file.read().split("\n")[:-1]

    with open(output, "w") as file:
        program = subprocess.Popen([os.path.join(source, "docs/examples/watch.mjs"),
                                    "ws://127.0.0.1:%d" % herd.web, "70,50,5000"], stdout=file)
    wait_for("the example begins", lambda: lines() == ["up-to-date "])
    put(herd, "e1", 70, 50)
    wait_for("the example shows who comes", lambda: lines()[-1] == "position e1 50 70")
    put(herd, "e1", 71, 50)
    wait_for("and who leaves", lambda: lines()[-1] == "leave e1")
    herd.end("web")
    herd.start("web")
    put_later = lambda: curl("-X", "PUT", "-d", '{"lat":70,"lon":50}', herd.url + "/v1/clients/e2")[0] in (200, 201)
    wait_for("a client comes meanwhile", put_later)
    wait_for("the example goes on", lambda: "position e2 50 70" in lines())
    program.kill()
    program.wait()


def silence(herd):
    """By hand, a minute: who does not answer a ping is disconnected, who does is not; a message has 20 s."""
    mute, there, slow, shy = (Socket(herd, "?client=x") for _ in range(4))
    mute.answers = False
    none = Socket(herd)
    slow.raw.sendall(frame(TEXT, b"{", fin=False)[:3])
    shy.raw.sendall(frame(TEXT, b"{", fin=False))
    for one in (none, slow, shy):
        wait_for("no message in time", lambda: one.closed(1008), 30)
    wait_for("a ping", lambda: there.read().pings == 1, 40)
    wait_for("who is silent is cut off", lambda: there.read() and mute.read().ended, 50)
    check("it was asked", mute.pings == 1, mute.pings)
    check("who answers is not", not there.read().ended)


def everything(herd):
    if herd.serve("node", "web"):
        if sys.argv[3:] == ["silence"]:
            silence(herd)
        else:
            handshakes(herd)
            views(herd)
            resume(herd)
            batches(herd)
            rules(herd)
            memory(herd)
            restarts(herd)
            example(herd)


if __name__ == "__main__":
    sys.exit(run(everything))
