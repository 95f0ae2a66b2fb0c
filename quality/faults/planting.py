"""The collection of planted faults: reads ``<chapter>.toml``, and plants a fault in a copy.

A fault is an entry of such a file::

    [[fault]]
    id = "event.clear-forgets-once"            # chapter, and a name of its own
    clause = "event.clear.resets"              # the clause it violates
    says = "The second clear() has no effect."
    subtle = "wrong only on the second call"   # if it is: how
    racy = true                                # if it shows only where threads meet by chance
    also = ["event.wait.blocks"]               # clauses that it cannot but violate as well
    file = "event.py"                          # one change: this text of the reference ...
    old = "self._flag = False"
    new = "self._flag = self._cleared"         # ... becomes this one

``old`` must be there exactly once; without it, ``new`` is added at the end of the file.  A fault of
several changes has a list ``change`` of tables with ``file``, ``old`` and ``new`` instead.

What is written in C cannot be broken so: a fault of reentrant locks is planted in
``_portable_rlock.py``, and the copy then does without the thread layer's own.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quality.judging import REFERENCE, implementation
from threadspec.adapters.adapter import Implementation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
PACKAGE = "faulty"
PORTABLE = "_portable_rlock.py"

_KEYS = {"id", "clause", "says", "subtle", "racy", "also", "file", "old", "new", "change"}


class FaultError(Exception):
    """A fault is not described as it must be, or cannot be planted; the message says which."""


@dataclass(frozen=True)
class Change:
    """One text of a file of the reference, and what takes its place; no text: its end."""

    file: str
    old: str | None
    new: str


@dataclass(frozen=True)
class Fault:
    """One faulty implementation (see above for what each field means)."""

    id: str
    clause: str
    says: str
    changes: tuple[Change, ...]
    subtle: str | None = None
    racy: bool = False
    also: tuple[str, ...] = ()

    @property
    def chapter(self) -> str:
        """The chapter of the manual whose clause it violates."""
        return self.id.split(".")[0]

    @property
    def files(self) -> set[str]:
        """The files of the reference that it changes."""
        return {change.file for change in self.changes}

    def source(self, file: str) -> str:
        """The source of one file of the reference with the fault in it.  Raises FaultError."""
        text = (REFERENCE / file).read_text(encoding="utf-8")
        for change in self.changes:
            if change.file != file:
                continue
            if change.old is None:
                text += "\n\n" + change.new
                continue
            if text.count(change.old) != 1:
                raise FaultError(
                    f"{self.id}: its old text is there {text.count(change.old)} times in {file}"
                )
            text = text.replace(change.old, change.new)
        return text

    def plant(self, folder: Path) -> Implementation:
        """Write the faulty implementation into ``folder``, which is made anew.

        Raises FaultError where the reference does not have the text that the fault replaces.
        """
        shutil.rmtree(folder, ignore_errors=True)
        package = folder / PACKAGE
        shutil.copytree(REFERENCE, package, ignore=shutil.ignore_patterns("__pycache__"))
        for file in self.files:
            (package / file).write_text(self.source(file), encoding="utf-8")
        if PORTABLE in self.files:
            use_portable_rlock(package)
        return implementation(self.id, PACKAGE, folder)


def use_portable_rlock(package: Path) -> None:
    """Let the RLock of a copy of the reference be the portable one, not that of its guards."""
    chapter = package / "rlock.py"
    text = chapter.read_text(encoding="utf-8")
    without = text.replace("    from ._layer import RLock as _RLock\n", "    raise ImportError\n")
    if without == text:
        raise FaultError(f"{chapter.name} does not take its RLock from the layer as it did")
    chapter.write_text(without, encoding="utf-8")


def read(path: Path) -> list[Fault]:
    """The faults of one file.  Raises FaultError for one that is not described as it must be."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    return [_fault(entry, path) for entry in entries]


def _fault(entry: dict[str, Any], path: Path) -> Fault:
    name = entry.get("id", f"a fault of {path.name} without id")
    unknown = set(entry) - _KEYS
    if unknown:
        raise FaultError(f"{name} has the unknown key {sorted(unknown)[0]!r}")
    changes = [entry] if "file" in entry else entry.get("change", [])
    try:
        return Fault(
            id=entry["id"],
            clause=entry["clause"],
            says=entry["says"],
            changes=tuple(Change(one["file"], one.get("old"), one["new"]) for one in changes),
            subtle=entry.get("subtle"),
            racy=entry.get("racy", False),
            also=tuple(entry.get("also", ())),
        )
    except KeyError as error:
        raise FaultError(f"{name} has no {error.args[0]}") from error


def collection() -> list[Fault]:
    """Every planted fault, chapter by chapter."""
    return [fault for path in sorted(FOLDER.glob("*.toml")) for fault in read(path)]
