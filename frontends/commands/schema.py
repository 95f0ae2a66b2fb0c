"""The command ``schema``, which prints the JSON Schema of a file format."""

from __future__ import annotations

import argparse
import json

from rich.console import Console

from threadspec.adapters import file_format
from threadspec.conformance.catalogue import catalogue
from threadspec.frontends.commands import Commands, Status
from threadspec.reports import record as records


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    schema = commands.add_parser(
        "schema", help="print the JSON Schema of adapter files or of records"
    )
    schema.add_argument(
        "format",
        choices=("adapter", "record"),
        help="adapter: for editors that complete and check adapter files; record: for programs "
        "that read records",
    )
    schema.set_defaults(call=_schema)


def _schema(console: Console, options: argparse.Namespace) -> int:
    if options.format == "adapter":
        print(file_format.schema_text(catalogue()), end="")
    else:
        print(json.dumps(records.schema(), indent=1))
    return Status.FINE
