"""The command ``check``: in some seconds, whether an implementation can be judged at all."""

from __future__ import annotations

import argparse
import textwrap
import threading
import time
from collections import Counter
from concurrent.futures import CancelledError
from dataclasses import dataclass

from threadspec.adapters.adapter import resolve
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness.names import MODULE
from threadspec.conformance.index import Case, battery
from threadspec.frontends.commands import Status, add_json, print_json, print_text
from threadspec.frontends.commands.completion import completed, implementations
from threadspec.frontends.installation import remedy
from threadspec.frontends.options import IMPLEMENTATION
from threadspec.frontends.trial import NoSuchModule, Trial
from threadspec.reports import text
from threadspec.reports.record import CaseResult, Subject

# One clause of each chapter, and all in which a thread blocks, of which the first cases are run.
SMOKE = (
    "overview.methods",
    "currentthread.in-target",
    "local.elsewhere-unchanged",
    "lock.acquire.held-blocks",
    "rlock.acquire.other-blocks",
    "condition.wait.woken-by-notify",
    "semaphore.acquire.zero-blocks",
    "boundedsemaphore.release.excess-error",
    "event.set.wakes-all",
    "thread.start.runs",
    "thread.join.blocks",
    "daemon.inherited",
    "alien.dummy",
    "timer.runs-function",
    "with.lock.released-after-exception",
)

# The seconds after which the smoke test is given up.
SECONDS = 5.0


@dataclass(frozen=True)
class Smoke:
    """The results of a smoke test; ``cases``: the number that it has."""

    results: tuple[CaseResult, ...]
    cases: int
    seconds: float

    @property
    def blocking(self) -> str:
        """How blocking is told: "proved", "watched" (for a time), "both", or "unknown"."""
        notes = [note for one in self.results for note in one.evidence]
        proved = any(note.endswith("blocked, seen waiting to be woken") for note in notes)
        watched = any(note.endswith("blocked, watched for the window") for note in notes)
        if proved and watched:
            return "both"
        return "proved" if proved else "watched" if watched else "unknown"


# What each way of telling that a thread blocks means, for people.
BLOCKING = {
    "proved": "proved: the kit sees threads wait to be woken",
    "watched": "cannot be proved here: threads are watched for a time (docs/blocking.md)",
    "both": "proved in some cases; in others, threads are watched for a time",
    "unknown": "unknown: no thread blocked in the smoke test",
}


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    parser.description = (
        "Load an implementation, name what it lacks, and run a case or some of each "
        f"chapter, for at most {SECONDS:g} seconds. Exits with 0 if it can be judged, whatever the "
        "verdicts, and with 1 if it exists but cannot."
    )
    completed(parser.add_argument("name", metavar="NAME", help=IMPLEMENTATION), implementations)
    add_json(parser)
    parser.set_defaults(call=_check)


def _check(given: argparse.Namespace) -> int:
    implementation = resolve(given.name)
    path = str(implementation.interpreter.path)
    trial = Trial(implementation)
    try:
        try:
            subject = trial.load()
        except NoSuchModule:
            raise
        except UserError as error:
            reason = str(error.__cause__ or error)
            return _failed(str(error), remedy(implementation, reason), given.json)
        missing = sorted(set(MODULE) - set(trial.names))
        smoke = _smoke(trial)
    finally:
        trial.close()
    if given.json:
        print_json(
            {
                "name": subject.name,
                "judged": True,
                "module": subject.module,
                "version": subject.version,
                "interpreter": subject.interpreter,
                "path": path,
                "platform": subject.platform,
                "missing": missing,
                "blocking": smoke.blocking,
                "smoke": {
                    "cases": smoke.cases,
                    "seconds": round(smoke.seconds, 3),
                    "results": [
                        {
                            "case": one.case,
                            "clause": one.clause,
                            "verdict": one.verdict,
                            "observed": one.observed,
                            "known": one.is_known,
                        }
                        for one in smoke.results
                    ],
                },
            }
        )
    else:
        for line in _lines(given.name, subject, path, missing, smoke):
            print_text(line)
    return Status.FINE


def _failed(reason: str, command: str | None, as_json: bool) -> int:
    if as_json:
        print_json({"judged": False, "reason": reason, "command": command})
        return Status.FOUND
    for line in textwrap.wrap(reason, 78, break_long_words=False, break_on_hyphens=False):
        print_text(line)
    if command:
        print_text(f"Run: {command}")
    return Status.FOUND


def smoke_cases() -> list[Case]:
    """The first case of each clause of the smoke test, and all that look for methods."""
    found: dict[str, list[Case]] = {}
    for case in battery():
        if case.clause.id in SMOKE:
            found.setdefault(case.clause.id, []).append(case)
    return [
        case
        for clause, cases in found.items()
        for case in (cases if clause == "overview.methods" else cases[:1])
    ]


def _smoke(trial: Trial) -> Smoke:
    cases = smoke_cases()
    results: list[CaseResult] = []
    began = time.monotonic()
    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        trial.give_up()

    timer = threading.Timer(SECONDS, give_up)
    timer.start()
    try:
        for result in trial.run_all(cases):
            if given_up.is_set():
                break  # the case was ended from here
            results.append(result)
    except CancelledError:
        pass  # the report says how many cases there was time for
    finally:
        timer.cancel()
    return Smoke(tuple(results), len(cases), time.monotonic() - began)


def _names(subject: Subject, missing: list[str]) -> str:
    """Which documented names the module has."""
    if missing:
        return f"missing: {', '.join(missing)}"
    mapped = sum(name in MODULE for name in subject.mapped)
    if mapped:
        return f"{len(MODULE)} of {len(MODULE)}, {mapped} of them mapped"
    return f"all {len(MODULE)} documented names are there"


def _lines(name: str, subject: Subject, path: str, missing: list[str], smoke: Smoke) -> list[str]:
    """The report for people, in lines of at most 80 characters, but for paths.

    ``name``: the value of ``--impl``.
    """
    counts = Counter(one.verdict for one in smoke.results)
    ran = len(smoke.results)
    counted = text.count(counts) or "no case came to an end"
    of = f" of {smoke.cases}" if ran < smoke.cases else ""
    chapters = len({one.chapter for one in smoke.results})
    fields = [
        ("module", " ".join(filter(None, (subject.module, subject.version)))),
        ("interpreter", f"{subject.interpreter}, {subject.platform}"),
        ("program", path),
        ("names", _names(subject, missing)),
        ("blocking", BLOCKING[smoke.blocking]),
        (
            "smoke test",
            f"{ran}{of} cases of {chapters} chapters: {counted}",
        ),
    ]
    lines = [f"{subject.name} can be judged."]
    for note in text.notes(subject):
        fields.append(("note", note))
    if of:
        fields.append(("note", f"the smoke test was given up after {SECONDS:g} seconds"))
    for label, value in fields:
        first, *rest = textwrap.wrap(value, 64, break_long_words=False) or [""]
        lines += [f"  {label:<12}{first}", *(" " * 14 + line for line in rest)]
    deviations = [
        f"{'known ' if one.is_known else ''}{one.verdict}: {one.clause}: {one.observed}"
        for one in smoke.results
        if one.verdict not in ("pass", "observed", "not-offered")
    ]
    lines += [
        "    " + textwrap.shorten(one, 74, placeholder=" …") for one in dict.fromkeys(deviations)
    ]
    left = len(battery()) - ran
    lines.append(f"This is no verdict: {left} of {len(battery())} cases were not run.")
    lines.append(f"Judge it with: threadspec run {name}")
    return lines
