"""The journal: herds without one, with one, and with answers that wait for the disk, beside Redis and its append-only file."""
import contextlib
import os
import re
import shutil
import subprocess
import threading
import time

import redis as redis_servers
from generator import bench, fill, measure
from herd import PAIR, Herd
from process import Failure, Workspace, read, wait_for
from redis import Redis
from result import Result

MEMBER = "Goloman"
IDS = 100_000
SETTINGS = ('herd: settings of deploy/herd.cfg, but traffic = "no"; none: journal = "no"; memory: journal = "yes", '
            'acknowledge = "memory"; disk: acknowledge = "disk"')
HERDS = {
    "none": {},
    "memory": {"data_dir": "data", "journal": "yes"},
    "disk": {"data_dir": "data", "journal": "yes", "acknowledge": "disk"},
}
REDIS = {
    "redis": {},
    "everysec": {"appendonly": "yes", "appendfsync": "everysec"},
    "always": {"appendonly": "yes", "appendfsync": "always"},
}
LATE = ("memory", "everysec")  # what they write gathers for a second
REST_S = 1.2  # until that is on its way to the disk
SAMPLE_S = 0.005
DISK_SIZE = 2**31
SECTOR_SIZE = 512  # of /sys/block/*/stat, whatever the device's
LEVEL_LIMIT_S = 120


def start_herd(context, workspace, name):
    return Herd(context, workspace, name, PAIR, HERDS[name]).start()


def start_redis(workspace, name):
    return Redis(workspace, name, settings=REDIS[name])


def is_level(herd, member=MEMBER):
    """Whether the disk has all."""
    return herd.metric("herd_journal_lag_seconds", member) == 0


def wait_level(herd, member=MEMBER):
    wait_for(lambda: is_level(herd, member), "a journal that has all", LEVEL_LIMIT_S, 0.05)


class Durable:
    """Lines a second, and bytes written for each, of all six."""

    def __init__(self, name, clients, pipeline, judge):
        self.name = "journal-" + name
        self.title = f"one pair, IAMAT, {clients} x {pipeline}: the journal beside Redis's append-only file"
        self.clients = clients
        self.pipeline = pipeline
        self.judge = judge

    def options(self, context):
        return {"clients": self.clients, "pipeline": self.pipeline, "ids": IDS, "duration": context.seconds,
                "mix": "iamat:1", "no_fill": True}

    def run(self, context, workspace):
        options = self.options(context)
        peers = {}
        for name in HERDS:
            herd = start_herd(context, workspace, name)
            peers[name] = ("herd", herd, herd.ports[MEMBER], herd.nodes[MEMBER])
        for name in REDIS:
            redis = start_redis(workspace, name)
            peers[name] = ("redis", redis, redis.port, redis.process)
        for peer, _, port, _ in peers.values():
            fill(context, peer, port, IDS)
        result = Result([SETTINGS, redis_servers.SETTINGS, redis_servers.AOF_SETTINGS,
                         f"herd-bench: --clients {self.clients} --pipeline {self.pipeline} --ids {IDS} --mix iamat:1 (GEOADD), "
                         "all IDs known before",
                         "written: write_bytes of /proc/PID/io of the node and of redis-server: folios of the page cache made dirty"])
        for _ in context.rounds_of(self):
            for name, (peer, server, port, process) in peers.items():
                result.add(name, self.measure(context, options, peer, server, port, process, name in LATE))
        self.judge(result)
        return result

    @staticmethod
    def measure(context, options, peer, server, port, process, is_late):
        before = process.written_size()
        sample = measure(context, peer, server, port, **options)
        if is_late:
            time.sleep(REST_S)
        lines = max(sample["lines_per_s"] * context.seconds, 1)
        return {**sample, "written_bytes": (process.written_size() - before) / lines}


def judge_lines(least_memory, least_disk):
    """Bars of the cases that count lines."""
    def judge(result):
        result.ratio("lines/s: memory / none", ("memory", "lines_per_s"), ("none", "lines_per_s"), least=least_memory)
        result.ratio("lines/s: memory / everysec", ("memory", "lines_per_s"), ("everysec", "lines_per_s"))
        result.ratio("lines/s: disk / always", ("disk", "lines_per_s"), ("always", "lines_per_s"), least=least_disk)
        result.ratio("pages made dirty: disk / always", ("disk", "written_bytes"), ("always", "written_bytes"))
    return judge


def judge_lone(result):
    for name, most in (("p50", 2), ("p99", None)):
        result.ratio(f"{name}: disk / always", ("disk", name + "_us"), ("always", name + "_us"), most=most)
        result.ratio(f"{name}: memory / none", ("memory", name + "_us"), ("none", name + "_us"))


@contextlib.contextmanager
def own_disk(folder):
    """A file system that nothing else writes to: its mount point, and how many bytes its device has been given."""
    image, mount = os.path.join(folder, "image"), os.path.join(folder, "disk")
    with open(image, "wb") as file:
        file.truncate(DISK_SIZE)
    os.makedirs(mount)
    for argv in (["mkfs.ext4", "-q", "-F", image], ["mount", "-o", "loop", image, mount]):
        done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise Failure(f"a disk of its own, which root may make: {done.stderr.decode().strip()}")
    try:
        device = subprocess.run(["findmnt", "-n", "-o", "SOURCE", mount], stdout=subprocess.PIPE, check=True)
        name = os.path.basename(device.stdout.decode().strip())

        def given():
            subprocess.run(["sync", "-f", mount], check=True)
            return int(read(f"/sys/block/{name}/stat").split()[6]) * SECTOR_SIZE

        yield mount, given
    finally:
        subprocess.run(["umount", mount], check=False)


class Written:
    """Bytes that reach the device for each update, those of the file system among them: one peer at a time on a disk of its own."""

    name = "journal-written"
    title = "one pair, bytes that reach the disk for an update, the file system's among them"
    loads = {"50 x 32": (50, 32), "50 x 1": (50, 1), "1 x 1": (1, 1)}
    names = ("memory", "disk", "everysec", "always")

    def run(self, context, workspace):
        result = Result([SETTINGS, redis_servers.AOF_SETTINGS,
                         f"{IDS} IDs, all known before; sectors written by /sys/block/*/stat of a loop device with ext4 that only "
                         "this peer writes, until all is written; lines a second mean nothing there"])
        for _ in context.rounds_of(self, 1 if context.quick else 2):
            for name in self.names:
                result.add(name, self.measure(context, workspace, name))
        for load in self.loads:
            most = 1.7 if load == "50 x 32" else None
            for mine, other in (("memory", "everysec"), ("disk", "always")):
                result.ratio(f"bytes an update, {load}: {mine} / {other}", (mine, load), (other, load), most=most)
        return result

    def measure(self, context, workspace, name):
        with own_disk(workspace.subfolder("written")) as (mount, given):
            with Workspace(os.path.join(mount, "run")) as inner:
                peer, server = ("herd", start_herd(context, inner, name)) if name in HERDS else ("redis", start_redis(inner, name))
                port = server.ports[MEMBER] if peer == "herd" else server.port
                fill(context, peer, port, IDS)
                sample = {}
                for load, (clients, pipeline) in self.loads.items():
                    time.sleep(REST_S)
                    before = given()
                    done = bench(context, peer, port, ids=IDS, clients=clients, pipeline=pipeline, mix="iamat:1", no_fill=True,
                                 duration=context.seconds)
                    time.sleep(REST_S)
                    sample[load] = (given() - before) / max(done["right"], 1)
        shutil.rmtree(os.path.join(workspace.folder, "written"))
        return sample


class Peak(threading.Thread):
    """The most that a process has in memory while the context lasts."""

    def __init__(self, process):
        super().__init__()
        self.process = process
        self.size = 0
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        self.over.set()
        self.join()

    def run(self):
        while not self.over.wait(SAMPLE_S):
            self.size = max(self.size, self.process.resident_size())


class Memory:
    """What the journal takes: of two nodes with the same records, one without."""

    name = "journal-memory"
    title = "one pair, memory that the journal takes, and the longest that filling holds the reactor up: 1 million clients"
    mib = 2**20

    def run(self, context, workspace):
        ids = context.scaled(1_000_000)
        herds = {name: start_herd(context, workspace, name) for name in HERDS}
        result = Result([SETTINGS, f"{ids} clients; RSS of herd-node beside that of one without a journal; under load: the most that "
                         f"was seen each {SAMPLE_S * 1000:.0f} ms, 50 x 32, all clients changing",
                         "filling: herd_journal_filling_seconds of that node's life, the fill of all clients too"])
        for herd in herds.values():
            fill(context, "herd", herd.ports[MEMBER], ids)
        for name in ("memory", "disk"):
            wait_level(herds[name])
        for _ in context.rounds_of(self):
            for name, herd in herds.items():
                result.add(name, self.measure(context, herd, ids, name != "none"))
        for name in ("memory", "disk"):
            for moment in ("rest", "load"):
                self.more(result, name, moment)
            result.values(f"longest filling in a turn, {name}", name, "filling_ms", "ms", most=2)
        return result

    @staticmethod
    def measure(context, herd, ids, has_journal):
        node = herd.nodes[MEMBER]
        with Peak(node) as peak:
            bench(context, "herd", herd.ports[MEMBER], ids=ids, clients=50, pipeline=32, mix="iamat:1", no_fill=True,
                  duration=context.seconds)
        time.sleep(REST_S)
        sample = {"load_size": peak.size, "rest_size": node.resident_size()}
        if has_journal:
            sample["filling_ms"] = herd.metric("herd_journal_filling_seconds", MEMBER) * 1000
        return sample

    def more(self, result, name, moment):
        key = moment + "_size"
        values = [(mine[key] - other[key]) / self.mib for mine, other in zip(result.samples[name], result.samples["none"])]
        result.figure(f"more than none, {name}, at {moment}", sorted(values)[len(values) // 2], "MiB", most=8,
                      spread=(min(values), max(values)))


class Start:
    """How long a start reads: the journal beside Redis's append-only file of the same clients."""

    def __init__(self, millions):
        self.millions = millions
        self.name = f"journal-start-{millions}m"
        self.title = f"a start with {millions} million clients: the journal beside Redis's append-only file, neither in memory"

    @staticmethod
    def forget(folder):
        """What its files hold is read from the disk the next time."""
        os.sync()
        for path, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(path, name), "rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    @staticmethod
    def size_of(folder):
        return sum(os.stat(os.path.join(path, name)).st_blocks * 512 for path, _, names in os.walk(folder) for name in names)

    def measure_herd(self, herd, ids):
        log = os.path.join(herd.folder, "log", f"{MEMBER}.node.log")
        herd.nodes[MEMBER].stop()
        self.forget(os.path.join(herd.folder, "data"))
        seen = len(read(log))
        begun = time.monotonic()
        herd.start_node(MEMBER)
        wait_for(lambda: " serving: " in read(log)[seen:], "a node that serves", pause_s=0.001)
        took_s = time.monotonic() - begun
        node = herd.nodes[MEMBER]
        spent_s = node.cpu_s()
        found = re.search(r" serving: (\d+) clients known", read(log)[seen:])
        if not found or int(found.group(1)) != ids:
            raise Failure(f"not {ids} clients after the start: {read(log)[seen:][-1000:]}")
        return {"took_s": took_s, "cpu_s": spent_s, "file_bytes": self.size_of(os.path.join(herd.folder, "data")) / ids}

    def measure_redis(self, redis, ids):
        redis.connection.close()
        redis.process.stop()
        self.forget(redis.folder)
        begun = time.monotonic()
        redis.start()
        wait_for(lambda: redis.info("persistence")["loading"] == "0", "Redis that has loaded", limit_s=600, pause_s=0.001)
        took_s = time.monotonic() - begun
        spent_s = redis.process.cpu_s()
        if redis.ask("ZCARD", "herd-bench") != ids:
            raise Failure(f"not {ids} clients after Redis's start")
        return {"took_s": took_s, "cpu_s": spent_s, "file_bytes": self.size_of(redis.folder) / ids}

    def run(self, context, workspace):
        ids = context.scaled(self.millions * 1_000_000)
        herd = start_herd(context, workspace, "memory")
        commands = Redis(workspace, "commands", settings={**REDIS["everysec"], "auto-aof-rewrite-percentage": "0"})
        fill(context, "herd", herd.ports[MEMBER], ids)
        fill(context, "redis", commands.port, ids)
        wait_level(herd)
        result = Result([SETTINGS, "redis: appendonly yes, appendfsync everysec, not rewritten: a file of commands",
                         "from the process's beginning until the node serves, or Redis has loaded; before it the files are "
                         "written out and dropped from the page cache"])
        for _ in context.rounds_of(self, min(context.rounds, 3)):
            result.add("herd", self.measure_herd(herd, ids))
            result.add("redis", self.measure_redis(commands, ids))
        result.ratio("time of a start: herd / AOF", ("herd", "took_s"), ("redis", "took_s"), most=1)
        result.ratio("CPU of a start: herd / AOF", ("herd", "cpu_s"), ("redis", "cpu_s"))
        result.values("a start", "herd", "took_s", "s")
        result.ratio("bytes of the files a client: herd / AOF", ("herd", "file_bytes"), ("redis", "file_bytes"))
        return result


CASES = [
    Durable("50x32", 50, 32, judge_lines(0.85, 3)),
    Durable("50x1", 50, 1, judge_lines(None, 1)),
    Durable("lone", 1, 1, judge_lone),
    Written(),
    Memory(),
    Start(1),
    Start(5),
]
