"""A release hands its unit to the thread that has waited longest: nobody can be quicker."""

import _thread
from collections import deque

from threadspec.reference import *  # noqa: F403


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
        turn.acquire()
        return None if blocking is None else True

    def release(self):
        with self._mutex:
            if self._line:
                self._line.popleft().release()
            elif self._number >= self._most:
                raise ValueError("released too often")
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
