"""About how long a matrix takes: from earlier records, or from results that were published."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from threadspec.adapters.adapter import Implementation
from threadspec.reports import record as records
from threadspec.reports.publish import SECONDS

# How many seconds of cases pass in one second, for each case that may run at a time: cases wait for
# most of their time, and others run meanwhile.  Measured with the published matrix: 1492 seconds of
# cases took 256 seconds on two processors.
OVERLAP = 2.9


class _Case(msgspec.Struct):
    seconds: float


class _Cases(msgspec.Struct):
    """As much of a record as is needed, whichever version of the kit wrote it."""

    cases: list[_Case]


@dataclass(frozen=True)
class Estimate:
    """About how long it takes to judge implementations.

    ``number``: how many; ``seconds``: how long, as far as something is known;
    ``unknown``: the names of those about which nothing is; ``earlier``: how many have an earlier
    record.
    """

    number: int
    seconds: float
    unknown: tuple[str, ...]
    earlier: int

    def __str__(self) -> str:
        plural = "s" if self.number != 1 else ""
        judging = f"Judging {self.number} implementation{plural}"
        known = self.number - len(self.unknown)
        if not known:
            return (
                f"{judging}; how long it takes is not known: seconds if they conform, and up to "
                "minutes if they do not."
            )
        sources = ["earlier records"] * bool(self.earlier)
        sources += ["published results"] * (self.earlier < known)
        text = f"{judging} takes about {_rounded(self.seconds)}, by {' and '.join(sources)}"
        if self.unknown:
            text += f"; nothing is known of {', '.join(self.unknown)}"
        return f"{text}."


def _rounded(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    return f"{round(seconds / 60)} minutes"


def estimate(
    implementations: Sequence[Implementation], folder: Path, repeat: int, jobs: int
) -> Estimate:
    """Estimate how long it takes to judge implementations, ``jobs`` cases at a time.

    ``folder``: where earlier records may be; ``repeat``: how often each case is run.
    """
    spent, alone, unknown, earlier = [], [], [], 0
    for one in implementations:
        seconds = _recorded(folder / records.file_name(one.name))
        earlier += seconds is not None
        if seconds is None:
            seconds = _published(one) if one.optional or _is_kits(one) else None
        if seconds is None:
            unknown.append(one.name)
        else:
            spent.append(seconds * repeat)
            # Its own cases overlap as well, if it may have several workers.
            alone.append(seconds * repeat / min(OVERLAP, one.workers or OVERLAP))
    together = sum(spent) / (OVERLAP * jobs)
    return Estimate(len(implementations), max([together, *alone]), tuple(unknown), earlier)


def _is_kits(one: Implementation) -> bool:
    from threadspec.adapters.adapter import FOLDER

    return one.adapter.folder == FOLDER


def _recorded(path: Path) -> float | None:
    """The seconds that all cases in a record took; None where there is no such record."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        found = msgspec.json.decode(path.read_bytes(), type=_Cases)
        return sum(one.seconds for one in found.cases)
    return None


def _published(one: Implementation) -> float | None:
    """The seconds that were published of an implementation, or of its adapter's on the nearest
    interpreter of the same kind; None where nothing was."""
    found = published()
    if one.name in found:
        return found[one.name]
    kind, numbers = _version(one.interpreter.label)
    near = {
        abs(numbers[1] - other[1]): seconds
        for name, seconds in found.items()
        for other_kind, other in [_version(name.partition("@")[2])]
        if name.startswith(f"{one.adapter.name}@") and (kind, numbers[0]) == (other_kind, other[0])
    }
    return near[min(near)] if near else None


def _version(label: str) -> tuple[str, list[int]]:
    """The kind of an interpreter, such as "pypy" or "t" for free threading, and its version."""
    return re.sub(r"[\d.]+", "", label), [*map(int, re.findall(r"\d+", label)), 0, 0][:2]


@cache
def published() -> dict[str, float]:
    """The seconds that the cases of each implementation took when they were published."""
    found: dict[str, float] = json.loads(SECONDS.read_text(encoding="utf-8"))
    return found
