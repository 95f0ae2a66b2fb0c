"""Run the battery on odd but conforming implementations: ``make oddities``.

None may fail a clause: a failure is a false alarm of the battery, or an oddity that does not
conform.

An oddity whose operations take several steps in Python may not follow a recommendation about
signal handlers and finalizers, which can run between two of those steps.  Such a module sets
``NOT_TESTED`` to one of the causes in ``_causes.py``, or to patterns of the clauses, for which its
docstring gives the reason.  Those clauses are not tested on it, as the report says.  ``--stale``
tests only those clauses, and reports those that hold.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from quality.judging import ROOT, cases_of, chapters, implementation, judge, side_by_side
from quality.naming import one_of
from quality.oddities import _causes
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case
from threadspec.reports.record import CaseResult

FOLDER = Path(__file__).parent

# The clauses that an oddity may exclude: those about a handler or finalizer at any step of a short
# call.  What happens while a call is blocked does not depend on its steps.
MAY_BE_LEFT_OUT = (
    "interruptions.*.raises-within",
    "interruptions.*.raises-within-wait",
    "interruptions.*.calls-back-within",
    "interruptions.*.finalizer",
)


@dataclass(frozen=True)
class Oddity:
    """An odd implementation: the name of its module, and what is odd about it.

    ``not_tested``: patterns of the clauses that are not tried on it; ``reason``: why not.
    """

    name: str
    says: str
    not_tested: tuple[str, ...] = ()
    reason: str = ""

    def leaves_out(self, clause: str) -> bool:
        """Whether the clause with this id is not tested on it."""
        return any(fnmatch.fnmatchcase(clause, pattern) for pattern in self.not_tested)


@dataclass(frozen=True)
class Outcome:
    """The results of the battery on one oddity.

    ``raised``: what was seen in each case that failed in a strict run, by the name of the case;
    ``errors``: the same for each case in which the kit itself failed; ``left_out``: the clauses
    that it declares as not tested.
    """

    oddity: str
    says: str
    raised: dict[str, str]
    errors: dict[str, str]
    left_out: list[str]
    seconds: float

    @property
    def line(self) -> str:
        """One line about the oddity, and one for each of its failed cases."""
        found = "RAISED" if self.raised else "ERROR " if self.errors else "ok    "
        lines = [f"{found}  {self.oddity}: {self.says}  {self.seconds:.1f} s"]
        lines += [f"        {case}: {seen[:400]}" for case, seen in self.raised.items()]
        lines += [f"        kit: {case}: {seen[-400:]}" for case, seen in self.errors.items()]
        if self.left_out:
            lines.append(f"        not tested: {', '.join(self.left_out)}")
        return "\n".join(lines)


def collection() -> list[Oddity]:
    """All oddities, in alphabetical order."""
    found = []
    for path in sorted(FOLDER.glob("[!_]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        says, *reasons = (ast.get_docstring(tree) or "").split("\n\n")
        cause = _not_tested(tree)
        reason = "\n\n".join([*reasons, *filter(None, [cause.reason])])
        found.append(Oddity(path.stem, " ".join(says.split()), cause.clauses, reason))
    return found


def _not_tested(tree: ast.Module) -> _causes.Cause:
    """What a module assigns to ``NOT_TESTED``: the name of a cause, or patterns of its own.

    The module is read, not imported: importing an oddity may change the interpreter.
    """
    for one in tree.body:
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "NOT_TESTED":
            if isinstance(one.value, ast.Name):
                cause: _causes.Cause = getattr(_causes, one.value.id)
                return cause
            return _causes.Cause("", tuple(ast.literal_eval(one.value)))
    return _causes.Cause("", ())


def trial(oddity: Oddity, cases: Sequence[Case], rounds: int = 1) -> Outcome:
    """Run cases on one oddity ``rounds`` times, except those that it excludes."""
    began = time.monotonic()
    left_out = sorted({case.clause.id for case in cases if oddity.leaves_out(case.clause.id)})
    cases = [case for case in cases if case.clause.id not in left_out]
    subject = implementation(oddity.name, f"quality.oddities.{oddity.name}", ROOT)
    raised: dict[str, str] = {}
    errors: dict[str, str] = {}
    for _ in range(rounds):
        try:
            findings = judge(subject, cases)
        except UserError as error:
            errors["loading"] = str(error)
            break
        raised.update((_name(one), _seen(one)) for one in findings.failures)
        errors.update((_name(one), _seen(one)) for one in findings.errors)
    for name in errors:
        raised.pop(name, None)
    seconds = round(time.monotonic() - began, 2)
    return Outcome(oddity.name, oddity.says, raised, errors, left_out, seconds)


def stale(oddity: Oddity, cases: Sequence[Case]) -> list[str]:
    """The clauses that an oddity excludes although none of their cases fails."""
    left_out = [case for case in cases if oddity.leaves_out(case.clause.id)]
    outcome = trial(replace(oddity, not_tested=()), left_out)
    raised = {name.split()[0] for name in outcome.raised | outcome.errors}
    return sorted({case.clause.id for case in left_out} - raised)


def _name(result: CaseResult) -> str:
    return f"{result.clause} ({result.case})"


def _seen(result: CaseResult) -> str:
    evidence = "; ".join(result.evidence)
    return f"{result.verdict}: {result.observed} [{result.where}: {result.check}] ({evidence})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if no oddity fails a clause and the kit does not fail."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.oddities", description=__doc__.split("\n")[0]
    )
    everything = collection()
    parser.add_argument(
        "oddities",
        nargs="*",
        type=one_of("oddity", (one.name for one in everything)),
        metavar="NAME",
        help="an oddity; default: all",
    )
    parser.add_argument(
        "--chapter",
        action="append",
        type=one_of("chapter", chapters()),
        metavar="CHAPTER",
        help="only the cases of this chapter",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often to run the battery on each"
    )
    parser.add_argument(
        "--stale",
        action="store_true",
        help="test only the clauses that oddities exclude, and show those that hold",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "oddities", metavar="DIR")
    options = parser.parse_args(arguments)
    wanted = [one for one in everything if not options.oddities or one.name in options.oddities]
    cases = cases_of(options.chapter)
    if options.stale:
        return _show_stale([one for one in wanted if one.not_tested], cases, options.jobs)
    options.out.mkdir(parents=True, exist_ok=True)

    def attempt(oddity: Oddity) -> Outcome:
        return trial(oddity, cases, options.rounds)

    outcomes = []
    for outcome in side_by_side(attempt, wanted, options.jobs):
        print(outcome.line, flush=True)
        outcomes.append(outcome)
    raised = [one for one in outcomes if one.raised]
    broken = [one for one in outcomes if one.errors]
    if broken:
        print(f"ERROR of the kit with {', '.join(one.oddity for one in broken)}")
    print(f"oddities raised: {len(raised)} of {len(outcomes)} tried")
    data = [asdict(one) for one in outcomes]
    (options.out / "oddities.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    return 1 if raised or broken else 0


def _show_stale(oddities: Sequence[Oddity], cases: Sequence[Case], jobs: int) -> int:
    """Print the clauses that oddities exclude needlessly; return 1 if there is one."""

    def attempt(oddity: Oddity) -> list[str]:
        return stale(oddity, cases)

    found = 0
    for oddity, needless in zip(oddities, side_by_side(attempt, oddities, jobs), strict=True):
        found += len(needless)
        text = ", ".join(needless) or "every clause that it excludes fails"
        print(f"{'STALE ' if needless else 'ok    '}  {oddity.name}: {text}", flush=True)
    print(f"clauses excluded needlessly: {found}, by {len(oddities)} oddities tried")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
