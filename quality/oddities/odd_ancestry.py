"""Classes descend from each other in other ways: a Lock is a semaphore, an Event an RLock."""

import _thread

from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Semaphore(reference.Semaphore):
    """The parent of Lock."""


class Lock(Semaphore):
    """A semaphore of one, with other errors."""

    def __init__(self):
        super().__init__(1)
        self._mutex = _thread.RLock()

    def acquire(self, blocking=True):
        return super().acquire(blocking)

    def release(self):
        with self._mutex:
            if self._counter:
                raise RuntimeError("not locked")
            super().release()

    def locked(self):
        return not self._counter


class BoundedSemaphore(reference.BoundedSemaphore):
    """Not derived from the Semaphore of this module."""


class RLock(reference.RLock):
    """The parent of Event."""

    __slots__ = ("_event",)


class Event(RLock):
    """A reentrant lock that has a flag."""

    __slots__ = ()

    def __init__(self):
        super().__init__()
        self._event = reference.Event()

    def isSet(self):
        return self._event.isSet()

    def set(self):
        with self:
            self._event.set()

    def clear(self):
        with self:
            self._event.clear()

    def wait(self, timeout=None):
        return self._event.wait(timeout)
