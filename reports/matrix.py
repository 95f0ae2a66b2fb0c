"""The matrix: the verdicts of many records, by clause and implementation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from threadspec.conformance.catalogue import Catalogue, Clause
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import VERDICTS, Verdict
from threadspec.reports.exploration import numbers
from threadspec.reports.record import CaseResult, Record

SCHEMA = "threadspec-matrix/1"


@dataclass(frozen=True)
class Cell:
    """The verdict on one clause of one implementation.

    ``observed``: what its worst case observed; ``known``: the reason for a known divergence.
    """

    verdict: Verdict
    observed: str | None
    known: str | None


@dataclass(frozen=True)
class Column:
    """One implementation in the matrix.

    ``label``: its name, made unique; ``cells``: by clause; ``foreign``: whether its record was made
    with another catalogue than this kit's.
    """

    label: str
    record: Record
    cells: dict[str, Cell]
    counts: Counter[Verdict]
    foreign: bool

    @property
    def seconds(self) -> float:
        """The seconds that its cases took."""
        return sum(case.seconds for case in self.record.cases)

    def kept(self, clauses: Iterable[Clause]) -> tuple[int, int]:
        """The number of these clauses that it keeps, and the number of those that were judged.

        A clause for which something is not offered was not judged.
        """
        cells = [self.cells[clause.id] for clause in clauses if clause.id in self.cells]
        judged = [cell for cell in cells if cell.verdict != "not-offered"]
        return sum(cell.verdict == "pass" for cell in judged), len(judged)


@dataclass(frozen=True)
class Missing:
    """An implementation that could not be judged, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Matrix:
    """The clauses, the implementations, and those that could not be judged."""

    catalogue: Catalogue
    columns: tuple[Column, ...]
    missing: tuple[Missing, ...] = ()

    def required(self, column: Column) -> tuple[int, int]:
        """Its score: the numbers of ``must`` clauses that it keeps and that were judged."""
        return column.kept(clause for clause in self.catalogue.clauses if clause.level == "must")

    def advised(self, column: Column) -> tuple[int, int]:
        """The same for ``should`` clauses."""
        return column.kept(clause for clause in self.catalogue.clauses if clause.level == "should")


def _cell(cases: list[CaseResult]) -> Cell:
    bad = max(cases, key=lambda case: VERDICTS.index(case.verdict))
    known = bad.divergence.reason if bad.divergence and bad.is_known else None
    return Cell(bad.verdict, bad.observed, known)


def by_version(records: Iterable[Record]) -> list[Record]:
    """The records of each adapter together, in the order of the interpreters' versions.

    Adapters keep the order in which they first come, and so do records of one implementation.
    """
    found = list(records)
    bases = [one.implementation.name.partition("@")[0] for one in found]

    def key(number: int) -> tuple[int, str, list[int], str]:
        label = found[number].implementation.name.partition("@")[2]
        kind = re.match(r"[a-z]*(?=\d)", label)
        versions = [int(digits) for digits in re.findall(r"\d+", label)]
        return bases.index(bases[number]), kind[0] if kind else "", versions, label

    return [found[number] for number in sorted(range(len(found)), key=key)]


def build(
    records: Iterable[Record], catalogue: Catalogue, missing: Iterable[Missing] = ()
) -> Matrix:
    """Build a matrix from records, in their order.

    Implementations with the same name are told apart by the labels of their records, and numbered
    where these are equal.  Raises UserError if no case was run.
    """
    columns: list[Column] = []
    records = list(records)
    same = Counter(record.implementation.name for record in records)
    names: Counter[str] = Counter()
    for record in records:
        name = record.implementation.name
        if same[name] > 1 and record.label:
            name = f"{name} ({record.label})"
        names[name] += 1
        by_clause: dict[str, list[CaseResult]] = {}
        for case in record.cases:
            by_clause.setdefault(case.clause, []).append(case)
        cells = {clause: _cell(cases) for clause, cases in by_clause.items()}
        columns.append(
            Column(
                label=name if names[name] == 1 else f"{name} #{names[name]}",
                record=record,
                cells=cells,
                counts=Counter(cell.verdict for cell in cells.values()),
                foreign=record.kit.clauses != catalogue.digest,
            )
        )
    if not any(column.cells for column in columns):
        raise UserError(
            "The matrix would be empty: no case was run on any implementation"
            + "".join(f"; {one.name}: {one.reason}" for one in missing)
        )
    return Matrix(catalogue, tuple(columns), tuple(missing))


def _exploration(record: Record) -> dict[str, Any] | None:
    """The exploration of an implementation in numbers, and what fails, without all that holds."""
    found = record.exploration
    if found is None:
        return None
    failed = [asdict(one) for one in found.programs if one.failure is not None]
    return {
        "made": found.made,
        "interpreter": found.interpreter,
        "source": found.source,
        **asdict(numbers(found.programs)),
        "failures": failed,
    }


def to_json(matrix: Matrix, changes: Mapping[str, Any]) -> str:
    """The matrix as a JSON document.

    ``changes``: what has changed since an earlier record, by the label of the column.
    """
    implementations = []
    for column in matrix.columns:
        kept, judged = matrix.required(column)
        implementations.append(
            {
                **asdict(column.record.implementation),
                "label": column.label,
                "made": column.record.made,
                "kit": asdict(column.record.kit),
                "clauses": {verdict: column.counts[verdict] for verdict in VERDICTS},
                "required": {"kept": kept, "judged": judged},
                "seconds": round(column.seconds, 3),
                "since": changes.get(column.label),
                "exploration": _exploration(column.record),
            }
        )
    clauses: list[dict[str, Any]] = []
    for clause in matrix.catalogue.clauses:
        found = {
            column.label: asdict(column.cells[clause.id])
            for column in matrix.columns
            if clause.id in column.cells
        }
        clauses.append({**asdict(clause), "found": found})
    document = {
        "schema": SCHEMA,
        "catalogue": matrix.catalogue.version,
        "implementations": implementations,
        "unavailable": [asdict(one) for one in matrix.missing],
        "clauses": clauses,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
