"""Latency at half of the most that a pair can do, while something else is under way that must not hold it up."""
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

from generator import bench, fill, finish_bench, start_bench
from herd import SETTINGS, TWO, Client, Herd
from process import Failure, wait_for
from result import GENERATOR_SHARE, Result

MEMBER, OTHER = "Goloman", "Welsh"
IDS = 100_000
LOAD = {"clients": 50, "mix": "iamat:1", "ids": IDS, "no_fill": True}
PIPELINE = 32  # at the most; the open loop has room for what a stall holds up
PIPELINE_OPEN = 512
EACH_S = 0.1  # between the events of a run
ASKERS, QUESTIONS = 10, 20  # connections, WHATSATs under way on each
PART = 0.5  # of the most


class Silence:
    """A places service that takes requests and answers none."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def close(self):
        self.listener.close()


def every(action, seconds):
    """Does it again and again, until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        action()
        time.sleep(EACH_S)


def hang_up(herd):
    """SIGHUP to the processes of the member."""
    for process in (herd.nodes[MEMBER], *herd.frontends[MEMBER]):
        os.kill(process.pid, signal.SIGHUP)


class Event(threading.Thread):
    """What is under way beside a run; an error of it fails the case. Servers are not started here: they end with the thread
    that has started them (process.py)."""

    def __init__(self, action, seconds):
        super().__init__()
        self.action = action
        self.seconds = seconds
        self.error = None
        self.start()

    def run(self):
        try:
            self.action(self.seconds)
        except (OSError, Failure, subprocess.SubprocessError) as error:
            self.error = error

    def end(self):
        self.join()
        if self.error:
            raise Failure(f"the event beside the load: {self.error}")


class Stalls:
    """One kind of event after the other, each beside a quiet run."""

    name = "stalls"
    title = "two members, IAMAT at half of the most, open loop: latency while something else is under way"

    def __init__(self):
        self.stack = self.herd = self.keyed = None

    def ask_places(self):
        """Questions that no one answers: as many as there is room for wait, the others behind them."""
        for i in range(ASKERS):
            client = self.stack.enter_context(Client(self.herd.ports[MEMBER]))
            client.socket.sendall(b"".join(b"WHATSAT bench.%d 50 20\n" % (i * QUESTIONS + k) for k in range(QUESTIONS)))

    def start_newcomer(self):
        """The other member's node begins with nothing, and takes all."""
        self.herd.nodes[OTHER].stop()
        self.herd.start_node(OTHER)

    def rotate(self, seconds):
        """Their logs are moved away, and they open them anew."""
        logs = os.path.join(self.herd.folder, "log")

        def once():
            for name in os.listdir(logs):
                if name.startswith(MEMBER) and not name.endswith(".1"):
                    os.replace(os.path.join(logs, name), os.path.join(logs, name + ".1"))
            hang_up(self.herd)
        every(once, seconds)

    def reload(self, seconds):
        """By herdctl, whose own processor time is a part of it."""
        argv = self.herd.argv("herdctl", "reload", MEMBER)
        every(lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True), seconds)

    def reread_keys(self, seconds):
        """A key more, and one less, in turns."""
        here = os.path.join(self.keyed.folder, "keys", "watcher", "spare.cert")
        away = os.path.join(self.keyed.folder, "spare.cert")

        def once():
            os.replace(*((here, away) if os.path.exists(here) else (away, here)))
            hang_up(self.keyed)
        every(once, seconds)

    def start(self, context, workspace):
        silence = self.stack.enter_context(contextlib.closing(Silence()))
        places = ['provider = "overpass"', f'base_url = "{silence.url}"', 'timeout = "600000"', 'breaker_failures = "1000"']
        self.herd = Herd(context, workspace, "herd", TWO, {"traffic": "yes", "request_timeout": "600000"}, places=places).start()
        self.keyed = Herd(context, workspace, "keyed", TWO, {"keys": "keys"})
        for arguments in (TWO, ("--role", "operator", "bench"), ("--role", "watcher", "spare")):
            self.keyed.run("herdctl", "keygen", *arguments)
        self.keyed.start()
        for herd in (self.herd, self.keyed):
            fill(context, "herd", herd.ports[MEMBER], IDS)
            wait_for(herd.is_level, "equal digests of both members")

    @staticmethod
    def rate(context, herd):
        """Half of the lines a second that the herd has answered in a closed loop."""
        most = bench(context, "herd", herd.ports[MEMBER], duration=context.seconds, pipeline=PIPELINE, **LOAD)
        return max(int(most["lines_per_s"] * PART), 1)

    def sample(self, context, herd, rate, begin, go_on):
        """`begin`: what happens once, when the load has begun, and `go_on` until its end; or None."""
        load = start_bench(context, "herd", herd.ports[MEMBER], duration=context.seconds, pipeline=PIPELINE_OPEN, rate=rate, **LOAD)
        event = Event(go_on, context.seconds) if go_on else None
        if begin:
            begin()
        latencies = finish_bench(load)
        if event:
            event.end()
        if latencies["unsent"] > 0:
            raise Failure("the herd stood still for so long that lines could not be sent")
        sample = {name + "_ms": latencies["latency_us"]["iamat"][name] / 1000 for name in ("p50", "p99", "p99.9", "max")}
        return {**sample, "rate": rate, GENERATOR_SHARE: latencies[GENERATOR_SHARE]}

    def run(self, context, workspace):
        result = Result([SETTINGS.replace('traffic = "no"', 'traffic = "yes"') + "; a places service that never answers; "
                         "with keys: everything encrypted, on both links",
                         f"herd-bench: --clients {LOAD['clients']} --ids {IDS} --mix iamat:1, --rate half of what was answered in a closed "
                         f"loop, {PIPELINE} lines under way; rotations, reloads and keys every {EACH_S} s"])
        with contextlib.ExitStack() as self.stack:
            self.start(context, workspace)
            kinds = {"quiet": (self.herd, None, None), "rotation": (self.herd, None, self.rotate),
                     "reload": (self.herd, None, self.reload), "newcomer": (self.herd, self.start_newcomer, None),
                     "places hang": (self.herd, self.ask_places, None), "quiet, keys": (self.keyed, None, None),
                     "keys re-read": (self.keyed, None, self.reread_keys)}
            rates = {herd: self.rate(context, herd) for herd in (self.herd, self.keyed)}
            for _ in context.rounds_of(self):
                for name, (herd, begin, go_on) in kinds.items():
                    result.add(name, self.sample(context, herd, rates[herd], begin, go_on))
                    wait_for(herd.is_level, "equal digests of both members")
        for name in kinds:
            if not name.startswith("quiet"):
                quiet = "quiet, keys" if name == "keys re-read" else "quiet"
                for part in ("p99", "p99.9"):
                    result.ratio(f"{part}: {name} / quiet", (name, part + "_ms"), (quiet, part + "_ms"))
                result.values(f"longest: {name}", name, "max_ms", "ms")
        return result
