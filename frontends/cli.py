"""The ``threadspec`` command."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from rich.console import Console

from threadspec.conformance.catalogue import CatalogueError, version
from threadspec.conformance.errors import UserError
from threadspec.frontends.commands import browse, diff, matrix, schema, summary
from threadspec.frontends.trial import kit_version

COMMANDS = (matrix, diff, summary, browse, schema)  # in the order of the help


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="threadspec",
        description="Judge implementations of Python's threading module by its 2.6 manual.",
    )
    versions = f"threadspec {kit_version()} (catalogue {version()})"
    parser.add_argument("--version", action="version", version=versions)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    ``arguments``: the command line without the program's name, by default that of the process.
    Returns the exit status: 0 for success, and 1 for an error, after a message on standard error.
    Raises SystemExit with the status 2 for wrong options.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names and reasons may contain any character
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        status: int = options.call(console, options)
        return status
    except (UserError, CatalogueError) as error:
        print(f"threadspec: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("threadspec: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of the output has closed it, as in `threadspec clauses | head`.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
