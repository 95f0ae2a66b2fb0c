"""A lock is handed over to who waits for it, by one helper that takes up to 20 milliseconds.

All that is made of these locks takes and releases them in functions written in Python: an exception
between two steps loses a lock that was just taken, or a wake-up.  There is no reentrant lock below,
so that a handler or a finalizer waits for the guard that the interrupted call holds.
"""

import queue
import random
import time

from quality.oddities._base import PlainLock, own_copy
from threadspec.reference import _layer

NOT_TESTED = (
    "interruptions.lock.raises-within",
    "interruptions.lock.calls-back-within",
    "interruptions.lock.finalizer",
    "interruptions.rlock.raises-within",
    "interruptions.rlock.calls-back-within",
    "interruptions.rlock.finalizer",
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
    "interruptions.condition.raises-within",
    "interruptions.condition.raises-within-wait",
    "interruptions.condition.calls-back-within",
    "interruptions.condition.finalizer",
    "interruptions.event.raises-within",
    "interruptions.join.raises-within",
    "interruptions.join.calls-back-within",
    "interruptions.start.raises-within",
    "interruptions.start.calls-back-within",
    "interruptions.start.finalizer",
    "interruptions.timer.raises-within",
    "interruptions.timer.calls-back-within",
)

errands = queue.SimpleQueue()


def serve():
    while True:
        turn = errands.get()
        time.sleep(random.choice((0.001, 0.005, 0.02)))
        turn.release()


class LateLock(PlainLock):
    """A lock that stays locked for the first one in its line."""

    __slots__ = ("_line", "_locked")

    def __init__(self):
        super().__init__()
        self._line = []
        self._locked = False

    def acquire(self, blocking=True, timeout=-1):
        with self._lock:
            if not self._locked:
                self._locked = True
                return True
            if not blocking:
                return False
            turn = _layer.allocate_lock()
            turn.acquire()
            self._line.append(turn)
        try:
            if turn.acquire(True, timeout):
                return True
        except BaseException:  # of a signal handler
            with self._lock:
                if turn in self._line:
                    self._line.remove(turn)
                else:
                    self._hand_over()
            raise
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
                return False
        turn.acquire()
        return True

    def release(self):
        with self._lock:
            if not self._locked:
                raise RuntimeError("the lock is not acquired")
            self._hand_over()

    def _hand_over(self):
        if self._line:
            errands.put(self._line.pop(0))
        else:
            self._locked = False

    def locked(self):
        return self._locked


_layer.start_new_thread(serve, ())
own_copy(__name__, allocate_lock=LateLock)
