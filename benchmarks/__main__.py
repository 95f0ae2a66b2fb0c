"""``python -m benchmarks``: measure the reference and others; write tables, plots and figures."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from threadspec.adapters.interpreters import Interpreter, find, found, this_interpreter
from threadspec.conformance.errors import UserError

from .operations import Operation, operations
from .plots import plot
from .render import markdown, table
from .results import Measurement, Run, run_of
from .subjects import ROOT

ROUNDS = 93
WIDTH = 170  # columns of a table that goes into a file
AIMED = ("3.11", "3.13")  # the interpreters with targets: measured by default if they are found


def chosen(words: Sequence[str]) -> list[Operation]:
    """The operations whose key is one of the words or contains it; all of them without words.

    Raises UserError for a word that no key contains.
    """
    everything = operations()
    keys = {one.key for one in everything}
    for word in words:
        if not any(word in key for key in keys):
            chapters = ", ".join(sorted({key.split(".")[0] for key in keys}))
            raise UserError(f"No operation has {word!r} in its name; names begin with {chapters}.")
    wanted = {
        key for word in words for key in keys if key == word or (word not in keys and word in key)
    }
    return [one for one in everything if not words or one.key in wanted]


def interpreters(wishes: Sequence[str]) -> list[Interpreter]:
    """The requested interpreters, or by default this one and those of ``AIMED`` that are found."""
    if wishes:
        return [find(wish) for wish in wishes]
    own = this_interpreter()
    return [own, *(one for one in found() if one.label in AIMED and one.label != own.label)]


def measure(interpreter: Interpreter, operation: Operation, rounds: int) -> Measurement:
    """Measure one operation in an interpreter.  Raises UserError if that fails or hangs."""
    command = [str(interpreter.path), "-m", "benchmarks.measure", f"--rounds={rounds}"]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # imports are measured with cached bytecode
    try:
        done = subprocess.run(
            [*command, operation.key], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    except OSError as error:
        raise UserError(f"{interpreter.path} cannot be run: {error.strerror}.") from None
    if done.returncode:
        raise UserError(
            f"{operation.key} failed in {interpreter.path}, with exit code {done.returncode}:\n"
            + done.stderr.strip()
        )
    return Measurement(operation, json.loads(done.stdout))


def write(runs: Sequence[Run], folder: Path) -> list[Path]:
    """Write the figures, the tables and the plots; return the paths of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, tables = folder / "bench.json", folder / "bench.md"
    data = [run.data() for run in runs]
    figures.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(["# Benchmarks of the reference", "", *map(markdown, runs)])
    tables.write_text(text, encoding="utf-8")
    return [figures, tables, *(path for run in runs for path in plot(run, folder))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns 0 if everything could be measured, 1 if a target is missed and ``--check`` is given, and
    2 if a measurement failed or an argument names nothing that exists.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="measure operations with one of these in the name")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    parser.add_argument("--python", action="append", default=[], metavar="VERSION")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", metavar="DIR")
    parser.add_argument("--check", action="store_true", help="a missed target is an error")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    broken = []
    try:
        selected = chosen(options.words)
        subjects = interpreters(options.python)
    except UserError as error:
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 2
    runs = []
    with console.status("") as status:
        for interpreter in subjects:
            measured: list[Measurement] = []
            for operation in selected:
                status.update(
                    f"{interpreter.label}: {operation.key} ({len(measured) + 1}/{len(selected)})"
                )
                try:
                    measured.append(measure(interpreter, operation, options.rounds))
                except UserError as error:
                    broken.append(str(error))
                    if not measured:  # other operations would fail in this interpreter, too
                        break
            if measured:
                runs.append(run_of(measured))
    for run in runs:
        console.print(table(run))
        for name, why in run.skipped.items():
            console.print(f"{name} is not measured in {run.interpreter}: {why}.", markup=False)
    for path in write(runs, options.out):
        console.print(f"wrote {path}", markup=False, soft_wrap=True)
    for sentence in broken:
        print(f"python -m benchmarks: {sentence}", file=sys.stderr)
    print("targets met: " + (", ".join(run.summary for run in runs) or "nothing was measured"))
    missed = any(row.met is False for run in runs for row in run.rows)
    return 2 if broken else int(options.check and missed)


if __name__ == "__main__":
    sys.exit(main())
