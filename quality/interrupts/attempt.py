"""``python -m quality.interrupts.attempt``: one use of one implementation, interrupted many times.

Runs in the interpreter that is asked about, with the standard library alone, and writes what it
found as one line of JSON.
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

DELAY = 0.0004  # seconds after which the signal comes, at most
AGAIN = 0.5  # seconds after which it comes again, where the exception was swallowed
# The same for other handlers: the object may have been busy, or the signal may have come at the
# last moment before the system call, which then does not notice it.
SOON = 0.002
RESCUE = 0.003  # seconds after which the signal comes where it should have come at some step
MOMENTS = 60  # as many steps of an attempt are told apart
SIGNALS = 60  # during one call, from handlers that return
LATE = 30  # of these may come after the time-out at most; if it begins again, nearly all do
EARLY = 0.0001  # seconds by which a time-out may seem too short
CHECKS = 0.1  # the share of interruptions after which the object is checked
ENOUGH = 20  # times that an attempt goes on with a new object; finding each takes a while
STALL = 8  # looks, half a second apart, at which nothing runs or changes: the attempt hangs


class Interruption(BaseException):
    """What the handler raises; like KeyboardInterrupt, no ``except Exception`` takes it."""


class MistakableValue(Interruption, ValueError):
    """The same, but a careless primitive may take it for an error of a step of its own."""


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
    """Sends the signal at one of the moments at which CPython runs handlers: at the beginning of a
    function, and right after a call of one written in C.

    Most of these are so short that a signal from outside hardly ever meets them.
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
        """Watch no longer."""
        sys.setprofile(None)
        self._most = min(max(self._most, self._seen), MOMENTS)

    def is_watched(self, frame: types.FrameType | None) -> bool:
        """Whether a signal from outside has come while a step was counted.

        No handler may run there: it might be before a call, where CPython runs none.
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
    """Let the signal come at one of the steps, or at any moment soon; and later once more.

    ``again``: seconds after which it comes again and again, until :func:`end_signals`.
    """
    if steps is None:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, DELAY), again)
    else:
        signal.setitimer(signal.ITIMER_REAL, RESCUE, again)
        steps.begin()


def end_signals(steps: Steps | None = None) -> None:
    """Send no more signals, and forget the one that may be on its way."""
    if steps is not None:
        steps.end()
    signal.signal(signal.SIGALRM, _ignore)
    signal.setitimer(signal.ITIMER_REAL, 0)


def raises(use: Use, steps: Steps | None) -> bool:
    """Use the object until a handler raises; whether something else came out of it."""

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
    except Interruption:  # one more signal, just before the end; the next one is not due yet
        end_signals(steps)
    return failed


def _ignore(number: int, frame: object) -> None:
    pass


def returns(use: Use, steps: Steps | None) -> bool:
    """Use the object while handlers run and return: no call may end early, or begin again."""
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
        expect(woken, "a call returned after a signal, and nobody had woken it")
        use.second.end()
    else:
        expect(seconds > use.time_out - EARLY, "a time-out ended early after a signal")
        expect(late <= LATE, "a time-out begins again with each signal")
    return False


def calls_back(use: Use, steps: Steps | None) -> bool:
    """Use the object until a handler has used it in the middle of a call."""
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
                expect(handled, "a call returned, and nobody had woken it")
    finally:
        end_signals(steps)
    return False


MODES: dict[str, Callable[[Use, Steps | None], bool]] = {
    "raises": raises,
    "returns": returns,
    "calls back": calls_back,
}


def suits(mode: str, kind: type[Use]) -> bool:
    """Whether a kind of handler is tried on a use: one that returns only where it blocks."""
    return kind.blocks or mode != "returns"


def attempt(module: Any, kind: type[Use], mode: str, interruptions: int) -> dict[str, Any]:
    """Interrupt one use of one object again and again; what came of it.

    ``interruptions``: how many there were; ``unusable``: how often by why; ``kept``: how many left
    something acquired; ``other``: how many came out as another exception than the handler's.
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
            expect(
                mode == "raises" or not left, "it is still held, although no call was broken off"
            )
            if done == interruptions or random.random() < CHECKS:
                use.check()
        except Unusable as error:
            unusable[str(error)] = unusable.get(str(error), 0) + 1
            use = kind(module)
    return {"interruptions": done, "unusable": unusable, "kept": kept, "other": other}


_progress = [0]


def _watch() -> None:
    """End the process, with the stacks of its threads, once nothing in it goes on."""
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
    os._exit(0)  # threads that are blocked for good would be waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
