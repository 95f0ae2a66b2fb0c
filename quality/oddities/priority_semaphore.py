"""A semaphore wakes the waiting thread with the greatest identifier, and hands its unit over.

A mutex that is not reentrant guards the heap: an exception right after it was taken leaves it held,
and a handler or a finalizer that uses the semaphore waits for itself.
"""

import heapq

from threadspec.reference import *  # noqa: F403
from threadspec.reference._layer import allocate_lock, get_ident

NOT_TESTED = (
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
)


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
        place = (-get_ident(), id(turn), turn)
        heapq.heappush(self._queue, place)
        self._mutex.release()
        try:
            turn.acquire()
        except BaseException:  # of a signal handler
            with self._mutex:
                if place in self._queue:
                    self._queue.remove(place)
                    heapq.heapify(self._queue)
                else:
                    self._give()
            raise
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
