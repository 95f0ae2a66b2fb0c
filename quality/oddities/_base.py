"""What oddities are made from: copies of the reference to change, and locks in Python."""

import _thread
import functools
import queue
import sys
import time
from types import ModuleType

from threadspec.reference import Timer, _layer
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


# -- copies of the reference ----------------------------------------------------------------------


def own_copy(name, **changes):
    """Return a new instance of the reference, as the module ``name``, for an oddity to change.

    ``changes``: replacements for names of the thread layer; with None, the layer lacks the name.
    All chapters are imported.
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


def classes(copy):
    """Return the classes of a copy except ``local``, each in a form that can be changed.

    ``Lock`` becomes a class if it is not one; ``RLock`` gets all methods of its own; ``Condition``
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
    """Replace every documented method and function of a copy by ``wrap(function, name)``.

    The methods that Condition takes from its lock are those of the lock.
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


def intercept(copy, instead):
    """Have ``instead(name, call)`` called for every call of a documented method or function.

    ``call()`` makes the call that was intercepted.
    """

    def wrap(function, name):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            return instead(name, functools.partial(function, *args, **kwargs))

        return wrapped

    wrap_methods(copy, wrap)


def refusing(method, error, wrong):
    """Return a method that raises ``error`` if ``wrong`` is true of one of its arguments."""

    def checked(self, *args, **kwargs):
        if any(wrong(value) for value in (*args, *kwargs.values())):
            raise error("refused")
        return method(self, *args, **kwargs)

    return checked


def is_no_flag(value):
    """Whether a value is neither true nor false, nor equal to one of them."""
    return value not in (True, False)


def is_no_lock(value):
    """Whether a value is neither None nor a lock."""
    return value is not None and not (hasattr(value, "acquire") and hasattr(value, "release"))


# -- threads --------------------------------------------------------------------------------------


def nothing():
    """Do nothing."""


def starting(before=nothing, after=nothing):
    """Return a ``start_new_thread`` whose threads call ``before()`` first and ``after()`` last."""
    start = _thread.start_new_thread

    def start_new_thread(function, args, kwargs=None):
        def begin():
            before()
            try:
                function(*args, **(kwargs or {}))
            finally:
                after()

        return start(begin, ())

    return start_new_thread


def before_the_end(copy, act):
    """Have each thread of a copy call ``act(thread)`` before it counts as ended."""
    terminate = copy.thread.terminate

    def act_first(thread):
        act(thread)
        terminate(thread)

    copy.thread.terminate = act_first


def errand_service(pause):
    """Start a thread that runs errands one after the other; return the function that adds one.

    ``pause``: returns how many seconds the thread sleeps before the next errand.
    """
    errands = queue.SimpleQueue()

    def serve():
        while True:
            errand = errands.get()
            time.sleep(pause())
            errand()

    _thread.start_new_thread(serve, ())
    return errands.put


def late_timer(seconds, after):
    """Return a Timer class that is late by ``seconds``, and alive for ``after`` seconds more."""

    class LateTimer(Timer):
        """Waits, and then waits a little more, whether it is cancelled or not."""

        def __init__(self, interval, function, args=(), kwargs=None):
            Timer.__init__(self, interval + seconds, function, args, kwargs)

        def run(self):
            Timer.run(self)
            time.sleep(after)

    return LateTimer


# -- locks ----------------------------------------------------------------------------------------


class Entered:
    """An object whose with statement acquires and releases it."""

    __slots__ = ()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc_info):
        self.release()


class PlainLock(Entered):
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


def stretching_lock(stretched):
    """Return a class of locks whose time-outs last ``stretched(seconds)`` instead."""

    class StretchingLock(PlainLock):
        """A lock of the system, except for its time-outs."""

        __slots__ = ("release",)

        def __init__(self):
            super().__init__()
            self.release = self._lock.release

        def acquire(self, blocking=True, timeout=-1):
            if timeout >= 0:
                timeout = min(stretched(timeout), _layer.TIMEOUT_MAX)
            return self._lock.acquire(blocking, timeout)

    return StretchingLock


def polling_lock(pause):
    """Return a class of locks that never block in the system: a waiting thread tries again.

    ``pause``: the seconds between two attempts.  It does not sleep beyond the end of a time-out.
    """

    class PollingLock(PlainLock):
        """A lock that is tried again and again."""

        __slots__ = ()

        def acquire(self, blocking=True, timeout=-1):
            if self._lock.acquire(False):
                return True
            if not blocking:
                return False
            end = None if timeout < 0 else time.monotonic() + timeout
            while not self._lock.acquire(False):
                if end is not None and time.monotonic() >= end:
                    return False
                left = pause if end is None else max(end - time.monotonic(), 0)
                time.sleep(min(pause, left))
            return True

    return PollingLock
