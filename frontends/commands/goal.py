"""The record that the results of ``threadspec explore`` are written to."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from threadspec.adapters.adapter import Implementation
from threadspec.conformance.errors import UserError
from threadspec.exploration.visible import Subject
from threadspec.frontends.session import (
    check_replaceable,
    check_report,
    check_writable,
    record_path,
    shown,
)
from threadspec.frontends.trial import Trial, make_record
from threadspec.reports import joining
from threadspec.reports import record as records
from threadspec.reports.exploration import Exploration


@dataclass(frozen=True)
class Goal:
    """Where the results go to: a new record, or, with ``adds``, the record that is there."""

    path: Path
    adds: bool
    subject: records.Subject
    label: str

    def record(self, found: Exploration) -> records.Record:
        """The record with these results, as it is to be written.

        Raises UserError if anything would be lost, or if the record is not of the implementation.
        """
        if not self.adds:
            check_replaceable(self.path, self.subject.name, explores=True)
            return self.alone(found)
        old = records.read(self.path)
        if why := joining.why_not(old, self.alone(found)):
            raise UserError(f"The exploration cannot be added to {self.path}: {why}.")
        return replace(old, exploration=found)

    def alone(self, found: Exploration) -> records.Record:
        """A record of these results alone."""
        made = make_record(self.subject, (), 1.0, True, self.label)
        return replace(made, exploration=found)

    def check(self, found: Exploration) -> None:
        """Check that such results can be written.  Raises UserError if not."""
        self.record(found)
        check_writable(self.path)

    def write(self, found: Exploration) -> str:
        """Write the results, and return the path of the file, as people are shown it.

        The record is read again, as a run may have written it since the exploration began.  If it
        cannot take the results any more, they go to a new file beside it; raises UserError then,
        which names that file.
        """
        try:
            records.write(self.record(found), self.path)
        except UserError as error:
            beside = next(one for one in _beside(self.path) if not one.exists())
            records.write(self.alone(found), beside)
            raise UserError(f"{error} The results were written to {shown(beside)}.") from error
        return shown(self.path)


def _beside(path: Path) -> Iterator[Path]:
    """Names for a file that takes the results where ``path`` cannot."""
    stem, _, _ = path.name.partition(".json")
    for number in itertools.count(1):
        yield path.with_name(f"{stem}-explored-{number}.json")


def goal_of(options: argparse.Namespace, implementation: Implementation, loaded: Subject) -> Goal:
    """Where the results go to, of an exploration with ``--report``, ``--add-to`` or ``--label``.

    Raises UserError for options that do not go together.
    """
    if options.report and options.add_to:
        raise UserError("--report and --add-to each name a file for the results; give one of them.")
    if options.label and not options.report:
        raise UserError("--label is written into a new record; add --report=FILE.")
    if options.report:
        check_report(options.report, "--report")
        path = record_path(Path(options.report), implementation.name)
    else:
        path = options.add_to
    subject = Trial(implementation, explore=True, explored=loaded).load()
    return Goal(path, options.add_to is not None, subject, options.label or "")
