"""Plots of the results, SVG, by gnuplot."""
import os
import shutil
import subprocess

LINES = ["iamat-50x32", "iamat-500x32", "iamat-50x1", "iamat-500x1"]
PEERS = ["herd", "redis", "echo"]
HEAD = "set terminal svg size {width},{height} font 'sans-serif,12' background 'white'\nset output '{output}'\n"


def gnuplot(output, script, width=900, height=420):
    text = HEAD.format(width=width, height=height, output=output) + script
    subprocess.run(["gnuplot"], input=text.encode(), check=False)


def lines_plot(cases, folder):
    """Lines a second of each peer, medians, with the smallest and the largest of the rounds."""
    cases = [cases[name] for name in LINES if name in cases and cases[name]["samples"]]
    if not cases:
        return
    rows = []
    for case in cases:
        cells = [case["title"].rsplit(", ", 1)[-1]]
        for peer in PEERS:
            values = [sample["lines_per_s"] / 1e6 for sample in case["samples"][peer]]
            cells += [case["medians"][peer]["lines_per_s"] / 1e6, min(values), max(values)]
        rows.append(" ".join(f'"{cell}"' if isinstance(cell, str) else f"{cell:.4f}" for cell in cells))
    plots = ", ".join(f"$data using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xtic(1) title '{peer}'"
                      for i, peer in enumerate(PEERS))
    gnuplot(os.path.join(folder, "performance-lines.svg"), "\n".join([
        "$data << END", *rows, "END", "set style data histograms", "set style histogram errorbars gap 2 lw 1",
        "set style fill solid 0.8 border -1", "set yrange [0:*]", "set grid ytics", "set key top right",
        "set title 'IAMAT (GEOADD, the same lines) answered, millions a second'",
        "set xlabel 'connections x lines under way on each'", "plot " + plots, ""]))


def bars_plot(results, folder):
    """How far each figure is from its bar: 1 is the bar, more is better."""
    rows = []
    for case in results["cases"]:
        for figure in case["figures"]:
            if figure["bar"] and figure["value"] > 0:
                share = figure["bar"] / figure["value"] if figure["is_most"] else figure["value"] / figure["bar"]
                rows.append(f'"{case["name"]}, {figure["title"]}" {share:.3f}')
    if not rows:
        return
    gnuplot(os.path.join(folder, "performance-bars.svg"), "\n".join([
        "$data << END", *reversed(rows), "END", "set style fill solid 0.8", "set logscale x", "set grid xtics",
        "unset key", f"set yrange [-0.7:{len(rows) - 0.3}]", "set xrange [0.3:*]",
        "set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc 'red' front",
        "set title 'figures over their bars: right of the red line they are reached'",
        "plot $data using ($2/2):0:($2/2):(0.35):($2 >= 1 ? 0x4a90c0 : 0xc05040):ytic(1) "
        "with boxxyerror lc rgb variable", ""]), width=1000, height=80 + 22 * len(rows))


def draw(results, folder, say):
    if not shutil.which("gnuplot"):
        say("no plots: gnuplot is not here (Debian: gnuplot-nox)")
        return
    bars_plot(results, folder)
    lines_plot({case["name"]: case for case in results["cases"]}, folder)
