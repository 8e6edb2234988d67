"""Cases about lines a second: one pair, Redis, Valkey and a bare echo, with the same generator."""
import redis as redis_servers
from generator import Echo, fill, measure
from herd import PAIR, SETTINGS, Herd, has_one_process
from redis import Redis
from result import Result

IDS = 100_000
MEMBER = "Goloman"
SERVERS = {"redis": "redis-server", "valkey": redis_servers.VALKEY}
FORMS = {"herd": "pair", "one": "one process"}
# Redis's two ways to keep where a client is, and what herd-bench calls them
GEO, STRINGS = "redis", "redis-set"


def start_herds(context, workspace):
    """The pair, and where there is such a form, node and front-end in one process: what is asked, the server, its port."""
    herds = {"herd": Herd(context, workspace, "herd", PAIR)}
    if has_one_process(context):
        herds["one"] = Herd(context, workspace, "one", PAIR, one_process=True)
    return {name: ("herd", herd.start(), herd.ports[MEMBER]) for name, herd in herds.items()}


def start_redis(workspace, names):
    """A Redis, and a Valkey where it is installed, each asked in these ways; `names`: way to the command's name."""
    peers = {}
    for server, program in SERVERS.items():
        if server == "valkey" and not redis_servers.has_valkey():
            continue
        redis = Redis(workspace, server, program=program)
        for way, command in names.items():
            peers[command if server == "redis" else f"{server} {command}"] = (way, redis, redis.port)
    return peers


def valkey_notes():
    return [] if redis_servers.has_valkey() else [redis_servers.NO_VALKEY]


class Lines:
    """The same work for the herd's forms, for Redis's commands and an echo server, in turns."""

    commands = {GEO: "GEOADD", STRINGS: "SET"}
    mix = "iamat:1"
    work = "IAMAT"

    def __init__(self, name, clients, pipeline, bars):
        """`bars`: by form and what is beside it, the least ratio of lines a second, or for `lone` the largest of times."""
        self.name = name
        self.title = f"one pair, {self.work}, {clients} x {pipeline}"
        self.clients = clients
        self.pipeline = pipeline
        self.bars = bars

    def options(self, context):
        return {"clients": self.clients, "pipeline": self.pipeline, "ids": IDS,
                "duration": context.seconds, "mix": self.mix, "no_fill": True}

    def start(self, context, workspace):
        """Peers by name: what is asked, the server, its port; each knows all IDs."""
        peers = {**start_herds(context, workspace), **start_redis(workspace, self.commands)}
        echo = Echo(context, workspace)
        peers["echo"] = ("echo", echo, echo.port)
        for peer, _, port in peers.values():
            fill(context, peer, port, IDS)
        return peers

    def run(self, context, workspace):
        options = self.options(context)
        result = Result([SETTINGS, redis_servers.SETTINGS, "echo: herd-bench --serve-echo",
                         f"herd-bench: --clients {self.clients} --pipeline {self.pipeline} "
                         f"--ids {options['ids']} --mix {self.mix} ({', '.join(self.commands.values())}), all IDs known before"])
        result.notes += valkey_notes()
        peers = self.start(context, workspace)
        for _ in context.rounds_of(self):
            for name, (peer, server, port) in peers.items():
                result.add(name, measure(context, peer, server, port, **options))
        self.judge(result)
        return result

    def pairs(self, result):
        """What is judged: our forms beside each of the others; the bar of that, or None."""
        for form in FORMS:
            for peer in result.samples:
                if form in result.samples and peer not in FORMS:
                    yield form, peer, self.bars.get((form, peer))

    def judge(self, result):
        for form, peer, bar in self.pairs(result):
            result.ratio(f"lines/s: {FORMS[form]} / {peer}", (form, "lines_per_s"), (peer, "lines_per_s"), least=bar)
        for command in self.commands.values():  # what a server that does nothing reaches
            result.ratio(f"lines/s: echo / {command}", ("echo", "lines_per_s"), (command, "lines_per_s"))
        first = next(iter(self.commands.values()))
        result.ratio(f"server CPU a line: pair / {first}", ("herd", "cpu_us"), (first, "cpu_us"))


class Lone(Lines):
    """One request at a time: what counts is how long it takes."""

    def judge(self, result):
        for form, peer, bar in self.pairs(result):
            result.ratio(f"p50: {FORMS[form]} / {peer}", (form, "p50_us"), (peer, "p50_us"), most=bar)


class Reads:
    """What reads of a position are beside: herd-bench's mix and Redis's commands."""

    commands = {STRINGS: "GET", GEO: "GEOPOS"}
    mix = "position:1"
    work = "WHATSAT ID 0 0"


class ReadLines(Reads, Lines):
    """Reads of positions, many under way."""


class ReadLone(Reads, Lone):
    """Reads of positions, one at a time."""


FEW = {("herd", "GEOADD"): 2, ("herd", "SET"): 1.4}
MANY = {("herd", "GEOADD"): 6, ("herd", "SET"): 2, ("herd", "echo"): 0.5}

CASES = [
    Lines("iamat-50x32", 50, 32, MANY),
    Lines("iamat-500x32", 500, 32, MANY),
    Lines("iamat-50x1", 50, 1, {("herd", "GEOADD"): 1.2, ("herd", "SET"): 0.95, ("one", "GEOADD"): 1.5, ("one", "SET"): 1.1}),
    Lines("iamat-500x1", 500, 1, FEW),
    Lines("iamat-5000x1", 5000, 1, FEW),
    Lone("lone", 1, 1, {("herd", "GEOADD"): 1.6, ("herd", "SET"): 2.2, ("one", "GEOADD"): 1, ("one", "SET"): 1.2}),
    ReadLone("read-lone", 1, 1, {("herd", "GET"): 2.2}),
    ReadLines("read-50x32", 50, 32, {("herd", "GET"): 1.5}),
]
