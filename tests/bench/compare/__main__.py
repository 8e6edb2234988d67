"""tests/bench/run: herds beside what they are compared with, in turns (docs/performance.md)."""
import argparse
import glob
import json
import os
import shutil
import sys
import time

import cases_check
import cases_greedy
import cases_herd
import cases_journal
import cases_lines
import cases_memory
import cases_pair
import cases_stalls
import cases_web
import machine
import plots
import redis as redis_servers
import report
from process import Failure, Workspace, end_on_signals, read
from result import Result

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
CASES = [
    *cases_lines.CASES,
    cases_pair.Whatsat(),
    cases_herd.Spread(),
    cases_herd.Visible(),
    cases_herd.VisibleNext(),
    cases_memory.Clients(),
    cases_memory.Idle(),
    cases_pair.Ids(),
    cases_herd.Newcomer(),
    cases_pair.Frontends(),
    cases_pair.Traffic(),
    cases_check.Check(),
    cases_stalls.Stalls(),
    *cases_greedy.CASES,
    *cases_web.CASES,
]
QUICK = ["check", *(case.name for case in cases_lines.CASES), "visible-next", "spread", "memory", "traffic", "newcomer"]
NAMED = cases_journal.CASES  # only by --case, and tests/bench/journal
QUICK_MOST = 1_000_000  # client IDs of a short look


class Context:
    """What cases are given: settings of the run, and where to say how far it is."""

    def __init__(self, arguments):
        self.programs = os.path.abspath(arguments.programs)
        self.places = os.path.join(ROOT, "deploy", "places", "cities.tsv")
        self.quick = arguments.quick
        self.rounds = arguments.rounds or 5
        self.seconds = arguments.seconds or (1 if arguments.quick else 3)

    def scaled(self, count):
        """So many, or fewer for a short look."""
        return min(count, QUICK_MOST) if self.quick else count

    def rounds_of(self, case, rounds=None):
        """The numbers of the rounds, each told on stderr."""
        rounds = rounds or self.rounds
        for number in range(1, rounds + 1):
            self.say(f"{case.name}: round {number} of {rounds}")
            yield number

    @staticmethod
    def say(text):
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(prog="tests/bench/run", allow_abbrev=False, description=(
        "Builds the release preset, starts herds and what they are compared with (Redis, a bare echo), runs "
        "herd-bench against them in turns, and prints medians, ratios, bars and verdicts. Progress is on stderr."))
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--case", action="append", metavar="NAME", help="only this one; may be repeated. journal-* run only so")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--seconds", type=int, metavar="N", help="of a run (default: 3; 1 with --quick)")
    parser.add_argument("--quick", action="store_true", help="a short look: the cases with the main bars alone, rounds of a second, fewer IDs; about seven minutes")
    parser.add_argument("--out", metavar="FOLDER", type=os.path.abspath,
                        help="where results.json and the plots go (default: build/bench for a whole measurement, "
                             "build/bench/part with --case, build/bench/quick with --quick)")
    parser.add_argument("--programs", metavar="FOLDER", default=os.path.join(ROOT, "build", "release", "bin"),
                        help="take the programs from there; nothing is installed or built")
    parser.add_argument("--markdown", metavar="FILE", help="print the tables of an earlier results.json as Markdown")
    parser.add_argument("--publish", metavar="FILE",
                        help="put the tables of such a results.json, and the plots beside it, into docs/")
    arguments = parser.parse_args(argv)
    for name in ("rounds", "seconds"):
        if getattr(arguments, name) is not None and getattr(arguments, name) < 1:
            parser.error(f"--{name} wants a number from 1 on")
    if arguments.out is None:
        part = "quick" if arguments.quick else "part" if arguments.case else ""
        arguments.out = os.path.join(ROOT, "build", "bench", part)
    unknown = set(arguments.case or []) - {case.name for case in [*CASES, *NAMED]}
    if unknown:
        parser.error(f"no case {', '.join(sorted(unknown))}; see --list")
    return arguments


def run_case(case, context, folder):
    context.say(f"{case.name}: {case.title}")
    begun = time.monotonic()
    load_before = os.getloadavg()[0]
    others = machine.Others()
    try:
        with Workspace(os.path.join(folder, "run")) as workspace:
            outcome = case.run(context, workspace).as_json()
    except Failure as failure:
        outcome = {**Result([]).as_json(), "failed": str(failure) or "failed"}
        context.say(f"{case.name}: FAILED: {failure}")
    outcome = {"name": case.name, "title": case.title, "took_s": round(time.monotonic() - begun, 1),
               "load": [load_before, os.getloadavg()[0]], "others": round(others.processors(), 2), **outcome}
    print(report.case_text(outcome), flush=True)
    return outcome


def chosen(arguments):
    if arguments.case:
        return [case for case in [*CASES, *NAMED] if case.name in arguments.case]
    return [case for case in CASES if case.name in QUICK] if arguments.quick else CASES


def run(arguments):
    context = Context(arguments)
    cases = chosen(arguments)
    results = {"machine": machine.describe(ROOT, context.programs), "quick": context.quick, "rounds": context.rounds,
               "seconds": context.seconds, "cases": []}
    context.say(report.machine_text({**results, "cases": []}))
    if not redis_servers.has_valkey():
        context.say(redis_servers.NO_VALKEY)
    os.makedirs(arguments.out, exist_ok=True)
    for case in cases:
        results["cases"].append(run_case(case, context, arguments.out))
        with open(os.path.join(arguments.out, "results.json"), "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    print(report.summary_text(results))
    plots.draw(results, arguments.out, context.say)
    return 1 if any("failed" in case for case in results["cases"]) else 0


def publish(path):
    page = os.path.join(ROOT, "docs", "performance.md")
    with open(path, encoding="utf-8") as file:
        text = report.page_with(read(page), json.load(file))
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)
    for plot in glob.glob(os.path.join(os.path.dirname(path), "performance-*.svg")):
        shutil.copy(plot, os.path.join(ROOT, "docs", "figures"))
    return 0


def main(argv):
    arguments = parse(argv)
    if arguments.list:
        for case in [*CASES, *NAMED]:
            print(f"{case.name:14} {case.title}")
        return 0
    if arguments.markdown:
        with open(arguments.markdown, encoding="utf-8") as file:
            print(report.markdown(json.load(file)))
        return 0
    if arguments.publish:
        return publish(arguments.publish)
    end_on_signals()
    return run(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
