"""Renders the score of an implementation as a badge."""

from __future__ import annotations

import json
from dataclasses import dataclass

from threadspec.conformance.catalogue import Catalogue
from threadspec.conformance.errors import UserError
from threadspec.reports.matrix import build
from threadspec.reports.record import Record

LABEL = "threading (2.6 manual)"

# The least share of required clauses kept for each colour, as shields.io names it, and its value.
COLOURS = (
    (1.0, "brightgreen", "#3b8a0c"),
    (0.95, "green", "#5c7d0a"),
    (0.8, "yellow", "#8a6d00"),
    (0.0, "red", "#b3362a"),
)

# The width of a character in the badge, in pixels: an estimate, to which its text is fitted.
CHARACTER = 6.5


@dataclass(frozen=True)
class Badge:
    """What a badge says.  ``colour``: its name; ``value``: its value in CSS."""

    message: str
    colour: str
    value: str

    def json(self) -> str:
        """The badge as shields.io takes it from an address (https://shields.io/badges/endpoint)."""
        return json.dumps(
            {"schemaVersion": 1, "label": LABEL, "message": self.message, "color": self.colour}
        )

    def svg(self) -> str:
        """The badge as an image."""
        import jinja2  # here, since every command imports this module, and few need it

        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("threadspec.reports"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )
        widths = [round(len(text) * CHARACTER) for text in (LABEL, self.message)]
        return environment.get_template("badge.svg").render(
            label=LABEL, message=self.message, colour=self.value, widths=widths
        )


def badge(record: Record, catalogue: Catalogue) -> Badge:
    """The badge for a record: how many of the required clauses are kept, of those judged.

    Raises UserError for the record of a part of the battery, whose score would mislead.
    """
    if record.is_exploration:
        raise UserError(
            "The record is of an exploration alone, whose schedules give no score; a badge needs "
            "the record of a run of the whole battery."
        )
    if not record.is_whole:
        raise UserError(
            f"The record has {len(record.cases)} of {record.kit.cases} cases; a badge needs the "
            "record of a run of the whole battery."
        )
    matrix = build([record], catalogue)
    kept, judged = matrix.required(matrix.columns[0])
    name, value = next((name, value) for least, name, value in COLOURS if kept >= least * judged)
    return Badge(f"{kept}/{judged} must", name, value)
