"""``python -m quality.explore_replay``: replay failures that ``threadspec explore`` finds.

These are the first failure of each planted interleaving fault (see :mod:`quality.explore_faults`),
and those of every CPython and PyPy found here: one for each written scenario that fails within
60 schedules.  Generated programs are left out, and so are the cases of CPython and PyPy.

The schedule of each failure is run again 100 times in this process, over two fresh loads of the
implementation, and in two other processes, in which strings have other hashes.  Each time, the
observed fault and every row of the table must be the same as the first time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from quality.explore_faults.__main__ import collection, plant, try_fault
from quality.naming import one_of
from threadspec.adapters import interpreters
from threadspec.adapters.adapter import known, resolve
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.exploration import scenarios, subjects
from threadspec.exploration.exploring import Exploration, undisturbed
from threadspec.exploration.program import Program
from threadspec.exploration.report import case_interleaving, interleaving
from threadspec.exploration.search import parse
from threadspec.exploration.stage import Stage
from threadspec.exploration.visible import Subject

# How often a failure is replayed in this process, and how often in each load of the implementation.
TIMES = 100
IN_A_LOAD = 50

# The hash seeds of the other processes.
SEEDS = ("1", "2")


@dataclass(frozen=True)
class Failure:
    """A failure that was found.

    ``subject``: the name of an implementation, or the id of a planted fault; ``program``: the
    scenario or case; ``observed``: what was wrong; ``schedule``: the schedule of its token.
    """

    subject: str
    program: str
    observed: str
    schedule: str


class Subjects:
    """Loads the implementations that failures are of.  ``folder``: where faults are planted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._faults = {fault.id: fault for fault in collection()}

    def load(self, name: str) -> Subject:
        """A fresh load of an implementation, or of a copy of the reference with a fault."""
        if name not in self._faults:
            return next(subjects.variants(resolve(name)))
        # A folder for each, since lines are shown from the file.
        return plant(self._faults[name], self._folder / name)


def failures_of_faults(words: Sequence[str], folder: Path) -> Iterator[Failure]:
    """The failures of planted faults: all, or those that are named."""
    for fault in collection():
        if not words or fault.id in words:
            found = try_fault(fault, folder / fault.id)
            if found.program is not None:
                yield Failure(fault.id, found.program, found.observed, found.steps)


def failures_of(name: str) -> Iterator[Failure]:
    """The failures of the written scenarios on an implementation, within a few schedules."""
    subject = next(subjects.variants(resolve(name)))
    for scenario in scenarios.written():
        failure = Exploration(Program(scenario, subject)).explore(1).failure
        if failure is not None:
            yield Failure(name, scenario.name, str(failure.wrong), failure.token)


def standard_libraries() -> Iterator[str]:
    """The names of the standard libraries found here that can be explored."""
    for interpreter in interpreters.found():
        name = f"stdlib@{interpreter.label}"
        try:
            subjects.load(resolve(name))
        except UserError:
            continue
        yield name


def replayed(failure: Failure, subject: Subject) -> str:
    """The schedule of a failure, run again: what is wrong and the whole table, as JSON."""
    segments = parse(failure.schedule)
    for scenario in scenarios.written():
        if scenario.name == failure.program:
            shown = interleaving(Program(scenario, subject), segments)
            return json.dumps(asdict(shown))
    case = next(case for case in battery() if case.id == failure.program)
    return json.dumps(asdict(case_interleaving(Stage(subject, subject.mapped), case, segments)))


def replay_all(failures: Sequence[Failure], folder: Path) -> list[str]:
    """Each failure replayed once."""
    known = Subjects(folder)
    return [replayed(failure, known.load(failure.subject)) for failure in failures]


def _elsewhere(failures: Sequence[Failure], seed: str) -> list[str]:
    """Each failure replayed once in another process, in which strings have other hashes."""
    ended = subprocess.run(
        [sys.executable, "-m", "quality.explore_replay", "--once"],
        input=json.dumps([asdict(one) for one in failures]),
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(ended.stdout)
    return found


def differences(failures: Sequence[Failure], folder: Path, times: int = TIMES) -> list[str]:
    """What differs in any replay, one line for each failure that is not always the same."""
    known = Subjects(folder)
    others = [_elsewhere(failures, seed) for seed in SEEDS]
    lines = []
    for number, failure in enumerate(failures):
        texts: list[str] = []
        while len(texts) < times:
            subject = known.load(failure.subject)
            some = min(IN_A_LOAD, times - len(texts))
            texts += [replayed(failure, subject) for _ in range(some)]
        texts += [other[number] for other in others]
        observed = [json.loads(text)["wrong"] for text in texts]
        same = observed.count(failure.observed)
        tables = len(set(texts))
        if same < len(texts) or tables > 1:
            other = next((str(one) for one in observed if one != failure.observed), "")
            lines.append(
                f"{failure.subject}, {failure.program}: {same} of {len(texts)} replays show "
                f"{failure.observed!r}"
                + (f", others {other!r}" if other else "")
                + f"; {tables} different tables"
            )
    return lines


def is_of(name: str, base: str) -> bool:
    """Whether a name is that of an adapter or a fault, with an interpreter or without."""
    return name.partition("@")[0] == base


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.explore_replay", description=__doc__.split("\n")[0]
    )
    faults = [fault.id for fault in collection()]
    parser.add_argument(
        "names",
        nargs="*",
        type=one_of("fault or implementation", [*faults, *known()], is_of),
        metavar="NAME",
        help="a planted fault, or an implementation such as stdlib@3.11; by default all",
    )
    parser.add_argument("--times", type=int, default=TIMES, help="how often (default: %(default)s)")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="threadspec-") as made, undisturbed():
        folder = Path(made)
        if options.once:
            failures = [Failure(**one) for one in json.load(sys.stdin)]
            print(json.dumps(replay_all(failures, folder)))
            return 0
        try:
            failures = list(_found(options.names, folder))
        except UserError as error:
            parser.error(str(error))
        if not failures:
            parser.error("no failure was found in what was named, so there is nothing to replay")
        wrong = differences(failures, folder, options.times)
    count = options.times + len(SEEDS)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(
        f"{len(failures) - len(wrong)} of {len(failures)} failures were the same in each of "
        f"{count} replays"
    )
    return 1 if wrong else 0


def _found(names: Sequence[str], folder: Path) -> Iterator[Failure]:
    """The failures of what is named, or of everything.  Raises UserError for an unknown name."""
    faults = {fault.id for fault in collection()}
    if not names or faults & set(names):
        yield from failures_of_faults([one for one in names if one in faults], folder)
    for name in names or standard_libraries():
        if name not in faults:
            yield from failures_of(name)


if __name__ == "__main__":
    sys.exit(main())
