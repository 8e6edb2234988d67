"""Cases about lines a second: one pair, Redis and a bare echo, with the same generator."""
import redis as redis_servers
from generator import Echo, fill, measure
from herd import PAIR, SETTINGS, Herd
from redis import Redis
from result import Result

IDS = 100_000


class Lines:
    """IAMAT to one pair, GEOADD to Redis, the same lines to an echo server; `bars`: herd's lines a second by peer."""

    def __init__(self, name, clients, pipeline, bars):
        self.name = name
        self.title = f"one pair, IAMAT, {clients} x {pipeline}"
        self.clients = clients
        self.pipeline = pipeline
        self.bars = bars

    def options(self, context):
        return {"clients": self.clients, "pipeline": self.pipeline, "ids": IDS,
                "duration": context.seconds, "mix": "iamat:1", "no_fill": True}

    def start(self, context, workspace):
        """Peers by name: what is asked, the server, its port; each knows all IDs."""
        herd = Herd(context, workspace, "herd", PAIR).start()
        redis = Redis(workspace)
        echo = Echo(context, workspace)
        fill(context, "herd", herd.ports["Goloman"], IDS)
        fill(context, "redis", redis.port, IDS)
        return {"herd": ("herd", herd, herd.ports["Goloman"]), "redis": ("redis", redis, redis.port),
                "echo": ("echo", echo, echo.port)}

    def run(self, context, workspace):
        options = self.options(context)
        result = Result([SETTINGS, redis_servers.SETTINGS, "echo: herd-bench --serve-echo",
                         f"herd-bench: --clients {self.clients} --pipeline {self.pipeline} "
                         f"--ids {options['ids']} --mix iamat:1 (GEOADD), all IDs known before"])
        peers = self.start(context, workspace)
        for _ in context.rounds_of(self):
            for name, (peer, server, port) in peers.items():
                result.add(name, measure(context, peer, server, port, **options))
        self.judge(result)
        return result

    def judge(self, result):
        for peer, title in (("redis", "lines/s: herd / GEOADD"), ("echo", "lines/s: herd / echo")):
            result.ratio(title, ("herd", "lines_per_s"), (peer, "lines_per_s"), least=self.bars.get(peer))
        result.ratio("server CPU a line: herd / GEOADD", ("herd", "cpu_us"), ("redis", "cpu_us"))


class Lone(Lines):
    """One request at a time: what counts is how long it takes."""

    def judge(self, result):
        result.ratio("p50: herd / GEOADD", ("herd", "p50_us"), ("redis", "p50_us"), most=self.bars["redis"])
        result.ratio("p50: herd / echo", ("herd", "p50_us"), ("echo", "p50_us"))


CASES = [
    Lines("iamat-50x32", 50, 32, {"redis": 3.5, "echo": 0.6}),
    Lines("iamat-500x32", 500, 32, {"redis": 4}),
    Lines("iamat-50x1", 50, 1, {"redis": 1.3}),
    Lines("iamat-500x1", 500, 1, {"redis": 1.5}),
    Lone("lone", 1, 1, {"redis": 2.2}),
]
