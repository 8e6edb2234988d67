#!/usr/bin/env python3
"""What herd-web bears from outside: readers that stall, requests that never end, crowds, keys that go, a process that is
killed beside its twin.

usage: web_limits.py PROGRAMS SOURCE [CLOCK [many]]; CLOCK: the library of tests/support/fake_clock.c, if it can be
preloaded: then the programs have no sanitizer, too. many: 10,000 streams, and what they take.
"""
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from web_support import EventSource, check, curl, gauge, health, programs, run, send_raw, statuses, wait_for

clock = sys.argv[3] if len(sys.argv) > 3 else ""
GET = b"GET /v1/clients/kiwi HTTP/1.1\r\nHost: localhost\r\n\r\n"
PUT = b"PUT /v1/clients/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"


def connect(herd, source="127.0.0.1"):
    one = socket.create_connection(("127.0.0.1", herd.web), 20, (source, 0))
    one.settimeout(20)
    return one


def ask(one, request=GET):
    """Status of the answer to a request on a connection; None if there is none."""
    try:
        one.sendall(request)
        answer = one.recv(65536)
    except OSError:
        return None
    return statuses(answer)[0] if statuses(answer) else None


def is_closed(one):
    """Whether the server has ended it, and what it said before."""
    said = b""
    try:
        while select.select([one], [], [], 0)[0]:
            part = one.recv(65536)
            if not part:
                return True, said
            said += part
    except ConnectionResetError:
        return True, said
    return False, said


def put_many(herd, updates):
    """All of them by one connection."""
    bodies = [(name, b'{"lat":%.5f,"lon":%.5f}' % place) for name, place in updates]
    answer = send_raw(herd.web, b"".join(PUT % (name, len(body), body) for name, body in bodies))
    check("they are put", len(statuses(answer)) == len(updates) and set(statuses(answer)) <= {200, 201},
          len(statuses(answer)))


class Clock:
    """The steady clock of a program that was started with its environment."""

    def __init__(self, herd):
        self.path, self.ahead_s = os.path.join(herd.folder, "clock"), 0
        self.environment = {"LD_PRELOAD": clock, "HERD_FAKE_CLOCK": self.path}
        with open(self.path, "wb") as file:
            file.write(struct.pack("=qq", 0, 0))

    def pass_by(self, seconds):
        self.ahead_s += seconds
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=qq", 0, self.ahead_s * 10**9))


def start(herd, settings="", environment=None, programs_=("node", "web")):
    herd.write('        web = "%s"\n' % herd.url, settings)
    return herd.serve(*programs_, environment=environment) and wait_for(
        "its copy is whole", lambda: gauge(herd, "herd_web_copy_current") == 1)


def stop(herd):
    for program in list(herd.processes):
        check("herd-%s ends well" % program, herd.end(program) == 0)


def late_requests(herd):
    """Those that do not come whole in time, by a clock that does not wait."""
    if not clock:
        print("skipped: no clock that can be set")
        return
    steady = Clock(herd)
    if not start(herd, '    idle_timeout = "300"\n', steady.environment):
        return
    put_many(herd, [(b"kiwi", (1, 2))])
    halves = {"half a line": b"GET /v1/cli", "half a head": GET[:-2], "no body": (PUT % (b"kiwi", 40, b"")),
              "half a body": (PUT % (b"kiwi", 40, b'{"lat":')), "half a chunk": GET[:-2].replace(b"GET", b"PUT") +
              b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"}
    late = {what: connect(herd) for what in halves}
    for what, one in late.items():
        one.sendall(halves[what])
    trickle, idle, silent, behind, stream = (connect(herd) for _ in range(5))
    check("idle between requests", ask(idle) == 200)
    trickle.sendall(b"GET /")
    behind.sendall(GET + GET[:9])
    wait_for("the first of two is answered", lambda: statuses(behind.recv(65536)) == [200])
    stream.sendall(b"GET /v1/watch?client=kiwi HTTP/1.1\r\nHost: localhost\r\n\r\n")
    said = b""
    while b"up-to-date" not in said and (part := stream.recv(65536)):
        said += part
    check("a stream", b"event: position" in said and b"up-to-date" in said, said)
    connections = len(late) + 5
    wait_for("all are there", lambda: gauge(herd, "herd_web_connections") == connections + 1)
    steady.pass_by(5)
    trickle.sendall(b"v1")
    check("none is late", not any(is_closed(one)[0] for one in (*late.values(), trickle, idle, silent, behind)))
    steady.pass_by(20)
    for what, one in (*late.items(), ("a trickle", trickle), ("behind another one", behind)):
        wait_for("%s is late" % what, lambda: b" 408 " in one.recv(65536, socket.MSG_PEEK))
        said = one.recv(65536)
        check("408 to " + what, statuses(said) == [408] and b"Connection: close" in said and b"problem+json" in said, said)
        one.shutdown(socket.SHUT_WR)
        wait_for("it ends", lambda: is_closed(one)[0])
    check("who is idle is not late", ask(idle) == 200 and not is_closed(silent)[0])
    wait_for("the others have gone", lambda: gauge(herd, "herd_web_connections") == 3 + 1)
    steady.pass_by(60)
    wait_for("the loop has turned", lambda: gauge(herd, "herd_web_node_up") == 1)
    check("who is idle is kept for idle_timeout", ask(idle) == 200 and not is_closed(idle)[0])
    steady.pass_by(250)
    wait_for("who never said a word is disconnected", lambda: is_closed(silent)[0])
    check("who did may go on", ask(idle) == 200)
    steady.pass_by(301)
    wait_for("until it is idle too", lambda: is_closed(idle)[0])
    wait_for("that is logged", lambda: herd.log("web").count("idle_timeout has passed") == 2)
    closed, said = is_closed(stream)
    check("a stream is never idle", not closed, said)
    check("that is counted", gauge(herd, "herd_web_connections_given_up_total") >= 2)
    answer = send_raw(herd.web, GET)
    check("all goes on", statuses(answer) == [200], answer)
    for one in (trickle, idle, silent, behind, stream, *late.values()):
        one.close()
    stop(herd)


def crowds(herd):
    """More connections than there may be: of all, and of one address."""
    if not start(herd, '    max_connections = "20"\n    max_connections_per_address = "6"\n'):
        return
    put_many(herd, [(b"kiwi", (1, 2))])
    inside = [connect(herd, "127.0.0.2") for _ in range(6)]
    check("six of an address", [ask(one) for one in inside] == [200] * 6)
    outside = [connect(herd, "127.0.0.2") for _ in range(4)]
    check("no more", [ask(one) for one in outside] == [None] * 4, herd.log("web")[-300:])
    wait_for("that is logged", lambda: "max_connections_per_address" in herd.log("web"))
    check("others come in", statuses(send_raw(herd.web, GET)) == [200])
    check("it is counted", gauge(herd, "herd_web_connections_refused_total") == 4)
    end = time.monotonic() + 60
    while len(inside) < 20 and time.monotonic() < end: # a place of one that left may still be taken
        one = connect(herd, "127.0.0.%d" % (3 + len(inside) // 6))
        if ask(one) == 200:
            inside.append(one)
    newcomer = connect(herd, "127.0.0.9")
    inside.append(newcomer)
    check("no 21st: it is turned away, or takes the place of one that was idle for long",
          sorted(str(ask(one)) for one in inside[::-1]) == ["200"] * 20 + ["None"])
    for one in inside:
        one.close()
    wait_for("there is room again", lambda: statuses(send_raw(herd.web, GET)) == [200])
    for one in outside:
        one.close()
    stop(herd)


def memory_kib(herd, program="web"):
    with open("/proc/%d/status" % herd.processes[program].pid) as file:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.M)[1])


def unread_in_kernel(port):
    """Of each connection to a port of this machine: bytes that the server wrote and the client has not taken."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return [int(row[4].split(":")[0], 16) for row in rows if row[1] == "0100007F:%04X" % port and row[3] == "01"]


def stalled_readers(herd, count):
    """They ask to be told of all that moves, and never read: no memory, and no one waits for them."""
    if not start(herd):
        return
    names = [b"s%d" % number for number in range(100)]
    put_many(herd, [(name, (10, 20)) for name in names])
    watch = b"GET /v1/watch?bbox=19,9,22,12 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wait_for("they are copied", lambda: curl(herd.url + "/v1/clients?bbox=19,9,22,12")[2].count(b'"Feature"') == 100)
    stalled = []
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.settimeout(20)
        one.connect(("127.0.0.1", herd.web))
        one.sendall(watch)
        stalled.append(one)
    wait_for("they all watch", lambda: gauge(herd, "herd_web_streams") == count, 60)
    reader = EventSource(herd, "bbox=19,9,22,12")
    before, took = None, []
    for turn in range(12):
        put_many(herd, [(name, (10 + turn / 100 + i / 100000, 20.5)) for i, name in enumerate(names * 10)])
        begun = time.monotonic()
        check("others are answered", curl(herd.url + "/v1/near?lat=10&lon=20&limit=3&radius=200000")[0] == 200)
        took.append(time.monotonic() - begun)
        # By then each has what it takes: its set, the events that it does not read.
        before = memory_kib(herd) if turn == 3 else before
    grown = memory_kib(herd) - before
    unread = sorted(unread_in_kernel(herd.web))
    check("little of theirs waits in the kernel", len(unread) >= count and unread[count // 2] > 0 and unread[-1] <= 32768,
          (len(unread), unread[-3:]))
    last = {name.decode(): 10 + 11 / 100 + i / 100000 for i, name in enumerate(names * 10)}
    wait_for("who reads knows all", lambda: {name: round(one["geometry"]["coordinates"][1], 5) for name, one in
                                             reader.state.items()} == {name: round(lat, 5) for name, lat in last.items()}, 60)
    check("no stalled one was ended", gauge(herd, "herd_web_streams") == count + 1)
    print("%d stalled watchers: %d KiB at first, %d KiB more after 8,000 updates, %d bytes each in the kernel; a question "
          "took %.1f ms at most" % (count, before, grown, sum(unread) / len(unread), 1000 * max(took)))
    if clock:
        check("they take no more memory", grown < 8192, grown)
        check("and little at all", before < 150000, before)
    # One of them reads at last: it hears of each client where it is now, not of all that was.
    one = stalled[0]
    said, names_told = b"", set()
    while len(names_told) < 100 and (part := one.recv(65536)):
        said += part
        names_told = {match[1] for match in re.finditer(rb'"id":"(s\d+)".*?"coordinates":\[20.5,10\.11', said)}
    check("who reads at last hears where all are now", len(names_told) == 100, len(names_told))
    check("and little of what was", said.count(b"event: position") < 400, said.count(b"event: position"))
    reader.end()
    for one in stalled:
        one.close()
    wait_for("they have gone", lambda: gauge(herd, "herd_web_streams") == 0)
    stop(herd)


def hears_a_word(stream):
    """Whether a comment comes, behind whatever is there."""
    said = b""
    stream.settimeout(60)
    while not said.endswith(b":\n\n"):
        part = stream.recv(65536)
        if not part:
            return False
        said = (said + part)[-16:]
    return True


def idle_streams(herd, count):
    """As many as that, which nothing happens to."""
    if not start(herd, '    max_connections = "20000"\n    max_connections_per_address = "0"\n'):
        return
    empty = memory_kib(herd)
    streams = []
    for number in range(count):
        streams.append(connect(herd))
        streams[-1].sendall(b"GET /v1/watch?bbox=%d,1,%d,2 HTTP/1.1\r\nHost: localhost\r\n\r\n" % (
            number % 170, number % 170 + 1))
        if number > 100:
            streams[-100].recv(1)
    wait_for("they all watch", lambda: gauge(herd, "herd_web_streams") == count, 120)
    each = (memory_kib(herd) - empty) * 1024 / count
    print("%d idle streams: %d bytes each" % (count, each))
    if clock:
        check("an idle stream takes little", each < 1024, each)
    check("each hears a word now and then", all(hears_a_word(stream) for stream in streams))
    body = b'{"lat":-40,"lon":1}'
    one = connect(herd)
    check("PUT beside them", all(ask(one, PUT % (b"kiwi", len(body), body)) in (200, 201) for _ in range(100)))
    for stream in streams:
        stream.close()
    stop(herd)


def keys(herd):
    """A member's herd-web in a herd with keys: its key is missed, revoked, and back."""
    settings = '    keys = "keys"\n'
    herd.write('        web = "%s"\n' % herd.url, settings)
    herdctl = [os.path.join(programs, "herdctl"), "--config", herd.config]
    for arguments in (["keygen", "A"], ["keygen", "--role", "operator", "anna"]):
        check("keygen", subprocess.run(herdctl + arguments, capture_output=True).returncode == 0)
    folder = os.path.join(herd.folder, "keys", "front-end")
    secret, public = os.path.join(folder, "A.cert_secret"), os.path.join(folder, "A.cert")
    os.rename(secret, secret + ".gone")
    said = subprocess.run([os.path.join(programs, "herd-web"), "--config", herd.config, "A"], capture_output=True, text=True)
    check("it does not start without its key", said.returncode == 1 and "A.cert_secret is missing" in said.stderr, said)
    os.rename(secret + ".gone", secret)
    if not start(herd, settings):
        return
    put_many(herd, [(b"kiwi", (1, 2))])
    check("health", "no herd-web" not in health(herd), health(herd))
    watcher = EventSource(herd, "client=kiwi")
    wait_for("its watcher is told", lambda: "kiwi" in watcher.state)
    os.rename(public, public + ".gone")
    herd.processes["node"].send_signal(signal.SIGHUP)
    wait_for("its key is refused", lambda: re.search(r" node-(away|refused|down|unanswered|silent)[^\n]*", herd.log("web"))
             and curl("-X", "PUT", "-d", '{"lat":1,"lon":3}', herd.url + "/v1/clients/kiwi")[0] == 503)
    wait_for("its log says why", lambda: "it refuses our key" in herd.log("web"))
    wait_for("so does the node's", lambda: "key-refused" in herd.log("node"))
    wait_for("health tells it", lambda: "A has no herd-web" in health(herd))
    status, fields, body = curl(herd.url + "/v1/clients/kiwi")
    check("reads go on", status == 200 and "age" in fields, (status, fields))
    os.rename(public + ".gone", public)
    herd.processes["node"].send_signal(signal.SIGHUP)
    wait_for("it is back", lambda: curl("-X", "PUT", "-d", '{"lat":1,"lon":4}', herd.url + "/v1/clients/kiwi")[0] == 200, 40)
    wait_for("its watcher goes on", lambda: watcher.state["kiwi"]["geometry"]["coordinates"] == [4, 1])
    check("without a reset", watcher.resets == 0 and not watcher.wrong, watcher.wrong)
    wait_for("health is well of it", lambda: "no herd-web" not in health(herd))
    watcher.end()
    stop(herd)
    shutil.rmtree(os.path.join(herd.folder, "keys"))


def twins(herd):
    """Two processes of one member at one address; one of them is killed."""
    if not start(herd):
        return
    first = herd.processes.pop("web")
    herd.serve("web")
    put_many(herd, [(b"kiwi", (1, 2)), (b"emu", (1, 2))])
    watchers = [EventSource(herd, "bbox=1,0,3,2") for _ in range(16)]
    for watcher in watchers:
        wait_for("a watcher is told", lambda: sorted(watcher.state) == ["emu", "kiwi"])
    first.kill()
    first.wait(20)
    put_many(herd, [(b"kiwi", (1, 2.5)), (b"emu", (9, 9))])
    for watcher in watchers:
        wait_for("a watcher goes on", lambda: {name: one["geometry"]["coordinates"] for name, one in
                                               watcher.state.items()} == {"kiwi": [2.5, 1]})
        check("it began anew only at another process", not watcher.wrong, watcher.wrong)
    resets = sum(watcher.resets for watcher in watchers)
    check("not all were at the one that was killed, nor all at the other", 0 < resets < 16, resets)
    for watcher in watchers:
        watcher.end()
    stop(herd)


def everything(herd):
    many = sys.argv[4:] == ["many"]
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    streams = min(10000 if many else 1000, files - 500)
    if many:
        idle_streams(herd, streams)
    else:
        late_requests(herd)
        crowds(herd)
        stalled_readers(herd, streams)
        keys(herd)
        twins(herd)


sys.exit(run(everything))
