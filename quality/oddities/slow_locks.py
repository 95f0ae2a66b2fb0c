"""Every operation of a low-level lock inside takes up to 2 milliseconds: each step may be slow.

All that is made of these locks takes and releases them in functions written in Python: an exception
between two steps loses a lock that was just taken, or a wake-up.  There is no reentrant lock below,
so that a handler or a finalizer waits for the guard that the interrupted call holds.
"""

import random
import time

from quality.oddities._base import PlainLock, own_copy

NOT_TESTED = (
    "interruptions.rlock.raises-within",
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
    "interruptions.condition.raises-within",
    "interruptions.condition.raises-within-wait",
    "interruptions.event.raises-within",
    "interruptions.start.raises-within",
    "interruptions.start.calls-back-within",
    "interruptions.start.finalizer",
)


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
