"""Renders records as a short Markdown text, for the page of a CI job or for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from threadspec.conformance.catalogue import Catalogue
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS
from threadspec.reports.matrix import build
from threadspec.reports.record import CaseResult, Record
from threadspec.reports.render import inline, markdown_summary
from threadspec.reports.text import listed


def markdown(records: Sequence[Record], catalogue: Catalogue) -> str:
    """The scores of implementations, and what their adapter files do not list, as Markdown.

    Known divergences are folded.  Raises UserError if no case was run.
    """
    matrix = build(records, catalogue)
    kits = dict.fromkeys((one.kit.version, one.kit.catalogue) for one in records)
    by = listed([f"threadspec {version}, catalogue {clauses}" for version, clauses in kits])
    parts = ["### Conformance of threading", markdown_summary(matrix), f"Judged by {by}."]
    for column in matrix.columns:
        parts += _deviations(column.label, column.record)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _deviations(name: str, record: Record) -> Iterator[str]:
    """The paragraphs about the deviations of one implementation."""
    if about := list(_run(record)):
        yield f"`{name}`: {'; '.join(about)}."
    deviating = [one for one in record.cases if one.verdict not in NO_DIVERGENCE]
    unknown = _worst_by_clause(one for one in deviating if not one.is_known)
    known = _worst_by_clause(one for one in deviating if one.is_known)
    outdated = stale(record)
    if unknown:
        yield f"#### `{name}`: {len(unknown)} deviation{'s' * (len(unknown) != 1)} not listed"
        yield "\n".join(line for one in unknown for line in _unknown(one))
    if outdated:
        yield f"#### `{name}`: {len(outdated)} stale divergence{'s' * (len(outdated) != 1)}"
        yield "\n".join(
            f"- `{one}` no longer deviates as its adapter file says" for one in outdated
        )
    if known:
        reasons: dict[str, list[str]] = {}
        for one in known:
            assert one.divergence is not None
            reasons.setdefault(one.divergence.reason, []).append(f"`{one.clause}` ({one.verdict})")
        lines = [f"- {inline(reason)}\n  {listed(ids)}" for reason, ids in reasons.items()]
        plural = "s" * (len(known) != 1)
        title = f"<code>{inline(name)}</code>: {len(known)} known divergence{plural}, by reason"
        yield f"<details><summary>{title}</summary>"
        yield "\n".join(lines)
        yield "</details>"
    if not deviating:
        yield f"`{name}` does not deviate."
    elif not (unknown or outdated):
        yield f"`{name}` deviates only as its adapter file says."


def _run(record: Record) -> Iterator[str]:
    """What else is to be known about the run, as parts of a sentence."""
    if record.label:
        yield f"judged as {inline(record.label)}"
    if not record.is_whole:
        yield f"**only {len(record.cases)} of {record.kit.cases} cases were run**"


def _worst_by_clause(cases: Iterator[CaseResult]) -> list[CaseResult]:
    """The worst of the cases of each clause, in the order of the battery."""
    found: dict[str, CaseResult] = {}
    for one in cases:
        other = found.get(one.clause)
        if other is None or VERDICTS.index(one.verdict) > VERDICTS.index(other.verdict):
            found[one.clause] = one
    return list(found.values())


def _unknown(case: CaseResult) -> Iterator[str]:
    yield f"- **{case.verdict}** `{case.clause}` ({case.level}): {inline(case.expected)}"
    if case.observed:
        yield f"  - observed: {inline(case.observed)}"
    if case.where:
        yield f"  - where: `{case.where}` in `{case.case}`"


def stale(record: Record) -> list[str]:
    """The clauses that an adapter lists as deviating and none of whose cases deviates like that.

    None in the record of a part of the battery, as the other cases might deviate.
    """
    if not record.is_whole:
        return []
    listed_ones: dict[str, bool] = {}
    for case in record.cases:
        if case.divergence is not None and case.divergence.verdict != "varies":
            listed_ones[case.clause] = listed_ones.get(case.clause, False) or case.is_known
    return [clause for clause, happens in listed_ones.items() if not happens]
