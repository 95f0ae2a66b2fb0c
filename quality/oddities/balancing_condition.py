"""wait() with a time-out sleeps in ever longer naps, and looks between them for a notification."""

import _thread
import time

from quality.oddities._base import own_copy

copy = own_copy(__name__)


class Waiter:
    """A lock whose timed acquire polls."""

    __slots__ = ("_lock", "release")

    def __init__(self):
        self._lock = _thread.allocate_lock()
        self.release = self._lock.release

    def acquire(self, blocking=True, timeout=-1):
        if timeout < 0:
            return self._lock.acquire(blocking)
        end = time.monotonic() + timeout
        nap = 0.0005
        while not self._lock.acquire(False):
            left = end - time.monotonic()
            if left <= 0:
                return False
            nap = min(nap * 2, left, 0.05)
            time.sleep(nap)
        return True


copy.condition.allocate_lock = Waiter
