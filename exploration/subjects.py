"""Loads what a ``--impl`` value names, if it can be explored, and says why where it cannot."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from threadspec.adapters import interpreters
from threadspec.adapters.adapter import Adapter, Implementation
from threadspec.adapters.interpreters import Interpreter
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import mapping
from threadspec.exploration import visible
from threadspec.exploration.visible import Bounds, Subject

# What set-up code may import: it then changes the explored module, and nothing of this process.
HARMLESS = {"threading", "_threading_local", "_thread"}


def load(implementation: Implementation) -> list[Subject]:
    """The implementation over the simulated layer, once for each kind of layer that matters.

    The reference is loaded twice: over a layer with an RLock, and over one without.  Raises
    UserError for what cannot be explored.
    """
    return list(variants(implementation))


def variants(implementation: Implementation) -> Iterator[Subject]:
    """What :func:`load` returns, each loaded when it is asked for; the usual one first."""
    adapter = implementation.adapter
    name = implementation.name
    if adapter.command:
        raise UserError(f"{name} cannot be explored: another program runs it.")
    if adapter.cooperative or (adapter.substrate and adapter.substrate != "_thread"):
        raise UserError(
            f"{name} cannot be explored: its threads are green ones, and only those of the "
            "low-level module _thread can be simulated."
        )
    if "dummy_threading" in adapter.module:
        raise UserError(f"{name} cannot be explored: it has no threads that could be switched.")
    foreign = _modules(adapter.setup) - HARMLESS if adapter.setup else set()
    if foreign:
        raise UserError(
            f"{name} cannot be explored: its set-up code imports {', '.join(sorted(foreign))}, "
            "which would change this process."
        )
    if adapter.module == visible.REFERENCE_NAME:
        _refuse_elsewhere(implementation)
        bounds = _bounds(adapter)
        yield visible.load_reference(bounds=bounds)
        portable = visible.load_reference(
            "reference (portable RLock)", reentrant=False, bounds=bounds
        )
        portable.variant = "portable RLock"
        yield portable
        return
    if adapter.module == "threading":
        path, version = standard_threading(implementation.interpreter)
        own = None
    else:
        _refuse_elsewhere(implementation)
        path = _source(implementation)
        own, version = standard_threading(interpreters.this_interpreter())
    subject = visible.load_file(adapter.module, path, version, own, adapter.setup, _bounds(adapter))
    subject.name = name
    subject.mapped = mapping.apply(subject.module, adapter.names)
    yield subject


def _bounds(adapter: Adapter) -> Bounds:
    """The constants that an adapter replaces."""
    return Bounds(adapter.explore_bounds, lambda name: adapter.asks_for("explore_bounds", name))


def _modules(source: str) -> set[str]:
    """The top-level modules that a source imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def _refuse_elsewhere(implementation: Implementation) -> None:
    own = interpreters.this_interpreter()
    if implementation.interpreter.label != own.label:
        raise UserError(
            f"{implementation.name} cannot be explored: its source is run by this interpreter, "
            f"Python {own.label}; leave out @{implementation.interpreter.label}."
        )


def standard_threading(interpreter: Interpreter) -> tuple[Path, tuple[int, int]]:
    """The file of an interpreter's own ``threading``, and the version of Python that it is for.

    Raises UserError where it is not found, or is for a Python without ``_thread``.
    """
    if interpreter.path.resolve() == Path(sys.executable).resolve():
        folders = [Path(sysconfig.get_path("stdlib"))]
    else:
        prefix = interpreter.path.resolve().parent.parent
        folders = [
            *sorted(prefix.glob("lib/python*")),
            *sorted(prefix.glob("lib/pypy*")),
            *sorted(prefix.glob("lib-python/*")),
            prefix / "Lib",
        ]
    for folder in folders:
        version = interpreter.version.release[:2]
        match = re.search(r"(\d+)\.(\d+)t?$", folder.name)
        if version < (2,) and match:
            version = (int(match[1]), int(match[2]))
        if match and (int(match[1]), int(match[2])) != version:
            continue
        path = folder / "threading.py"
        if path.is_file():
            if version < (3, 3):
                raise UserError(
                    f"{path} cannot be explored: it is for Python {'.'.join(map(str, version))}, "
                    "whose syntax is not that of this interpreter."
                )
            return path, (version[0], version[1])
    raise UserError(
        f"The threading module of {interpreter.label} cannot be explored: its source was not found."
    )


def _source(implementation: Implementation) -> Path:
    """The file of a module that is written in Python."""
    module = implementation.adapter.module
    for folder in reversed(implementation.path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError) as error:
        raise UserError(f"{implementation.name} cannot be explored: {error}.") from error
    if spec is None or spec.origin is None:
        raise UserError(f"{implementation.name} cannot be explored: there is no module {module}.")
    if not spec.origin.endswith(".py"):
        raise UserError(
            f"{implementation.name} cannot be explored: {module} is not written in Python, so its "
            "steps cannot be seen."
        )
    return Path(spec.origin)
