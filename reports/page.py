"""The page: a matrix as one HTML file, which a script draws from the data that the file contains.

:func:`html` renders ``templates/page.html``.  It inlines the style (``page.css``), the script
(``page.js`` and the modules in ``page/`` that it imports), and two packed blocks of data:

* *results*: the catalogue, the cases, what every implementation did, and what has changed since an
  earlier record of it, made by :func:`results`;
* *sources*: the source of each case, made by :func:`sources`, which is unpacked when a reader asks
  for one.

A packed block is JSON, compressed with zlib and written in base64.  Results are small because
nothing is kept of a case that passed but its verdict and its duration, and because each text is
written once: in the place of a text there is its number in the list ``texts``.

Without its script, or in a browser that cannot unpack, the page is a plain table of the
implementations and their deviations.
"""

from __future__ import annotations

import ast
import base64
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from threadspec.conformance import manual
from threadspec.conformance.catalogue import Clause
from threadspec.conformance.index import BATTERY, battery
from threadspec.conformance.index import digest as battery_digest
from threadspec.conformance.verdicts import (
    MEANING,
    NO_DIVERGENCE,
    UNREVIEWED,
    VERDICTS,
    is_unreviewed,
)
from threadspec.reports.diff import KINDS, Change, Difference
from threadspec.reports.diff import MEANING as CHANGES
from threadspec.reports.exploration import FOREIGN, Explored, explorer_digest, numbers
from threadspec.reports.history import Histories
from threadspec.reports.matrix import Cell, Column, Matrix
from threadspec.reports.record import PREVIOUS, SCHEMA, CaseResult, Record
from threadspec.reports.render import SYMBOLS, share
from threadspec.reports.render_diff import TITLES, brief, divergence, head, sections, summary
from threadspec.reports.render_exploration import by_clause
from threadspec.reports.text import notes

TEMPLATES = Path(__file__).parent / "templates"

# Longer output of a case is cut in the middle: a stack of each thread may fill many kilobytes.
LONGEST_OUTPUT = 2_000

NO_HISTORY = Histories({})

# The mark of a case that was not run.
NOT_RUN = "."


class Texts:
    """A list of distinct texts; :meth:`number` adds one where it is new."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text in the list."""
        return self._numbers.setdefault(text, len(self._numbers))

    def listed(self) -> list[str]:
        """The texts, in the order of their numbers."""
        return list(self._numbers)


def results(matrix: Matrix, past: Histories = NO_HISTORY) -> dict[str, Any]:
    """What the page shows, as plain values.

    An implementation has ``verdicts``, with one symbol for each of ``cases``; ``milliseconds``,
    with one number for each; and ``details``, with what is known beyond that of each case that did
    not simply pass, under the names that a record has for it.  One with earlier records also has
    ``since`` and ``history``, and one that was explored has ``exploration``.
    """
    texts = Texts()
    cases = _cases(matrix)
    programs = _programs(matrix)
    return {
        "schemas": [SCHEMA, PREVIOUS],
        "catalogue": matrix.catalogue.version,
        "unreviewed": UNREVIEWED.strip(),
        "clauses_digest": matrix.catalogue.digest,
        "battery_digest": battery_digest(),
        "explorer_digest": explorer_digest(),
        "verdicts": [
            {
                "name": one,
                "symbol": SYMBOLS[one],
                "meaning": MEANING[one],
                "deviation": one not in NO_DIVERGENCE,
            }
            for one in VERDICTS
        ],
        "chapters": [
            {"name": chapter.name, "title": chapter.title} for chapter in matrix.catalogue.chapters
        ],
        "clauses": [_clause(clause) for clause in matrix.catalogue.clauses],
        "cases": list(cases.values()),
        "implementations": [
            {
                **_implementation(column, cases, texts),
                **_past(past, column.label, texts),
                **_exploration(column.record, cases, programs, texts),
            }
            for column in matrix.columns
        ],
        "programs": [
            {"name": one.name, "variant": one.variant, "kind": one.kind, "clauses": one.clauses}
            for one in programs.values()
        ],
        "changes": [
            {"name": kind, "title": TITLES[kind], "meaning": CHANGES[kind]} for kind in KINDS
        ],
        "gone": past.gone,
        "missing": [{"name": one.name, "reason": one.reason} for one in matrix.missing],
        "texts": texts.listed(),
    }


def _clause(clause: Clause) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(clause)
    values["statements"] = [[one, manual.link(one)] for one in clause.statements]
    return {name: value for name, value in values.items() if value is not None}


def _cases(matrix: Matrix) -> dict[str, dict[str, str]]:
    """The cases by id: those of this kit's battery, and others that only records name."""
    cases = {
        case.id: {"id": case.id, "clause": case.clause.id, "place": f"{case.source}:{case.line}"}
        for case in battery()
    }
    for column in matrix.columns:
        for result in column.record.cases:
            cases.setdefault(result.case, {"id": result.case, "clause": result.clause})
    return cases


def _implementation(column: Column, cases: Iterable[str], texts: Texts) -> dict[str, Any]:
    record = column.record
    found = {result.case: result for result in record.cases}
    details = {}
    for number, case in enumerate(cases):
        if case in found and (detail := _detail(found[case], texts)):
            details[number] = detail
    return {
        "label": column.label,
        "implementation": _subject(record),
        "kit": msgspec.to_builtins(record.kit),
        "made": record.made,
        "time_scale": record.time_scale,
        "verdicts": "".join(
            SYMBOLS[found[case].verdict] if case in found else NOT_RUN for case in cases
        ),
        "milliseconds": [
            round(found[case].seconds * 1000) if case in found else 0 for case in cases
        ],
        "details": details,
    }


def _program(one: Explored) -> tuple[str, str, tuple[str, ...]]:
    """What is the same of a program on each implementation."""
    return one.name, one.variant, one.clauses


def _programs(matrix: Matrix) -> dict[tuple[str, str, tuple[str, ...]], Explored]:
    """The programs that were explored, and the cases of which a schedule fails."""
    return {
        _program(one): one
        for column in matrix.columns
        if column.record.exploration
        for one in column.record.exploration.programs
        if one.kind != "case" or one.failure
    }


def _exploration(
    record: Record, cases: Iterable[str], programs: Iterable[object], texts: Texts
) -> dict[str, Any]:
    """What is known of schedules.

    ``rows``: a program by its number, and how it was explored; ``cases``: how many schedules of
    each case were run without a failure.  Of the failures of one clause, the first one has its
    schedule, and the others are counted.
    """
    found = record.exploration
    if found is None:
        return {}
    places = {key: place for place, key in enumerate(programs)}
    shown = {id(failures[0][1]) for failures in by_clause(found.programs).values()}
    held = {one.name: one.schedules for one in found.programs if one.failure is None}
    return {
        "exploration": {
            "made": found.made,
            "interpreter": found.interpreter,
            "explorer": found.explorer,
            "left_out": found.left_out,
            "rows": [
                [
                    places[_program(one)],
                    one.grade,
                    one.bound,
                    one.schedules,
                    one.programs,
                    *(_failure(one, id(one.failure) in shown, texts)),
                ]
                for one in found.programs
                if one.kind != "case" or one.failure
            ],
            "cases": [held.get(case, 0) for case in cases],
        }
    }


def _failure(one: Explored, shown: bool, texts: Texts) -> Iterator[dict[str, Any]]:
    """The failure of a program, if there is one."""
    failure = one.failure
    if failure is None:
        return
    yield {
        "verdict": one.verdict,
        "clause": failure.clause,
        "always": failure.always,
        **(
            {
                "observed": texts.number(failure.observed),
                "token": failure.token,
                "schedule": failure.schedule,
                "preemptions": failure.preemptions,
            }
            if shown
            else {}
        ),
    }


def _past(past: Histories, label: str, texts: Texts) -> dict[str, Any]:
    """What has changed since the newest earlier record, and the history, the oldest first."""
    since = past.since(label)
    if since is None:
        return {}
    listed = {id(change) for section in sections(since) for change in section.changes}
    return {
        "since": {
            "made": since.old.made,
            "label": since.old.label,
            "head": list(head(since)),
            "changes": [_change(change, id(change) in listed, texts) for change in since.changes],
            "divergences": [[one.clause, divergence(one)] for one in since.divergences],
        },
        "history": [
            {
                "made": step.record.made,
                "label": step.record.label,
                "version": step.record.implementation.version,
                "interpreter": step.record.implementation.interpreter,
                "kit": step.record.kit.version,
                "must": step.kept("must"),
                "should": step.kept("should"),
                "summary": brief(step.since) if step.since else None,
            }
            for step in past.steps[label]
        ],
    }


def _change(change: Change, listed: bool, texts: Texts) -> dict[str, Any]:
    """A change without what is empty; ``quiet``: it is only counted."""
    before, after = change.verdicts
    found: dict[str, Any] = {"clause": change.clause, "kind": change.kind}
    if before:
        found["before"] = before
    if after:
        found["after"] = after
    old = change.cases[0].before
    if old and old.observed and listed:
        found["observed"] = texts.number(old.observed)
    if change.note:
        found["note"] = change.note
    return found if listed else {**found, "quiet": True}


def _subject(record: Record) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(record.implementation)
    return values


def _detail(result: CaseResult, texts: Texts) -> dict[str, Any]:
    """What a record knows of a case beyond its verdict, without what is empty."""
    if result.verdict == "pass" and not result.counts:
        return {}
    detail: dict[str, Any] = {
        name: texts.number(value)
        for name in ("observed", "where", "check")
        if (value := getattr(result, name))
    }
    if result.evidence:
        detail["evidence"] = [texts.number(line) for line in result.evidence]
    if result.output:
        detail["output"] = texts.number(shortened(result.output))
    if result.waits:
        detail["waits"] = {name: round(value, 3) for name, value in result.waits.items()}
    if result.counts:
        detail["counts"] = result.counts
    if result.divergence:
        expected = result.divergence
        detail["divergence"] = {
            "verdict": expected.verdict,
            "reason": texts.number(expected.reason),
        }
    return detail


def shortened(output: str) -> str:
    """The output of a case, or its beginning and its end if it is longer than LONGEST_OUTPUT."""
    if len(output) <= LONGEST_OUTPUT:
        return output
    half = LONGEST_OUTPUT // 2
    left_out = len(output) - 2 * half
    return f"{output[:half]}\n[… {left_out} characters, which the record has …]\n{output[-half:]}"


@cache
def sources() -> dict[str, Any]:
    """The source of each case of this kit's battery.

    ``of`` has for each case, by its id, the number of its source in the list ``texts``: classes
    with the same behaviour share their checks.
    """
    functions: dict[str, dict[int, str]] = {}
    texts = Texts()
    numbers = {}
    for case in battery():
        if case.source not in functions:
            functions[case.source] = _functions(BATTERY / case.source)
        numbers[case.id] = texts.number(functions[case.source][case.line])
    return {"of": numbers, "texts": texts.listed()}


def _functions(path: Path) -> dict[int, str]:
    """The source of each function of a file, by the line at which it or its decorator begins."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[first] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def packed(values: object) -> str:
    """Plain values as compressed JSON in base64, which a browser can unpack."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def script(folder: Path = TEMPLATES, entry: str = "page.js") -> str:
    """The modules of the script as one: each after those that it imports, without the imports.

    Their names are in one scope, so no two modules may define the same.
    """
    done: dict[Path, str] = {}

    def add(path: Path) -> None:
        if path in done:
            return
        done[path] = ""  # where two modules import each other, functions are hoisted
        text = path.read_text(encoding="utf-8")
        for name in _IMPORT.findall(text):
            add(path.parent.joinpath(name).resolve())
        del done[path]
        done[path] = _EXPORT.sub("", _IMPORT.sub("", text)).strip()

    add((folder / entry).resolve())
    return "\n\n".join(done.values())


_IMPORT = re.compile(r'^import [^;]*?from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|let|async|class)", re.MULTILINE)


def _deviations(column: Column, order: Iterable[Clause]) -> dict[str, list[str]]:
    """The clauses from which an implementation deviates, by verdict, for the table without script.

    The worst verdict comes first; "known" or "unreviewed" precedes that of a known divergence.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    clauses = [clause.id for clause in order if clause.id in column.cells]
    for verdict in reversed(VERDICTS):
        if verdict in NO_DIVERGENCE and verdict != "error":
            continue
        for standing in ("", "unreviewed ", "known "):
            for clause in clauses:
                cell = column.cells[clause]
                if cell.verdict == verdict and _standing(cell) == standing:
                    found[standing + verdict].append(clause)
    return found


def _standing(cell: Cell) -> str:
    """What precedes the verdict of a known divergence; empty for others."""
    if cell.known is None:
        return ""
    return "unreviewed " if is_unreviewed(cell.known) else "known "


def _made(record: Record, since: Difference | None) -> str:
    """When a record was made: the day, and the time where both records are of the same day."""
    same = since is not None and since.old.made[:10] == since.new.made[:10]
    return record.made[: 16 if same else 10].replace("T", " ")


def html(matrix: Matrix, past: Histories = NO_HISTORY) -> str:
    """The page for a matrix: one file that needs no other, and no network."""
    import jinja2  # here, since every command imports this module, and few need it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(
        matrix=matrix,
        notes=notes,
        share=share,
        deviations=lambda column: _deviations(column, matrix.catalogue.clauses),
        style=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=script(),
        since=past.since,
        made=_made,
        numbers=numbers,
        broken=by_clause,
        foreign=FOREIGN,
        summary=summary,
        results=packed(results(matrix, past)),
        sources=packed(sources()),
    )
