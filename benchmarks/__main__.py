"""``python -m benchmarks``: measure the reference against others, and print a table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from threadspec.adapters.interpreters import Interpreter, find, found, this_interpreter
from threadspec.conformance.errors import UserError

from .operations import Operation, operations
from .render import markdown, table
from .results import Run, run_of
from .subjects import ROOT

ROUNDS = 93
OTHERS = ("3.11", "3.13")  # measured by default, where found


def chosen(words: Sequence[str]) -> list[Operation]:
    """The operations whose key has one of the words in it; UserError for a word that is in none."""
    everything = operations()
    for word in words:
        if not any(word in one.key for one in everything):
            chapters = ", ".join(sorted({one.key.split(".")[0] for one in everything}))
            raise UserError(f"No operation has {word!r} in its name; names begin with {chapters}.")
    return [one for one in everything if not words or any(word in one.key for word in words)]


def measure(interpreter: Interpreter, selected: list[Operation], rounds: int, tell: Any) -> Run:
    """Measure in an interpreter; UserError where it fails or hangs."""
    command = [str(interpreter.path), "-m", "benchmarks.measure", f"--rounds={rounds}"]
    command += [one.key for one in selected]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an import with cached bytecode is measured
    about: dict[str, Any] = {}
    figures: dict[str, dict[str, list[float]]] = {}
    last = "nothing"
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "key" in said:
                figures[said["key"]] = said["figures"]
            elif "begins" in said:
                last = said["begins"]
                tell(f"{interpreter.label}: {last} ({len(figures) + 1} of {len(selected)})")
            else:
                about = said
    if process.returncode or not about:
        raise UserError(
            f"Measuring {last} in {interpreter.path} broke off with exit code "
            f"{process.returncode}; what it said stands above."
        )
    return run_of(about, figures)


def interpreters(wishes: Sequence[str]) -> list[Interpreter]:
    """Those asked for, or the one that runs this and the newer of the two that have targets."""
    if wishes:
        return [find(wish) for wish in wishes]
    own = this_interpreter()
    return [own, *(one for one in found() if one.label in OTHERS and one.label != own.label)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 unless something broke, or a target is missed and ``--check`` is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="measure operations with one of these in the name")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    parser.add_argument("--python", action="append", default=[], metavar="VERSION")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", metavar="DIR")
    parser.add_argument("--check", action="store_true", help="a missed target is an error")
    options = parser.parse_args(arguments)
    console = Console()
    try:
        selected = chosen(options.words)
        chosen_interpreters = interpreters(options.python)
        runs = []
        with console.status("") as status:
            for interpreter in chosen_interpreters:
                runs.append(measure(interpreter, selected, options.rounds, status.update))
    except UserError as error:
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    data = [run.data() for run in runs]
    (options.out / "bench.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    text = "\n".join(["# Benchmarks of the reference", "", *map(markdown, runs)])
    (options.out / "bench.md").write_text(text, encoding="utf-8")
    for run in runs:
        console.print(table(run))
        for name, why in run.skipped.items():
            console.print(f"{name} was skipped: {why}")
    print("targets met: " + ", ".join(run.summary for run in runs))
    missed = any(row.met is False for run in runs for row in run.rows)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
