"""``python -m quality.explore_faults``: plant interleaving faults, and let ``explore`` find them.

For each fault the line says which scenario finds it, in which schedule, and how many schedules were
run before.  The scenarios of its clause are tried first, then those of its chapter, then all.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quality.faults.planting import PACKAGE, Fault, read
from threadspec.exploration import scenarios, visible
from threadspec.exploration.exploring import Exploration, Failure, undisturbed
from threadspec.exploration.program import Program, Scenario

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Found:
    """What was found of a fault: the scenario, and the failure, or None."""

    fault: str
    scenario: str | None
    failure: Failure | None
    schedules: int
    seconds: float

    @property
    def line(self) -> str:
        """The fault in one line."""
        if self.failure is None:
            return f"MISSED {self.fault}  ({self.schedules:,} schedules, {self.seconds:.1f} s)"
        return (
            f"found  {self.fault}  in schedule {self.failure.schedule} of {self.scenario}: "
            f"{self.failure.wrong}  ({self.seconds:.2f} s)"
        )


def collection() -> list[Fault]:
    """Every interleaving fault."""
    return [fault for path in sorted(FOLDER.glob("*.toml")) for fault in read(path)]


def try_fault(fault: Fault, folder: Path) -> Found:
    """Plant a fault in a copy of the reference below ``folder``, and look for it."""
    began = time.process_time()
    fault.plant(folder)
    # The layer of the portable lock is a part of the copy, whatever kind of lock the layer has.
    subject = visible.load_reference(fault.id, folder=folder / PACKAGE)
    count = 0
    for scenario in _order(fault):
        finding = Exploration(Program(scenario, subject), quick=True).explore()
        count += finding.schedules
        if finding.failure is not None:
            seconds = time.process_time() - began
            return Found(fault.id, scenario.name, finding.failure, count, seconds)
    return Found(fault.id, None, None, count, time.process_time() - began)


def _order(fault: Fault) -> Iterator[Scenario]:
    """The scenarios, the likely ones first."""

    def distance(scenario: Scenario) -> int:
        if fault.clause in scenario.clauses:
            return 0
        if fault.clause in scenario.answers.values():
            return 1
        return 2 if scenario.chapter in (fault.chapter, fault.clause.split(".")[0]) else 3

    sound = [one for one in scenarios.written() if one.name not in KNOWN]
    yield from sorted(sound, key=distance)


# Scenarios that fail on the reference itself.
KNOWN = {"event.two-clears-then-set"}


def main() -> int:
    """Try the faults that the command line names; 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="python -m quality.explore_faults", description=__doc__)
    parser.add_argument("fault", nargs="*", help="the beginning of an id (default: all)")
    words = tuple(parser.parse_args().fault)
    faults = [one for one in collection() if not words or one.id.startswith(words)]
    folder = Path(tempfile.mkdtemp(prefix="threadspec-"))
    results = []
    try:
        with undisturbed():
            for fault in faults:
                result = try_fault(fault, folder / "copy")
                results.append(result)
                print(result.line, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = [one.failure.schedule for one in results if one.failure is not None]
    median = statistics.median(found) if found else 0
    print(f"{len(found)} of {len(results)} faults found; median schedule {median:g}.")
    return 0 if len(found) == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
