"""The command ``diff``, which tells what has changed between records."""

from __future__ import annotations

import argparse
from pathlib import Path

from threadspec.frontends.commands import Status, print_text
from threadspec.frontends.commands.output import Output
from threadspec.frontends.commands.records import read_records
from threadspec.reports import diff, joining, render_diff


def add_diff(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    parser.description = (
        "Compare the records of two sides, by the names of the implementations. The "
        "exit status is 1 if a clause has regressed, and 0 if not."
    )
    for name, which in (("old", "earlier"), ("new", "later")):
        parser.add_argument(
            name,
            type=Path,
            metavar=name.upper(),
            help=f"the {which} record, or a folder of records, such as that of a matrix",
        )
    parser.add_argument(
        "--format",
        choices=("terminal", "markdown", "html", "json"),
        default="terminal",
        help="how to write it (default: %(default)s)",
    )
    parser.set_defaults(call=_diff)


def _diff(options: argparse.Namespace) -> int:
    found = diff.compare(
        joining.all_joined(read_records([options.old])),
        joining.all_joined(read_records([options.new])),
    )
    if options.format == "terminal":
        console = Output()
        for part in render_diff.terminal(found, console.encoding):
            console.print(part, highlight=False, markup=False, soft_wrap=isinstance(part, str))
    else:
        formats = {
            "markdown": render_diff.markdown,
            "html": render_diff.html,
            "json": render_diff.to_json,
        }
        print_text(formats[options.format](found).removesuffix("\n"))
    return Status.FOUND if found.regressed else Status.FINE
