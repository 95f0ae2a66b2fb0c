"""The index of the battery: which cases there are, and which clause each one checks."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from threadspec.conformance.catalogue import Catalogue, CatalogueError, Clause, catalogue

BATTERY = Path(__file__).parent / "battery"
HARNESS = Path(__file__).parent / "harness"


@dataclass(frozen=True)
class Case:
    """One test function of the battery.

    ``id``: "battery/test_lock.py::test_…", the same wherever the kit is installed; ``module``: its
    importable name; ``line``: where it begins, counted from 1.
    """

    id: str
    module: str
    function: str
    clause: Clause
    line: int


def cases_of(module: ModuleType, clauses: Catalogue) -> list[Case]:
    """The cases of one battery module, in the order of the file.

    Raises CatalogueError for a test function that declares no clause, or one that is unknown.
    """
    name = module.__name__.rsplit(".", 1)[-1]
    found = []
    for function_name, function in vars(module).items():
        if not function_name.startswith("test_") or not inspect.isfunction(function):
            continue
        found.append(_case(module, name, function_name, function, clauses))
    return sorted(found, key=lambda case: case.line)


def _case(
    module: ModuleType,
    file: str,
    name: str,
    function: Callable[..., object],
    clauses: Catalogue,
) -> Case:
    identifier = getattr(function, "clause", None)
    if identifier is None:
        raise CatalogueError(f"{file}.py: {name} declares no clause; put @clause(...) above it")
    clause = clauses.find(identifier)
    if clause is None:
        raise CatalogueError(f"{file}.py: {name} names {identifier}, which is no clause")
    return Case(
        id=f"battery/{file}.py::{name}",
        module=module.__name__,
        function=name,
        clause=clause,
        line=function.__code__.co_firstlineno,
    )


def check(clauses: Catalogue, cases: Iterable[Case]) -> list[str]:
    """What the catalogue and the battery owe each other, one sentence for each gap.

    A ``must`` or ``should`` clause needs a case or a reason in ``untested``, and not both; an
    ``info`` clause has no case.
    """
    covered = {case.clause.id for case in cases}
    gaps = []
    for clause in clauses.clauses:
        if clause.level in ("must", "should") and clause.id not in covered and not clause.untested:
            gaps.append(f"{clause.id} has neither a case nor a reason in untested")
        if clause.untested and clause.id in covered:
            gaps.append(f"{clause.id} has a case and says that it is untested")
    return gaps


def module_name(path: Path) -> str:
    """The importable name of a battery file."""
    return f"threadspec.conformance.battery.{path.stem}"


def _load(path: Path) -> ModuleType:
    """Import a battery file as it is.

    Python's own loader is asked, so that pytest does not rewrite the file's assert statements: in
    its process they have to say what they say in a worker's.
    """
    name = module_name(path)
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@cache
def digest() -> str:
    """A digest of the battery and the harness, which changes with any of their files."""
    files = sorted((*BATTERY.glob("*.py"), *HARNESS.glob("*.py")))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


@cache
def battery() -> tuple[Case, ...]:
    """Every case of the kit, chapter by chapter in the order of the manual."""
    clauses = catalogue()
    order = {chapter.name: number for number, chapter in enumerate(clauses.chapters)}
    modules = [_load(path) for path in BATTERY.glob("test_*.py")]
    cases = [case for module in modules for case in cases_of(module, clauses)]
    return tuple(
        sorted(
            cases, key=lambda case: (order[case.clause.chapter], case.id.split("::")[0], case.line)
        )
    )
