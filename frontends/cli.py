"""The ``threadspec`` command: browse the clauses, make a matrix, print the schemas."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from threadspec.adapters import file_format
from threadspec.adapters.adapter import (
    Implementation,
    Unavailable,
    choose,
    kit_adapters,
)
from threadspec.adapters.runner.places import processors
from threadspec.conformance import manual
from threadspec.conformance.catalogue import CatalogueError, Clause, catalogue, version
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery, check
from threadspec.frontends.judging import Judging
from threadspec.frontends.options import factor, times
from threadspec.frontends.trial import kit_version
from threadspec.reports import matrix as matrices
from threadspec.reports import page, render
from threadspec.reports import record as records


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="threadspec",
        description="Judge implementations of Python's threading module by its 2.6 manual.",
    )
    versions = f"threadspec {kit_version()} (catalogue {version()})"
    parser.add_argument("--version", action="version", version=versions)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    clauses = commands.add_parser("clauses", help="search the clause catalogue")
    clauses.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="list only the clauses that contain every word, in their id, text or statements",
    )

    explain = commands.add_parser(
        "explain",
        help="show one clause (text, statements, cases, known divergences), or list those of a "
        "chapter",
    )
    explain.add_argument(
        "clause",
        metavar="CLAUSE",
        help="the id of a clause, such as lock.release.no-value, or a chapter, such as lock",
    )

    commands.add_parser("coverage", help="check that every statement of the manual is covered")

    schema = commands.add_parser(
        "schema", help="print the JSON Schema of adapter files or of records"
    )
    schema.add_argument(
        "format",
        choices=("adapter", "record"),
        help="adapter: for editors that complete and check adapter files; record: for programs "
        "that read records",
    )

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
        help="read these records, written by pytest --impl-report or by an earlier matrix",
    )
    matrix.add_argument(
        "--out",
        type=Path,
        default=Path("threadspec-matrix"),
        metavar="DIR",
        help="the folder for matrix.json, matrix.md, matrix.html and records (default: "
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
    return parser


def _clauses(console: Console, words: Sequence[str]) -> int:
    found = catalogue().search(words)
    if not found:
        raise UserError(f"No clause contains {' and '.join(words)}; try fewer words.")
    return _list(console, found)


def _list(console: Console, found: Sequence[Clause]) -> int:
    """Print clauses, one on a line."""
    width = max(len(clause.id) for clause in found)
    for clause in found:
        line = f"[bold]{clause.id:<{width}}[/]  {clause.level:<6}  {escape(clause.says)}"
        console.print(line, highlight=False, soft_wrap=not console.is_terminal)
    return 0


def _explain(console: Console, identifier: str) -> int:
    clause = catalogue().find(identifier)
    chapters = {chapter.name: chapter for chapter in catalogue().chapters}
    if clause is None and identifier in chapters:
        return _list(console, chapters[identifier].clauses)
    if clause is None:
        raise UserError(f"There is no clause {identifier}; {catalogue().hint(identifier)}")
    for label, value in _fields(clause):
        console.print(f"[bold]{label:<10}[/]  {escape(value)}", highlight=False, soft_wrap=True)
    return 0


def _fields(clause: Clause) -> Iterator[tuple[str, str]]:
    yield "clause", clause.id
    yield "chapter", clause.chapter
    yield "level", clause.level
    yield "says", clause.says
    yield "statements", ", ".join(clause.statements)
    yield "numbers", manual.NUMBERING
    for address in dict.fromkeys(map(manual.link, clause.statements)):
        yield "manual", address
    if clause.reading:
        yield "reading", clause.reading
    if clause.untested:
        yield "untested", clause.untested
    for case in battery():
        if case.clause.id == clause.id:
            file = "" if case.source == case.file else f"battery/{case.source}, "
            yield "case", f"{case.id} ({file}line {case.line})"
    for adapter in kit_adapters():
        if clause.chapter in adapter.omits:
            yield "omitted", f"by {adapter.name}, with the chapter {clause.chapter}"
        for one in adapter.divergences:
            if one.clause == clause.id:
                when = f" ({one.when})" if one.when else ""
                yield "known", f"{adapter.name}{when}: {one.verdict}: {one.reason}"


def _coverage(console: Console) -> int:
    clauses = catalogue()
    unwritten = clauses.open_statements()
    covered = len(clauses.statements) - len(unwritten)
    tested = len({case.clause.id for case in battery()})
    gaps = check(clauses, battery())
    console.print(
        f"{covered} of {len(clauses.statements)} statements of the manual are cited by "
        f"{len(clauses.clauses)} clauses. {len(battery())} cases check {tested} clauses; "
        f"the other {len(clauses.clauses) - tested} say why they are not tested.",
        highlight=False,
        soft_wrap=True,
    )
    if unwritten:
        console.print("Open: " + ", ".join(unwritten), highlight=False, soft_wrap=True)
    for gap in gaps:
        console.print(gap, highlight=False, soft_wrap=True)
    return 1 if unwritten or gaps else 0


def _schema(of: str) -> int:
    if of == "adapter":
        print(file_format.schema_text(catalogue()), end="")
    else:
        print(json.dumps(records.schema(), indent=1))
    return 0


def _matrix(console: Console, options: argparse.Namespace) -> int:
    read = [records.read(path) for path in options.records]
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
        _judging(implementations, options, progress) as judging,
    ):
        try:
            for one, found in judging.finished():
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
    status = _write_matrix(console, matrices.build(read, catalogue(), missing), options.out)
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


def _judging(
    implementations: Sequence[Implementation], options: argparse.Namespace, progress: Progress
) -> Judging:
    jobs = options.jobs or processors()
    return Judging(implementations, options.time_scale, options.repeat, jobs, progress)


def _write_matrix(console: Console, matrix: matrices.Matrix, folder: Path) -> int:
    """Write a matrix in all forms and print its table; the exit status."""
    for suffix, text in (
        ("json", matrices.to_json(matrix)),
        ("md", render.markdown(matrix)),
        ("html", page.html(matrix)),
    ):
        _write(folder / f"matrix.{suffix}", text)
    _print_table(console, matrix)
    console.print(
        f"The whole matrix is in {folder}: matrix.html, matrix.md and matrix.json.",
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    ``arguments``: the command line without the program's name, by default that of the process.
    Returns the exit status: 0 for success, and 1 for an error, after a message on standard error.
    Raises SystemExit with the status 2 for wrong options.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names and reasons may contain any character
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        if options.command == "clauses":
            return _clauses(console, options.words)
        if options.command == "explain":
            return _explain(console, options.clause)
        if options.command == "coverage":
            return _coverage(console)
        if options.command == "schema":
            return _schema(options.format)
        return _matrix(console, options)
    except (UserError, CatalogueError) as error:
        print(f"threadspec: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("threadspec: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of the output has closed it, as in `threadspec clauses | head`.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
