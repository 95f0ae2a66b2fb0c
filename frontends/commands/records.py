"""The records that commands read."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from threadspec.adapters.divergences import Divergence, stale
from threadspec.reports.record import Record, read_all


def read_records(paths: Iterable[Path]) -> list[Record]:
    """The records in these files and folders.

    A file in a folder that is no record is told on standard error.  Raises UserError for one that
    ``paths`` names itself, and for a folder without records.
    """
    records = []
    for found in read_all(paths):
        if isinstance(found, Record):
            records.append(found)
        else:
            print(f"threadspec: left out: {found}", file=sys.stderr)
    return records


def stale_in(record: Record) -> list[Divergence]:
    """The stale divergences among those that a record tells of, in the order of the battery."""
    told = dict.fromkeys((one.clause, one.divergence) for one in record.cases if one.divergence)
    listed = [Divergence(clause, one.verdict, one.reason) for clause, one in told]
    return stale(listed, record.cases)
