"""The command ``schema``, which prints the JSON Schema of a file format."""

from __future__ import annotations

import argparse
import json

from threadspec.adapters import file_format
from threadspec.conformance.catalogue import catalogue
from threadspec.frontends.commands import Status
from threadspec.reports import record as records


def add_schema(schema: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    schema.add_argument(
        "format",
        choices=("adapter", "record"),
        help="adapter: for editors that complete and check adapter files; record: for programs "
        "that read records",
    )
    schema.set_defaults(call=_schema)


def _schema(options: argparse.Namespace) -> int:
    if options.format == "adapter":
        print(file_format.schema_text(catalogue()), end="")
    else:
        print(json.dumps(records.schema(), indent=1))
    return Status.FINE
