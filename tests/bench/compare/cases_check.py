"""Whether herd-bench gets out of Redis what Redis's own tool gets: else what the herd is compared with would be too little."""
import re
import shutil
import subprocess

from cases_lines import IDS
from generator import fill, measure
from process import Failure
from redis import Redis
from result import Result

TOOL = "redis-benchmark"
LOAD = {"clients": 50, "pipeline": 32}
WARM_REQUESTS = 3 * IDS
# redis-benchmark puts a number of twelve digits there, another one in each place: IDs and positions at random
RANDOM = "__rand_int__"
VALUE = "+34.068930-118.445127 1621464827.959498503"
COMMANDS = {
    "SET": ("redis-set", ["SET", f"check.{RANDOM}", VALUE]),
    "GEOADD": ("redis", ["GEOADD", "herd-bench-check", f"{RANDOM}e-3", f"{RANDOM}e-4", f"check.{RANDOM}"]),
}


class Check:
    """Redis alone, asked by herd-bench and by redis-benchmark, in turns."""

    name = "check"
    title = "Redis, 50 x 32: herd-bench beside redis-benchmark"

    @staticmethod
    def ask(port, command, requests):
        """Requests a second, by redis-benchmark."""
        done = subprocess.run([TOOL, "-p", str(port), "-c", str(LOAD["clients"]), "-P", str(LOAD["pipeline"]), "-n", str(requests),
                               "-r", str(IDS), "-q", *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode(errors="replace")
        rates = re.findall(r"([0-9.]+) requests per second", said)
        if done.returncode != 0 or not rates or "rror" in said:
            raise Failure(f"{TOOL}: {said[-500:]}")
        return float(rates[-1])

    def run(self, context, workspace):
        if not shutil.which(TOOL):
            raise Failure(f"{TOOL} is not here (Debian: redis-tools)")
        redis = Redis(workspace)
        result = Result([f"{TOOL} -c {LOAD['clients']} -P {LOAD['pipeline']} -r {IDS}: keys, members and positions at random",
                         f"herd-bench: --clients {LOAD['clients']} --pipeline {LOAD['pipeline']} --ids {IDS}, the same server"])
        for peer, command in COMMANDS.values():
            fill(context, peer, redis.port, IDS)
            self.ask(redis.port, command, WARM_REQUESTS)
        for _ in context.rounds_of(self):
            for name, (peer, command) in COMMANDS.items():
                sample = measure(context, peer, redis, redis.port, ids=IDS, mix="iamat:1", no_fill=True,
                                 duration=context.seconds, **LOAD)
                result.add(f"herd-bench, {name}", sample)
                requests = max(int(sample["lines_per_s"] * context.seconds), 1000)
                result.add(f"{TOOL}, {name}", {"lines_per_s": self.ask(redis.port, command, requests)})
        for name in COMMANDS:
            result.ratio(f"{name}/s: herd-bench / {TOOL}", (f"herd-bench, {name}", "lines_per_s"),
                         (f"{TOOL}, {name}", "lines_per_s"), least=0.85)
        return result
