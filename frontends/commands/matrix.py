"""The command ``matrix``, which compares implementations."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from threadspec.adapters.adapter import Implementation, Unavailable, choose
from threadspec.adapters.runner.places import processors
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.frontends.commands import Commands, read_records
from threadspec.frontends.options import factor, times
from threadspec.frontends.parallel import ParallelTrials
from threadspec.reports import matrix as matrices
from threadspec.reports import page, render, render_diff
from threadspec.reports import record as records
from threadspec.reports.history import Histories, histories


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    matrix = commands.add_parser(
        "matrix", help="compare implementations: judge them here, or read their records"
    )
    matrix.add_argument(
        "--impl",
        action="append",
        metavar="NAME",
        help="judge this implementation; takes the same values as pytest --impl and may be "
        "repeated (default: all, or none with --from)",
    )
    matrix.add_argument(
        "--from",
        dest="records",
        action="extend",
        nargs="+",
        default=[],
        type=Path,
        metavar="RECORD",
        help="read these records, written by pytest --impl-report or by an earlier matrix, or all "
        "records in these folders",
    )
    matrix.add_argument(
        "--baseline",
        action="extend",
        nargs="+",
        default=[],
        type=Path,
        metavar="RECORD",
        help="show what has changed since these earlier records, or the records in these folders",
    )
    matrix.add_argument(
        "--out",
        type=Path,
        default=Path("threadspec-matrix"),
        metavar="DIR",
        help="the folder for matrix.html, matrix.md, matrix.csv, matrix.json and records (default: "
        "%(default)s)",
    )
    matrix.add_argument(
        "-n",
        "--jobs",
        type=times,
        metavar="N",
        help="run N cases at a time, besides those that wait (default: one for each processor)",
    )
    matrix.add_argument(
        "--repeat",
        type=times,
        default=1,
        metavar="N",
        help="run every case N times; the verdict is varies where they differ (default: 1)",
    )
    matrix.add_argument(
        "--time-scale",
        type=factor,
        default=1.0,
        metavar="FACTOR",
        help="multiply every named duration, for slow machines (default: 1)",
    )
    matrix.add_argument(
        "--label",
        default="",
        metavar="TEXT",
        help="write this label into the records, such as the revision that is judged",
    )
    matrix.set_defaults(call=_matrix)


def _matrix(console: Console, options: argparse.Namespace) -> int:
    earlier = read_records(options.baseline)  # now, as they may be in the folder of the output
    read = read_records(options.records)
    names = options.impl or ([] if options.records else ["all"])
    chosen = list(choose(names))
    missing = [
        matrices.Missing(one.name, one.reason) for one in chosen if isinstance(one, Unavailable)
    ]
    with contextlib.suppress(OSError):  # _write() reports it
        options.out.mkdir(parents=True, exist_ok=True)
    implementations = [one for one in chosen if isinstance(one, Implementation)]
    made: dict[str, records.Record] = {}
    failed = interrupted = False
    with (
        _progress(bool(names)) as progress,
        _trials(implementations, options, progress) as trials,
    ):
        try:
            for one, found in trials.finished():
                if isinstance(found, UserError):
                    # The other implementations are still judged.
                    missing.append(matrices.Missing(one.name, str(found.__cause__ or found)))
                    failed = failed or not one.optional
                else:
                    records.write(found, options.out / "records" / records.file_name(one.name))
                    made[one.name] = found
        except KeyboardInterrupt:
            interrupted = True
    ended = {*made, *(one.name for one in missing)}
    missing += [
        matrices.Missing(one.name, "interrupted")
        for one in implementations
        if one.name not in ended
    ]
    if interrupted and not (read or made):
        raise KeyboardInterrupt
    read += [made[one.name] for one in implementations if one.name in made]
    matrix = matrices.build(read, catalogue(), missing)
    past = histories(matrix, earlier)
    status = _write_matrix(console, matrix, past, options.out)
    if earlier:
        _print_changes(console, past)
    if interrupted:
        print("threadspec: interrupted; the matrix holds what was finished", file=sys.stderr)
        return 130
    return 1 if failed else status


def _progress(shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
    )


def _trials(
    implementations: Sequence[Implementation], options: argparse.Namespace, progress: Progress
) -> ParallelTrials:
    jobs = options.jobs or processors()
    return ParallelTrials(
        implementations, options.time_scale, options.repeat, jobs, progress, options.label
    )


def _print_changes(console: Console, past: Histories) -> None:
    """Print what has regressed since the earlier records."""
    found = [since for label in past.steps if (since := past.since(label))]
    line = "The earlier records are of other implementations, so nothing was compared."
    if found:
        line = render_diff.outcome(found)
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _write_matrix(console: Console, matrix: matrices.Matrix, past: Histories, folder: Path) -> int:
    """Write a matrix in all forms and print its table; the exit status."""
    for suffix, text in (
        ("json", matrices.to_json(matrix)),
        ("md", render.markdown(matrix)),
        ("csv", render.csv(matrix)),
        ("html", page.html(matrix, past)),
    ):
        _write(folder / f"matrix.{suffix}", text)
    _print_table(console, matrix)
    console.print(
        f"The whole matrix is in {folder}: matrix.html, matrix.md, matrix.csv and matrix.json.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    kit_fault = any(column.counts["error"] for column in matrix.columns)
    if kit_fault:
        console.print("The verdict error is a fault of the kit itself: please report it.")
    return 1 if kit_fault else 0


def _print_table(console: Console, matrix: matrices.Matrix) -> None:
    """Print the matrix, wider than the terminal if its numbers need more space."""
    table = render.table(matrix, console.encoding)
    width = max(console.width, render.least_width(table, console))
    Console(file=console.file, width=width).print(table)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
