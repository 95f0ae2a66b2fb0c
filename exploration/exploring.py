"""Explores programs: every schedule where that can be done, else those with few preemptions."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from threadspec.conformance.errors import UserError
from threadspec.exploration.models import Wrong
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import Abandoned, Run
from threadspec.exploration.search import Bounded, Exhaustive, Random, Searching, token

# The most schedules of one scenario in each stage of the search, unless the user wants all.
MOST = 20_000
BOUNDED = 5_000
SAMPLES = 1_000
QUICK = 600
MINIMIZE = 500  # of each number of preemptions, to find the fewest

# Finalizers must not run in the middle of a step, so garbage is collected between runs.
COLLECT = 400

# The seeds of the random schedules: the same in every exploration.
SEED = 20_261

Grade = Literal["exhausted", "bounded", "sampled"]


@dataclass(frozen=True)
class Failure:
    """A schedule that breaks a clause.

    ``preemptions``: how many it has, if no schedule with fewer was wrong; None if that is unknown.
    """

    clause: str
    wrong: Wrong
    token: str
    schedule: int
    preemptions: int | None


@dataclass
class Finding:
    """What is known of a program.

    ``grade``: "exhausted" if every schedule was run, "bounded" if all with at most ``bound``
    preemptions were, "sampled" if neither; ``schedules``: how many were run; ``equivalent``: how
    many of them were given up because they differed from others in nothing that matters;
    ``outcomes``: how often the calls returned what; ``failure``: the first schedule that was wrong;
    ``why``: why it is not exhausted.
    """

    grade: Grade = "exhausted"
    bound: int | None = None
    schedules: int = 0
    equivalent: int = 0
    outcomes: dict[tuple[object, ...], int] = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float = 0.0
    why: str = ""


class Stop(Exception):
    """The time for a program is over."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep this process on one processor and let it collect garbage only between runs.

    Threads that pass a baton get it faster where they are.  Processes that are started one after
    another, such as those of pytest-xdist, take different processors.
    """
    was_enabled = gc.isenabled()
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    hook = sys.unraisablehook
    sys.unraisablehook = lambda found: (
        None if isinstance(found.exc_value, Abandoned) else hook(found)
    )
    gc.disable()
    gc.freeze()  # what is there by now need not be looked at each time
    if affinity is not None and len(affinity) > 1:
        os.sched_setaffinity(0, {sorted(affinity)[os.getpid() % len(affinity)]})
    try:
        yield
    finally:
        gc.unfreeze()
        sys.unraisablehook = hook
        if was_enabled:
            gc.enable()
        if affinity is not None:
            os.sched_setaffinity(0, affinity)


class Exploration:
    """Explores one program.

    ``deadline``: the processor time, as ``time.process_time`` tells it, at which to stop, or None;
    ``exhaust``: run every schedule, however many; ``tell``: called now and then with the number of
    schedules so far; ``keep_going``: do not stop at the first failure; ``quick``: stop after
    ``QUICK`` schedules, with the grade "sampled" unless those were all.
    """

    def __init__(
        self,
        program: Program,
        deadline: float | None = None,
        exhaust: bool = False,
        tell: Callable[[int], None] = lambda count: None,
        keep_going: bool = False,
        quick: bool = False,
    ) -> None:
        self._program = program
        self._quick = quick
        self._deadline = deadline
        self._exhaust = exhaust
        self._tell = tell
        self._keep_going = keep_going
        self._shared: set[object] = set()
        self.finding = Finding()

    def explore(self) -> Finding:
        """What is found."""
        began = time.process_time()
        finding = self.finding
        try:
            self._search()
        except Stop:
            if finding.grade == "exhausted":
                finding.grade = "sampled"
            finding.why = "the time was over"
        finally:
            finding.seconds = time.process_time() - began
        return finding

    def _search(self) -> None:
        finding = self.finding
        most = QUICK if self._quick else None if self._exhaust else MOST
        if self._all(Exhaustive, most):
            return
        if finding.failure is not None and not self._keep_going:
            return
        finding.grade = "sampled"
        finding.why = finding.why or f"more than {most:,} schedules"
        if self._quick:
            return
        for bound in (1, 2):
            if not self._all(lambda bound=bound: Bounded(bound), BOUNDED):  # type: ignore[misc]
                break
            finding.grade = "bounded"
            finding.bound = bound
        if finding.failure is None:
            self._all(lambda: Random(SEED), SAMPLES)

    def _all(self, begin: Callable[[], Searching], most: int | None) -> bool:
        """Run all schedules of a strategy; return whether that was done.

        It begins again whenever a location turns out to be shared.
        """
        finding = self.finding
        while True:
            strategy = begin()
            outcomes: dict[tuple[object, ...], int] = {}
            count = equivalent = 0
            complete = True
            while True:
                run, wrong = self._run(strategy)
                if run.discovered - self._shared:
                    # Steps of this run were hidden, so what happened before what is not known.
                    self._shared |= run.discovered
                    break
                if wrong is not None and finding.failure is None:
                    finding.schedules += count + 1
                    finding.failure = self._failure(run, wrong, finding.schedules)
                    if not self._keep_going:
                        if not strategy.done:
                            finding.grade = "sampled"
                            finding.why = "stopped at the first failure"
                        return False
                count += 1
                if run.status == "cut":
                    equivalent += 1
                else:
                    outcome = self._program.outcome(run)
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1
                if run.fair:
                    complete = False
                    finding.why = "its threads poll, so that it has no longest schedule"
                over = strategy.done or (most is not None and count >= most)
                if over or count % 64 == 0:
                    self._tell(finding.schedules + count)
                    if self._deadline is not None and time.process_time() > self._deadline:
                        finding.schedules += count
                        finding.outcomes.update(outcomes)
                        raise Stop
                if over:
                    finding.schedules += count
                    finding.equivalent += equivalent
                    for outcome, times in outcomes.items():
                        finding.outcomes[outcome] = finding.outcomes.get(outcome, 0) + times
                    return strategy.done and complete

    def _run(self, strategy: Searching) -> tuple[Run, Wrong | None]:
        run, wrong = self._program.run(strategy, self._shared)
        if Run.serial % COLLECT == 0:
            gc.collect()
        if run.erratic:
            raise UserError(
                f"{self._program.scenario.name} cannot be explored: the implementation does not do "
                "the same again in the same schedule (it may depend on the time, on addresses or "
                "on random numbers)."
            )
        return run, wrong

    def _failure(self, first: Run, wrong: Wrong, schedule: int) -> Failure:
        """The failure, in the schedule with the fewest preemptions that is soon found."""
        program = self._program
        clause = program.scenario.clause_of(wrong)
        for bound in range(4):
            strategy = Bounded(bound)
            for _ in range(MINIMIZE):
                run, found = self._run(strategy)
                if run.discovered - self._shared:
                    self._shared |= run.discovered
                    strategy = Bounded(bound)
                elif found is not None and program.scenario.clause_of(found) == clause:
                    return Failure(clause, found, token(run.trail), schedule, bound)
                if strategy.done:
                    break
            else:
                break  # some schedules with this number were not run
        return Failure(clause, wrong, token(first.trail), schedule, None)
