"""Renders records as a short Markdown text, for the page of a CI job or for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from threadspec.conformance.catalogue import Catalogue
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS
from threadspec.reports.matrix import build
from threadspec.reports.record import CaseResult, Record
from threadspec.reports.render import inline, markdown_summary
from threadspec.reports.text import listed


def markdown(
    records: Sequence[Record], catalogue: Catalogue, stale: Iterable[Sequence[str]]
) -> str:
    """The scores of implementations, and what their adapter files do not list, as Markdown.

    Known divergences are folded, the unreviewed ones apart from the others.  ``stale``: for each
    record, the clauses that its adapter file lists and that no longer deviate like that.  Raises
    UserError if no case was run.
    """
    matrix = build(records, catalogue)
    kits = dict.fromkeys((one.kit.version, one.kit.catalogue) for one in records)
    by = listed([f"threadspec {version}, catalogue {clauses}" for version, clauses in kits])
    parts = ["### Conformance of threading", markdown_summary(matrix), f"Judged by {by}."]
    for column, outdated in zip(matrix.columns, stale, strict=True):
        parts += _deviations(column.label, column.record, outdated)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _deviations(name: str, record: Record, outdated: Sequence[str]) -> Iterator[str]:
    """The paragraphs about the deviations of one implementation."""
    if about := list(_run(record)):
        yield f"`{name}`: {'; '.join(about)}."
    deviating = [one for one in record.cases if one.verdict not in NO_DIVERGENCE]
    unknown = _worst_by_clause(one for one in deviating if not one.is_known)
    known = _worst_by_clause(one for one in deviating if one.is_known)
    unreviewed = [one for one in known if one.is_unreviewed]
    if unknown:
        yield f"#### `{name}`: {len(unknown)} deviation{'s' * (len(unknown) != 1)} not listed"
        yield "\n".join(line for one in unknown for line in _unknown(one))
    if outdated:
        yield f"#### `{name}`: {len(outdated)} stale divergence{'s' * (len(outdated) != 1)}"
        yield "\n".join(
            f"- `{one}` no longer deviates as its adapter file says" for one in outdated
        )
    yield from _folded(name, "unreviewed", unreviewed)
    yield from _folded(name, "known", [one for one in known if not one.is_unreviewed])
    if not deviating:
        yield f"`{name}` does not deviate."
    elif not (unknown or outdated):
        number, verb = len(unreviewed), "are" if len(unreviewed) > 1 else "is"
        some = f"; {number} of these divergences {verb} unreviewed" if number else ""
        yield f"`{name}` deviates only as its adapter file says{some}."


def _folded(name: str, what: str, cases: Iterable[CaseResult]) -> Iterator[str]:
    """The paragraphs about divergences, by reason, below a title that unfolds them."""
    reasons: dict[str, list[str]] = {}
    for one in cases:
        assert one.divergence is not None
        reasons.setdefault(one.divergence.reason, []).append(f"`{one.clause}` ({one.verdict})")
    if reasons:
        number = sum(map(len, reasons.values()))
        title = f"{number} {what} divergence{'s' * (number != 1)}, by reason"
        yield f"<details><summary><code>{inline(name)}</code>: {title}</summary>"
        yield "\n".join(f"- {inline(one)}\n  {listed(ids)}" for one, ids in reasons.items())
        yield "</details>"


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
