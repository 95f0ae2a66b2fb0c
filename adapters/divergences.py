"""Writes a first list of known divergences, for a person to review."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from threadspec.adapters.adapter import Adapter
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS

if TYPE_CHECKING:
    from threadspec.reports.record import CaseResult

# What a reason begins with until somebody has looked at the behaviour.
UNREVIEWED = "unreviewed: "


def _quote(value: str) -> str:
    """A TOML string; JSON's escapes are a subset of TOML's, which wants one character more."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def render(adapter: Adapter, results: Iterable[CaseResult]) -> str:
    """An adapter file like ``adapter``'s, with a divergence for every clause that deviates.

    Reasons that the adapter has already are kept; the others say what was observed and that nobody
    has reviewed them.  The kit's own errors are no divergences.
    """
    lines = []
    for key in ("about", "module", "python", "setup", "substrate", "fallback"):
        value = getattr(adapter, key)
        if value:
            lines.append(f"{key} = {_quote(value)}")
    if adapter.requires:
        lines.append(f"requires = [{', '.join(map(_quote, adapter.requires))}]")
    by_clause: dict[str, list[CaseResult]] = {}
    for result in results:
        by_clause.setdefault(result.clause, []).append(result)
    for clause, found in by_clause.items():
        for verdict in VERDICTS:
            first = next((result for result in found if result.verdict == verdict), None)
            if first is None or verdict in NO_DIVERGENCE:
                continue
            reason = UNREVIEWED + " ".join((first.observed or verdict).split())[:200]
            if first.divergence is not None and first.divergence.verdict == verdict:
                reason = first.divergence.reason
            lines += [
                "",
                "[[divergence]]",
                f"clause = {_quote(clause)}",
                f"verdict = {_quote(verdict)}",
                f"reason = {_quote(reason)}",
            ]
    return "\n".join(lines) + "\n"


def write(adapter: Adapter, results: Iterable[CaseResult], path: Path) -> None:
    """Write what :func:`render` gives to a new file.  Raises UserError where it cannot be."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(render(adapter, results))
    except OSError as error:
        raise UserError(
            f"The divergences cannot be written to {path}: {error.strerror}."
        ) from error
