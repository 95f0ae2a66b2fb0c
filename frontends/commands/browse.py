"""Commands that show what is required: ``clauses``, ``explain`` and ``coverage``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from threadspec.adapters.adapter import kit_adapters
from threadspec.adapters.divergences import Divergence
from threadspec.conformance import manual
from threadspec.conformance.catalogue import Clause, catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery, check
from threadspec.frontends.commands import Status, add_json, print_json, print_text
from threadspec.frontends.commands.completion import clauses, completed
from threadspec.frontends.commands.output import Output


def add_clauses(search: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command ``clauses``."""
    search.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="list only the clauses that contain every word, in their id, text or statements",
    )
    add_json(search)
    search.set_defaults(call=_clauses)


def add_explain(explain: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command ``explain``."""
    completed(
        explain.add_argument(
            "clause",
            metavar="CLAUSE",
            help="the id of a clause, such as lock.release.no-value, or a chapter, such as lock",
        ),
        clauses,
    )
    add_json(explain)
    explain.set_defaults(call=_explain)


def add_coverage(coverage: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command ``coverage``."""
    add_json(coverage)
    coverage.set_defaults(call=_coverage)


def _clauses(options: argparse.Namespace) -> int:
    words: list[str] = options.words
    found = catalogue().search(words)
    if options.json:
        print_json([asdict(one) for one in found])
        return Status.FINE
    if not found:
        raise UserError(f"No clause contains {' and '.join(words)}; try fewer words.")
    return _list(found)


def _list(found: Sequence[Clause]) -> int:
    """Print clauses: one on a line, or, on a terminal, with the text below the id."""
    console = Output()
    width = max(len(clause.id) for clause in found)
    for clause in found:
        if console.is_terminal:
            console.print(f"[bold]{clause.id}[/]  {clause.level}", highlight=False)
            console.print(Padding(Text(clause.says), (0, 0, 0, 4)))
        else:
            print_text(f"{clause.id:<{width}}  {clause.level:<6}  {clause.says}")
    return Status.FINE


def _explain(options: argparse.Namespace) -> int:
    console = Output()
    identifier: str = options.clause
    clause = catalogue().find(identifier)
    chapters = {chapter.name: chapter for chapter in catalogue().chapters}
    if clause is None and identifier not in chapters:
        raise UserError(f"There is no clause {identifier}; {catalogue().hint(identifier)}")
    if clause is None:
        found = chapters[identifier].clauses
        if not options.json:
            return _list(found)
        print_json([_document(one) for one in found])
    elif options.json:
        print_json(_document(clause))
    else:
        for label, value in _fields(clause):
            if console.is_terminal:
                row = Table.grid(padding=(0, 2, 0, 0))
                row.add_column(min_width=10, style="bold")
                row.add_column(overflow="fold")
                row.add_row(label, Text(value))
                console.print(row)
            else:
                print_text(f"{label:<10}  {value}")
    return Status.FINE


def _document(clause: Clause) -> dict[str, Any]:
    """All about one clause, for a program."""
    return {
        **asdict(clause),
        "links": list(dict.fromkeys(map(manual.link, clause.statements))),
        "cases": [
            {"id": case.id, "source": f"battery/{case.source}", "line": case.line}
            for case in battery()
            if case.clause.id == clause.id
        ],
        "omitted": [one.name for one in kit_adapters() if clause.chapter in one.omits],
        "known": [
            {"adapter": name, "verdict": one.verdict, "when": one.when, "reason": one.reason}
            for name, one in _known(clause)
        ],
    }


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
    for name, one in _known(clause):
        when = f" ({one.when})" if one.when else ""
        yield "known", f"{name}{when}: {one.verdict}: {one.reason}"


def _known(clause: Clause) -> Iterator[tuple[str, Divergence]]:
    """The known divergences from a clause that the kit's adapters list, each with its adapter."""
    for adapter in kit_adapters():
        for one in adapter.divergences:
            if one.clause == clause.id:
                yield adapter.name, one


def _coverage(options: argparse.Namespace) -> int:
    console = Output()
    required = catalogue()
    unwritten = required.open_statements()
    covered = len(required.statements) - len(unwritten)
    tested = len({case.clause.id for case in battery()})
    gaps = check(required, battery())
    status = Status.FOUND if unwritten or gaps else Status.FINE
    if options.json:
        document = {
            "statements": {"all": len(required.statements), "cited": covered, "open": unwritten},
            "clauses": {"all": len(required.clauses), "with cases": tested},
            "cases": len(battery()),
            "gaps": gaps,
        }
        print_json(document)
        return status
    console.print(
        f"{covered} of {len(required.statements)} statements of the manual are cited by "
        f"{len(required.clauses)} clauses. {len(battery())} cases check {tested} clauses; "
        f"the other {len(required.clauses) - tested} say why they are not tested.",
        highlight=False,
        soft_wrap=True,
    )
    if unwritten:
        console.print("Open: " + ", ".join(unwritten), highlight=False, soft_wrap=True)
    for gap in gaps:
        console.print(gap, highlight=False, soft_wrap=True)
    return status
