"""Measure how long it takes to judge implementations that are wrong everywhere: ``make bad``.

Each is judged as by ``pytest --impl=NAME`` without other options, and has a time limit.  Green
threads are tried if gevent and eventlet are installed.  The limits are for an otherwise idle
machine with two processors.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from quality.judging import ROOT, cases_of, chapters, implementation
from quality.naming import one_of
from threadspec.adapters.adapter import Adapter, Implementation, resolve
from threadspec.adapters.interpreters import this_interpreter
from threadspec.conformance.index import Case
from threadspec.conformance.verdicts import Verdict
from threadspec.frontends.trial import Trial

# The time limit of each implementation, in seconds.
LIMITS = {
    "timers_never_fire": 60,
    "release_blocks": 60,
    "release_polls": 60,
    "waits_never_woken": 60,
    "spins_in_every_other_case": 120,
    "spinning_dummy": 15,
    "reference-dummy": 15,
    "gevent": 15,
    "eventlet": 15,
}

GREEN = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}


@dataclass(frozen=True)
class Cost:
    """The time taken to judge one implementation, in seconds, and the verdicts of its cases.

    ``used``: the processor time of the kit and its workers in seconds, which depends less on what
    else the machine does.
    """

    name: str
    seconds: float
    used: float
    limit: float
    verdicts: Counter[Verdict]

    @property
    def line(self) -> str:
        """The cost in one line."""
        found = "TOO LONG" if self.seconds > self.limit else "ok      "
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.most_common())
        seconds = f"{self.seconds:.1f} s of {self.limit:g} s, {self.used:.1f} s of processor time"
        return f"{found}  {self.name}: {seconds} ({counts})"


def subject(name: str) -> Implementation:
    """The implementation with this name in ``LIMITS``."""
    if name in GREEN:
        return Implementation(
            name, Adapter(name=name, module="threading", setup=GREEN[name]), this_interpreter()
        )
    if name == "reference-dummy":
        return resolve(name)
    return implementation(name, f"quality.bad.{name}", ROOT)


def cost(name: str, cases: Sequence[Case]) -> Cost:
    """Judge one implementation with these cases."""
    trial = Trial(subject(name))
    began, used = time.monotonic(), _processor_time()
    try:
        verdicts = Counter(result.verdict for result in trial.run_all(cases))
        seconds = time.monotonic() - began
    finally:
        trial.close()
    return Cost(name, seconds, _processor_time() - used, LIMITS[name], verdicts)


def _processor_time() -> float:
    """The processor time of this process and of its ended children, in seconds."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in whose)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if no implementation takes longer than its limit."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.bad", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "names",
        nargs="*",
        type=one_of("implementation", LIMITS),
        metavar="NAME",
        help="an implementation; default: all of them",
    )
    parser.add_argument(
        "--chapter",
        action="append",
        type=one_of("chapter", chapters()),
        metavar="CHAPTER",
        help="only the cases of this chapter",
    )
    options = parser.parse_args(arguments)
    cases = cases_of(options.chapter)
    late = []
    for name in options.names or LIMITS:
        if name in GREEN and importlib.util.find_spec(name) is None:
            print(f"skipped   {name}: it is not installed")
            continue
        found = cost(name, cases)
        print(found.line, flush=True)
        if found.seconds > found.limit:
            late.append(name)
    print(f"too expensive to judge: {', '.join(late) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
