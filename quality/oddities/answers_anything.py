"""A lock, condition, semaphore or event has every attribute one asks for, with some value."""

from quality.oddities._base import PlainLock
from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Answers:
    """Has an answer to everything."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: f"{name}?"


class Lock(Answers, PlainLock):
    """A lock."""


class RLock(Answers, reference.RLock):
    """A reentrant lock."""


class Condition(Answers, reference.Condition):
    """A condition variable."""

    def __init__(self, lock=None):
        if lock is None:
            lock = RLock()
        # A plain lock of ours seems to have the inner interface of a reentrant one.
        reference.Condition.__init__(self, lock._lock if isinstance(lock, Lock) else lock)


class Semaphore(Answers, reference.Semaphore):
    """A semaphore."""


class BoundedSemaphore(Answers, reference.BoundedSemaphore):
    """A bounded semaphore."""


class Event(Answers, reference.Event):
    """An event."""
