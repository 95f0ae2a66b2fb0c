"""Semaphores are conditions with a counter: a new arrival may overtake all waiting threads."""

from quality.oddities import _queued
from quality.oddities._base import Entered
from quality.oddities._causes import SEMAPHORES_IN_PYTHON
from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as Monitor
from threadspec.reference import Lock as Mutex

NOT_TESTED = SEMAPHORES_IN_PYTHON


class Semaphore(_queued.Semaphore):
    """A counter, and a condition on which to wait for it."""

    def _begin(self, value):
        self._monitor = Monitor(Mutex())
        self._value = value

    def _take(self, blocking):
        with self._monitor:
            while self._value == 0:
                if not blocking:
                    return False
                self._monitor.wait()
            self._value -= 1
        return True

    def release(self):
        with self._monitor:
            self._value += 1
            self._monitor.notifyAll()  # all but one will wait again


class BoundedSemaphore(Entered):
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
