"""Nothing ever blocks in the system: who waits looks every 0.1 seconds whether it may go on."""

import time

from oddities._base import PlainLock, own_copy


class LazyLock(PlainLock):
    """A lock that is tried now and then."""

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
            time.sleep(0.1 if end is None else min(0.1, max(end - time.monotonic(), 0)))
        return True


own_copy(__name__, allocate_lock=LazyLock)
