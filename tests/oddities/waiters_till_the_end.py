"""A waiter counts as waiting until it has the lock back, though its time is over: a late end."""

from oddities._base import own_copy

copy = own_copy(__name__)


def wait(self, timeout=None):
    if not self._is_owned():
        raise RuntimeError("the lock is not acquired")
    waiter = copy.condition.allocate_lock()
    waiter.acquire()
    self._waiters[waiter] = None
    saved = self._release_save()
    try:
        if timeout is None:
            waiter.acquire()
        elif timeout > 0:
            waiter.acquire(True, timeout)
    finally:
        self._acquire_restore(saved)
        with self._guard:
            self._waiters.pop(waiter, None)


copy.Condition.wait = wait
