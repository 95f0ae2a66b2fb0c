"""The commands of ``threadspec``, one module for each, or for a few that belong together.

Each module has a function ``add(commands)``, which adds its commands to a parser.  It sets the
default ``call`` of each command: a function that takes a console and the options, and returns the
exit status.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from threadspec.reports.record import Record, read_all

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
