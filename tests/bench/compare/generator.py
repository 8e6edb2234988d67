"""herd-bench: the same generator for all peers; its echo server."""
import json
import os
import re
import resource
import subprocess

from process import Failure, read, wait_for
from result import GENERATOR_SHARE


class Echo:
    """herd-bench --serve-echo: the limit that network and kernel set."""

    def __init__(self, context, workspace):
        program = os.path.join(context.programs, "herd-bench")
        self.process = workspace.start("echo", [program, "--serve-echo", "0"])
        self.port = int(wait_for(self.said, "the echo server").group(1))

    def said(self):
        self.process.expect_alive()
        return re.search(r"echo on 127\.0\.0\.1:(\d+)\n", read(self.process.output))

    def processes(self):
        return [self.process]

    def parts(self):
        return {"echo": [self.process]}


def start_bench(context, peer, port, **options):
    """herd-bench with these options; `no_fill=True` is --no-fill. For finish_bench."""
    argv = [os.path.join(context.programs, "herd-bench"), "--connect", f"127.0.0.1:{port}",
            "--peer", peer, "--json"]
    for name, value in options.items():
        argv.append("--" + name.replace("_", "-"))
        if value is not True:
            argv.append(str(value))
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def finish_bench(child):
    """Its JSON; a reply that is wrong or missing ends the case: such figures mean nothing."""
    try:
        output, said = child.communicate()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if child.returncode != 0:
        raise Failure(f"herd-bench: {said.decode(errors='replace')[-1000:] or output.decode()}")
    return json.loads(output)


def stop_bench(child):
    """Ends one whose figures do not matter; if it has ended already, it must have been for a good reason."""
    code = child.poll()
    child.terminate()
    _, said = child.communicate()
    if code is not None and code != 0:
        raise Failure(f"herd-bench: {said.decode(errors='replace')[-1000:]}")


def bench(context, peer, port, **options):
    return finish_bench(start_bench(context, peer, port, **options))


def fill(context, peer, port, ids, **options):
    """Has the peer know all the IDs; 50 connections, so that it does not take long. An echo knows nothing."""
    if peer not in ("echo", "http"):
        bench(context, peer, port, ids=ids, clients=50, pipeline=32, duration=0, **options)


class Meter:
    """Processor time of a peer's processes between two moments: by part, or by the parts' threads."""

    def __init__(self, server, threads=False):
        self.server = server
        self.times = self.threads_times if threads else self.parts_times
        self.before = self.times()

    def parts_times(self):
        return {part: sum(process.cpu_s() for process in processes)
                for part, processes in self.server.parts().items()}

    def threads_times(self):
        times = {}
        for part, processes in self.server.parts().items():
            for process in processes:
                for thread, time_s in process.threads_cpu_s().items():
                    name = f"{part}:{thread}"
                    times[name] = times.get(name, 0) + time_s
        return times

    def spent_s(self):
        now = self.times()
        return {part: now[part] - self.before.get(part, 0) for part in now}


def ended_children_s():
    """Processor time of all children that have ended: servers have not."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(context, peer, server, port, threads=False, **options):
    """A run, as a flat sample: figures by name."""
    meter = Meter(server, threads)
    generator_s = ended_children_s()
    result = bench(context, peer, port, **options)
    generator_s = ended_children_s() - generator_s
    spent_s = meter.spent_s()
    lines = max(result["right"], 1)
    sample = {"lines_per_s": result["lines_per_s"], "cpu_us": sum(spent_s.values()) / lines * 1e6,
              "generator_us": generator_s / lines * 1e6, GENERATOR_SHARE: result[GENERATOR_SHARE]}
    sample.update({name + "_us": result["latency_us"]["all"][name] for name in ("p50", "p99", "p99.9")})
    if len(spent_s) > 1:
        sample.update({part + "_cpu_us": spent / lines * 1e6 for part, spent in spent_s.items()})
    if result["results_per_answer"] > 0:
        sample["results"] = result["results_per_answer"]
    return sample
