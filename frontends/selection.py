"""Which cases the arguments of pytest's command line name, and how a case is run again."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import BATTERY, Case, battery
from threadspec.frontends import options

PACKAGE = "threadspec.conformance"


@dataclass
class Selection:
    """What is asked for.

    ``others``: the arguments that do not name cases and are left to pytest.  ``whole``: whether
    the whole battery is asked for on every implementation.  ``named``: otherwise the ids of the
    cases, each with the implementations named with it; None stands for all of them.
    """

    others: list[str] = field(default_factory=list)
    whole: bool = False
    named: dict[str, set[str | None]] = field(default_factory=dict)

    @property
    def asks_for_cases(self) -> bool:
        """Whether any case is asked for."""
        return self.whole or bool(self.named)

    def cases(self, implementation: str) -> list[tuple[int, Case]]:
        """The cases asked for on an implementation, each with its place in the battery."""
        return [
            (number, case)
            for number, case in enumerate(battery())
            if self.whole or self.named.get(case.id, set()) & {None, implementation}
        ]

    def check(self, implementations: Iterable[str]) -> None:
        """Make sure that every implementation named is judged.  Raises UserError for another."""
        judged = set(implementations)
        for case, names in self.named.items():
            for name in sorted(one for one in names if one is not None and one not in judged):
                raise UserError(
                    f"{case}[{name}] names the implementation {name}, which is not judged here; "
                    "give it with --impl, or leave out what is in brackets."
                )


def select(
    arguments: Sequence[str], directory: Path, root: Path, *, modules: bool = False
) -> Selection:
    """What the arguments of a command line ask for.

    ``directory``: where pytest was started; ``root``: its root folder, which it shows ids relative
    to; ``modules``: whether arguments may be importable names (``--pyargs``).  Raises UserError for
    an argument that can only be meant for the battery and names nothing in it.
    """
    selection = Selection()
    for argument in arguments:
        found = _find(argument, directory, root, modules)
        if found is None:
            selection.others.append(argument)
            continue
        cases, implementation = found
        for case in cases:
            selection.named.setdefault(case.id, set()).add(implementation)
    return selection


def _find(
    argument: str, directory: Path, root: Path, modules: bool
) -> tuple[Sequence[Case], str | None] | None:
    """The cases that an argument names, with the implementation in its brackets; None if none."""
    base, bracket, rest = argument.partition("[")
    place, *names = base.split("::")
    part = _part(place, directory, root, modules)
    if part is None:
        return None if names or bracket else _of_name(argument, directory)
    cases = [case for case in battery() if part in ("", case.clause.chapter, case.file)]
    if names:
        cases = [case for case in cases if [case.function] == names]
        if not part.endswith(".py") or not cases:
            raise UserError(
                f"There is no case {base}; `pytest --impl=NAME --collect-only -q` lists them."
            )
    return cases, rest.removesuffix("]") if bracket else None


def _part(place: str, directory: Path, root: Path, modules: bool) -> str | None:
    """The part of the battery that a place is: a file, or a chapter's folder, relative to it.

    "" stands for the whole battery, None for something else.
    """
    parts = {case.file for case in battery()} | {case.clause.chapter for case in battery()}
    if modules and f"{place}.".startswith(f"{PACKAGE}."):
        place = str(BATTERY.parent / place[len(PACKAGE) + 1 :].replace(".", "/"))
        place += ".py" if Path(f"{place}.py").exists() else ""
    path = Path(os.path.normpath(directory / place))
    if path.exists():
        path = path.resolve()
        if path in (BATTERY.resolve(), BATTERY.parent.resolve()):
            return ""
        if not path.is_relative_to(BATTERY.resolve()):
            return None
        part = path.relative_to(BATTERY.resolve()).as_posix()
        return part if part in parts else None
    for part in parts:
        as_printed = (f"battery/{part}", f"conformance/battery/{part}")
        if os.path.normpath(place) in as_printed or path == root / "battery" / part:
            return part
    return None


def _of_name(name: str, directory: Path) -> tuple[Sequence[Case], None] | None:
    """The cases of a clause or a chapter; None where the name is unlike theirs, or a file's."""
    clauses = catalogue()
    if (directory / name).exists():
        return None
    if name in {chapter.name for chapter in clauses.chapters}:
        return [case for case in battery() if case.clause.chapter == name], None
    first_words = {clause.id.split(".")[0] for clause in clauses.clauses}
    if name.split(".")[0] not in first_words or "." not in name:
        return None
    clause = clauses.find(name)
    file = f"{name.replace('.', '/')}.py"
    if clause is None and any(case.file == file for case in battery()):
        return [case for case in battery() if case.file == file], None
    if clause is None:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) or name.endswith(".py"):
            return None
        raise UserError(f"There is no clause {name}; {clauses.hint(name)}")
    cases = [case for case in battery() if case.clause.id == name]
    if not cases:
        raise UserError(f"The clause {name} has no case; `threadspec explain {name}` says why.")
    return cases, None


def command(
    program: str, implementation: str, values: Mapping[str, Any], plugins: Sequence[str], case: str
) -> str:
    """A command line for a shell that runs a case again, with the program that was started.

    ``program``: ``sys.argv[0]`` of the process that the user started; ``implementation``: the value
    of ``--impl``; ``values``: options, by key; ``plugins``: more options, of pytest.
    """
    if is_threadspec(program):
        words = [*_threadspec(program), "run", implementation, *options.given(values, "")]
        words += ["--only", case, *(["--", *plugins] if plugins else [])]
    else:
        words = [*_launcher(program), *plugins, f"--impl={implementation}"]
        words += [*options.given(values, "impl-"), case]
    return " ".join(shlex.quote(word) for word in words)


def as_typed(text: str) -> str:
    """A message about options with their names as this process got them."""
    program = sys.argv[0] if sys.argv else ""
    return text.replace("--impl-", "--") if is_threadspec(program) else text


def is_threadspec(program: str) -> bool:
    """Whether a program is the ``threadspec`` command."""
    return Path(program).stem == "threadspec" or Path(program) == Path(__file__).with_name("cli.py")


def _threadspec(program: str) -> list[str]:
    if Path(program).suffix == ".py":
        return [sys.executable, "-m", "threadspec.frontends.cli"]
    return ["threadspec"] if shutil.which("threadspec") == program else [program]


def _launcher(program: str) -> list[str]:
    path = Path(program)
    if path.name == "__main__.py":
        python = Path(sys.executable).name
        is_on_path = shutil.which(python) == sys.executable
        return [python if is_on_path else sys.executable, "-m", "pytest"]
    if path.stem not in ("pytest", "py.test") or shutil.which(path.stem) == str(path):
        return ["pytest" if path.stem != "py.test" else "py.test"]
    return [program]
