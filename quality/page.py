"""Measures the page with as many implementations and clauses as it is made for.

Run ``python -m quality.page [--implementations N] [--out FILE]``.  It makes records of invented
implementations, writes their page, and uses it in a Chromium without a window.  It prints the size
of the page, and the milliseconds until the views are painted and until the evidence behind a cell
is.  The exit status is 1 where a figure misses its goal.

The records are like real ones: families of implementations that deviate in the same clauses with
the same evidence, some nearly conforming, some wrong nearly everywhere, and numbers that differ
from case to case.  Each implementation has earlier records, from which it differs in a few clauses.
One of each family has the results of an exploration, in which a few programs fail: of those that
the kit knows, a fifth can be explored.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from quality.browser import BrowserError, Page, browser
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import Case, battery, digest
from threadspec.conformance.verdicts import Verdict
from threadspec.exploration import scenarios
from threadspec.reports import page
from threadspec.reports.exploration import Broken, Exploration, Explored, Kind
from threadspec.reports.history import histories
from threadspec.reports.matrix import build
from threadspec.reports.record import CaseResult, Expectation, Kit, Record, Subject

# The goals: bytes, and milliseconds.
LARGEST = 1_000_000
DRAWN = 1_000
OPENED = 50

# How often each duration is measured; the median counts.
TIMES = 5

# How many implementations a family has, and the shares of the clauses from which they deviate.
FAMILY = 4
SHARES = (0.02, 0.06, 0.06, 0.1, 0.3, 0.55)

# How many earlier records each implementation has, and the share of the clauses that have changed.
EARLIER = 3
CHANGED = 0.03

# The shares of scenarios and cases of which a schedule fails.
FAILING: dict[Kind, float] = {"scenario": 0.05, "case": 0.01}


def records(number: int, seed: int = 0) -> Iterator[Record]:
    """Records of invented implementations, always the same for the same arguments."""
    for index in range(number):
        family = index // FAMILY
        chance = random.Random(f"{seed} {family}")
        share = SHARES[family % len(SHARES)]
        bad = {clause.id for clause in catalogue().clauses if chance.random() < share}
        own = random.Random(f"{seed} {index}")
        yield Record(
            kit=Kit(
                version="0.1.0",
                catalogue=catalogue().version,
                clauses=catalogue().digest,
                battery=digest(),
                cases=len(battery()),
                runner="0123456789ab",
            ),
            implementation=Subject(
                name=f"family{family}@3.{index % FAMILY + 8}",
                module=f"family{family}.threads",
                version=f"{family}.{index}",
                interpreter=f"CPython 3.{index % FAMILY + 8}.0",
                platform="Linux x86_64",
                gil=True,
                about="An invented implementation.",
            ),
            cases=tuple(_result(case, case.clause.id in bad, family, own) for case in battery()),
            made=f"2026-11-{index % 28 + 1:02}T12:00:00+00:00",
            finished=True,
            time_scale=1.0,
            exploration=_exploration(own) if index % FAMILY == 0 else None,
        )


def _exploration(chance: random.Random) -> Exploration:
    """The exploration of every written scenario and of every case."""
    programs = [_explored(one.name, "scenario", one.clauses, chance) for one in scenarios.written()]
    cases = [_explored(one.id, "case", (one.clause.id,), chance) for one in battery()]
    return Exploration(
        made="2026-11-29T12:00:00+00:00",
        interpreter="CPython 3.11.7",
        python="",
        source="01234567",
        explorer="0123456789ab",
        programs=(*programs, *cases),
        left_out={"signals and finalizers are not scheduled": 67},
    )


def _explored(name: str, kind: Kind, clauses: tuple[str, ...], chance: random.Random) -> Explored:
    """What was found about a program or a case: in a few, that a clause breaks."""
    failure = None
    if chance.random() < FAILING[kind]:
        steps = ".".join(f"{chance.randrange(4)}x{chance.randrange(1, 30)}" for _ in range(5))
        failure = Broken(
            clause=clauses[0],
            observed=f"call {chance.randrange(9)} of thread {chance.randrange(4)} blocks for ever",
            token=f"{name}@{chance.randrange(16**8):08x}:{steps}",
            schedule=chance.randrange(1, 99),
            preemptions=chance.randrange(3),
        )
    is_cut = failure is not None or kind == "case" or chance.random() < 0.2
    return Explored(
        name=name,
        kind=kind,
        chapter=name.partition(".")[0],
        clauses=clauses,
        variant="",
        grade="sampled" if is_cut else "exhausted",
        bound=None,
        schedules=chance.randrange(1, 30_000) if kind == "scenario" else 100,
        equivalent=0,
        outcomes=chance.randrange(1, 9),
        seconds=0.1,
        verdict="fails" if failure else "holds",
        failure=failure,
    )


def earlier(found: Iterable[Record], seed: int = 0) -> Iterator[Record]:
    """Earlier records of the same implementations, always the same for the same arguments."""
    cases = {case.id: case for case in battery()}
    for record in found:
        for number in range(EARLIER):
            chance = random.Random(f"{seed} {record.implementation.name} {number}")
            changed = {one.id for one in catalogue().clauses if chance.random() < CHANGED}
            yield replace(
                record,
                label=f"revision {number}",
                made=f"2026-10-{number + 1:02}T12:00:00+00:00",
                cases=tuple(
                    _result(cases[one.case], one.verdict == "pass", number, chance)
                    if one.clause in changed
                    else one
                    for one in record.cases
                ),
            )


def _result(case: Case, bad: bool, family: int, chance: random.Random) -> CaseResult:
    """The result of a case, a deviation with everything that it can have, or not."""
    clause = case.clause
    verdict: Verdict = "pass"
    if clause.level == "free":
        verdict = "observed"
    elif bad:
        usual: Verdict = "fail" if clause.level == "must" else "non-strict"
        verdict = chance.choices([usual, "unsupported", "timeout"], [17, 2, 1])[0]
    if verdict == "pass":
        return _plain(case, verdict, chance)
    return CaseResult(
        case=case.id,
        clause=clause.id,
        chapter=clause.chapter,
        level="free" if clause.level == "info" else clause.level,
        verdict=verdict,
        expected=clause.says,
        observed=f"while another thread held the lock, {case.function[5:45]}() of family "
        f"{family} returned {chance.randrange(40)}; it must block",
        where=f"{case.source}:{case.line + 7}",
        check=f"assert blocked, {case.function!r}",
        evidence=(f"{chance.randrange(2, 9)} actors: blocked, seen waiting to be woken",),
        output="".join(
            f'  File "/usr/lib/python3/family{family}/threads.py", line {chance.randrange(900)}\n'
            for _ in range(30 if verdict == "timeout" else 0)
        ),
        seconds=chance.uniform(0.0001, 0.2),
        waits={"positive": chance.uniform(0.0001, 0.1)},
        divergence=Expectation(
            verdict, f"Family {family} has no second thread for {clause.chapter}."
        )
        if chance.random() < 0.7 and verdict != "observed"
        else None,
    )


def _plain(case: Case, verdict: Verdict, chance: random.Random) -> CaseResult:
    clause = case.clause
    return CaseResult(
        case=case.id,
        clause=clause.id,
        chapter=clause.chapter,
        level="must" if clause.level == "must" else "should",
        verdict=verdict,
        expected=clause.says,
        evidence=("1 actor: blocked, seen waiting to be woken",),
        seconds=chance.uniform(0.0001, 0.05),
    )


def painted(shown: Page, address: str) -> float:
    """The milliseconds from the start of loading the page until its view is painted."""
    shown.open(address)
    found: float = shown.wait("performance.getEntriesByName('painted')[0]?.startTime")
    return found


def opened(shown: Page, row: int, column: int) -> float:
    """The milliseconds from a click on a cell until the evidence behind it is painted."""
    shown.evaluate(
        """void (window.took = new Promise((done) => addEventListener("click", (event) => {
            requestAnimationFrame(() => requestAnimationFrame(
                () => done(performance.now() - event.timeStamp)));
        }, { capture: true, once: true })))"""
    )
    shown.click(f".grid tr[data-clause]:nth-of-type({row}) td:nth-of-type({column})")
    took: float = shown.evaluate("window.took")
    if not shown.evaluate("document.querySelector('#evidence').open"):
        raise BrowserError("a click on a cell has not opened its evidence")
    shown.press("Escape")
    return took


def measure(number: int, path: Path) -> Iterator[tuple[str, float, float]]:
    """What was measured: its name, the figure, and the goal."""
    found = list(records(number))
    matrix = build(found, catalogue())
    text = page.html(matrix, histories(matrix, list(earlier(found))))
    path.write_text(text, encoding="utf-8")
    yield "bytes", path.stat().st_size, LARGEST
    address = path.as_uri()
    with browser() as shown:
        shown.resize(1440, 900)
        shown.call("Page.addScriptToEvaluateOnNewDocument", source=_NOTE)
        painted(shown, address)  # the first start of the browser's own parts
        for name, hash in (
            ("overview drawn, ms", ""),
            ("matrix drawn, ms", "#matrix"),
            ("matrix drawn with every clause, ms", "#matrix?open=all"),
            ("matrix drawn with what changed, ms", "#matrix?rows=changed"),
        ):
            times = [painted(shown, address + hash) for _ in range(TIMES)]
            yield name, statistics.median(times), DRAWN
        cells = [(row, 5) for row in range(2, 2 + 2 * TIMES)]
        times = [opened(shown, row, column) for row, column in cells]
        yield "evidence opened, ms", statistics.median(times), OPENED


# Runs before the page: notes when the first view has been painted, two frames after it was drawn.
_NOTE = """
new MutationObserver((_, observer) => {
    if (!document.body?.dataset.shown) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("painted")));
}).observe(document, { attributes: true, subtree: true });
"""


def main() -> int:
    """Measure the page; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m quality.page", description="Measure the page.")
    parser.add_argument("--implementations", type=int, default=40, metavar="N")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the page there")
    options = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        path = (options.out or Path(folder) / "page.html").resolve()
        clauses = len(catalogue().clauses)
        print(f"{options.implementations} implementations, {clauses} clauses")
        try:
            for name, figure, goal in measure(options.implementations, path):
                verdict = "" if figure < goal else "  MISSED"
                missed = missed or figure >= goal
                print(f"{name:<40} {figure:>10,.0f}  (goal: {goal:,}){verdict}", flush=True)
        except BrowserError as error:
            print(f"quality.page: {error}", file=sys.stderr)
            return 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
