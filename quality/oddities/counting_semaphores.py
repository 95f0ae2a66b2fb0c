"""A waiter for a semaphore that is woken may find that another thread has taken the permit.

The counter is changed before a ticket is removed from the queue, and that is done before its thread
is woken: an exception between two of these steps loses a wake-up.
"""

import _thread
from collections import deque

from quality.oddities import _queued
from threadspec.reference import *  # noqa: F403

NOT_TESTED = ("interruptions.*semaphore.raises-within",)


class Semaphore(_queued.Semaphore):
    """A number under a lock, and a queue of the threads that wait for it to grow.

    No function in Python is called while the lock is held, so that no signal handler runs then.
    """

    _most = float("inf")

    def _begin(self, value):
        self._mutex = _thread.allocate_lock()
        self._number = value
        self._queue = deque()

    def _take(self, blocking):
        while True:
            with self._mutex:
                if self._number > 0:
                    self._number -= 1
                    return True
                if not blocking:
                    return False
                ticket = _thread.allocate_lock()
                ticket.acquire()
                self._queue.append(ticket)
            try:
                ticket.acquire()
            except BaseException:  # of a signal handler
                with self._mutex:
                    if ticket in self._queue:
                        self._queue.remove(ticket)
                    elif self._queue:
                        self._queue.popleft().release()
                raise

    def release(self):
        with self._mutex:
            if self._number >= self._most:
                raise ValueError("released too often")
            self._number += 1
            if self._queue:
                self._queue.popleft().release()


BoundedSemaphore = _queued.bounded(Semaphore)
