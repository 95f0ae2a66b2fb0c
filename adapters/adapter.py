"""Adapters: reads an adapter's TOML file and finds the implementation that a name stands for."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from threadspec.adapters import divergences, interpreters
from threadspec.adapters.divergences import Divergence
from threadspec.adapters.interpreters import Interpreter
from threadspec.conformance.catalogue import Catalogue, catalogue
from threadspec.conformance.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

# Of packaging, each part is imported where an adapter needs it: most do not, and it takes a while.

FOLDER = Path(__file__).parent

_KEYS = {
    "about": str,
    "module": str,
    "python": str,
    "setup": str,
    "requires": list,
    "substrate": str,
    "fallback": str,
    "divergence": list,
}
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")


@dataclass(frozen=True)
class Adapter:
    """How to load an implementation.

    ``python``: a range of versions, an interpreter's name or its path; None means the one that runs
    the kit.  ``setup``: source that the worker runs first of all.  ``requires``: distributions to
    install.  ``substrate``: the module that helper threads come from.  ``fallback``: the adapter to
    use where no interpreter in the range is found.  ``folder``: where the file lies.
    """

    name: str
    module: str
    about: str = ""
    python: str | None = None
    setup: str | None = None
    requires: tuple[str, ...] = ()
    substrate: str | None = None
    fallback: str | None = None
    divergences: tuple[Divergence, ...] = ()
    folder: Path | None = None

    def place(self, divergence: Divergence) -> str:
        """Where a divergence is, as a path from the current folder if it is below, and a line."""
        path = (self.folder or Path()) / f"{self.name}.toml"
        with contextlib.suppress(ValueError):
            path = Path(".") / path.relative_to(Path.cwd())
            return f".{os.sep}{path}:{divergence.line}"
        return f"{path}:{divergence.line}"

    @property
    def versions(self) -> SpecifierSet | None:
        """The range of versions that ``python`` is, or None where it is none."""
        if not self.python:
            return None
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            return SpecifierSet(self.python)
        except InvalidSpecifier:
            return None


@dataclass(frozen=True)
class Implementation:
    """What is judged: an adapter's module in one interpreter.

    ``optional``: it was not named but found, by ``all``; where it cannot be loaded the others are
    judged without it.
    ``value``: the value of ``--impl`` that asks for it, where that is not its name.
    """

    name: str
    adapter: Adapter
    interpreter: Interpreter
    optional: bool = field(default=False, compare=False)
    value: str | None = field(default=None, compare=False)

    @property
    def path(self) -> list[str]:
        """Folders to look for the module in, besides the interpreter's own."""
        folders = [str(Path.cwd())]
        if self.adapter.folder is not None and self.adapter.folder != FOLDER:
            folders.append(str(self.adapter.folder))
        return folders


@dataclass(frozen=True)
class Unavailable:
    """An implementation that cannot be judged here, and why."""

    name: str
    reason: str


def read(path: Path, clauses: Catalogue | None = None) -> Adapter:
    """Read an adapter's file.

    Raises UserError, naming the file, for anything that is wrong in it: no TOML, an unknown or
    mistyped key, no module, a divergence without a reason, of an unknown clause or verdict, twice
    for the same clause under the same condition, or with a broken marker.
    """
    where = f"The adapter file {path}"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{where} is not valid TOML: {error}.") from error
    for key, value in data.items():
        if key not in _KEYS:
            raise UserError(
                f"{where} has the unknown key {key!r}; the keys are {', '.join(_KEYS)}."
            )
        if not isinstance(value, _KEYS[key]):
            raise UserError(f"{where}: {key} must be a {_type_name(_KEYS[key])}.")
    if "module" not in data:
        raise UserError(f'{where} names no module; add a line module = "…".')
    _check_module(data["module"], where)
    for requirement in data.get("requires", ()):
        _check_requirement(requirement, where)
    tables = data.get("divergence", ())
    return Adapter(
        name=_readable(path.stem),
        module=data["module"],
        about=data.get("about", ""),
        python=data.get("python"),
        setup=data.get("setup"),
        requires=tuple(data.get("requires", ())),
        substrate=data.get("substrate"),
        fallback=data.get("fallback"),
        divergences=divergences.read(tables, text, where, clauses or catalogue()),
        folder=path.parent.absolute(),
    )


def _readable(name: str) -> str:
    """A file's name without the characters that the locale does not have, which are escaped.

    Python stands in for these with surrogates, which no file in UTF-8 can hold; and pytest puts the
    names of tests into the environment, which takes the locale's characters alone.
    """
    with contextlib.suppress(UnicodeError):
        name = os.fsencode(name).decode("utf-8")
    try:
        os.fsencode(name)
        return name.encode("utf-8").decode("utf-8")
    except UnicodeError:
        return name.encode("ascii", "backslashreplace").decode("ascii")


def _type_name(kind: type) -> str:
    return "string" if kind is str else "list"


def _check_module(name: str, where: str) -> None:
    if not _MODULE.match(name):
        raise UserError(f"{where}: {name!r} is no module name; write it as in an import statement.")


def _check_requirement(requirement: str, where: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement)
    except (InvalidRequirement, TypeError) as error:
        raise UserError(f"{where}: {requirement!r} in requires is no requirement.") from error


def known() -> tuple[str, ...]:
    """The names of the adapters that come with the kit."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _adapter(name: str) -> Adapter:
    """The adapter that a name without @ stands for."""
    if name.endswith(".toml"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise UserError(f"There is no adapter file {name}.")
        return read(path)
    if name in known():
        return read(FOLDER / f"{name}.toml")
    if not _MODULE.match(name):
        raise UserError(
            f"{name!r} is no implementation: give an adapter ({', '.join(known())}), "
            "the path of an adapter file, or a module to import."
        )
    return Adapter(name=name, module=name)


def resolve(name: str) -> Implementation:
    """The implementation that a ``--impl`` value stands for.

    ``name``: an adapter's name, the path of an adapter file or a dotted module, each with an
    optional ``@interpreter``.  Raises UserError where there is none such here.
    """
    base, _, wish = name.partition("@")
    if name.endswith("@"):
        raise UserError(f"{name!r} names no interpreter after the @.")
    adapter = _adapter(base)
    if wish:
        interpreter = interpreters.find(wish)
        return Implementation(f"{adapter.name}@{wish}", adapter, interpreter)
    if not adapter.python:
        if "." not in adapter.module and adapter.folder is None and not _importable(adapter.module):
            raise UserError(
                f"There is no implementation {name!r}: it is no adapter "
                f"({', '.join(known())}) and no module {adapter.module} can be imported here."
                + "".join(f" Did you mean {one}?" for one in get_close_matches(base, known(), 1))
            )
        return Implementation(adapter.name, adapter, interpreters.this_interpreter())
    if adapter.versions is None:
        return Implementation(adapter.name, adapter, interpreters.find(adapter.python))
    candidates = interpreters.in_range(adapter.versions)
    own = interpreters.this_interpreter()
    if own in candidates:
        return Implementation(adapter.name, adapter, own)
    candidates = [one for one in candidates if one.label[0].isdigit()] or candidates
    if candidates:
        best = candidates[-1]
        return Implementation(f"{adapter.name}@{best.label}", adapter, best)
    if adapter.fallback:
        return replace(resolve(adapter.fallback), name=f"{adapter.name} ({adapter.fallback})")
    raise UserError(
        f"{adapter.name} needs Python {adapter.python}, and no such interpreter was found; "
        f"found here are {', '.join(one.label for one in interpreters.found())}."
    )


def _importable(module: str) -> bool:
    """Whether a top-level module can be found here, without importing it."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
    finally:
        sys.path.pop(0)


def everything() -> list[Implementation | Unavailable]:
    """Every adapter of the kit on every interpreter found here that it is made for.

    An adapter with a range of versions gives one implementation for each interpreter in it; one
    that cannot run here comes with the reason.
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
    """The implementations that ``--impl`` values stand for, each once, in the order given.

    A value may hold several, separated by commas; ``all`` stands for :func:`everything`.
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
            by_name[one.name] = one  # named besides: it must be judged
    return list(by_name.values())
