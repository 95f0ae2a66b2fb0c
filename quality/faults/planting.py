"""The collection of planted faults: reads ``<chapter>.toml``, and plants a fault in a copy.

Each table of such a file is one fault of the clause in its header::

    ["event.set.again".set-toggles]            # the fault event.set-toggles
    says = "set() on a flag that is true makes it false."
    subtle = "wrong only on the second call"   # if it is: how
    racy = true                                # if it shows only where threads meet by chance
    also = ["event.atomic"]                    # clauses that it cannot but violate as well
    bounds = { "event._LONG" = 1 }             # numbers with which alone exploration finds it

What is wrong is a change of the reference, a subclass of one of its classes, or both.  A change
reads like the output of ``diff``::

    diff = '''
    @@ event.py: Event.set
    -            return
    +            return self.clear()'''

Each hunk begins with a file and, unless it is about the whole of it, the class or function that
the lines are in.  The lines that are kept or removed must occur there exactly once, one after the
other.  A hunk without such lines adds its text at the end of the file.

A subclass takes the name of its class; other classes of the reference are still derived from the
sound one, which is called ``_Sound``::

    class = "Semaphore"
    body = '''
    def release(self, n=1):
        super().release()'''

    file = "rlock.py"                # the file with the class, if not that of its chapter
    above = "_calls = []"            # what it needs at the top level of the module (as may a diff)

What several faults need has one home::

    state = ["Event._calls = 0"]       # attributes of each object, and their initial values
    base = "lock"                      # an entry of ``bases.toml``, on which this fault is built
    like = "semaphore.default-two"     # the ``body`` of that fault, and what is ``above`` it

A base has a ``name``, what it ``says``, and changes nothing that a clause speaks of: its ``diff``
comes before that of the fault; its ``body``, and what is ``above`` it, make a class between
``_Sound`` and the faulty one.  Lock is no class in the reference: a faulty one always has a base.

A name of the thread layer (or of the waiter queues) that a fault uses is imported for it.

What is written in C cannot be broken so: a fault of reentrant locks is planted in
``_portable_rlock.py``, and the copy then does without the thread layer's own.  So it does for a
fault with ``portable = true``, which looks into the reentrant locks that it meets.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from quality.judging import REFERENCE, implementation
from threadspec.adapters.adapter import Implementation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
BASES = FOLDER / "bases.toml"
PACKAGE = "faulty"
PORTABLE = "_portable_rlock.py"

# The classes from which faulty ones are derived, and where each is.
CLASSES = {
    "BoundedSemaphore": "semaphore.py",
    "Condition": "condition.py",
    "Event": "event.py",
    "Lock": "lock.py",
    "RLock": PORTABLE,
    "Semaphore": "semaphore.py",
    "Thread": "thread.py",
    "Timer": "timer.py",
    "local": "thread_local.py",
}
# The modules whose names are imported for a fault that uses them.
_LENDERS = ("_layer", "_waiting")

_TEXTS = {"says", "subtle", "racy", "also", "bounds"}
_CHANGES = {"diff", "class", "file", "above", "body", "like", "base", "state", "portable"}
_KEYS = {*_TEXTS, *_CHANGES}
_BASE_KEYS = {"name", "says", "diff", "above", "body"}


class FaultError(Exception):
    """A fault is not described as it must be, or cannot be planted; the message says which."""


@dataclass(frozen=True)
class Hunk:
    """Lines of a file of the reference, and the lines that take their place.

    ``scope``: the class or function that they are in, empty for the whole file; no ``old`` lines:
    the new ones are added at the end of the file.
    """

    file: str
    scope: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    def place(self, text: str) -> tuple[int, int]:
        """Where its old lines begin and end in the text of its file.  Raises FaultError."""
        lines = text.splitlines()
        if not self.old:
            return len(lines), len(lines)
        first, last = _extent(text, self.scope)
        size = len(self.old)
        found = [
            start
            for start in range(first, last - size + 1)
            if tuple(lines[start : start + size]) == self.old
        ]
        if len(found) != 1:
            where = f"{self.file}: {self.scope}" if self.scope else self.file
            raise FaultError(
                f"its lines occur {len(found)} times in {where}: {self.old[0].strip()}"
            )
        return found[0], found[0] + size


@dataclass(frozen=True)
class Attribute:
    """An attribute that each object of a class of the reference has, and its initial value."""

    of: str
    name: str
    value: str

    def added(self, text: str) -> str:
        """The text of the class's file with the attribute."""
        lines = text.splitlines()
        start, end = _extent(text, self.of)
        slots = next((at for at in range(start, end) if '"__weakref__",' in lines[at]), None)
        if slots is None:
            docstring = ast.parse(text).body[0]
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and node.name == self.of:
                    docstring = node.body[0]
            lines.insert(docstring.end_lineno or start, f"\n    {self.name} = {self.value}")
        else:
            end = _extent(text, f"{self.of}.__init__")[1]
            lines.insert(end, f"        self.{self.name} = {self.value}")
            lines[slots] = lines[slots].replace("__weakref__", f'__weakref__", "{self.name}', 1)
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Base:
    """What several faults are built on (see above for the fields)."""

    name: str
    says: str
    hunks: tuple[Hunk, ...] = ()
    body: str = ""
    above: str = ""


@dataclass(frozen=True)
class Subclass:
    """A faulty class, derived from the one of the reference (see above for the fields)."""

    of: str
    file: str
    body: str
    above: str = ""
    base: Base | None = None

    @property
    def source(self) -> str:
        """The text that is added at the end of the file."""
        sound = "" if self.of == "Lock" else "_Sound"
        parts = [f"_Sound = {self.of}"] if sound else []
        parts.append(self.above)
        if self.base:
            parts.append(self.base.above)
            if self.base.body:
                parts.append(_class("_Base", sound, self.base.body))
                sound = "_Base"
        parts.append(_class(self.of, sound, self.body))
        return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _class(name: str, base: str, body: str) -> str:
    head = f"class {name}({base}):" if base else f"class {name}:"
    return f"{head}\n{textwrap.indent(body.strip(chr(10)) or 'pass', '    ')}"


@dataclass(frozen=True)
class Fault:
    """One faulty implementation (see above for what each field means)."""

    id: str
    clause: str
    says: str
    hunks: tuple[Hunk, ...] = ()
    above: str = ""
    subclass: Subclass | None = None
    base: Base | None = None
    state: tuple[Attribute, ...] = ()
    subtle: str | None = None
    racy: bool = False
    also: tuple[str, ...] = ()
    portable: bool = False
    bounds: dict[str, int] = field(default_factory=dict, hash=False)

    @property
    def chapter(self) -> str:
        """The chapter of the manual whose clause it violates."""
        return self.id.split(".")[0]

    @property
    def files(self) -> set[str]:
        """The files of the reference that it changes."""
        return {
            *(hunk.file for hunk in self.hunks),
            *(hunk.file for hunk in (self.base.hunks if self.base else ())),
            *(CLASSES[one.of] for one in self.state),
            *([self.subclass.file] if self.subclass else []),
            *([PORTABLE] if self.portable else []),
        }

    def source(self, file: str) -> str:
        """The source of one file of the reference with the fault in it.  Raises FaultError."""
        text = (REFERENCE / file).read_text(encoding="utf-8")
        try:
            for hunks in (self.base.hunks if self.base else (), self.hunks):
                text = _patched(text, [hunk for hunk in hunks if hunk.file == file])
        except FaultError as error:
            raise FaultError(f"{self.id}: {error}") from None
        if self.above and self.hunks[0].file == file:
            text = _with_helpers(text, self.above)
        for one in self.state:
            if CLASSES[one.of] == file:
                text = one.added(text)
        if self.subclass and self.subclass.file == file:
            text += "\n\n" + self.subclass.source
        return _with_imports(text, file)

    def plant(self, folder: Path) -> Implementation:
        """Write the faulty implementation into ``folder``, which is made anew.

        Raises FaultError where the reference does not have the lines that the fault changes.
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


# -- planting -----------------------------------------------------------------------------------


def _patched(text: str, hunks: Sequence[Hunk]) -> str:
    """The text with all hunks applied, each of which is about the text as it was."""
    lines = text.splitlines()
    placed = sorted(((*hunk.place(text), hunk.new) for hunk in hunks), reverse=True)
    for start, end, new in placed:
        lines[start:end] = new if start < end else ("", "", *new)
    return "\n".join(lines) + "\n"


@cache
def _extents(text: str) -> Mapping[str, tuple[int, int]]:
    """The first line of each class and function of a source, and the one after its last."""
    found: dict[str, tuple[int, int]] = {}

    def look(body: Sequence[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                name = prefix + node.name
                found[name] = node.lineno - 1, node.end_lineno or node.lineno
                look(node.body, name + ".")
            elif isinstance(node, ast.Try):  # a class that depends on what can be imported
                look(node.orelse, prefix)

    look(ast.parse(text).body, "")
    return found


def _extent(text: str, scope: str) -> tuple[int, int]:
    if not scope:
        return 0, len(text.splitlines())
    if scope not in _extents(text):
        raise FaultError(f"the reference has no {scope}")
    return _extents(text)[scope]


def _with_helpers(text: str, helpers: str) -> str:
    """The text with more at its top level, before its first class or function."""
    lines = text.splitlines()
    at = min(start for start, _ in _extents(text).values())
    return "\n".join([*lines[:at], *helpers.strip("\n").split("\n"), "", "", *lines[at:]]) + "\n"


@cache
def _lent() -> Mapping[str, str]:
    """The names that are imported where they are used, and the module of each."""
    found: dict[str, str] = {}
    for module in _LENDERS:
        tree = ast.parse((REFERENCE / f"{module}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                found.update(dict.fromkeys(ast.literal_eval(node.value), module))
    return found


def _with_imports(text: str, file: str) -> str:
    """The text with an import of each name that it uses of the thread layer and the queues."""
    lent = _lent()
    if Path(file).stem in _LENDERS:
        return text
    tree = ast.parse(text)
    bound: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            bound.add(node.name or "")
    missing = sorted(name for name in used - bound if name in lent)
    if not missing:
        return text
    lines = text.splitlines(keepends=True)
    start = tree.body[0].end_lineno or 1  # after the docstring
    imports = [f"from .{lent[name]} import {name}\n" for name in missing]
    return "".join([*lines[:start], "\n", *imports, *lines[start:]])


# -- reading ------------------------------------------------------------------------------------


def hunks_of(diff: str) -> Iterator[Hunk]:
    """The hunks of a ``diff``.  Raises FaultError where it is none."""
    file = scope = None
    old: list[str] = []
    new: list[str] = []
    for line in diff.strip("\n").split("\n"):
        sign, text = line[:1] or " ", line[1:]
        if line.startswith("@@ "):
            if file:
                yield Hunk(file, scope or "", tuple(old), tuple(new))
            file, _, scope = (part.strip() for part in line[3:].partition(":"))
            old, new = [], []
        elif not file or sign not in " +-":
            raise FaultError(f"its diff has the line {line!r}")
        else:
            if sign != "+":
                old.append(text)
            if sign != "-":
                new.append(text)
    if file:
        yield Hunk(file, scope or "", tuple(old), tuple(new))


def read(path: Path) -> list[Fault]:
    """The faults of one file.  Raises FaultError for one that is not described as it must be."""
    return [_fault(name, clause, entry) for name, (clause, entry) in _entries(path).items()]


@cache
def bases() -> Mapping[str, Base]:
    """The bases of faulty classes, by name.  Raises FaultError as ``read`` does."""
    return read_bases(BASES)


def read_bases(path: Path) -> Mapping[str, Base]:
    """The bases of one file."""
    found: dict[str, Base] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["base"]:
        name = entry.get("name", f"a base of {path.name} without name")
        _check_keys(name, entry, _BASE_KEYS)
        found[name] = Base(
            name=_required(name, entry, "name"),
            says=_required(name, entry, "says"),
            hunks=_hunks(name, entry),
            body=entry.get("body", ""),
            above=entry.get("above", ""),
        )
    return found


@cache
def _entries(path: Path) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """The tables of a file of faults, with the clause of each, by the id of the fault."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise FaultError(f"{path.name} cannot be read: {error}") from None
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for clause, faults in tables.items():
        for short, entry in faults.items():
            name = f"{path.stem}.{short}"
            if not isinstance(entry, dict):
                raise FaultError(f'{path.name}: [{clause}] needs a name: ["{clause}".NAME]')
            if name in found:
                raise FaultError(f"{path.name} describes {name} twice")
            found[name] = clause, entry
    return found


def _fault(name: str, clause: str, entry: Mapping[str, Any]) -> Fault:
    _check_keys(name, entry, _KEYS)
    if "like" in entry:
        entry = {**_model(name, entry), **entry}
    base = entry.get("base")
    if base is not None and base not in bases():
        raise FaultError(f"{name} names the base {base!r}, which {BASES.name} has not")
    fault = Fault(
        id=name,
        clause=clause,
        says=_required(name, entry, "says"),
        hunks=_hunks(name, entry),
        above="" if "class" in entry else entry.get("above", ""),
        subclass=_subclass(name, entry) if "class" in entry else None,
        base=bases()[base] if base else None,
        state=tuple(_attribute(name, text) for text in entry.get("state", ())),
        subtle=entry.get("subtle"),
        racy=entry.get("racy", False),
        also=tuple(entry.get("also", ())),
        portable=entry.get("portable", False),
        bounds=entry.get("bounds", {}),
    )
    if "above" in entry and "class" not in entry and len({hunk.file for hunk in fault.hunks}) != 1:
        raise FaultError(f"{name} has helpers above, and not one file that they are for")
    if not fault.hunks and not fault.subclass:
        raise FaultError(f"{name} changes nothing: it has neither diff nor class")
    return fault


def _model(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a fault takes from the one that it is like."""
    like = entry["like"]
    path = FOLDER / f"{like.split('.')[0]}.toml"
    known = _entries(path) if path.is_file() else {}
    _, model = known.get(like, ("", {}))
    if "body" not in model:
        raise FaultError(f"{name} is like {like!r}, which is no fault with a body")
    return {key: model[key] for key in ("above", "body") if key in model}


def _hunks(name: str, entry: Mapping[str, Any]) -> tuple[Hunk, ...]:
    try:
        return tuple(hunks_of(entry["diff"])) if "diff" in entry else ()
    except FaultError as error:
        raise FaultError(f"{name}: {error}") from None


def _attribute(name: str, text: str) -> Attribute:
    found = re.fullmatch(r"(\w+)\.(\w+) = (.+)", text)
    if not found or found[1] not in CLASSES:
        raise FaultError(f"{name} has the state {text!r}: it is no attribute of a class")
    return Attribute(*found.groups())


def _subclass(name: str, entry: Mapping[str, Any]) -> Subclass:
    of = entry["class"]
    if of not in CLASSES:
        raise FaultError(f"{name} names the class {of!r}, which the reference has not")
    base = bases()[entry["base"]] if "base" in entry else None
    if of == "Lock" and not (base and base.body):
        raise FaultError(f"{name} is a faulty Lock without a base")
    return Subclass(
        of=of,
        file=entry.get("file", CLASSES[of]),
        body=_required(name, entry, "body"),
        above=entry.get("above", ""),
        base=base,
    )


def _check_keys(name: str, entry: Mapping[str, Any], keys: set[str]) -> None:
    unknown = set(entry) - keys
    if unknown:
        raise FaultError(f"{name} has the unknown key {sorted(unknown)[0]!r}")


def _required(name: str, entry: Mapping[str, Any], key: str) -> Any:
    if key not in entry:
        raise FaultError(f"{name} has no {key}")
    return entry[key]


def collection() -> list[Fault]:
    """Every planted fault, chapter by chapter."""
    paths = sorted(FOLDER.glob("*.toml"))
    return [fault for path in paths if path != BASES for fault in read(path)]
