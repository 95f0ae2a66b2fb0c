"""Each factory makes objects of two unrelated classes alternately.

Which of the classes a case meets depends on the cases before it.
"""

import itertools

from quality.oddities import fair_locks
from quality.oddities._base import Entered, PlainLock
from quality.oddities._causes import HANDED_LOCKS
from threadspec import reference
from threadspec.reference import *  # noqa: F403

NOT_TESTED = HANDED_LOCKS


def alternately(*factories):
    makers = itertools.cycle(factories)
    return lambda *args, **kwargs: next(makers)(*args, **kwargs)


def other_semaphore(kind):
    class Other(Entered):
        def __init__(self, value=1):
            self._inner = kind(value)
            self.acquire = self._inner.acquire
            self.release = self._inner.release

    return Other


Lock = alternately(reference.Lock, PlainLock, fair_locks.Lock)
RLock = alternately(reference.RLock, fair_locks.RLock)
Condition = alternately(reference.Condition, fair_locks.Condition)
Semaphore = alternately(reference.Semaphore, other_semaphore(reference.Semaphore))
BoundedSemaphore = alternately(
    reference.BoundedSemaphore, other_semaphore(reference.BoundedSemaphore)
)
