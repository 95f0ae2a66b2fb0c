"""Checks numbers and paths that are given as options of pytest and of ``threadspec``."""

from __future__ import annotations

import argparse
import math


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


def file_or_folder(text: str) -> str:
    """The path of a file or a folder from the command line.  Raises ArgumentTypeError for none."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; it must be a path")
    return text
