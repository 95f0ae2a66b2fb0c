"""A condition keeps a semaphore for each waiter, and takes no part in how its lock is made.

A waiter is removed from the list before it is woken, and the lock is released before the try
statement that acquires it again: an exception between two of these steps loses a wake-up or the
lock.
"""

from time import sleep

from quality.oddities._base import Entered
from threadspec.reference import *  # noqa: F403
from threadspec.reference import RLock, Semaphore
from threadspec.reference._layer import clock

NOT_TESTED = (
    "interruptions.condition.raises-within",
    "interruptions.condition.raises-within-wait",
)


class Condition(Entered):
    """Over any lock."""

    def __init__(self, lock=None):
        self._lock = RLock() if lock is None else lock
        self._waiting = []

    def acquire(self, *args, **kwargs):
        return self._lock.acquire(*args, **kwargs)

    def release(self):
        self._lock.release()

    def _check(self):
        owned = getattr(self._lock, "_is_owned", None) or self._lock.locked
        if not owned():
            raise RuntimeError("not acquired")

    def wait(self, timeout=None):
        self._check()
        mine = Semaphore(0)
        self._waiting.append(mine)
        reentrant = hasattr(self._lock, "_release_save")
        saved = self._lock._release_save() if reentrant else self._lock.release()
        end = None if timeout is None else clock() + timeout
        try:
            if end is None:
                mine.acquire()
            else:
                while not mine.acquire(False) and clock() < end:
                    sleep(min(0.003, max(end - clock(), 0)))
        finally:
            if reentrant:
                self._lock._acquire_restore(saved)
            else:
                self._lock.acquire()
            self._waiting = [one for one in self._waiting if one is not mine]

    def notify(self):
        self._check()
        if self._waiting:
            self._waiting.pop().release()

    def notifyAll(self):
        self._check()
        while self._waiting:
            self.notify()
