"""A notify wakes any of the waiting threads at random, notifyAll all in random order."""

import random

from oddities._base import own_copy

copy = own_copy(__name__)


def wake(self, count):
    if not self._is_owned():
        raise RuntimeError("the lock is not acquired")
    with self._guard:
        chosen = random.sample(list(self._waiters), min(count, len(self._waiters)))
        for waiter in chosen:
            del self._waiters[waiter]
    for waiter in chosen:
        waiter.release()


copy.Condition.notify = lambda self: wake(self, 1)
copy.Condition.notifyAll = lambda self: wake(self, 1_000_000)
