"""The command ``implementations``: what can be judged here, and what it takes to judge the rest."""

from __future__ import annotations

import argparse
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from rich.console import Console

from threadspec.adapters.adapter import Implementation, Unavailable, everything
from threadspec.adapters.runner.places import processors
from threadspec.conformance.errors import UserError
from threadspec.frontends import installation
from threadspec.frontends.commands import Status, add_json, print_json, print_text
from threadspec.frontends.installation import remedy
from threadspec.frontends.trial import Trial


@dataclass(frozen=True)
class Judged:
    """An implementation that can be judged here."""

    name: str
    module: str
    version: str | None
    interpreter: str
    path: str


@dataclass(frozen=True)
class Lacking:
    """What cannot be judged here, why, and the command that would change it, if there is one."""

    name: str
    reason: str
    command: str | None


def add_implementations(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    parser.description = (
        "Load every implementation that the kit has an adapter for, in every "
        "interpreter found here (some seconds). List those that can be judged, those that cannot "
        "and the command that would change it, and further interpreters."
    )
    add_json(parser)
    parser.set_defaults(call=_implementations)


def _implementations(given: argparse.Namespace) -> int:
    judged: list[Judged] = []
    lacking: list[Lacking] = []
    with (
        Console(stderr=True).status("Loading every implementation …"),  # only on a terminal
        ThreadPoolExecutor(2 * processors()) as pool,
    ):
        for found in pool.map(_tried, everything()):
            if isinstance(found, Judged):
                judged.append(found)
            else:
                lacking.append(found)
    further = [
        Lacking(one.name, "no such interpreter was found", installation.command(one))
        for one in installation.wanted()
        if one.interpreter and not installation.interpreter_path(one)
    ]
    if given.json:
        print_json(
            {
                "judged": [asdict(one) for one in judged],
                "lacking": [asdict(one) for one in lacking],
                "interpreters": [asdict(one) for one in further],
            }
        )
        return Status.FINE
    print_text(f"Can be judged here ({len(judged)}):")
    width = max((len(one.name) for one in judged), default=0)
    for one in judged:
        print_text(f"  {one.name:<{width}}  {one.interpreter}")
    if lacking:
        print_text(f"\nCannot be judged here ({len(lacking)}):")
    for row in lacking:
        text = f"{row.name}: {row.reason}"
        for line in textwrap.wrap(
            text, 78, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        ):
            print_text(line)
        if row.command:
            print_text(f"    {row.command}")
    if further:
        print_text(f"\nInterpreters in which more could be judged ({len(further)}):")
    width = max((len(one.name) for one in further), default=0)
    for row in further:
        print_text(f"  {row.name:<{width}}  {row.command}")
    return Status.FINE


def _shortened(reason: str) -> str:
    """A reason without what the command beside it says."""
    for rest in ("; it was looked for", " (it needs", "; run: "):
        reason = reason.partition(rest)[0]
    return reason


def _tried(one: Implementation | Unavailable) -> Judged | Lacking:
    """Load an implementation."""
    if isinstance(one, Unavailable):
        return Lacking(one.name, one.reason, None)
    trial = Trial(one)
    try:
        subject = trial.load()
    except UserError as error:
        reason = str(error.__cause__ or error)
        return Lacking(one.name, _shortened(reason), remedy(one, reason))
    finally:
        trial.close()
    path = str(one.interpreter.path)
    return Judged(one.name, subject.module, subject.version, subject.interpreter, path)
