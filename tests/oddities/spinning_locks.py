"""Who waits keeps the processor busy, and only gives way to other threads meanwhile."""

import time

from oddities._base import PlainLock, own_copy


class SpinningLock(PlainLock):
    """A lock that is tried all the time."""

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
            time.sleep(0)
        return True


own_copy(__name__, allocate_lock=SpinningLock)
