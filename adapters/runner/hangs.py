"""Recognises, from the stacks of the worker's threads, that a case hangs where others have hung.

The first case that hangs keeps its whole deadline.  A later case that stays in the same function of
the implementation is ended earlier.  A slow implementation or machine is not affected as long as it
conforms: none of its cases reaches its deadline, so no such function is known.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threadspec.conformance.harness import serve as script
from threadspec.conformance.harness.patience import Experience

SCRIPT = Path(script.__file__)
KIT = str(SCRIPT.parent.parent)

# Seconds between two samples of a case's stacks; the first sample is taken after twice as long.
PAUSE = 0.02

# A case spins where others have spun until their deadline if its stacks are the same in this many
# samples and it has used this many seconds of processor time since the first of them.
LOOKS = 3
SPIN = 0.15

# A case that sleeps where others have slept until their deadline is ended after this multiple of
# the time of the longest case that has passed, but not before this number of seconds.
TIMES = 5
LEAST = 2.0

_THREAD = re.compile(r"(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\):")
_FRAME = re.compile(r'  File "(.*)", line (\d+|\?\?\?) in (.*)')

_STACKS = re.compile(
    r"^(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\):\n(?:  .*\n)*\n?", re.M
)

# A frame of a stack: file, line and function.
Frame = tuple[str, str, str]

# Where a case hangs: whether it is in the main thread, file and function.
Place = tuple[bool, str, str]


def read_stacks(text: str) -> list[list[Frame]]:
    """The stacks in a text that faulthandler wrote, each with its innermost frame first."""
    stacks: list[list[Frame]] = []
    for line in text.splitlines():
        if _THREAD.match(line):
            stacks.append([])
        elif stacks and (frame := _FRAME.match(line)):
            stacks[-1].append((frame[1], frame[2], frame[3]))
    return stacks


def without_stacks(text: str) -> str:
    """The text without the stacks that faulthandler wrote into it."""
    return _STACKS.sub("", text)


def outline(stacks: list[list[Frame]]) -> list[list[Frame]]:
    """The stacks without line numbers inside the implementation, which change in a loop."""
    return [
        [frame if _is_ours(frame) else (frame[0], "", frame[2]) for frame in stack]
        for stack in stacks
    ]


def places(stacks: list[list[Frame]]) -> set[Place]:
    """The functions of the implementation that threads are in.

    If the main thread is in one of them, only its function counts.  A thread with no frame of the
    kit does not count: it serves the implementation, or a library, and waits in good cases as well.
    """
    found: set[Place] = set()
    for stack in stacks:
        if stack and not _is_ours(stack[0]) and any(map(_is_ours, stack)):
            is_main = stack[-1][0] == str(SCRIPT) and stack[-1][2] == "<module>"
            found.add((is_main, stack[0][0], stack[0][2]))
    return {place for place in found if place[0]} or found


def _is_ours(frame: Frame) -> bool:
    return frame[0].startswith(KIT)


class Hangs:
    """Where cases of one implementation have hung until their deadline, and how waits ended.

    Several workers share it.  ``patience``: seconds after which a case that sleeps in such a place
    is ended.
    """

    def __init__(self) -> None:
        self._places: set[Place] = set()
        self._longest = 0.0
        self._waits = Experience()
        self._changing = threading.Lock()

    def add(self, text: str) -> None:
        """Record the stacks of a case that has hung until its deadline."""
        with self._changing:
            self._places |= places(read_stacks(text))

    def has_passed(self, seconds: float) -> None:
        """Record the duration of a case that passed and in which no wait was in vain."""
        with self._changing:
            self._longest = max(self._longest, seconds)

    def has_waited(self, learnt: dict[str, Any]) -> None:
        """Record what a worker has learnt about waits during a case."""
        with self._changing:
            self._waits.add(learnt)

    @property
    def waits(self) -> dict[str, Any] | None:
        """How waits ended, as workers are told it; None where no wait was in vain."""
        with self._changing:
            return self._waits.told() if self._waits.vain else None

    @property
    def patience(self) -> float:
        return max(LEAST, TIMES * self._longest)

    def __bool__(self) -> bool:
        return bool(self._places)

    def knows(self, stacks: list[list[Frame]]) -> bool:
        """Whether threads are inside the implementation, and only where others have hung."""
        found = places(stacks)
        return bool(found) and found <= self._places


class Watch:
    """Samples the stacks of one running case until it certainly hangs as others have.

    ``ask`` makes the worker write its stacks; ``answer`` returns what it has written since the last
    call, or None while the text may be incomplete.  ``used`` returns the seconds of processor time
    that the worker has used so far, or None where that is unknown.
    """

    def __init__(
        self,
        hangs: Hangs,
        ask: Callable[[], None],
        answer: Callable[[], str | None],
        used: Callable[[], float | None],
    ) -> None:
        self._hangs = hangs
        self._ask = ask
        self._answer = answer
        self._used = used
        self._next = time.monotonic() + 2 * PAUSE
        self._is_asked = False
        self._last: list[list[Frame]] | None = None
        self._looks = 0
        self._since = 0.0
        self._used_before: float | None = None
        self.stacks = ""

    def is_certain(self) -> bool:
        """Take the next sample if it is due; return whether the case hangs."""
        now = time.monotonic()
        if self._is_asked:
            text = self._answer()
            if text is None:
                return False
            self._is_asked = False
            self._next = now + PAUSE
            return self._has_hung(text, now)
        if self._hangs and now >= self._next:
            self._is_asked = True
            self._ask()
        return False

    def _has_hung(self, text: str, now: float) -> bool:
        stacks = outline(read_stacks(text))
        if stacks != self._last or not self._hangs.knows(stacks):
            self._last = stacks
            self._looks = 1
            self._since = now
            self._used_before = self._used()
            return False
        self._looks += 1
        self.stacks = text
        used = self._used()
        if used is not None and self._used_before is not None:
            spins = used - self._used_before >= SPIN
        else:
            spins = False
        if self._looks >= LOOKS and spins:
            return True
        return now - self._since >= self._hangs.patience
