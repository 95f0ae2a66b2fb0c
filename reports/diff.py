"""What differs between two records of an implementation: what got worse, what was mended, and why.

:func:`difference` compares two records, and :func:`compare` all records of two sides.  Cases are
compared by their ids, and the changes of its cases make the change of a clause.  Rendering is in
:mod:`threadspec.reports.render_diff`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS, Verdict, worst
from threadspec.reports.exploration import Exploration, Explored
from threadspec.reports.record import CaseResult, Expectation, JudgedLevel, Kit, Record
from threadspec.reports.text import listed

# The kinds of changes.  The first that a case of a clause has is the kind of the clause's change.
Kind = Literal[
    "regressed",
    "kit",
    "known",
    "unjudged",
    "flaky",
    "mended",
    "otherwise",
    "judged",
    "observed",
    "new",
    "withdrawn",
    "not-run",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What each kind means, for people.
MEANING: dict[Kind, str] = {
    "regressed": "worse than before, on the same cases, and not listed by the adapter",
    "kit": "worse than before, but the kit has changed as well, so it may be the cause",
    "known": "worse than before, and the adapter lists it",
    "unjudged": "judged before, and without a judgement now",
    "flaky": "varies from run to run, so the other verdict tells nothing",
    "mended": "deviated before, and is kept now",
    "otherwise": "deviated before, and still does, in another way",
    "judged": "without a verdict in the earlier record",
    "observed": "left open by the manual, and another behaviour was observed",
    "new": "a clause that the earlier kit did not have",
    "withdrawn": "a clause that the later kit does not have",
    "not-run": "judged in the earlier record alone",
}

# The verdicts that say nothing about the implementation.
_UNJUDGED: frozenset[Verdict] = frozenset({"not-offered", "error"})
_LEVELS: tuple[JudgedLevel, ...] = get_args(JudgedLevel)


@dataclass(frozen=True)
class CaseChange:
    """The results of one case in both records; None where it was not run."""

    case: str
    before: CaseResult | None
    after: CaseResult | None


@dataclass(frozen=True)
class Change:
    """What has changed about one clause.

    ``level`` and ``says``: those of the later record; ``before`` and ``after``: the verdicts on the
    clause, None where it was not judged; ``cases``: those of its cases that make the change, the
    worst first; ``note``: more about the cause, or "".
    """

    kind: Kind
    clause: str
    level: JudgedLevel
    says: str
    before: Verdict | None
    after: Verdict | None
    cases: tuple[CaseChange, ...]
    note: str = ""

    @property
    def verdicts(self) -> tuple[Verdict | None, Verdict | None]:
        """The verdicts before and after.

        Where those on the clause are the same, as another of its cases decides them, these are the
        verdicts on the first of ``cases``.
        """
        first = self.cases[0]
        if self.before == self.after and first.before and first.after:
            return first.before.verdict, first.after.verdict
        return self.before, self.after


# What has become of a program that both records explored, the worst first.
ProgramKind = Literal["broken", "kit", "found", "unexplored", "weaker", "mended", "stronger"]
PROGRAM_KINDS: tuple[ProgramKind, ...] = get_args(ProgramKind)

PROGRAM_MEANING: dict[ProgramKind, str] = {
    "broken": "no schedule broke this clause before, or it was known, and one breaks it now",
    "kit": "one breaks a clause now, but what explores has changed as well",
    "found": "one breaks a clause now, of the same source, so it had not been run before",
    "unexplored": "explored before and not now, so nothing is known",
    "weaker": "every schedule was run before, and some now",
    "mended": "a schedule broke a clause before, and none that was run does now",
    "stronger": "some schedules were run before, and every one now",
}


@dataclass(frozen=True)
class ProgramChange:
    """What has changed about a program, or about a case under many schedules.

    ``after``: None if it was not explored again.
    """

    kind: ProgramKind
    before: Explored
    after: Explored | None

    @property
    def name(self) -> str:
        """The name of the program, with the variant of the implementation, if there is one.

        Generated programs that hold share an entry, so the name is that of the entry with fewer.
        """
        one = self.after
        if one is None or one.programs > self.before.programs:
            one = self.before
        return f"{one.name} ({one.variant})" if one.variant else one.name


@dataclass(frozen=True)
class DivergenceChange:
    """What the adapter expects of a clause, where it is not what it expected before."""

    clause: str
    before: tuple[Expectation, ...]
    after: tuple[Expectation, ...]


@dataclass(frozen=True)
class Condition:
    """Something that both records say of the run, and in which they differ."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What differs between two records of an implementation.

    ``kit_changed``: whether another kit was used, as its digests tell; ``conditions``: what
    else differs between the runs, such as the interpreter; ``changes``: by kind, and for each kind
    the required clauses first; ``compared``: how many clauses both records judge; ``programs``:
    what has changed about programs that both records explored.
    """

    old: Record
    new: Record
    kit_changed: bool
    conditions: tuple[Condition, ...]
    changes: tuple[Change, ...]
    divergences: tuple[DivergenceChange, ...]
    compared: int
    programs: tuple[ProgramChange, ...] = ()

    @property
    def name(self) -> str:
        """The name of the implementation, that of the later record."""
        return self.new.implementation.name

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    @property
    def broken(self) -> tuple[ProgramChange, ...]:
        """The programs of which a schedule breaks a clause, as none did before."""
        return tuple(one for one in self.programs if one.kind == "broken")

    @property
    def regressed(self) -> bool:
        """Whether any clause has regressed, or any program that was explored breaks one now."""
        return bool(self.of("regressed") or self.broken)


@dataclass(frozen=True)
class Comparison:
    """All implementations of two sides.

    ``only_old`` and ``only_new``: the names of those that the other side lacks; ``superseded``: the
    names of implementations of which a side has several records, of which the newest was used.
    """

    differences: tuple[Difference, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    superseded: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether any implementation has regressed."""
        return any(one.regressed for one in self.differences)


def compare(old: Sequence[Record], new: Sequence[Record]) -> Comparison:
    """Compare the records of two sides, by the names of the implementations.

    If each side has one implementation, these are compared whatever their names.  Of several
    records of one implementation, the newest counts.  Raises UserError if nothing can be compared.
    """
    before, after = _newest(old), _newest(new)
    if len(before) == len(after) == 1:
        pairs = [(*before.values(), *after.values())]
        only_old: tuple[str, ...] = ()
        only_new: tuple[str, ...] = ()
    else:
        pairs = [(before[name], after[name]) for name in after if name in before]
        only_old = tuple(name for name in before if name not in after)
        only_new = tuple(name for name in after if name not in before)
    if not pairs:
        raise UserError(
            "No implementation is in both, so nothing can be compared: the first has "
            f"{listed(only_old)}, the second {listed(only_new)}."
        )
    superseded = tuple(
        name
        for name in dict.fromkeys((*before, *after))
        if any(sum(one.implementation.name == name for one in side) > 1 for side in (old, new))
    )
    return Comparison(
        tuple(difference(one, other) for one, other in pairs), only_old, only_new, superseded
    )


def _newest(records: Iterable[Record]) -> dict[str, Record]:
    """The newest record of each implementation, by its name, in the order of the records."""
    found: dict[str, Record] = {}
    for record in records:
        other = found.get(record.implementation.name)
        if other is None or record.made >= other.made:
            found[record.implementation.name] = record
    return found


def difference(old: Record, new: Record) -> Difference:
    """Compare two records, of which ``old`` is the earlier one."""
    before, after = _by_clause(old), _by_clause(new)
    kit_changed = _digests(old.kit) != _digests(new.kit)
    clauses = dict.fromkeys((*after, *before))  # those that the later record lacks come last
    sides = _Sides(
        kit_changed,
        old.kit.clauses != new.kit.clauses,
        old.kit.battery != new.kit.battery,
        old.is_whole,
        new.is_whole,
    )
    changes = [
        change
        for clause in clauses
        if (change := sides.clause(before.get(clause, ()), after.get(clause, ())))
    ]
    return Difference(
        old,
        new,
        kit_changed,
        tuple(_conditions(old, new)),
        tuple(sorted(changes, key=_order)),
        tuple(_divergences(before, after)),
        len(before.keys() & after.keys()),
        tuple(_programs(old.exploration, new.exploration)),
    )


def _programs(old: Exploration | None, new: Exploration | None) -> Iterator[ProgramChange]:
    """What has changed about the programs of the earlier exploration, the worst first.

    Generated programs of a chapter that were exhausted share an entry.
    """
    if old is None or new is None:
        return
    before, after = _by_name(old), _by_name(new)
    changes = []
    for key, one in after.items():
        earlier = before.get(key)
        if earlier is None and one.kind == "generated":  # it may have been one of those that held
            earlier = before.get(_group(one))
        if earlier is not None and (kind := _program(earlier, one, old, new)):
            changes.append(ProgramChange(kind, earlier, one))
    for key, one in before.items():
        if key == _group(one) and _generated(new, one) < _generated(old, one):
            changes.append(ProgramChange("unexplored", one, after.get(key)))
        elif key not in after and key != _group(one):
            group = after.get(_group(one)) if one.kind == "generated" else None
            held = before.get(_group(one))
            # It is among those that hold now if there are more of them.
            if group is None or group.programs <= (held.programs if held else 0):
                changes.append(ProgramChange("unexplored", one, None))
            elif kind := _program(one, group, old, new):
                changes.append(ProgramChange(kind, one, group))
    yield from sorted(changes, key=lambda one: PROGRAM_KINDS.index(one.kind))


def _by_name(part: Exploration) -> dict[tuple[str, str], Explored]:
    return {(one.name, one.variant): one for one in part.programs}


def _group(one: Explored) -> tuple[str, str]:
    """The key of the entry that the generated programs of a chapter share if they hold."""
    return f"{one.chapter}.generated", one.variant


def _generated(part: Exploration, like: Explored) -> int:
    """How many generated programs were explored of the chapter of ``like``."""
    return sum(
        one.programs
        for one in part.programs
        if one.kind == "generated" and _group(one) == _group(like)
    )


def _program(
    before: Explored, after: Explored, old: Exploration, new: Exploration
) -> ProgramKind | None:
    """What has changed about one program."""
    failed, fails = before.failure, after.failure
    if fails is not None and after.verdict != "known":
        if failed is not None and failed.clause == fails.clause and before.verdict != "known":
            return None
        if old.explorer != new.explorer:
            return "kit"
        # A known failure was run before.
        is_new = old.source != new.source or before.verdict == "known"
        return "broken" if is_new else "found"
    if failed is not None and before.verdict != "known" and fails is None:
        return "mended"
    if failed is None and fails is None and before.grade != after.grade:
        if before.grade == "exhausted":
            return "weaker"
        if after.grade == "exhausted":
            return "stronger"
    return None


def _digests(kit: Kit) -> tuple[str, str, str]:
    """What tells kits apart; records of the previous format have no digest of the runner."""
    return kit.clauses, kit.battery, kit.runner or kit.version


def _by_clause(record: Record) -> dict[str, list[CaseResult]]:
    found: dict[str, list[CaseResult]] = {}
    for case in record.cases:
        found.setdefault(case.clause, []).append(case)
    return found


def _order(change: Change) -> tuple[int, int, int]:
    """The place of a change: by kind, then by level, then by verdict, the worst first."""
    verdict = change.after or change.before
    assert verdict is not None
    return (
        KINDS.index(change.kind),
        _LEVELS.index(change.level),
        -VERDICTS.index(verdict),
    )


@dataclass(frozen=True)
class _Sides:
    """Compares the clauses of two records.

    ``kit_changed``: whether a changed verdict may come from the kit; ``catalogue_changed``: whether
    there may be other clauses; ``battery_changed``: whether there may be other cases, or cases that
    ask for something else; ``old_whole`` and ``new_whole``: whether each record has all cases
    of its battery, so that a case which it lacks did not exist.
    """

    kit_changed: bool
    catalogue_changed: bool
    battery_changed: bool
    old_whole: bool
    new_whole: bool

    def clause(self, before: Sequence[CaseResult], after: Sequence[CaseResult]) -> Change | None:
        """What has changed about a clause, or None; at least one of the two has cases."""
        if not before:
            new = self.catalogue_changed and self.old_whole
            cases = [CaseChange(one.case, None, one) for one in after]
            return _change("new" if new else "judged", before, after, cases)
        if not after:
            withdrawn = self.catalogue_changed and self.new_whole
            cases = [CaseChange(one.case, one, None) for one in before]
            return _change("withdrawn" if withdrawn else "not-run", before, after, cases)
        found: dict[Kind, list[CaseChange]] = {}
        olds = {one.case: one for one in before}
        for one in after:
            kind = self.case(olds.get(one.case), one)
            if kind == "kit" and one.case not in olds and any(_as_bad(old, one) for old in before):
                kind = "otherwise"  # the clause was not kept before either
            if kind:
                found.setdefault(kind, []).append(CaseChange(one.case, olds.get(one.case), one))
        kept = worst(one.verdict for one in after) in NO_DIVERGENCE
        gone = [one for one in before if one.case not in {other.case for other in after}]
        if kept and self.new_whole and any(map(_deviates, gone)):
            # With the case, the deviation is gone.
            found.setdefault("mended", []).extend(CaseChange(one.case, one, None) for one in gone)
        if "mended" in found and not kept:
            # Another case of the clause still deviates.
            found.setdefault("otherwise", []).extend(found.pop("mended"))
        if not found:
            return None
        first = min(found, key=KINDS.index)
        return _change(first, before, after, found[first], self._note(first, found[first]))

    def case(self, before: CaseResult | None, after: CaseResult) -> Kind | None:
        """What has changed about one case that the later record has."""
        if before is None:
            if not _deviates(after):
                return None
            if not self.old_whole:
                return "judged"
            return "known" if after.is_known else "kit"
        if after.verdict in _UNJUDGED or before.verdict in _UNJUDGED:
            return _judged(before, after)
        if _deviates(before) or _deviates(after):
            return self._deviation(before, after)
        same_level = before.level == after.level
        return "observed" if same_level and before.observed != after.observed else None

    def _deviation(self, before: CaseResult, after: CaseResult) -> Kind | None:
        """What has changed about a case that deviates in one of the records, or in both."""
        if before.verdict == after.verdict:
            return None
        listed_as_varying = after.divergence is not None and after.divergence.verdict == "varies"
        if _varies(before):
            enough = sum(after.counts.values()) >= sum(before.counts.values())
            mended = not _deviates(after) and enough and not listed_as_varying
            return "mended" if mended else "flaky"
        if not _deviates(after):
            return "flaky" if listed_as_varying else "mended"
        # What was missing before cannot have become worse.
        is_worse = VERDICTS.index(after.verdict) > VERDICTS.index(before.verdict)
        if not is_worse or before.verdict == "unsupported":
            return "otherwise"
        if after.is_known:
            return "known"
        return "kit" if self.kit_changed else "regressed"

    def _note(self, kind: Kind, cases: Sequence[CaseChange]) -> str:
        """The part that a changed kit has in a change."""
        if not self.kit_changed or kind not in ("kit", "known", "mended", "otherwise"):
            return ""
        both = [(one.before, one.after) for one in cases if one.before and one.after]
        if any(one.before is None for one in cases):
            return "the later kit has a new case"
        if not both:
            return "the later kit no longer has the case"
        for before, after in both:
            if before.level != after.level:
                return f"the level was {before.level}"
            if before.expected != after.expected:
                return "the clause has another wording"
        if self.battery_changed:
            return "the case may ask for something else"
        return "the case may be run in another way"


def _judged(before: CaseResult, after: CaseResult) -> Kind | None:
    """What has changed about a case on which one of the records gives no judgement."""
    if after.verdict == "error":
        return None if before.verdict == "error" else "unjudged"
    if after.verdict == "not-offered":
        return None if before.verdict in _UNJUDGED else "unjudged"
    return "judged"


def _as_bad(case: CaseResult, other: CaseResult) -> bool:
    """Whether a case deviates, and at least as gravely as another one that does."""
    return VERDICTS.index(case.verdict) >= VERDICTS.index(other.verdict) and _deviates(case)


def _deviates(case: CaseResult) -> bool:
    return case.verdict not in NO_DIVERGENCE


def _varies(case: CaseResult) -> bool:
    """Whether another run may give another verdict: repetitions did, or the adapter says so."""
    expected = case.divergence is not None and case.divergence.verdict == "varies"
    return case.verdict == "varies" or expected


def _change(
    kind: Kind,
    before: Sequence[CaseResult],
    after: Sequence[CaseResult],
    cases: Sequence[CaseChange],
    note: str = "",
) -> Change:
    shown = (after or before)[0]

    def rank(change: CaseChange) -> int:
        case = change.after or change.before
        assert case is not None
        return -VERDICTS.index(case.verdict)

    return Change(
        kind,
        shown.clause,
        shown.level,
        shown.expected,
        worst(one.verdict for one in before) if before else None,
        worst(one.verdict for one in after) if after else None,
        tuple(sorted(cases, key=rank)),
        note,
    )


def _divergences(
    before: dict[str, list[CaseResult]], after: dict[str, list[CaseResult]]
) -> Iterator[DivergenceChange]:
    """What the adapter expects otherwise, of the clauses that were run both times."""
    for clause in after:
        if clause in before:
            old, new = _expected(before[clause]), _expected(after[clause])
            if set(old) != set(new):
                yield DivergenceChange(clause, old, new)


def _expected(cases: Iterable[CaseResult]) -> tuple[Expectation, ...]:
    return tuple(dict.fromkeys(one.divergence for one in cases if one.divergence is not None))


def _conditions(old: Record, new: Record) -> Iterator[Condition]:
    """In what the runs differ, besides the kit and the results."""
    before, after = old.implementation, new.implementation
    pairs = (
        ("implementation", before.name, after.name),
        ("label", old.label, new.label),
        ("module", before.module, after.module),
        ("version", before.version or "", after.version or ""),
        ("interpreter", before.interpreter, after.interpreter),
        ("platform", before.platform, after.platform),
        ("GIL", _yes_or_no(before.gil), _yes_or_no(after.gil)),
        ("mapped names", _pairs(before.mapped), _pairs(after.mapped)),
        ("omitted chapters", ", ".join(before.omits), ", ".join(after.omits)),
        ("platform lacks", ", ".join(before.lacks), ", ".join(after.lacks)),
        (
            "only the maker of a thread starts it",
            _yes_or_no(before.starts_by_maker),
            _yes_or_no(after.starts_by_maker),
        ),
        ("time scale", f"{old.time_scale:g}", f"{new.time_scale:g}"),
        ("cases run", _run(old), _run(new)),
        ("schedules", _explored(old), _explored(new)),
        *_explorers(old.exploration, new.exploration),
    )
    for name, one, other in pairs:
        if one != other:
            yield Condition(name, one or "none", other or "none")


def _yes_or_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _pairs(mapped: dict[str, str]) -> str:
    return ", ".join(f"{documented} to {own}" for documented, own in mapped.items())


def _explored(record: Record) -> str:
    return "" if record.exploration is None else "explored"


def _explorers(old: Exploration | None, new: Exploration | None) -> Iterator[tuple[str, str, str]]:
    """What explored the two sides, where both were explored."""
    if old is not None and new is not None:
        yield "digest of the explorer, its programs and the cases", old.explorer, new.explorer


def _run(record: Record) -> str:
    """How many cases were run, of a battery of which some were not."""
    return "all" if record.is_whole else f"{len(record.cases)} of {record.kit.cases}"
