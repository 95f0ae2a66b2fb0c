"""Known divergences: those of an adapter file, and their comparison with a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

from msgspec import UNSET

from threadspec.adapters.file_format import (
    MARKER_VARIABLES,
    AdapterFile,
    Source,
    shown,
)
from threadspec.conformance.catalogue import Catalogue, Clause
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import Verdict, verdict_of

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Divergence:
    """A known deviation from one clause: the verdict to expect, why, and when (PEP 508).

    ``line``: the line of the adapter file that names the clause, counted from 1; ``is_in_list``:
    whether its table names other clauses as well.

    The verdict ``varies`` means that a race decides: the clause may deviate in any way, in some
    runs or repetitions, or not at all.
    """

    clause: str
    verdict: Verdict
    reason: str
    when: str | None = None
    line: int | None = field(default=None, compare=False)
    is_in_list: bool = field(default=False, compare=False)

    def applies(self, environment: dict[str, str]) -> bool:
        """Whether the deviation is expected in an environment with these marker variables."""
        if self.when is None:
            return True
        from packaging.markers import Marker

        return Marker(self.when).evaluate(environment)


class Found(Protocol):
    """The part of a case's result that is compared with divergences, or becomes one."""

    @property
    def clause(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def observed(self) -> str | None: ...
    @property
    def is_known(self) -> bool: ...


# -- reading --------------------------------------------------------------------------------------


def expand(file: AdapterFile, source: Source, clauses: Catalogue) -> tuple[Divergence, ...]:
    """The divergences in an adapter file, one for each clause that a table names.

    Raises UserError for an unknown clause or reason, a clause of a chapter that is omitted, a
    verdict that the clause cannot have, a broken marker or one with another variable, a clause that
    is listed twice with the same verdict under the same condition, and a reason in ``[reasons]``
    that none has.
    """
    divergences: list[Divergence] = []
    lines = _Lines(source.text)
    seen = set()
    for number, table in enumerate(file.divergence, 1):
        named = (table.clause,) if isinstance(table.clause, str) else table.clause
        name = f"divergence {number} ({named[0]}): "
        when = None if table.when is UNSET else table.when
        if when is not None:
            _check_marker(when, name, number, source)
        reason = file.reasons.get(table.reason, table.reason)
        if file.reasons and " " not in reason:
            like = ", ".join(get_close_matches(reason, file.reasons, 1) or file.reasons)
            source.refuse(
                f"{name}there is no {reason} in [reasons]; did you mean {like}?", number, "reason"
            )
        for clause in named:
            found = clauses.find(clause)
            if found is None:
                hint = clauses.hint(clause)
                source.refuse(f"{name}there is no clause {clause}; {hint}", number, "clause")
            if found.chapter in file.omits:
                source.refuse(
                    f"{name}{clause} cannot deviate, because omits has its chapter, "
                    f"{found.chapter}; remove one of the two.",
                    number,
                    "clause",
                )
            _check_verdict(found, table.verdict, name, number, source)
            if (clause, table.verdict, when) in seen:
                source.refuse(
                    f"{name}{clause} is listed twice with the verdict {table.verdict} under the "
                    "same condition; remove one of the two.",
                    number,
                )
            seen.add((clause, table.verdict, when))
            line, is_in_list = lines.after(clause), len(named) > 1
            divergences.append(Divergence(clause, table.verdict, reason, when, line, is_in_list))
    for unused in sorted(file.reasons.keys() - {table.reason for table in file.divergence}):
        source.refuse(f"no divergence has the reason {unused} of [reasons]; remove it.", key=unused)
    return tuple(divergences)


class _Lines:
    """Finds the lines of an adapter file that name clauses.

    Divergences are in the order of the file: a clause that is named again, under another condition,
    is found below the line where it was found before.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._last: dict[str, int] = {}

    def after(self, clause: str) -> int | None:
        """The next line that names a clause, counted from 1."""
        quoted = re.compile(rf"""["']{re.escape(clause)}["']""")
        numbers = range(self._last.get(clause, 0), len(self._lines))
        line = next((n + 1 for n in numbers if quoted.search(self._lines[n])), None)
        self._last[clause] = line or 0
        return line


def _check_marker(when: str, name: str, number: int, source: Source) -> None:
    from packaging.markers import InvalidMarker, Marker

    try:
        Marker(when)
    except InvalidMarker as error:
        complaint = str(error).partition("\n")[0]
        source.refuse(
            f"{name}when is {shown(when)}, which is no environment marker: {complaint}.",
            number,
            "when",
        )
    for variable in re.findall(r"[a-z_.]+", re.sub(r"'[^']*'|\"[^\"]*\"", "", when)):
        if variable not in (*MARKER_VARIABLES, "and", "or", "in", "not"):
            source.refuse(
                f"{name}when has {variable}; it may have {', '.join(MARKER_VARIABLES)}.",
                number,
                "when",
            )


def _check_verdict(
    clause: Clause, verdict: Verdict, name: str, number: int, source: Source
) -> None:
    """Raise UserError where no case of a clause can have the verdict."""
    if clause.untested:
        source.refuse(
            f"{name}{clause.id} has no case, so that it cannot deviate; "
            f"`threadspec explain {clause.id}` says why.",
            number,
            "clause",
        )
    violated = verdict_of("violated", clause.level)
    if verdict in ("fail", "non-strict") and verdict != violated:
        source.refuse(
            f"{name}the level of {clause.id} is {clause.level}, so that its verdict cannot be "
            f"{verdict}; "
            + ("any behaviour is observed." if violated == "observed" else f"give {violated}."),
            number,
            "verdict",
        )


# -- comparing ------------------------------------------------------------------------------------


def stale(divergences: Iterable[Divergence], results: Sequence[Found]) -> list[Divergence]:
    """The divergences that no longer happen.

    A divergence is stale when every case of its clause was run and none gave the expected verdict.
    One that is expected to vary is never stale: by chance, no repetition may deviate.
    """
    ran: dict[str, list[Found]] = {}
    for result in results:
        ran.setdefault(result.clause, []).append(result)
    cases = Counter(case.clause.id for case in battery())
    return [
        known
        for known in divergences
        if known.verdict != "varies"
        and len(ran.get(known.clause, ())) == cases[known.clause]
        and all(result.verdict != known.verdict for result in ran.get(known.clause, ()))
    ]
