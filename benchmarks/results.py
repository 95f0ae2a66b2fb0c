"""The results: figures of every round, their medians, and ratios of pairs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .operations import Operation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TARGETS = Path(__file__).with_name("targets.toml")


@dataclass(frozen=True)
class Ratio:
    """How many times faster or smaller one subject is than another, from the pairs of all rounds.

    ``low`` and ``high``: the 10th and the 90th percentile.
    """

    median: float
    low: float
    high: float


def ratio(others: list[float], own: list[float]) -> Ratio:
    """The figures in ``others`` divided by those in ``own``, round by round."""
    pairs = sorted(other / one for other, one in zip(others, own, strict=True))
    last = len(pairs) - 1
    return Ratio(median(pairs), pairs[round(last * 0.1)], pairs[round(last * 0.9)])


@dataclass(frozen=True)
class Measurement:
    """An operation, and the output of the measuring side."""

    operation: Operation
    said: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """An operation's figures in one interpreter, in seconds or bytes, by subject."""

    operation: Operation
    figures: dict[str, list[float]]
    target: float | None

    def figure(self, subject: str) -> float | None:
        """The median of a subject's figures, or None if it has no counterpart."""
        found = self.figures.get(subject)
        return median(found) if found else None

    @property
    def ratio(self) -> Ratio | None:
        """The standard library's figures divided by the reference's, or None without both."""
        if "reference" not in self.figures or "stdlib" not in self.figures:
            return None
        return ratio(self.figures["stdlib"], self.figures["reference"])

    @property
    def met(self) -> bool | None:
        """Whether the target is met, or None if there is none."""
        if self.target is None or self.ratio is None:
            return None
        return round(self.ratio.median, 2) >= self.target


@dataclass(frozen=True)
class Run:
    """All rows of one interpreter.  ``skipped``: {subject that is not installed: why}."""

    interpreter: str
    machine: str
    skipped: dict[str, str]
    rows: tuple[Row, ...]

    @property
    def summary(self) -> str:
        """How many targets are met."""
        judged = [row for row in self.rows if row.met is not None]
        met = sum(1 for row in judged if row.met)
        return f"{met} of {len(judged)} ({self.interpreter})"

    def data(self) -> dict[str, Any]:
        """The run as data for the JSON file."""
        return {
            "interpreter": self.interpreter,
            "machine": self.machine,
            "skipped": self.skipped,
            "operations": {
                row.operation.key: {
                    "title": row.operation.title,
                    "unit": row.operation.unit,
                    "floor": row.operation.floor,
                    "medians": {name: row.figure(name) for name in row.figures},
                    "ratio": vars(row.ratio) if row.ratio else None,
                    "target": row.target,
                    "met": row.met,
                    "rounds": row.figures,
                }
                for row in self.rows
            },
        }


def targets() -> dict[str, float]:
    """The targets, by key of the operation."""
    found: dict[str, float] = {}

    def collect(prefix: str, table: dict[str, Any]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                collect(f"{prefix}{key}.", value)
            else:
                found[prefix + key] = float(value)

    collect("", tomllib.loads(TARGETS.read_text(encoding="utf-8")))
    return found


def run_of(measured: Sequence[Measurement]) -> Run:
    """The run that consists of one interpreter's measurements, at least one."""
    about = measured[0].said
    aims = targets()
    gil = "" if about["gil"] else ", without the GIL"
    return Run(
        f"{about['implementation']} {about['version']}{gil}",
        about["machine"],
        about["skipped"],
        tuple(
            Row(one.operation, one.said["figures"], aims.get(one.operation.key)) for one in measured
        ),
    )
