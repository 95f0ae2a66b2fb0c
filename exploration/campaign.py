"""Explores an implementation: the scenarios first, then the battery's cases."""

from __future__ import annotations

import gc
import hashlib
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case, battery
from threadspec.exploration import scenarios
from threadspec.exploration.exploring import (
    ALWAYS,
    EXHAUST,
    PARTS,
    SEED,
    Erratic,
    Exploration,
    Finding,
)
from threadspec.exploration.program import Program, Scenario
from threadspec.exploration.search import Bounded, Choosing, Random, token
from threadspec.exploration.stage import SPINNING, Stage, Told, why_left_out
from threadspec.exploration.visible import Subject
from threadspec.reports.exploration import Broken, Explored, Kind

# The seconds of processor time that an exploration takes by default, and the share of scenarios.
SECONDS = 60.0
FOR_SCENARIOS = 0.6

# The generated scenarios begin when the written ones come to this part (see exploring.PARTS).
WRITTEN = 5

# How many schedules of each case are run in each round.  The cases that another schedule may change
# most come first in the next round, so they have had most schedules when the time is over.
ROUNDS = (2, 8, 10, 20, 30, 30)

# Why programs and cases that could be explored were not.
OVER = "the time was over"
ERRATIC = (
    "the implementation does not do the same again in the same schedule (it may depend on the "
    "time, on addresses or on random numbers)"
)

# What a case may end with.
FINE = ("ok", "observed", "not-offered", "missing")


@dataclass
class Choice:
    """What the user has chosen: scenarios and cases."""

    scenarios: list[Scenario] = field(default_factory=list)
    generated: list[Scenario] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def choose(words: Sequence[str]) -> Choice:
    """The scenarios and cases that words name: chapters, clauses, scenarios.  All for no word.

    Raises UserError for a word that names none.
    """
    if not words:
        return Choice(list(scenarios.written()), list(scenarios.generated()), list(battery()))
    choice = Choice()
    for word in words:
        some = [one for one in scenarios.written() if _names(word, one)]
        more = [one for one in scenarios.generated() if _names(word, one)]
        cases = []
        if not any(word == one.name for one in (*some, *more)) or catalogue().find(word):
            # The battery takes a tenth of a second to load, and a scenario does not need it.
            cases = [
                one for one in battery() if word in (one.clause.id, one.clause.chapter, one.id)
            ]
        if not (some or more or cases):
            known = [one.name for one in scenarios.written()]
            known += [chapter.name for chapter in catalogue().chapters]
            near = get_close_matches(word, known, 1, 0.8)
            raise UserError(
                f"There is no scenario, chapter or clause {word!r}"
                + (f"; did you mean {near[0]}?" if near else "; --list shows the scenarios.")
            )
        choice.scenarios += [one for one in some if one not in choice.scenarios]
        choice.generated += [one for one in more if one not in choice.generated]
        choice.cases += [one for one in cases if one not in choice.cases]
    return choice


def _names(word: str, scenario: Scenario) -> bool:
    clauses = (*scenario.clauses, *scenario.answers.values())
    return word in (scenario.name, scenario.chapter) or word in clauses


def seal(subject: Subject, what: str) -> str:
    """A digest that differs where a token would mean something else."""
    return hashlib.sha256(f"{subject.name} {subject.digest} {what}".encode()).hexdigest()[:8]


class Campaign:
    """One exploration of an implementation, given as its subjects.

    ``exhaust``: every schedule of every scenario, without a limit of time, and no cases;
    ``seconds``: the limit otherwise, in processor time; ``tell``: called with what is being
    explored, how much of it is done, and the number of schedules.
    """

    def __init__(
        self,
        subjects: Sequence[Subject],
        choice: Choice,
        exhaust: bool = False,
        seconds: float = SECONDS,
        tell: Callable[[str, float, int], None] = lambda what, share, count: None,
    ) -> None:
        self._subjects = subjects
        self._choice = choice
        self._exhaust = exhaust
        self._parts = EXHAUST if exhaust else PARTS
        self._seconds = seconds
        self._tell = tell
        self._began = time.process_time()
        self._schedules = 0
        # What has been begun, and not been told by rows().
        self._waiting: deque[tuple[Scenario, Subject, Kind, Exploration]] = deque()
        self._generated: dict[str, list[tuple[Scenario, Finding]]] = {}
        self._searches: list[tuple[Case, CaseSearch]] = []
        self._not_begun = len(choice.generated) + (0 if exhaust else len(choice.cases))
        self.left_out: Counter[str] = Counter()
        self._erratic: Erratic | None = None

    def rows(self) -> Iterator[Explored]:
        """Each program as soon as it is explored.

        One that does not do the same again in the same schedule counts as left out.  Raises Erratic
        if nothing else was explored.
        """
        count = 0
        for row in chain(self._scenarios(), () if self._exhaust else self._cases()):
            count += 1
            yield row
        if not count and self._erratic is not None:
            raise self._erratic

    def unfinished(self, why: str) -> Iterator[Explored]:
        """What is known of the programs that ``rows`` has not told, if it was interrupted.

        ``why``: the reason for which the others count as left out.
        """
        yield from self._told_together()
        for scenario, subject, kind, exploration in self._waiting:
            if exploration.finding.schedules:
                yield _row(scenario, subject, exploration.finding, kind)
            else:
                self.left_out[why] += 1
        yield from self._told_cases(why)
        if self._not_begun:
            self.left_out[why] += self._not_begun

    # -- scenarios --------------------------------------------------------------------------------

    def _scenarios(self) -> Iterator[Explored]:
        waiting = self._waiting
        for one in self._choice.scenarios:
            for number, subject in enumerate(self._subjects):
                if number == 0 or one.uses_rlock:
                    waiting.append((one, subject, "scenario", self._exploration(one, subject)))
        to_come = len(self._choice.generated)
        total = len(waiting) + to_come
        parts = len(self._parts)
        for part in range(1, parts + 1):
            if part == min(WRITTEN, parts):
                self._add_generated()
                to_come = 0
            for _ in range(len(waiting)):
                scenario, subject, kind, exploration = waiting[0]
                is_told = self._go_on(exploration, part)
                waiting.popleft()
                finding = exploration.finding
                if not is_told:
                    continue
                if not exploration.is_over:
                    waiting.append((scenario, subject, kind, exploration))
                elif not finding.schedules:
                    self.left_out[finding.why] += 1
                elif kind == "generated" and finding.grade == "exhausted" and not finding.failure:
                    told = self._generated.setdefault(scenario.chapter, [])
                    told.append((scenario, finding))
                else:
                    yield _row(scenario, subject, finding, kind)
                self._tell("scenarios", 1.0 - (len(waiting) + to_come) / total, self._schedules)
        yield from self._told_together()

    def _add_generated(self) -> None:
        subject = self._subjects[0]
        for one in self._choice.generated:
            self._waiting.append((one, subject, "generated", self._exploration(one, subject)))
        self._not_begun -= len(self._choice.generated)

    def _told_together(self) -> Iterator[Explored]:
        """One row for the generated programs of each chapter that were exhausted."""
        while self._generated:
            chapter = next(iter(self._generated))
            found = self._generated.pop(chapter)
            yield _together(chapter, self._subjects[0], found)

    def _exploration(self, scenario: Scenario, subject: Subject) -> Exploration:
        """What explores a scenario."""
        end = None if self._exhaust else self._began + FOR_SCENARIOS * self._seconds

        def tell(count: int) -> None:
            self._tell(scenario.name, -1.0, self._schedules + count)

        return Exploration(Program(scenario, subject), end, self._parts, tell)

    def _go_on(self, exploration: Exploration, part: int) -> bool:
        """Explore a program up to a part; False if it counts as left out, since it is erratic."""
        before = exploration.finding.schedules
        try:
            exploration.explore(part)
        except Erratic as error:
            self._erratic = error
            self.left_out[ERRATIC] += 1
            return False
        finally:
            self._schedules += exploration.finding.schedules - before
        return True

    # -- cases ------------------------------------------------------------------------------------

    def _cases(self) -> Iterator[Explored]:
        subject = self._subjects[0]
        stage = Stage(subject, subject.mapped)
        todo = self._searches
        for case in self._choice.cases:
            self._not_begun -= 1
            why = why_left_out(case)
            if why is None:
                todo.append((case, CaseSearch(stage, case)))
            else:
                self.left_out[why] += 1
        end = self._began + self._seconds
        total = len(todo) * sum(ROUNDS)
        done = 0
        for count in ROUNDS:
            for _, search in todo:
                if time.process_time() > end:
                    break
                if not search.is_over:
                    self._schedules += search.go_on(count, end)
                done += count
                self._tell("cases", done / max(total, 1), self._schedules)
            gc.collect()
            todo.sort(key=lambda one: one[1].rank)
        yield from self._told_cases(OVER)

    def _told_cases(self, why: str) -> Iterator[Explored]:
        """The results of the cases; those without any count as left out for this reason."""
        for case, search in self._searches:
            if search.is_long:
                self.left_out["they take too many steps"] += 1
            elif search.schedules:
                yield search.row(case, self._subjects[0])
            else:
                self.left_out[why] += 1


class CaseSearch:
    """The schedules of one case: the first without preemptions, then random ones.

    ``is_long``: it takes too many steps to be explored; ``is_single``: it has only one schedule,
    because there was never more than one thread that could go on.
    """

    def __init__(self, stage: Stage, case: Case) -> None:
        self._stage = stage
        self._case = case
        self._first = Choosing(Bounded(0, track=False, early=False))
        self._random = Choosing(Random(SEED, early=0.0, track=False))
        self._shared: set[object] = set()
        self.kinds: Counter[str] = Counter()
        self.schedules = 0
        self.seconds = 0.0
        self.failure: Broken | None = None
        self.is_long = self.is_single = False
        self.told: Told | None = None  # the outcome of the last schedule
        self._steps = 0  # of the first schedule

    def go_on(self, count: int, end: float = math.inf) -> int:
        """Run ``count`` more schedules, or fewer if it is over then; how many were run.

        ``end``: the processor time after which none is begun.
        """
        began = time.process_time()
        before = self.schedules
        for _ in range(count):
            if time.process_time() > end:
                break
            first = not self.schedules
            strategy = self._first if first else self._random
            run, told = self._stage.run(self._case, strategy, self._shared)
            self.is_single = not strategy.had_choice and run.discovered <= self._shared
            self._shared |= run.discovered
            self.schedules += 1
            self.kinds[told.kind] += 1
            self._steps = self._steps or run.count
            self.told = told
            if told.kind == "long" and run.count < SPINNING * self._steps:
                self.is_long = True
                break
            if told.kind not in FINE:
                self._fail(told, token(run.trail), first, end)
                break
            if self.is_single:
                break
        self.seconds += time.process_time() - began
        return self.schedules - before

    @property
    def is_over(self) -> bool:
        """Whether no more schedules are to be run."""
        return self.failure is not None or self.is_long or self.is_single

    @property
    def rank(self) -> tuple[bool, float]:
        """What comes first: cases that have ended in several ways, then those that take less."""
        return len(self.kinds) < 2, self.seconds / max(self.schedules, 1)

    def _fail(self, told: Told, schedule: str, first: bool, end: float) -> None:
        full = f"{self._case.id}@{seal(self._stage.subject, self._case.id)}:{schedule}"
        observed = told.observed or told.kind
        self.failure = Broken(self._case.clause.id, observed, full, self.schedules)
        if first and self._always_fails(end):  # it is no matter of interleaving
            self.failure = replace(self.failure, always=True)

    def _always_fails(self, end: float) -> bool:
        strategy = Random(SEED, early=0.0, track=False)
        for _ in range(ALWAYS):
            if time.process_time() > end:
                return False  # that is not known
            self.schedules += 1
            if self._stage.run(self._case, strategy)[1].kind in FINE:
                return False
        return True

    def row(self, case: Case, subject: Subject) -> Explored:
        """The result."""
        return Explored(
            name=case.id,
            kind="case",
            chapter=case.clause.chapter,
            clauses=(case.clause.id,),
            variant=subject.variant,
            grade="exhausted" if self.is_single else "sampled",
            bound=None,
            schedules=self.schedules,
            equivalent=0,
            outcomes=len(self.kinds),
            seconds=round(self.seconds, 6),
            verdict="holds" if self.failure is None else "fails",
            failure=self.failure,
        )


def _row(
    scenario: Scenario, subject: Subject, finding: Finding, kind: Kind = "scenario"
) -> Explored:
    failure = None
    if finding.failure is not None:
        found = finding.failure
        failure = Broken(
            found.clause,
            f"{found.wrong}",
            f"{scenario.name}@{seal(subject, repr(scenario))}:{found.token}",
            found.schedule,
            found.preemptions,
            found.always,
        )
    return Explored(
        name=scenario.name,
        kind=kind,
        chapter=scenario.chapter,
        clauses=_clauses([scenario]),
        variant=subject.variant,
        grade=finding.grade,
        bound=finding.bound,
        schedules=finding.schedules,
        equivalent=finding.equivalent,
        outcomes=len(finding.outcomes),
        seconds=round(finding.seconds, 6),
        verdict="holds" if failure is None else "fails",
        why=finding.why,
        failure=failure,
    )


def _together(chapter: str, subject: Subject, found: list[tuple[Scenario, Finding]]) -> Explored:
    """One row for the generated programs of a chapter that were exhausted."""
    return Explored(
        name=f"{chapter}.generated",
        kind="generated",
        chapter=chapter,
        clauses=_clauses(one for one, _ in found),
        variant=subject.variant,
        grade="exhausted",
        bound=None,
        schedules=sum(one.schedules for _, one in found),
        equivalent=sum(one.equivalent for _, one in found),
        outcomes=sum(len(one.outcomes) for _, one in found),
        seconds=round(sum(one.seconds for _, one in found), 6),
        verdict="holds",
        programs=len(found),
    )


def _clauses(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """The clauses that scenarios check, the first foremost."""
    found: dict[str, None] = {}
    for one in scenarios:
        found.update(dict.fromkeys((*one.clauses, *one.answers.values())))
    return tuple(found)
