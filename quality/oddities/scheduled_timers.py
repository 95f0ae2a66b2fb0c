"""One scheduler, a low-level thread that is there while timers wait, gives all timers the sign.

A mutex that is not reentrant guards the agenda: a cancel() in a handler that interrupts a cancel()
waits for itself.
"""

import _thread
import heapq
import itertools
import time

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Thread

NOT_TESTED = ("interruptions.timer.calls-back-within",)

mutex = _thread.allocate_lock()
agenda = []
numbers = itertools.count()
changed = _thread.allocate_lock()
busy = [False]


def schedule(moment, lock):
    with mutex:
        heapq.heappush(agenda, (moment, next(numbers), lock))
        if changed.locked():
            changed.release()
        if not busy[0]:
            busy[0] = True
            _thread.start_new_thread(work, ())


def work():
    while True:
        with mutex:
            live = [entry for entry in agenda if entry[2].locked()]
            if len(live) != len(agenda):
                agenda[:] = live
                heapq.heapify(agenda)
            while agenda and agenda[0][0] <= time.monotonic():
                give_sign(heapq.heappop(agenda)[2])
            if not agenda:
                busy[0] = False
                return
            left = min(agenda[0][0] - time.monotonic(), 0.05)
            changed.acquire(False)
        changed.acquire(True, max(left, 0))


def give_sign(lock):
    if lock.locked():
        lock.release()


class Timer(Thread):
    """Waits for a sign: the scheduler's, or that it is cancelled."""

    def __init__(self, interval, function, args=(), kwargs=None):
        Thread.__init__(self)
        self._interval = interval
        self._call = (function, args, kwargs or {})
        self._cancelled = False
        self._sign = _thread.allocate_lock()
        self._sign.acquire()

    def cancel(self):
        with mutex:
            self._cancelled = True
            give_sign(self._sign)

    def run(self):
        end = time.monotonic() + self._interval
        schedule(end, self._sign)
        self._sign.acquire()
        with mutex:
            due = not self._cancelled
            self._cancelled = True
        if due:
            function, args, kwargs = self._call
            function(*args, **kwargs)
