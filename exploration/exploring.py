"""Explores programs: every schedule where that can be done, else those with few preemptions."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

from threadspec.conformance.errors import UserError
from threadspec.exploration.models import Wrong
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import Abandoned, Run, uninterrupted
from threadspec.exploration.search import (
    Bounded,
    Exhaustive,
    Random,
    Replay,
    Searching,
    Trail,
    token,
)

# The most schedules of one scenario in each stage of the search, unless the user wants all.
MOST = 20_000
BOUNDED = 5_000
SAMPLES = 1_000
QUICK = 600
ALWAYS = 30  # random ones that show whether a failure depends on the schedule at all
MINIMIZE = 500  # to show that no schedule with fewer preemptions fails

# Finalizers must not run in the middle of a step, so garbage is collected between runs.
COLLECT = 400

# The seeds of the random schedules: the same in every exploration.
SEED = 20_261

Grade = Literal["exhausted", "bounded", "sampled"]


@dataclass(frozen=True)
class Failure:
    """A schedule that breaks a clause.

    ``preemptions``: how many it has, if no schedule with fewer was wrong; None if that is unknown;
    ``always``: whether each of some random schedules breaks the clause as well, so that it is no
    matter of interleaving.
    """

    clause: str
    wrong: Wrong
    token: str
    schedule: int
    preemptions: int | None
    always: bool = False


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


class Erratic(UserError):
    """The implementation did not do the same again in the same schedule."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep this process on one processor and let it collect garbage only between runs.

    Threads that pass a baton get it faster where they are.  Processes that are started one after
    another, such as those of pytest-xdist, take different processors.  Ctrl-C takes effect at the
    end of a run.
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
        with uninterrupted():
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
    schedules so far; ``quick``: stop after that many schedules, with the grade "sampled" unless
    those were all.
    """

    def __init__(
        self,
        program: Program,
        deadline: float | None = None,
        exhaust: bool = False,
        tell: Callable[[int], None] = lambda count: None,
        quick: int | None = None,
    ) -> None:
        self._program = program
        self._quick = quick
        self._deadline = deadline
        self._exhaust = exhaust
        self._tell = tell
        self._shared: set[object] = set()
        self.finding = Finding()

    def explore(self) -> Finding:
        """What is found.  Raises Erratic."""
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
        most = self._quick or (None if self._exhaust else MOST)
        if self._all(Exhaustive, most):
            return
        if finding.failure is not None:
            return
        finding.grade = "sampled"
        if self._quick:
            finding.why = finding.why or "there are more schedules"
            return
        finding.why = finding.why or f"more than {most:,} schedules"
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
                    if self._is_late():
                        raise Stop
                    break
                if wrong is not None:
                    finding.schedules += count + 1
                    finding.failure = self._failure(run, wrong, finding.schedules)
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
                if self._is_late():
                    finding.schedules += count
                    finding.outcomes.update(outcomes)
                    raise Stop
                if over:
                    finding.schedules += count
                    finding.equivalent += equivalent
                    for outcome, times in outcomes.items():
                        finding.outcomes[outcome] = finding.outcomes.get(outcome, 0) + times
                    return strategy.done and complete

    def _is_late(self) -> bool:
        """Whether the time is over."""
        return self._deadline is not None and time.process_time() > self._deadline

    def _run(self, strategy: Searching) -> tuple[Run, Wrong | None]:
        run, wrong = self._program.run(strategy, self._shared)
        if Run.serial % COLLECT == 0:
            gc.collect()
        if run.erratic:
            raise Erratic(
                f"{self._program.scenario.name} cannot be explored: the implementation does not do "
                "the same again in the same schedule (it may depend on the time, on addresses or "
                "on random numbers)."
            )
        return run, wrong

    def _failure(self, first: Run, wrong: Wrong, schedule: int) -> Failure:
        """The failure, in a schedule with few preemptions: the fewest, if that is soon known."""
        clause = self._program.scenario.clause_of(wrong)
        sample = Random(SEED)
        if all(
            not self._is_late() and self._is_same(self._program.run(sample, None)[1], clause)
            for _ in range(ALWAYS)
        ):
            return Failure(clause, wrong, token(first.trail), schedule, None, always=True)
        trail, wrong, preemptions = self._simplified(first, wrong)
        left = MINIMIZE
        for bound in range(preemptions):
            strategy = Bounded(bound)
            while not strategy.done:
                if not left or self._is_late():
                    return Failure(clause, wrong, token(trail), schedule, None)
                left -= 1
                try:
                    run, found = self._run(strategy)
                except Erratic:
                    return Failure(clause, wrong, token(trail), schedule, None)
                if run.discovered - self._shared:
                    self._shared |= run.discovered
                    strategy = Bounded(bound)
                elif self._is_same(found, clause) and strategy.preemptions <= bound:
                    return Failure(clause, found, token(run.trail), schedule, bound)
        return Failure(clause, wrong, token(trail), schedule, preemptions)

    def _simplified(self, first: Run, wrong: Wrong) -> tuple[Trail, Wrong, int]:
        """A schedule that breaks the same clause, what is wrong with it, and its preemptions.

        Parts of the first schedule are left out, one after another, as long as the rest fails.
        """
        clause = self._program.scenario.clause_of(wrong)
        trail, preemptions = first.trail, sys.maxsize
        shorter = [first.trail]
        while shorter and not self._is_late():
            strategy = Replay(shorter.pop(), loose=True)
            run, found = self._program.run(strategy, None)
            if self._is_same(found, clause) and strategy.preemptions < preemptions:
                trail, wrong, preemptions = run.trail, found, strategy.preemptions
                shorter = list(_with_fewer_switches(trail))
        return trail, wrong, preemptions

    def _is_same(self, wrong: Wrong | None, clause: str) -> TypeGuard[Wrong]:
        """Whether something is wrong, and breaks this clause."""
        return wrong is not None and self._program.scenario.clause_of(wrong) == clause


def _with_fewer_switches(trail: Trail) -> Iterator[Trail]:
    """Schedules like this one with fewer switches.

    For each segment: one without it, one in which its task goes on as long as it can, and two in
    which it is joined with the next segment of the same task, at the place of either.
    """
    for index, (task, count, late) in enumerate(trail):
        before, after = trail[:index], trail[index + 1 :]
        yield before + after
        yield [*before, (task, sys.maxsize, late), *after]
        for place, (other, more, _) in enumerate(after):
            if other == task:
                both = (task, count + more, late)
                yield [*before, both, *after[:place], *after[place + 1 :]]
                yield [*before, *after[:place], both, *after[place + 1 :]]
                break
