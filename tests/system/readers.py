#!/usr/bin/env python3
"""What programs of others read of herd-web: OGC API Features, by curl, ogrinfo and ogr2ogr, and
what OwnTracks Recorder has.

usage: readers.py PROGRAMS SOURCE
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import web_socket
from web_support import begin_many, check, curl, run, send_raw, statuses, wait_for

MANY = 2500


def put_many(herd, clients):
    """Pairs of a segment and a body, as one pipeline."""
    requests = b"".join(b"PUT /v1/clients/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" %
                        (name, len(body), body) for name, body in clients)
    answers = statuses(send_raw(herd.web, requests))
    check("PUT of %d" % len(clients), len(answers) == len(clients) and set(answers) <= {200, 201}, answers[:9])


def get(herd, path):
    """Status, and the JSON that came."""
    status, fields, body = curl("-g", herd.url + path)
    return status, json.loads(body), fields


def link(document, relation):
    return [one["href"] for one in document["links"] if one["rel"] == relation]


def walk(herd, url):
    """The IDs of all pages, and the pages."""
    found, pages = [], 0
    while url:
        status, fields, body = curl("-g", url)
        page = json.loads(body)
        if status != 200 or fields["content-type"] != "application/geo+json":
            check("a page", False, (url, status, body[:200]))
            break
        check("numberReturned", page["numberReturned"] == len(page["features"]), page["numberReturned"])
        found += [feature["id"] for feature in page["features"]]
        url = (link(page, "next") or [None])[0]
        pages += 1
    return found, pages


def documents(herd):
    """From the landing page, by links alone, to the items."""
    _, landing, fields = get(herd, "/")
    check("the landing page", fields["content-type"] == "application/json" and "title" in landing, fields)
    check("links are absolute", all(one["href"].startswith(herd.url + "/") and one["type"] and one["title"]
                                    for one in landing["links"]), landing)
    described = json.loads(curl(link(landing, "service-desc")[0])[2])
    check("service-desc", "/collections/clients/items" in described["paths"])
    classes = json.loads(curl(link(landing, "conformance")[0])[2])["conformsTo"]
    check("conformance", {name.rsplit("/", 1)[1] for name in classes} == {"core", "geojson"}, classes)
    collections = json.loads(curl(link(landing, "data")[0])[2])
    one, = collections["collections"]
    check("one collection", one["id"] == "clients" and link(collections, "self") == [herd.url + "/collections"], one)
    check("its extent", one["extent"]["spatial"]["bbox"] == [[-180, -90, 180, 90]] and
          one["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"], one)
    check("the same alone", json.loads(curl(link(one, "self")[0])[2]) == one)
    check("for browsers a page", b"<canvas" in curl("-H", "Accept: text/html", herd.url + "/")[2])
    localhost = "http://localhost:%d" % herd.web
    check("the Host that was asked", link(json.loads(curl(localhost + "/collections")[2]), "self") ==
          [localhost + "/collections"])
    return link(one, "items")[0]


def items(herd, url):
    found, pages = walk(herd, url + "?limit=1000")
    check("all clients, once", len(found) == len(set(found)) == herd.clients_put, (len(found), pages))
    check("in three pages", pages == 3, pages)
    _, page, _ = get(herd, "/collections/clients/items")
    check("numberMatched", page["numberMatched"] == herd.clients_put and page["numberReturned"] == 100, page["links"])
    check("timeStamp", re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", page["timeStamp"]) is not None, page["timeStamp"])
    check("self", link(page, "self") == [url])
    _, page, _ = get(herd, "/collections/clients/items?limit=1001&bbox=-180,-90,180,90")
    check("too great a limit is the greatest", page["numberReturned"] == 1000 and
          page["numberMatched"] == herd.clients_put, page["numberReturned"])
    check("next keeps the rest", "limit=1001&bbox=-180,-90,180,90&after=" in link(page, "next")[0], page["links"])

    def ids(query):
        return sorted(walk(herd, url + "?" + query)[0])

    check("a box", ids("bbox=19,9,21,11") == ["sam/pad", "sam/phone"])
    check("with heights", ids("bbox=19,9,12,21,11,13") == ["sam/pad", "sam/phone"])
    check("below it", ids("bbox=19,9,-5,21,11,12.4") == ["sam/pad"])
    check("across 180 degrees", ids("bbox=179,-1,-179,1&limit=1") == ["d1", "d2"])
    check("commas escaped", ids("bbox=179%2C-1%2C-179%2C1") == ["d1", "d2"])
    check("an instant", ids("datetime=2021-05-19T22:53:47Z") == ["t0"])
    check("an offset", ids("datetime=2021-05-20T00:53:48%2B02:00") == ["t1"])
    check("a span", ids("datetime=2021-05-19T22:53:47Z/2021-05-19T22:53:49Z&limit=2") == ["t0", "t1", "t2"])
    check("half open", len(ids("datetime=../2026-11-26&limit=900")) == MANY)
    check("time and box", ids("datetime=2022-01-01/..&bbox=0,0,30,30") == ["a\\x5cb", "sam/pad", "sam/phone"])
    check("no one", ids("bbox=1.5,-80,1.6,-79") == [])
    for query in ("bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=1,2,3,4,5,6,7", "bbox=1,3,2,2", "bbox=1,2,x,4", "bbox=",
                  "bbox=1,-91,2,4", "bbox=1,2,9,3,4,8", "bbox=1,2,3,4&bbox=1,2,3,4", "limit=0", "limit=-1",
                  "limit=x", "limit=", "limit=1&limit=1", "datetime=yesterday", "datetime=2021-02-30",
                  "datetime=2021-05-19T22:53:47", "datetime=2022-01-01/2021-01-01", "datetime=", "datetime=/x",
                  "after=x", "after=", "client=t0", "lat=1&lon=1", "crs=x", "f=json", "Limit=1"):
        status, problem, fields = get(herd, "/collections/clients/items?" + query)
        check("400 of " + query, status == 400 and fields["content-type"] == "application/problem+json" and
              problem["detail"], status)
    for path in ("collections?limit=1", "conformance?x", "collections/clients?f=json",
                 "collections/clients/items/t0?x=1"):
        check("400 of " + path, curl(herd.url + "/" + path)[0] == 400)
    for path in ("collections/kiwi", "collections/clients/items/nobody", "collections/clients/items/",
                 "collections/clients/items/t0/x", "collections/", "conformance/"):
        check("404 of " + path, curl(herd.url + "/" + path)[0] == 404)
    check("405", curl("-X", "PUT", "-d", "{}", url)[0] == 405)
    for segment in ("sam%2Fphone", "a%ff", "a%5Cxff", "a%5Cb", "a%5Cx5cb"):
        status, feature, fields = get(herd, "/collections/clients/items/" + segment)
        check("the item " + segment, status == 200 and fields["content-type"] == "application/geo+json" and
              feature["type"] == "Feature", feature)
        status, again, _ = get(herd, link(feature, "self")[0].removeprefix(herd.url))
        check("... by its link", status == 200 and again["id"] == feature["id"], again)
    check("its height", get(herd, "/collections/clients/items/sam%2Fphone")[1]["geometry"]["coordinates"] ==
          [20, 10, 12.5])


def long_ids(herd, url):
    """Pages whose text is long: they end early, and all clients are there."""
    names = ["%s%02d" % ("x" * 60000, i) for i in range(60)]
    put_many(herd, [(name.encode(), b'{"lat":-70,"lon":-70}') for name in names])
    box = "?bbox=-71,-71,-69,-69&limit=1000"
    wait_for("they are there", lambda: json.loads(curl("-g", url + box)[2]).get("numberMatched") == len(names))
    found, pages = walk(herd, url + box)
    check("all of them", sorted(found) == names and pages > 1, (len(found), pages))
    for i in range(30):
        put_many(herd, [(b"%fe" * 60000 + b"%02d" % i, b'{"lat":-60,"lon":-60}')])
    near = "/v1/near?lat=-60&lon=-60&limit=1000"
    wait_for("so are those near", lambda: get(herd, near)[1].get("complete") is False)
    check("as many as fit are told", 4 < len(get(herd, near)[1]["features"]) < 30, get(herd, near)[0])


def programs_of_gdal(herd):
    """As in docs/web-api.md, and as QGIS reads: the whole collection, by pages."""
    if shutil.which("ogrinfo") is None or shutil.which("ogr2ogr") is None:
        print("without ogrinfo and ogr2ogr: no gdal-bin")
        return
    place = "OAPIF:" + herd.url
    said = subprocess.run(["ogrinfo", "-ro", "-al", "-so", place], capture_output=True, text=True)
    check("ogrinfo", said.returncode == 0 and "Layer name: clients" in said.stdout and
          re.search("Geometry: (3D )?Point", said.stdout) and "Feature Count: %d" % herd.clients_put in said.stdout and
          "utc: DateTime" in said.stdout, said)
    for kind, name in (("GPKG", "all.gpkg"), ("GeoJSON", "all.json")):
        path = os.path.join(herd.folder, name)
        said = subprocess.run(["ogr2ogr", "-f", kind, path, place, "clients", "-oo", "PAGE_SIZE=300"],
                              capture_output=True, text=True)
        check("ogr2ogr to " + kind, said.returncode == 0, said)
        said = subprocess.run(["ogrinfo", "-so", path, "clients"], capture_output=True, text=True)
        check("all are in " + kind, "Feature Count: %d" % herd.clients_put in said.stdout, said)
    with open(os.path.join(herd.folder, "all.json")) as file:
        features = json.load(file)["features"]
    where = {feature["properties"]["client"]: feature["geometry"]["coordinates"] for feature in features}
    check("each once", len(where) == len(features) == herd.clients_put, len(where))
    check("where they are", where["sam/phone"] == [20, 10, 12.5] and where["t7"] == [-82.1, 7.5], where["t7"])
    said = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", place, "clients", "-spat", "19", "9", "21", "11"],
                          capture_output=True, text=True)
    check("a box by ogr2ogr", {feature["properties"]["client"] for feature in json.loads(said.stdout)["features"]} ==
          {"sam/phone", "sam/pad"}, said)


def recorder(herd):
    """OwnTracks Recorder's questions; with so many clients the answers are made in more than one turn."""
    def ask(path, *arguments):
        status, fields, body = curl(*arguments, herd.url + "/api/0/" + path)
        check("JSON of " + path, fields["content-type"].startswith("application/") and "json" in fields["content-type"], fields)
        return json.loads(body) if status == 200 else status

    check("version", re.fullmatch(r"\d+\.\d+\.\d+", ask("version")["version"]) is not None)
    users = ask("list")["results"]
    expected = {"t%d" % i for i in range(MANY)} | {"sam", "d1", "d2", "a\\xff", "a\\x5cb"}
    check("users, each once", len(users) == len(set(users)) and set(users) == expected, len(users))
    check("devices", sorted(ask("list?user=sam")["results"]) == ["pad", "phone"])
    check("the device of an ID without one", ask("list?user=t0")["results"] == ["client"])
    check("of nobody", ask("list?user=nobody")["results"] == [] == ask("list?user=sam&device=phone")["results"])
    place, = ask("last?user=sam&device=phone")
    check("a location", {name: place[name] for name in ("_type", "lat", "lon", "alt", "tid", "username", "device", "topic", "ghash")} ==
          {"_type": "location", "lat": 10, "lon": 20, "alt": 12.5, "tid": "ne", "username": "sam", "device": "phone",
           "topic": "owntracks/sam/phone", "ghash": "s3y0zh7"}, place)
    check("its time", place["disptst"] == place["isotst"].replace("T", " ").rstrip("Z"), place)
    check("by POST", ask("last", "-d", "user=sam", "-d", "device=phone") == [place])
    check("by fields of the head", ask("last", "-H", "X-Limit-User: sam", "-H", "X-Limit-Device: phone") == [place])
    check("of a user", sorted(one["device"] for one in ask("last?user=sam")) == ["pad", "phone"])
    check("of an ID that is no text", [one["username"] for one in ask("last?user=a%5Cxff&device=client")] == ["a\\xff"] ==
          [one["username"] for one in ask("last?user=a%ff")])
    check("of nobody", ask("last?user=nobody") == [] == ask("last?user=sam&device=none") == ask("last?user=t0&device=phone"))
    places = ask("last")
    check("all", len(places) == herd.clients_put and {one["username"] for one in places} == expected, len(places))
    check("some fields", ask("last?user=t7&fields=tst,lat,nothing") == [{"tst": 1621464834, "lat": 7.5}])
    of_t7 = "locations?user=t7&device=client"
    check("no history", ask(of_t7) == {"count": 0, "data": [], "status": 200, "version": ask("version")["version"]})
    for span, count in (("from=2021-05-19T22:53:54&to=2021-05-19T22:53:54", 1), ("from=2021-05-19T22%3A53%3A55", 0),
                        ("from=2021-05&to=2021-05-19", 1), ("from=2021-05&to=2021-05-18", 0), ("limit=1", 1),
                        ("from=2021-05-19T22:53:54&format=json&x=y", 1)):
        found = ask(of_t7 + "&" + span)
        check(span, found["count"] == count == len(found["data"]), found)
    now = ask("locations?user=sam&device=phone")
    check("the last six hours", now["data"] == [place], now)
    for path in ("locations", "locations?user=t7", "locations?device=x", of_t7 + "&from=x", of_t7 + "&to=2021-02-30",
                 of_t7 + "&format=gpx", "last?user=%zz", "list?user=%4"):
        check("400 of " + path, ask(path) == 400)
    check("405", curl("-X", "PUT", "-d", "{}", herd.url + "/api/0/last")[0] == 405)
    check("404", curl(herd.url + "/api/0/monitor")[0] == 404)
    put_many(herd, [(b"t1%2Fclient", b'{"lat":-5,"lon":-5}')])
    wait_for("USER/client counts before USER", lambda: [one["lat"] for one in ask("last?user=t1")] == [-5])
    check("alone", ask("list?user=t1")["results"] == ["client"] and
          [one["lat"] for one in ask("last?user=t1&device=client")] == [-5])


def cut_lists(herd):
    """Readers of long lists that leave, or ask for the head alone, hold nothing up."""
    request = b"GET /api/0/last HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in range(3):
        for one in begin_many(herd.web, request, 16):
            one.close()
    wait_for("a list can be had", lambda: curl(herd.url + "/api/0/last")[0] == 200)
    head = send_raw(herd.web, request.replace(b"GET", b"HEAD"), False)
    check("HEAD", head.startswith(b"HTTP/1.1 200 ") and head.endswith(b"\r\n\r\n"), head)
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.settimeout(20)
        one.connect(("127.0.0.1", herd.web))
        one.sendall(request)
        answer = b"".join(iter(lambda: one.recv(1000), b""))
    check("a slow reader gets all", len(json.loads(answer.partition(b"\r\n\r\n")[2])) == herd.clients_put, len(answer))


def away(herd):
    """While the node is away all of it goes on, and says how old it is."""
    herd.end("node", signal.SIGKILL)
    wait_for("the node is away", lambda: " node-down: " in herd.log("web"))
    for path in ("/collections/clients/items", "/collections/clients/items/t0", "/api/0/last", "/api/0/last?user=sam",
                 "/api/0/locations?user=t0&device=client&limit=1"):
        status, fields, body = curl(herd.url + path)
        check("%s goes on" % path, status == 200 and int(fields["age"]) > 0 and json.loads(body), fields)


class Listener(web_socket.Socket):
    """One of /ws/last: `events` are the locations that came."""
    path = "/ws/last"

    def take(self, first, content):
        if first == 0x80 | web_socket.TEXT:
            self.events.append(json.loads(content))
        else:
            super().take(first, content)


def listeners(herd):
    """/ws/last tells of who moved last, and whoever says LAST hears of it again."""
    check("426", curl(herd.url + "/ws/last")[0] == 426)
    two = [Listener(herd), Listener(herd)]
    check("101", all(one.head.startswith(b"HTTP/1.1 101 ") for one in two), two[0].head)
    put_many(herd, [(b"sam%2Fphone", b'{"lat":11,"lon":21}')])
    for one in two:
        wait_for("it has moved", lambda: one.read().events)
        place = one.events[-1]
        check("a location", (place["_type"], place["username"], place["device"], place["lat"]) ==
              ("location", "sam", "phone", 11) and len(one.events) == 1, one.events)
    two[0].raw.sendall(web_socket.frame(web_socket.TEXT, b"LAST"))
    wait_for("again", lambda: len(two[0].read().events) == 2)
    check("not for the other", len(two[1].read().events) == 1)
    two[1].raw.close()
    two[0].raw.sendall(web_socket.frame(web_socket.PING, b"x"))
    wait_for("a ping is answered", lambda: two[0].read().pongs == [b"x"])
    many = [Listener(herd) for _ in range(256)]
    check("too many", any(b" 503 " in one.head for one in many))
    two[0].raw.close()
    for one in many:
        one.raw.close()

    def is_free():
        one = Listener(herd)
        one.raw.close()
        return one.head.startswith(b"HTTP/1.1 101 ")

    wait_for("those who left make room", is_free)


def everything(herd):
    if herd.serve("node", "web"):
        clients = [(b"t%d" % i, b'{"lat":%d.5,"lon":%d.1,"time":%d}' %
                    (i % 80, i % 80 - 89, 1621464827 + i)) for i in range(MANY)]
        clients += [(b"sam%2Fphone", b'{"lat":10,"lon":20,"altitude":12.5}'), (b"sam%2Fpad", b'{"lat":10.1,"lon":20}'),
                    (b"d1", b'{"lat":0,"lon":179.999}'), (b"d2", b'{"lat":0,"lon":-179.999}'),
                    (b"a%ff", b'{"lat":-1,"lon":1}'), (b"a%5Cb", b'{"lat":1,"lon":1}')]
        herd.clients_put = len(clients)
        put_many(herd, clients)
        wait_for("they are copied", lambda: get(herd, "/collections/clients/items?limit=1")[1].get("numberMatched") ==
                 len(clients))
        url = documents(herd)
        items(herd, url)
        programs_of_gdal(herd)
        recorder(herd)
        cut_lists(herd)
        listeners(herd)
        long_ids(herd, url)
        away(herd)
    check("it ends cleanly", herd.end("web") == 0)


if __name__ == "__main__":
    sys.exit(run(everything))
