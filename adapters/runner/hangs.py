"""Recognises that a case hangs where others have hung, from the stacks of the worker's threads.

A case that hangs is given its whole time.  Later ones that come to the same function of the
implementation and stay there are not waited for so long.  That a conforming implementation is slow,
or the machine, does not matter: none of its cases hangs for the whole time, so nothing is known of
it here.
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

# The seconds between two looks at a case; the first one comes after twice as long.
PAUSE = 0.02

# How many looks at a thread that does not get any further, and how many seconds of processor time
# that it uses meanwhile, are enough where others have spun for their whole time.
LOOKS = 3
SPIN = 0.15

# How long a thread that sleeps is waited for: this multiple of the time of the longest case that
# has passed, and this number of seconds at least.  Cases are short, and it stays where others have
# slept for good.
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
    """The stacks that faulthandler has written, each from its innermost frame outwards."""
    stacks: list[list[Frame]] = []
    for line in text.splitlines():
        if _THREAD.match(line):
            stacks.append([])
        elif stacks and (frame := _FRAME.match(line)):
            stacks[-1].append((frame[1], frame[2], frame[3]))
    return stacks


def without_stacks(text: str) -> str:
    """A text without the stacks that faulthandler has written into it."""
    return _STACKS.sub("", text)


def outline(stacks: list[list[Frame]]) -> list[list[Frame]]:
    """The stacks without the lines inside the implementation, which a loop goes through."""
    return [
        [frame if _is_ours(frame) else (frame[0], "", frame[2]) for frame in stack]
        for stack in stacks
    ]


def places(stacks: list[list[Frame]]) -> set[Place]:
    """Where threads are inside the implementation: the main thread alone if it is one of them."""
    found: set[Place] = set()
    for stack in stacks:
        if stack and not _is_ours(stack[0]):
            is_main = stack[-1][0] == str(SCRIPT) and stack[-1][2] == "<module>"
            found.add((is_main, stack[0][0], stack[0][2]))
    return {place for place in found if place[0]} or found


def _is_ours(frame: Frame) -> bool:
    return frame[0].startswith(KIT)


class Hangs:
    """Where cases of one implementation have hung for their whole time, and how waits came out.

    Several workers share it.  ``patience``: the seconds for which one that sleeps in such a place
    is waited for.
    """

    def __init__(self) -> None:
        self._places: set[Place] = set()
        self._longest = 0.0
        self._waits = Experience()
        self._changing = threading.Lock()

    def add(self, text: str) -> None:
        """Learn from the stacks of a case that has hung for its whole time."""
        with self._changing:
            self._places |= places(read_stacks(text))

    def has_passed(self, seconds: float) -> None:
        """Learn how long a case took that passed, and in which no wait was in vain."""
        with self._changing:
            self._longest = max(self._longest, seconds)

    def has_waited(self, learnt: dict[str, Any]) -> None:
        """Take over what a worker has learnt of waits during a case."""
        with self._changing:
            self._waits.add(learnt)

    @property
    def waits(self) -> dict[str, Any] | None:
        """How waits came out, for a worker to be told; None where none was in vain."""
        with self._changing:
            return self._waits.told() if self._waits.vain else None

    @property
    def patience(self) -> float:
        return max(LEAST, TIMES * self._longest)

    def __bool__(self) -> bool:
        return bool(self._places)

    def knows(self, stacks: list[list[Frame]]) -> bool:
        """Whether the threads are inside the implementation, and only where others have hung."""
        found = places(stacks)
        return bool(found) and found <= self._places


class Watch:
    """Looks at one case every now and then, until it certainly hangs as others have.

    ``ask`` makes the worker write its stacks; ``answer`` gives what it has written since the last
    time, or None while that may not be all.  ``used``: the seconds of processor time that it has
    used so far, None where that is not known.
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
        """Look once more, if it is time to; whether the case hangs."""
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
