"""Interrupt every primitive with signal handlers, in each interpreter: ``make interrupts``.

While the main thread uses an object repeatedly, signals arrive at random moments.  Their handlers
raise an exception (sometimes one that a step of the primitive itself could raise), return, or call
back into the same object, which is kept through all interruptions.  From time to time, other
threads check whether it still works: exactly the free permits can be acquired, and three waiting
threads, some of which waited before the interruptions, all receive their wake-ups.  A blocking call
must not end early because of a handler that returns, and its time-out must not restart.  An
interrupted ``acquire`` may or may not have acquired the object.  An unusable object is replaced,
and a trial ends after twenty of them.

Exits with status 1 if an object of the reference was ever unusable.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from quality.judging import ROOT, side_by_side
from quality.naming import one_of
from threadspec.adapters.interpreters import Interpreter, find, found, this_interpreter
from threadspec.conformance.errors import UserError

from .attempt import MODES, MODULES, suits
from .uses import USES

DEFAULT = ("3.11", "3.13")  # the interpreters that are tried if they are found
# A handler that returns runs up to sixty times in one call, which counts as one interruption.
SHARES = {"raises": 1.0, "returns": 0.1, "calls back": 0.5}


@dataclass(frozen=True)
class Trial:
    """One use of one implementation in one interpreter, under one kind of handler."""

    interpreter: Interpreter
    module: str
    use: str
    mode: str
    interruptions: int


@dataclass
class Outcome:
    """The result of a trial.

    ``interruptions``: their number; ``unusable``: {reason: how often the object was unusable};
    ``kept``: how many left something acquired; ``other``: how many led to an exception other than
    the handler's; ``broken``: why the trial itself ended early.
    """

    interruptions: int
    unusable: dict[str, int]
    kept: int = 0
    other: int = 0
    broken: str = ""

    @property
    def bad(self) -> int:
        """How often the object was unusable; a trial that ended early counts once."""
        return sum(self.unusable.values()) + bool(self.broken)


def measured(trial: Trial) -> Outcome:
    """Run a trial in a new process; return its outcome."""
    command = [str(trial.interpreter.path), "-m", "quality.interrupts.attempt"]
    arguments = [trial.module, trial.use, trial.mode, str(trial.interruptions)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        return Outcome(0, {}, broken=reason(done.stderr))
    return Outcome(**json.loads(done.stdout))


def reason(stderr: str) -> str:
    """Why a trial ended early, from its standard error: where it hangs, or the last line."""
    lines = stderr.strip().splitlines() or ["no reason given"]
    stacks = [number for number, line in enumerate(lines) if "most recent call first" in line]
    if not stacks:
        return lines[-1]
    return "hangs: " + lines[stacks[-1] + 1].strip()  # the main thread is the last


def table(interpreter: str, outcomes: dict[Trial, Outcome]) -> Table:
    """How often an object was unusable in one interpreter, by use, module and kind of handler."""
    shown = Table(title=interpreter)
    shown.add_column("use, interrupted by a handler that …")
    columns = [(module, mode) for module in MODULES for mode in MODES]
    for module, mode in columns:
        shown.add_column(f"{module}\n{mode}", justify="right")
    for use in USES:
        cells = {
            (trial.module, trial.mode): (
                "broken" if outcome.broken else f"{outcome.bad} of {outcome.interruptions}"
            )
            for trial, outcome in outcomes.items()
            if trial.use == use and trial.interpreter.label == interpreter
        }
        if cells:
            shown.add_row(use, *(cells.get(column, "") for column in columns))
    return shown


def notes(outcomes: dict[Trial, Outcome]) -> list[str]:
    """What went wrong and why, as one line each."""
    lines = []
    for trial, one in outcomes.items():
        where = f"{trial.module} on {trial.interpreter.label}: {trial.use}, {trial.mode}"
        lines += [f"{where}: {count} times: {why}" for why, count in one.unusable.items()]
        if one.broken:
            lines.append(f"{where}: {one.broken}")
        if one.other and trial.module == "reference":
            lines.append(f"{where}: {one.other} led to an exception other than the handler's")
    return lines


def chosen(words: Sequence[str]) -> list[str]:
    """The uses with one of the words in the name.  All for no word."""
    return [name for name in USES if not words or any(is_in(one, name) for one in words)]


def is_in(word: str, name: str) -> bool:
    """Whether a name has a word in it, in small or capital letters."""
    return word.lower() in name.lower()


def interpreters(wishes: Sequence[str]) -> list[Interpreter]:
    """The requested interpreters, or by default this one and those in ``DEFAULT`` if found."""
    if wishes:
        return [find(wish) for wish in wishes]
    own = this_interpreter()
    return [own, *(one for one in found() if one.label in DEFAULT and one.label != own.label)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if the reference is usable after every interruption."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.interrupts", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "words",
        nargs="*",
        type=one_of("use with the word", [*USES, *re.findall(r"\w+", " ".join(USES))], is_in),
        metavar="WORD",
        help="only uses with one of these in the name",
    )
    parser.add_argument(
        "--interruptions",
        type=int,
        default=4000,
        help="number for each use, by handlers that raise",
    )
    parser.add_argument("--python", action="append", default=[], metavar="VERSION")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="number of simultaneous trials"
    )
    options = parser.parse_args(arguments)
    names = chosen(options.words)
    try:
        pythons = interpreters(options.python)
    except UserError as error:
        parser.error(str(error))
    trials = [
        Trial(python, module, use, mode, max(int(options.interruptions * SHARES[mode]), 1))
        for python in pythons
        for use in names
        for mode in MODES
        for module in MODULES
        if suits(mode, USES[use])
    ]
    console = Console(width=None if sys.stdout.isatty() else 170)
    outcomes: dict[Trial, Outcome] = {}
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("trials", total=len(trials))
        for trial, outcome in zip(
            trials, side_by_side(measured, trials, options.jobs), strict=True
        ):
            outcomes[trial] = outcome
            progress.advance(task)
    for python in pythons:
        console.print(table(python.label, outcomes))
    for line in notes(outcomes):
        console.print(line, markup=False, soft_wrap=True)
    reference = [one for trial, one in outcomes.items() if trial.module == "reference"]
    bad, total = sum(one.bad for one in reference), sum(one.interruptions for one in reference)
    print(f"reference: unusable after {bad} of {total} interruptions")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
