"""Joins records of explorations with the records of the same implementations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from threadspec.reports.record import Record


def why_not(run: Record, explored: Record) -> str | None:
    """Why an exploration is not one of the implementation that a run judged; None if it is.

    Labels have to be the same if both have one, and a module of an interpreter has to be that of
    the same version.
    """
    exploration = explored.exploration
    assert exploration is not None
    one, other = run.implementation, explored.implementation
    if one.name != other.name:
        return f"it is of {other.name}, and the record is of {one.name}"
    if one.module != other.module:
        return f"it is of the module {other.module}, and the record is of {one.module}"
    if run.label and explored.label and run.label != explored.label:
        return f"it has the label {explored.label}, and the record has {run.label}"
    python = exploration.python
    if python and not re.search(rf"(?<![\d.]){re.escape(python)}(?!\d)", one.interpreter):
        return f"it is of Python {python}, and the record is of {one.interpreter}"
    return None


def separate(records: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """The records with verdicts, and those of explorations alone, the oldest of these first."""
    found = list(records)
    explored = [one for one in found if one.is_exploration]
    return [one for one in found if not one.is_exploration], sorted(explored, key=_made)


def _made(record: Record) -> str:
    return record.made


def joined(
    runs: Sequence[Record], explored: Iterable[Record]
) -> tuple[list[Record], list[tuple[Record, str]]]:
    """The runs, each with its newest exploration; the explorations of none, and why.

    An exploration belongs to the run of the same implementation and, if several are, the same
    label.
    """
    found = list(runs)
    left = []
    for one in explored:
        numbers = [
            number
            for number, run in enumerate(found)
            if run.implementation.name == one.implementation.name
        ]
        if len(numbers) > 1:
            numbers = [number for number in numbers if found[number].label == one.label]
        if len(numbers) != 1:
            several = "several records have its label" if numbers else "no record is of it"
            left.append((one, several))
        elif why := why_not(found[numbers[0]], one):
            left.append((one, why))
        else:
            found[numbers[0]] = _with(found[numbers[0]], one)
    return found, left


def _with(run: Record, explored: Record) -> Record:
    """A run with this exploration, unless it has a newer one."""
    old, new = run.exploration, explored.exploration
    if old is not None and new is not None and old.made > new.made:
        return run
    return replace(run, exploration=new)


def all_joined(records: Iterable[Record]) -> list[Record]:
    """The records, each with its exploration, and the explorations that belong to none."""
    found, left = joined(*separate(records))
    return [*found, *(one for one, _ in left)]
