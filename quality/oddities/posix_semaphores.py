"""Semaphores are the operating system's, as the multiprocessing module reaches them."""

import _thread
import itertools
import os
from _multiprocessing import SemLock

from quality.oddities import _queued
from threadspec.reference import *  # noqa: F403

numbers = itertools.count()
COUNTING = 1
MOST = SemLock.SEM_VALUE_MAX


class Semaphore(_queued.Semaphore):
    """A semaphore of the system, which loses its name as soon as it exists."""

    def _begin(self, value):
        name = f"/oddities-{os.getpid()}-{next(numbers)}"
        self._sem = SemLock(COUNTING, value, MOST, name, True)

    def _take(self, blocking):
        return self._sem.acquire(blocking)

    def release(self):
        self._sem.release()


class BoundedSemaphore(Semaphore):
    """One that is asked for its value under a lock."""

    def _begin(self, value):
        Semaphore._begin(self, value)
        self._most = value
        self._mutex = _thread.RLock()

    def release(self):
        with self._mutex:
            if self._sem._get_value() >= self._most:
                raise ValueError("released too often")
            self._sem.release()
