"""The part of a record about schedules: what ``threadspec explore`` found on simulated threads.

Nothing in it is a verdict with real threads.  Those are in the cases of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import BATTERY, HARNESS, digest_of
from threadspec.conformance.verdicts import verdict_of

# How the interpreter of an implementation that was explored is described begins with this.
SIMULATED = "simulated threads on "

# What is said of an exploration that was not made with this kit.
FOREIGN = "explored by another version of the kit, whose explorer, programs or cases differ"

Count = Annotated[int, Meta(ge=0)]
Natural = Annotated[int, Meta(ge=1)]

Kind = Literal["scenario", "generated", "case"]
Grade = Literal["exhausted", "bounded", "sampled"]
Result = Literal["holds", "fails", "known", "non-strict"]


@dataclass(frozen=True)
class Broken:
    """A schedule that breaks a clause."""

    clause: Annotated[str, Meta(description="The clause that it breaks.")]
    observed: Annotated[str, Meta(description="What was seen.")]
    token: Annotated[str, Meta(description="What `threadspec explore --replay` runs again.")]
    schedule: Annotated[
        int, Meta(ge=1, description="The number of schedules until the first that failed.")
    ]
    preemptions: Annotated[
        Count | None,
        Meta(
            description="How many the schedule of the token has, if none with fewer fails; null "
            "if that is not known."
        ),
    ] = None
    always: Annotated[
        bool,
        Meta(description="Whether every schedule fails, so that it is no matter of interleaving."),
    ] = False

    @property
    def is_sequential(self) -> bool:
        """Whether it fails although no thread is preempted."""
        return self.always or self.preemptions == 0


@dataclass(frozen=True)
class Explored:
    """What is known of one program, or of one case."""

    name: Annotated[str, Meta(description="The name of the program, or the id of the case.")]
    kind: Annotated[
        Kind,
        Meta(
            description="scenario: written by hand; generated: one of all programs of a few calls; "
            "case: of the battery."
        ),
    ]
    chapter: Annotated[str, Meta(description="The chapter that it belongs to.")]
    clauses: Annotated[tuple[str, ...], Meta(description="The clauses that it checks.")]
    variant: Annotated[
        str,
        Meta(
            description="The variant of the implementation that was explored, such as portable "
            "RLock; empty for the usual one."
        ),
    ]
    grade: Annotated[
        Grade,
        Meta(
            description="exhausted: every schedule was run, or one that is equivalent to it; "
            "bounded: every one with at most `bound` preemptions; sampled: some, partly at random."
        ),
    ]
    bound: Annotated[Count | None, Meta(description="The number of preemptions, if it is bounded.")]
    schedules: Annotated[Count, Meta(description="How many schedules were run.")]
    equivalent: Annotated[
        Count,
        Meta(description="How many of them were given up as equivalent to others."),
    ]
    outcomes: Annotated[Count, Meta(description="How many different results the schedules had.")]
    seconds: Annotated[float, Meta(ge=0, description="The processor time that it took.")]
    verdict: Annotated[
        Result,
        Meta(
            description="holds: no schedule that was run breaks a clause; fails: one does; known: "
            "one does, and the adapter lists it; non-strict: one does, and the clause is a "
            "recommendation."
        ),
    ]
    why: Annotated[str, Meta(description="Why it is not exhausted.")] = ""
    programs: Annotated[
        Natural, Meta(description="How many generated programs the entry stands for.")
    ] = 1
    failure: Annotated[Broken | None, Meta(description="The failure, if there is one.")] = None


@dataclass(frozen=True)
class Exploration:
    """The schedules of small programs and of cases, on simulated threads."""

    made: Annotated[str, Meta(description="When it ended, in UTC (ISO 8601).")]
    interpreter: Annotated[
        str, Meta(description="The interpreter that ran the simulated threads, with its version.")
    ]
    python: Annotated[
        str,
        Meta(
            description="The version of Python whose own module was explored; empty if the module "
            "belongs to no interpreter."
        ),
    ]
    source: Annotated[
        str,
        Meta(
            description="A digest of the source that was explored. A token is stale when it has "
            "changed."
        ),
    ]
    explorer: Annotated[
        str, Meta(description="A digest of the programs, the cases, and what explores them.")
    ]
    programs: Annotated[
        tuple[Explored, ...], Meta(description="The programs and the cases that were explored.")
    ]
    left_out: Annotated[
        dict[str, Natural],
        Meta(description="How many programs and cases were left out, by reason."),
    ] = field(default_factory=dict)

    @property
    def is_foreign(self) -> bool:
        """Whether the programs, the cases or what explored them differ from those of this kit."""
        return self.explorer != explorer_digest()

    def contradictions(self) -> Iterator[str]:
        """What cannot be so in a part that fits the schema."""
        seen = set()
        for one in self.programs:
            key = (one.name, one.variant)
            if key in seen:
                yield f"it has the exploration of {one.name} twice"
            seen.add(key)
            if (one.failure is None) != (one.verdict == "holds"):
                yield f"the exploration of {one.name} is said to be {one.verdict}"
            if (one.bound is None) == (one.grade == "bounded"):
                yield f"the exploration of {one.name} is {one.grade} with the bound {one.bound}"


@cache
def explorer_digest() -> str:
    """A digest of the kit's programs, of its cases, and of what explores them."""
    explorer = Path(__file__).parent.parent / "exploration"
    own = (*explorer.rglob("*.py"), *explorer.rglob("*.toml"))
    return digest_of((*own, *BATTERY.rglob("*.py"), *HARNESS.glob("*.py")))


@dataclass(frozen=True)
class Numbers:
    """How many programs and cases have which result.

    ``exhausted``: the programs of which every schedule holds; ``failed``, ``non_strict`` and
    ``known``: the programs and cases with this verdict; ``least``: the fewest schedules of a case
    that holds.
    """

    programs: int
    exhausted: int
    schedules: int
    failed: int
    non_strict: int
    known: int
    cases: int
    least: int

    def words(self) -> str:
        """The numbers as parts of a sentence."""
        parts = []
        if self.programs:
            parts.append(
                f"{self.exhausted:,} of {self.programs:,} programs exhausted, "
                f"{self.schedules:,} schedules"
            )
        if self.cases:
            plural = "s" * (self.cases != 1)
            parts.append(
                f"{self.cases:,} case{plural}, each under at least {self.least:,} schedules"
            )
        parts.append(f"{self.failed} failed")
        if self.non_strict:
            parts.append(f"{self.non_strict} non-strict")
        if self.known:
            parts.append(f"{self.known} known")
        return "; ".join(parts)


def judged(one: Explored, known: bool) -> Explored:
    """A program or case with its verdict, which depends on the level of the clause that it breaks.

    ``known``: whether the adapter lists the failure, if there is one.
    """
    if one.failure is None:
        return one
    if known:
        return replace(one, verdict="known")
    clause = catalogue().find(one.failure.clause)
    advised = clause is not None and verdict_of("violated", clause.level) == "non-strict"
    return replace(one, verdict="non-strict" if advised else "fails")


def numbers(found: Iterable[Explored]) -> Numbers:
    """Count programs and cases."""
    rows = list(found)
    programs = [one for one in rows if one.kind != "case"]
    cases = [one for one in rows if one.kind == "case"]
    return Numbers(
        programs=sum(one.programs for one in programs),
        exhausted=sum(
            one.programs for one in programs if one.grade == "exhausted" and one.failure is None
        ),
        schedules=sum(one.schedules for one in programs),
        failed=sum(one.verdict == "fails" for one in rows),
        non_strict=sum(one.verdict == "non-strict" for one in rows),
        known=sum(one.verdict == "known" for one in rows),
        cases=len(cases),
        least=min((one.schedules for one in cases if one.failure is None), default=0),
    )


def in_words(one: Explored) -> str:
    """How a program was explored, such as "exhausted 727 schedules, 1 outcome"."""
    count = f"{one.schedules:,} schedule{'s' * (one.schedules != 1)}"
    if one.grade == "exhausted":
        said = f"exhausted {count}"
    elif one.grade == "bounded":
        plural = "s" * (one.bound != 1)
        which = f"with ≤ {one.bound} preemption{plural}" if one.bound else "without preemption"
        said = f"cut at {one.schedules:,}; all {which}"
    else:
        said = f"sampled {count}" + (f" ({one.why})" if one.why else "")
    return f"{said}, {one.outcomes} outcome{'s' * (one.outcomes != 1)}"
