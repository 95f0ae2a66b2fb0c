"""A notify wakes the thread that has waited shortest: which one wakes is not defined."""

from oddities._base import own_copy

copy = own_copy(__name__)


def notify(self):
    if not self._is_owned():
        raise RuntimeError("the lock is not acquired")
    with self._guard:
        waiter = next(reversed(self._waiters), None)
        if waiter is None:
            return
        del self._waiters[waiter]
    waiter.release()


copy.Condition.notify = notify
