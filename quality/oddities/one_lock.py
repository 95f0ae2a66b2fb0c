"""All locks, conditions, semaphores and events share one monitor; any change wakes all threads.

The monitor is not reentrant: a handler or a finalizer that uses any object while it is held waits
for itself.  An exception between two steps leaves threads asleep, or the monitor locked; whether
that of an event shows is a matter of luck.
"""

import _thread
import time

from quality.oddities import _queued
from quality.oddities._base import Entered
from threadspec.reference import *  # noqa: F403
from threadspec.reference._waiting import seconds

NOT_TESTED = (
    "interruptions.lock.raises-within",
    "interruptions.rlock.raises-within",
    "interruptions.boundedsemaphore.raises-within",
    "interruptions.condition.raises-within",
    "interruptions.event.raises-within",
    "interruptions.condition.raises-within-wait",
    "interruptions.event.raises-within-wait",
    "interruptions.lock.calls-back-within",
    "interruptions.lock.finalizer",
    "interruptions.rlock.calls-back-within",
    "interruptions.rlock.finalizer",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
    "interruptions.condition.calls-back-within",
    "interruptions.condition.finalizer",
    "interruptions.event.calls-back-within",
    "interruptions.event.finalizer",
)

mutex = _thread.allocate_lock()
sleepers = []


def awake():
    """Let all threads look again; the mutex is held."""
    for sleeper in sleepers:
        sleeper.release()
    sleepers.clear()


def await_(condition, timeout=None):
    """Wait, with the mutex held, until the condition is true; return it when the time is over."""
    end = None if timeout is None else time.monotonic() + timeout
    while not condition():
        sleeper = _thread.allocate_lock()
        sleeper.acquire()
        sleepers.append(sleeper)
        mutex.release()
        try:
            sleeper.acquire(True, seconds(None if end is None else end - time.monotonic()))
        finally:  # a signal handler may raise
            mutex.acquire()
            if sleeper in sleepers:
                sleepers.remove(sleeper)
        if end is not None and time.monotonic() >= end:
            return condition()
    return True


class Monitored(_queued.Acquired):
    """Can be acquired while ``_is_free()``; ``_own(levels)`` notes that."""

    def _take(self, blocking):
        with mutex:
            if not (blocking or self._is_free()):
                return False
            await_(self._is_free)
            self._own(1)
        return True


class Semaphore(Monitored, _queued.Semaphore):
    """A counter."""

    _most = float("inf")
    _error = ValueError

    def _begin(self, value):
        self._count = value

    def _is_free(self):
        return self._count > 0

    def _own(self, levels):
        self._count -= 1

    def release(self):
        with mutex:
            if self._count >= self._most:
                raise self._error("released too often")
            self._count += 1
            awake()


BoundedSemaphore = _queued.bounded(Semaphore)


class Lock(Semaphore):
    """A counter that is 0 or 1."""

    _most = 1
    _error = RuntimeError

    def __init__(self):
        Semaphore.__init__(self)

    def acquire(self, blocking=True):
        return Semaphore.acquire(self, bool(blocking))

    def _is_owned(self):
        return self._count == 0

    def _free(self):
        self._count = 1
        return 1


class RLock(Monitored):
    """An owner and a level."""

    def __init__(self):
        self._owner = None
        self._level = 0

    def _is_free(self):
        return self._owner in (None, _thread.get_ident())

    def _own(self, levels):
        self._owner = _thread.get_ident()
        self._level += levels

    def release(self):
        with mutex:
            if not self._is_owned():
                raise RuntimeError("not owned")
            self._level -= 1
            if not self._level:
                self._owner = None
                awake()

    def _is_owned(self):
        return self._owner == _thread.get_ident()

    def _free(self):
        levels, self._owner, self._level = self._level, None, 0
        return levels


class Condition(Entered):
    """A list of waiters."""

    def __init__(self, lock=None):
        self._lock = RLock() if lock is None else lock
        self.acquire, self.release = self._lock.acquire, self._lock.release
        self._is_owned = self._lock._is_owned
        self._waiting = []

    def wait(self, timeout=None):
        with mutex:
            _queued.check_owned(self)
            waiter = [False]
            self._waiting.append(waiter)
            levels = self._lock._free()
            awake()
            try:
                await_(lambda: waiter[0], timeout)
            finally:
                self._waiting = [one for one in self._waiting if one is not waiter]
                await_(self._lock._is_free)
                self._lock._own(levels)

    def notify(self):
        with mutex:
            _queued.check_owned(self)
            if self._waiting:
                self._waiting.pop()[0] = True
                awake()

    def notifyAll(self):
        with mutex:
            _queued.check_owned(self)
            for waiter in self._waiting:
                waiter[0] = True
            self._waiting = []
            awake()


class Event:
    """A flag, and how often it was set."""

    def __init__(self):
        self._flag = False
        self._times = 0

    def isSet(self):
        with mutex:
            return self._flag

    def set(self):
        with mutex:
            self._flag = True
            self._times += 1
            awake()

    def clear(self):
        with mutex:
            self._flag = False

    def wait(self, timeout=None):
        with mutex:
            if not self._flag:
                times = self._times
                await_(lambda: self._times != times, timeout)
