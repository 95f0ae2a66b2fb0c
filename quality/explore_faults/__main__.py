"""``python -m quality.explore_faults``: plant interleaving faults, and let ``explore`` find them.

For each fault the line says which scenario finds it, and in which schedule.  The scenarios of its
clause are tried first, then those of its chapter, and at last the battery's cases of the clause.
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
from threadspec.conformance.index import battery
from threadspec.exploration import scenarios, visible
from threadspec.exploration.campaign import CaseSearch
from threadspec.exploration.exploring import Exploration, undisturbed
from threadspec.exploration.program import Program, Scenario
from threadspec.exploration.stage import Stage, why_left_out

FOLDER = Path(__file__).parent


# Scenarios that fail on the reference itself.
KNOWN = {"event.two-clears-then-set"}

# The most schedules of a case.
SCHEDULES = 100


@dataclass(frozen=True)
class Found:
    """What was found of a fault: the scenario or case, the schedule, and what was observed."""

    fault: str
    program: str | None
    schedule: int
    observed: str
    seconds: float

    @property
    def line(self) -> str:
        """The fault in one line."""
        if self.program is None:
            return f"MISSED {self.fault}  ({self.schedule:,} schedules, {self.seconds:.1f} s)"
        return (
            f"found  {self.fault}  in schedule {self.schedule} of {self.program}: "
            f"{self.observed}  ({self.seconds:.2f} s)"
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
            failure = finding.failure
            seconds = time.process_time() - began
            return Found(fault.id, scenario.name, failure.schedule, str(failure.wrong), seconds)
    stage = Stage(subject)
    for case in battery():
        if case.clause.id == fault.clause and why_left_out(case) is None:
            search = CaseSearch(stage, case)
            count += search.go_on(SCHEDULES)
            if search.failure is not None:
                seconds = time.process_time() - began
                return Found(fault.id, case.id, search.schedules, search.failure.observed, seconds)
    return Found(fault.id, None, count, "", time.process_time() - began)


def _order(fault: Fault) -> Iterator[Scenario]:
    """The scenarios of its chapter, the likely ones first."""
    chapters = (fault.chapter, fault.clause.split(".")[0])

    def distance(scenario: Scenario) -> int:
        if fault.clause in scenario.clauses:
            return 0
        return 1 if fault.clause in scenario.answers.values() else 2

    near = [one for one in scenarios.written() if one.chapter in chapters and one.name not in KNOWN]
    others = [one for one in scenarios.written() if fault.clause in one.clauses]
    yield from sorted(dict.fromkeys([*near, *others]), key=distance)


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
    found = [one.schedule for one in results if one.program is not None]
    median = statistics.median(found) if found else 0
    print(f"{len(found)} of {len(results)} faults found; median schedule {median:g}.")
    return 0 if len(found) == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
