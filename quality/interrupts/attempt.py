"""``python -m quality.interrupts.attempt``: one use of one implementation, interrupted many times.

Runs in the interpreter under test with only the standard library, and writes its findings as one
line of JSON.
"""

from __future__ import annotations

import _thread
import faulthandler
import json
import os
import random
import signal
import sys
import time
import types
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .helpers import Unusable, expect, idle
from .uses import USES, Use

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = {"reference": "threadspec.reference", "stdlib": "threading"}

DELAY = 0.0004  # the maximum number of seconds until the signal
AGAIN = 0.5  # seconds until the next signal, if the exception was swallowed
# The same for other handlers: the object may have been busy, or the signal may have arrived just
# before the system call, which it then does not interrupt.
SOON = 0.002
RESCUE = 0.003  # seconds until the signal, if none was sent at a step before
MOMENTS = 60  # the number of steps of an attempt that are distinguished
SIGNALS = 60  # the number of signals during one call, for handlers that return
LATE = 30  # how many of these may arrive after the time-out; if it restarts, nearly all do
EARLY = 0.0001  # seconds by which a time-out may seem too short
CHECKS = 0.1  # the share of interruptions after which the object is checked
ENOUGH = 20  # the number of unusable objects after which an attempt ends
STALL = 8  # the attempt hangs if nothing runs or changes in this many looks, half a second apart


class Interruption(BaseException):
    """Raised by the handler; like KeyboardInterrupt, not caught by ``except Exception``."""


class MistakableValue(Interruption, ValueError):
    """The same, but a careless primitive may mistake it for an error of one of its own steps."""


class MistakableIndex(Interruption, IndexError):
    """Likewise."""


class MistakableState(Interruption, RuntimeError):
    """Likewise: what the release of an unlocked lock raises."""


KINDS = (
    Interruption,
    Interruption,
    Interruption,
    MistakableValue,
    MistakableIndex,
    MistakableState,
)


class Steps:
    """Sends the signal at a moment at which CPython runs handlers: at the beginning of a function,
    or immediately after a call of a C function.

    A signal from outside rarely arrives exactly at such a step.
    """

    def __init__(self) -> None:
        self.sends = False
        self._most = 0  # how many moments have been seen in one attempt
        self._seen = 0
        self._chosen = 0

    def begin(self) -> None:
        """Watch the calling thread until one moment is chosen, or until :meth:`end`."""
        self._seen = 0
        self._chosen = random.randint(1, self._most) if self._most else 0
        sys.setprofile(self._watch)

    def end(self) -> None:
        """Stop watching."""
        sys.setprofile(None)
        self._most = min(max(self._most, self._seen), MOMENTS)

    def is_watched(self, frame: types.FrameType | None) -> bool:
        """Whether a signal from outside has arrived while a step was being counted.

        The handler must ignore it: the step may precede a call, where CPython runs no handlers.
        """
        return frame is not None and frame.f_code is _WATCH and not self.sends

    def _watch(self, frame: types.FrameType, what: str, argument: object) -> None:
        if what in ("call", "c_return") and frame.f_code.co_filename != __file__:
            self._seen += 1
            if self._seen == self._chosen:
                sys.setprofile(None)
                self.sends = True
                try:
                    signal.raise_signal(signal.SIGALRM)
                finally:
                    self.sends = False


_WATCH = Steps._watch.__code__


def begin_signals(steps: Steps | None, again: float) -> None:
    """Send the signal at one of the steps, or soon at any moment, and then repeatedly.

    ``again``: the seconds between repetitions, which last until :func:`end_signals`.
    """
    if steps is None:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, DELAY), again)
    else:
        signal.setitimer(signal.ITIMER_REAL, RESCUE, again)
        steps.begin()


def end_signals(steps: Steps | None = None) -> None:
    """Send no more signals, and ignore one that is still pending."""
    if steps is not None:
        steps.end()
    signal.signal(signal.SIGALRM, _ignore)
    signal.setitimer(signal.ITIMER_REAL, 0)


def raises(use: Use, steps: Steps | None) -> bool:
    """Use the object until a handler raises; return whether another exception resulted."""

    def handle(number: int, frame: types.FrameType | None) -> None:
        if steps is None or not steps.is_watched(frame):
            raise random.choice(KINDS)

    signal.signal(signal.SIGALRM, handle)
    failed = False
    try:
        try:
            begin_signals(steps, AGAIN)
            while True:
                use.use()
        except Interruption:
            pass
        except Exception:
            failed = True
        end_signals(steps)
    except Interruption:  # one more signal arrived just before the end; the next comes much later
        end_signals(steps)
    return failed


def _ignore(number: int, frame: object) -> None:
    pass


def returns(use: Use, steps: Steps | None) -> bool:
    """Use the object while handlers run and return: no call may end early or restart."""
    handled = late = 0
    woken = False

    def handle(number: int, frame: object) -> None:
        nonlocal handled, late, woken
        handled += 1
        late += use.time_out is not None and time.monotonic() > ends
        if handled < SIGNALS:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, DELAY), SOON)
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        if use.time_out is None and not woken:
            woken = True
            use.second.begin(use.wake)

    began = time.monotonic()
    ends = began + (use.time_out or 0.0)
    signal.signal(signal.SIGALRM, handle)
    try:
        begin_signals(None, SOON)
        use.use()
        seconds = time.monotonic() - began
    finally:
        end_signals(steps)
    if use.time_out is None:
        expect(woken, "a call returned after a signal, although no thread had woken it")
        use.second.end()
    else:
        expect(seconds > use.time_out - EARLY, "a time-out ended early after a signal")
        expect(late <= LATE, "a time-out restarts with each signal")
    return False


def calls_back(use: Use, steps: Steps | None) -> bool:
    """Use the object until a handler has used it during a call."""
    handled = 0
    busy = False

    def handle(number: int, frame: types.FrameType | None) -> None:
        nonlocal handled, busy
        if not busy and not (steps and steps.is_watched(frame)):
            busy = True
            handled += 1
            use.call_back()
            busy = False

    signal.signal(signal.SIGALRM, handle)
    try:
        begin_signals(steps, SOON if use.blocks else AGAIN)
        while not handled:
            use.use()
            if use.blocks and use.time_out is None:
                expect(handled, "a call returned, although no thread had woken it")
    finally:
        end_signals(steps)
    return False


MODES: dict[str, Callable[[Use, Steps | None], bool]] = {
    "raises": raises,
    "returns": returns,
    "calls back": calls_back,
}


def suits(mode: str, kind: type[Use]) -> bool:
    """Whether a kind of handler is tried on a use: one that returns needs a use that blocks."""
    return kind.blocks or mode != "returns"


def attempt(module: Any, kind: type[Use], mode: str, interruptions: int) -> dict[str, Any]:
    """Interrupt one use of one object repeatedly; return the fields of an ``Outcome``.

    ``interruptions``: their number; ``unusable``: {reason: how often the object was unusable};
    ``kept``: how many left something acquired; ``other``: how many led to an exception other than
    the handler's.
    """
    done = kept = other = 0
    unusable: dict[str, int] = {}
    use = kind(module)
    steps = Steps()
    while done < interruptions and sum(unusable.values()) < ENOUGH:
        _progress[0] = done = done + 1
        try:
            use.prepare()
            other += MODES[mode](use, random.choice((steps, None)))
            left = use.settle()
            kept += left > 0
            expect(mode == "raises" or not left, "it is still held, although no call was aborted")
            if done == interruptions or random.random() < CHECKS:
                use.check()
        except Unusable as error:
            unusable[str(error)] = unusable.get(str(error), 0) + 1
            use = kind(module)
    return {"interruptions": done, "unusable": unusable, "kept": kept, "other": other}


_progress = [0]


def _watch() -> None:
    """Write all stacks and end the process once nothing in it makes progress."""
    seen, looks = 0, 0
    while True:
        time.sleep(0.5)
        looks = looks + 1 if _progress[0] == seen and idle() else 0
        seen = _progress[0]
        if looks == STALL:
            faulthandler.dump_traceback()
            os._exit(3)


def main(name: str, use: str, mode: str, interruptions: str) -> None:
    """Make the attempt and print its outcome."""
    package = types.ModuleType("threadspec")
    package.__path__ = [ROOT]
    sys.modules["threadspec"] = package
    _thread.start_new_thread(_watch, ())
    module = import_module(MODULES[name])
    outcome = attempt(module, USES[use], mode, int(interruptions))
    print(json.dumps(outcome), flush=True)
    os._exit(0)  # a normal exit would wait for threads that are blocked for ever


if __name__ == "__main__":
    main(*sys.argv[1:])
