"""The history of implementations: their earlier records, and what changed from each to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from threadspec.conformance.verdicts import Verdict
from threadspec.reports.diff import Difference, difference
from threadspec.reports.matrix import Matrix
from threadspec.reports.record import JudgedLevel, Record


@dataclass(frozen=True)
class Step:
    """One record of a history; ``since``: what has changed since the one before, if any."""

    record: Record
    since: Difference | None

    def kept(self, level: JudgedLevel) -> tuple[int, int]:
        """The number of the clauses of a level that were kept, and of those that were judged."""
        levels = {case.clause: case.level for case in self.record.cases}
        found: list[Verdict] = [
            verdict
            for clause, verdict in self.record.clause_verdicts().items()
            if levels[clause] == level and verdict != "not-offered"
        ]
        return found.count("pass"), len(found)


@dataclass(frozen=True)
class Histories:
    """The histories of the implementations of a matrix.

    ``steps``: those of each column that has an earlier record, by its label, the oldest first; the
    last one is the column's own.  ``gone``: the implementations that have earlier records alone.
    """

    steps: dict[str, tuple[Step, ...]]
    gone: tuple[str, ...] = ()

    def since(self, label: str) -> Difference | None:
        """What has changed about a column since its newest earlier record, if it has one."""
        return self.steps[label][-1].since if label in self.steps else None

    def changes(self) -> Iterator[tuple[str, Difference]]:
        """What has changed about each column that has an earlier record, with its label."""
        for label in self.steps:
            if since := self.since(label):
                yield label, since


def histories(matrix: Matrix, earlier: Sequence[Record]) -> Histories:
    """Find the earlier records of each column, by the name of the implementation.

    If there is one name among the columns and one among the earlier records, these belong together.
    A record that the matrix itself has is no earlier one.
    """
    names = dict.fromkeys(column.record.implementation.name for column in matrix.columns)
    before = dict.fromkeys(record.implementation.name for record in earlier)
    alone = len(names) == len(before) == 1
    steps = {}
    for column in matrix.columns:
        own = column.record
        found = sorted(
            (
                one
                for one in earlier
                if (alone or one.implementation.name == own.implementation.name) and one != own
            ),
            key=lambda one: one.made,
        )
        if found:
            first, *_ = found
            pairs = [Step(new, difference(old, new)) for old, new in pairwise([*found, own])]
            steps[column.label] = (Step(first, None), *pairs)
    gone = () if alone else tuple(name for name in before if name not in names)
    return Histories(steps, gone)
