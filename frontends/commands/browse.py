"""Commands that show what is required: ``clauses``, ``explain`` and ``coverage``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape

from threadspec.adapters.adapter import kit_adapters
from threadspec.conformance import manual
from threadspec.conformance.catalogue import Clause, catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery, check
from threadspec.frontends.commands import Commands


def add(commands: Commands) -> None:
    """Add the commands to a parser."""
    clauses = commands.add_parser("clauses", help="search the clause catalogue")
    clauses.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="list only the clauses that contain every word, in their id, text or statements",
    )

    clauses.set_defaults(call=_clauses)

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

    explain.set_defaults(call=_explain)

    coverage = commands.add_parser(
        "coverage", help="check that every statement of the manual is covered"
    )
    coverage.set_defaults(call=_coverage)


def _clauses(console: Console, options: argparse.Namespace) -> int:
    words: list[str] = options.words
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


def _explain(console: Console, options: argparse.Namespace) -> int:
    identifier: str = options.clause
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


def _coverage(console: Console, options: argparse.Namespace) -> int:
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
