"""Runs the battery on implementations made for a trial: planted faults, oddities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from threadspec.adapters.adapter import Adapter, Implementation
from threadspec.adapters.interpreters import this_interpreter
from threadspec.conformance.cases import Case, battery
from threadspec.conformance.execution import Execution
from threadspec.conformance.verdicts import Verdict, fails
from threadspec.reports.record import CaseResult, clause_verdicts

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "reference"

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Findings:
    """What the battery found in one implementation."""

    results: tuple[CaseResult, ...]

    @property
    def failed(self) -> dict[str, Verdict]:
        """The clauses that fail strictly, each with its verdict, in the battery's order."""
        found = clause_verdicts(self.results)
        return {clause: verdict for clause, verdict in found.items() if fails(verdict, True)}

    @property
    def failures(self) -> list[CaseResult]:
        """The cases that fail strictly."""
        return [one for one in self.results if fails(one.verdict, True)]

    @property
    def errors(self) -> list[CaseResult]:
        """The cases in which the kit itself failed."""
        return [one for one in self.results if one.verdict == "error"]


def implementation(name: str, module: str, folder: Path) -> Implementation:
    """The implementation that is a module in a folder, in the interpreter that runs this."""
    return Implementation(
        name, Adapter(name=name, module=module, folder=folder), this_interpreter()
    )


def judge(subject: Implementation, cases: Sequence[Case]) -> Findings:
    """Run cases on an implementation, in their order."""
    execution = Execution(subject)
    try:
        following = [*cases[1:], None]
        return Findings(tuple(execution.run(*pair) for pair in zip(cases, following, strict=True)))
    finally:
        execution.close()


def cases_of(chapters: Iterable[str] | None = None) -> list[Case]:
    """The cases of these chapters, or of all."""
    wanted = None if chapters is None else set(chapters)
    return [case for case in battery() if wanted is None or case.clause.chapter in wanted]


def side_by_side(trial: Callable[[A], B], subjects: Iterable[A], jobs: int) -> Iterator[B]:
    """Make a trial of each subject, ``jobs`` at a time; the results in the subjects' order."""
    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(trial, subject) for subject in subjects]
        try:
            for one in pending:
                yield one.result()
        finally:
            for one in pending:
                one.cancel()
