"""Renders results as plain text: the explanation of a failed case, and the end of a run."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from threadspec.conformance.catalogue import Clause
from threadspec.conformance.verdicts import FAILING, VERDICTS, Verdict
from threadspec.reports.record import CaseResult, Record, Subject

# Texts are at most so wide, also where the terminal is wider or there is none.
_WIDTH = 100

Line = tuple[str, dict[str, bool]]


def describe(subject: Subject) -> str:
    """An implementation in one line: its name, module, version and interpreter."""
    version = f" {subject.version}" if subject.version else ""
    gil = ", no GIL" if subject.gil is False else ""
    return (
        f"{subject.name} = {subject.module}{version} "
        f"({subject.interpreter}, {subject.platform}{gil})"
    )


def notes(subject: Subject) -> list[str]:
    """What its adapter says that changes how it is judged, one clause of a sentence for each.

    Every report shows these, because the verdicts are to be read with them.
    """
    found = []
    if subject.mapped:
        pairs = [f"{documented} to {own}" for documented, own in subject.mapped.items()]
        found.append(f"its adapter maps {listed(pairs)}")
    if subject.omits:
        chapters = "chapter" if len(subject.omits) == 1 else "chapters"
        found.append(f"its adapter omits the {chapters} {listed(subject.omits)}")
    if subject.lacks:
        lacks = listed([f"no {one}" for one in subject.lacks])
        found.append(f"its adapter says that the platform has {lacks}")
    if subject.starts_by_maker:
        found.append("its adapter says that only the maker of a thread may start it")
    return found


def listed(words: Sequence[str]) -> str:
    """The words as a list in a sentence: "a, b and c"."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _width() -> int:
    """The width of texts, in characters."""
    return max(60, min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns))


def _field(label: str, value: str) -> list[str]:
    lines: list[str] = []
    for line in value.splitlines() or [""]:
        lines += textwrap.wrap(line, _width() - 14) or [""]
    return [f"  {label if number == 0 else '':<10}  {line}" for number, line in enumerate(lines)]


def explain_failure(result: CaseResult, clause: Clause, implementation: str, again: str) -> str:
    """The explanation of a failed case: what was required, what was observed, and where.

    ``again``: the command that runs the case again.
    """
    lines = [f"{result.verdict.upper()}  {clause.id}  on {implementation}", ""]
    lines += _field("clause", f"{clause.id} ({clause.level})")
    lines += _field("statements", ", ".join(clause.statements))
    lines += _field("required", clause.says)
    if clause.reading:
        lines += _field("reading", clause.reading)
    lines += _field("observed", result.observed or "")
    if result.check:
        lines += _field("check", result.check)
    if result.where:
        lines += _field("where", f"battery/{result.where}")
    if result.divergence is not None:
        expected = result.divergence
        lines += _field("known", f"{expected.verdict}: {expected.reason}")
    lines.append(f"  run again:  {again}")  # not wrapped, so that it can be copied
    return "\n".join(lines)


def count(verdicts: Counter[Verdict]) -> str:
    """The counts of verdicts, best first, such as "118 pass, 1 fail"."""
    return ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS if verdicts[verdict])


def slowest(record: Record, number: int = 3) -> str:
    """The cases that took longest, in milliseconds."""
    cases = sorted(record.cases, key=lambda case: case.seconds, reverse=True)[:number]
    return ", ".join(f"{case.case.split('::')[1]} {case.seconds * 1000:.0f} ms" for case in cases)


def waits(record: Record) -> str:
    """The time that cases spent waiting, by named duration, the longest first."""
    seconds = sum(case.seconds for case in record.cases)
    spent: Counter[str] = Counter()
    for case in record.cases:
        spent.update(case.waits)
    shares = [
        f"{name} {waited:.2f} s ({waited / max(seconds, 1e-9):.0%})"
        for name, waited in spent.most_common()
    ]
    return f"{', '.join(shares) or 'nothing'} of {seconds:.2f} s in cases"


def _colour(bad: Sequence[CaseResult]) -> dict[str, bool]:
    """The colour of an implementation's line: red for something that is not known."""
    if not bad:
        return {"green": True}
    return {"yellow" if all(case.is_known for case in bad) else "red": True}


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def summarize(record: Record, battery: int, durations: bool = False) -> Iterator[Line]:
    """The lines for one implementation at the end of a run: counts, then each deviation.

    A clause of which some cases deviate as is known, and others do not, has a line for each.
    ``durations``: include the time spent waiting.
    """
    verdicts = record.clause_verdicts()
    counts = Counter(verdicts.values())
    bad = [case for case in record.cases if case.verdict in FAILING]
    plural = "" if len(verdicts) == 1 else "s"
    parts = "" if record.finished else " (interrupted)"
    if record.finished and len(record.cases) < battery:
        parts = f" ({len(record.cases)} of {battery} cases)"
    yield (
        f"{record.implementation.name}: {len(verdicts)} clause{plural}{parts}: {count(counts)}",
        _colour(bad),
    )
    if new := [case for case in bad if not case.is_known]:
        clauses = len({case.clause for case in new})
        yield (
            f"  {_number(len(new), 'failed case')} of {_number(clauses, 'clause')}"
            + (", besides known divergences" if len(new) < len(bad) else ""),
            {"red": True},
        )
    for note in notes(record.implementation):
        yield f"  {note}", {"yellow": True}
    shown = set()
    for case in sorted(record.cases, key=lambda one: -VERDICTS.index(one.verdict)):
        key = (case.clause, case.is_known)
        if case.verdict in ("pass", "not-offered", "observed") or key in shown:
            continue
        shown.add(key)
        known = "unreviewed " if case.is_unreviewed else "known " if case.is_known else ""
        start = f"  {known}{case.verdict}: {case.clause}: "
        room = 110 if _width() == _WIDTH else max(24, _width() - len(start))
        observed = textwrap.shorten(case.observed or "", room, placeholder=" …")
        yield start + observed, {}
    if record.cases:
        yield f"  slowest: {slowest(record)}", {}
    if durations:
        yield f"  waiting: {waits(record)}", {}
