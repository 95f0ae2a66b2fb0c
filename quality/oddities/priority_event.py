"""set() wakes the waiting threads in order of their identifiers.

A mutex that is not reentrant guards the list: a handler or a finalizer that calls set() during a
set() waits for itself.  An exception in the middle of a set() leaves threads in the list that have
been woken, and the next set() wakes them again, which is an error.
"""

import _thread

from threadspec.reference import *  # noqa: F403

NOT_TESTED = (
    "interruptions.event.calls-back-within",
    "interruptions.event.finalizer",
    "interruptions.event.raises-within",
)


class Event:
    """A flag, and for each waiting thread its identifier and the lock that it waits for."""

    def __init__(self):
        self._mutex = _thread.allocate_lock()
        self._flag = False
        self._waiting = []

    def isSet(self):
        return self._flag

    def set(self):
        with self._mutex:
            self._flag = True
            for _, turn in sorted(self._waiting, key=lambda waiter: waiter[0]):
                turn.release()
            self._waiting = []

    def clear(self):
        with self._mutex:
            self._flag = False

    def wait(self, timeout=None):
        if self._flag:
            return
        turn = _thread.allocate_lock()
        turn.acquire()
        with self._mutex:
            if self._flag:
                return
            self._waiting.append((_thread.get_ident(), turn))
        seconds = -1 if timeout is None else min(max(timeout, 0), _thread.TIMEOUT_MAX)
        woken = False
        try:
            woken = turn.acquire(True, seconds)
        finally:  # a signal handler may raise
            if not woken:
                with self._mutex:
                    self._waiting = [one for one in self._waiting if one[1] is not turn]
