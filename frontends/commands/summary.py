"""The commands ``summary`` and ``badge``, which show records in a few lines or in an image."""

from __future__ import annotations

import argparse
from pathlib import Path

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.frontends.commands import Status, print_text
from threadspec.frontends.commands.records import read_records, stale_in
from threadspec.reports import badge, joining, render_exploration, summary
from threadspec.reports.record import read


def add_summary(text: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command ``summary``."""
    text.description = (
        "Print the scores of records and what deviates, as Markdown for a CI job's "
        "page or a pull request."
    )
    text.add_argument(
        "records",
        nargs="+",
        type=Path,
        metavar="RECORD",
        help="a record written by pytest --impl-report, or a folder of records",
    )
    text.set_defaults(call=_summary)


def add_badge(image: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command ``badge``."""
    image.description = (
        "Print an image, in SVG, with the share of must clauses that an implementation keeps."
    )
    image.add_argument(
        "record", type=Path, metavar="RECORD", help="a record written by pytest --impl-report"
    )
    image.add_argument(
        "--json", action="store_true", help="print it as JSON, for an endpoint badge of shields.io"
    )
    image.set_defaults(call=_badge)


def _summary(options: argparse.Namespace) -> int:
    records = joining.all_joined(read_records(options.records))
    judged, _ = joining.separate(records)
    stale = [[one.clause for one in stale_in(record)] for record in judged]
    parts = [summary.markdown(judged, catalogue(), stale)] if judged else []
    if found := render_exploration.markdown([(one.implementation.name, one) for one in records]):
        parts.append(f"### Every schedule\n\n{found}")
    print_text("\n".join(parts).removesuffix("\n"))
    return Status.FINE


def _badge(options: argparse.Namespace) -> int:
    if options.record.is_dir():
        raise UserError(f"{options.record} is a folder; give one record in it.")
    made = badge.badge(read(options.record), catalogue())
    print_text(made.json() if options.json else made.svg().rstrip())
    return Status.FINE
