"""Every lock yields to other threads before and after each operation."""

import time

from quality.oddities._base import PlainLock, own_copy
from quality.oddities._causes import LOW_LEVEL_LOCKS_IN_PYTHON

NOT_TESTED = LOW_LEVEL_LOCKS_IN_PYTHON


class YieldingLock(PlainLock):
    """A polite lock."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        time.sleep(0)
        got = self._lock.acquire(blocking, timeout)
        time.sleep(0)
        return got

    def release(self):
        time.sleep(0)
        self._lock.release()
        time.sleep(0)


own_copy(__name__, allocate_lock=YieldingLock)
