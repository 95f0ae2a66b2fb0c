"""A notify wakes the waiting thread whose identifier is the greatest, a priority of a kind."""

import _thread

from quality.oddities._base import check_owned, own_copy, wake

copy = own_copy(__name__)


class Waiter:
    """A lock that remembers which thread made it."""

    def __init__(self):
        self._lock = _thread.allocate_lock()
        self.priority = _thread.get_ident()
        self.acquire, self.release = self._lock.acquire, self._lock.release


def foremost(turns):
    return max(turns, key=lambda one: one.priority)


def notify(self):
    check_owned(self)
    wake(self._waiters, foremost)


copy.Condition.notify = notify
# Condition takes its waiters' locks from the name in its module.
copy.condition.allocate_lock = Waiter
