"""Names on the command lines of the programs here: an unknown one is refused with a suggestion."""

from __future__ import annotations

import argparse
import operator
from collections.abc import Callable, Iterable
from difflib import get_close_matches

# An unknown name that is like no other is answered with all names, if there are no more.
FEW = 12


def one_of(
    what: str, names: Iterable[str], fits: Callable[[str, str], bool] = operator.eq
) -> Callable[[str], str]:
    """The ``type`` of an argument, for argparse, that names a ``what``.

    ``fits``: whether an argument is meant for one of ``names``.  One that fits none ends the
    program with the status 2 and a sentence.
    """
    known = sorted(set(names))

    def checked(given: str) -> str:
        if not any(fits(given, name) for name in known):
            raise argparse.ArgumentTypeError(f"there is no {what} {given!r}{_hint(given, known)}")
        return given

    return checked


def add_only(parser: argparse.ArgumentParser, option: str, what: str, names: Iterable[str]) -> None:
    """Add an option that may be repeated, and selects one ``what`` each time."""
    known = list(names)
    parser.add_argument(
        option,
        action="append",
        type=one_of(what, known),
        metavar="NAME",
        help=f"only this {what}: {', '.join(known)}",
    )


def _hint(given: str, known: list[str]) -> str:
    """The end of the sentence: what may have been meant, or what there is."""
    if near := get_close_matches(given, known, 1):
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(known)}" if len(known) <= FEW else ""
