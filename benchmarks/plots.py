"""Plots of a run: all ratios, and cost against size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .results import Row, Run
from .subjects import NAMES

_COLOURS = {
    "floor": "0.6",
    "reference": "tab:blue",
    "stdlib": "tab:orange",
    "gevent": "tab:green",
    "aiologic": "tab:purple",
}


def plot(run: Run, folder: Path) -> list[Path]:
    """Draw SVG files and return their paths; none if matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    name = run.interpreter.split(",")[0].replace(" ", "-").lower()
    drawn = []
    compared = [row for row in run.rows if row.ratio and row.operation.unit == "s"]
    if compared:
        drawn.append(_save(_ratios(Figure, run, compared), folder / f"{name}-ratios.svg"))
    families: dict[str, list[Row]] = {}
    for row in run.rows:
        if row.operation.size:
            families.setdefault(row.operation.family, []).append(row)
    if families:
        drawn.append(_save(_sizes(Figure, run, families), folder / f"{name}-sizes.svg"))
    return drawn


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path, bbox_inches="tight")
    return path


def _ratios(make: Any, run: Run, rows: list[Row]) -> Any:
    """A line for each operation, with the spread of its pairs and a mark for its target."""
    figure = make(figsize=(8, 0.24 * len(rows) + 1))
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        compared = row.ratio
        assert compared is not None
        colour = {True: "tab:green", False: "tab:red", None: "tab:blue"}[row.met]
        axes.plot([compared.low, compared.high], [place, place], color=colour, alpha=0.4)
        axes.plot(compared.median, place, "o", color=colour, markersize=4)
        if row.target is not None:
            axes.plot(row.target, place, "|", color="black", markersize=9)
    axes.axvline(1, color="0.5", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(
        range(len(rows)),
        [f"{row.operation.chapter}: {row.operation.title}" for row in rows],
        fontsize=7,
    )
    axes.invert_yaxis()
    axes.set_xlabel("standard library's time / reference's (line: 10-90 %, |: target)")
    axes.set_title(run.interpreter)
    return figure


def _sizes(make: Any, run: Run, families: dict[str, list[Row]]) -> Any:
    """A log-log panel for each operation whose cost depends on a size."""
    columns = 4
    lines = -(-len(families) // columns)
    figure = make(figsize=(4 * columns, 3.2 * lines), layout="constrained")
    for place, (family, rows) in enumerate(families.items()):
        axes = figure.add_subplot(lines, columns, place + 1)
        for name in NAMES:
            points = [
                (row.operation.size, figure_)
                for row in rows
                if (figure_ := row.figure(name)) is not None
            ]
            if points:
                axes.loglog(*zip(*points, strict=True), "o-", label=name, color=_COLOURS[name])
        axes.set_title(family)
        axes.set_ylabel("seconds")
        axes.legend(fontsize=7)
    figure.suptitle(f"{run.interpreter}: cost against waiters, threads, timers")
    return figure
