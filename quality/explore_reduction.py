"""``python -m quality.explore_reduction``: does the reduction of ``explore`` lose any outcome?

Each scenario is explored on the reference as ``threadspec explore --exhaust`` does.  That leaves
out schedules for three reasons: only the order of independent steps differs, a step uses only what
no other thread uses, or equal tasks change places.  Then every schedule is run, without any of the
three, as far as the limits allow: their outcomes, and what is wrong with them, must be the same.

Where there are too many, all schedules are run without the first reason alone.  Where there are
still too many, random schedules are run as well, without the first two: the outcomes of both must
be among those found before.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from quality.naming import one_of
from threadspec.exploration import scenarios, visible
from threadspec.exploration.campaign import choose
from threadspec.exploration.exploring import COLLECT, SEED, undisturbed
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import Run
from threadspec.exploration.search import Exhaustive, Random, Searching

# The most schedules of one scenario in each search, and the seconds of processor time.
SCHEDULES = 50_000
SECONDS = 10.0

SAME, SHARED, WITHIN, DIFFERS, TOO_MANY = "same", "shared", "within", "DIFFERS", "too many"


@dataclass
class Seen:
    """What the schedules of a search have shown.

    ``found``: the outcomes, and what was wrong; ``schedules``: how many were run; ``complete``:
    whether those were all.
    """

    found: set[object] = field(default_factory=set)
    schedules: int = 0
    complete: bool = False


def unordered(program: Program) -> Program:
    """The same program without equal tasks: their sources differ in a comment.

    ``explore`` lets equal tasks begin only in the order in which the scenario has them.
    """
    tasks = [f"{one}\n# task {number}" for number, one in enumerate(program.scenario.tasks)]
    return Program(replace(program.scenario, tasks=tuple(tasks)), program.subject)


class Comparison:
    """The searches of one program.  ``most`` and ``seconds``: the limits of each of them."""

    def __init__(self, program: Program, most: int, seconds: float) -> None:
        self._program = program
        self._most = most
        self._seconds = seconds
        self._shared: set[object] = set()

    def verdict(self) -> tuple[str, str]:
        """The verdict, and the sentence that explains it."""
        reduced = self._search(self._program, Exhaustive)
        if not reduced.complete:
            return TOO_MANY, f"more than {reduced.schedules:,} schedules with the reduction"
        every = self._search(unordered(self._program), lambda: Exhaustive(reduce=False), hide=False)
        verdict = SAME
        if every.complete:
            said = f"{len(every.found)} outcomes in all {every.schedules:,} schedules"
        else:
            seen = every.found  # they count as well
            verdict = SHARED
            every = self._search(self._program, lambda: Exhaustive(reduce=False))
            said = (
                f"{len(every.found)} outcomes in all {every.schedules:,} schedules of shared steps"
            )
            every.found |= seen
        if not every.complete:
            verdict = WITHIN
            more = self._search(self._program, lambda: Random(SEED), hide=False)
            every.found |= more.found
            said = (
                f"{len(every.found)} outcomes in {every.schedules:,} of all and in "
                f"{more.schedules:,} random schedules"
            )
        said += f"; {len(reduced.found)} in {reduced.schedules:,} with the reduction"
        if every.found - reduced.found:
            return DIFFERS, f"{said}; lost: {min(map(str, every.found - reduced.found))}"
        if every.complete and reduced.found != every.found:
            return DIFFERS, f"{said}; new: {min(map(str, reduced.found - every.found))}"
        return verdict, said

    def _search(self, program: Program, begin: Callable[[], Searching], hide: bool = True) -> Seen:
        """Run the schedules of a strategy.  ``hide``: leave out the steps that no other task sees.

        It begins again whenever a location turns out to be shared.
        """
        strategy, seen = begin(), Seen()
        end = time.process_time() + self._seconds
        while not seen.complete and seen.schedules < self._most and time.process_time() < end:
            run, wrong = program.run(strategy, self._shared if hide else None)
            if run.serial % COLLECT == 0:
                gc.collect()
            if run.discovered - self._shared and hide:
                self._shared |= run.discovered
                strategy, seen = begin(), Seen()
                continue
            if run.fair:
                break
            seen.schedules += 1
            if run.status != "cut":
                seen.found.add((self._outcome(program, run), str(wrong) if wrong else None))
            seen.complete = strategy.done
        return seen

    def _outcome(self, program: Program, run: Run) -> tuple[object, ...]:
        """What the calls have returned, where equal tasks may have changed places."""
        values = list(program.outcome(run))
        places = {task.name: place for place, task in enumerate(run.tasks)}
        equal: dict[str, list[int]] = {}
        for number, source in enumerate(self._program.scenario.tasks):
            equal.setdefault(source, []).append(places[f"task {number + 1}"])
        for own in equal.values():
            ordered = sorted((values[place] for place in own), key=repr)
            for place, value in zip(own, ordered, strict=True):
                values[place] = value
        return tuple(values)


def compare(words: Sequence[str], most: int, seconds: float) -> int:
    """Compare the scenarios that words name; print a line for each; 1 if one differs."""
    verdicts: Counter[str] = Counter()
    subject = visible.load_reference()
    for scenario in choose(words).scenarios:
        verdict, said = Comparison(Program(scenario, subject), most, seconds).verdict()
        verdicts[verdict] += 1
        print(f"{verdict:<8}  {scenario.name}: {said}", flush=True)
    print(
        f"{verdicts[SAME]} of {verdicts.total()} scenarios have the same outcomes in every "
        f"schedule; {verdicts[SHARED]} in every schedule of the steps that tasks share, with equal "
        f"tasks in one order; {verdicts[WITHIN]} could not be finished without the reduction, and "
        f"no schedule has another outcome; {verdicts[TOO_MANY]} could not be finished with it; "
        f"{verdicts[DIFFERS]} differ"
    )
    return 1 if verdicts[DIFFERS] else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.explore_reduction", description=__doc__.split("\n")[0]
    )
    names = [
        name
        for one in scenarios.written()
        for name in (one.name, one.chapter, *one.clauses, *one.answers.values())
    ]
    parser.add_argument(
        "words",
        nargs="*",
        type=one_of("scenario, chapter or clause", names),
        metavar="WORD",
        help="a scenario, or all of a chapter or a clause",
    )
    parser.add_argument(
        "--schedules",
        type=int,
        default=SCHEDULES,
        help="the most schedules of each search (%(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help="the processor time of each search, in seconds (%(default)s)",
    )
    options = parser.parse_args(arguments)
    with undisturbed():
        return compare(options.words, options.schedules, options.seconds)


if __name__ == "__main__":
    sys.exit(main())
