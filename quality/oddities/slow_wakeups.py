"""A thread that was blocked takes 5 to 30 milliseconds to go on once it is woken.

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
