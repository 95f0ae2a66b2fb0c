"""Finds Python interpreters without starting them.

It finds the interpreter that runs the kit, versioned names on ``PATH``, and the versions that pyenv
has installed.  Pyenv's shims are left out: they work only for the versions that are activated.  The
worker's first answer confirms the version.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from threadspec.adapters.file_format import TransportName
from threadspec.conformance.errors import UserError

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

# A free-threaded build of CPython has a t after its version, as in python3.13t.
_NAME = re.compile(r"^(python|pypy|jython)(\d+(?:\.\d+)?)?(t?)$")
_FOLDER = re.compile(r"^(?:(pypy|jython)-?)?(\d+\.\d+(?:\.\d+)?)(t?)(?:-.*)?$")


@dataclass(frozen=True)
class Needs:
    """What the workers of one kind of interpreter need, by the keys of an adapter file."""

    transport: TransportName = "pipes"
    start_scale: float = 1.0
    workers: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


# The home page of each kind of interpreter, and where faults of its standard library are reported.
PROJECTS = {
    "CPython": ("https://www.python.org", "https://github.com/python/cpython/issues"),
    "PyPy": ("https://pypy.org", "https://github.com/pypy/pypy/issues"),
    "Jython": ("https://www.jython.org", "https://github.com/jython/jython/issues"),
}

# The kinds of interpreters that need something.  Jython cannot move its standard input and output.
# It takes seconds to start, longer than most cases wait, so more workers gain nothing.  Without
# Java's thorough compiler, which takes longer than a worker lives to pay off, and with the simplest
# garbage collector, the worker and its programs take half the processor time.
NEEDS = {
    "jython": Needs(
        transport="socket",
        start_scale=4.0,
        workers=1,
        environment={"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"},
    ),
}


@dataclass(frozen=True)
class Interpreter:
    """An interpreter on this machine.

    ``label``: the part of an implementation's name after the @, such as "3.8" for CPython, "3.13t"
    for its free-threaded build or "pypy3.9"; ``version``: the version as far as the interpreter's
    name shows it, or 0; ``is_default``: whether it is CPython as it is built by default.
    """

    path: Path
    label: str
    version: Version
    is_default: bool = True

    @property
    def is_versioned(self) -> bool:
        """Whether its name shows a version, so that it is a Python interpreter."""
        return self.version > Version("0")

    @property
    def needs(self) -> Needs:
        """What its workers need, unless an adapter says otherwise."""
        kind = re.match(r"[a-z]*", self.label)
        return NEEDS.get(kind[0] if kind else "", Needs())


def _on_path() -> Iterator[Interpreter]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if not folder or Path(folder).name == "shims":
            continue
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            match = _NAME.match(name.removesuffix(".exe"))
            path = Path(folder, name)
            if not match or not os.access(path, os.X_OK) or path.is_dir():
                continue
            kind, version, free = match.groups()
            if kind == "jython":
                version = "2.7"  # there has been no other for many years
            if version is None or "." not in version:
                # A name such as pypy3 is often a link to one with the whole version.
                real = _NAME.match(path.resolve().name.removesuffix("-c"))
                version, free = real.groups()[1:] if real and real.group(1) == kind else (None, "")
            if version and "." in version and (free or not _is_free_threaded(path)):
                yield _interpreter(path, kind, version, free)


def _in_pyenv() -> Iterator[Interpreter]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    try:
        folders = sorted(root.iterdir())
    except OSError:
        return
    found = []
    for folder in folders:
        match = _FOLDER.match(folder.name)
        if not match:
            continue
        kind, version, free = match.groups(default="python")
        path = folder / "bin" / ("python" if kind != "jython" else "jython")
        if path.exists():
            found.append(_interpreter(path, kind, version, free))
    yield from sorted(found, key=lambda one: one.version, reverse=True)


def _is_free_threaded(path: Path) -> bool:
    """Whether an executable is also there under the name of a free-threaded build."""
    real = path.resolve()
    other = real.with_name(f"{real.name}t")
    return other.exists() and other.samefile(real)


def _interpreter(path: Path, kind: str, version: str, free: str) -> Interpreter:
    """An interpreter by its name.  ``free``: "t" for a free-threaded build, or empty."""
    label = ".".join(version.split(".")[:2]) + free
    is_python = kind == "python"
    return Interpreter(
        path, label if is_python else kind + label, Version(version), is_python and not free
    )


def this_interpreter() -> Interpreter:
    """The interpreter that runs the kit."""
    kind = {"CPython": "python"}.get(
        platform.python_implementation(), platform.python_implementation().lower()
    )
    free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return _interpreter(Path(sys.executable), kind, platform.python_version(), free)


@cache
def found() -> tuple[Interpreter, ...]:
    """One interpreter for each label: CPython first, in the order of versions.

    A free-threaded build follows the default one of its version.  Among several with the same
    label, the one that runs the kit is preferred, then the first on ``PATH``, then pyenv's newest.
    """
    by_label: dict[str, Interpreter] = {}
    for interpreter in (this_interpreter(), *_on_path(), *_in_pyenv()):
        by_label.setdefault(interpreter.label, interpreter)
    return tuple(
        sorted(
            by_label.values(),
            key=lambda one: (
                not one.label[0].isdigit(),
                one.version.release[:2],
                not one.is_default,
            ),
        )
    )


def find(wish: str, folder: Path | None = None) -> Interpreter:
    """The interpreter that ``wish`` names.

    ``wish``: a version ("3.8", "3.8.18"), a label ("3.13t", "pypy3.9"), a name on ``PATH``
    ("pypy3"), a major version ("3": the newest that is found, if possible a default build) or a
    path, in which ~ and environment variables are expanded; ``folder``: where a relative path
    begins, by default the current folder.  Raises UserError where no such interpreter is found, or
    a variable is not set.
    """
    wish = expanded(wish)
    if is_path(wish):
        path = (folder or Path.cwd()) / wish
        if not path.is_file() or not os.access(path, os.X_OK):
            raise UserError(f"There is no interpreter at {wish}; give the path of an executable.")
        return Interpreter(path, path.name, Version("0"))
    exact = [one for one in (*found(), *_in_pyenv()) if _names(one, wish)]
    if exact:
        return exact[0]
    on_path = shutil.which(wish)
    if on_path and Path(on_path).parent.name != "shims":
        return Interpreter(Path(on_path), wish, Version("0"))
    family = [one for one in found() if one.label.startswith(wish.removeprefix("python") + ".")]
    if family:
        return max(family, key=lambda one: (one.is_default, one.version))
    labels = [one.label for one in found()]
    meant = "".join(f"did you mean {one}? " for one in get_close_matches(wish, labels, 1))
    raise UserError(
        f"No interpreter {wish} was found; {meant}{'F' if meant else 'f'}ound here are "
        f"{', '.join(labels)}. "
        "Install it, or give the path of its executable."
    )


def is_path(wish: str) -> bool:
    """Whether a wish for an interpreter is a path rather than a name or a version."""
    return os.sep in wish or wish.startswith(("~", ".", "$"))


def expanded(wish: str) -> str:
    """A wish with ~ and environment variables expanded.  Raises UserError for one not set."""
    result = os.path.expanduser(os.path.expandvars(wish))
    if missing := re.search(r"\$(\w+|\{\w+\})", result):
        raise UserError(f"The environment variable {missing[1].strip('{}')} is not set.")
    return result


def _names(interpreter: Interpreter, wish: str) -> bool:
    version = f"{interpreter.version}{'' if interpreter.is_default else 't'}"
    return wish in (interpreter.label, f"python{interpreter.label}") or (
        wish.count(".") == 2 and interpreter.label[0].isdigit() and wish == version
    )


def launcher(program: str) -> Interpreter:
    """A program that starts an interpreter; ``program``: its name on ``PATH``, or its path.

    Raises UserError where it is not found.
    """
    found = shutil.which(program)
    if not found:
        raise UserError(
            f"There is no program {program}; install it, or give the path of its executable."
        )
    return Interpreter(Path(found), Path(program).name, Version("0"))


def in_range(versions: SpecifierSet) -> list[Interpreter]:
    """The interpreters found here whose version is in a range, CPython first."""
    return [one for one in found() if versions.contains(one.version, prereleases=True)]
