"""``python -m benchmarks.measure``: the measuring side, in the interpreter that is measured.

It needs nothing but the standard library and the reference.  It prints a line of JSON for itself,
one as each operation begins and one with its figures; the command makes a table of them.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import gc
import json
import platform
import random
import sys
from typing import Any, Callable, Dict, Iterator, List

from .crew import Crew, GreenCrew
from .operations import Operation, operations
from .other import Import, Memory
from .scenarios import Scenario
from .snippets import Population, Snippet
from .subjects import NAMES, Subject, load

BLOCK = 0.001  # seconds that a snippet's loop takes, about
STALL = 120.0  # seconds after which one subject's part of a round is taken to hang

# Once a round: the seconds, or bytes, of one operation.
Measure = Callable[[], float]


def snippet_measure(snippet: Snippet, subject: Subject) -> Measure:
    """A measure that runs the snippet's loop for about ``BLOCK`` seconds."""
    block = snippet.compiled(subject)
    n = 1
    while True:
        took = block(n, subject.make, snippet.population)
        if took >= BLOCK / 4:
            break
        n *= 4
    n = max(1, round(n * BLOCK / took))
    operations_ = n * snippet.unrolled * snippet.per

    def measure() -> float:
        return block(n, subject.make, snippet.population) / operations_

    return measure


def scenario_measure(scenario: Scenario, subject: Subject, crew: Any) -> Measure:
    """A measure that plays the scenario once."""
    play = scenario.floor if subject.name == "floor" else scenario.play
    assert play is not None
    round_ = play

    def measure() -> float:
        return round_(subject, crew, scenario.size) / scenario.per

    return measure


@contextlib.contextmanager
def measures(operation: Operation, subjects: List[Subject]) -> Iterator[Dict[str, Measure]]:
    """What measures the operation, for each subject that has a counterpart."""
    measured = operation.measured
    suited = [one for one in subjects if measured.suits(one)]
    found: Dict[str, Measure] = {}
    with contextlib.ExitStack() as stack:
        if isinstance(measured, Snippet):
            for subject in suited:
                population = Population(subject, measured.population)
                stack.callback(population.close)
                found[subject.name] = snippet_measure(measured, subject)
        elif isinstance(measured, Scenario):
            crew = Crew(measured.crew)
            stack.callback(crew.close)
            for subject in suited:
                own = GreenCrew(subject.make) if subject.name == "gevent" else crew
                found[subject.name] = scenario_measure(measured, subject, own)
        else:
            for subject in suited:
                found[subject.name] = _bound(measured, subject)
        yield found


def _bound(measured: Import | Memory, subject: Subject) -> Measure:
    return lambda: measured.measure(subject)


def interleaved(found: Dict[str, Measure], rounds: int) -> Dict[str, List[float]]:
    """Measure all subjects in every round, in an order of its own."""
    figures: Dict[str, List[float]] = {name: [] for name in found}
    names = list(found)
    for number in range(-1, rounds):
        random.shuffle(names)
        gc.collect()
        for name in names:
            faulthandler.dump_traceback_later(STALL, exit=True)
            figure = found[name]()
            if number >= 0:  # the first round is for caches
                figures[name].append(figure)
    faulthandler.cancel_dump_traceback_later()
    return figures


def rounds_of(operation: Operation, rounds: int) -> int:
    """Snippets are short; rounds of a thousand waiters, threads or timers are long and few."""
    if isinstance(operation.measured, Memory):
        return 3
    if isinstance(operation.measured, Snippet) and operation.measured.per == 1:
        return rounds
    return max(1, rounds // 3)


def say(**what: Any) -> None:
    """Print a line for the command."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Measure the operations whose keys are given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measure")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("keys", nargs="+")
    options = parser.parse_args()
    subjects, skipped = [], {}
    for name in NAMES:
        try:
            subjects.append(load(name))
        except ImportError as error:
            skipped[name] = str(error)
    say(
        version=platform.python_version(),
        implementation=platform.python_implementation(),
        gil=getattr(sys, "_is_gil_enabled", lambda: True)(),
        machine=platform.platform(),
        skipped=skipped,
    )
    gc.collect()
    gc.freeze()
    gc.disable()
    wanted = set(options.keys)
    for operation in operations():
        if operation.key in wanted:
            say(begins=operation.key)
            with measures(operation, subjects) as found:
                figures = interleaved(found, rounds_of(operation, options.rounds))
            say(key=operation.key, figures=figures)


if __name__ == "__main__":
    main()
