"""Runs the battery on trial implementations: planted faults, oddities and others."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar, cast

from threadspec.adapters.adapter import Adapter, Implementation
from threadspec.adapters.interpreters import this_interpreter
from threadspec.conformance.index import PACKAGE, Case, battery
from threadspec.conformance.verdicts import Verdict, fails
from threadspec.frontends.trial import Trial
from threadspec.reference import _CHAPTERS as CHAPTERS  # type: ignore[attr-defined] # private
from threadspec.reports.record import CaseResult, clause_verdicts

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "reference"

A = TypeVar("A")
B = TypeVar("B")


# Modules of the reference without state, which cannot carry a fault from one name to another.
STATELESS = frozenset({"_guard", "_interruption", "_layer", "_waiting"})


@dataclass(frozen=True)
class Findings:
    """The results of the battery on one implementation."""

    results: tuple[CaseResult, ...]

    @property
    def failed(self) -> dict[str, Verdict]:
        """The clauses that fail in a strict run, with their verdicts, in the battery's order."""
        found = clause_verdicts(self.results)
        return {clause: verdict for clause, verdict in found.items() if fails(verdict, True)}

    @property
    def failures(self) -> list[CaseResult]:
        """The cases that fail in a strict run."""
        return [one for one in self.results if fails(one.verdict, True)]

    @property
    def errors(self) -> list[CaseResult]:
        """The cases in which the kit itself failed."""
        return [one for one in self.results if one.verdict == "error"]


def implementation(name: str, module: str, folder: Path) -> Implementation:
    """The implementation in a module of ``folder``, for the interpreter that runs this code."""
    return Implementation(
        name, Adapter(name=name, module=module, folder=folder), this_interpreter()
    )


def judge(subject: Implementation, cases: Sequence[Case]) -> Findings:
    """Run cases on an implementation, in order."""
    trial = Trial(subject)
    try:
        return Findings(tuple(trial.run_all(cases)))
    finally:
        trial.close()


def chapters() -> set[str]:
    """The chapters that have cases."""
    return {case.clause.chapter for case in battery()}


def cases_of(chapters: Iterable[str] | None = None) -> list[Case]:
    """The cases of these chapters, or of all chapters."""
    wanted = None if chapters is None else set(chapters)
    return [case for case in battery() if wanted is None or case.clause.chapter in wanted]


def cases_reaching(files: Iterable[str]) -> list[Case]:
    """The cases that can use these files of the reference, in the battery's order.

    They are the cases that mention a name which one of the files may affect, or that call something
    in the battery that does.  (The worker also measures some operations before the first case,
    which is ignored here.)
    """
    names = frozenset[str]().union(*map(_names_from, files))
    return [case for case in battery() if names & _names_in(case.module, case.function)]


@cache
def _names_from(file: str) -> frozenset[str]:
    """The names of the implementation that a file of the reference may affect.

    The module that defines such a name imports the file, or both import a module with state.
    """
    module = file[: -len(".py")]
    if module in ("__init__", "_layer"):
        return frozenset(CHAPTERS)
    needed = _needed(module) - STATELESS
    return frozenset(
        name for name, other in CHAPTERS.items() if ({module} | needed) & _needed(other)
    )


def _needed(module: str) -> set[str]:
    """A module of the reference and those that it imports, directly or not, without the layer."""
    found = {module}
    pending = [module]
    while pending:
        new = _imports(pending.pop()) - found - {"_layer"}
        found |= new
        pending += new
    return found


@cache
def _imports(module: str) -> set[str]:
    """The other modules of the reference that a module imports from."""
    tree = ast.parse((REFERENCE / f"{module}.py").read_text(encoding="utf-8"))
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.level]
    return {one.module or name.name for one in imports for name in one.names}


@cache
def _names_in(module: str, function: str) -> frozenset[str]:
    """The names of the implementation that a case mentions, in whatever it calls in the battery."""
    text = "\n".join(_texts(getattr(sys.modules[module], function)))
    names = frozenset(CHAPTERS)
    if "getattr(threading, name)" in text:
        return names
    return frozenset(name for name in names if re.search(rf"""[."']{name}\b""", text))


def _texts(case: object) -> Iterator[str]:
    """The sources of a case and of all in the battery that it names, and the strings among them."""
    seen: list[object] = []
    pending = [case]
    while pending:
        one = pending.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        if isinstance(one, str):
            yield " ".join(map(repr, one.split()))  # it may be a list of names
        elif isinstance(one, dict):
            pending += [*one, *one.values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            pending += one
        elif isinstance(one, ModuleType) and one.__name__.startswith(f"{PACKAGE}."):
            pending += [value for value in vars(one).values() if not isinstance(value, ModuleType)]
        elif getattr(one, "__module__", None) in sys.modules and _is_of_the_battery(one):
            yield _source(one)
            if isinstance(one, type):
                pending += [*vars(one).values(), *one.__bases__]
            else:
                pending += _named(cast(FunctionType, one))


@cache  # the cases share most of what they call
def _source(one: Any) -> str:
    return inspect.getsource(one)


def _is_of_the_battery(one: object) -> bool:
    return isinstance(one, (FunctionType, type)) and one.__module__.startswith(f"{PACKAGE}.")


def _named(function: FunctionType) -> list[object]:
    """What the names in a function's code, and in the code inside it, stand for in its module."""
    found: list[object] = [cell.cell_contents for cell in function.__closure__ or ()]
    found += list(vars(function).values())
    codes = [function.__code__]
    for code in codes:
        found += [
            function.__globals__[name] for name in code.co_names if name in function.__globals__
        ]
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found


def side_by_side(trial: Callable[[A], B], subjects: Iterable[A], jobs: int) -> Iterator[B]:
    """Call ``trial`` for each subject, ``jobs`` at a time; yield the results in order."""
    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(trial, subject) for subject in subjects]
        try:
            for one in pending:
                yield one.result()
        finally:
            for one in pending:
                one.cancel()
