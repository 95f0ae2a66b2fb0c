"""The outcome of one case, before a verdict is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

# Outcomes that a worker reports of a case and, the last two, that its host reports of a worker.
Kind = Literal["ok", "observed", "not-offered", "violated", "missing", "error", "timeout", "crash"]


@dataclass(frozen=True)
class Outcome:
    """What happened when one case was run.

    ``observed``: what was seen, or None if every check held; ``where`` and ``check``: the place and
    the source of the check that failed; ``evidence``: notes; ``output``: what was printed
    meanwhile; ``seconds``: how long the case took; ``waits``: the part of that time that the kit
    spent waiting, by named duration; ``learnt``: the results of waits (see
    ``harness/patience.py``); ``spoiled``: the process must not run another case.
    """

    kind: Kind
    observed: str | None = None
    where: str | None = None
    check: str | None = None
    evidence: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    learnt: dict[str, Any] | None = None
    spoiled: bool = False

    @classmethod
    def of(cls, reply: dict[str, Any], output: str = "") -> Outcome:
        """The outcome in a worker's reply, as ``harness/outcomes.py`` creates it."""
        return cls(
            kind=reply["outcome"],
            observed=reply["observed"],
            where=reply["where"],
            check=reply["check"],
            evidence=tuple(reply["evidence"]),
            output=output,
            seconds=reply["seconds"],
            waits=reply["waits"],
            learnt=reply["learnt"],
            spoiled=reply["spoiled"],
        )
