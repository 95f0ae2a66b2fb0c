"""Every operation of a low-level lock inside takes up to 2 milliseconds: each step may be slow."""

import random
import time

from quality.oddities._base import PlainLock, own_copy
from quality.oddities._causes import LOW_LEVEL_LOCKS_IN_PYTHON

NOT_TESTED = LOW_LEVEL_LOCKS_IN_PYTHON


class SlowLock(PlainLock):
    """A lock that dawdles."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        time.sleep(random.random() / 500)
        return self._lock.acquire(blocking, timeout)

    def release(self):
        time.sleep(random.random() / 500)
        self._lock.release()


own_copy(__name__, allocate_lock=SlowLock)
