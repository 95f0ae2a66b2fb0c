"""Renders the difference between records for the terminal, as Markdown, as HTML and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from threadspec.conformance.verdicts import NO_DIVERGENCE, UNREVIEWED, Verdict
from threadspec.reports.diff import (
    KINDS,
    MEANING,
    PROGRAM_KINDS,
    PROGRAM_MEANING,
    CaseChange,
    Change,
    Comparison,
    Difference,
    DivergenceChange,
    Kind,
    ProgramChange,
    ProgramKind,
)
from threadspec.reports.exploration import Explored, in_words
from threadspec.reports.history import Histories
from threadspec.reports.record import CaseResult, Expectation, Record
from threadspec.reports.render import inline, symbol_in
from threadspec.reports.text import listed

SCHEMA = "threadspec-diff/1"

TITLES: dict[Kind, str] = {
    "regressed": "Regressed",
    "kit": "Worse with another kit",
    "known": "Worse as listed",
    "unjudged": "No longer judged",
    "flaky": "Flaky",
    "mended": "Mended",
    "otherwise": "Deviates otherwise",
    "judged": "Not judged before",
    "observed": "Observed otherwise",
    "new": "New clauses",
    "withdrawn": "Withdrawn clauses",
    "not-run": "Not run",
}

PROGRAM_TITLES: dict[ProgramKind, str] = {
    "broken": "Break in a schedule now",
    "kit": "Break in a schedule with another kit",
    "found": "Found to break in a schedule",
    "unexplored": "Not explored now",
    "weaker": "No longer exhausted",
    "mended": "Hold now",
    "stronger": "Exhausted now",
}

# Of the other kinds, more programs than this are only counted.
_PROGRAMS_SHOWN = 10

_STYLES: dict[Kind, str] = {
    "regressed": "bold red",
    "kit": "bold yellow",
    "known": "bold yellow",
    "unjudged": "bold yellow",
    "mended": "bold green",
    "observed": "bold cyan",
}

# The kinds of changes for the worse.
WORSE: tuple[Kind, ...] = ("regressed", "kit", "known")

# The kinds whose changes are shown with all evidence.
_EVIDENT: frozenset[Kind] = frozenset({*WORSE, "judged", "new"})

KIT_CHANGED = (
    "The kit has changed, so a worse verdict may come from it. To tell, judge the earlier state of "
    "the implementation with the later kit, and compare these records."
)

Fact = tuple[str, str]


@dataclass(frozen=True)
class ProgramSection:
    """The programs whose exploration has changed in one way; ``rest``: how many are only counted.

    ``lines``: one for each of the others, as its name and what has changed.
    """

    kind: ProgramKind
    lines: tuple[Fact, ...]
    rest: int

    @property
    def title(self) -> str:
        """The kind and the number of programs, such as "Break in a schedule now (2)"."""
        return f"{PROGRAM_TITLES[self.kind]} ({len(self.lines) + self.rest})"

    @property
    def about(self) -> str:
        """What the kind means."""
        return PROGRAM_MEANING[self.kind]


def program_sections(difference: Difference) -> Iterator[ProgramSection]:
    """The programs whose exploration has changed, by kind."""
    for kind in PROGRAM_KINDS:
        found = [one for one in difference.programs if one.kind == kind]
        shown = found if kind == "broken" else found[:_PROGRAMS_SHOWN]
        if found:
            lines = tuple((one.name, _program(one, difference)) for one in shown)
            yield ProgramSection(kind, lines, len(found) - len(shown))


def _program(change: ProgramChange, difference: Difference) -> str:
    """What has changed about a program."""
    before = _explored(change.before)
    if change.after is None:
        return f"{before} → not explored"
    failure = change.after.failure
    if failure is not None:
        again = f"threadspec explore --impl={difference.name} --replay={failure.token}"
        return f"{failure.clause} breaks: {failure.observed} ({again}); before: {before}"
    return f"{before} → {_explored(change.after)}"


def _explored(one: Explored) -> str:
    if one.failure is not None:
        return f"{one.failure.clause} breaks" + " (known)" * (one.verdict == "known")
    programs = f"{one.programs:,} programs, " if one.programs > 1 else ""
    return programs + in_words(one)


@dataclass(frozen=True)
class Section:
    """The changes of one kind; ``rest``: how many of them are only counted."""

    kind: Kind
    changes: tuple[Change, ...]
    rest: int

    @property
    def title(self) -> str:
        """The kind and the number of clauses, such as "Mended (3)"."""
        return f"{TITLES[self.kind]} ({len(self.changes) + self.rest})"

    @property
    def more(self) -> str:
        """What is said of the clauses that are only counted."""
        clauses = f"{self.rest} clause{'s' * (self.rest != 1)}"
        if not self.rest:
            return ""
        if self.kind == "not-run":
            return f"{clauses} of the earlier record"
        return f"{clauses}{' more' * bool(self.changes)} without a deviation"


def sections(difference: Difference) -> Iterator[Section]:
    """The changes by kind; those that nobody has to look at are only counted."""
    for kind in KINDS:
        changes = difference.of(kind)
        shown = changes
        if kind == "not-run":
            shown = ()
        elif kind in ("judged", "new"):
            shown = tuple(one for one in changes if not _is_fine(one.after))
        if changes:
            yield Section(kind, shown, len(changes) - len(shown))


def _is_fine(verdict: Verdict | None) -> bool:
    return verdict in NO_DIVERGENCE and verdict != "error"


def verdicts(change: Change) -> str:
    """The verdicts before and after, such as "pass → fail"; empty if they are the same."""
    before, after = change.verdicts
    if before == after:
        return ""
    return " → ".join(verdict for verdict in (before, after) if verdict)


def facts(change: Change) -> Iterator[Fact]:
    """What is told of a change: terms, and what they are."""
    deciding = change.cases[0]
    if change.kind in _EVIDENT:
        yield "required", change.says
    if change.note:
        yield "kit", change.note
    if change.kind == "observed":
        yield "before", _observed(deciding.before)
        yield "now", _observed(deciding.after)
    elif deciding.after and change.kind != "mended":
        yield from _evidence(deciding, change.kind in _EVIDENT)
        if change.kind in _EVIDENT:
            others = len(change.cases) - 1
            yield "case", deciding.case + (f" (and {others} more)" if others else "")


def _observed(case: CaseResult | None) -> str:
    return case.observed or "nothing" if case else "nothing"


def _evidence(change: CaseChange, whole: bool) -> Iterator[Fact]:
    after = change.after
    assert after is not None
    if after.observed:
        yield "observed", after.observed
    if whole and after.check:
        yield "check", after.check
    if whole and after.where:
        yield "where", f"battery/{after.where}"
    if after.is_known and after.divergence:
        reason = after.divergence.reason
        yield "unreviewed" if after.is_unreviewed else "known", reason.removeprefix(UNREVIEWED)
    if after.counts:
        yield (
            "repeated",
            ", ".join(f"{number} {verdict}" for verdict, number in after.counts.items()),
        )


def head(difference: Difference) -> Iterator[str]:
    """What is compared, and under which conditions, a sentence for each."""
    old, new = difference.old, difference.new
    same = "another kit" if difference.kit_changed else "the same kit"
    yield f"{_when(old)} → {_when(new)}: {difference.compared} clauses compared, with {same}"
    for one in difference.conditions:
        if one.name != "label":  # is beside the date
            yield f"{one.name}: {one.before} → {one.after}"
    if difference.kit_changed:
        for name, title in _KIT.items():
            before, after = getattr(old.kit, name), getattr(new.kit, name)
            if before != after:
                yield f"kit, {title}: {before or 'unknown'} → {after or 'unknown'}"
        if difference.of("kit"):
            yield KIT_CHANGED


_KIT = {
    "version": "version",
    "catalogue": "version of the catalogue",
    "clauses": "digest of the catalogue",
    "battery": "digest of the battery",
    "runner": "digest of the runner",
}


def _when(record: Record) -> str:
    date = record.made[:16].replace("T", " ")
    return f"{date} ({record.label})" if record.label else date


def summary(difference: Difference) -> str:
    """The number of changes of each kind, such as "1 regressed, 2 mended"."""
    counts = [
        f"{len(changes)} {TITLES[kind].lower()}{_unreviewed(changes)}"
        for kind in KINDS
        if (changes := difference.of(kind))
    ]
    counts += [
        f"{len(one.lines) + one.rest} program{'s' * (len(one.lines) + one.rest != 1)}: "
        f"{PROGRAM_TITLES[one.kind].lower()}"
        for one in program_sections(difference)
    ]
    if difference.divergences:
        plural = "s" * (len(difference.divergences) != 1)
        counts.append(f"{len(difference.divergences)} changed divergence{plural}")
    return ", ".join(counts) or "no change"


def brief(difference: Difference) -> str:
    """The same, and whether the kit has changed, where no kind of changes says so."""
    kit = " (with another kit)" if difference.kit_changed and not difference.of("kit") else ""
    return summary(difference) + kit


def _unreviewed(changes: Iterable[Change]) -> str:
    """How many of some changes are to deviations that the adapter lists as unreviewed."""
    worst = [one.cases[0].after for one in changes if one.kind == "known"]
    number = sum(one is not None and one.is_unreviewed for one in worst)
    return f" ({number} unreviewed)" if number else ""


def divergence(change: DivergenceChange) -> str:
    """What the adapter expects otherwise of a clause."""
    if not change.before:
        return f"now lists {_expected(change.after)}"
    if not change.after:
        return f"no longer lists {_expected(change.before)}"
    return f"lists {_expected(change.after)}; before, {_expected(change.before)}"


def _expected(expectations: tuple[Expectation, ...]) -> str:
    return listed([f"{one.verdict}: {one.reason}" for one in expectations])


def changed(comparison: Comparison) -> list[Difference]:
    """The differences that have something to tell."""
    return [one for one in comparison.differences if _tells(one)]


def _tells(difference: Difference) -> bool:
    found = (
        difference.changes or difference.divergences or difference.conditions or difference.programs
    )
    return bool(found) or difference.kit_changed


def rest(comparison: Comparison) -> Iterator[str]:
    """What is told of the implementations of which nothing else is told."""
    same = [one.name for one in comparison.differences if not _tells(one)]
    if same:
        yield f"Nothing has changed: {', '.join(same)}."
    if comparison.only_old:
        yield f"Only in the earlier records: {', '.join(comparison.only_old)}."
    if comparison.only_new:
        yield f"Only in the later records: {', '.join(comparison.only_new)}."
    if comparison.superseded:
        yield f"There are several records of {listed(comparison.superseded)}; the newest count."


def outcome_of(past: Histories) -> str:
    """What has regressed in a matrix since the earlier records, in a sentence."""
    if not past.steps:
        return "No implementation has an earlier record, so nothing was compared."
    return outcome(since for _, since in past.changes())


def outcome(differences: Iterable[Difference]) -> str:
    """What has regressed, in a sentence."""
    several = list(differences)
    clauses = {one.name: len(found) for one in several if (found := one.of("regressed"))}
    programs = {one.name: len(one.broken) for one in several if one.broken}
    parts = []
    if clauses or not programs:
        parts.append(f"{_how_many(clauses, 'clause')} regressed{_where(clauses)}.")
    if programs:
        parts.append(
            f"{_how_many(programs, 'program')} a schedule that breaks a clause now"
            f"{_where(programs)}."
        )
    return " ".join(parts)


def _how_many(found: dict[str, int], noun: str) -> str:
    """A number with its verb, such as "2 clauses have"."""
    number = sum(found.values())
    return f"{number or 'No'} {noun}{'s have' if number > 1 else ' has'}"


def _where(found: dict[str, int]) -> str:
    return f": {', '.join(found)}" if found else ""


# -- the terminal ---------------------------------------------------------------------------------


def terminal(comparison: Comparison, encoding: str) -> Iterator[RenderableType]:
    """What is printed, part by part; a string is a line that is not wrapped.

    ``encoding``: that of the terminal, which may lack an arrow.
    """
    arrow = symbol_in(encoding, "→")
    for difference in changed(comparison):
        yield Text(f"{difference.name}: {summary(difference)}", style="bold")
        for line in head(difference):
            yield _indented(Text(line.replace("→", arrow)), 2)
        yield ""
        for section in sections(difference):
            title = Text(section.title, style=_STYLES.get(section.kind, "bold"))
            title.append(f": {MEANING[section.kind]}", style="not bold default")
            yield _indented(title, 2)
            for change in section.changes:
                yield from _change(change, arrow)
            if section.more:
                yield f"    {section.more}"
            yield ""
        for part in program_sections(difference):
            style = "bold red" if part.kind == "broken" else "bold"
            title = Text(part.title, style=style)
            title.append(f": {part.about}", style="not bold default")
            yield _indented(title, 2)
            for name, text in part.lines:
                yield f"    {name}: {text.replace('→', arrow)}"  # so that it can be copied
            if part.rest:
                yield f"    {part.rest} more"
            yield ""
        if difference.divergences:
            yield Text(f"  Changed divergences ({len(difference.divergences)})", style="bold")
            for one in difference.divergences:
                yield _indented(Text(f"{one.clause}: {divergence(one)}"), 4)
            yield ""
    for line in rest(comparison):
        yield Text(line)
    yield Text(outcome(comparison.differences), style="red" if comparison.regressed else "green")


def _change(change: Change, arrow: str) -> Iterator[RenderableType]:
    line = Text(change.clause, style="bold" if change.kind in _EVIDENT else "")
    line.append(f" ({change.level})  {verdicts(change).replace('→', arrow)}", style="not bold")
    yield _indented(line, 4)
    found = dict(facts(change))
    case = found.pop("case", None)
    if found:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, min_width=8)
        grid.add_column(overflow="fold")
        for term, value in found.items():
            grid.add_row(term, Text(value))
        yield _indented(grid, 6)
    if case:
        yield f"      case      {case}"  # so that it can be copied


def _indented(content: RenderableType, columns: int) -> Padding:
    return Padding(content, (0, 0, 0, columns), expand=False)


# -- Markdown, HTML and JSON ----------------------------------------------------------------------


def markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, for a pull request; what has not got worse is folded."""
    parts = ["### Changes in the conformance of threading"]
    for difference in changed(comparison):
        parts.append(f"#### `{inline(difference.name)}`: {summary(difference)}")
        parts.append("\n".join(f"- {inline(line)}" for line in head(difference)))
        for section in sections(difference):
            lines = [line for change in section.changes for line in _item(change)]
            lines += [f"- {section.more}"] if section.more else []
            about = MEANING[section.kind]
            if section.kind in WORSE:
                parts += [f"**{section.title}**: {about}", "\n".join(lines)]
            else:
                parts += _folded(f"{section.title}: {about}", lines)
        for part in program_sections(difference):
            lines = [f"- `{name}`: {inline(text)}" for name, text in part.lines]
            lines += [f"- {part.rest} more"] if part.rest else []
            if part.kind == "broken":
                parts += [f"**{part.title}**: {part.about}", "\n".join(lines)]
            else:
                parts += _folded(f"{part.title}: {part.about}", lines)
        if difference.divergences:
            lines = [
                f"- `{one.clause}`: {inline(divergence(one))}" for one in difference.divergences
            ]
            parts += _folded(f"Changed divergences ({len(lines)})", lines)
    parts += [inline(line) for line in rest(comparison)]
    parts.append(f"**{outcome(comparison.differences)}**")
    return "\n\n".join(parts) + "\n"


def _item(change: Change) -> Iterator[str]:
    yield f"- `{change.clause}` ({change.level}) {verdicts(change)}".rstrip()
    for term, value in facts(change):
        text = inline(value)
        yield f"  - {term}: {f'`{text}`' if term in _CODE else text}"


_CODE = ("check", "where", "case")


def _folded(title: str, lines: list[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>", "\n".join(lines), "</details>"]


def markdown_changes(past: Histories) -> str:
    """What has changed since the earlier records, if any, as a section of a matrix in Markdown."""
    if not (past.steps or past.gone):
        return ""
    lines = ["## Changes", "", outcome_of(past), ""]
    for label, since in past.changes():
        lines.append(f"- `{inline(label)}`, since {inline(_when(since.old))}: {brief(since)}")
        for kind in WORSE:
            lines += [
                f"  - {TITLES[kind].lower()}: `{change.clause}` {verdicts(change)}".rstrip()
                for change in since.of(kind)
            ]
    if past.gone:
        lines.append(f"- Only in the earlier records: {listed([f'`{one}`' for one in past.gone])}")
    return "\n".join(lines) + "\n"


def html(comparison: Comparison) -> str:
    """The comparison as one HTML file, which needs no other, and no script."""
    import jinja2  # here, since every command imports this module, and few need it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("threadspec.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("diff.html").render(
        comparison=comparison,
        changed=changed(comparison),
        divergence=divergence,
        facts=lambda change: list(facts(change)),
        head=head,
        meaning=MEANING,
        outcome=outcome(comparison.differences),
        program_sections=program_sections,
        rest=list(rest(comparison)),
        sections=sections,
        summary=summary,
        verdicts=verdicts,
    )


def to_json(comparison: Comparison) -> str:
    """The comparison as a JSON document."""
    document = {
        "schema": SCHEMA,
        "regressed": comparison.regressed,
        "implementations": [document_of(one) for one in comparison.differences],
        "only_old": comparison.only_old,
        "only_new": comparison.only_new,
        "superseded": comparison.superseded,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def document_of(difference: Difference) -> dict[str, Any]:
    """A difference as plain values, for JSON."""
    return {
        "name": difference.name,
        "regressed": difference.regressed,
        "kit_changed": difference.kit_changed,
        "compared": difference.compared,
        "old": _record(difference.old),
        "new": _record(difference.new),
        "conditions": [asdict(one) for one in difference.conditions],
        "changes": [
            {**asdict(one), "cases": [_case_change(case) for case in one.cases]}
            for one in difference.changes
        ],
        "divergences": [asdict(one) for one in difference.divergences],
        "programs": [asdict(one) for one in difference.programs],
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "implementation": record.implementation.name,
        "made": record.made,
        "label": record.label,
        "kit": asdict(record.kit),
    }


def _case_change(change: CaseChange) -> dict[str, Any]:
    def side(case: CaseResult | None) -> dict[str, Any] | None:
        if case is None:
            return None
        names = ("verdict", "observed", "check", "where", "counts")
        marks = {"known": case.is_known, "unreviewed": case.is_unreviewed}
        return {**{name: getattr(case, name) for name in names}, **marks}

    return {"case": change.case, "before": side(change.before), "after": side(change.after)}
