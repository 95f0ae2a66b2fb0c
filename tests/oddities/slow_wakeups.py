"""A thread that was blocked takes 5 to 30 milliseconds to go on once it is woken."""

import random
import time

from oddities._base import PlainLock, own_copy


class SleepyLock(PlainLock):
    """A lock that lets who had to wait sleep on for a moment."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        if self._lock.acquire(False):
            return True
        if not blocking:
            return False
        got = self._lock.acquire(True, timeout)
        if got:
            time.sleep(0.005 + random.random() / 40)
        return got


own_copy(__name__, allocate_lock=SleepyLock)
