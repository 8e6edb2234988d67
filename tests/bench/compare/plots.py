"""Plots of the results, SVG, by gnuplot."""
import os
import shutil
import subprocess

import report

LINES = ["iamat-50x32", "iamat-500x32", "iamat-50x1", "iamat-500x1", "iamat-5000x1"]
PEERS = ["herd", "GEOADD", "SET", "echo"]


def gnuplot(output, title, script, width=900, height=420):
    head = [f"set terminal svg size {width},{height} font 'sans-serif,12' background 'white'",
            f"set output '{output}'", f"set title '{title}'", ""]
    subprocess.run(["gnuplot"], input=("\n".join(head) + script + "\n").encode(), check=False)


def row_of(name, *numbers):
    return f'"{name}" ' + " ".join(f"{number:.4f}" for number in numbers)


def load_of(case):
    """`50 x 32` of the case's title."""
    return case["title"].rsplit(", ", 1)[-1]


def lines_row(case):
    cells = []
    for peer in PEERS:
        if peer not in case["samples"]:
            cells += [0, 0, 0]
            continue
        values = [sample["lines_per_s"] / 1e6 for sample in case["samples"][peer]]
        cells += [case["medians"][peer]["lines_per_s"] / 1e6, min(values), max(values)]
    return row_of(load_of(case), *cells)


def lines_plot(cases, folder, remark):
    """Lines a second of each peer, medians, with the smallest and the largest of the rounds."""
    if not cases:
        return
    many = [lines_row(case) for case in cases if load_of(case).endswith("32")]
    few = [lines_row(case) for case in cases if not load_of(case).endswith("32")]
    panels = [("$many", many), ("$few", few)]
    script = [line for name, rows in panels for line in (f"{name} << END", *rows, "END")]
    script += ["set style data histograms", "set style histogram errorbars gap 1 lw 1", "set yrange [0:*]",
               "set style fill solid 0.8 border -1", "set grid ytics", "set xlabel 'connections x lines under way on each'",
               f"set multiplot layout 1,2 title 'answered, millions a second{remark}'", "unset title"]
    for name, rows in panels:
        plots = ", ".join(f"{name} using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xtic(1) title '{peer}'"
                          for i, peer in enumerate(PEERS))
        script += ["plot " + plots] if rows else []
    gnuplot(os.path.join(folder, "performance-lines.svg"), "", "\n".join(script))


def cpu_rows(case):
    medians = case["medians"]
    yield row_of(f"{load_of(case)} herd", medians["herd"]["node_cpu_us"], medians["herd"]["frontend_cpu_us"], 0)
    for peer in PEERS[1:]:
        if peer in medians:
            yield row_of(f"{load_of(case)} {peer}", 0, 0, medians[peer]["cpu_us"])


def cpu_plot(cases, folder, remark):
    """Microseconds of processor time that servers spend on a line."""
    rows = [row for case in cases for row in cpu_rows(case)]
    if not rows:
        return
    titles = ", ".join(f"$data using {2 + i}{':xtic(1)' if i == 0 else ''} title '{part}'"
                       for i, part in enumerate(("herd-node", "herd-frontend", "Redis, echo")))
    gnuplot(os.path.join(folder, "performance-cpu.svg"), "processor time of the servers for a line, us" + remark, "\n".join([
        "$data << END", *rows, "END", "set style data histograms", "set style histogram rowstacked", "set boxwidth 0.7",
        "set style fill solid 0.8 border -1", "set grid ytics", "set yrange [0:*]", "set xtics rotate by -35",
        "set key top left", "plot " + titles]))


def bars_plot(results, folder, name, remark):
    """How far each figure is from its bar: 1 is the bar, more is better."""
    rows = []
    for case in results["cases"]:
        for figure in case["figures"]:
            if figure["bar"] and figure["value"] > 0:
                share = figure["bar"] / figure["value"] if figure["is_most"] else figure["value"] / figure["bar"]
                rows.append(row_of(f"{case['name']}, {figure['title']}", share))
    if not rows:
        return
    gnuplot(os.path.join(folder, name),
            "figures over their bars: right of the red line they are reached" + remark, "\n".join([
                "$data << END", *reversed(rows), "END", "set style fill solid 0.8", "set logscale x", "set grid xtics",
                "set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)", "unset key", f"set yrange [-0.7:{len(rows) - 0.3}]",
                "set xrange [0.1:*]", "set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc 'red' front",
                "plot $data using (0.1):0:(0.1):2:($0 - 0.35):($0 + 0.35):($2 >= 1 ? 0x4a90c0 : 0xc05040):ytic(1) "
                "with boxxyerror lc rgb variable"]), width=1000, height=80 + 22 * len(rows))


def draw(results, folder, say):
    if not shutil.which("gnuplot"):
        say("no plots: gnuplot is not here (Debian: gnuplot-nox)")
        return
    cases = {case["name"]: case for case in results["cases"] if case["samples"]}
    loads = [cases[name] for name in LINES if name in cases]
    remark = " (a short look, no measurement)" if results["quick"] else ""
    bars_plot(results, folder, f"performance-{report.section_of(results)}.svg", remark)
    lines_plot(loads, folder, remark)
    cpu_plot(loads, folder, remark)
