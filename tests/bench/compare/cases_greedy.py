"""Polite clients beside greedy ones: how long their answers take (docs/security.md)."""
import os
import subprocess

from generator import fill, finish_bench, start_bench
from herd import PAIR, SETTINGS, Herd
from process import Failure
from result import Result

GREEDY = 200  # connections that send without end
POLITE = {"clients": 50, "rate": 500, "pipeline": 200, "ids": 1000, "mix": "iamat:9,whatsat:1", "no_fill": True}
AHEAD_S = 1  # the greedy ones begin before, and end behind, the polite ones
KINDS = {
    "short": "lines of two bytes",
    "iamat": "IAMATs",
    "long": "lines of 64 KiB",
    "whatsat": "WHATSAT ID 50 20",
    "deaf": "IAMATs, whose answers are not read",
}


class Greedy:
    """One kind of greedy clients at a pair whose traffic is logged."""

    def __init__(self, kind):
        self.kind = kind
        self.name = "greedy-" + kind
        self.title = f"one pair, traffic logged: 50 clients at 10 lines/s each beside 200 that send {KINDS[kind]} as fast as they can"

    def start_greedy(self, context, port):
        argv = [os.path.join(context.programs, "herd-bench"), "--connect", f"127.0.0.1:{port}", "--clients", str(GREEDY),
                "--greedy", self.kind, "--duration", str(context.seconds + 2 * AHEAD_S + 1)]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @staticmethod
    def polite(context, port):
        latencies = finish_bench(start_bench(context, "herd", port, duration=context.seconds, **POLITE))
        if latencies["unsent"] > 0:
            raise Failure("polite clients were not answered for so long that they could not send")
        return {name + "_ms": latencies["latency_us"]["all"][name] / 1000 for name in ("p50", "p99", "max")}

    def beside(self, context, port):
        greedy = self.start_greedy(context, port)
        try:
            try:
                said = greedy.communicate(timeout=AHEAD_S)
            except subprocess.TimeoutExpired:
                said = None
            if said is not None:
                raise Failure(f"herd-bench --greedy: {said[1].decode() or said[0].decode()}")
            sample = self.polite(context, port)
            if greedy.poll() is not None:
                raise Failure("the greedy ones ended too early")
            if greedy.wait() != 0:
                raise Failure("greedy clients were disconnected")
            return sample
        finally:
            if greedy.poll() is None:
                greedy.kill()
                greedy.wait()

    def run(self, context, workspace):
        herd = Herd(context, workspace, "herd", PAIR, {"traffic": "yes"}).start()
        port = herd.ports["Goloman"]
        fill(context, "herd", port, POLITE["ids"])
        result = Result([SETTINGS.replace(', traffic = "no"', ""),
                         f"polite: herd-bench --clients {POLITE['clients']} --rate {POLITE['rate']} --mix {POLITE['mix']}",
                         f"greedy: herd-bench --clients {GREEDY} --greedy {self.kind}, on the same processors"])
        for _ in context.rounds_of(self):
            result.add("alone", self.polite(context, port))
            result.add("beside", self.beside(context, port))
        result.values("p99 of the polite ones", "beside", "p99_ms", "ms", most=100)
        result.values("p50 of the polite ones", "beside", "p50_ms", "ms")
        result.ratio("p99: beside / alone", ("beside", "p99_ms"), ("alone", "p99_ms"))
        return result


CASES = [Greedy(kind) for kind in KINDS]
