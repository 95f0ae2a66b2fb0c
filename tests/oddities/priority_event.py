"""set() wakes one waiting thread, and each that wakes wakes the next, in order of identifiers.

A mutex that is not reentrant guards the list: a handler or a finalizer that calls set() during a
set() waits for itself.
"""

import _thread

from threadspec.reference import *  # noqa: F403

NOT_TESTED = (
    "interruptions.event.calls-back-within",
    "interruptions.event.finalizer",
)


class Event:
    """A flag, and for each waiting thread the lock that it waits for."""

    def __init__(self):
        self._mutex = _thread.allocate_lock()
        self._flag = False
        self._waiting = []

    def isSet(self):
        return self._flag

    def set(self):
        with self._mutex:
            self._flag = True
            chain = sorted(self._waiting, key=lambda waiter: waiter[0])
            self._waiting = []
            for waiter, following in zip(chain, chain[1:]):  # noqa: B905, RUF007
                waiter[2] = following
            for waiter in chain:
                waiter[3] = True
            if chain:
                chain[0][1].release()

    def clear(self):
        with self._mutex:
            self._flag = False

    def wait(self, timeout=None):
        if self._flag:
            return
        waiter = [_thread.get_ident(), _thread.allocate_lock(), None, False]
        waiter[1].acquire()
        with self._mutex:
            if self._flag:
                return
            self._waiting.append(waiter)
        seconds = -1 if timeout is None else min(max(timeout, 0), _thread.TIMEOUT_MAX)
        woken = False
        try:
            woken = waiter[1].acquire(True, seconds)
        finally:  # a signal handler may raise
            if woken or self._is_woken(waiter):
                if not woken:
                    waiter[1].acquire()
                if waiter[2] is not None:
                    waiter[2][1].release()

    def _is_woken(self, waiter):
        """Whether a waiter that gives up is about to be woken; otherwise it leaves."""
        with self._mutex:
            if not waiter[3]:
                self._waiting = [one for one in self._waiting if one is not waiter]
            return waiter[3]
