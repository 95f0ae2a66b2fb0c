"""The places that workers share: how many of them may use a processor simultaneously.

A worker has a place while it runs a case, except while it sleeps in the middle of it: a case that
waits needs no processor.  Pools that judge several implementations may share their places.  Then
the pools come in order: a later one gets a place only if no earlier one has a use for it.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Protocol

# A place is given up only while at least this share of one processor is idle.  If all processors
# are busy, for example with the programs that cases start, more running workers do not help.
IDLE = 0.15


class Waiting(Protocol):
    """What asks for places: the cases of one pool that no worker has yet."""

    number: int

    @property
    def can_use_a_place(self) -> bool:
        """Whether there is a case to run, and a worker that waits for a place to run it."""


class Places:
    """The places of a run; ``size``: how many there are.

    ``changed`` guards them, and all that decides who gets one.
    """

    def __init__(self, size: int) -> None:
        self.changed = threading.Condition()
        self.size = size
        self.free = size  # negative while workers that have slept run without a place
        self._next = 0
        self._waiting: list[Waiting] = []
        self._processors = _Processors()

    def next_number(self) -> int:
        """The number of a new pool: it comes after those with lower numbers."""
        with self.changed:
            self._next += 1
            return self._next

    def join(self, one: Waiting) -> None:
        """Take part in the distribution, until :meth:`leave`."""
        with self.changed:
            self._waiting.append(one)

    def leave(self, one: Waiting) -> None:
        """Take part no longer, which makes room for others.  It need not have joined."""
        with self.changed:
            if one in self._waiting:
                self._waiting.remove(one)
            self.changed.notify_all()

    def has_one_for(self, one: Waiting) -> bool:
        """Whether a place is free for ``one``.  The caller holds ``changed``."""
        return self.free > 0 and not any(
            other.number < one.number and other.can_use_a_place for other in self._waiting
        )

    def take(self) -> None:
        """Take a place, even if none is free.  The caller holds ``changed``."""
        self.free -= 1
        self.changed.notify_all()  # the next place may be for a later pool now

    def give(self) -> None:
        """Give a place back.  The caller holds ``changed``."""
        self.free += 1
        self.changed.notify_all()

    def are_unused(self) -> bool:
        """Whether a place and a processor are free.  The caller holds ``changed``."""
        return self.free > 0 and self._processors.are_idle()

    def widen(self, size: int) -> None:
        """Raise the number of places to this one, if it is larger."""
        with self.changed:
            more = max(0, size - self.size)
            self.free += more
            self.size += more
            self.changed.notify_all()

    def have_idle_processor(self) -> bool:
        """Whether a processor is free for another worker; True where that is unknown."""
        with self.changed:
            return self._processors.are_idle()


class _Processors:
    """How busy this machine's processors are, where the system shows it."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._idle = _idle_seconds()
        self._is_idle = True

    def are_idle(self) -> bool:
        """Whether at least one was idle for a good part of the time since the last measurement."""
        now = time.monotonic()
        passed = now - self._looked
        if passed >= 0.05:  # the system counts in hundredths of a second
            idle = _idle_seconds()
            if idle is not None and self._idle is not None:
                self._is_idle = idle - self._idle >= IDLE * passed
            self._looked, self._idle = now, idle
        return self._is_idle


def _idle_seconds() -> float | None:
    """The seconds for which the processors have been idle, in total; None where unknown."""
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0].split()
        return (int(first[4]) + int(first[5])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
