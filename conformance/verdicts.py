"""Verdicts: what the kit says about a clause on an implementation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from threadspec.conformance.catalogue import Level
from threadspec.conformance.outcome import Kind

Verdict = Literal[
    "pass",
    "not-offered",
    "observed",
    "non-strict",
    "varies",
    "unsupported",
    "fail",
    "timeout",
    "crash",
    "error",
]

# The verdicts that an adapter may list as a known divergence.
Deviation = Literal["non-strict", "varies", "unsupported", "fail", "timeout", "crash"]

# From the best to the worst: the verdict on a clause is the worst of its cases.
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

# What each verdict means, for people.
MEANING: dict[Verdict, str] = {
    "pass": "does what the clause requires",
    "not-offered": "not judged: what the case needs is not offered here, such as signals",
    "observed": "the manual leaves it open; the behaviour is recorded",
    "non-strict": "differs from a recommendation, or in a detail no program should rely on",
    "varies": "the case was repeated, and its verdicts differ",
    "unsupported": "a documented name is missing",
    "fail": "does not do what the clause requires",
    "timeout": "did not come to an end",
    "crash": "the process died",
    "error": "the kit's own fault, or the environment's",
}

# The verdicts that fail a run; "non-strict" also does if the run is strict.
FAILING: frozenset[Verdict] = frozenset(
    {"varies", "unsupported", "fail", "timeout", "crash", "error"}
)

# The verdicts that no divergence can have: nothing diverges, or the kit is to blame.
NO_DIVERGENCE: frozenset[Verdict] = frozenset(VERDICTS) - frozenset(get_args(Deviation))


# How the reason of a known divergence begins until somebody has reviewed it.
UNREVIEWED = "unreviewed: "


def is_unreviewed(reason: str) -> bool:
    """Whether nobody has said yet why a known divergence with this reason is so."""
    return reason.startswith(UNREVIEWED.rstrip())


def fails(verdict: Verdict, strict: bool) -> bool:
    """Whether a verdict fails the run, divergences aside."""
    return verdict in FAILING or (strict and verdict == "non-strict")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a clause, from those of its cases, of which there must be at least one."""
    return max(verdicts, key=VERDICTS.index)


def of_repetitions(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a case, from those of its repetitions, of which there must be at least one.

    It is ``varies`` if only some of them deviate, or if they deviate in different ways.  A fault of
    the kit is not a variation: a single ``error`` makes it ``error``.
    """
    found = set(verdicts)
    if len(found) == 1 or "error" in found or found <= NO_DIVERGENCE:
        return worst(found)
    return "varies"


_VERDICTS: dict[Kind, Verdict] = {
    "ok": "pass",
    "not-offered": "not-offered",
    "observed": "observed",
    "missing": "unsupported",
    "error": "error",
    "timeout": "timeout",
    "crash": "crash",
}
_VIOLATED: dict[Level, Verdict] = {"must": "fail", "should": "non-strict"}


def verdict_of(kind: Kind, level: Level) -> Verdict:
    """The verdict for an outcome of this kind and a clause of this level."""
    if kind == "violated":
        return _VIOLATED.get(level, "observed")
    return _VERDICTS[kind]
