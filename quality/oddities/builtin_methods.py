"""The methods of locks and semaphores are built-in methods of C objects, kept in attributes.

BoundedSemaphore takes a permit from one queue and puts it into the other: an exception between the
two steps loses it.
"""

import _thread
import queue

from quality.oddities import _queued
from quality.oddities._base import Entered
from threadspec.reference import *  # noqa: F403

NOT_TESTED = ("interruptions.boundedsemaphore.raises-within",)


class Lock(Entered):
    """Holds the methods of a low-level lock."""

    __slots__ = ("acquire", "locked", "release")

    def __init__(self):
        lock = _thread.allocate_lock()
        self.acquire = lock.acquire
        self.release = lock.release
        self.locked = lock.locked


class Semaphore(_queued.Semaphore):
    """A queue of permits: ``release`` puts one in, ``acquire`` takes one out."""

    def _begin(self, value):
        self._permits = queue.SimpleQueue()
        for _ in range(value):
            self._permits.put(None)

    def _take(self, blocking):
        try:
            self._permits.get(blocking)
        except queue.Empty:
            return False
        return True

    def release(self):
        self._permits.put(None)


class BoundedSemaphore(Semaphore):
    """One with a second queue, of the permits that are taken."""

    def _begin(self, value):
        Semaphore._begin(self, value)
        self._taken = queue.SimpleQueue()

    def _take(self, blocking):
        taken = Semaphore._take(self, blocking)
        if taken:
            self._taken.put(None)
        return taken

    def release(self):
        try:
            self._taken.get(False)
        except queue.Empty:
            raise ValueError("released too often") from None
        Semaphore.release(self)
