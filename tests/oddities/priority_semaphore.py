"""A semaphore wakes the waiting thread with the greatest identifier, and hands its unit over."""

import heapq

from threadspec.reference import *  # noqa: F403
from threadspec.reference._layer import allocate_lock, get_ident


class Semaphore:
    """A counter, and a heap of those who wait for it."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("less than nothing")
        self._mutex = allocate_lock()
        self._free = value
        self._queue = []

    def acquire(self, blocking=None, _given=True):
        asked = blocking is not None
        self._mutex.acquire()
        if self._free:
            self._free -= 1
            self._mutex.release()
            return True if asked else None
        if asked and not blocking:
            self._mutex.release()
            return False
        turn = allocate_lock()
        turn.acquire()
        heapq.heappush(self._queue, (-get_ident(), id(turn), turn))
        self._mutex.release()
        turn.acquire()
        return True if asked else None

    def release(self):
        with self._mutex:
            self._give()

    def _give(self):
        if self._queue:
            heapq.heappop(self._queue)[2].release()
        else:
            self._free += 1

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """One that counts up to where it began."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._limit = value

    def release(self):
        with self._mutex:
            if self._free >= self._limit:
                raise ValueError("released too often")
            self._give()
