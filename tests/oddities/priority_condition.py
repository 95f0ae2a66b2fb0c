"""A notify wakes the waiting thread whose identifier is the greatest, a priority of a kind."""

import _thread

from oddities._base import own_copy

copy = own_copy(__name__)


class Waiter:
    """A lock that remembers which thread made it."""

    def __init__(self):
        self._lock = _thread.allocate_lock()
        self.priority = _thread.get_ident()
        self.acquire, self.release = self._lock.acquire, self._lock.release


def notify(self):
    if not self._is_owned():
        raise RuntimeError("the lock is not acquired")
    with self._guard:
        waiter = max(self._waiters, key=lambda one: one.priority, default=None)
        if waiter is None:
            return
        del self._waiters[waiter]
    waiter.release()


copy.Condition.notify = notify
# Condition takes its waiters' locks from the name in its module.
copy.condition.allocate_lock = lambda: Waiter()
guarded = copy.Condition.__init__


def init(self, lock=None):
    guarded(self, lock)
    self._guard = _thread.allocate_lock()


copy.Condition.__init__ = init
