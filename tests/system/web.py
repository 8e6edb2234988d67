#!/usr/bin/env python3
"""herd-web from outside: real programs, curl, and bytes that no client should send.

usage: web.py PROGRAMS SOURCE [watchers]
"""
import gzip
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys

from web_support import (Herd, Watcher, begin_many, check, curl, gauge, health, ports, programs, run, send_raw, source,
                         statuses, wait_for)

long_one = sys.argv[3:] == ["watchers"]


def positions(herd):
    url = herd.url + "/v1/clients/"
    wait_for("the copy is whole", lambda: gauge(herd, "herd_web_copy_current") == 1)
    check("then it is asked", curl(herd.url + "/v1/near?lat=0&lon=0")[0] == 200)
    status, _, body = curl("-X", "PUT", "-d", '{"lat":1,"lon":2}', url + "first")
    check("the first client is new", status == 201, body)
    status, fields, body = curl("-X", "PUT", "-d", '{"lat":34.06893,"lon":-118.445127,'
                                '"time":1621464827.959498503,"altitude":12.5}', url + "kiwi")
    feature = json.loads(body)
    check("PUT", status in (200, 201) and fields["content-type"] == "application/geo+json", status)
    check("its Feature", feature["geometry"] == {"type": "Point", "coordinates":
          [-118.445127, 34.06893, 12.5]} and feature["properties"]["time"] ==
          "1621464827.959498503" and feature["properties"]["member"] == "A", feature)
    check("GET", curl(url + "kiwi")[2] == body)
    check("HEAD", curl("-I", url + "kiwi")[1]["content-length"] == str(len(body)))
    with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
        one.sendall(b"HEAD /v1/clients/kiwi HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        check("HEAD has no content", b"".join(iter(lambda: one.recv(4096), b"")).endswith(b"\r\n\r\n"))
    check("an older PUT changes nothing", curl("-X", "PUT", "-d", '{"lat":1,"lon":2,"time":7}',
          url + "kiwi")[0] == 200 and curl(url + "kiwi")[2] == body)
    check("a Feature comes back as it was", curl("-X", "PUT", "-H", "Content-Type: application/geo+json",
          "--data-binary", body.decode(), url + "kiwi")[0] == 200 and
          json.loads(curl(url + "kiwi")[2])["properties"]["position"] == feature["properties"]["position"])
    for name, segment in ((b"a/b", "a%2Fb"), ("ü€".encode(), "%C3%BC%E2%82%AC"),
                          (b"\xff\x00\"\\", "%ff%00%22%5C"), (b"..", "%2E%2E"), (b"x" * 60000, "x" * 60000),
                          (b"\xfe" * 65000, "%fe" * 65000)):
        put = b"PUT /v1/clients/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n" % segment.encode()
        check("ID %s" % segment[:20], statuses(send_raw(herd.web, put + b'{"lat":1,"lon":2}')) == [201])
        with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
            one.sendall(b"GET /v1/clients/" + segment.encode() +
                        b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: one.recv(65536), b""))
            said = json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
        meant = re.sub(rb"\\x(..)", lambda match: bytes([int(match[1], 16)]), said.encode())
        check("... comes back", meant == name, said[:80])
    for segment in ("%20", "a%0Ab", "a%09", "%", "%4", "%zz"):
        check("ID %s" % segment, curl(url + segment)[0] == 400)
    check("no ID", curl(url)[0] == 404)
    check("unknown", curl(url + "nobody")[0] == 404)
    status, fields, body = curl("-X", "PUT", "-d", '{"lat":91,"lon":2}', url + "kiwi")
    check("a bad body", status == 400 and fields["content-type"] == "application/problem+json" and
          json.loads(body)["status"] == 400 and "latitude" in json.loads(body)["detail"], body)
    check("packed JSON", curl("-X", "PUT", "-H", "Content-Encoding: gzip", "-d", '{"lat":1,"lon":2}',
          url + "kiwi")[0] == 415)
    check("no JSON", curl("-X", "PUT", "-H", "Content-Type: text/plain", "-d", '{"lat":1,"lon":2}',
          url + "kiwi")[0] == 415)
    check("chunks", curl("-X", "PUT", "-H", "Transfer-Encoding: chunked", "-d", '{"lat":3,"lon":4}',
          url + "chunks")[0] in (200, 201))
    padded = '{"lat":3,"lon":4,"x":"%s"}' % ("y" * 900000)
    with open(os.path.join(herd.folder, "body"), "w") as file:
        file.write(padded)
    check("a long body", curl("-X", "PUT", "-H", "Expect: 100-continue", "-d",
          "@" + os.path.join(herd.folder, "body"), url + "long")[0] in (200, 201))
    with open(os.path.join(herd.folder, "body"), "a") as file:
        file.write(" " * 200000)
    check("too long a body", curl("-X", "PUT", "-d", "@" + os.path.join(herd.folder, "body"),
          url + "long")[0] == 413)


def methods(herd):
    status, fields, _ = curl("-X", "DELETE", herd.url + "/v1/clients/kiwi")
    check("405", status == 405 and "PUT" in fields["allow"].upper(), fields)
    status, fields, _ = curl("-X", "OPTIONS", herd.url + "/v1/clients/kiwi")
    check("OPTIONS", status == 204 and "get" in fields["allow"], fields)
    check("404", curl(herd.url + "/v1/nothing")[0] == 404)
    check("501", curl("-X", "BREW", herd.url + "/")[0] == 501)
    check("metrics", b'herd_web_requests_total{path="/v1/clients/{id}",status="200"}' in
          curl(herd.url + "/metrics")[2])
    status, fields, body = curl("-H", "Accept-Encoding: gzip", herd.url + "/metrics")
    check("gzip", fields.get("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b", fields)
    check("IPv6", curl("-g", "http://[::1]:%d/" % herd.web)[0] == 200)


def page(herd):
    """What a browser gets at /, and asks for then."""
    html = ("-H", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    status, fields, body = curl(*html, herd.url + "/")
    check("the page", status == 200 and fields["content-type"].startswith("text/html") and b"<canvas" in body)
    policy = fields["content-security-policy"]
    check("its policy", "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy, policy)
    check("no tiles", json.loads(curl(herd.url + "/v1/tiles")[2]) == {"tiles": None})
    check("no script in it", not re.search(rb"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", body))
    names = {"basemap.bin"}
    wanted = set(re.findall(r'(?:src|href)="([^"]+)"', body.decode()))
    while wanted - names:
        name = (wanted - names).pop()
        names.add(name)
        status, fields, body = curl(herd.url + "/" + name)
        check(name, status == 200 and len(body) == int(fields["content-length"]), status)
        with open(os.path.join(source, "frontend/web/page", name), "rb") as file:
            check(name, file.read() == body)
        wanted |= set(re.findall(r"from '\./([^']+)'", body.decode()))
    check("all modules", {"app.js", "view.js", "words.js"} <= names, names)
    status, fields, body = curl(herd.url + "/basemap.bin")
    tag = fields["etag"]
    status, fields, _ = curl("-H", "If-None-Match: \"x\", " + tag.replace("w/", "W/"), herd.url + "/basemap.bin")
    check("304 says on what it depends", "accept-encoding" in fields.get("vary", ""), fields)
    check("tags are compared weakly", curl("-H", "If-None-Match: " + tag.removeprefix("w/"), herd.url +
          "/basemap.bin")[0] == 304)
    check("304", status == 304 and "content-length" not in fields and fields["etag"] == tag, fields)
    status, _, packed = curl("-H", "Accept-Encoding: gzip", "-H", "If-None-Match: W/\"x\"", herd.url + "/basemap.bin")
    check("the packed one", status == 200 and gzip.decompress(packed) == body)
    check("JSON for programs", "member" in json.loads(curl(herd.url + "/")[2]))
    for path in ("/app.js/", "/page.c", "/v1/app.js", "//app.js", "/package.json", "/%61pp.jsx"):
        check("404 " + path, curl(*html, herd.url + path)[0] == 404)
    check("405 of a file", curl("-X", "PUT", "-d", "{}", herd.url + "/app.js")[0] == 405)


def strangers(herd):
    """What pages of other sites, and other programs, send."""
    url = herd.url + "/v1/clients/kiwi"
    check("Host", curl("-H", "Host: evil.example", url)[0] == 421)
    check("Origin", curl("-H", "Origin: http://evil.example", url)[0] == 403)
    check("write from there", curl("-X", "PUT", "-H", "Origin: null", "-d", '{"lat":1,"lon":2}', url)[0] == 403)
    status, fields, _ = curl("-X", "OPTIONS", "-H", "Origin: http://evil.example", "-H",
                             "Access-Control-Request-Method: PUT", url)
    check("preflight", status == 403 and not any(name.startswith("access-control") for name in fields))
    check("Sec-Fetch-Site", curl("-H", "Sec-Fetch-Site: cross-site", url)[0] == 403)
    check("own page", curl("-H", "Origin: " + herd.url, url)[0] == 200)
    head = b"PUT /v1/clients/evil HTTP/1.1\r\nHost: localhost\r\n"
    body = b'{"lat":1,"lon":2}'
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    bad = {
        "both lengths": head + b"Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": head + b"Content-Length: 17\r\nContent-Length: 18\r\n\r\n" + body,
        "the same length twice": head + b"Content-Length: 17\r\nContent-Length: 17\r\n\r\n" + body,
        "a signed length": head + b"Content-Length: +17\r\n\r\n" + body,
        "space before the colon": head + b"Content-Length : 17\r\n\r\n" + body,
        "a folded line": head + b"X: a\r\n b\r\nContent-Length: 17\r\n\r\n" + body,
        "bare LF": head.replace(b"\r\n", b"\n") + b"\n",
        "bare CR": head + b"X: a\rb\r\n\r\n",
        "NUL": head + b"X: \0\r\n\r\n",
        "two Hosts": head + b"Host: localhost\r\n\r\n",
        "no Host": b"GET / HTTP/1.1\r\n\r\n",
        "bad chunk": head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "a line of the herd's own": b"IAMAT evil +34-118 1621464827\n",
    }
    for what, data in bad.items():
        answer = send_raw(herd.web, data + smuggled)
        check(what, statuses(answer) == [400] and b"Connection: close" in answer, answer[:200])
    check("505", statuses(send_raw(herd.web, b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n")) == [505])
    check("414", statuses(send_raw(herd.web, b"GET /" + b"a" * 200000)) == [414])
    check("431", statuses(send_raw(herd.web, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100)) == [431])
    check("413", statuses(send_raw(herd.web, head + b"Content-Length: 9999999\r\n\r\n")) == [413])
    check("417", statuses(send_raw(herd.web, head + b"Expect: a-lot\r\n\r\n")) == [417])
    check("nothing of that was taken", curl(herd.url + "/v1/clients/evil")[0] == 404)


def pipelines(herd):
    """Answers come in their order, however the requests do."""
    put = b'PUT /v1/clients/p%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s'
    body = b'{"lat":1,"lon":2}'
    requests = b""
    for i in range(500):
        requests += put % (i, len(body), body) if i % 3 else b"GET /x%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i
    answer = send_raw(herd.web, requests)
    found = statuses(answer)
    check("500 answers", len(found) == 500, len(found))
    check("in order", all((status == 404) == (i % 3 == 0) for i, status in enumerate(found)))
    names = [int(name) for name in re.findall(rb'"id":"p(\d+)"', answer)]
    check("each its own", names == [i for i in range(500) if i % 3], names[:9])
    last = (put % (1, len(body), body)).replace(b"Host", b"Connection: close\r\nHost")
    found = statuses(send_raw(herd.web, put % (2, len(body), body) + last + put % (3, len(body), body)))
    check("no request is taken behind the last one", found == [200] * 2, found)
    with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
        for byte in put % (1, len(body), body):
            one.sendall(bytes([byte]))
        one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: one.recv(65536), b""))
        check("byte by byte", statuses(answer) == [200, 200] or statuses(answer) == [201, 200], answer)


def nearness(herd):
    """Who is near, who is in a box, across 180 degrees too."""
    url = herd.url + "/v1/clients/"
    for name, lat, lon in (("n1", 50, 10), ("n2", 50.001, 10), ("n3", 50.1, 10), ("d1", 0, 179.999),
                           ("d2", 0, -179.999)):
        curl("-X", "PUT", "-d", '{"lat":%s,"lon":%s}' % (lat, lon), url + name)

    def ids(query):
        status, _, body = curl(herd.url + query)
        return [feature["id"] for feature in json.loads(body)["features"]] if status == 200 else status

    wait_for("they are near", lambda: ids("/v1/near?lat=50&lon=10") == ["n1", "n2"])
    wait_for("and beyond 180 degrees", lambda: ids("/v1/near?client=d1&radius=1000") == ["d2"])
    check("radius", ids("/v1/near?lat=50&lon=10&radius=20000&limit=5") == ["n1", "n2", "n3"])
    check("limit", ids("/v1/near?lat=50&lon=10&limit=1") == ["n1"])
    distance = json.loads(curl(herd.url + "/v1/near?lat=50&lon=10")[2])["features"][1]["properties"]["distance"]
    check("distance", abs(distance - 111.19) < 0.2, distance)
    check("box", sorted(ids("/v1/clients?bbox=9.9,49.9,10.1,50.05")) == ["n1", "n2"])
    check("box beyond 180 degrees", sorted(ids("/v1/clients?bbox=179%2C-1%2C-179%2C1")) == ["d1", "d2"])
    found, after, pages = [], "", 0
    while pages < 400:
        page = json.loads(curl(herd.url + "/v1/clients?limit=100" + after)[2])
        found += [feature["id"] for feature in page["features"]]
        pages += 1
        if "next" not in page:
            break
        after = "&after=" + page["next"]
    check("pages", len(found) == len(set(found)) and "kiwi" in found and pages > 2, (len(found), pages))
    status, _, body = curl(herd.url + "/v1/places?client=n1&radius=1000&limit=3")
    check("places", status == 200 and json.loads(body)["status"] == "ZERO_RESULTS", body)
    for radius, kilometres in (("0", 0), ("0.5", 1), ("1000", 1), ("1000.5", 2), ("50000", 50)):
        curl(herd.url + "/v1/places?client=n2&limit=3&radius=" + radius)
        wait_for("%s m is asked for as %d km" % (radius, kilometres),
                 lambda: herd.log("web").count("WHATSAT n2 %d 3" % kilometres) == (2 if radius == "1000" else 1))
    check("of nobody", ids("/v1/near?client=nobody") == 404 and curl(herd.url + "/v1/places?client=nobody")[0] == 404)
    for query in ("near", "near?lat=1", "near?lat=91&lon=0", "near?lat=1&lon=x", "near?lat=1&lon=1&radius=-1",
                  "near?lat=1&lon=1&limit=1001", "near?lat=1&lat=1&lon=1", "near?lat=1&lon=1&limits=1", "near?lat=1&lon=1&bbox=1,1,2,2",
                  "near?lat=1&lon=1&after=x", "watch?near=1,1,", "clients?bbox=1,1,2,2,", "places?client=n1&after=x",
                  "clients?bbox=1,2,3", "clients?bbox=1,3,2,2", "clients?bbox=1,2,3,4,5", "clients?after=x",
                  "clients?limit=0", "places", "places?client=n1&radius=50001", "places?client=a%20b"):
        check(query, curl(herd.url + "/v1/" + query)[0] == 400)


def watches(herd):
    """The present state, then changes; who leaves; and who was cut off and comes back."""
    def put(name, lat, lon):
        check("PUT " + name, curl("-X", "PUT", "-d", '{"lat":%s,"lon":%s}' % (lat, lon),
              herd.url + "/v1/clients/" + name)[0] in (200, 201))

    put("w1", -40, 70)
    wait_for("w1 is copied", lambda: b"w1" in curl(herd.url + "/v1/near?lat=-40&lon=70")[2])
    box, near, client = (Watcher(herd, query) for query in
                         ("bbox=69,-41,71,-39", "near=-40,70,5000", "client=w2"))
    state = [("position", "w1"), ("up-to-date", None)]
    wait_for("the state of a box", lambda: box.names() == state)
    wait_for("the state of a circle", lambda: near.names() == state)
    wait_for("the state of a client", lambda: client.names() == [("up-to-date", None)])
    put("w2", -40.001, 70)
    wait_for("w2 comes", lambda: box.names() == state + [("position", "w2")] == near.names())
    wait_for("w2 is there", lambda: client.names() == [("up-to-date", None), ("position", "w2")])
    put("w2", -40.5, 70)
    wait_for("w2 leaves the circle", lambda: near.names()[-1] == ("leave", "w2"))
    wait_for("w2 moves in the box", lambda: box.names()[-1] == ("position", "w2") and len(box.names()) == 4)
    last_id = box.last_id
    box.end()
    wait_for("the stream has ended", lambda: b"herd_web_streams_kept 1" in curl(herd.url + "/metrics")[2])
    put("w1", 0, 0)
    put("w3", -40, 70)
    put("w3", -40, 70.1)
    back = Watcher(herd, "bbox=69,-41,71,-39", last_id)
    wait_for("it comes back", lambda: ("up-to-date", None) in back.names())
    check("each change once", sorted(back.names()[:-1]) == [("leave", "w1"), ("position", "w3")], back.names())
    stranger = Watcher(herd, "bbox=69,-41,71,-39", "0" * 32 + "-7")
    wait_for("an ID of another life", lambda: ("up-to-date", None) in stranger.names())
    check("reset, then the state", stranger.names()[0][0] == "reset" and
          sorted(stranger.names()[1:-1]) == [("position", "w2"), ("position", "w3")], stranger.names())
    herd.end("node", signal.SIGKILL)
    wait_for("it says that it is stale", lambda: any(event == "stale" for event, _ in back.events()))
    herd.serve("node")
    put("w4", -40, 70)
    wait_for("the stream goes on", lambda: ("position", "w4") in back.names())
    for watcher in (near, client, back, stranger):
        check("it was never ended", watcher.process.poll() is None)
        watcher.end()
    status, fields, body = curl(herd.url + "/v1/openapi.json")
    description = json.loads(body)
    check("OpenAPI", status == 200 and description["openapi"].startswith("3.1") and "json" in fields["content-type"])
    for path, operations in description["paths"].items():
        shown = herd.url + path.replace("{id}", "nobody")
        allow = curl("-X", "OPTIONS", shown)[1].get("allow", "").upper().replace(",", " ").split()
        check("methods of " + path, set(allow) == {name.upper() for name in operations} | {"HEAD", "OPTIONS"}, allow)
        for name, operation in operations.items():
            status = curl("-X", name.upper(), *(["-d", "{}"] if name == "put" else []), shown)[0]
            check("%s %s" % (name, path), str(status) in operation["responses"], status)
    for query in ("", "bbox=1,2,3,4&client=a", "near=1", "near=91,0", "limit=0&client=a"):
        check("watch?" + query, curl(herd.url + "/v1/watch?" + query)[0] == 400)


def generator(herd):
    """herd-bench asks herd-web, and watches: every answer is right, every event comes."""
    def bench(port, *arguments):
        said = subprocess.run([os.path.join(programs, "herd-bench"), "--connect", "127.0.0.1:%d" % port, "--json",
                               "--duration", "1", *arguments], capture_output=True)
        check("herd-bench " + " ".join(arguments), said.returncode == 0, said)
        return json.loads(said.stdout)["latency_us"] if said.returncode == 0 else {}

    asked = bench(herd.web, "--peer", "web", "--clients", "4", "--pipeline", "4", "--ids", "200", "--within", "1",
                  "--mix", "iamat:1,position:1,near:1")
    check("each kind was answered", all(asked[kind]["count"] > 0 for kind in ("iamat", "position", "near")), asked)
    herd.start("frontend")
    if wait_for("a front-end listens", lambda: " listening: " in herd.log("frontend")):
        told = bench(herd.client, "--watch-at", "127.0.0.1:%d" % herd.web, "--watchers", "20", "--view", "20", "--ids",
                     "200", "--within", "1", "--wander", "--rate", "300", "--mix", "iamat:1")
        check("watchers heard of updates", told and told["event"]["count"] > 0, told)
    herd.end("frontend")


def operators(herd):
    """What those who run it are told: by figures, by its log, by herdctl."""
    wait_for("the copy is complete", lambda: " copy-complete: " in herd.log("web"))
    status, fields, body = curl(herd.url + "/metrics")
    check("/metrics", status == 200 and fields["content-type"].startswith("text/plain; version=0.0.4"))
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", body.decode(), re.M))
    with open(os.path.join(source, "docs/operations.md")) as file:
        rows = dict(re.findall(r"^\| `(herd_web_\w+)` \| (\w+) \|", file.read(), re.M))
    check("each metric has its row, and each row its metric", types == rows and len(rows) > 30,
          set(types.items()) ^ set(rows.items()))
    check("each has a sample", all(re.search(rb"^%s(_count)?[ {]" % name.encode(), body, re.M) for name in types))
    check("its copy is told of", gauge(herd, "herd_web_copy_current") == gauge(herd, "herd_web_copy_up") ==
          gauge(herd, "herd_web_node_up") == 1 and gauge(herd, "herd_web_copy_age_seconds") == 0 and
          gauge(herd, "herd_web_copy_clients") > 5)
    status, fields, body = curl(herd.url + "/healthz")
    check("/healthz", status == 200 and json.loads(body)["status"] == "well" and json.loads(body)["copy"]["current"])
    before = herd.log("web").count(" site-refused: ")
    answer = send_raw(herd.web, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n" * 60)
    check("60 of another site are refused", statuses(answer) == [421] * 60, answer[:200])
    wait_for("that is logged", lambda: 'Host "evil.example"' in herd.log("web"))
    check("once a second at most", herd.log("web").count(" site-refused: ") - before < 20)
    check("and counted", re.search(rb'^herd_web_requests_total{path="other",status="421"} (\d+)$',
                                   curl(herd.url + "/metrics")[2], re.M))
    check("herdctl finds it", "no herd-web" not in health(herd), health(herd))


def full_copy(herd):
    """herd-web started with less room than the node has clients: who finds none is told of, the others are served."""
    herd.end("web")
    wait_for("herdctl misses it", lambda: "A has no herd-web" in health(herd))
    herd.write('        web = "%s"\n' % herd.url, '    max_clients = "2"\n')
    herd.start("web")
    wait_for("a full copy is told", lambda: re.search(r" copy-full: .*; 2 clients are in it", herd.log("web")))
    wait_for("it serves", lambda: curl(herd.url + "/v1/clients/kiwi")[0] == 200)
    check("what has no room is counted", gauge(herd, "herd_web_copy_unstored_records_total") > 0 and
          gauge(herd, "herd_web_copy_clients") == gauge(herd, "herd_web_copy_clients_limit") == 2)


def many_watchers(herd):
    """One more than there may be is turned away, and told of."""
    limit = gauge(herd, "herd_web_streams_limit")
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < limit + 500:
        print("skipped: %d open files are too few for %d watchers" % (files, limit))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    watch = b"GET /v1/watch?client=x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    streams = []
    for _ in range(limit):
        streams.append(socket.create_connection(("127.0.0.1", herd.web), 20))
        streams[-1].sendall(watch)
        if len(streams) > 100:
            streams[-100].recv(1)  # so that none waits long to be accepted
    wait_for("they all watch", lambda: gauge(herd, "herd_web_streams") == limit, 120)
    with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
        one.sendall(watch)
        check("one more is turned away", b" 503 " in one.recv(4096))
    check("that is counted", gauge(herd, "herd_web_streams_refused_total") == 1)
    wait_for("and logged", lambda: " watcher-refused: " in herd.log("web"))
    for one in streams:
        one.close()


def cut_watches(herd):
    """Those whose connection ends: at once, many of them, and one that comes back before it has ended."""
    kept_max = 1024
    wait_for("all watchers have gone", lambda: gauge(herd, "herd_web_streams") == 0)
    watch = b"GET /v1/watch?client=x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", herd.web), 20) as one:
        one.sendall(b"GET /v1/clients/w1 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3 + watch)
        answer = b""
        while b"up-to-date" not in answer and (part := one.recv(65536)):
            answer += part
        check("a stream waits for those before it", statuses(answer) == [404] * 3 + [200] and b"up-to-date" in answer, answer)
    # Of one that has a body too, and so cannot wait, no watch remains.
    answer = send_raw(herd.web, b"GET /v1/clients/w1 HTTP/1.1\r\nHost: localhost\r\n\r\n" +
                      watch[:-2] + b"Content-Length: 1\r\n\r\nx", False)
    check("no stream behind another request", b"event-stream" not in answer, answer)
    wait_for("and no watch remains of it", lambda: gauge(herd, "herd_web_streams") == 0)
    while gauge(herd, "herd_web_streams_kept") < kept_max:
        before = gauge(herd, "herd_web_streams_kept")
        for one in begin_many(herd.web, watch, 128):
            one.close()
        if not wait_for("they are kept", lambda: gauge(herd, "herd_web_streams") == 0):
            break
        check("more of them", gauge(herd, "herd_web_streams_kept") == min(before + 128, kept_max))
    first = Watcher(herd, "client=w1")
    wait_for("the state", lambda: ("up-to-date", None) in first.names())
    second = Watcher(herd, "client=w1", first.last_id)
    wait_for("who comes back ends the former stream", lambda: first.process.poll() is not None)
    wait_for("and goes on with it", lambda: second.names() == [("up-to-date", None)])
    curl("-X", "PUT", "-d", '{"lat":1,"lon":1}', herd.url + "/v1/clients/w1")
    wait_for("a change reaches it", lambda: second.names() == [("up-to-date", None), ("position", "w1")])
    check("it is one watcher", gauge(herd, "herd_web_streams") == 1)
    second.end()
    wait_for("it has gone", lambda: gauge(herd, "herd_web_streams") == 0)
    check("no more are kept", gauge(herd, "herd_web_streams_kept") == kept_max)
    third = Watcher(herd, "client=w1", second.last_id)
    wait_for("the one cut last is still known", lambda: third.names() == [("up-to-date", None)])
    third.end()
    first.end()


def large_views(herd):
    """More than 10,000 clients in view: for 32 watchers, a further one hears that it is told of 10,000."""
    count = 10001
    body = b'{"lat":-60,"lon":100}'
    put = b"PUT /v1/clients/l%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
    answer = send_raw(herd.web, b"".join(put % (i, len(body), body) for i in range(count)))
    check("they are put", statuses(answer).count(201) == count, len(statuses(answer)))

    def watch(box):
        one = socket.create_connection(("127.0.0.1", herd.web), 20)
        one.sendall(b"GET /v1/watch?limit=100000&bbox=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % box)
        return one

    def state(one):
        text = b""
        while not (found := re.search(rb"event: up-to-date\ndata: (.*)\n", text[-4096:])):
            part = one.recv(1 << 20)
            text += part
            if not part:
                return None
        return json.loads(found[1]), text.count(b"event: position")

    last = Watcher(herd, "client=l%d" % (count - 1))
    wait_for("the copy has them", lambda: ("position", "l%d" % (count - 1)) in last.names())
    last.end()
    wait_for("it has gone", lambda: gauge(herd, "herd_web_streams") == 0)
    others = [watch(b"0,-80,1,-79") for _ in range(32)]
    for one in others:
        state(one)
    one = watch(b"99,-61,101,-59")
    check("a 33rd one", state(one) == ({"clients": 10000, "truncated": True}, 10000))
    one.close()
    others.pop().close()
    wait_for("two have gone", lambda: gauge(herd, "herd_web_streams") == 31)
    check("one of them keeps its room", gauge(herd, "herd_web_streams_large") == 32)
    one = watch(b"99,-61,101,-59")
    check("which a new one gets", state(one) == ({"clients": count, "truncated": False}, count))
    check("32 in all", gauge(herd, "herd_web_streams_large") == 32)
    for other in (one, *others):
        other.close()
    check("watch?limit=100001", curl(herd.url + "/v1/watch?limit=100001&client=a")[0] == 400)


def herd_itself(herd):
    """What the members say of themselves, as long as someone asks."""
    def ask():
        status, fields, body = curl(herd.url + "/v1/herd")
        said = json.loads(body)
        check("GET /v1/herd", status == 200 and said["herd"] == "t" and fields["cache-control"] == "no-store", said)
        return said["members"][0]

    def is_up(member):
        return member["state"] == "up" and member["records"] > 0 and member["links"] == [] and member["followers"] == 1

    check("at first", ask()["state"] in ("asked", "up"))
    wait_for("the member is up", lambda: is_up(ask()))
    herd.end("node", signal.SIGKILL)
    wait_for("it does not answer", lambda: ask()["state"] == "silent")
    herd.serve("node")
    wait_for("it answers again", lambda: ask()["state"] == "up")


def names(herd, towns):
    """Towns for the map, of a dump and then of an imported file; the herd has no others."""
    def said(query=""):
        status, _, body = curl(herd.url + "/v1/names" + query)
        return [feature["properties"]["name"] for feature in json.loads(body)["features"]] if status == 200 else status

    wait_for("the largest first", lambda: said() == ["Large", "Nadi", "Labasa"])
    check("limit", said("?limit=1") == ["Large"])
    check("a box across 180 degrees", said("?bbox=177,-18,-179,-16") == ["Nadi", "Labasa"])
    check("an empty box", said("?bbox=1,1,2,2") == [])
    for query in ("?client=a", "?lat=1&lon=1", "?limit=1001", "?bbox=1,2,3", "?x=1"):
        check("names" + query, said(query) == 400)
    with open(towns) as file:
        dump = file.read().replace("Large", "Larger \\")
    done = subprocess.run([os.path.join(programs, "herdctl"), "places", "import", "-", towns], input=dump.encode(),
                          capture_output=True)
    check("import", done.returncode == 0, done)
    wait_for("those of the imported file", lambda: said() == ["Larger \\x5c", "Nadi", "Labasa"])


def linked_members():
    """Each member of a herd, and its links; towns of its places."""
    herd = Herd()
    bus = ports.take()
    towns = os.path.join(herd.folder, "towns.tsv")
    with open(towns, "w") as file:
        file.write("no row\n")
        for number, (name, lat, lon, kind, people) in enumerate((
                ("Labasa", -16.4, 179.38, "P", 27949), ("Large", 51.5, -0.1, "P", 7556900), ("Mountain", 1, 1, "T", 9),
                ("Empty", 2, 2, "P", 0), ("x" * 120, 3, 3, "P", 5), ("Nadi", -17.8, 177.4167, "P", 42284))):
            file.write("\t".join((str(number), name, name, "", str(lat), str(lon), kind, "PPL", "FJ", "", "01", "", "",
                                  "", str(people), "", "", "", "2026-01-01")) + ("" if name == "Nadi" else "\n"))
    herd.write('        web = "%s"\n        neighbours = "B"\n    B\n        clients = "tcp://127.0.0.1:%d"\n'
               '        bus = "tcp://127.0.0.1:%d"\n        neighbours = "A"\n    C\n        clients = "tcp://127.0.0.1:1"\n'
               '        bus = "tcp://127.0.0.1:2"\n' % (herd.url, ports.take(), bus),
               '    places\n        provider = "local"\n        file = "towns.tsv"\n')

    def said():
        members = json.loads(curl(herd.url + "/v1/herd")[2])["members"]
        return [(one["member"], one["state"], [(link["to"], link["state"]) for link in one.get("links", [])])
                for one in members]

    try:
        herd.start("node", "B")
        herd.serve("node", "web")
        wait_for("both are up and linked", lambda: said() == [
            ("A", "up", [("B", "up")]), ("B", "up", [("A", "up")]), ("C", "silent", [])])
        names(herd, towns)
        herd.end("node B", signal.SIGKILL)
        wait_for("one is down, and its link", lambda: [said()[0], said()[1][:2]] == [
            ("A", "up", [("B", "down")]), ("B", "silent")])
        check("it ends cleanly", herd.end("web") == 0)
    finally:
        herd.close()


def away(herd):
    url = herd.url + "/v1/clients/kiwi"
    herd.end("node", signal.SIGKILL)
    wait_for("the node is away", lambda: " node-down: " in herd.log("web"))
    status, fields, body = curl(herd.url + "/healthz")
    check("/healthz, the node away", status == 503 and json.loads(body)["status"] == "the node is away" and
          int(fields["retry-after"]) > 0, body)
    status, fields, _ = curl("-X", "PUT", "-d", '{"lat":1,"lon":2}', url)
    check("503", status == 503 and int(fields["retry-after"]) > 0, fields)
    status, fields, body = curl(url)
    check("reads go on", status == 200 and int(fields["age"]) > 0 and json.loads(body)["id"] == "kiwi", fields)
    status, fields, body = curl(herd.url + "/v1/near?lat=50&lon=10")
    check("also of who is near", status == 200 and int(fields["age"]) > 0 and len(json.loads(body)["features"]) == 2)
    herd.serve("node")
    check("PUT again", curl("-X", "PUT", "-d", '{"lat":1,"lon":2}', url)[0] in (200, 201))


def command_line(herd):
    program = os.path.join(programs, "herd-web")
    said = subprocess.run([program, "--config", herd.config, "--check", "A"], capture_output=True, text=True)
    check("--check", said.returncode == 0, said.stderr)
    check("--version", subprocess.run([program, "--version"], capture_output=True).returncode == 0)
    check("--help", b"--config" in subprocess.run([program, "--help"], capture_output=True).stdout)
    for web, settings, code in (("", "", 1), ('        web = "http://0.0.0.0:%d"\n' % herd.web, "", 1),
                                ('        web = "tcp://127.0.0.1:%d"\n' % herd.web, "", 1),
                                ('        web = "http://127.0.0.1"\n', "", 1),
                                ('        web = "http://127.0.0.1:%d"\n' % herd.bus, "", 1),
                                ('        web = "http://*:%d"\n' % herd.web, '    web_security = "none"\n', 0)):
        herd.write(web, settings)
        said = subprocess.run([program, "--config", herd.config, "--check", "A"], capture_output=True, text=True)
        check("config %s" % web.strip(), said.returncode == code and (code == 0 or "web" in said.stderr), said)


def tiles_and_keys():
    """A herd with keys, and with tiles for its map: what the page gets."""
    herd = Herd()
    bus = ports.take()
    tiles = '    web_tiles = "%s"\n    web_tiles_attribution = "\u00a9 <b> \\ X https://a.example/"\n    web_tiles_zoom = "7"\n'
    herd.write('        web = "%s"\n        neighbours = "B"\n    B\n        clients = "tcp://127.0.0.1:%d"\n'
               '        bus = "tcp://127.0.0.1:%d"\n' % (herd.url, ports.take(), bus),
               tiles % "http://localhost:81/{z}/{x}/{y}.png?key=a&amp" + '    keys = "keys"\n')
    done = subprocess.run([os.path.join(programs, "herdctl"), "--config", herd.config, "keygen", "A", "B"],
                          capture_output=True, text=True)
    check("keygen", done.returncode == 0, done)

    def said():
        status, _, body = curl(herd.url + "/v1/herd")
        whole = json.loads(body)
        check("/v1/herd, with keys", status == 200 and whole["asks"] is False and whole["left_out"] == 0, whole)
        return whole["members"]

    try:
        herd.start("node", "B")
        if not herd.serve("node", "web"):
            return
        wait_for("our own member is up", lambda: said() == [
            {"member": "A", "state": "up"}, {"member": "B", "state": "unknown"}])
        wait_for("a client is taken", lambda: curl("-X", "PUT", "-d", '{"lat":1,"lon":2}',
                                                   herd.url + "/v1/clients/kiwi")[0] in (200, 201))
        wait_for("and copied", lambda: curl(herd.url + "/v1/clients?bbox=1,0,3,2")[2].count(b"kiwi") > 0)
        _, fields, _ = curl("-H", "Accept: text/html", herd.url + "/")
        policy = fields["content-security-policy"]
        check("one origin more", "; img-src 'self' http://localhost:81; connect-src 'self';" in policy, policy)
        check("and no other", policy.count("http") == 1, policy)
        status, fields, _ = curl("-H", "Accept: text/html", "-H", "If-None-Match: " + fields["etag"].replace("w/", "W/"),
                                 herd.url + "/")
        check("a browser that keeps the page hears it, too", status == 304 and
              fields["content-security-policy"] == policy, fields)
        status, fields, body = curl(herd.url + "/v1/tiles")
        check("GET /v1/tiles", status == 200 and fields["cache-control"] == "no-store" and json.loads(body) == {"tiles": {
            "url": "http://localhost:81/{z}/{x}/{y}.png?key=a&amp", "attribution": "\u00a9 <b> \\ X https://a.example/",
            "max_zoom": 7, "referrer": False}}, body)
        herd.end("node", signal.SIGKILL)
        wait_for("it is not any more", lambda: said() == [
            {"member": "A", "state": "silent"}, {"member": "B", "state": "unknown"}])
        check("the page all the same", curl("-H", "Accept: text/html", herd.url + "/")[0] == 200)
        herd.serve("node")
        wait_for("it is up again", lambda: said()[0]["state"] == "up")
        check("it ends cleanly", herd.end("web") == 0)
        herd.write('        web = "%s"\n' % herd.url, tiles % "https://a.example; script-src *")
        done = subprocess.run([os.path.join(programs, "herd-web"), "--config", herd.config, "--check", "A"],
                              capture_output=True, text=True)
        check("a policy is not widened", done.returncode == 1 and "herd.cfg:4: error: \"web_tiles\"" in done.stderr, done)
    finally:
        herd.close()


def examples(herd):
    """The commands of docs/web-api.md."""
    with open(os.path.join(source, "docs/web-api.md")) as file:
        commands = re.findall(r"^    (curl .*)$", file.read(), re.M)
    check("docs/web-api.md has examples", len(commands) >= 2)
    for command in commands:
        command = re.sub(r"127\.0\.0\.1:1179\d", "127.0.0.1:%d" % herd.web, command)
        endless = " -N " in command
        limit = "-m 2 " if endless else "-f -m 20 "
        said = subprocess.run(command.replace("curl ", "curl -sS " + limit), shell=True, capture_output=True)
        check(command, said.returncode == (28 if endless else 0) and said.stdout, said)


def everything(herd):
    served = herd.serve("node", "web")
    if served and long_one:
        many_watchers(herd)
    elif served:
        positions(herd)
        methods(herd)
        page(herd)
        strangers(herd)
        pipelines(herd)
        nearness(herd)
        operators(herd)
        away(herd)
        watches(herd)
        cut_watches(herd)
        large_views(herd)
        examples(herd)
        generator(herd)
        full_copy(herd)
        herd_itself(herd)
    idle = socket.create_connection(("127.0.0.1", herd.web), 20)
    check("it ends cleanly", herd.end("web") == 0 and " stopped: " in herd.log("web"))
    idle.close()
    command_line(herd)
    linked_members()
    tiles_and_keys()


sys.exit(run(everything))
