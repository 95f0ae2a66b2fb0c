"""Semaphores are conditions with a counter: a new arrival may overtake all who wait.

The monitor is taken in a method written in Python, and is not reentrant: an exception right after
that leaves it held, and a handler or a finalizer that uses the semaphore waits for itself.
"""

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as Monitor
from threadspec.reference import Lock as Mutex

NOT_TESTED = (
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
)


class Semaphore:
    """A counter, and a condition on which to wait for it."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._monitor = Monitor(Mutex())
        self._value = value

    def acquire(self, blocking=None):
        with self._monitor:
            while self._value == 0:
                if blocking is not None and not blocking:
                    return False
                self._monitor.wait()
            self._value -= 1
        return None if blocking is None else True

    def release(self):
        with self._monitor:
            self._value += 1
            self._monitor.notifyAll()  # all but one will wait again

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore:
    """No subclass of Semaphore; it has one."""

    def __init__(self, value=1):
        self._semaphore = Semaphore(value)
        self._mutex = Mutex()
        self._most = value
        self.acquire = self._semaphore.acquire

    def release(self):
        with self._mutex:
            if self._semaphore._value >= self._most:
                raise ValueError("released too often")
            self._semaphore.release()

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *exc_info):
        self.release()
