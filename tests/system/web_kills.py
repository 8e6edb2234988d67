#!/usr/bin/env python3
"""Node and herd-web are killed again and again under load; whoever watches must end up with what the node has.

usage: web_kills.py PROGRAMS SOURCE [ROUNDS [SEED]]
"""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from web_support import EventSource, Watcher, check, curl, programs, run, wait_for

CLIENTS = 60
NAMES = ["k%d" % number for number in range(CLIENTS)]


class Load(threading.Thread):
    """Reports clients for as long as it is wanted, by lines or by PUT; a server that is away is asked again."""

    def __init__(self, herd, seed, by_lines):
        super().__init__(daemon=True)
        self.herd, self.random, self.by_lines = herd, random.Random(seed), by_lines
        self.answered, self.ended = 0, False
        self.start()

    def place(self):
        return self.random.uniform(-2, 2), self.random.uniform(-2, 2)

    def send_lines(self):
        with socket.create_connection(("127.0.0.1", self.herd.client), 5) as one:
            answers = one.makefile("rb")
            while not self.ended:
                batch = [(self.random.choice(NAMES), *self.place()) for _ in range(16)]
                one.sendall("".join("IAMAT %s %+.5f%+.5f %.6f\n" % (*update, time.time())
                                    for update in batch).encode())
                for _ in batch:
                    if not answers.readline().startswith(b"AT "):
                        return
                    self.answered += 1

    def put(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.herd.web, timeout=5)
        try:
            while not self.ended:
                lat, lon = self.place()
                connection.request("PUT", "/v1/clients/" + self.random.choice(NAMES),
                                   '{"lat":%.5f,"lon":%.5f}' % (lat, lon))
                answer = connection.getresponse()
                answer.read()
                self.answered += answer.status in (200, 201)
        finally:
            connection.close()

    def run(self):
        while not self.ended:
            try:
                self.send_lines() if self.by_lines else self.put()
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)

    def end(self):
        self.ended = True
        self.join(20)


def settings(journal):
    return '    journal = "%s"\n    acknowledge = "%s"\n' % (("yes", "disk") if journal else ("no", "memory"))


def kill(herd, which, chance):
    """kill -9, and a new life: at once, or when the others have noticed."""
    downs = herd.log("web").count(" node-down: ")
    for program in which:
        herd.end(program, signal.SIGKILL)
    if which == ["node"] and chance.random() < 0.5:
        wait_for("herd-web notices", lambda: herd.log("web").count(" node-down: ") > downs)
    if "node" in which:
        herd.write(herd.web_line, settings(chance.random() < 0.5))
    for program in which:
        herd.start(program)


def said_by_node(herd):
    """Of each client that the node knows: its position and time."""
    found = {}
    with socket.create_connection(("127.0.0.1", herd.client), 20) as one:
        answers = one.makefile("rb")
        for name in NAMES + ["kiwi"]:
            one.sendall(b"WHATSAT %s 1 1\n" % name.encode())
            words = answers.readline().decode().split()
            if words[0] != "AT":
                continue
            found[name] = (words[4], words[5])
            while answers.readline() != b"\n":
                pass
    return found


def shown(features):
    return {feature["id"]: (feature["properties"]["position"], feature["properties"]["time"]) for feature in features}


def asked(herd, query):
    status, _, body = curl(herd.url + query)
    return shown(json.loads(body)["features"]) if status == 200 else None


def rounds(herd, count, seed):
    chance = random.Random(seed)
    box, near = "bbox=-1,-1,1,1", "near=0,0,100000"
    watchers = [EventSource(herd, box), EventSource(herd, near), EventSource(herd, "client=k1"),
                EventSource(herd, "client=k2"), EventSource(herd, box, 0.002), EventSource(herd, "bbox=-180,-90,180,90")]
    loads = [Load(herd, seed + 1, True), Load(herd, seed + 2, False)]
    for _ in range(count):
        answered = [load.answered + chance.randrange(1, 200) for load in loads]
        wait_for("updates are answered", lambda: all(load.answered >= wanted for load, wanted in zip(loads, answered)), 60)
        if chance.random() < 0.5:
            # It may well be away: then nothing is forgotten.
            subprocess.run([os.path.join(programs, "herdctl"), "--config", herd.config, "forget", chance.choice(NAMES),
                            "A"], capture_output=True)
        kill(herd, chance.choice((["node"], ["web"], ["node", "web"], ["web", "node"])), chance)
    answered = [load.answered for load in loads]
    wait_for("updates are answered in the end", lambda: all(
        load.answered > before for load, before in zip(loads, answered)), 60)
    for program, process in herd.processes.items():
        check("herd-%s runs" % program, process.poll() is None)
    for load in loads:
        load.end()
    truth = said_by_node(herd)
    check("there are clients", len(truth) > CLIENTS / 2, len(truth))
    wait_for("herd-web has what the node has", lambda: asked(herd, "/v1/clients?limit=1000") == truth, 60)
    boxed = asked(herd, "/v1/clients?limit=1000&bbox=-1,-1,1,1")
    expected = [boxed, asked(herd, "/v1/near?lat=0&lon=0&radius=100000&limit=1000"),
                {"k1": truth["k1"]} if "k1" in truth else {}, {"k2": truth["k2"]} if "k2" in truth else {}, boxed, truth]
    for watcher, wanted in zip(watchers, expected):
        wait_for("a watcher of %s knows that" % watcher.query,
                 lambda: shown(watcher.state.values()) == wanted, 60)
        check("what it was told", shown(watcher.state.values()) == wanted,
              set(shown(watcher.state.values()).items()) ^ set(wanted.items()))
        check("it began anew only where herd-web did", not watcher.wrong, watcher.wrong[:3])
    print("seed %d: %d rounds, %d updates, %d events, %d resets" % (
        seed, count, sum(load.answered for load in loads), sum(watcher.events for watcher in watchers),
        sum(watcher.resets for watcher in watchers)))
    for watcher in watchers:
        watcher.end()


def comes_moves_leaves(herd):
    """As a person sees it, with curl -N: the node is killed between all of it."""
    def put(lat):
        wait_for("PUT", lambda: curl("-X", "PUT", "-d", '{"lat":%s,"lon":70}' % lat, herd.url + "/v1/clients/kiwi")[0]
                 in (200, 201))

    def restart():
        stale = sum(event == "stale" for event, _ in watcher.events())
        herd.end("node", signal.SIGKILL)
        wait_for("it is stale", lambda: sum(event == "stale" for event, _ in watcher.events()) > stale)
        herd.start("node")
        wait_for("it is up to date", lambda: watcher.events()[-1][0] == "up-to-date")

    watcher = Watcher(herd, "near=-40,70,20000")
    up = ("up-to-date", None)
    wait_for("nobody is there", lambda: watcher.names() == [up])
    put(-40)
    wait_for("a client comes", lambda: watcher.names()[-1] == ("position", "kiwi"))
    restart()
    put(-40.1)
    wait_for("it moves", lambda: watcher.names()[-1] == ("position", "kiwi"))
    restart()
    put(0)
    wait_for("it leaves", lambda: watcher.names()[-1] == ("leave", "kiwi"))
    restart()
    check("and that is all", watcher.names() == [up, ("position", "kiwi"), up, ("position", "kiwi"), up,
                                                 ("leave", "kiwi"), up], watcher.names())
    watcher.end()


def everything(herd):
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 30)
    herd.web_line = '        web = "%s"\n' % herd.url
    herd.write(herd.web_line, settings(True))
    if herd.serve("node", "web", "frontend"):
        comes_moves_leaves(herd)
        rounds(herd, count, seed)


sys.exit(run(everything))
