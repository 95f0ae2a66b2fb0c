"""Known divergences: read from adapter files, compared with what a run found, written anew."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from threadspec.conformance.catalogue import Catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS, Verdict

if TYPE_CHECKING:
    from threadspec.adapters.adapter import Adapter

_KEYS = ("clause", "verdict", "reason", "when")

# What a reason begins with until somebody has looked at the behaviour.
UNREVIEWED = "unreviewed: "


@dataclass(frozen=True)
class Divergence:
    """A deviation that is known: which verdict to expect of a clause, why, and (PEP 508) when.

    ``line``: where the adapter file names the clause, counted from 1.

    The verdict ``varies`` is expected where a race decides: the clause may deviate in any way, in
    some runs or repetitions, or not at all.
    """

    clause: str
    verdict: Verdict
    reason: str
    when: str | None = None
    line: int | None = field(default=None, compare=False)

    def applies(self, environment: dict[str, str]) -> bool:
        """Whether it is expected in an environment with these marker variables."""
        if self.when is None:
            return True
        from packaging.markers import Marker

        return Marker(self.when).evaluate(environment)


class Expected(Protocol):
    """What a result says of the divergence that was expected."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def reason(self) -> str: ...


class Found(Protocol):
    """The part of a case's result that matters here."""

    @property
    def clause(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def observed(self) -> str | None: ...
    @property
    def divergence(self) -> Expected | None: ...


# -- reading --------------------------------------------------------------------------------------


def read(
    entries: Iterable[Any], text: str, where: str, clauses: Catalogue
) -> tuple[Divergence, ...]:
    """The divergences of an adapter file.

    ``entries``: its tables; ``text``: the whole file; ``where``: what a message calls it.  Raises
    UserError, beginning with ``where``, for one without a reason, of an unknown clause or verdict,
    twice for the same clause under the same condition, or with a broken marker.
    """
    divergences: list[Divergence] = []
    seen = set()
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise UserError(f"{where}: divergence {number} must be a table, [[divergence]].")
        at = f"{where}: divergence {number} ({entry.get('clause', 'no clause')})"
        _check(entry, at)
        named = entry["clause"] if isinstance(entry["clause"], list) else [entry["clause"]]
        when = entry.get("when")
        for clause in named:
            if clauses.find(clause) is None:
                raise UserError(
                    f"{at}: {clause!r} is no clause; see `threadspec clauses` for their ids."
                )
            if (clause, entry["verdict"], when) in seen:
                raise UserError(f"{at}: {clause} is there twice.")
            seen.add((clause, entry["verdict"], when))
            divergences.append(
                Divergence(
                    clause=clause,
                    verdict=entry["verdict"],
                    reason=entry["reason"],
                    when=when,
                )
            )
    return tuple(_with_lines(divergences, text))


def _with_lines(divergences: Iterable[Divergence], text: str) -> Iterator[Divergence]:
    """The divergences of an adapter file, each with the line that names its clause.

    A clause that is named several times, under several conditions, is named in the same order.
    """
    lines = text.splitlines()
    after: dict[str, int] = {}
    for one in divergences:
        quoted = re.compile(rf"""["']{re.escape(one.clause)}["']""")
        numbers = range(after.get(one.clause, 0), len(lines))
        line = next((n + 1 for n in numbers if quoted.search(lines[n])), None)
        after[one.clause] = line or 0
        yield replace(one, line=line)


def _check(entry: dict[str, Any], at: str) -> None:
    """Check one entry, but for its clauses.  Raises UserError, beginning with ``at``."""
    unknown = set(entry) - set(_KEYS)
    if unknown:
        raise UserError(f"{at} has the unknown key {sorted(unknown)[0]!r}.")
    for key in ("verdict", "reason", "when"):
        if key in entry and not isinstance(entry[key], str):
            raise UserError(f"{at}: {key} must be a string.")
    if not isinstance(entry.get("clause", ""), str | list):
        raise UserError(f"{at}: clause must be a string, or a list of strings.")
    for key in ("clause", "verdict"):
        if key not in entry:
            raise UserError(f"{at} has no {key}.")
    if not entry.get("reason", "").strip():
        raise UserError(f"{at} has no reason; say why the implementation diverges.")
    if entry["verdict"] not in VERDICTS or entry["verdict"] in NO_DIVERGENCE:
        allowed = ", ".join(one for one in VERDICTS if one not in NO_DIVERGENCE)
        raise UserError(
            f"{at}: {entry['verdict']!r} is no verdict of a divergence; these are {allowed}."
        )
    if "when" in entry:
        from packaging.markers import InvalidMarker, Marker

        try:
            Marker(entry["when"])
        except InvalidMarker as error:
            raise UserError(f"{at}: {entry['when']!r} is no environment marker.") from error


# -- comparing ------------------------------------------------------------------------------------


def stale(divergences: Iterable[Divergence], results: Sequence[Found]) -> list[Divergence]:
    """The divergences that no longer happen.

    One is stale when every case of its clause was run and none gave the verdict it expects, unless
    that is to vary: chance may have it that no repetition deviates.
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


# -- writing --------------------------------------------------------------------------------------


def _quote(value: str) -> str:
    """A TOML string; JSON's escapes are a subset of TOML's, which wants one character more."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def render(adapter: Adapter, results: Iterable[Found]) -> str:
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
    by_clause: dict[str, list[Found]] = {}
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


def write(adapter: Adapter, results: Iterable[Found], path: Path) -> None:
    """Write what :func:`render` gives to a new file.  Raises UserError where it cannot be."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(render(adapter, results))
    except OSError as error:
        raise UserError(
            f"The divergences cannot be written to {path}: {error.strerror}."
        ) from error
