"""Adapters: reads adapter files, and finds the implementation that a ``--impl`` value names."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from threadspec.adapters import divergences, file_format, interpreters
from threadspec.adapters.divergences import Divergence
from threadspec.adapters.file_format import TransportName
from threadspec.adapters.interpreters import Interpreter
from threadspec.conformance.catalogue import Catalogue, catalogue
from threadspec.conformance.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

# packaging takes a while to import, and most adapters need none of it.

FOLDER = Path(__file__).parent

_MODULE = re.compile(file_format.MODULE_NAME)

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Adapter:
    """How to load an implementation, and its known divergences.

    ``name``: the adapter file's, without the suffix, or the module's where there is no file;
    ``folder``: the folder of the file; ``lines``: the line of each key in it, and of each name in
    its tables, counted from 1, as far as they are certain.  :class:`file_format.AdapterFile`
    describes the others.
    """

    name: str
    module: str
    about: str = ""
    homepage: str = ""
    tracker: str = ""
    python: str | None = None
    command: tuple[str, ...] = ()
    transport: TransportName | None = None
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    setup: str | None = None
    requires: tuple[str, ...] = ()
    substrate: str | None = None
    cooperative: bool | None = None
    fallback: str | None = None
    names: dict[str, str] = field(default_factory=dict, hash=False)
    explore_bounds: dict[str, int | float] = field(default_factory=dict, hash=False)
    omits: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    starts_by_maker: bool = False
    start_scale: float = 1.0
    workers: int | None = None
    divergences: tuple[Divergence, ...] = ()
    folder: Path | None = None
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def place(self, divergence: Divergence) -> str:
        """The file and the line of a divergence, relative to the current folder if it is inside."""
        return f"{self.path}:{divergence.line}"

    @property
    def file(self) -> Path | None:
        """The file, or None where there is none."""
        return self.folder / f"{self.name}.toml" if self.folder else None

    @property
    def path(self) -> str:
        """The path of the file, relative to the current folder if it is inside."""
        path = self.file or Path(f"{self.name}.toml")
        with contextlib.suppress(ValueError):
            return f".{os.sep}{path.relative_to(Path.cwd())}"
        return str(path)

    def resolve(self, key: str, find: Callable[[str], _Found]) -> _Found:
        """What ``find`` returns for the value of ``key``.

        Raises UserError like ``find``, and says which line of the file asks for the value.
        """
        try:
            return find(getattr(self, key))
        except UserError as error:
            raise UserError(f"{self.asks_for(key)} {error}") from error

    def expand(self, word: str) -> str:
        """A word of ``command`` as it is started: with a relative path in the file's folder.

        Raises UserError for an environment variable that is not set.
        """
        word = interpreters.expanded(word)
        if not _is_beside(word):
            return word
        return os.path.normpath((self.folder or Path()) / word)

    def asks_for(self, key: str, entry: str | None = None) -> str:
        """A sentence that says which line of the file has ``key``, and with which value.

        ``entry``: a name in the table ``key``, if its value is meant.
        """
        value = getattr(self, key)
        if entry is not None:
            key, value = entry, value[entry]
        line = f", line {self.lines[key]}," if key in self.lines else ""
        return f"The adapter file {self.path}{line} has {key} = {file_format.shown(value)}."

    def seen_from(self, folder: Path) -> Adapter:
        """The adapter as a file in another folder has to describe it."""
        own = self.folder
        if own is None:
            return self

        def moved(path: str) -> str:
            path = os.path.relpath(own / path, folder)
            return path if interpreters.is_path(path) else f".{os.sep}{path}"

        python = self.python
        is_path = python is not None and interpreters.is_path(python) and python[0] not in "~$"
        if python is not None and is_path and not Path(python).is_absolute():
            python = moved(python)
        command = [moved(word) if _is_beside(word) else word for word in self.command]
        return replace(self, python=python, command=tuple(command))

    @property
    def versions(self) -> SpecifierSet | None:
        """The range of versions in ``python``, or None where it names an interpreter."""
        if not self.python:
            return None
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            return SpecifierSet(self.python)
        except InvalidSpecifier:
            return None


def _is_beside(word: str) -> bool:
    """Whether a word of ``command`` is a path relative to the file's folder."""
    return word.startswith(("./", "../"))


@dataclass(frozen=True)
class Implementation:
    """An adapter's module in one interpreter.

    ``optional``: ``all`` found it and nobody named it; the others are judged without it where it
    cannot be loaded.  ``value``: the value of ``--impl`` that asks for it, if that is not its name.
    """

    name: str
    adapter: Adapter
    interpreter: Interpreter
    optional: bool = field(default=False, compare=False)
    value: str | None = field(default=None, compare=False)

    @property
    def command(self) -> list[str]:
        """The program that runs the worker's script, and its arguments before the script."""
        path, adapter = self.interpreter.path, self.adapter
        return [str(path), *adapter.arguments, *map(adapter.expand, adapter.command[1:])]

    @property
    def transport(self) -> TransportName:
        """The transport between the kit and the worker."""
        return self.adapter.transport or self.interpreter.needs.transport

    @property
    def start_scale(self) -> float:
        """The factor that multiplies the time which the interpreter may take to start."""
        return self.adapter.start_scale * self.interpreter.needs.start_scale

    @property
    def workers(self) -> int | None:
        """The largest number of workers, or None for any."""
        return self.adapter.workers or self.interpreter.needs.workers

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the worker that this process does not have."""
        needed = self.interpreter.needs.environment
        new = {name: value for name, value in needed.items() if name not in os.environ}
        return {**new, **self.adapter.environment}

    @property
    def path(self) -> list[str]:
        """Folders to put in front of the interpreter's own module search path."""
        folders = [Path.cwd()]
        folder = self.adapter.folder
        if folder is not None and folder not in (FOLDER, *folders):
            folders.append(folder)
        return [str(one) for one in folders]


@dataclass(frozen=True)
class Unavailable:
    """An implementation that cannot be judged here, and why."""

    name: str
    reason: str


def read(path: Path, clauses: Catalogue | None = None) -> Adapter:
    """Read an adapter's file.

    ``clauses``: those that it may name, by default the kit's.  Raises UserError, naming the file,
    for a file that cannot be read or is not TOML, for what its format forbids, and for divergences
    as :func:`divergences.expand` does.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise UserError(f"The adapter file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The adapter file {path} is not valid TOML: {error}.") from error
    found, source = file_format.convert(data, str(path), text)
    given = {key: value for key, value in msgspec.structs.asdict(found).items() if key in data}
    for key in ("reasons", "divergence"):
        given.pop(key, None)
    keys = (*given, *found.names, *found.environment, *found.explore_bounds)
    adapter = Adapter(
        name=_readable(path.stem),
        divergences=divergences.expand(found, source, clauses or catalogue()),
        folder=path.parent.absolute(),
        lines={key: line for key in keys if (line := source.line(None, key))},
        **given,
    )
    is_range = re.match(r"\s*([<>=!]|~=)", adapter.python or "")
    if is_range and adapter.versions is None:
        source.refuse(f'python is "{adapter.python}", which is no range of versions.', key="python")
    if adapter.command and adapter.python:
        source.refuse("it has both command and python; leave out one of them.", key="python")
    if adapter.command and adapter.arguments:
        source.refuse("it has both command and arguments; put these into command.", key="arguments")
    for requirement in adapter.requires:
        _check_requirement(requirement, source)
    return adapter


def _readable(name: str) -> str:
    """A file's name with the characters that the locale lacks escaped.

    Python represents those by surrogates, which a file in UTF-8 cannot hold; and pytest puts the
    names of tests into the environment, which can hold the locale's characters only.
    """
    with contextlib.suppress(UnicodeError):
        name = os.fsencode(name).decode("utf-8")
    try:
        os.fsencode(name)
        return name.encode("utf-8").decode("utf-8")
    except UnicodeError:
        return name.encode("ascii", "backslashreplace").decode("ascii")


def _check_requirement(requirement: str, source: file_format.Source) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        complaint = str(error).partition("\n")[0]
        source.refuse(
            f"requires has {file_format.shown(requirement)}, which is no requirement: {complaint}.",
            key="requires",
        )


def known() -> tuple[str, ...]:
    """The names of the adapters that come with the kit."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def kit_adapters() -> Iterator[Adapter]:
    """The adapters that come with the kit.  Raises UserError like :func:`read`."""
    return (read(FOLDER / f"{name}.toml") for name in known())


def _adapter(name: str) -> Adapter:
    """The adapter for the part of a ``--impl`` value before the @."""
    if name.endswith(".toml"):
        path = Path(name).expanduser()
        if not path.is_file():
            near = get_close_matches(path.name, [one.name for one in path.parent.glob("*.toml")], 1)
            meant = f"; did you mean {_as_argument(path.with_name(near[0]))}?" if near else "."
            raise UserError(f"There is no adapter file {name}{meant}")
        return read(path)
    if name in known():
        return read(FOLDER / f"{name}.toml")
    if name.endswith(".py") and Path(name).is_file():
        raise UserError(
            f"{name!r} is a file, and an implementation is a module" + _module_of(Path(name))
        )
    if not _MODULE.match(name):
        _refuse_a_clause(name)
        raise UserError(
            f"{name!r} is not an implementation: give an adapter ({', '.join(known())}), "
            "the path of an adapter file, or a module to import."
        )
    return Adapter(name=name, module=name)


def _as_argument(path: Path) -> str:
    """The path of an adapter file as ``--impl`` takes it, which tells it from a module."""
    return str(path) if path.is_absolute() else f".{os.sep}{path}"


def _module_of(path: Path) -> str:
    """What to give in place of a Python file, as the end of a sentence."""
    parts = Path(os.path.relpath(path)).with_suffix("").parts
    name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
    return f"; did you mean {name}?" if _MODULE.match(name) else "."


def _refuse_a_clause(name: str) -> None:
    """Raise UserError where the name is, or is like, that of a clause or a chapter."""
    clauses = catalogue()
    is_chapter = name in {chapter.name for chapter in clauses.chapters}
    if is_chapter or clauses.find(name):
        raise UserError(
            f"{name!r} is a {'chapter' if is_chapter else 'clause'}, not an implementation; "
            f"`pytest --impl=NAME {name}` or `threadspec run NAME --only {name}` runs its cases."
        )
    for near in get_close_matches(name, [one.id for one in clauses.clauses], 1, 0.8):
        raise UserError(
            f"{name!r} is not an implementation; if you mean the clause {near}, "
            f"`pytest --impl=NAME {near}` or `threadspec run NAME --only {near}` runs its cases."
        )


def resolve(name: str) -> Implementation:
    """The implementation that a ``--impl`` value names.

    ``name``: an adapter's name, the path of an adapter file or a dotted module, each with an
    optional ``@interpreter``.  Raises UserError where no such implementation or interpreter is
    found.
    """
    base, _, wish = name.partition("@")
    if name.endswith("@"):
        raise UserError(f"{name!r} names no interpreter after the @.")
    adapter = _adapter(base)
    if adapter.command:
        if wish:
            raise UserError(
                f"{adapter.asks_for('command')} So {adapter.name} has no interpreter to choose; "
                f"leave out @{wish}."
            )
        words = adapter.resolve("command", lambda command: [*map(adapter.expand, command)])
        launcher = adapter.resolve("command", lambda _: interpreters.launcher(words[0]))
        return Implementation(adapter.name, adapter, launcher)
    if wish:
        interpreter = interpreters.find(wish)
        return Implementation(f"{adapter.name}@{wish}", adapter, interpreter)
    if not adapter.python:
        package, dot, _ = adapter.module.partition(".")
        is_missing = adapter.folder is None and not _importable(package)
        if is_missing:
            _refuse_a_clause(base)
        if is_missing and not dot:
            near = get_close_matches(base, known(), 1) or modules_like(base)
            if Path(f"{base}.toml").is_file():
                near = [f".{os.sep}{base}.toml"]
            raise UserError(
                f"{name!r} is neither an adapter of the kit ({', '.join(known())}) nor a module "
                f"in {Path.cwd()} or where the interpreter looks."
                + "".join(f" Did you mean {one}?" for one in near)
            )
        return Implementation(adapter.name, adapter, interpreters.this_interpreter())
    if adapter.versions is None:
        found = adapter.resolve("python", lambda wish: interpreters.find(wish, adapter.folder))
        return Implementation(adapter.name, adapter, found)
    own = interpreters.this_interpreter()
    if adapter.versions.contains(own.version, prereleases=True):
        return Implementation(adapter.name, adapter, own)
    candidates = interpreters.in_range(adapter.versions)
    candidates = [one for one in candidates if one.is_default] or candidates
    if candidates:
        best = candidates[-1]
        return Implementation(f"{adapter.name}@{best.label}", adapter, best)
    if adapter.fallback:
        fallback = adapter.resolve("fallback", resolve)
        return replace(fallback, name=f"{adapter.name} ({adapter.fallback})")
    raise UserError(
        f"{adapter.name} needs Python {adapter.python}, and no such interpreter was found; "
        f"found here are {', '.join(one.label for one in interpreters.found())}."
    )


def _importable(module: str) -> bool:
    """Whether a top-level module can be found here."""
    return _spec(module) is not None


def _spec(module: str) -> ModuleSpec | None:
    """Where a top-level module is, without importing it; None if it cannot be found here."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    finally:
        sys.path.pop(0)


def modules_like(module: str) -> list[str]:
    """The module whose name is most like this one, beside it; empty if there is none.

    Those of the top level are looked for in the current folder.  None is imported.
    """
    package, dot, _ = module.rpartition(".")
    folders = [Path.cwd()]
    if dot:
        top, *inner = package.split(".")
        spec = _spec(top)
        places = (spec and spec.submodule_search_locations) or ()
        folders = [Path(place, *inner) for place in places]
    beside = [f"{package}{dot}{one.name}" for one in pkgutil.iter_modules(map(str, folders))]
    return get_close_matches(module, beside, 1)


def everything() -> list[Implementation | Unavailable]:
    """Every adapter that comes with the kit, on every interpreter found here that it supports.

    An adapter with a range of versions gives one implementation for each interpreter in the range.
    One that cannot run here is unavailable, with the reason.
    """
    result: list[Implementation | Unavailable] = []
    first = ("reference", "stdlib")
    for name in (*first, *[other for other in known() if other not in first]):
        adapter = _adapter(name)
        if adapter.versions is not None:
            candidates = interpreters.in_range(adapter.versions)
            result += [
                Implementation(f"{name}@{one.label}", adapter, one, optional=True)
                for one in candidates
            ]
            if candidates:
                continue
        try:
            result.append(replace(resolve(name), optional=True, value=name))
        except UserError as error:
            result.append(Unavailable(name, str(error)))
    return result


def choose(names: Iterable[str]) -> list[Implementation | Unavailable]:
    """The implementations that ``--impl`` values name, each once, in the order given.

    A value may name several, separated by commas; ``all`` names :func:`everything`.  Raises
    UserError like :func:`resolve`, and for two different implementations of one name.
    """
    chosen: list[Implementation | Unavailable] = []
    for value in names:
        for name in value.split(","):
            if not name.strip():
                raise UserError("An implementation's name is empty; give --impl=NAME.")
            if name.strip() == "all":
                chosen += everything()
            else:
                chosen.append(replace(resolve(name.strip()), value=name.strip()))
    by_name: dict[str, Implementation | Unavailable] = {}
    for one in chosen:
        if by_name.setdefault(one.name, one) != one:
            raise UserError(f"Two implementations are called {one.name}; rename one adapter file.")
        if isinstance(one, Implementation) and not one.optional:
            by_name[one.name] = one  # named as well: it must be judged
    return list(by_name.values())
