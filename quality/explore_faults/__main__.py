"""``python -m quality.explore_faults``: plant interleaving faults, and let ``explore`` find them.

Each fault is planted in a copy of the reference.  The scenarios that answer its clause are tried
on it first, then the others of its chapters, and at last the battery's cases of its clause.  A line
for each fault tells what has found it, in which schedule of that, and how many schedules of others
were run before.

The same scenarios and cases are tried on the reference itself, which must pass.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality.faults.planting import PACKAGE, Fault, read
from quality.judging import ROOT, implementation
from quality.naming import one_of
from quality.oddities import __main__ as oddities
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case, battery
from threadspec.exploration import scenarios, subjects, visible
from threadspec.exploration.campaign import CaseSearch
from threadspec.exploration.exploring import QUICK, SEED, Exploration, undisturbed
from threadspec.exploration.program import Program, Scenario
from threadspec.exploration.search import Random
from threadspec.exploration.stage import Stage, why_left_out
from threadspec.exploration.visible import Bounds, Subject

FOLDER = Path(__file__).parent

# The most schedules of a case, and the schedules of each scenario on an oddity.
SCHEDULES = 100
SAMPLES = 8


@dataclass(frozen=True)
class Found:
    """What was found of a fault.

    ``program``: the scenario or case that has found it, or None; ``schedule``: the first schedule
    of it that was wrong; ``before``: how many were run of others; ``observed``: what was wrong;
    ``steps``: that schedule, as a token has it.
    """

    fault: str
    program: str | None
    schedule: int
    before: int
    observed: str
    seconds: float
    steps: str = ""

    @property
    def line(self) -> str:
        """The fault in one line."""
        if self.program is None:
            return f"MISSED {self.fault}  in {self.before:,} schedules  ({self.seconds:.1f} s)"
        others = f" after {self.before:,} of others" if self.before else ""
        return (
            f"found  {self.fault}  in schedule {self.schedule} of {self.program}{others}: "
            f"{self.observed}  ({self.seconds:.2f} s)"
        )


def collection() -> list[Fault]:
    """Every interleaving fault."""
    return [fault for path in sorted(FOLDER.glob("*.toml")) for fault in read(path)]


def chosen(words: Sequence[str]) -> list[Fault]:
    """The faults that words name: ids, chapters, or clauses.  All for no word."""
    return [fault for fault in collection() if not words or _names(fault) & set(words)]


def _names(fault: Fault) -> set[str]:
    return {fault.id, fault.chapter, fault.clause}


def plant(fault: Fault, folder: Path, bounded: bool = True) -> Subject:
    """Plant a fault in a copy of the reference, which is made in ``folder``, and load that.

    ``bounded``: whether the copy has the bounds of the fault, in place of those of its source.
    """
    fault.plant(folder)
    wanted = {f"{visible.REFERENCE_NAME}.{name}": number for name, number in fault.bounds.items()}
    # The layer of the portable lock is a part of the copy, whatever kind of lock the layer has.
    return visible.load_reference(
        fault.id, folder=folder / PACKAGE, bounds=Bounds(wanted if bounded else {})
    )


def try_fault(fault: Fault, folder: Path, bounded: bool = True) -> Found:
    """Plant a fault in a copy of the reference, and look for it.  The arguments: see ``plant``."""
    began = time.process_time()
    subject = plant(fault, folder, bounded)
    count = 0

    def found(program: str | None, schedule: int, observed: str, steps: str) -> Found:
        seconds = time.process_time() - began
        return Found(fault.id, program, schedule, count, observed, seconds, steps)

    for scenario in _order(fault):
        finding = Exploration(Program(scenario, subject)).explore(QUICK)
        failure = finding.failure
        if failure is not None:
            return found(scenario.name, failure.schedule, str(failure.wrong), failure.token)
        count += finding.schedules
    stage = Stage(subject)
    for case in battery():
        if case.clause.id == fault.clause and why_left_out(case) is None:
            search = CaseSearch(stage, case)
            run = search.go_on(SCHEDULES)
            if search.failure is not None:
                steps = search.failure.token.rpartition(":")[2]
                return found(case.id, run, search.failure.observed, steps)
            count += run
    return found(None, 0, "", "")


def _order(fault: Fault) -> Iterator[Scenario]:
    """The scenarios that can find a fault, the likely ones first."""
    chapters = (fault.chapter, fault.clause.split(".")[0])

    def distance(scenario: Scenario) -> int:
        if fault.clause in scenario.clauses:
            return 0
        if fault.clause in scenario.answers.values():
            return 1
        return 2 if scenario.chapter in chapters else 3

    yield from sorted((one for one in scenarios.written() if distance(one) < 3), key=distance)


def check_reference(cases: Sequence[Case]) -> list[str]:
    """What the reference itself does wrong: in every scenario, and in these cases."""
    wrong = []
    sound = visible.load_reference()
    for subject in (sound, visible.load_reference("reference (portable RLock)", reentrant=False)):
        for scenario in scenarios.written():
            if subject is not sound and not scenario.uses_rlock:
                continue
            failure = Exploration(Program(scenario, subject)).explore(QUICK).failure
            if failure is not None:
                wrong.append(f"{subject.name} fails {scenario.name}: {failure.wrong}")
    stage = Stage(sound)
    for case in cases:
        search = CaseSearch(stage, case)
        search.go_on(SCHEDULES)
        if search.failure is not None:
            wrong.append(f"{sound.name} fails {case.id}: {search.failure.observed}")
    return wrong


def summary(results: Sequence[Found]) -> list[str]:
    """The figures, one line each."""
    found = [one for one in results if one.program is not None]
    lines = [f"{len(found)} of {len(results)} interleaving faults found"]
    if found:
        own = [one.schedule for one in found]
        every = [one.before + one.schedule for one in found]
        lines.append(
            f"median schedule {statistics.median(own):g}, the last {max(own)}; median with those "
            f"of scenarios tried before {statistics.median(every):g}"
        )
    lines += [f"MISSED: {one.fault}" for one in results if one.program is None]
    return lines


def try_faults(faults: Sequence[Fault]) -> int:
    """Try faults and the reference; print what is found; 1 if anything is not as it must be."""
    results = []
    needless = []
    with tempfile.TemporaryDirectory(prefix="threadspec-") as folder:
        copy = Path(folder) / "copy"
        for fault in faults:
            results.append(try_fault(fault, copy))
            print(results[-1].line, flush=True)
            if fault.bounds:
                without = try_fault(fault, copy, bounded=False)
                needless += [fault.id] if without.program is not None else []
    programs = {one.program for one in results}
    wrong = check_reference([case for case in battery() if case.id in programs])
    print(*summary(results), sep="\n")
    print(*(wrong or ["the reference passes them all"]), sep="\n")
    bounded = sum(bool(fault.bounds) for fault in faults)
    if bounded:
        print(f"{bounded - len(needless)} of {bounded} faults with bounds are missed without them")
    for one in needless:
        print(f"FOUND WITHOUT ITS BOUNDS: {one}")
    return 1 if wrong or needless or any(one.program is None for one in results) else 0


def sample(subject: Subject) -> Iterator[str]:
    """What is wrong with an implementation in some schedules of each scenario."""
    for scenario in scenarios.written():
        program = Program(scenario, subject)
        strategy = Random(SEED)
        shared: set[object] = set()
        for _ in range(SAMPLES):
            run, wrong = program.run(strategy, shared)
            if run.discovered - shared:
                shared |= run.discovered  # steps were hidden: what came before what is not known
            elif wrong is not None:
                yield f"{scenario.name}: {wrong}"
                break


def try_oddities() -> int:
    """Try every oddity that can be explored; print what is wrong; 1 if anything is."""
    tried = raised = 0
    for oddity in oddities.collection():
        began = time.process_time()
        module = f"quality.oddities.{oddity.name}"
        try:
            (subject,) = subjects.load(implementation(oddity.name, module, ROOT))
            wrong = list(sample(subject))
        except UserError as error:
            print(f"left out  {oddity.name}: {error}", flush=True)
            continue
        tried += 1
        raised += bool(wrong)
        seconds = time.process_time() - began
        print(f"{'RAISED  ' if wrong else 'ok      '}  {oddity.name}  {seconds:.1f} s", flush=True)
        print(*(f"          {one}" for one in wrong), sep="\n", end="\n" if wrong else "")
    print(f"oddities raised: {raised} of {tried} explored")
    return 1 if raised else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.explore_faults", description=__doc__.split("\n")[0]
    )
    names = [name for fault in collection() for name in _names(fault)]
    parser.add_argument(
        "faults",
        nargs="*",
        type=one_of("interleaving fault, chapter or clause", names),
        metavar="FAULT",
        help="a fault, or all of a chapter or a clause",
    )
    parser.add_argument("--list", action="store_true", help="show the faults, and try none")
    parser.add_argument(
        "--oddities",
        action="store_true",
        help="try the odd but conforming implementations instead, none of which may fail",
    )
    options = parser.parse_args(arguments)
    faults = chosen(options.faults)
    if options.list:
        print(*(f"{fault.id}  ({fault.clause})  {fault.says}" for fault in faults), sep="\n")
        return 0
    with undisturbed():
        return try_oddities() if options.oddities else try_faults(faults)


if __name__ == "__main__":
    sys.exit(main())
