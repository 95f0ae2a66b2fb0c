"""The methods of locks and semaphores are built-in methods of C objects, kept in attributes.

BoundedSemaphore takes a unit from one queue and puts it into the other: an exception between the
two loses it.
"""

import _thread
import queue

from threadspec.reference import *  # noqa: F403

NOT_TESTED = ("interruptions.boundedsemaphore.raises-within",)


class Lock:
    """Holds the methods of a low-level lock."""

    __slots__ = ("acquire", "locked", "release")

    def __init__(self):
        lock = _thread.allocate_lock()
        self.acquire = lock.acquire
        self.release = lock.release
        self.locked = lock.locked

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class Semaphore:
    """A queue of units: ``release`` puts one in, ``acquire`` takes one out."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._units = queue.SimpleQueue()
        for _ in range(value):
            self._units.put(None)

    def acquire(self, blocking=None):
        if blocking is None:
            self._units.get()
            return None
        try:
            self._units.get(bool(blocking))
        except queue.Empty:
            return False
        return True

    def release(self):
        self._units.put(None)

    def __enter__(self):
        self._units.get()

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """One with a second queue, of the units that are out."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._out = queue.SimpleQueue()

    def acquire(self, blocking=None):
        got = Semaphore.acquire(self, blocking)
        if got is not False:
            self._out.put(None)
        return got

    def release(self):
        try:
            self._out.get(False)
        except queue.Empty:
            raise ValueError("released too often") from None
        Semaphore.release(self)

    def __enter__(self):
        self.acquire()
