"""Explores programs: every schedule where that can be done, else those with few preemptions."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True)
class Part:
    """A part of the exploration of a program: at most ``most`` schedules of one kind, in all.

    ``kind``: "every" schedule, those with at most ``bound`` preemptions, or "random" ones.
    """

    kind: Literal["every", "bounded", "random"]
    most: int | None
    bound: int = 0


# Easily found faults show in the first parts, and what has too many schedules soon gets a bound.
PARTS = (
    Part("every", 60),
    Part("bounded", 1_000, 0),
    Part("every", 600),
    Part("bounded", 1_500, 1),
    Part("every", 2_000),
    Part("bounded", 10_000, 1),
    Part("bounded", 10_000, 2),
    Part("random", 1_000),
    Part("every", 20_000),
)
QUICK = 3  # how many parts are run where each program only gets some schedules
# Bounds and random schedules are for programs that poll, and of which "every" schedule has no end.
EXHAUST = (
    PARTS[0],
    PARTS[2],
    Part("every", None),
    *(Part("bounded", 10_000, bound) for bound in (0, 1, 2)),
    Part("random", 1_000),
)

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

    Threads that pass a baton get it faster where they are, and if the one that is woken waits until
    the other blocks, as Linux's policy for batch processes has it.  Processes that are started one
    after another, such as those of pytest-xdist, take different processors.  Ctrl-C takes effect at
    the end of a run.
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
        with _batch(), uninterrupted():
            try:
                yield
            finally:
                gc.collect()  # what the runs have left; what was frozen need not be looked at
    finally:
        gc.unfreeze()
        sys.unraisablehook = hook
        if was_enabled:
            gc.enable()
        if affinity is not None:
            os.sched_setaffinity(0, affinity)


@contextmanager
def _batch() -> Iterator[None]:
    """Give this thread, and those that it starts, the policy for batch processes."""
    policy = os.sched_getscheduler(0) if hasattr(os, "SCHED_BATCH") else None
    if policy != os.SCHED_OTHER:  # there is none, or somebody has chosen another one
        yield
        return
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:  # a sandbox may forbid it
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, os.sched_param(0))


class _Search:
    """The runs of one strategy, with what has come of them.

    ``is_complete``: no run has been given up because its threads poll; ``places``: how many
    shared locations were known at the beginning.
    """

    def __init__(self, begin: Callable[[], Searching]) -> None:
        self._begin = begin
        self.restart(0)

    def restart(self, places: int) -> None:
        """Begin again."""
        self.places = places
        self.strategy = self._begin()
        self.outcomes: Counter[tuple[object, ...]] = Counter()
        self.count = self.equivalent = 0
        self.is_complete = True

    def take(self, run: Run, program: Program) -> None:
        """Note how a run has ended."""
        if run.status == "cut":
            self.equivalent += 1
        else:
            self.outcomes[program.outcome(run)] += 1
        if run.fair:
            self.is_complete = False


class Exploration:
    """Explores one program, in parts, so that other programs can have theirs in between.

    ``deadline``: the processor time, as ``time.process_time`` tells it, at which to stop, or None;
    ``parts``: what is run, unless the first of them show all there is;
    ``tell``: called now and then with the number of schedules so far.
    """

    def __init__(
        self,
        program: Program,
        deadline: float | None = None,
        parts: Sequence[Part] = PARTS,
        tell: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._program = program
        self._deadline = deadline
        self._tell = tell
        self._shared: set[object] = set()
        self._todo = deque(parts)
        self._done = 0
        self._every = _Search(Exhaustive)
        self._bounded: dict[int, _Search] = {}
        self._random = _Search(lambda: Random(SEED))
        self.finding = Finding("sampled")

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be run."""
        return not self._todo

    def explore(self, parts: int | None = None) -> Finding:
        """What is found once this many parts have been run, by default all.  Raises Erratic."""
        began = time.process_time()
        finding = self.finding
        try:
            while self._todo and (parts is None or self._done < parts):
                if self._is_late():
                    raise Stop
                self._run_part(self._todo[0])
                self._todo.popleft()
                self._done += 1
                if finding.failure is not None or finding.grade == "exhausted":
                    self._todo.clear()
        except Stop:
            finding.why = "the time was over"
            self._todo.clear()
        finally:
            self._count()
            gc.collect(1)  # the rest of what was made since the last program
            finding.seconds += time.process_time() - began
        return finding

    def _count(self) -> None:
        """Put the numbers of all searches into the finding."""
        finding = self.finding
        finding.schedules = sum(one.count for one in self._searches)
        finding.equivalent = sum(one.equivalent for one in self._searches)
        finding.outcomes = dict(sum((one.outcomes for one in self._searches), Counter()))

    @property
    def _searches(self) -> list[_Search]:
        return [self._every, *self._bounded.values(), self._random]

    def _run_part(self, part: Part) -> None:
        if part.kind == "random":
            self._all(self._random, part.most)
        elif part.kind == "bounded":
            self._run_bounded(part.bound, part.most)
        elif not self._every.strategy.done:  # else all were run, but some of them have no end
            self._run_every(part.most)

    def _run_every(self, most: int | None) -> None:
        finding = self.finding
        is_done = self._all(self._every, most)
        if finding.failure is not None:
            return
        if not self._every.is_complete:
            finding.why = "its threads poll, so that it has no longest schedule"
        elif is_done:
            finding.grade = "exhausted"
            finding.bound = None
            finding.why = ""
        else:
            finding.why = f"more than {most:,} schedules"

    def _run_bounded(self, bound: int, most: int | None) -> None:
        fewer = self._bounded.get(bound - 1)
        if bound and not (fewer is not None and fewer.strategy.done):
            return  # there are too many with fewer preemptions
        if bound not in self._bounded:
            self._bounded[bound] = _Search(lambda: Bounded(bound))
        is_done = self._all(self._bounded[bound], most)
        if is_done and all(one.is_complete for one in self._bounded.values()):
            self.finding.grade = "bounded"
            self.finding.bound = bound

    def _all(self, search: _Search, most: int | None) -> bool:
        """Run all schedules of a search, at most ``most``; return whether that was done.

        It begins again whenever a location turns out to be shared.
        """
        finding = self.finding
        if search.places != len(self._shared) and not search.strategy.done:
            search.restart(len(self._shared))  # its next schedules would be those of other steps
        while not search.strategy.done and (most is None or search.count < most):
            if self._is_late():
                raise Stop
            run, wrong = self._run(search.strategy)
            if run.discovered - self._shared:
                # Steps of this run were hidden, so what happened before what is not known.
                self._shared |= run.discovered
                search.restart(len(self._shared))
                continue
            search.count += 1
            if wrong is not None:
                self._count()
                has_all = search is self._every and search.strategy.done
                has_all = has_all and search.is_complete and not run.fair
                finding.grade = "exhausted" if has_all else "sampled"
                finding.bound = None
                finding.why = "" if has_all else "stopped at the first failure"
                # It is known from now on, though Ctrl-C may come while it is simplified.
                clause = self._program.scenario.clause_of(wrong)
                number = finding.schedules
                finding.failure = Failure(clause, wrong, token(run.trail), number, None)
                finding.failure = self._failure(run, wrong, number)
                return False
            search.take(run, self._program)
            if search.strategy.done or search.count % 64 == 0:
                self._tell(sum(one.count for one in self._searches))
        return search.strategy.done

    def _is_late(self) -> bool:
        """Whether the time is over."""
        return self._deadline is not None and time.process_time() > self._deadline

    def _run(self, strategy: Searching) -> tuple[Run, Wrong | None]:
        run, wrong = self._program.run(strategy, self._shared)
        if Run.serial % COLLECT == 0:
            gc.collect(0)  # what was made since the last time
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
