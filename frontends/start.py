"""Starts the ``threadspec`` command; Ctrl-C ends it quietly from the first import on."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command of this process; its exit status."""
    try:
        from threadspec.frontends import cli

        return cli.main()
    except KeyboardInterrupt:  # while the modules are imported, or after the command
        print("threadspec: interrupted", file=sys.stderr)
        return 130
