# PYTHON_ARGCOMPLETE_OK
"""The ``threadspec`` command."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import re
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from threadspec.conformance.catalogue import CatalogueError, version
from threadspec.conformance.errors import UserError
from threadspec.frontends.commands import Status, drop_output
from threadspec.frontends.version import kit_version

# The commands in the order of the help: the module of each, and its line there.
COMMANDS = {
    "run": ("run", "judge implementations, and report each case"),
    "check": ("check", "find out in seconds whether an implementation can be judged"),
    "implementations": (
        "implementations",
        "list what can be judged here, what cannot, and how to install that",
    ),
    "matrix": ("matrix", "compare implementations: judge them here, or read their records"),
    "diff": ("diff", "compare records: what has regressed, what was mended"),
    "summary": ("summary", "summarize records in Markdown, for a CI job's page or a pull request"),
    "badge": ("summary", "print a badge with the score of a record, as SVG"),
    "explore": (
        "explore",
        "run small programs over an implementation written in Python, under every schedule",
    ),
    "clauses": ("browse", "search the clause catalogue"),
    "explain": (
        "browse",
        "show one clause (text, statements, cases, known divergences), or list those of a chapter",
    ),
    "coverage": ("browse", "check that every statement of the manual is covered"),
    "schema": ("schema", "print the JSON Schema of adapter files or of records"),
}

_STATUSES = "\n".join(f"  {one:<3}  {one.meaning}" for one in Status)
EPILOG = f"""\
exit status:
{_STATUSES}

`threadspec COMMAND --help` explains a command. For completion in bash or zsh:
  eval "$(register-python-argcomplete threadspec)"
"""


class _Parser(argparse.ArgumentParser):
    """A parser that suggests what may have been meant, where a word is unknown."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, with a suggestion, and exit."""
        # Python 3.14 can suggest a choice itself.
        choice = re.search(r"invalid choice: '(.*?)' \(", message)
        if choice and "maybe you meant" not in message:
            for action in self._actions:
                for meant in get_close_matches(choice[1], map(str, action.choices or ()), 1):
                    message += f"; did you mean {meant}?"
        super().error(message)

    def options_like(self, words: Iterable[str]) -> list[str]:
        """The options that may have been meant by the unknown words."""
        # Without the dashes, which make all options alike.
        known = [one[2:] for one in self._option_string_actions if one.startswith("--")]
        unknown = [one[2:].partition("=")[0] for one in words if one.startswith("--")]
        return [f"--{meant}" for one in unknown for meant in get_close_matches(one, known, 1)]

    def refuse(self, unknown: Sequence[str], hint: str) -> NoReturn:
        """Print that this command does not have these words, what was meant or a hint, and exit."""
        message = f"unrecognized arguments: {' '.join(unknown)}"
        meant = self.options_like(unknown)
        misplaced = [one for one in meant if one in {word.partition("=")[0] for word in unknown}]
        if misplaced:
            message = f"options follow the command: {self.prog} {' '.join(misplaced)}"
        else:
            message += f"; did you mean {' '.join(meant)}?" if meant else hint
        self.error(message)


class _Version(argparse.Action):
    """Prints the versions, which take a while to find out, and exits."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Print the versions, and exit."""
        print(f"threadspec {kit_version()} (catalogue {version()})")
        parser.exit()


def parser(words: Iterable[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser of a command line.

    ``words``: those of the command line.  Commands that are not among them get no options, since
    the modules of all commands take much longer to import than that of one.
    """
    made = _Parser(
        prog="threadspec",
        description="Judge implementations of Python's threading module by its 2.6 manual.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--version", action=_Version, nargs=0, help="show program's version number and exit"
    )
    commands = made.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_Parser
    )
    given = set(words)
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what)
        if name in given:
            found = importlib.import_module(f"threadspec.frontends.commands.{module}")
            getattr(found, f"add_{name}")(command)
        command.set_defaults(parser=command)
    return made


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options in a command line; what follows two dashes is ``rest``, for pytest."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    if "_ARGCOMPLETE" in os.environ:  # a shell asks, and the command line is in a variable
        import argcomplete

        argcomplete.autocomplete(
            parser(os.environ.get("COMP_LINE", "").split()), always_complete_options="long"
        )
    made = parser(words[:end])
    options, unknown = made.parse_known_args(words[:end])
    command: _Parser = options.parser
    if unknown:
        hint = "" if options.command != "run" else "; options of pytest follow two dashes (--)"
        command.refuse(unknown, hint)
    options.rest = words[end + 1 :]
    if options.rest and options.command != "run":
        command.error("only `threadspec run` takes options of pytest")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    ``arguments``: the command line without the program's name, by default that of the process.
    Returns the exit status (see :class:`Status`), after a message on standard error unless it is 0.
    Raises SystemExit with the status 2 for wrong options.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names and reasons may contain any character
            stream.reconfigure(errors="replace")
    try:
        return _status(sys.argv[1:] if arguments is None else arguments)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()


def _status(arguments: Sequence[str]) -> int:
    """Run a command; its exit status."""
    try:
        options = _parsed(arguments)
        status: int = options.call(options)
        return status
    except (UserError, CatalogueError) as error:
        print(f"threadspec: {error}", file=sys.stderr)
        return Status.WRONG
    except KeyboardInterrupt:
        print("threadspec: interrupted", file=sys.stderr)
        return Status.INTERRUPTED
    except BrokenPipeError:
        drop_output()  # its reader has closed it, as in `threadspec clauses | head`
        return Status.FINE


if __name__ == "__main__":
    sys.exit(main())
