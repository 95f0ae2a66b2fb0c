"""A release hands its unit to the thread that has waited longest: nobody can be quicker.

A waiter is taken from the line before it is woken: an exception between the two loses the unit.
The mutex is not reentrant: a handler or a finalizer that uses the semaphore while it is held waits
for itself.
"""

import _thread
from collections import deque

from threadspec.reference import *  # noqa: F403

NOT_TESTED = (
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
)


class Semaphore:
    """A number under a lock, and a line of those who wait for a unit."""

    _most = float("inf")

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._mutex = _thread.allocate_lock()
        self._number = value
        self._line = deque()

    def acquire(self, blocking=None):
        with self._mutex:
            if self._number > 0:
                self._number -= 1
                return None if blocking is None else True
            if blocking is not None and not blocking:
                return False
            turn = _thread.allocate_lock()
            turn.acquire()
            self._line.append(turn)
        try:
            turn.acquire()
        except BaseException:  # of a signal handler
            with self._mutex:
                if turn in self._line:
                    self._line.remove(turn)
                else:
                    self._give()
            raise
        return None if blocking is None else True

    def release(self):
        with self._mutex:
            if not self._line and self._number >= self._most:
                raise ValueError("released too often")
            self._give()

    def _give(self):
        if self._line:
            self._line.popleft().release()
        else:
            self._number += 1

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """One that counts up to where it began."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._most = value
