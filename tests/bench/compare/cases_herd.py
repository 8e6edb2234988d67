"""Cases about several members: how fast updates spread, and what a newcomer takes over."""
import datetime
import os
import re
import time

import redis as redis_servers
from generator import bench, fill, finish_bench, start_bench
from herd import SAMPLE, SETTINGS, TWO, Client, Herd
from process import Failure, read, wait_for
from redis import Redis
from result import GENERATOR_SHARE, Result

IDS = 100_000
OPTIONS = {"clients": 50, "pipeline": 32, "mix": "iamat:1"}
POLL_S = 0.0005
LEVEL_LIMIT_S = 30


class Members:
    """A herd that is told at one member, and shows at all."""

    def __init__(self, context, workspace):
        self.herd = Herd(context, workspace, "herd", SAMPLE).start()
        self.port = self.herd.ports["Goloman"]
        self.clients = {member: Client(port) for member, port in self.herd.ports.items()}

    def tell(self, number):
        """An update behind all others; it is seen at a member only after these."""
        now = time.time_ns()
        line = f"IAMAT sentinel.{number} +0.0+0.0 {now // 10**9}.{now % 10**9:09d}"
        return self.clients["Goloman"].ask(line)

    def see(self, number, told):
        for client in self.clients.values():
            wait_for(lambda: client.ask(f"WHATSAT sentinel.{number} 0 0").startswith(told), "an update at all members",
                     LEVEL_LIMIT_S, POLL_S)

    def expect_level(self):
        wait_for(self.herd.is_level, "equal digests of all members")

    def processes(self):
        return self.herd.processes()


class Replicas:
    """A primary of Redis with replicas."""

    def __init__(self, workspace, count=4):
        self.primary = Redis(workspace, "primary")
        self.replicas = [Redis(workspace, f"replica{i}", self.primary) for i in range(1, count + 1)]
        self.port = self.primary.port

    def tell(self, number):
        self.primary.ask("GEOADD", "herd-bench", "0", "0", f"sentinel.{number}")

    def see(self, number, _):
        """A replica takes all in the primary's order, strings and members of the set."""
        for replica in self.replicas:
            wait_for(lambda: replica.ask("ZSCORE", "herd-bench", f"sentinel.{number}"), "an update at all replicas",
                     LEVEL_LIMIT_S, POLL_S)

    def expect_level(self):
        counts = {(server.ask("ZCARD", "herd-bench"), server.ask("DBSIZE")) for server in [self.primary, *self.replicas]}
        if len(counts) != 1:
            raise Failure(f"replicas differ: {counts}")

    def processes(self):
        return [self.primary.process, *(replica.process for replica in self.replicas)]


class Spread:
    """Updates at one server until all five have them."""

    name = "spread"
    title = "five members (primary and 4 replicas), IAMAT at one until all have it, 50 x 32"

    @staticmethod
    def measure(context, peer, servers, number):
        before_s = sum(process.cpu_s() for process in servers.processes())
        result = bench(context, peer, servers.port, ids=IDS, duration=context.seconds, no_fill=True, **OPTIONS)
        servers.see(number, servers.tell(number))
        level = time.time()
        spent_s = sum(process.cpu_s() for process in servers.processes()) - before_s
        servers.expect_level()
        took_s = result["seconds"] + max(level - result["ended"], 0)
        return {"updates_per_s": result["right"] / took_s, "cpu_us": spent_s / result["right"] * 1e6,
                "lines_per_s": result["lines_per_s"], GENERATOR_SHARE: result[GENERATOR_SHARE], "level_after_ms": (level - result["ended"]) * 1000}

    def run(self, context, workspace):
        herd, replicas = Members(context, workspace), Replicas(workspace)
        peers = {"herd": ("herd", herd), "GEOADD": ("redis", replicas), "SET": ("redis-set", replicas)}
        result = Result([SETTINGS + "; the sample herd's five members and links", redis_servers.SETTINGS,
                         f"herd-bench: --clients 50 --pipeline 32 --mix iamat:1 (GEOADD, SET) --ids {IDS}, all IDs known before; "
                         "then one update more, until the last server shows it"])
        for peer, servers in peers.values():
            fill(context, peer, servers.port, IDS)
        for number in context.rounds_of(self):
            for name, (peer, servers) in peers.items():
                result.add(name, self.measure(context, peer, servers, f"{name}.{number}"))
        for name, least in (("GEOADD", 4), ("SET", 1.5)):
            result.ratio(f"updates/s until all have them: herd / {name}", ("herd", "updates_per_s"), (name, "updates_per_s"),
                         least=least)
        result.ratio("CPU an update, all servers: GEOADD / herd", ("GEOADD", "cpu_us"), ("herd", "cpu_us"), least=2)
        result.ratio("CPU an update, all servers: SET / herd", ("SET", "cpu_us"), ("herd", "cpu_us"))
        return result


class VisibleNext:
    """From the send at one server until the next one shows it, by herd-bench, which does nothing else."""

    name = "visible-next"
    title = "two members, at rest: sent to Goloman -> visible at Welsh; Redis: at the replica"
    ids = 1000

    @classmethod
    def measure(cls, context, peer, port, other):
        result = bench(context, peer, port, ids=cls.ids, duration=context.seconds, visible_at=f"127.0.0.1:{other}")
        return {name + "_us": result["latency_us"]["position"][name] for name in ("p50", "p99", "max")}

    def run(self, context, workspace):
        herd = Herd(context, workspace, "herd", TWO).start()
        replicas = Replicas(workspace, 1)
        peers = {"herd": ("herd", herd.ports["Goloman"], herd.ports["Welsh"]),
                 "replica": ("redis-set", replicas.port, replicas.replicas[0].port)}
        result = Result([SETTINGS + "; two members, linked", redis_servers.SETTINGS + ", and one replica of it",
                         f"herd-bench --visible-at: --ids {self.ids}; one IAMAT at one member (SET at the primary), then WHATSAT ID 0 0 "
                         "(GET) after the other at the other one until it shows it"])
        for _ in context.rounds_of(self):
            for name, (peer, port, other) in peers.items():
                result.add(name, self.measure(context, peer, port, other))
        for name, most in (("p50", 2), ("p99", None)):
            result.ratio(f"{name}: herd / Redis's replica", ("herd", name + "_us"), ("replica", name + "_us"), most=most)
        return result


class Visible:
    """From the answer at one member until another, two links away, shows it."""

    name = "visible"
    title = "sample herd at rest: answer at Goloman -> visible at Welsh"
    samples = 400  # in a round

    @staticmethod
    def times_ms(members, count):
        goloman, welsh = members.clients["Goloman"], members.clients["Welsh"]
        for i in range(count):
            time.sleep(0.002)  # what the last one set off is over
            now = time.time_ns()
            told = goloman.ask(f"IAMAT visible.{i} +0.0+0.0 {now // 10**9}.{now % 10**9:09d}")
            begun_ns = time.monotonic_ns()
            while not welsh.ask(f"WHATSAT visible.{i} 0 0").startswith(told):
                if time.monotonic_ns() - begun_ns > LEVEL_LIMIT_S * 10**9:
                    raise Failure(f"visible.{i} is not seen at Welsh")
            yield (time.monotonic_ns() - begun_ns) / 1e6

    def run(self, context, workspace):
        members = Members(context, workspace)
        result = Result([SETTINGS + "; the sample herd's five members and links",
                         "one IAMAT at Goloman, then WHATSAT after WHATSAT at Welsh, 0 places, until it shows; the time "
                         "ends when that answer is read"])
        for _ in context.rounds_of(self):
            times = sorted(self.times_ms(members, self.samples))
            result.add("herd", {"p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100],
                                "max_ms": times[-1]})
        result.notes.append(f"{self.samples} updates in a round")
        result.values("p50", "herd", "p50_ms", "ms", most=1)
        result.values("p99", "herd", "p99_ms", "ms", most=3)
        return result


class Newcomer:
    """A member that starts with nothing, and who is served beside it meanwhile."""

    name = "newcomer"
    title = "two members: Welsh starts anew and takes 1 million records over; IAMAT at Goloman meanwhile"
    rate = 10_000  # lines a second, fewer in a short look: far below what Goloman can do
    seconds = 1  # of each run: little more than the newcomer takes, so that its time counts

    def bench(self, context, herd, ids):
        return start_bench(context, "herd", herd.ports["Goloman"], ids=ids, clients=50, pipeline=32, mix="iamat:1",
                           duration=self.seconds, rate=context.scaled(self.rate), no_fill=True)

    @staticmethod
    def sample(latencies):
        if latencies["unsent"] > 0:
            raise Failure("the open loop's rate is more than the herd can do")
        return {name + "_us": latencies["latency_us"]["iamat"][name] for name in ("p50", "p99", "max")}

    def start_anew(self, context, herd, ids):
        """Welsh's node, while there is load on Goloman; the load's latencies, and records a second."""
        herd.nodes["Welsh"].stop()
        log = os.path.join(herd.folder, "log", "Welsh.node.log")
        seen = len(read(log))
        load = self.bench(context, herd, ids)
        herd.start_node("Welsh")
        latencies = finish_bench(load)
        wait_for(lambda: "serving: " in read(log)[seen:], "the newcomer's service")
        return self.sample(latencies), self.records_per_s(read(log)[seen:], ids)

    @staticmethod
    def records_per_s(log, ids):
        """From the link's beginning until the node serves: times of its log, to the millisecond. What was updated meanwhile
        comes after that, and is not counted."""
        begun = re.search(r"^(\S+)Z .* Goloman link-opened: ", log, re.MULTILINE)
        serves = re.search(r"^(\S+)Z .* serving: (\d+) clients known", log, re.MULTILINE)
        if not begun or not serves or int(serves.group(2)) < 0.9 * ids:
            raise Failure(f"the newcomer did not take the records over before it served; its log: {log[-1000:]}")
        took = datetime.datetime.fromisoformat(serves.group(1)) - datetime.datetime.fromisoformat(begun.group(1))
        return int(serves.group(2)) / max(took.total_seconds(), 0.001)

    def run(self, context, workspace):
        ids = context.scaled(1_000_000)
        herd = Herd(context, workspace, "herd", TWO).start()
        fill(context, "herd", herd.ports["Goloman"], ids)
        wait_for(herd.is_level, "equal digests of both members")
        result = Result([SETTINGS + "; two members, linked",
                         f"herd-bench: --clients 50 --pipeline 32 --rate {context.scaled(self.rate)} --duration {self.seconds} --mix iamat:1 "
                         f"--ids {ids} at Goloman; \"beside\": Welsh's node is started in the same moment"])
        for _ in context.rounds_of(self):
            result.add("alone", self.sample(finish_bench(self.bench(context, herd, ids))))
            latencies, records_per_s = self.start_anew(context, herd, ids)
            result.add("beside", latencies)
            result.add("newcomer", {"records_per_s": records_per_s})
            wait_for(lambda: herd.is_level() and herd.status()["Welsh"]["records"] == str(ids), "equal records of both members")
        result.values("records taken over", "newcomer", "records_per_s", "records/s", least=500_000)
        result.ratio("IAMAT p99 at the other: beside / alone", ("beside", "p99_us"), ("alone", "p99_us"), most=2)
        return result
