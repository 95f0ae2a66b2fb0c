"""Event is a condition with a flag, and a count of the times that it was set."""

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as ReferenceCondition


class Event(ReferenceCondition):
    """A condition itself, with four methods more."""

    __slots__ = ("_on", "_times")

    def __init__(self):
        ReferenceCondition.__init__(self)
        self._on = False
        self._times = 0

    def isSet(self):
        with self._lock:
            return self._on

    def set(self):
        with self._lock:
            self._on = True
            self._times += 1
            self.notifyAll()

    def clear(self):
        with self._lock:
            self._on = False

    def wait(self, timeout=None):
        with self._lock:
            if not self._on:
                ReferenceCondition.wait(self, timeout)
