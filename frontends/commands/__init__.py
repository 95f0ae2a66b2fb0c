"""The commands of ``threadspec``, one module for each, or for a few that belong together.

Each module has a function ``add(commands)``, which adds its commands to a parser.  It sets the
default ``call`` of each command: a function that takes a console and the options, and returns the
exit status.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from threadspec.adapters.divergences import Divergence, stale
from threadspec.reports.record import Record, read_all

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Status(IntEnum):
    """The exit statuses of all commands, and what each means."""

    FINE = 0, "done, and nothing was found that fails"
    FOUND = 1, "something was found: a deviation, a stale divergence, a regression, a gap"
    WRONG = 2, "the command is wrong, or what it names cannot be used"
    INTERRUPTED = 130, "interrupted"

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Status:
        """Make a status from its number and its meaning."""
        status = int.__new__(cls, value)
        status._value_ = value
        status.meaning = meaning
        return status


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--json`` to the parser of a command."""
    parser.add_argument("--json", action="store_true", help="print JSON, for a program")


class Output(Console):
    """A console on standard output, whose reader may close it early, as ``head`` does.

    The rest of the output is then dropped, and the command comes to its usual exit status.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Print like any console, but without blanks at the ends of lines in a file."""
        if self.is_terminal or self.quiet:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        lines = captured.get().split("\n")
        try:
            self.file.write("\n".join(line.rstrip(" ") for line in lines))
            self.file.flush()
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Drop what is printed from now on."""
        self.quiet = True
        drop_output()


def drop_output() -> None:
    """Drop what standard output still holds, and all that is printed from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def print_text(text: str) -> None:
    """Print a text as it is; drop what its reader does not want to read."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        drop_output()


def print_json(document: Any) -> None:
    """Print a document for a program."""
    print_text(json.dumps(document, indent=1, ensure_ascii=False))


def read_records(paths: Iterable[Path]) -> list[Record]:
    """The records in these files and folders.

    A file in a folder that is no record is told on standard error.  Raises UserError for one that
    ``paths`` names itself, and for a folder without records.
    """
    records = []
    for found in read_all(paths):
        if isinstance(found, Record):
            records.append(found)
        else:
            print(f"threadspec: left out: {found}", file=sys.stderr)
    return records


def stale_in(record: Record) -> list[Divergence]:
    """The stale divergences among those that a record tells of, in the order of the battery."""
    told = dict.fromkeys((one.clause, one.divergence) for one in record.cases if one.divergence)
    listed = [Divergence(clause, one.verdict, one.reason) for clause, one in told]
    return stale(listed, record.cases)


def print_line(console: Console, line: str) -> None:
    """Print a line as it is, which the terminal may wrap."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)
