"""How results are judged and told; needs no programs. python3 -m unittest, by tests/bench/test_run.sh."""
import os
import tempfile
import unittest

import cases_pair
import process
import report
from result import MISSED, REACHED, REPORTED, Result, verdict


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
        self.assertIn("| case | a \\| b | 6.67 x | 2.00 - 10.0 | <= 9.00 x | reached |", table)

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

    def test_a_case_that_failed_is_told(self):
        case = {"name": "case", **Result([]).as_json(), "failed": "why\nmore"}
        self.assertEqual(list(report.figure_rows([case])), [["case", "why", "-", "-", "-", "FAILED"]])


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
