"""Tables of results: for the terminal and, as Markdown, for docs/performance.md."""

PAGE_BEGIN = {"bars": "<!-- results: tests/bench/run --publish build/bench/results.json -->\n",
              "journal": "<!-- results: tests/bench/journal --publish build/bench/journal/results.json -->\n",
              "web": "<!-- results: tests/bench/web --publish build/bench/web/results.json -->\n"}
PAGE_END = "<!-- end of results -->\n"
COLUMNS = {"lines_per_s": "lines/s", "cpu_us": "server CPU us/line", "generator_us": "generator CPU us/line", "p50_us": "p50 us", "p99_us": "p99 us",
           "p99.9_us": "p99.9 us", "node_cpu_us": "node CPU us/line", "frontend_cpu_us": "front-end CPU us/line",
           "generator_share": "generator busy", "results": "results/answer", "written_bytes": "written bytes/line"}

REASON_SIZE = 60  # characters of a failure in the table; all of it is told where it happens


def number(value):
    """Three significant digits or so, thousands apart."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def with_unit(value, unit):
    return f"{number(value)} {unit}".strip()


def bar_of(figure):
    if figure["bar"] is None:
        return "-"
    return f"{'<=' if figure['is_most'] else '>='} {with_unit(figure['bar'], figure['unit'])}"


def spread_of(figure):
    return "-" if not figure["spread"] else " - ".join(number(value) for value in figure["spread"])


def figure_rows(cases):
    """Rows of the table of all figures."""
    for case in cases:
        for figure in case["figures"]:
            yield [case["name"], figure["title"], with_unit(figure["value"], figure["unit"]), number(figure.get("worst")),
                   spread_of(figure), bar_of(figure), figure["verdict"]]
        if case.get("failed"):
            yield [case["name"], case["failed"].splitlines()[0][:REASON_SIZE], "-", "-", "-", "-", "FAILED"]


FIGURE_TITLES = ["case", "figure", "median", "worst", "rounds", "bar", "verdict"]
LOAD_MOST = 0.5  # of the load average before a run, and of processors that others had during a case


def median_rows(case):
    names = list(dict.fromkeys(name for medians in case["medians"].values() for name in medians))
    titles = ["peer", *(COLUMNS.get(name, name.replace("_", " ")) for name in names)]
    rows = [[peer, *(number(medians.get(name)) for name in names)] for peer, medians in case["medians"].items()]
    return titles, rows


def text_table(titles, rows):
    rows = [titles, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def markdown_table(titles, rows):
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [titles, ["---"] * len(titles), *escaped])


def machine_text(results):
    machine = results["machine"]
    hurried = " THIS WAS A SHORT LOOK (--quick): the bars alone, rounds of a second." if results["quick"] else ""
    valkey = f"Valkey {machine['valkey']}" if machine.get("valkey", "unknown") != "unknown" else "no Valkey"
    return (f"{machine['processor']}, {machine['processors']} processors, {machine['memory_gib']} GiB; "
            f"Linux {machine['kernel']}, {machine['system']}; commit {machine['commit']}, "
            f"Redis {machine['redis']}, {valkey}, libzmq {machine['libzmq']}; {machine['date']}; "
            f"{results['rounds']} rounds of {results['seconds']} s, "
            f"load average before {machine['load_before']:.2f}.{hurried}{busy_text(results)}")


def totals(cases):
    verdicts = [row[-1] for row in figure_rows(cases)]
    return ", ".join(f"{verdicts.count(one)} {one}" for one in ("reached", "MISSED", "REFUSED", "reported", "FAILED"))


def busy_text(results):
    """A warning where the machine had other work."""
    load = results["machine"]["load_before"]
    busy = [case["name"] for case in results["cases"] if case.get("others", 0) > LOAD_MOST]
    parts = [f"the load average was {load:.2f} before the first case"] if load > LOAD_MOST else []
    parts += [f"others had more than {LOAD_MOST} processors during {', '.join(busy)}"] if busy else []
    return f" WARNING: THE MACHINE WAS NOT QUIET: {'; '.join(parts)}." if parts else ""


def load_text(case):
    before, after = case["load"]
    others = f"; other processes had {case['others']:.2f} processors meanwhile" if "others" in case else ""
    return f"load average before {before:.2f}, after {after:.2f}{others}"


def case_text(case):
    """What is printed when a case is through."""
    parts = [f"== {case['name']}: {case['title']}", *("   " + line for line in case["settings"]),
             "   " + load_text(case)]
    if case["medians"]:
        parts += ["", text_table(*median_rows(case))]
    parts += ["", text_table(FIGURE_TITLES[1:], [row[1:] for row in figure_rows([case])])]
    return "\n".join([*parts, *("   note: " + note for note in case["notes"]), ""])


def summary_text(results):
    return "\n".join([machine_text(results), "", text_table(FIGURE_TITLES, list(figure_rows(results["cases"]))), "",
                      totals(results["cases"])])


def markdown(results):
    parts = [machine_text(results), "", markdown_table(FIGURE_TITLES, list(figure_rows(results["cases"]))), "",
             totals(results["cases"]) + "."]
    for case in results["cases"]:
        parts += ["", f"### {case['name']}: {case['title']}", "", *(f"- {line}" for line in case["settings"])]
        parts += ["- " + load_text(case)] if "load" in case else []
        if case["medians"]:
            parts += ["", markdown_table(*median_rows(case))]
        parts += ["", *case["notes"]] if case["notes"] else []
    return "\n".join(parts)


def section_of(results):
    """What they are about: "journal" or "web" where all of them are, else "bars"."""
    kinds = {case["name"].partition("-")[0] for case in results["cases"]}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return kind if kind in PAGE_BEGIN else "bars"


def page_with(page, results):
    """The page with these results in the place of its last ones of that kind."""
    before, begin, rest = page.partition(PAGE_BEGIN[section_of(results)])
    _, end, after = rest.partition(PAGE_END)
    if not begin or not end:
        raise ValueError("the page has no place for results")
    return before + begin + markdown(results) + "\n" + end + after
