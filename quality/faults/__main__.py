"""``python -m quality.faults``: run the battery on every planted fault and print the fault matrix.

Cases that cannot come into contact with what a fault changes are left out.

The matrix says of each fault whether the clause that it violates fails (hit), which other clauses
fail with it (collateral), and which cases catch it.  A racy fault is tried many times; how often it
is caught gives the probability of its detection, with the lower bound of its 95 % confidence
interval.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from quality.faults.planting import Fault, collection
from quality.judging import (
    REFERENCE,
    ROOT,
    cases_of,
    cases_reaching,
    implementation,
    judge,
    side_by_side,
)
from quality.naming import one_of
from threadspec.conformance.index import Case, battery
from threadspec.reports.record import CaseResult

TRIES = 60


@dataclass(frozen=True)
class Outcome:
    """What the battery made of one fault.

    ``tries`` and ``hits``: how often the cases of its clause were run, and how often one of them
    failed; ``cases``: the failing cases, those of its clause first; ``others``: the other clauses
    that fail; ``errors``: cases in which the kit itself failed.
    """

    fault: str
    clause: str
    says: str
    racy: bool
    tries: int
    hits: int
    cases: tuple[str, ...]
    others: tuple[str, ...]
    unexplained: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether its clause fails."""
        return self.hits > 0

    @property
    def line(self) -> str:
        """The fault in one line."""
        found = "hit   " if self.caught else "MISSED"
        if self.racy:
            bound = lower_bound(self.hits, self.tries)
            found += f" {self.hits}/{self.tries} (p >= {bound:.2f})"
        others = f"  +{len(self.others)}: {', '.join(self.others)}" if self.others else ""
        broken = f"  ERROR of the kit in {', '.join(self.errors)}" if self.errors else ""
        return f"{found}  {self.fault} ({self.clause}){others}{broken}  {self.seconds:.1f} s"


def lower_bound(hits: int, tries: int, confidence: float = 0.95) -> float:
    """The lower end of the two-sided Clopper-Pearson interval for ``hits`` of ``tries``."""
    if not hits:
        return 0.0

    def at_least_as_many(probability: float) -> float:
        return sum(
            math.comb(tries, count) * probability**count * (1 - probability) ** (tries - count)
            for count in range(hits, tries + 1)
        )

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if at_least_as_many(middle) < (1 - confidence) / 2:
            low = middle
        else:
            high = middle
    return low


def trial(fault: Fault, cases: Sequence[Case], folder: Path) -> Outcome:
    """Run the battery on one fault."""
    began = time.monotonic()
    place = folder / fault.id
    subject = fault.plant(place)
    own = [case for case in battery() if case.clause.id == fault.clause]
    findings = judge(subject, [*own, *(case for case in cases if case not in own)])
    failed = findings.failed
    hits = [fault.clause in failed]
    if fault.racy:
        hits += [fault.clause in judge(subject, own).failed for _ in range(TRIES - 1)]
    shutil.rmtree(place)
    others = tuple(clause for clause in failed if clause != fault.clause)
    return Outcome(
        fault=fault.id,
        clause=fault.clause,
        says=fault.says,
        racy=fault.racy,
        tries=len(hits),
        hits=sum(hits),
        cases=tuple(one.case for one in findings.failures),
        others=others,
        unexplained=tuple(clause for clause in others if clause not in fault.also),
        errors=_names(findings.errors),
        seconds=round(time.monotonic() - began, 2),
    )


def _names(results: Iterable[CaseResult]) -> tuple[str, ...]:
    return tuple(f"{one.case}: {one.observed}" for one in results)


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """The figures, one line each."""
    caught = [one for one in outcomes if one.caught]
    others = [len(one.others) for one in outcomes]
    unexplained = [len(one.unexplained) for one in outcomes]
    racy = [one for one in outcomes if one.racy]
    average = max(len(outcomes), 1)
    lines = [
        f"faults caught by the clause they violate: {len(caught)} of {len(outcomes)} planted",
        f"collateral: {sum(others) / average:.2f} other clauses per fault, "
        f"{sum(unexplained) / average:.2f} of them not broken by the fault itself; "
        f"{sum(1 for one in others if one > 2)} faults with more than two",
    ]
    if racy:
        worst = min(racy, key=lambda one: one.hits / one.tries)
        lines.append(
            f"racy faults: {len(racy)}, {TRIES} tries each; the worst, {worst.fault}, is caught "
            f"{worst.hits} times (p >= {lower_bound(worst.hits, worst.tries):.2f} at 95 %)"
        )
    lines += [f"MISSED: {one.fault} ({one.clause})" for one in outcomes if not one.caught]
    lines += [f"ERROR of the kit: {one.fault}: {one.errors[0]}" for one in outcomes if one.errors]
    return lines


def matrix(outcomes: Sequence[Outcome]) -> str:
    """The fault matrix as Markdown: which case catches which fault."""
    lines = ["# Fault matrix", "", *(f"- {line}" for line in summary(outcomes)), ""]
    lines += ["| fault | what is wrong | clause | hit | other clauses | cases that catch it |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for one in outcomes:
        hit = f"{one.hits} of {one.tries}" if one.racy else "yes" if one.caught else "**no**"
        names = ", ".join(name.split("::")[1] for name in one.cases)
        others = ", ".join(one.others)
        lines.append(f"| {one.fault} | {one.says} | {one.clause} | {hit} | {others} | {names} |")
    counts = Counter(name for one in outcomes for name in one.cases)
    lines += ["", "| case | faults it catches |", "| --- | --- |"]
    lines += [f"| {name} | {count} |" for name, count in counts.most_common()]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 where every fault is caught by the clause it violates."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.faults", description=__doc__.split("\n")[0]
    )
    everything = collection()
    names = [name for fault in everything for name in (fault.id, fault.chapter)]
    parser.add_argument(
        "faults",
        nargs="*",
        type=one_of("fault or chapter", names),
        metavar="FAULT",
        help="a fault, or a chapter's all",
    )
    parser.add_argument("--near", action="store_true", help="only the cases of the fault's chapter")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) * 2)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "faults", metavar="DIR")
    options = parser.parse_args(arguments)
    wanted = [
        fault
        for fault in everything
        if not options.faults or fault.id in options.faults or fault.chapter in options.faults
    ]
    options.out.mkdir(parents=True, exist_ok=True)

    baseline = judge(
        implementation("reference", "reference", REFERENCE.parent),
        cases_of({fault.chapter for fault in wanted} if options.near else None),
    )
    if baseline.failed:
        print(f"the reference itself fails {', '.join(baseline.failed)}; mend that first")
        return 1

    def attempt(fault: Fault) -> Outcome:
        near = cases_of({fault.chapter})
        return trial(fault, near if options.near else cases_reaching(fault.files), options.out)

    outcomes = []
    for outcome in side_by_side(attempt, wanted, options.jobs):
        print(outcome.line, flush=True)
        outcomes.append(outcome)
    print(*summary(outcomes), sep="\n")
    data = [asdict(one) for one in outcomes]
    (options.out / "faults.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    (options.out / "matrix.md").write_text(matrix(outcomes), encoding="utf-8")
    return 0 if all(one.caught and not one.errors for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
