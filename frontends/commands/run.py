"""The command ``run``: the whole battery, or a part of it, on one implementation or several.

It starts pytest with the kit's plugin, so that there is one implementation of a run.
"""

from __future__ import annotations

import argparse
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.frontends import options
from threadspec.frontends.commands import Status
from threadspec.frontends.commands.completion import completed, implementations, parts
from threadspec.frontends.selection import select

if TYPE_CHECKING:
    import pytest

# pytest takes a while to import, and the other commands need none of it.

# What threadspec's exit status is for pytest's exit codes.
_STATUS = {
    0: Status.FINE,
    1: Status.FOUND,  # tests failed
    2: Status.INTERRUPTED,
    4: Status.WRONG,  # usage error
    5: Status.WRONG,  # no tests collected
}


def add_run(run: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    run.description = (
        "Judge implementations, and report each case. `threadspec run NAME` does what "
        "`pytest --impl=NAME` does."
    )
    run.epilog = "Options of pytest follow two dashes: threadspec run NAME -- -x --junitxml=j.xml"
    run.usage = "%(prog)s [options] NAME [NAME ...] [-- PYTEST-OPTION ...]"
    completed(
        run.add_argument(
            "names",
            nargs="+",
            metavar="NAME",
            help=f"what is judged: {options.IMPLEMENTATION}",
        ),
        implementations,
    )
    completed(
        run.add_argument(
            "--only",
            action="append",
            default=[],
            metavar="PART",
            help="run only the cases of this clause, chapter or file of the battery, or this case; "
            "may be repeated",
        ),
        parts,
    )
    run.add_argument(
        "-n",
        "--jobs",
        type=options.jobs,
        metavar="N",
        help="split the cases over N worker processes, or 'auto' for one per processor "
        "(default: 1)",
    )
    options.add(run)
    run.set_defaults(call=_run)


class _Named:
    """A plugin that puts this command in the place of ``pytest.main()`` in pytest's messages."""

    @staticmethod
    def pytest_addoption(parser: pytest.Parser) -> None:
        """Name the options that pytest reads."""
        parser.prog = "threadspec run NAME --"


def _hint(part: str) -> str:
    """What may have been meant by a part that is none, as the end of a sentence."""
    parts = {f"battery/{one}" for case in battery() for one in (case.clause.chapter, case.file)}
    near = get_close_matches(part, sorted(parts), 1) if "/" in part else []
    return f"did you mean {near[0]}?" if near else catalogue().hint(part)


def _run(given: argparse.Namespace) -> int:
    here = Path.cwd()
    for part in given.only:
        if select([part], here, here).others:
            raise UserError(
                f"{part} names no clause, chapter, file or case of the battery; {_hint(part)}"
            )
    arguments = [f"--impl={name}" for name in given.names]
    arguments += options.given(vars(given), "impl-")
    if given.jobs:
        arguments.append(f"-n{given.jobs}")
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        arguments += [f"-p{name}" for name in options.PLUGINS]
    import pytest

    code = pytest.main([*arguments, *given.rest, *given.only], plugins=[_Named()])
    return _STATUS.get(code, Status.FOUND)
