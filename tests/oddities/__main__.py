"""``python -m oddities``: run the battery on every odd implementation; none may raise a clause.

What it finds is a false alarm of the battery, or an oddity that is no conforming implementation.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from threadspec.conformance.cases import Case
from threadspec.conformance.errors import UserError
from threadspec.reports.record import CaseResult
from trials import ROOT, cases_of, implementation, judge, side_by_side

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Oddity:
    """An odd implementation: the name of its module, and what is odd in it."""

    name: str
    says: str


@dataclass(frozen=True)
class Outcome:
    """What the battery made of one oddity.

    ``raised``: what was seen in each case that failed strictly, by the name of the case;
    ``errors``: the same of each case in which the kit itself failed.
    """

    oddity: str
    says: str
    raised: dict[str, str]
    errors: dict[str, str]
    seconds: float

    @property
    def line(self) -> str:
        """The oddity in one line, and a further one for each case that it raised."""
        found = "RAISED" if self.raised else "ERROR " if self.errors else "ok    "
        lines = [f"{found}  {self.oddity}: {self.says}  {self.seconds:.1f} s"]
        lines += [f"        {case}: {seen[:400]}" for case, seen in self.raised.items()]
        lines += [f"        kit: {case}: {seen[-400:]}" for case, seen in self.errors.items()]
        return "\n".join(lines)


def collection() -> list[Oddity]:
    """All oddities, in alphabetical order."""
    found = []
    for path in sorted(FOLDER.glob("[!_]*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        found.append(Oddity(path.stem, " ".join((doc or "").split("\n\n")[0].split())))
    return found


def trial(oddity: Oddity, cases: Sequence[Case], rounds: int = 1) -> Outcome:
    """Run cases on one oddity, ``rounds`` times."""
    began = time.monotonic()
    subject = implementation(oddity.name, f"oddities.{oddity.name}", ROOT / "tests")
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
    return Outcome(oddity.name, oddity.says, raised, errors, seconds)


def _name(result: CaseResult) -> str:
    return f"{result.clause} ({result.case})"


def _seen(result: CaseResult) -> str:
    evidence = "; ".join(result.evidence)
    return f"{result.verdict}: {result.observed} [{result.where}: {result.check}] ({evidence})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 where no oddity raises a clause and the kit does not fail."""
    parser = argparse.ArgumentParser(prog="python -m oddities", description=__doc__.split("\n")[0])
    parser.add_argument("oddities", nargs="*", metavar="NAME", help="an oddity; default: all")
    parser.add_argument(
        "--chapter", action="append", metavar="CHAPTER", help="only the cases of this chapter"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often the battery is run on each"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "oddities", metavar="DIR")
    options = parser.parse_args(arguments)
    everything = collection()
    unknown = set(options.oddities) - {one.name for one in everything}
    if unknown:
        parser.error(f"there is no oddity {' or '.join(sorted(unknown))}")
    wanted = [one for one in everything if not options.oddities or one.name in options.oddities]
    cases = cases_of(options.chapter)
    if not cases:
        parser.error(f"there is no chapter {' or '.join(options.chapter)}")
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


if __name__ == "__main__":
    sys.exit(main())
