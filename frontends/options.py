"""The options of a run: one table, from which pytest and ``threadspec`` get theirs.

pytest's begin with ``--impl-`` to avoid clashes with other plugins; those of ``threadspec run`` and
``threadspec matrix`` do not.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ONE_IMPLEMENTATION = (
    "an adapter's name, the path of an adapter file or a module, each with an optional @interpreter"
)
IMPLEMENTATION = f"{ONE_IMPLEMENTATION}; 'all' means every implementation found here"

# The plugins that ``threadspec run`` names where pytest does not look for plugins by itself.
PLUGINS = ("threadspec", "xdist", "timeout")


def factor(text: str) -> float:
    """A number above 0 from the command line.  Raises ArgumentTypeError for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; it must be a number above 0")
    return value


def times(text: str) -> int:
    """A whole number of at least 1 from the command line.  Raises ArgumentTypeError otherwise."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not valid; it must be a whole number of at least 1"
        )
    return int(text)


def jobs(text: str) -> int | str:
    """A value of ``-n``: a whole number of at least 1, or "auto".  Raises ArgumentTypeError."""
    if text == "auto":
        return text
    try:
        return times(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, or auto") from None


def file_or_folder(text: str) -> str:
    """The path of a file or a folder from the command line.  Raises ArgumentTypeError for none."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; it must be a path")
    return text


@dataclass(frozen=True)
class Option:
    """One option of a run.

    ``name``: without dashes and prefix; ``metavar``: what its value is called, or None for a flag;
    ``convert``: makes the value from a text; ``again``: whether a command that runs one case again
    needs it, because it may change the verdict; ``places``: whether it names a file or folder, and
    may be given once.
    """

    name: str
    help: str
    metavar: str | None = None
    convert: Callable[[str], Any] = str
    default: Any = None
    again: bool = False
    places: bool = False

    @property
    def key(self) -> str:
        """The name as an identifier."""
        return self.name.replace("-", "_")

    def settings(self) -> dict[str, Any]:
        """The arguments of ``add_argument()`` besides the option's name and ``dest``."""
        if self.metavar is None:
            return {"action": "store_true", "help": self.help}
        return {
            "type": self.convert,
            "default": self.default,
            "metavar": self.metavar,
            "help": self.help,
        }

    def written(self, prefix: str, value: Any) -> str:
        """The option with its value, as a word of a command line."""
        if self.metavar is None:
            return f"--{prefix}{self.name}"
        return (
            f"--{prefix}{self.name}={value:g}"
            if self.convert is factor
            else (f"--{prefix}{self.name}={value}")
        )


OPTIONS = (
    Option(
        "strict",
        "fail the run for deviations from recommendations (non-strict verdicts), too",
        again=True,
    ),
    Option(
        "reviewed",
        "fail the run for known divergences whose reason begins with 'unreviewed:', too",
    ),
    Option(
        "report",
        "write the record of the run to this .json or .json.gz file, or the records of all "
        "implementations to this folder",
        "PATH",
        file_or_folder,
        places=True,
    ),
    Option(
        "label",
        "write this label into the records, such as the revision that is judged",
        "TEXT",
    ),
    Option(
        "update-divergences",
        "make the known divergences in this adapter file those of the run: keep reasons and "
        "comments, remove stale entries, add new ones as unreviewed; a new file is made like "
        "that of the implementation",
        "FILE",
        file_or_folder,
        places=True,
    ),
    Option(
        "time-scale",
        "multiply every named duration, for slow machines (default: 1)",
        "FACTOR",
        factor,
        1.0,
        again=True,
    ),
    Option(
        "repeat",
        "run every case N times; the verdict is varies where they differ (default: 1)",
        "N",
        times,
        1,
        again=True,
    ),
    Option(
        "in-process",
        "load the implementation into pytest's own process, for a debugger",
        again=True,
    ),
    Option(
        "explore",
        "run each case under 100 schedules, on simulated threads; for implementations written in "
        "Python",
        again=True,
    ),
)


def named(*names: str) -> list[Option]:
    """The options with these names, in the order of the table."""
    return [one for one in OPTIONS if one.name in names]


def add(parser: argparse.ArgumentParser, options: Iterable[Option] = OPTIONS) -> None:
    """Add options to a parser of ``threadspec``."""
    for one in options:
        parser.add_argument(f"--{one.name}", dest=one.key, **one.settings())


def given(values: Mapping[str, Any], prefix: str) -> list[str]:
    """The options whose values are not the defaults, as words of a command line.

    ``values``: by key; ``prefix``: "impl-" for pytest, and empty for ``threadspec``.
    """
    return [
        one.written(prefix, values[one.key])
        for one in OPTIONS
        if one.key in values and values[one.key] not in (None, False, one.default)
    ]
