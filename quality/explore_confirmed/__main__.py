"""``python -m quality.explore_confirmed``: try with real threads what ``explore`` finds.

For each finding, ``threadspec explore`` runs its scenario on the ``threading`` of every CPython and
PyPy found here and on the reference, and the same is tried in that interpreter with real threads
(see ``program.py``): freely, and with threads that are delayed at each line in turn.  A line for
each says what came of it.  The exit status is 1 if real threads show something that ``explore``
does not find, or not what it finds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality.explore_replay import is_of, standard_libraries
from quality.judging import REFERENCE
from quality.naming import one_of
from threadspec.adapters.adapter import known, resolve
from threadspec.exploration import scenarios, subjects
from threadspec.exploration.exploring import QUICK, Exploration, undisturbed
from threadspec.exploration.program import Program

PROGRAM = Path(__file__).with_name("program.py")

# The seconds of the free tries, the most tries of each kind, and the seconds of a whole process.
SECONDS = 2.0
MOST = 2_000
LIMIT = 600.0

# The findings of the program, each with the scenario that shows it.
SCENARIOS = {
    "start-twice": "thread.start-twice",
    "two-joiners": "thread.two-joiners",
    "join-beside-alive": "thread.join-beside-alive",
    "unlisted-but-alive": "thread.listed-while-it-ends",
    "notify-beside-notify": "condition.not-held-lock",
    "wait-beside-notify": "condition.not-held-lock",
    "attempt-beside-notify": "condition.failed-notify-beside-attempt-lock",
    "stack-size": "module.stack-size",
}


@dataclass(frozen=True)
class Tries:
    """Tries of one kind: how many showed the finding, of how many, and what the first showed."""

    wrong: int = 0
    count: int = 0
    said: str | None = None


@dataclass(frozen=True)
class Result:
    """What came of a finding on one implementation.

    ``schedule``: the schedule in which ``explore`` found it, or None; ``natural`` and ``forced``:
    the tries with real threads; ``crash``: how the interpreter ended, if not as it should.
    """

    finding: str
    implementation: str
    schedule: int | None
    natural: Tries
    forced: Tries
    crash: str = ""

    @property
    def is_confirmed(self) -> bool:
        """Whether real threads show it."""
        return bool(self.natural.wrong or self.forced.wrong or self.crash)

    @property
    def line(self) -> str:
        """The result in one line."""
        found = f"schedule {self.schedule}" if self.schedule is not None else "not found"
        tried = (
            f"natural {self.natural.wrong} of {self.natural.count}, "
            f"forced {self.forced.wrong} of {self.forced.count}"
        )
        said = self.natural.said if self.forced.said is None else self.forced.said
        parts = [tried, *filter(None, (self.crash, said))]
        real = "confirmed" if self.is_confirmed else "not shown"
        return (
            f"{self.finding:<22} {self.implementation:<17} explore: {found:<13} "
            f"real threads: {real} ({'; '.join(parts)})"
        )


def explored(name: str, scenario: str) -> int | None:
    """The schedule in which ``explore`` finds something wrong in a scenario, or None."""
    subject = next(subjects.variants(resolve(name)))
    program = Program(next(one for one in scenarios.written() if one.name == scenario), subject)
    with undisturbed():
        failure = Exploration(program).explore(QUICK).failure
    return None if failure is None else failure.schedule


def tried(
    name: str, finding: str, seconds: float = SECONDS, most: int = MOST
) -> tuple[Tries, Tries, str]:
    """The free and the forced tries with real threads, and how the interpreter crashed, if it did.

    ``seconds``: how long to try freely; ``most``: the most tries of each kind.  Raises RuntimeError
    if the program ended otherwise than by a crash, without the results of both kinds.
    """
    implementation = resolve(name)
    with tempfile.TemporaryDirectory(prefix="threadspec-") as made:
        folder = Path(made)
        (folder / "threadspec").mkdir()
        (folder / "threadspec" / "reference").symlink_to(REFERENCE)
        module = implementation.adapter.module
        words = [str(PROGRAM), str(folder), module, finding, str(seconds), str(most)]
        ended = subprocess.run(
            [str(implementation.interpreter.path), *words],
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    tries = [Tries(*json.loads(line)) for line in ended.stdout.splitlines()]
    # A signal ends an interpreter that crashes.  Anything else is a mistake of the program.
    crashed = ended.returncode < 0
    if not crashed and (ended.returncode or len(tries) != 2):
        why = ended.stderr.strip().splitlines()[-1:] or [f"exit status {ended.returncode}"]
        raise RuntimeError(f"{PROGRAM.name} failed for {finding} on {name}: {why[0]}")
    crash = f"the interpreter crashed with {ended.returncode}" if crashed else ""
    natural, forced = [*tries, Tries(), Tries()][:2]
    return natural, forced, crash


def implementations() -> Iterator[str]:
    """The names of what the findings are tried on."""
    yield from standard_libraries()
    yield "reference"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.explore_confirmed", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "findings",
        nargs="*",
        type=one_of("finding", SCENARIOS),
        metavar="FINDING",
        help=", ".join(SCENARIOS),
    )
    parser.add_argument(
        "--impl",
        action="append",
        type=one_of("implementation", known(), is_of),
        metavar="NAME",
        help="try it on this implementation only",
    )
    options = parser.parse_args(arguments)
    disagree = 0
    for finding in options.findings or SCENARIOS:
        for name in options.impl or implementations():
            schedule = explored(name, SCENARIOS[finding])
            result = Result(finding, name, schedule, *tried(name, finding))
            print(result.line, flush=True)
            disagree += result.is_confirmed != (schedule is not None)
    print(f"explore and real threads disagree about {disagree}" if disagree else "they agree")
    return 1 if disagree else 0


if __name__ == "__main__":
    sys.exit(main())
