"""Each factory makes objects of two unrelated classes in turn.

A mutex that is not reentrant guards the line: an exception right after it was taken leaves it held,
and a handler or a finalizer that uses the lock waits for itself.  Which of the kinds a case meets
depends on the cases before it.
"""

import itertools

from quality.oddities import fair_locks
from quality.oddities._base import PlainLock
from threadspec import reference
from threadspec.reference import *  # noqa: F403

NOT_TESTED = (
    "interruptions.lock.raises-within",
    "interruptions.lock.calls-back-within",
    "interruptions.lock.finalizer",
    "interruptions.rlock.raises-within",
    "interruptions.rlock.calls-back-within",
    "interruptions.rlock.finalizer",
    "interruptions.condition.raises-within-wait",
    "interruptions.condition.calls-back-within",
    "interruptions.condition.finalizer",
)


def in_turn(*factories):
    makers = itertools.cycle(factories)
    return lambda *args, **kwargs: next(makers)(*args, **kwargs)


def other_semaphore(kind):
    class Other:
        def __init__(self, value=1):
            self._inner = kind(value)
            self.acquire = self._inner.acquire
            self.release = self._inner.release

        def __enter__(self):
            self.acquire()

        def __exit__(self, *exc_info):
            self.release()

    return Other


Lock = in_turn(reference.Lock, PlainLock, fair_locks.Lock)
RLock = in_turn(reference.RLock, fair_locks.RLock)
Condition = in_turn(reference.Condition, fair_locks.Condition)
Semaphore = in_turn(reference.Semaphore, other_semaphore(reference.Semaphore))
BoundedSemaphore = in_turn(reference.BoundedSemaphore, other_semaphore(reference.BoundedSemaphore))
