"""A thread that was blocked takes 5 to 30 milliseconds to go on once it is woken."""

import random
import time

from quality.oddities._base import PlainLock, own_copy
from quality.oddities._causes import LOW_LEVEL_LOCKS_IN_PYTHON

NOT_TESTED = LOW_LEVEL_LOCKS_IN_PYTHON


class SleepyLock(PlainLock):
    """A lock that lets a thread that had to wait sleep for another moment."""

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
