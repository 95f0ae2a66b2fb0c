"""What oddities are made from: copies of the reference of their own, locks that can be changed."""

import sys
import time
from types import ModuleType

from threadspec.reference import _layer
from threadspec.reference._instantiate import instantiate

METHODS = {
    "Lock": ("acquire", "release"),
    "RLock": ("acquire", "release"),
    "Condition": ("acquire", "release", "wait", "notify", "notifyAll"),
    "Semaphore": ("acquire", "release"),
    "BoundedSemaphore": ("acquire", "release"),
    "Event": ("isSet", "set", "clear", "wait"),
    "Thread": (
        *("start", "run", "join", "getName", "setName", "isAlive", "isDaemon", "setDaemon"),
    ),
    "Timer": ("cancel", "run"),
}
FUNCTIONS = ("activeCount", "currentThread", "enumerate", "settrace", "setprofile", "stack_size")


def own_copy(name, **changes):
    """Return the reference anew, as the module ``name``, for an oddity to change at will.

    ``changes``: what takes the place of names of the thread layer.
    """
    layer = ModuleType(name + "._layer")
    for known in _layer.__all__:
        if known == "RLock" and "allocate_lock" in changes:
            continue  # so that reentrant locks are made of the changed ones
        setattr(layer, known, changes.get(known, getattr(_layer, known)))
    doc = sys.modules[name].__doc__
    copy = instantiate(name, layer)
    copy.__doc__ = doc
    return copy


class PlainLock:
    """A lock of the thread layer in an object whose class can be derived from."""

    __slots__ = ("_lock",)

    def __init__(self):
        self._lock = _layer.allocate_lock()

    def acquire(self, blocking=True, timeout=-1):
        return self._lock.acquire(bool(blocking), timeout)

    def release(self):
        self._lock.release()

    def locked(self):
        return self._lock.locked()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, kind, value, traceback):
        self.release()


class TriedLock(PlainLock):
    """A lock that never blocks in the system: who waits tries it every ``pause`` seconds.

    It does not sleep beyond the end of a time-out.
    """

    __slots__ = ()
    pause = 0.0

    def acquire(self, blocking=True, timeout=-1):
        if self._lock.acquire(False):
            return True
        if not blocking:
            return False
        end = None if timeout < 0 else time.monotonic() + timeout
        while not self._lock.acquire(False):
            if end is not None and time.monotonic() >= end:
                return False
            left = self.pause if end is None else max(end - time.monotonic(), 0)
            time.sleep(min(self.pause, left))
        return True


def wake_by(copy, take):
    """Let the semaphores of a copy wake the waiter that ``take`` takes out of the line."""

    def wake(self):
        if self._waiters:
            take(self._waiters).release()

    def release(self):
        with self._guard:
            self._counter += 1
            wake(self)

    def bounded_release(self):
        with self._guard:
            if self._counter >= self._bound:
                raise ValueError("the counter is at its bound")
            self._counter += 1
            wake(self)

    copy.Semaphore.release = release
    copy.BoundedSemaphore.release = bounded_release


def classes(copy):
    """Every class of a copy's objects but ``local``; ``Lock`` is made a class if it is none."""
    if not isinstance(copy.Lock, type):
        methods = {name: value for name, value in vars(PlainLock).items() if callable(value)}
        copy.Lock = type("Lock", (PlainLock,), {**methods, "__module__": copy.__name__})
    names = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Thread")
    return [getattr(copy, name) for name in names]


def wrap_methods(copy, wrap):
    """Replace every documented method and function of a copy by what ``wrap`` makes of it.

    ``wrap`` is called with the function and its name.  The methods that Condition takes from its
    lock are those of the lock.
    """
    classes(copy)
    for kind, methods in METHODS.items():
        for method in methods:
            owner = getattr(copy, kind)
            function = vars(owner).get(method)
            if function is not None and callable(function):
                setattr(owner, method, wrap(function, f"{kind}.{method}"))
    for name in FUNCTIONS:
        setattr(copy, name, wrap(getattr(copy, name), name))
