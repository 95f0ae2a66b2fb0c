"""Judges one implementation: runs cases in its workers or in this process, makes the record."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, cast

from threadspec.adapters.adapter import Implementation, modules_like
from threadspec.adapters.divergences import Divergence
from threadspec.adapters.interpreters import PROJECTS
from threadspec.adapters.runner import process
from threadspec.adapters.runner.places import Places
from threadspec.adapters.runner.pool import Pool
from threadspec.adapters.runner.process import (
    CannotStart,
    Refused,
    TooSlow,
    WrongValue,
    load_request,
    with_advice,
)
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import loading
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.names import MODULE
from threadspec.conformance.harness.observer import Observer
from threadspec.conformance.index import Case, battery, digest, digest_of
from threadspec.conformance.outcome import Outcome
from threadspec.conformance.verdicts import VERDICTS, Verdict, of_repetitions, verdict_of
from threadspec.frontends.version import kit_version
from threadspec.reports.exploration import Exploration, Explored
from threadspec.reports.record import CaseResult, Expectation, JudgedLevel, Kit, Record, Subject

if TYPE_CHECKING:
    from threadspec.exploration.runner import ExploringRunner
    from threadspec.exploration.visible import Subject as ExploredSubject

# Exploring takes a while to import, and most runs need none of it.


class NoSuchModule(UserError):
    """The user has named a module that does not exist."""


class Runner(Protocol):
    """The place where an implementation is loaded and its cases are run."""

    traceback: TracebackType | None

    def begin(self) -> None:
        """Begin to load the implementation, without waiting.  Raises CannotStart."""

    def load(self) -> dict[str, Any]:
        """Load the implementation; the worker's description of it.  Raises CannotStart."""

    def expect(self, cases: Iterable[tuple[str, str]]) -> None:
        """Announce the cases that will be run, in order, so that they can be begun early."""

    def run_case(self, module: str, function: str) -> Outcome:
        """Run one case, announced or not; its outcome.  Raises CannotStart."""

    def give_up(self) -> None:
        """Make ``run_case`` return soon in another thread, and then raise CancelledError."""

    def close(self) -> None:
        """End what is running.  A closed runner starts afresh when it is used again."""


class InProcess:
    """Runs cases in this process, for a debugger: without deadlines, and in the order of calls."""

    def __init__(self, implementation: Implementation, time_scale: float) -> None:
        self._implementation = implementation
        self._request = load_request(implementation, time_scale)
        self._durations = Durations(time_scale, implementation.adapter.start_scale)
        self._observer: Observer | None = None
        self.traceback: TracebackType | None = None

    def begin(self) -> None:
        """Do nothing: this process can only load the implementation while the caller waits."""

    def load(self) -> dict[str, Any]:
        """Load the implementation here.  Raises CannotStart."""
        request = self._request
        try:
            module, mapped = loading.load_as(request)
            substrate = loading.load_substrate(request["substrate"])
        except loading.SubstrateError as error:
            raise WrongValue("substrate", str(error)) from error
        except loading.NamesError as error:
            raise WrongValue("names", str(error), error.documented) from error
        except loading.LoadError as error:
            raise CannotStart(with_advice(str(error), self._implementation)) from error
        if unfit := loading.why_unfit(substrate, self._durations["positive"]):
            raise WrongValue("substrate", unfit) if request["substrate"] else CannotStart(unfit)
        self._observer = Observer(
            module, substrate, self._durations, origin=self._request, mapped=mapped
        )
        description: dict[str, Any] = loading.describe(module, mapped)
        return description

    def expect(self, cases: Iterable[tuple[str, str]]) -> None:
        """Do nothing: no case is begun before it is asked for."""

    def run_case(self, module: str, function: str) -> Outcome:
        """Run one case here; its outcome."""
        if self._observer is None:
            self.load()
        assert self._observer is not None
        reply = self._observer.run_case(getattr(importlib.import_module(module), function))
        self.traceback = self._observer.traceback
        return Outcome.of(reply)

    def give_up(self) -> None:
        """Do nothing: no case in this process can be given up."""

    def close(self) -> None:
        """End the programs kept ready for cases; the implementation stays loaded."""
        if self._observer is not None:
            self._observer.close()


class Trial:
    """Judges one implementation.

    ``subject`` describes it once it is loaded.  ``divergences`` are the known divergences that its
    adapter lists for the interpreter in which it runs.  ``workers``: the number of worker
    processes, of which the adapter may allow fewer, or 0 to run the cases in this process.
    ``repeat``: how often each case is run; its result then covers all repetitions.  ``places``:
    those that its workers share with the workers of other trials; ``explore``: run each case under
    many schedules instead, on simulated threads; ``explored``: the implementation on these, if it
    is loaded already.
    """

    def __init__(
        self,
        implementation: Implementation,
        time_scale: float = 1.0,
        workers: int = 1,
        repeat: int = 1,
        places: Places | None = None,
        explore: bool = False,
        explored: ExploredSubject | None = None,
    ) -> None:
        self.implementation = implementation
        self._time_scale = time_scale
        self._repeat = repeat
        self._runner: Runner
        self._explorer: ExploringRunner | None = None
        if explore:
            from threadspec.exploration.runner import ExploringRunner

            self._runner = self._explorer = ExploringRunner(implementation, explored)
        elif workers == 0:
            self._runner = InProcess(implementation, time_scale)
        else:
            self._runner = Pool(implementation, time_scale, workers, places)
        self._description: dict[str, Any] | None = None
        self._expected: list[Divergence] | None = None

    @property
    def name(self) -> str:
        """The implementation's name, as given with ``--impl``."""
        return self.implementation.name

    def begin(self) -> None:
        """Begin to load the implementation, without waiting; load() reports a failure."""
        with contextlib.suppress(CannotStart):
            self._runner.begin()

    def load(self) -> Subject:
        """Load the implementation, once; its description.  Raises UserError if that fails."""
        if self._description is None:
            try:
                description = self._runner.load()
                self._check_names(description)
            except WrongValue as error:
                asks = self.implementation.adapter.asks_for(error.key, error.entry)
                raise UserError(f"{asks} {error}.") from None
            except CannotStart as error:
                self._refuse_a_wrong_name(error)
                raise UserError(f"{self.name} cannot be judged: {error}.") from error
            self._description = description
        return self.subject

    def _refuse_a_wrong_name(self, error: CannotStart) -> None:
        """Raise NoSuchModule if the module that the user named does not exist."""
        adapter = self.implementation.adapter
        missing = re.search(r"raised ModuleNotFoundError: No module named '([\w.]+)'", str(error))
        if missing is None or adapter.folder is not None:
            return
        if f"{adapter.module}.".startswith(f"{missing[1]}."):
            meant = "".join(f"; did you mean {one}?" for one in modules_like(adapter.module))
            raise NoSuchModule(f"{self.name} cannot be judged: {error}{meant or '.'}") from error

    def _check_names(self, description: dict[str, Any]) -> None:
        """Check that a module is meant to be an implementation.  Raises CannotStart.

        A module with an adapter file is: its author may just have begun to write it.
        """
        has, all_names = description["names"], MODULE
        adapter = self.implementation.adapter
        if adapter.folder is not None or len(has) >= len(all_names) / 2:
            return
        self.close()
        meant = "".join(f"did you mean {one}? " for one in description["likely"])
        raise CannotStart(
            f"it has {len(has) or 'none'} of the {len(all_names)} names that the manual documents "
            f"(Lock, Thread, Timer, …); {meant}if it is meant to be an implementation of "
            f'threading, give an adapter file with module = "{adapter.module}"'
        )

    @property
    def names(self) -> list[str]:
        """The documented names that the module has; only after :meth:`load`."""
        assert self._description is not None
        names: list[str] = self._description["names"]
        return names

    @cached_property
    def subject(self) -> Subject:
        """The description of the implementation; only after :meth:`load`."""
        assert self._description is not None
        adapter = self.implementation.adapter
        version = self._description["version"]
        if adapter.module.split(".")[0] == "threadspec":
            version = kit_version()
        homepage, tracker = self._project()
        return Subject(
            name=self.name,
            module=adapter.module,
            version=version,
            interpreter=self._description["interpreter"],
            platform=self._description["platform"],
            gil=self._description["gil"],
            about=adapter.about,
            homepage=adapter.homepage or homepage,
            tracker=adapter.tracker or tracker,
            mapped=dict(sorted(self._description["mapped"].items(), key=_by_owner)),
            omits=adapter.omits,
            lacks=adapter.lacks,
            starts_by_maker=adapter.starts_by_maker,
        )

    def _project(self) -> tuple[str, str]:
        """The addresses of the interpreter's project, if the implementation is a part of it."""
        assert self._description is not None
        adapter = self.implementation.adapter
        is_its_own = adapter.module.split(".")[0] in sys.stdlib_module_names
        if adapter.setup is not None or not is_its_own:
            return "", ""
        kind = self._description["interpreter"].split(" ")[0]
        return PROJECTS.get(kind, ("", ""))

    @property
    def divergences(self) -> list[Divergence]:
        """The known divergences that the adapter lists for this interpreter."""
        if self._expected is None:
            environment = self._environment()
            self._expected = [
                one for one in self.implementation.adapter.divergences if one.applies(environment)
            ]
        return self._expected

    def _environment(self) -> dict[str, str]:
        """The values of marker variables for the interpreter of the implementation."""
        self.load()
        assert self._description is not None
        kind = self._description["interpreter"].split(" ")[0]
        full = self._description["python"]
        return {
            "python_version": ".".join(full.split(".")[:2]),
            "python_full_version": full,
            "platform_python_implementation": kind,
            "implementation_name": kind.lower(),
        }

    def expect(self, cases: Iterable[Case]) -> None:
        """Announce the cases that will be run, in order, instead of those announced before.

        Later ones are begun while the outcome of an earlier one is awaited.
        """
        names = ((one.module, one.function) for one in cases if not self._omits(one))
        self._runner.expect(name for name in names for _ in range(self._repeat))

    def run_case(self, case: Case) -> CaseResult:
        """Run one case, as often as it is to be repeated; its result.

        A case that was not announced is run now, and the announced ones remain expected.  Raises
        UserError where the implementation cannot be loaded (again).
        """
        self.load()
        if self._omits(case):
            says = f"the adapter says that {self.name} does not offer this chapter"
            return self._result(case, Outcome("not-offered", says))
        if self._repeat == 1:
            return self._run_once(case)
        result = _of_repetitions([self._run_once(case) for _ in range(self._repeat)])
        return replace(result, divergence=self._expectation(case, result.verdict))

    def _omits(self, case: Case) -> bool:
        """Whether the implementation does not offer the chapter of a case."""
        return case.clause.chapter in self.implementation.adapter.omits

    def _run_once(self, case: Case) -> CaseResult:
        try:
            outcome = self._runner.run_case(case.module, case.function)
        except CannotStart as error:
            outcome = Outcome(
                "error" if isinstance(error, (Refused, TooSlow)) else "crash",
                f"no worker could be started: {error}",
            )
        return self._result(case, outcome)

    def run_all(self, cases: Sequence[Case]) -> Iterator[CaseResult]:
        """Announce cases and run them; their results in order.  Raises UserError."""
        self.expect(cases)
        yield from map(self.run_case, cases)

    def broken_off(self, case: Case, reason: str, seconds: float) -> CaseResult:
        """The result of a case that was ended from outside, for instance by pytest-timeout."""
        return self._result(case, Outcome("timeout", reason, seconds=round(seconds, 6)))

    def explored(self, case: Case) -> Explored | None:
        """What is known of the schedules of a case, if it was explored."""
        return self._explorer.found.get(case.id) if self._explorer else None

    def exploration(self, found: Iterable[Explored]) -> Exploration | None:
        """The part of a record with these results; None if nothing is explored here."""
        self.load()
        return self._explorer.exploration(found) if self._explorer else None

    def give_up(self) -> None:
        """Make ``run_case`` return soon in another thread, and then raise CancelledError."""
        self._runner.give_up()

    def traceback(self) -> TracebackType | None:
        """The traceback of the last failure, for a debugger; None if it was in a worker."""
        return self._runner.traceback

    def _result(self, case: Case, outcome: Outcome) -> CaseResult:
        verdict = verdict_of(outcome.kind, case.clause.level)
        observed = outcome.observed
        return CaseResult(
            case=case.id,
            clause=case.clause.id,
            chapter=case.clause.chapter,
            level=cast(JudgedLevel, case.clause.level),  # clauses of other levels have no cases
            verdict=verdict,
            expected=case.clause.says,
            observed=None if observed is None else _writable(observed),
            where=outcome.where,
            check=outcome.check,
            evidence=tuple(map(_writable, outcome.evidence)),
            output=outcome.output,
            seconds=outcome.seconds,
            waits=outcome.waits,
            divergence=self._expectation(case, verdict),
        )

    def _expectation(self, case: Case, verdict: Verdict) -> Expectation | None:
        """What the adapter expects of the case's clause.

        The divergence that lists ``verdict`` is preferred, then one that lists "varies".
        """
        known = sorted(
            (one for one in self.divergences if one.clause == case.clause.id),
            key=lambda one: (one.verdict != verdict, one.verdict != "varies"),
        )
        return Expectation(known[0].verdict, known[0].reason) if known else None

    def close(self) -> None:
        """End the workers."""
        self._runner.close()


def _by_owner(names: tuple[str, str]) -> tuple[bool, str]:
    """The place of a mapped name in reports: names of the module come before those of methods."""
    return "." in names[0], names[0]


def _of_repetitions(results: Sequence[CaseResult]) -> CaseResult:
    """The result of a case that was repeated, with the evidence of the worst repetition."""
    counts = Counter(one.verdict for one in results)
    verdict = of_repetitions(counts)
    bad = max(results, key=lambda one: VERDICTS.index(one.verdict))
    observed = bad.observed
    if verdict == "varies":
        times = ", ".join(f"{counts[one]} {one}" for one in VERDICTS if counts[one])
        observed = f"{times} in {len(results)} repetitions" + (f"; {observed}" if observed else "")
    waits: Counter[str] = Counter()
    for one in results:
        waits.update(one.waits)
    return replace(
        bad,
        verdict=verdict,
        observed=observed,
        seconds=round(sum(one.seconds for one in results), 6),
        waits={name: round(seconds, 6) for name, seconds in waits.items()},
        counts=dict(counts),
    )


def _writable(text: str) -> str:
    """The text with lone surrogates escaped, which UTF-8 cannot encode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def runner_digest() -> str:
    """A digest of the modules that run cases in worker processes or in this one."""
    runner = Path(process.__file__).parent
    return digest_of((*runner.glob("*.py"), Path(__file__)))


@cache
def _order() -> dict[str, int]:
    return {case.id: number for number, case in enumerate(battery())}


def make_record(
    subject: Subject,
    results: Iterable[CaseResult],
    time_scale: float,
    finished: bool,
    label: str = "",
) -> Record:
    """The record of a run, with its cases in the order of the battery."""
    made = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    return Record(
        kit=Kit(
            version=kit_version(),
            catalogue=catalogue().version,
            clauses=catalogue().digest,
            battery=digest(),
            runner=runner_digest(),
            cases=len(battery()),
        ),
        implementation=subject,
        cases=tuple(sorted(results, key=lambda one: _order()[one.case])),
        made=made,
        label=label,
        finished=finished,
        time_scale=time_scale,
    )
