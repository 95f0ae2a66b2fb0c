"""All locks, conditions, semaphores and events share one monitor; any change wakes everybody.

The monitor is not reentrant: a handler or a finalizer that uses any object while it is held waits
for itself.  An exception between two steps leaves sleepers asleep, or the monitor taken; whether
that of an event shows is a matter of luck.
"""

import _thread
import time

from threadspec.reference import *  # noqa: F403

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
    """Let everybody look again; the mutex is held."""
    for sleeper in sleepers:
        sleeper.release()
    sleepers.clear()


def await_(condition, end=None):
    """Wait, with the mutex held, until the condition is true; false when the time is over."""
    while not condition():
        sleeper = _thread.allocate_lock()
        sleeper.acquire()
        sleepers.append(sleeper)
        mutex.release()
        try:
            left = -1
            if end is not None:
                left = min(max(end - time.monotonic(), 0), _thread.TIMEOUT_MAX)
            sleeper.acquire(True, left)
        finally:  # a signal handler may raise
            mutex.acquire()
            if sleeper in sleepers:
                sleepers.remove(sleeper)
        if end is not None and time.monotonic() >= end:
            return condition()
    return True


class Semaphore:
    """A counter."""

    _most = float("inf")
    _error = ValueError

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._count = value

    def acquire(self, blocking=None):
        with mutex:
            if not (self._count > 0 or blocking is None or blocking):
                return False
            await_(lambda: self._count > 0)
            self._count -= 1
        return None if blocking is None else True

    def release(self):
        with mutex:
            if self._count >= self._most:
                raise self._error("released too often")
            self._count += 1
            awake()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class BoundedSemaphore(Semaphore):
    """A counter with a bound."""

    def __init__(self, value=1):
        Semaphore.__init__(self, value)
        self._most = value


class Lock(Semaphore):
    """A counter from one to nothing."""

    _most = 1
    _error = RuntimeError

    def __init__(self):
        Semaphore.__init__(self)

    def acquire(self, blocking=True):
        return Semaphore.acquire(self, bool(blocking))

    def _owned(self):
        return self._count == 0

    def _free(self):
        saved, self._count = self._count, 1
        return saved

    def _is_free(self):
        return self._count == 1

    def _take(self, saved):
        self._count = 0


class RLock:
    """An owner and a level."""

    def __init__(self):
        self._owner = None
        self._level = 0

    def acquire(self, blocking=None):
        me = _thread.get_ident()
        with mutex:
            mine = self._owner in (None, me)
            if not (mine or blocking is None or blocking):
                return False
            await_(lambda: self._owner in (None, me))
            self._owner = me
            self._level += 1
        return None if blocking is None else True

    def release(self):
        with mutex:
            if self._owner != _thread.get_ident():
                raise RuntimeError("not owned")
            self._level -= 1
            if not self._level:
                self._owner = None
                awake()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()

    def _owned(self):
        return self._owner == _thread.get_ident()

    def _free(self):
        saved, self._owner, self._level = self._level, None, 0
        return saved

    def _is_free(self):
        return self._owner is None

    def _take(self, saved):
        self._owner, self._level = _thread.get_ident(), saved


class Condition:
    """A list of waiters."""

    def __init__(self, lock=None):
        self._lock = RLock() if lock is None else lock
        self.acquire, self.release = self._lock.acquire, self._lock.release
        self._waiting = []

    def wait(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        with mutex:
            self._check()
            waiter = [False]
            self._waiting.append(waiter)
            saved = self._lock._free()
            awake()
            try:
                await_(lambda: waiter[0], end)
            finally:
                self._waiting = [one for one in self._waiting if one is not waiter]
                await_(self._lock._is_free)
                self._lock._take(saved)

    def notify(self):
        with mutex:
            self._check()
            if self._waiting:
                self._waiting.pop()[0] = True
                awake()

    def notifyAll(self):
        with mutex:
            self._check()
            for waiter in self._waiting:
                waiter[0] = True
            self._waiting = []
            awake()

    def _check(self):
        if not self._lock._owned():
            raise RuntimeError("not acquired")

    def __enter__(self):
        self.acquire()

    def __exit__(self, *exc_info):
        self.release()


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
        end = None if timeout is None else time.monotonic() + timeout
        with mutex:
            if not self._flag:
                times = self._times
                await_(lambda: self._times != times, end)
