"""How results are judged and told; needs no programs. python3 -m unittest, by tests/bench/test_run.sh."""
import os
import tempfile
import unittest

import cases_pair
import process
import report
from result import GENERATOR_SHARE, MISSED, REACHED, REFUSED, REPORTED, Result, verdict


class Verdicts(unittest.TestCase):
    def test_a_bar_is_reached_by_what_equals_it(self):
        self.assertEqual(verdict(3.5, 3.5, most=False), REACHED)
        self.assertEqual(verdict(3.49, 3.5, most=False), MISSED)
        self.assertEqual(verdict(2.2, 2.2, most=True), REACHED)
        self.assertEqual(verdict(2.21, 2.2, most=True), MISSED)
        self.assertEqual(verdict(9, None, most=False), REPORTED)


class Ratios(unittest.TestCase):
    def setUp(self):
        self.result = Result(["settings"])
        for mine, theirs in ((10, 2), (30, 3), (20, 10)):
            self.result.add("herd", {"n": mine})
            self.result.add("redis", {"n": theirs})

    def test_a_ratio_is_of_medians_and_its_spread_of_rounds(self):
        self.result.ratio("herd / redis", ("herd", "n"), ("redis", "n"), least=7)
        figure = self.result.figures[0]
        self.assertAlmostEqual(figure["value"], 20 / 3)
        self.assertEqual(figure["spread"], (2, 10))
        self.assertEqual(figure["verdict"], MISSED)

    def test_nothing_is_divided_by_zero(self):
        for _ in range(3):
            self.result.add("idle", {"n": 0})
        self.result.ratio("herd / idle", ("herd", "n"), ("idle", "n"))
        self.assertEqual(self.result.figures, [])
        self.assertIn("not known", self.result.notes[0])

    def test_markdown_has_a_row_for_each_figure(self):
        self.result.ratio("a | b", ("herd", "n"), ("redis", "n"), most=9)
        case = {"name": "case", "title": "title", **self.result.as_json()}
        table = report.markdown_table(report.FIGURE_TITLES, list(report.figure_rows([case])))
        self.assertIn("| case | a \\| b | 6.67 x | 10.0 | 2.00 - 10.0 | <= 9.00 x | reached |", table)

    def test_results_take_the_place_of_the_last_ones(self):
        machine = {name: "x" for name in ("processor", "processors", "memory_gib", "kernel", "system", "commit", "redis",
                                          "libzmq", "date")}
        results = {"machine": {**machine, "load_before": 0.5}, "quick": False, "rounds": 3, "seconds": 1,
                   "cases": [{"name": "case", "title": "title", **self.result.as_json()}]}
        page = report.page_with(f"a\n{report.PAGE_BEGIN['bars']}old\n{report.PAGE_END}z\n", results)
        self.assertTrue(page.startswith("a\n" + report.PAGE_BEGIN["bars"]) and page.endswith(report.PAGE_END + "z\n"))
        self.assertIn("| herd | 20.0 |", page)
        self.assertNotIn("old", page)
        self.assertEqual(report.page_with(page, results), page)
        self.assertRaises(ValueError, report.page_with, "no place", results)
        results["cases"][0]["name"] = "journal-case"
        self.assertRaises(ValueError, report.page_with, page, results)
        self.assertIn("| herd | 20.0 |", report.page_with(report.PAGE_BEGIN["journal"] + report.PAGE_END + page, results))

    def test_results_of_one_kind_have_a_place_of_their_own(self):
        of = {names: report.section_of({"cases": [{"name": name} for name in names.split()]})
              for names in ("web-put web-near", "journal-lone", "web-put journal-lone", "web-put lone", "check")}
        self.assertEqual(list(of.values()), ["web", "journal", "bars", "bars", "bars"])

    def test_the_worst_round_is_that_farthest_below_the_bar(self):
        self.result.ratio("at least", ("herd", "n"), ("redis", "n"), least=7)
        self.result.ratio("at most", ("herd", "n"), ("redis", "n"), most=7)
        self.result.ratio("no bar", ("herd", "n"), ("redis", "n"))
        self.assertEqual([figure["worst"] for figure in self.result.figures], [2, 10, None])

    def test_a_machine_with_other_work_is_told_of(self):
        results = {"machine": {"load_before": 0.5}, "cases": [{"name": "one", "others": 0.5}]}
        self.assertEqual(report.busy_text(results), "")
        results["machine"]["load_before"] = 0.51
        self.assertIn("0.51 before the first case", report.busy_text(results))
        results["cases"].append({"name": "two", "others": 0.6})
        self.assertIn("during two.", report.busy_text(results))

    def test_a_case_that_failed_is_told(self):
        case = {"name": "case", **Result([]).as_json(), "failed": "why\nmore"}
        self.assertEqual(list(report.figure_rows([case])), [["case", "why", "-", "-", "-", "-", "FAILED"]])


class Generator(unittest.TestCase):
    """A verdict is refused where the generator may have made it, and only there."""

    def verdict(self, herd, other, bar):
        result = Result([])
        for name, rate, share in (("herd", *herd), ("other", *other)):
            result.add(name, {"lines_per_s": rate, "p50_us": 1 / rate, GENERATOR_SHARE: share})
        result.ratio("herd / other", ("herd", "lines_per_s"), ("other", "lines_per_s"), least=bar)
        result.ratio("no rate", ("herd", "p50_us"), ("other", "p50_us"), most=99)
        self.assertEqual(result.figures[1]["verdict"], REACHED)
        self.assertEqual(len(result.notes), 1 if result.figures[0]["verdict"] == REFUSED else 0)
        return result.figures[0]["verdict"]

    def test_a_generator_with_time_left_refuses_nothing(self):
        self.assertEqual(self.verdict((2, 0.9), (1, 0.9), 2), REACHED)
        self.assertEqual(self.verdict((2, 0.9), (1, 0.9), 3), MISSED)

    def test_what_is_beside_us_may_have_been_held_back(self):
        self.assertEqual(self.verdict((2, 0.5), (1, 0.91), 2), REFUSED)
        self.assertEqual(self.verdict((2, 0.5), (1, 0.91), 3), MISSED)

    def test_we_may_have_been_held_back(self):
        self.assertEqual(self.verdict((2, 0.91), (1, 0.5), 2), REACHED)
        self.assertEqual(self.verdict((2, 0.91), (1, 0.5), 3), REFUSED)


class Times(unittest.TestCase):
    """Times that a busy generator may have made."""

    def verdict(self, p99, share):
        result = Result([])
        result.add("events", {"p99_us": p99, GENERATOR_SHARE: share})
        result.values("p99", "events", "p99_us", "us", most=100)
        result.refuse_busy("events")
        self.assertEqual(len(result.notes), 1 if result.figures[0]["verdict"] == REFUSED else 0)
        return result.figures[0]["verdict"]

    def test_only_what_is_missed_is_refused(self):
        self.assertEqual(self.verdict(90, 0.99), REACHED)
        self.assertEqual(self.verdict(110, 0.9), MISSED)
        self.assertEqual(self.verdict(110, 0.91), REFUSED)


class Files(unittest.TestCase):
    def test_places_are_dense_with_five_others_near(self):
        rows = [(50.0, 7.0 + i * 0.01) for i in range(6)] + [(60.0, 7.0 + i * 0.01) for i in range(5)]
        with tempfile.TemporaryDirectory() as folder:
            places, dense = os.path.join(folder, "places"), os.path.join(folder, "dense")
            with open(places, "w", encoding="utf-8") as file:
                file.writelines(f"{i}\tname\t\t\t{row[0]}\t{row[1]}\tP\n" for i, row in enumerate(rows))
            self.assertEqual(cases_pair.write_dense_places(dense, places), 6)
            self.assertEqual(process.read(dense), "".join(process.read(places).splitlines(True)[:6]))

    def test_a_name_may_have_brackets_and_spaces(self):
        stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 100 1 1\n"
        self.assertEqual(process.ticks_of(stat), 200 / process.TICKS)


if __name__ == "__main__":
    unittest.main()
