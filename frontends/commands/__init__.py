"""The commands of ``threadspec``, one module for each, or for a few that belong together.

Each command has a function ``add_NAME(parser)``, which adds its options to a parser.  It sets the
default ``call``: a function that takes the values of the options and returns the exit status.

The table in ``cli.py`` names the modules, of which only that of the given command is imported.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from enum import IntEnum
from typing import Any


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
