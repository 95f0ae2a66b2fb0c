"""``make implementations``: install the implementations of threading that the kit has adapters for.

The packages that the adapter files require go into the kit's own virtual environment, interpreters
into a Debian system if the user is root, and packages of npm into ``build/implementations``.
``frontends/implementations.toml`` lists all but the first.  What is there already is left as it is.
For interpreters that take minutes to build, only the command is printed.

Exits with a non-zero status if an installation fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Protocol

from packaging.requirements import Requirement

from threadspec.adapters import interpreters
from threadspec.frontends import installation
from threadspec.frontends.installation import Wanted, interpreter_path, wanted

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "implementations"


# The ways of the table, as a program uses them: quietly, and without changing this repository.
WAYS = {
    **installation.WAYS,
    "pip": replace(
        installation.WAYS["pip"],
        command=(*installation.WAYS["pip"].command, "--quiet", "--disable-pip-version-check"),
    ),
    "apt": replace(
        installation.WAYS["apt"], command=(*installation.WAYS["apt"].command, "--quiet")
    ),
    "npm": replace(
        installation.WAYS["npm"],
        command=(*installation.WAYS["npm"].command, "--silent", "--prefix", str(FOLDER)),
    ),
}


class Machine(Protocol):
    """What is asked and done on the machine."""

    is_root: bool

    def has(self, program: str) -> bool:
        """Whether a program is on ``PATH``."""

    def found(self, one: Wanted) -> str | None:
        """The version of an implementation, or where it is; None if it is not there."""

    def run(self, command: Sequence[str]) -> str | None:
        """Run a command; return None if it succeeds, and otherwise what it says last."""


class ThisMachine:
    """The machine that the program runs on."""

    is_root = not hasattr(os, "geteuid") or os.geteuid() == 0

    def has(self, program: str) -> bool:
        return shutil.which(program) is not None

    def found(self, one: Wanted) -> str | None:
        if one.interpreter:
            interpreters.found.cache_clear()
            return interpreter_path(one)
        if one.way == "npm":
            file = FOLDER / "node_modules" / one.package / "package.json"
            return json.loads(file.read_text("utf-8"))["version"] if file.is_file() else None
        requirement = Requirement(one.package)
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            return None
        return version if requirement.specifier.contains(version, prereleases=True) else None

    def run(self, command: Sequence[str]) -> str | None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        if not done.returncode:
            return None
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit status {done.returncode}"


@dataclass(frozen=True)
class Outcome:
    """What became of an implementation, as a sentence; ``failed``: an installation failed."""

    name: str
    says: str
    failed: bool = False


def provide(machine: Machine, wishes: Sequence[Wanted]) -> Iterator[Outcome]:
    """Install what is missing and can be installed; yields an outcome for each."""
    prepared = set()
    for one in wishes:
        way = WAYS[one.way]
        version = machine.found(one)
        if version:
            yield Outcome(one.name, f"there already: {version}")
            continue
        command = (*way.command, one.package)
        line = " ".join(command)
        if way.program and not machine.has(way.program):
            todo = f"install it and run  {line}"
            if one.executable:
                todo = f"put {one.executable} on PATH"
            yield Outcome(one.name, f"not installed: there is no {way.program} here; {todo}")
            continue
        if way.as_root and not machine.is_root:
            yield Outcome(one.name, f"not installed: it takes root; run  sudo {line}")
            continue
        if not way.is_quick:
            yield Outcome(one.name, f"not installed: it takes minutes to build; run  {line}")
            continue
        if way.before and one.way not in prepared:
            prepared.add(one.way)
            machine.run(way.before)  # without it, the installation itself may succeed or tell why
        complaint = machine.run(command)
        version = machine.found(one)
        if complaint is None and version:
            yield Outcome(one.name, f"installed: {version}")
        else:
            why = complaint or "it is not found where it should be"
            yield Outcome(one.name, f"not installed: {line} failed: {why}", failed=True)


def main(machine: Machine | None = None, wishes: Sequence[Wanted] | None = None) -> int:
    """Install what can be installed and print what became of each; 1 if an installation failed."""
    wishes = wanted() if wishes is None else wishes
    width = max(len(one.name) for one in wishes)
    failed = False
    for outcome in provide(machine or ThisMachine(), wishes):
        print(f"{outcome.name.ljust(width)}  {outcome.says}", flush=True)
        failed = failed or outcome.failed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
