"""Nothing ever blocks in the system: who waits looks every 2 milliseconds whether it may go on."""

import time

from oddities._base import PlainLock, own_copy


class PollingLock(PlainLock):
    """A lock that is tried again and again."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        if self._lock.acquire(False):
            return True
        if not blocking:
            return False
        end = None if timeout < 0 else time.monotonic() + timeout
        while not self._lock.acquire(False):
            if end is not None and time.monotonic() >= end:
                return False
            time.sleep(0.002)
        return True


own_copy(__name__, allocate_lock=PollingLock)
