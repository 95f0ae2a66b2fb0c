"""The factories are functools.partial objects and bound methods, without a name of their own."""

import functools

from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Factory:
    """Makes what its methods say."""

    def condition(self, lock=None):
        return reference.Condition(lock)

    @staticmethod
    def make(kind, *args, **kwargs):
        return kind(*args, **kwargs)


Lock = functools.partial(reference.Lock)
RLock = functools.partial(Factory.make, reference.RLock)
Condition = Factory().condition
Event = functools.partial(Factory.make, reference.Event)
Semaphore = functools.partial(functools.partial, reference.Semaphore)()
BoundedSemaphore = functools.partial(Factory.make, reference.BoundedSemaphore)
Timer = functools.partial(Factory.make, reference.Timer)
activeCount = functools.partial(reference.activeCount)
currentThread = functools.partial(reference.currentThread)
enumerate = functools.partial(reference.enumerate)
