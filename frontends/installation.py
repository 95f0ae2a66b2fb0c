"""How implementations that are missing are installed: by which program, and as which package.

``implementations.toml`` lists them, except for the packages that adapter files require.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from threadspec.adapters import adapter, interpreters
from threadspec.adapters.adapter import Implementation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# packaging.requirements and importlib.metadata take a while to import, and are rarely needed.

TABLE = Path(__file__).with_name("implementations.toml")


@dataclass(frozen=True)
class Way:
    """How implementations are installed.

    ``command``: installs the package whose name is appended; ``before``: is run once before;
    ``program``: what must be there; ``as_root``: whether only root may do it; ``is_quick``: whether
    it takes seconds rather than minutes.
    """

    command: tuple[str, ...]
    before: tuple[str, ...] = ()
    program: str | None = None
    as_root: bool = False
    is_quick: bool = True


WAYS = {
    "pip": Way((sys.executable, "-m", "pip", "install")),
    "apt": Way(
        ("apt-get", "install", "--yes", "--no-install-recommends"),
        before=("apt-get", "update", "--quiet"),
        program="apt-get",
        as_root=True,
    ),
    "npm": Way(("npm", "install"), program="npm"),
    "pyenv": Way(("pyenv", "install"), program="pyenv", is_quick=False),
}


@dataclass(frozen=True)
class Wanted:
    """An implementation that is wanted.

    ``package``: a requirement with pip, otherwise a name; ``interpreter``: the beginning of its
    name among the interpreters, or None if it is a package.
    """

    name: str
    way: str
    package: str
    interpreter: str | None = None

    @property
    def executable(self) -> str | None:
        """The name of the interpreter's executable on ``PATH``."""
        name = self.interpreter
        return f"python{name}" if name and name[0].isdigit() else name


def wanted() -> list[Wanted]:
    """What the adapter files require, and what the table lists."""
    from packaging.requirements import Requirement

    required = {
        Requirement(one).name: one
        for name in adapter.known()
        for one in adapter.read(adapter.FOLDER / f"{name}.toml").requires
    }
    packages = [Wanted(name, "pip", one) for name, one in sorted(required.items())]
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return packages + [
        Wanted(name, row["with"], row["package"], row.get("interpreter"))
        for name, row in table.items()
    ]


def interpreter_path(one: Wanted) -> str | None:
    """Where an interpreter is; None if it is not found, or if ``one`` is a package."""
    if not one.interpreter:
        return None
    labels = {each.label: str(each.path) for each in interpreters.found()}
    family = [label for label in labels if label.startswith(one.interpreter)]
    exact = [one.interpreter] if one.interpreter[0].isdigit() else family
    return next((labels[label] for label in exact if label in labels), None)


def command(one: Wanted) -> str:
    """The command for a shell that installs an implementation, if its program is there."""
    way = WAYS[one.way]
    words = [*way.command, one.package]
    is_root = not hasattr(os, "geteuid") or os.geteuid() == 0
    if way.program and one.executable and not shutil.which(way.program):
        return f"put {one.executable} on PATH"
    return shlex.join(["sudo", *words] if way.as_root and not is_root else words)


def remedy(one: Implementation, reason: str) -> str | None:
    """The command for a shell that makes an implementation loadable, as far as it is known.

    ``reason``: why it cannot be loaded.  A program that starts an interpreter may say at the end of
    its message what to run.
    """
    if advice := re.search(r"\brun: (.+)$", reason):
        return advice[1]
    if one.adapter.requires and not _has(one):
        words = [str(one.interpreter.path), "-m", "pip", "install", *one.adapter.requires]
        return shlex.join(words)
    return None


def _has(one: Implementation) -> bool:
    """Whether the packages that an adapter requires are known to be there."""
    if one.interpreter != interpreters.this_interpreter():
        return False
    from importlib import metadata

    from packaging.requirements import Requirement

    for requirement in map(Requirement, one.adapter.requires):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            return False
        if not requirement.specifier.contains(version, prereleases=True):
            return False
    return True
