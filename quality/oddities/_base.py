"""What oddities are made from: copies of the reference of their own, locks that can be changed."""

import sys
import time
from collections import deque
from itertools import chain, starmap
from types import ModuleType

from threadspec.reference import _layer
from threadspec.reference._instantiate import instantiate

_exhaust = deque(maxlen=0).extend

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

    ``changes``: what takes the place of names of the thread layer; None: it lacks the name.  All
    chapters are imported.
    """
    if "allocate_lock" in changes:
        changes.setdefault("RLock", None)  # so that reentrant locks are made of the changed ones
    layer = ModuleType(name + "._layer")
    for known in _layer.__all__:
        value = changes.get(known, getattr(_layer, known))
        if value is not None:
            setattr(layer, known, value)
    doc = sys.modules[name].__doc__
    copy = instantiate(name, layer)
    copy.__doc__ = doc
    for public in copy.__all__:
        getattr(copy, public)
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


class TimedLock(PlainLock):
    """A lock whose time-outs are what ``stretched`` makes of them; all else is the system's."""

    __slots__ = ("release",)

    def __init__(self):
        super().__init__()
        self.release = self._lock.release

    def acquire(self, blocking=True, timeout=-1):
        if timeout >= 0:
            timeout = min(self.stretched(timeout), _layer.TIMEOUT_MAX)
        return self._lock.acquire(blocking, timeout)


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


def wake(line, choose):
    """Wake one of a line of waiters; return whether there was one.

    ``choose`` is called with the list of them, in order of arrival.  It is one step: a signal
    handler that raises leaves nobody out of the line and asleep.
    """
    while turns := list(line):
        turn = choose(turns)
        try:
            _exhaust(chain(map(line.remove, [turn]), starmap(turn.release, [()])))
        except ValueError:  # another thread was quicker
            continue
        return True
    return False


def first(turns):
    """The waiter that has waited longest."""
    return turns[0]


def last(turns):
    """The waiter that has waited shortest."""
    return turns[-1]


def check_owned(condition):
    """Raise an error when the caller does not hold the lock of a condition."""
    if not condition._is_owned():
        raise RuntimeError("the lock is not acquired")


def classes(copy):
    """Every class of a copy's objects but ``local``, such as can be changed.

    ``Lock`` is made a class if it is none; ``RLock`` has all methods of its own; ``Condition``
    becomes a class whose with statement can be changed: the reference's has slots for it.
    """
    if not isinstance(copy.Lock, type):
        methods = {name: value for name, value in vars(PlainLock).items() if callable(value)}
        copy.Lock = type("Lock", (PlainLock,), {**methods, "__module__": copy.__name__})
    if not copy.Condition.__dictoffset__:
        methods = {name: value for name, value in vars(copy.Condition).items() if callable(value)}
        methods["__module__"] = copy.__name__
        copy.Condition = type("Condition", (copy.Condition,), methods)
    copy.RLock.release = copy.RLock.release  # its own, where it is inherited
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
