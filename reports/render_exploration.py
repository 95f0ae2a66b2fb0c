"""Renders explorations as Markdown: what holds under every schedule, and what breaks in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from threadspec.reports.exploration import FOREIGN, Broken, Exploration, Explored, numbers
from threadspec.reports.record import Record
from threadspec.reports.render import inline, row

# An implementation with more broken clauses than this is shown with the first of them.
SHOWN = 10

HEADS = (
    "programs",
    "exhausted",
    "failed",
    "schedules",
    "cases",
    "failed cases",
    "non-strict",
    "left out",
)


def markdown(found: Sequence[tuple[str, Record]]) -> str:
    """A table of explored implementations, those of another kit, and what schedules break.

    ``found``: the implementations with their labels, of which some may not have been explored.
    Empty if none was.
    """
    explored = [(label, one, one.exploration) for label, one in found if one.exploration]
    if not explored:
        return ""
    lines = [
        row(["implementation", *HEADS]),
        row(["---", *["---:"] * len(HEADS)]),
        *(row(_cells(label, exploration)) for label, _, exploration in explored),
    ]
    notes = [
        f"- `{label}`: {FOREIGN}; `{again(record)}` explores it again"
        for label, record, exploration in explored
        if exploration.is_foreign
    ]
    notes += [
        line
        for label, record, exploration in explored
        for line in _broken(label, record.implementation.name, exploration)
    ]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def again(record: Record) -> str:
    """The command that explores an implementation again."""
    return f"threadspec explore --impl={record.implementation.name} --report=FILE"


def _cells(label: str, exploration: Exploration) -> Iterator[str]:
    programs = numbers(one for one in exploration.programs if one.kind != "case")
    cases = numbers(one for one in exploration.programs if one.kind == "case")
    yield f"`{label}`"
    yield f"{programs.programs:,}"
    yield f"{programs.exhausted:,}"
    yield str(programs.failed or "")
    yield f"{programs.schedules:,}"
    yield f"{cases.cases:,}" if cases.cases else ""
    yield str(cases.failed or "")
    yield str(programs.non_strict + cases.non_strict or "")
    yield f"{sum(exploration.left_out.values()):,}"


def by_clause(programs: Iterable[Explored]) -> dict[str, list[tuple[Explored, Broken]]]:
    """The failures that are not known, by the clause that they break; non-strict ones come last.

    Of each clause, the one with the fewest schedules comes first, and programs before cases.
    """
    found: dict[str, list[tuple[Explored, Broken]]] = {}
    for one in sorted(programs, key=lambda each: each.verdict == "non-strict"):
        if one.failure is not None and one.verdict in ("fails", "non-strict"):
            found.setdefault(one.failure.clause, []).append((one, one.failure))
    for failures in found.values():
        failures.sort(key=lambda pair: (pair[0].kind == "case", pair[1].schedule))
    return found


def _broken(label: str, name: str, exploration: Exploration) -> Iterator[str]:
    """A line for each clause that is broken, with one schedule."""
    found = by_clause(exploration.programs)
    for number, (clause, failures) in enumerate(found.items()):
        if number == SHOWN:
            yield f"- `{label}`: {len(found) - SHOWN} more clauses break"
            return
        (one, failure), *others = failures
        more = f" (and {len(others)} more)" if others else ""
        advice = " (non-strict)" if one.verdict == "non-strict" else ""
        where = "every schedule that was tried" if failure.always else "a schedule"
        yield (
            f"- `{label}`: `{clause}`{advice} breaks in {where} of `{one.name}`{more}: "
            f"{inline(failure.observed)}; `threadspec explore --impl={name} "
            f"--replay={failure.token}`"
        )
