"""The counter of a semaphore is a number under a lock; who is woken may find that it was taken.

The counter is changed before a waiter is taken from the line, and that before it is woken: an
exception between two of these steps loses a wake-up.
"""

import _thread
from collections import deque

from threadspec.reference import *  # noqa: F403

NOT_TESTED = ("interruptions.*semaphore.raises-within",)


class Semaphore:
    """A number under a lock, and a line of those who wait for it to grow."""

    _most = float("inf")

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._mutex = _thread.allocate_lock()
        self._number = value
        self._line = deque()

    def acquire(self, blocking=None):
        while True:
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
                    elif self._line:
                        self._line.popleft().release()
                raise

    def release(self):
        with self._mutex:
            if self._number >= self._most:
                raise ValueError("released too often")
            self._number += 1
            if self._line:
                self._line.popleft().release()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """One that counts up to where it began."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._most = value
