"""set() returns only once every thread that it wakes has come back from its wait()."""

import _thread

from threadspec.reference import *  # noqa: F403


class Event:
    """A flag, and the waiters with a lock each for the way there and back."""

    def __init__(self):
        self._mutex = _thread.allocate_lock()
        self._flag = False
        self._waiters = []

    def isSet(self):
        return self._flag

    def set(self):
        with self._mutex:
            self._flag = True
            waiters, self._waiters = self._waiters, []
        for there, _ in waiters:
            there.release()
        for _, back in waiters:
            back.acquire()

    def clear(self):
        with self._mutex:
            self._flag = False

    def wait(self, timeout=None):
        waiter = (_thread.allocate_lock(), _thread.allocate_lock())
        with self._mutex:
            if self._flag:
                return
            for lock in waiter:
                lock.acquire()
            self._waiters.append(waiter)
        seconds = -1 if timeout is None else min(max(timeout, 0), _thread.TIMEOUT_MAX)
        if not waiter[0].acquire(True, seconds):
            with self._mutex:
                if any(one is waiter for one in self._waiters):
                    self._waiters = [one for one in self._waiters if one is not waiter]
                    return
        waiter[1].release()
