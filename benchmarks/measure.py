"""``python -m benchmarks.measure``: the measuring side, in the interpreter that is measured.

It measures a single operation: in a shared process, the remains of earlier operations, such as a
dictionary that has contained a thousand threads, would be measured too.  It needs only the standard
library and the reference, and prints its figures as JSON.
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
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .helpers import GreenHelpers, Helpers
from .operations import Operation, operations
from .other import Import, Memory
from .scenarios import Scenario
from .snippets import Population, Snippet
from .subjects import NAMES, Subject, load

BLOCK = 0.001  # approximate duration of a snippet's loop, in seconds
STALL = 60.0  # seconds after which one subject's part of a round is considered to hang
MANY = 200  # the number of threads or waiters that makes a round long

if TYPE_CHECKING:  # older interpreters cannot evaluate it
    # Called once per round; returns the seconds or bytes of one operation.
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
    return lambda: block(n, subject.make, snippet.population) / operations_


def scenario_measure(scenario: Scenario, subject: Subject, helpers: Any) -> Measure:
    """A measure that runs the scenario once."""
    play = scenario.play
    if subject.name == "floor":
        assert scenario.floor is not None
        play = scenario.floor.play
    return lambda: play(subject, helpers, scenario.size) / scenario.per


def other_measure(measured: Import | Memory, subject: Subject) -> Measure:
    """A measure of an import or of memory."""
    return lambda: measured.measure(subject)


@contextlib.contextmanager
def measures(operation: Operation, subjects: list[Subject]) -> Iterator[dict[str, Measure]]:
    """The measures of the operation, for each subject that has a counterpart."""
    measured = operation.measured
    suited = [one for one in subjects if measured.suits(one)]
    found: dict[str, Measure] = {}
    with contextlib.ExitStack() as stack:
        if isinstance(measured, Snippet):
            for subject in suited:
                population = Population(subject, measured.population)
                stack.callback(population.close)
                found[subject.name] = snippet_measure(measured, subject)
        elif isinstance(measured, Scenario):
            helpers = Helpers(measured.helpers)
            stack.callback(helpers.close)
            for subject in suited:
                own = GreenHelpers(subject.make) if subject.name == "gevent" else helpers
                found[subject.name] = scenario_measure(measured, subject, own)
        else:
            for subject in suited:
                found[subject.name] = other_measure(measured, subject)
        yield found


def interleaved(found: dict[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Measure all subjects in every round, each time in a new random order."""
    figures: dict[str, list[float]] = {name: [] for name in found}
    names = list(found)
    for number in range(-1, rounds):
        random.shuffle(names)
        gc.collect()
        for name in names:
            faulthandler.dump_traceback_later(STALL, exit=True)
            figure = found[name]()
            if number >= 0:  # the first round is a warm-up
                figures[name].append(figure)
    faulthandler.cancel_dump_traceback_later()
    return figures


def rounds_of(operation: Operation, rounds: int) -> int:
    """The number of rounds: fewer than ``rounds`` if one is long, or the figures are stable."""
    measured = operation.measured
    if isinstance(measured, Memory):
        return 3
    long = isinstance(measured, Import) or (isinstance(measured, Snippet) and measured.per >= MANY)
    if isinstance(measured, Scenario):
        long = operation.size >= MANY
    return max(1, rounds // 3) if long else rounds


def main() -> None:
    """Measure the operation with the given key."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measure")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("key", choices=[one.key for one in operations()])
    options = parser.parse_args()
    [operation] = [one for one in operations() if one.key == options.key]
    subjects, skipped = [], {}
    faulthandler.dump_traceback_later(STALL, exit=True)
    for name in NAMES:
        try:
            subjects.append(load(name))
        except ImportError as error:
            skipped[name] = str(error)
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()  # existing objects need not be examined in every round
    gc.disable()
    with measures(operation, subjects) as found:
        figures = interleaved(found, rounds_of(operation, options.rounds))
    about = {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "machine": platform.platform(),
        "skipped": skipped,
        "figures": figures,
    }
    print(json.dumps(about))


if __name__ == "__main__":
    main()
