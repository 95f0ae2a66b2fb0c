"""The index of the battery: which cases there are, and which clause each one checks."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from threadspec.conformance.catalogue import Catalogue, CatalogueError, Clause, catalogue

BATTERY = Path(__file__).parent / "battery"
PACKAGE = "threadspec.conformance.battery"
HARNESS = Path(__file__).parent / "harness"


@dataclass(frozen=True)
class Case:
    """One test function of the battery.

    ``id``: "battery/lock/acquire.py::test_…", the same wherever the kit is installed; ``module``:
    its importable name; ``source``: the file of the battery that the function is written in, such
    as "lock/acquire.py"; ``line``: the line of that file where it begins, counted from 1.
    """

    id: str
    module: str
    function: str
    clause: Clause
    source: str
    line: int

    @property
    def file(self) -> str:
        """The file of the battery that it belongs to, such as "lock/acquire.py"."""
        return file_of(self.clause)


def file_of(clause: Clause) -> str:
    """The file of the battery, such as "lock/acquire.py", that the cases of a clause belong to.

    It is made of the clause's id: a case of ``lock.acquire.blocks`` is in ``lock/acquire.py``, one
    of ``enumerate.list``, of the chapter "module", in ``module/enumerate.py``, and one of
    ``lock.factory``, which is of the chapter as a whole, in ``lock/general.py``.
    """
    subject = clause.id.split(".")[:-1]
    if subject and subject[0] == clause.chapter:
        subject = subject[1:]
    name = subject[0].replace("-", "_") if subject else "general"
    return f"{clause.chapter}/{name}.py"


def cases_of(module: ModuleType, clauses: Catalogue) -> list[Case]:
    """The cases of one battery module, in the order of the file.

    Raises CatalogueError for a test function that declares no clause, or one that is unknown or
    belongs to another file.
    """
    return [
        _case(module, name, function, clauses)
        for name, function in vars(module).items()
        if name.startswith("test_") and inspect.isfunction(function)
    ]


def _case(
    module: ModuleType, name: str, function: Callable[..., object], clauses: Catalogue
) -> Case:
    file = _path(module.__name__)
    identifier = getattr(function, "clause", None)
    if identifier is None:
        raise CatalogueError(f"{file}: {name} declares no clause; put @clause(...) above it")
    clause = clauses.find(identifier)
    if clause is None:
        raise CatalogueError(f"{file}: {name} names {identifier}, which is no clause")
    if file_of(clause) != file:
        raise CatalogueError(f"{file}: {name} checks {identifier}; move it to {file_of(clause)}")
    written = function.__globals__["__name__"]  # elsewhere where several classes share a check
    return Case(
        id=f"battery/{file}::{name}",
        module=module.__name__,
        function=name,
        clause=clause,
        source=_path(written),
        line=function.__code__.co_firstlineno,
    )


def _path(module: str) -> str:
    """The file of a battery module, relative to the battery."""
    return module.removeprefix(f"{PACKAGE}.").replace(".", "/") + ".py"


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


def module_name(file: str) -> str:
    """The importable name of a battery file, such as "lock/acquire.py"."""
    return f"{PACKAGE}.{file.removesuffix('.py').replace('/', '.')}"


def _files() -> list[str]:
    """The files of the battery that hold cases, relative to it."""
    chapters = [chapter.name for chapter in catalogue().chapters]
    return [
        path.relative_to(BATTERY).as_posix()
        for chapter in chapters
        for path in sorted((BATTERY / chapter).glob("*.py"))
        if path.name != "__init__.py"
    ]


@contextlib.contextmanager
def _plain_imports() -> Iterator[None]:
    """Let Python's own loader import, so that pytest does not rewrite assert statements.

    In pytest's process the battery has to say what it says in a worker's.
    """
    sys.meta_path.insert(0, PathFinder)
    try:
        yield
    finally:
        sys.meta_path.remove(PathFinder)


@cache
def digest() -> str:
    """A digest of the battery, the harness and what makes verdicts of outcomes.

    It changes with any of their files.
    """
    judging = (BATTERY.parent / name for name in ("outcome.py", "verdicts.py"))
    return digest_of((*BATTERY.rglob("*.py"), *HARNESS.glob("*.py"), *judging))


def digest_of(files: Iterable[Path]) -> str:
    """A digest of the contents of these files, in the order of their paths."""
    in_order = sorted(files)
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in in_order)).hexdigest()[:12]


@cache
def battery() -> tuple[Case, ...]:
    """Every case of the kit, in the order of the manual's clauses as far as files allow."""
    clauses = catalogue()
    with _plain_imports():
        modules = [importlib.import_module(module_name(file)) for file in _files()]
    order: dict[str, int] = {}
    for clause in clauses.clauses:
        order.setdefault(file_of(clause), len(order))
    cases = [case for module in modules for case in cases_of(module, clauses)]
    return tuple(sorted(cases, key=lambda case: order[case.file]))
