"""The command ``diff``, which tells what has changed between records."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from threadspec.frontends.commands import Commands, Status, print_text, read_records
from threadspec.reports import diff, joining, render_diff


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "diff",
        help="compare records: what has regressed, what was mended",
        description="Compare the records of two sides, by the names of the implementations. The "
        "exit status is 1 if a clause has regressed, and 0 if not.",
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


def _diff(console: Console, options: argparse.Namespace) -> int:
    found = diff.compare(
        joining.all_joined(read_records([options.old])),
        joining.all_joined(read_records([options.new])),
    )
    if options.format == "terminal":
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
