"""Renders a matrix as a terminal table, as Markdown or as comma-separated values."""

from __future__ import annotations

import csv as csv_format
import io
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from threadspec.conformance.verdicts import FAILING, MEANING, VERDICTS, Verdict
from threadspec.reports.history import Histories
from threadspec.reports.matrix import Column, Matrix
from threadspec.reports.text import notes

SYMBOLS: dict[Verdict, str] = {
    "pass": "✓",
    "not-offered": "∅",
    "observed": "○",
    "non-strict": "~",
    "varies": "≈",
    "unsupported": "-",
    "fail": "✗",
    "timeout": "T",
    "crash": "C",
    "error": "E",
}

_STYLES: dict[Verdict, str] = {
    "pass": "green",
    "not-offered": "dim",
    "observed": "cyan",
    "non-strict": "yellow",
    **dict.fromkeys(FAILING, "red"),
}

_NOTHING = "·"

# The replacements of symbols for encodings that lack them.
_ASCII = {"→": "->", "✓": "+", "∅": "0", "○": "o", "✗": "x", "≈": "%", _NOTHING: "."}


def share(kept: int, judged: int) -> str:
    return f"{kept}/{judged}" if judged else _NOTHING


def symbol_in(encoding: str, symbol: str) -> str:
    """The symbol, or its replacement if the encoding lacks it."""
    try:
        symbol.encode(encoding)
    except UnicodeEncodeError:
        return _ASCII[symbol]
    return symbol


def table(matrix: Matrix, encoding: str = "utf-8") -> Table:
    """The matrix as a table for the terminal, with a row for each implementation.

    ``encoding``: that of the terminal; symbols that it lacks are replaced.  If the table is too
    wide, names are wrapped but numbers are not (see :func:`least_width`).
    """
    nothing = symbol_in(encoding, _NOTHING)
    result = Table(
        title="Clauses of the manual that each implementation keeps",
        title_justify="left",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    result.add_column("implementation", overflow="fold", min_width=16)
    result.add_column("must", justify="right", no_wrap=True)
    result.add_column("should", justify="right", no_wrap=True)
    used = [one for one in VERDICTS[1:] if any(column.counts[one] for column in matrix.columns)]
    for verdict in used:
        result.add_column(symbol_in(encoding, SYMBOLS[verdict]), justify="right", no_wrap=True)
    result.add_column("seconds", justify="right", no_wrap=True)
    for column in matrix.columns:
        kept, judged = matrix.required(column)
        result.add_row(
            Text(column.label),
            Text(share(kept, judged), style="green" if kept == judged else "red"),
            share(*matrix.advised(column)),
            *(
                Text(str(column.counts[verdict] or nothing), style=_STYLES[verdict])
                for verdict in used
            ),
            f"{column.seconds:.1f}",
        )
    for missing in matrix.missing:
        result.add_row(Text(missing.name), Text("unavailable", style="yellow"))
    lines = ["; ".join(f"{symbol_in(encoding, SYMBOLS[one])} {one}" for one in used)]
    lines += [f"{label}: {note}" for label, note in _notes(matrix)]
    lines += [f"{one.name}: {one.reason}" for one in matrix.missing]
    result.caption = escape("\n".join(lines))
    result.caption_justify = "left"
    return result


def _notes(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """What the adapters say that changes how implementations are judged, each with its label."""
    for column in matrix.columns:
        for note in notes(column.record.implementation):
            yield column.label, note


def least_width(table: Table, console: Console) -> int:
    """The width of the table in characters if everything but numbers is wrapped."""
    for column in table.columns[1:]:
        column.min_width = max(
            Measurement.get(console, console.options.update(width=1000), cell).maximum
            for cell in (column.header, *column.cells)
        )
    return Measurement.get(console, console.options.update(width=1000), table).minimum


def inline(text: str) -> str:
    """Any text, such as a reason, in one line of Markdown, so that no HTML begins in it."""
    return " ".join(text.split()).replace("<", "&lt;")


def row(cells: Iterable[str]) -> str:
    """One line of a Markdown table; cells may contain any text."""
    return "| " + " | ".join(inline(cell).replace("|", "\\|") for cell in cells) + " |"


def csv(matrix: Matrix, past: Histories) -> str:
    """The verdicts as comma-separated values, with a row for each clause that has cases.

    An implementation with an earlier record has a column for the kinds of its changes, too.
    """
    kinds = {
        f"change of {label}": {change.clause: change.kind for change in since.changes}
        for label, since in past.changes()
    }
    lines = io.StringIO()
    writer = csv_format.writer(lines, lineterminator="\n")
    labels = [column.label for column in matrix.columns]
    writer.writerow(["clause", "chapter", "level", *labels, *kinds])
    for clause in matrix.catalogue.clauses:
        found = [column.cells.get(clause.id) for column in matrix.columns]
        if any(found):
            verdicts = (cell.verdict if cell else "" for cell in found)
            changes = (one.get(clause.id, "") for one in kinds.values())
            writer.writerow([clause.id, clause.chapter, clause.level, *verdicts, *changes])
    return lines.getvalue()


def markdown_summary(matrix: Matrix) -> str:
    """The implementations and their counts, as a Markdown table."""
    used = [one for one in VERDICTS[1:] if any(column.counts[one] for column in matrix.columns)]
    lines = [
        row(["implementation", "interpreter", "must", "should", *used, "seconds"]),
        row(["---", "---", *["---:"] * (len(used) + 3)]),
    ]
    for column in matrix.columns:
        lines.append(
            row(
                [
                    f"`{column.label}`",
                    column.record.implementation.interpreter,
                    share(*matrix.required(column)),
                    share(*matrix.advised(column)),
                    *(str(column.counts[verdict] or "") for verdict in used),
                    f"{column.seconds:.1f}",
                ]
            )
        )
    lines += [
        row([f"`{one.name}`", f"unavailable: {one.reason}", *[""] * (3 + len(used))])
        for one in matrix.missing
    ]
    if noted := [f"- `{label}`: {note}" for label, note in _notes(matrix)]:
        lines += ["", *noted]
    return "\n".join(lines) + "\n"


def _symbol(column: Column, clause: str) -> str:
    cell = column.cells.get(clause)
    return SYMBOLS[cell.verdict] if cell else _NOTHING


def legend() -> str:
    """The meanings of the symbols, in one line."""
    verdicts = ", ".join(f"{SYMBOLS[one]} {one} ({MEANING[one]})" for one in VERDICTS)
    return f"{verdicts}, {_NOTHING} no case was run"


def markdown(matrix: Matrix, changes: str) -> str:
    """The whole matrix as Markdown; ``changes``: a section about what has changed, or ""."""
    lines = [
        "# Compatibility matrix",
        "",
        f"Clause catalogue {matrix.catalogue.version}. `must` and `should` count the clauses "
        "that an implementation keeps, of those judged; clauses that are not offered, open or "
        "without cases are not among them. The seconds are those that the cases took, beside "
        "those of other implementations.",
        "",
        markdown_summary(matrix),
        f"{legend()}.",
        "",
    ]
    if any(column.foreign for column in matrix.columns):
        names = ", ".join(f"`{column.label}`" for column in matrix.columns if column.foreign)
        lines += [f"Made with another version of the catalogue: {names}.", ""]
    if changes:
        lines.append(changes)
    for chapter in matrix.catalogue.chapters:
        clauses = [clause for clause in chapter.clauses if clause.level != "info"]
        if not any(clause.id in column.cells for clause in clauses for column in matrix.columns):
            continue
        lines += [
            f"## {chapter.title}",
            "",
            row(["clause", "level", *(f"`{column.label}`" for column in matrix.columns)]),
            row(["---", "---", *[":---:"] * len(matrix.columns)]),
        ]
        lines += [
            row(
                [
                    f"`{clause.id}`",
                    clause.level,
                    *(_symbol(column, clause.id) for column in matrix.columns),
                ]
            )
            for clause in clauses
        ]
        lines.append("")
    return "\n".join(lines)
