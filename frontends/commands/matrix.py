"""The command ``matrix``, which compares implementations."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Collection, Iterable, Iterator
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
from threadspec.adapters.divergences import Divergence, stale
from threadspec.adapters.runner.places import processors
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import Verdict, fails, worst
from threadspec.frontends import options
from threadspec.frontends.commands import Status, print_text
from threadspec.frontends.commands.completion import completed, implementations
from threadspec.frontends.commands.output import Output
from threadspec.frontends.commands.records import read_records, stale_in
from threadspec.frontends.estimate import estimate
from threadspec.frontends.parallel import ParallelTrials
from threadspec.reports import joining, page, render, render_diff, render_exploration
from threadspec.reports import matrix as matrices
from threadspec.reports import record as records
from threadspec.reports.history import Histories, histories


def add_matrix(matrix: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    matrix.description = (
        "Write tables and a page that compare implementations, clause by clause. They "
        "are judged here, or read from their records."
    )
    completed(
        matrix.add_argument(
            "--impl",
            action="append",
            metavar="NAME",
            help="judge this implementation, named as for `threadspec run`; may be repeated "
            "(default: all, or none with --from)",
        ),
        implementations,
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
        "records in these folders; an exploration joins the record of its implementation",
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
        "--check",
        action="store_true",
        help="exit with 1 for a deviation that is not known and for a stale divergence, as "
        "`threadspec run` does",
    )
    matrix.add_argument(
        "-n",
        "--jobs",
        type=options.jobs,
        default="auto",
        metavar="N",
        help="run N cases at a time, besides those that wait (default: auto, which is one for "
        "each processor)",
    )
    options.add(matrix, options.named("strict", "label", "time-scale", "repeat"))
    matrix.set_defaults(call=_matrix)


def _matrix(given: argparse.Namespace) -> int:
    console = Output()
    # Now, as they may be in the folder of the output.
    earlier, _ = joining.separate(joining.all_joined(read_records(given.baseline)))
    read, explored = joining.separate(read_records(given.records))
    number = len(read)
    names = given.impl or ([] if given.records else ["all"])
    chosen = list(choose(names))
    missing = [
        matrices.Missing(one.name, one.reason) for one in chosen if isinstance(one, Unavailable)
    ]
    with contextlib.suppress(OSError):  # _write() reports it
        given.out.mkdir(parents=True, exist_ok=True)
    judged = [one for one in chosen if isinstance(one, Implementation)]
    made: dict[str, records.Record] = {}
    jobs = processors() if given.jobs == "auto" else given.jobs
    if judged:
        folder = given.out / "records"
        print(f"threadspec: {estimate(judged, folder, given.repeat, jobs)}", file=sys.stderr)
    failed = interrupted = False
    with (
        _progress(bool(names)) as progress,
        ParallelTrials(
            judged, given.time_scale, given.repeat, jobs, progress, given.label or ""
        ) as trials,
    ):
        try:
            for one, found in trials.finished():
                if isinstance(found, UserError):
                    # The other implementations are still judged.
                    missing.append(matrices.Missing(one.name, str(found.__cause__ or found)))
                    failed = failed or not one.optional
                else:
                    records.write(found, given.out / "records" / records.file_name(one.name))
                    made[one.name] = found
        except KeyboardInterrupt:
            interrupted = True
    ended = {*made, *(one.name for one in missing)}
    missing += [
        matrices.Missing(one.name, "interrupted") for one in judged if one.name not in ended
    ]
    if interrupted and not (read or made):
        raise KeyboardInterrupt
    done = [one for one in judged if one.name in made]
    read, left = joining.joined(
        [*read, *(made[one.name] for one in done)], list(_current(explored, done))
    )
    for one, found in zip(done, read[number:], strict=True):
        if found != made[one.name]:  # it has an exploration now
            records.write(found, given.out / "records" / records.file_name(one.name))
    listed = {
        id(found): trials.divergences(one.name)
        for one, found in zip(done, read[number:], strict=True)
    }
    _print_left(left)
    matrix = matrices.build(matrices.by_version(read), catalogue(), missing)
    past = histories(matrix, earlier)
    status = _write_matrix(console, matrix, past, given.out)
    _keep(matrix, read[:number], given)
    if earlier:
        print_text(render_diff.outcome_of(past))
    if given.check:
        complaints = [
            complaint
            for one in read
            for complaint in _complaints(one, given.strict, listed.get(id(one)))
        ]
        for complaint in complaints:
            print_text(complaint)
        failed = failed or bool(complaints)
    if interrupted:
        print("threadspec: interrupted; the matrix holds what was finished", file=sys.stderr)
        return Status.INTERRUPTED
    return Status.FOUND if failed else status


def _current(
    explored: Iterable[records.Record], judged: Iterable[Implementation]
) -> Iterator[records.Record]:
    """The explorations without those of another source than what is judged here, which are told."""
    here = {one.name: one for one in judged}
    for record in explored:
        name = record.implementation.name
        if name in here and not _is_current(record, here[name]):
            _print_left([(record, "the source has changed since; explore it again")])
        else:
            yield record


def _is_current(record: records.Record, implementation: Implementation) -> bool:
    from threadspec.exploration import subjects  # takes a while to import, and is rarely needed

    assert record.exploration is not None
    try:
        return next(subjects.variants(implementation)).digest == record.exploration.source
    except UserError:
        return False


def _print_left(left: Iterable[tuple[records.Record, str]]) -> None:
    """Tell which explorations are not in the matrix."""
    for record, why in left:
        name = record.implementation.name
        print(f"threadspec: left out: the exploration of {name}: {why}", file=sys.stderr)


def _keep(
    matrix: matrices.Matrix, read: Iterable[records.Record], given: argparse.Namespace
) -> None:
    """Write the records that were read beside those of the implementations judged here.

    Then the folder of the matrix is one of records, too.  No record that was given is overwritten.
    """
    folder: Path = given.out / "records"
    sources = {records.folder_of(path).resolve() for path in (*given.records, *given.baseline)}
    if folder.resolve() in sources:
        return
    copied = {id(one) for one in read}
    used: set[str] = set()
    for column in sorted(matrix.columns, key=lambda column: id(column.record) in copied):
        number, name = 1, records.file_name(column.label)
        if id(column.record) not in copied:
            name = records.file_name(column.record.implementation.name)  # it is written already
        while name.lower() in used:
            number += 1
            name = records.file_name(f"{column.label}_{number}")
        used.add(name.lower())
        if id(column.record) in copied:
            records.write(column.record, folder / name)


def _complaints(
    record: records.Record, strict: bool, listed: Collection[Divergence] | None
) -> Iterator[str]:
    """A sentence for each clause that deviates and is not known, and for each stale divergence.

    ``listed``: the known divergences, by default those that the record tells of.
    """
    name = record.implementation.name
    unknown: dict[str, list[Verdict]] = {}
    for one in record.cases:
        if fails(one.verdict, strict) and not one.is_known:
            unknown.setdefault(one.clause, []).append(one.verdict)
    for clause, verdicts in unknown.items():
        yield f"{name}: not known: {clause}: {worst(verdicts)}"
    outdated = stale_in(record) if listed is None else stale(listed, record.cases)
    gone = {(one.clause, one.verdict) for one in outdated}
    for clause, verdict in sorted(gone):
        yield f"{name}: stale divergence: {clause} is listed as {verdict}"


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


def _write_matrix(console: Console, matrix: matrices.Matrix, past: Histories, folder: Path) -> int:
    """Write a matrix in all forms and print its table; the exit status."""
    changes = {label: render_diff.document_of(since) for label, since in past.changes()}
    for suffix, text in (
        ("json", matrices.to_json(matrix, changes)),
        ("md", render.markdown(matrix, render_diff.markdown_changes(past)) + _exploration(matrix)),
        ("csv", render.csv(matrix, past)),
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
    return Status.FOUND if kit_fault else Status.FINE


def _exploration(matrix: matrices.Matrix) -> str:
    """The part of the Markdown about explorations; empty without one."""
    found = render_exploration.markdown([(one.label, one.record) for one in matrix.columns])
    return f"\n## Every schedule\n\n{found}" if found else ""


def _print_table(console: Console, matrix: matrices.Matrix) -> None:
    """Print the matrix, wider than the terminal if its numbers need more space."""
    table = render.table(matrix, console.encoding)
    width = max(console.width, render.least_width(table, console))
    Output(file=console.file, width=width).print(table)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
