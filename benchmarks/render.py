"""The table of a run, for the terminal and in Markdown."""

from __future__ import annotations

from rich.table import Table

from .results import Row, Run
from .subjects import NAMES

_COLUMNS = ("operation", *NAMES[:3], "ratio", "10-90 %", "target", "met", *NAMES[3:])


def quantity(value: float | None, unit: str) -> str:
    """A value with three significant digits and a suitable unit."""
    if value is None:
        return "-"
    if unit == "B":
        return f"{value:.0f} B"
    for scale, name in ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s")):
        if value < 999.5 * scale or name == "s":
            break
    scaled = value / scale
    return f"{scaled:.0f} {name}" if scaled >= 99.5 else f"{scaled:.3g} {name}"


def cells(row: Row) -> list[str]:
    """The cells of a row."""
    figures = [quantity(row.figure(name), row.operation.unit) for name in NAMES]
    compared = row.ratio
    return [
        row.operation.title,
        *figures[:3],
        f"{compared.median:.2f}" if compared else "-",
        f"{compared.low:.2f}-{compared.high:.2f}" if compared else "-",
        f"{row.target:g}" if row.target is not None else "",
        {True: "yes", False: "NO", None: ""}[row.met],
        *figures[3:],
    ]


def table(run: Run) -> Table:
    """The table for the terminal."""
    shown = Table(title=run.interpreter, title_justify="left")
    for name in _COLUMNS:
        shown.add_column(name, justify="left" if name == "operation" else "right", no_wrap=True)
    chapter = ""
    for row in run.rows:
        if row.operation.chapter != chapter:
            if chapter:
                shown.add_section()
            chapter = row.operation.chapter
            shown.add_row(f"[bold]{chapter}[/bold]")
        style = {True: "green", False: "red", None: ""}[row.met]
        texts = cells(row)
        texts[4] = f"[{style}]{texts[4]}[/{style}]" if style else texts[4]
        shown.add_row(*texts)
    return shown


def markdown(run: Run) -> str:
    """The table in Markdown, for a file."""
    lines = [f"## {run.interpreter}", "", f"{run.machine}", ""]
    lines += [f"{name} was skipped: {why}.\n" for name, why in run.skipped.items()]
    chapter = ""
    for row in run.rows:
        if row.operation.chapter != chapter:
            chapter = row.operation.chapter
            lines += ["", f"### {chapter}", "", "| " + " | ".join(_COLUMNS) + " | floor is |"]
            lines.append("| --- |" + " ---: |" * (len(_COLUMNS) - 1) + " --- |")
        lines.append("| " + " | ".join([*cells(row), row.operation.floor]) + " |")
    return "\n".join(lines) + "\n"
