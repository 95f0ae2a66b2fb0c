"""Time-outs and intervals end with the next tick of a clock that ticks 64 times a second."""

import _thread
import math
import time

from oddities._base import PlainLock, own_copy


class LateLock(PlainLock):
    """A lock that lets time-outs pass late."""

    __slots__ = ()

    def acquire(self, blocking=True, timeout=-1):
        if timeout >= 0:
            end = math.ceil((time.monotonic() + timeout) * 64) / 64
            timeout = min(max(end - time.monotonic(), 0), _thread.TIMEOUT_MAX)
        return self._lock.acquire(blocking, timeout)


own_copy(__name__, allocate_lock=LateLock)
