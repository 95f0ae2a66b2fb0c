"""Runs the battery's cases under many schedules, for ``pytest --impl-explore``."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, cast

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.runner.process import CannotStart
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import loading
from threadspec.conformance.index import Case, battery
from threadspec.conformance.outcome import Kind, Outcome
from threadspec.exploration import results, subjects
from threadspec.exploration.campaign import CaseSearch
from threadspec.exploration.exploring import undisturbed
from threadspec.exploration.stage import Stage, why_left_out
from threadspec.exploration.visible import Subject
from threadspec.reports.exploration import SIMULATED, Exploration, Explored

# How many schedules each case is run under.
SCHEDULES = 100

# The seconds of processor time that one case may take.  A case with very many threads or steps is
# run under fewer schedules.
SECONDS = 0.6


class ExploringRunner:
    """Runs each case under ``SCHEDULES`` schedules in this process, on simulated threads.

    It has the methods of the frontends' runners.  ``subject``: the implementation, if it is loaded
    already; ``found``: what is known of the schedules of each case that was explored, by its id.
    """

    def __init__(self, implementation: Implementation, subject: Subject | None = None) -> None:
        self._implementation = implementation
        self._subject = subject
        self._stage: Stage | None = None
        self._cases: dict[tuple[str, str], Case] = {}
        self.found: dict[str, Explored] = {}
        self.traceback: TracebackType | None = None

    def begin(self) -> None:
        """Do nothing: this process can only load the implementation while the caller waits."""

    def load(self) -> dict[str, Any]:
        """Load the implementation on the simulated layer.  Raises CannotStart."""
        try:
            subject = self._subject or next(subjects.variants(self._implementation))
        except UserError as error:
            raise CannotStart(str(error).rstrip(".")) from error
        self._stage = Stage(subject, subject.mapped)
        description: dict[str, Any] = loading.describe(subject.module, subject.mapped)
        version = self._implementation.interpreter.version
        if version.release != (0,):
            description["python"] = str(version)
        description["interpreter"] = f"{SIMULATED}{description['interpreter']}"
        return description

    def expect(self, cases: Iterable[tuple[str, str]]) -> None:
        """Do nothing: no case is begun before it is asked for."""

    def run_case(self, module: str, function: str) -> Outcome:
        """Run one case under many schedules; the outcome of the first that failed, if one did."""
        if self._stage is None:
            self.load()
        assert self._stage is not None
        if not self._cases:
            self._cases = {(case.module, case.function): case for case in battery()}
        case = self._cases[module, function]
        why = why_left_out(case)
        if why is not None:
            return Outcome("not-offered", f"it cannot be explored: {why}")
        began = time.monotonic()
        end = time.process_time() + SECONDS
        search = CaseSearch(self._stage, case)
        with undisturbed():
            while search.schedules < SCHEDULES and not search.is_over and time.process_time() < end:
                search.go_on(1)
        seconds = time.monotonic() - began
        evidence: tuple[str, ...] = (f"{search.schedules} schedule{'s' * (search.schedules != 1)}",)
        if search.is_long:
            return Outcome("not-offered", "it cannot be explored: it takes too many steps")
        self.found[case.id] = search.row(case, self._stage.subject)
        if search.failure is not None:
            failure = search.failure
            told = search.told
            assert told is not None
            evidence += (f"schedule {failure.schedule} failed: {failure.token}",)
            name = self._implementation.value or self._implementation.name
            output = f"threadspec explore --impl={name} --replay={failure.token}\n"
            return Outcome(
                "error" if told.kind == "error" else "violated",
                failure.observed,
                told.where,
                told.check,
                evidence,
                output=output,
                seconds=seconds,
            )
        told = search.told
        if told is not None and told.kind != "ok":
            kind = cast(Kind, told.kind)  # one of campaign.FINE
            return Outcome(kind, told.observed, evidence=evidence, seconds=seconds)
        return Outcome("ok", evidence=evidence, seconds=seconds)

    def exploration(self, found: Iterable[Explored]) -> Exploration:
        """The part of a record with these results; only after :meth:`load`."""
        assert self._stage is not None
        return results.exploration(self._implementation, self._stage.subject, found, {})

    def give_up(self) -> None:
        """Do nothing: no case in this process can be given up."""

    def close(self) -> None:
        """Do nothing: no thread outlives a case."""
