"""Time how long it takes to judge implementations that are wrong everywhere: ``make bad``.

Each is judged as ``pytest --impl=NAME`` does it by default, and has a limit.  Green threads are
tried where gevent and eventlet are installed.  The limits are for a machine with two processors and
nothing else to do.
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

from quality.judging import ROOT, cases_of, implementation
from threadspec.adapters.adapter import Adapter, Implementation, resolve
from threadspec.adapters.interpreters import this_interpreter
from threadspec.conformance.index import Case
from threadspec.conformance.verdicts import Verdict
from threadspec.frontends.trial import Trial

# The most seconds that each may take.
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
    """What one implementation has cost: ``seconds`` of ``limit``, and its cases' verdicts.

    ``used``: the seconds of processor time of the kit and of its workers, which depend less on what
    else the machine has to do.
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
    """The implementation that a key of ``LIMITS`` stands for."""
    if name in GREEN:
        return Implementation(
            name, Adapter(name=name, module="threading", setup=GREEN[name]), this_interpreter()
        )
    if name == "reference-dummy":
        return resolve(name)
    return implementation(name, f"quality.bad.{name}", ROOT)


def cost(name: str, cases: Sequence[Case]) -> Cost:
    """Observer one implementation with these cases."""
    trial = Trial(subject(name))
    began, used = time.monotonic(), _processor_time()
    try:
        verdicts = Counter(result.verdict for result in trial.run_all(cases))
        seconds = time.monotonic() - began
    finally:
        trial.close()
    return Cost(name, seconds, _processor_time() - used, LIMITS[name], verdicts)


def _processor_time() -> float:
    """The seconds of processor time of this process and of those that it has seen end."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in whose)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 where none takes longer than its limit."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.bad", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of them; default: all")
    parser.add_argument(
        "--chapter", action="append", metavar="CHAPTER", help="only the cases of this chapter"
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in LIMITS:
            parser.error(f"there is no {name}; there are {', '.join(LIMITS)}")
    cases = cases_of(options.chapter)
    if not cases:
        parser.error(f"there is no chapter {' or '.join(options.chapter)}")
    late = []
    for name in options.names or LIMITS:
        if name in GREEN and importlib.util.find_spec(name) is None:
            print(f"left out  {name}: it is not installed")
            continue
        found = cost(name, cases)
        print(found.line, flush=True)
        if found.seconds > found.limit:
            late.append(name)
    print(f"too expensive to judge: {', '.join(late) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
