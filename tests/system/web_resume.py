#!/usr/bin/env python3
"""Watchers of herd-web that were cut off and are not known any more, clients that depart meanwhile, and nodes that
start anew: who comes back hears what it missed, once, and `reset` only where no one knows any more what it missed.

usage: web_resume.py PROGRAMS SOURCE
"""
import os
import signal
import subprocess
import sys
import time

from web_support import Watcher, begin_many, check, curl, gauge, programs, run, wait_for

UP = ("up-to-date", None)


def put(herd, name, lat, lon, at=None):
    body = '{"lat":%s,"lon":%s%s}' % (lat, lon, ',"time":%d' % at if at else "")
    check("PUT " + name, curl("-X", "PUT", "-d", body, herd.url + "/v1/clients/" + name)[0] in (200, 201))


def herdctl(herd, *arguments):
    done = subprocess.run([os.path.join(programs, "herdctl"), "--config", herd.config, *arguments], capture_output=True)
    check("herdctl %s" % (arguments,), done.returncode == 0, done.stderr)


def forget(herd, name):
    herdctl(herd, "forget", name, "A")


def expire(after_s):
    return '    expire_after = "%d"\n    expire_grace = "1"\n' % after_s


def copied(herd, name):
    wait_for(name + " is copied", lambda: b'"' + name.encode() + b'"' in
             curl(herd.url + "/v1/clients?limit=1000")[2])


def gone(herd, name):
    wait_for(name + " has gone", lambda: b'"' + name.encode() + b'"' not in
             curl(herd.url + "/v1/clients?limit=1000")[2])


def begin(herd, query, state):
    """A watcher that has heard the state, and is cut off; the ID of its last event."""
    watcher = Watcher(herd, query)
    wait_for("the state of " + query, lambda: UP in watcher.names())
    check("the state of " + query, sorted(watcher.names()[:-1]) == sorted(("position", name) for name in state),
          watcher.names())
    watcher.end()
    return watcher.last_id


def drop_sets(herd):
    """As many other watchers are cut off as are kept: who was cut off before is not known any more."""
    watch = b"GET /v1/watch?client=nobody HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wait_for("all have gone", lambda: gauge(herd, "herd_web_streams") == 0)
    for _ in range(8):
        for one in begin_many(herd.web, watch, 128):
            one.close()
        wait_for("they have gone", lambda: gauge(herd, "herd_web_streams") == 0)
    check("no more are kept", gauge(herd, "herd_web_streams_kept") == 1024)


def hears(herd, what, query, last_id, expected):
    """Comes back, and hears that, each once, in any order, and then that it is up to date."""
    back = Watcher(herd, query, last_id)
    wait_for(what + ": it comes back", lambda: UP in back.names())
    check(what, sorted(back.names()) == sorted(expected + [UP]) and back.names()[-1] == UP, back.names())
    back.end()
    return back.last_id


def unknown_watchers(herd):
    """Their sets are gone, the herd-web that told them is not."""
    box, circle, one, other = "bbox=9,49,11,51", "near=50,10,50000", "client=a1", "client=a2"
    for name, lat in (("a1", 50), ("a2", 50.1), ("a3", 50.2), ("a4", 50.3), ("far", 0)):
        put(herd, name, lat, 10)
    copied(herd, "far")
    ids = {query: begin(herd, query, state) for query, state in (
        (box, ("a1", "a2", "a3", "a4")), (circle, ("a1", "a2", "a3", "a4")), (one, ("a1",)), (other, ("a2",)))}
    full = begin(herd, box + "&limit=4", ("a1", "a2", "a3", "a4"))
    drop_sets(herd)
    hears(herd, "nothing changed", box, ids[box], [])
    put(herd, "a1", 50, 10.1)
    put(herd, "a1", 50, 10.2)
    put(herd, "a2", 0, 0)
    put(herd, "a5", 50, 10)
    put(herd, "far", 0, 0.1)
    forget(herd, "a4")
    gone(herd, "a4")
    copied(herd, "a5")
    drop_sets(herd)
    for query in (box, circle):
        # Of those that changed elsewhere no one knows whether it was told of them.
        ids[query] = hears(herd, query, query, ids[query], [("position", "a1"), ("position", "a5"), ("leave", "a2"),
                                                            ("leave", "a4"), ("leave", "far")])
    hears(herd, "one that moved", one, ids[one], [("position", "a1")])
    ids[other] = hears(herd, "one that is elsewhere", other, ids[other], [("position", "a2")])
    drop_sets(herd)
    for query in (box, circle, other):
        hears(herd, "nothing more", query, ids[query], [])
    # IDs that say something else than this view, or nothing.
    state = [("reset", None)] + [("position", name) for name in ("a1", "a3", "a5")]
    hears(herd, "another view's", "bbox=9,49,11,51.5", ids[box], state)
    hears(herd, "another limit's", box + "&limit=5", ids[box], state)
    hears(herd, "one from the future", box, ids[box].split("-")[0] + "-99999999", state)
    hears(herd, "a broken one", box, ids[box][:-1] + "x", state)
    hears(herd, "no index", box, ids[box].split("-")[0] + "-0", state)
    hears(herd, "a full view that has room again", box + "&limit=4", full,
          [("position", "a1"), ("position", "a5"), ("leave", "a2"), ("leave", "a4"), ("leave", "far")])


def full_views(herd):
    """A view that holds fewer than there are says so; the others come when there is room."""
    for name in ("f1", "f2", "f3"):
        put(herd, name, -50, 100)
    copied(herd, "f3")
    box = "bbox=99,-51,101,-49&limit=2"
    watcher = Watcher(herd, box)
    wait_for("a full view", lambda: UP in watcher.names())
    told = {name for event, name in watcher.names() if event == "position"}
    check("two of three", len(told) == 2 and dict(watcher.events())["up-to-date"] == {
        "clients": 2, "truncated": True}, watcher.events())
    left_out = ({"f1", "f2", "f3"} - told).pop()
    partial = watcher.last_id
    forget(herd, sorted(told)[0])
    wait_for("the third comes when there is room", lambda: ("position", left_out) in watcher.names() and
             watcher.events()[-1] == ("up-to-date", {"clients": 2, "truncated": False}))
    watcher.end()
    drop_sets(herd)
    hears(herd, "one that did not know of all", box, partial,
          [("reset", None), ("position", left_out), ("position", sorted(told)[1])])
    hears(herd, "one that knew of all", box, watcher.last_id, [])


def departed(herd):
    """Clients that expire while no one watches, and come back under another number."""
    box = "bbox=29,29,31,31"
    for name in ("e1", "e2", "e3"):
        put(herd, name, 30, 30, int(time.time()) - (0 if name == "e3" else 50000))
    copied(herd, "e3")
    last_id = begin(herd, box, ("e1", "e2", "e3"))
    drop_sets(herd)
    herd.write('        web = "%s"\n' % herd.url, expire(40000))
    herdctl(herd, "reload", "A")
    gone(herd, "e1")
    gone(herd, "e2")
    put(herd, "e2", 30.5, 30)
    copied(herd, "e2")
    back = Watcher(herd, box, last_id)
    # The copy serves no client that has expired, and tells that it has gone with its next look.
    wait_for("who watched before they expired", lambda: UP in back.names() and ("leave", "e1") in back.names())
    events = [one for one in back.names() if one[1] in ("e1", "e2")]
    check("e1 has left, e2 is there", ("position", "e3") not in back.names() and ("reset", None) not in back.names() and
          [event for event, name in events if name == "e2"][-1] == "position", back.names())
    back.end()


def node_restarts(herd):
    """A node that comes back without what it knew, or with another client in its place."""
    box = "bbox=59,-1,61,1"
    for name in ("r1", "r2", "r3"):
        put(herd, name, 0, 60)
    copied(herd, "r3")
    watcher = Watcher(herd, box)
    wait_for("the state", lambda: UP in watcher.names())
    cut = begin(herd, box, ("r1", "r2", "r3"))
    herd.end("node", signal.SIGKILL)
    wait_for("it is stale", lambda: any(event == "stale" for event, _ in watcher.events()))
    count = len(watcher.events())
    herd.serve("node")
    wait_for("what it has not is gone", lambda: len(watcher.events()) > count and watcher.events()[-1][0] == "up-to-date")
    # It was not up to date before that was told.
    check("each left once", sorted(watcher.names()[4:-1]) == [("leave", "r1"), ("leave", "r2"), ("leave", "r3")],
          watcher.names())
    put(herd, "r2", 0, 60.5)
    wait_for("r2 comes", lambda: watcher.names()[-1] == ("position", "r2"))
    back = Watcher(herd, box, cut)
    wait_for("who was cut off meanwhile", lambda: UP in back.names())
    names = back.names()
    check("it hears of all", ("reset", None) not in names and ("leave", "r1") in names and ("leave", "r3") in names and
          [event for event, name in names if name == "r2"][-1] == "position", names)
    back.end()
    watcher.end()


def everything(herd):
    for scene, settings in ((unknown_watchers, ""), (full_views, ""), (node_restarts, ""), (departed, expire(80000))):
        herd.write('        web = "%s"\n' % herd.url, settings)
        if herd.serve("node", "web"):
            scene(herd)
        herd.end("web")
        herd.end("node")


sys.exit(run(everything))
