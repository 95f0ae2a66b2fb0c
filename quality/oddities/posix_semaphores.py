"""Semaphores are the operating system's, as the multiprocessing module reaches them."""

import _thread
import itertools
import os
from _multiprocessing import SemLock

from threadspec.reference import *  # noqa: F403

numbers = itertools.count()
COUNTING = 1
MOST = SemLock.SEM_VALUE_MAX


class Semaphore:
    """A semaphore of the system, without a name once it is there."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        name = f"/oddities-{os.getpid()}-{next(numbers)}"
        self._sem = SemLock(COUNTING, value, MOST, name, True)

    def acquire(self, blocking=None):
        if blocking is None:
            self._sem.acquire()
            return None
        return self._sem.acquire(bool(blocking))

    def release(self):
        self._sem.release()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """One that is asked for its value under a lock."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._most = value
        self._mutex = _thread.RLock()

    def release(self):
        with self._mutex:
            if self._sem._get_value() >= self._most:
                raise ValueError("released too often")
            self._sem.release()
