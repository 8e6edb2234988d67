"""Cases about herd-web: who is near, beside Redis; PUT, beside nginx; watchers; memory; what a follower costs the node."""
import resource
import socket
import time

import nginx
import redis as redis_servers
from generator import bench, fill, measure, start_bench, stop_bench
from herd import PAIR, SETTINGS, Herd
from nginx import Nginx
from process import Failure, wait_for
from redis import Redis
from result import GENERATOR_SHARE, Result

MEMBER = "Goloman"
IDS = 100_000
REST_S = 1  # until what a burst allocated for the moment is given back
FILES_BESIDE = 300  # descriptors of a process that are no connections of clients


def web_of(herd):
    return herd.web_ports[MEMBER]


def wait_copied(herd, count):
    """Until herd-web knows so many clients, and has no more to come."""
    wait_for(lambda: herd.web_metric("herd_web_copy_clients", MEMBER) == count, "all clients in herd-web's copy", limit_s=120)


class Near:
    """The nearest 10 within 10 km, by HTTP, while clients move; Redis's GEOSEARCH, while they move there."""

    name = "web-near"
    title = "who is near: 10 km, nearest 10, while 50,000 updates/s arrive"
    rate = 50_000
    load = {"clients": 10, "pipeline": 1, "mix": "near:1"}
    updates = {"clients": 50, "pipeline": 32, "mix": "iamat:1", "no_fill": True}
    warm_s = 0.5

    @staticmethod
    def worlds(context):
        """Name, clients, options of herd-bench, the bar."""
        people = {"around": context.places, "wander": True}
        return [("uniform, 100,000", 100_000, {"within": 1}, 50), ("uniform, 1,000,000", 1_000_000, {"within": 1}, 500),
                ("people, 1,000,000", 1_000_000, people, 5)]

    def sample(self, context, peer, server, ports, where, ids):
        """One run of questions, beside a stream of updates: peer of these and of those, ports of these and of those."""
        done = self.count(server)
        begun = time.monotonic()
        updates = start_bench(context, peer[1], ports[1], ids=ids, rate=self.rate, duration=600, **self.updates, **where)
        try:
            time.sleep(self.warm_s)
            sample = measure(context, peer[0], server, ports[0], ids=ids, duration=context.seconds, no_fill=True, **self.load, **where)
            taken = self.count(server) - done
            sample["updates_per_s"] = taken / (time.monotonic() - begun)
        finally:
            stop_bench(updates)
        return {name: value for name, value in sample.items() if not name.endswith("cpu_us")}

    @staticmethod
    def count(server):
        """Updates and questions that the server has taken."""
        if isinstance(server, Redis):
            return int(server.info("stats")["total_commands_processed"])
        return server.metric("herd_positions_total", MEMBER)

    def run(self, context, workspace):
        result = Result([SETTINGS, redis_servers.SETTINGS, f"herd-bench: --clients 10 --pipeline 1 --mix near:1: GET /v1/near of herd-web, "
                         f"GEOSEARCH BYRADIUS 10 km ASC COUNT 10 WITHCOORD; beside it --rate {self.rate} IAMATs or GEOADDs of the same clients",
                         "uniform: clients anywhere in a square of one degree; people: within a kilometre of the places of "
                         "deploy/places/cities.tsv, each moving by some 100 m",
                         "updates/s: what the server took meanwhile; Redis takes few while it searches"])
        for name, ids, where, bar in self.worlds(context):
            context.say(f"{self.name}: {name}")
            folder = name.replace(" ", "").replace(",", "")
            herd = Herd(context, workspace, "herd" + folder, PAIR, web=True).start()
            redis = Redis(workspace, "redis" + folder)
            fill(context, "herd", herd.ports[MEMBER], ids, **where)
            fill(context, "redis", redis.port, ids, **where)
            wait_copied(herd, ids)
            ours, theirs = f"herd-web, {name}", f"GEOSEARCH, {name}"
            for _ in context.rounds_of(self):
                result.add(ours, self.sample(context, ("web", "herd"), herd, (web_of(herd), herd.ports[MEMBER]), where, ids))
                result.add(theirs, self.sample(context, ("redis", "redis"), redis, (redis.port, redis.port), where, ids))
            result.ratio(f"answers/s: herd-web / GEOSEARCH, {name}", (ours, "lines_per_s"), (theirs, "lines_per_s"), least=bar)
            result.values(f"updates/s beside them, {name}", ours, "updates_per_s", "", least=0.95 * self.rate)
            for server in (*herd.processes(), *redis.processes()):
                server.stop()
        return result


class Put:
    """A position by HTTP: a whole update of the herd, beside a server that does nothing."""

    name = "web-put"
    title = "PUT of a position, beside nginx that answers 204"
    loads = {"50 x 1": (50, 1), "50 x 32": (50, 32)}
    bars = {"50 x 1": 0.5, "50 x 32": 2}

    def run(self, context, workspace):
        if not nginx.has_nginx():
            raise Failure(nginx.NO_NGINX)
        herd = Herd(context, workspace, "herd", PAIR, web=True).start()
        beside = Nginx(context, workspace)
        result = Result([SETTINGS, nginx.SETTINGS, f"herd-bench: --ids {IDS} --mix iamat:1 with 50 connections that are kept, 1 or 32 PUTs "
                         "under way on each; the same bytes for both; all IDs known before; CPU: herd-web and node, or nginx"])
        fill(context, "herd", herd.ports[MEMBER], IDS)
        wait_copied(herd, IDS)
        for _ in context.rounds_of(self):
            for name, (clients, pipeline) in self.loads.items():
                options = {"clients": clients, "pipeline": pipeline, "ids": IDS, "mix": "iamat:1", "no_fill": True,
                           "duration": context.seconds}
                result.add(f"herd-web, {name}", measure(context, "web", herd, web_of(herd), **options))
                result.add(f"nginx, {name}", measure(context, "http", beside, beside.port, **options))
        for name in self.loads:
            ours, theirs = f"herd-web, {name}", f"nginx, {name}"
            result.ratio(f"PUTs/s: herd-web / nginx, {name}", (ours, "lines_per_s"), (theirs, "lines_per_s"), least=self.bars[name])
            result.ratio(f"CPU a PUT: herd-web and node / nginx, {name}", (ours, "cpu_us"), (theirs, "cpu_us"), most=2)
        return result


class Watch:
    """How soon watchers hear of what the node has answered."""

    name = "web-watch"
    title = "1,000 watchers of about 100 clients each, 10,000 updates/s"
    rate = 10_000

    def run(self, context, workspace):
        herd = Herd(context, workspace, "herd", PAIR, web=True).start()
        result = Result([SETTINGS, f"herd-bench: --watch-at herd-web --watchers 1000 --view 100 --ids {IDS} --within 1 --wander --rate {self.rate}: "
                         "one process sends IAMATs by 50 connections and reads all streams; from the node's answer to the event",
                         "each update has to reach each view that it is in, or the case fails"])
        options = {"ids": IDS, "within": 1, "wander": True, "clients": 50, "pipeline": 32}
        fill(context, "herd", herd.ports[MEMBER], IDS, within=1, wander=True)
        wait_copied(herd, IDS)
        for _ in context.rounds_of(self):
            said = bench(context, "herd", herd.ports[MEMBER], rate=self.rate, watch_at=f"127.0.0.1:{web_of(herd)}", watchers=1000, view=100,
                         mix="iamat:1", no_fill=True, duration=context.seconds, **options)
            events = said["latency_us"]["event"]
            if events["count"] == 0 or said["unsent"] > 0:
                raise Failure(f"{events['count']} events, {said['unsent']} updates unsent: the machine cannot keep up")
            result.add("events", {"events_per_s": events["count"] / said["seconds"], "p50_us": events["p50"], "p99_us": events["p99"],
                                  "p99.9_us": events["p99.9"], GENERATOR_SHARE: said[GENERATOR_SHARE]})
        result.values("p99 from the node's answer to the event", "events", "p99_us", "us", most=100_000)
        result.refuse_busy("events")
        result.values("p50", "events", "p50_us", "us")
        return result


class Copy:
    """Bytes that herd-web has for each client."""

    name = "web-memory"
    title = "herd-web's memory of a client: copy and index, 1 million"

    def run(self, context, workspace):
        count = context.scaled(1_000_000)
        herd = Herd(context, workspace, "herd", PAIR, web=True).start()
        web = herd.webs[MEMBER]
        before = web.resident_size()
        result = Result([SETTINGS, "growth of what herd-web has in memory (RSS); the copy's and the index's own count beside it; IDs bench.0 and so "
                         "on, places of people; one round: it does not depend on what else runs"])
        fill(context, "herd", herd.ports[MEMBER], count, around=context.places)
        wait_copied(herd, count)
        time.sleep(REST_S)
        result.add(f"herd-web, {count}", {
            "bytes": (web.resident_size() - before) / count,
            "copy_bytes": herd.web_metric("herd_web_copy_memory_bytes", MEMBER) / count,
            "index_bytes": herd.web_metric("herd_web_index_memory_bytes", MEMBER) / count})
        result.values(f"a client of {count}", f"herd-web, {count}", "bytes", "bytes", most=200)
        return result


class Idle:
    """Streams on which nothing happens: their memory, and what a PUT costs beside them."""

    name = "web-idle"
    title = "10,000 idle streams, 10,000 idle WebSockets: memory of one, and a PUT beside the streams"
    wanted = 10_000
    a_group = 100  # connected before the first of them is waited for: the queue of a listener is short
    # north of all clients of herd-bench: 10,000 events at once are no idle stream
    target = b"GET /v1/watch?bbox=-179,85,-178,86 HTTP/1.1\r\nHost: localhost\r\n"
    stream = (target + b"\r\n", b"HTTP/1.1 200")
    websocket = (target + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", b"HTTP/1.1 101")
    put = {"clients": 50, "pipeline": 1, "ids": IDS, "mix": "iamat:1", "no_fill": True}

    def open(self, port, count, kind):
        """So many of a kind: what is asked, and how the answer begins."""
        streams = []
        try:
            for _ in range(count):
                streams.append(socket.create_connection(("127.0.0.1", port), 20))
                streams[-1].sendall(kind[0])
                if len(streams) >= self.a_group and not streams[-self.a_group].recv(16).startswith(kind[1]):
                    raise Failure("a watcher was not taken")
        except OSError as error:
            self.close(streams)
            raise Failure(f"stream {len(streams)}: {error}") from error
        return streams

    @staticmethod
    def close(streams):
        for one in streams:
            one.close()

    def size_of_websocket(self, herd, count):
        """Growth of herd-web's memory by one, of so many."""
        before = herd.webs[MEMBER].resident_size()
        streams = self.open(web_of(herd), count, self.websocket)
        try:
            wait_for(lambda: herd.web_metric("herd_web_streams", MEMBER) == count, "as many WebSockets at herd-web")
            time.sleep(REST_S)
            return (herd.webs[MEMBER].resident_size() - before) / count
        finally:
            self.close(streams)

    def run(self, context, workspace):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        count = min(self.wanted, hard - FILES_BESIDE)
        settings = {"max_connections": self.wanted + FILES_BESIDE}
        quiet = Herd(context, workspace, "quiet", PAIR, settings, web=True).start()
        herd = Herd(context, workspace, "herd", PAIR, settings, web=True).start()
        result = Result([f"{SETTINGS}, max_connections = \"{settings['max_connections']}\"",
                         f"{count} streams of GET /v1/watch with a view in which no one is; growth of herd-web's memory (RSS), without "
                         "what the kernel has for sockets; herd-bench: --clients 50 --pipeline 1 PUTs, at a herd with the streams and at one without"])
        if count < self.wanted:
            result.notes.append(f"not {self.wanted} streams but {count}: no more than {hard} open files are allowed here")
        for one in (quiet, herd):
            fill(context, "herd", one.ports[MEMBER], IDS)
            wait_copied(one, IDS)
            bench(context, "web", web_of(one), duration=1, **self.put)
        time.sleep(REST_S)
        before = herd.webs[MEMBER].resident_size()
        streams = self.open(web_of(herd), count, self.stream)
        try:
            wait_for(lambda: herd.web_metric("herd_web_streams", MEMBER) == count, "as many streams at herd-web")
            time.sleep(REST_S)
            result.add("idle stream", {"bytes": (herd.webs[MEMBER].resident_size() - before) / count})
            for _ in context.rounds_of(self):
                for name, one in (("PUT, no streams", quiet), (f"PUT, {count} streams", herd)):
                    result.add(name, measure(context, "web", one, web_of(one), duration=context.seconds, **self.put))
        finally:
            self.close(streams)
        result.add("idle WebSocket", {"bytes": self.size_of_websocket(quiet, count)})
        result.values("an idle WebSocket", "idle WebSocket", "bytes", "bytes", most=10_240)
        result.values("an idle stream", "idle stream", "bytes", "bytes", most=1024)
        result.ratio("CPU a PUT: beside the streams / without", (f"PUT, {count} streams", "cpu_us"), ("PUT, no streams", "cpu_us"), most=1.1)
        return result


class Follower:
    """What it costs the clients of a pair that herd-web follows its node."""

    name = "web-follow"
    title = "one pair, IAMAT, 50 x 32: with herd-web beside it, and without"

    def run(self, context, workspace):
        herds = {"without": Herd(context, workspace, "without", PAIR).start(),
                 "followed": Herd(context, workspace, "followed", PAIR, web=True).start()}
        result = Result([SETTINGS, f"herd-bench: --clients 50 --pipeline 32 --ids {IDS} --mix iamat:1, all IDs known before; CPU: with herd-web's"])
        for herd in herds.values():
            fill(context, "herd", herd.ports[MEMBER], IDS)
        wait_copied(herds["followed"], IDS)
        for _ in context.rounds_of(self):
            for name, herd in herds.items():
                result.add(name, measure(context, "herd", herd, herd.ports[MEMBER], clients=50, pipeline=32, ids=IDS, mix="iamat:1",
                                         no_fill=True, duration=context.seconds))
        result.ratio("lines/s: followed / without", ("followed", "lines_per_s"), ("without", "lines_per_s"), least=0.85)
        result.ratio("server CPU a line: followed / without", ("followed", "cpu_us"), ("without", "cpu_us"))
        return result


CASES = [Near(), Put(), Watch(), Copy(), Idle(), Follower()]
