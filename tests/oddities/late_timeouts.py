"""Every time-out and every timer is 50 milliseconds late."""

import _thread

from oddities._base import PlainLock, own_copy


class LateLock(PlainLock):
    """A lock that lets time-outs pass late."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        if timeout >= 0:
            timeout = min(timeout + 0.05, _thread.TIMEOUT_MAX)
        return self._lock.acquire(blocking, timeout)


own_copy(__name__, allocate_lock=LateLock)
