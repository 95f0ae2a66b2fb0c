"""set() returns only when every thread that it wakes has returned from its wait().

A mutex that is not reentrant guards the list, and set() removes the waiters from it before it wakes
them: an exception between the two leaves them asleep, and a handler or a finalizer that uses the
event while the mutex is held waits for itself.
"""

import _thread

from threadspec.reference import *  # noqa: F403
from threadspec.reference._waiting import seconds

NOT_TESTED = (
    "interruptions.event.raises-within",
    "interruptions.event.raises-within-wait",
    "interruptions.event.calls-back-within",
    "interruptions.event.finalizer",
)


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
        for there, _, _ in waiters:
            there.release()
        for _, back, thread in waiters:
            if thread != _thread.get_ident():  # a signal handler of its own may call set()
                back.acquire()

    def clear(self):
        with self._mutex:
            self._flag = False

    def wait(self, timeout=None):
        waiter = (_thread.allocate_lock(), _thread.allocate_lock(), _thread.get_ident())
        with self._mutex:
            if self._flag:
                return
            for lock in waiter[:2]:
                lock.acquire()
            self._waiters.append(waiter)
        woken = False
        try:
            woken = waiter[0].acquire(True, seconds(timeout))
        finally:  # a signal handler may raise
            if not woken:
                with self._mutex:
                    self._waiters = [one for one in self._waiters if one is not waiter]
            waiter[1].release()
