"""A thread layer without threads: ``_layer`` for platforms that have no thread module.

There is one thread of control.  ``start_new_thread`` runs the new thread on the spot, to its end,
while the thread that started it is suspended; threads started by threads are nested.

Nothing here blocks for good.  Where a real lock would block, one of these happens:

- If a suspended thread holds the lock, it is acquired immediately, since that thread cannot go on
  before this one ends.  The lock stays locked until it has been released as often as it was
  acquired.  So ``with lock: thread.start()`` works with a thread that uses the lock.
- If no other thread could ever release the lock, RuntimeError is raised.
- If there is a time-out, it passes, and the lock is not acquired unless a signal handler releases
  it meanwhile.
"""

import sys
from time import monotonic as clock
from time import sleep
from weakref import WeakValueDictionary

__all__ = [
    "TIMEOUT_MAX",
    "allocate_lock",
    "clock",
    "error",
    "get_ident",
    "is_main_thread",
    "local",
    "stack_size",
    "start_new_thread",
    "this_thread",
]

error = RuntimeError

# The longest time-out in seconds: what _thread has where it has the least.
TIMEOUT_MAX = 4294967.0

# Each thread is identified by an object: the running thread, and the suspended ones that wait for
# it to end, the main thread first.
_running = object()
_suspended = []


def start_new_thread(function, args, kwargs=None):
    """Call ``function`` as a new thread and return when it has ended; the value is ``get_ident()``.

    SystemExit ends the thread silently; any other exception is given to ``sys.excepthook`` and ends
    it too.  KeyboardInterrupt is meant for the program and goes on.
    """
    global _running
    # What the new thread installs for itself must not affect the one that started it.
    trace, profile = sys.gettrace(), sys.getprofile()
    _suspended.append(_running)
    thread = _running = object()
    try:
        function(*args, **(kwargs or {}))
    except SystemExit:
        pass
    except KeyboardInterrupt:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _running = _suspended.pop()
        _forget(thread)
        sys.settrace(trace)
        if sys.getprofile() is not profile:  # one written in C, as cProfile, cannot be put back
            sys.setprofile(profile)
    return get_ident()


def get_ident():
    """The identifier of the one thread of control, in every thread: an integer that is not zero."""
    return 1


def this_thread():
    """The same object in every thread, as there is one thread of control.

    So the running thread can acquire an RLock that a suspended one owns, as one more level.
    """
    return _suspended


def is_main_thread():
    """Whether no started thread is running."""
    return not _suspended


def stack_size(size=0):
    """Return 0; there is no stack of a new thread whose size could be set: else ``error``."""
    if size:
        raise error("the stack size cannot be changed where there are no threads")
    return 0


class allocate_lock:
    """An unlocked lock that never blocks."""

    __slots__ = ("__weakref__", "_takers")

    def __init__(self):
        self._takers = []  # the thread, for each acquire that was not yet released

    def acquire(self, blocking=True, timeout=-1):
        """Take the lock and return True; False when it is locked and blocking is not wanted.

        ``timeout``: seconds; with one, sleep so long as the lock is locked, at most that long.
        Raises RuntimeError when the running thread, or one that has ended, was the last to lock it.
        """
        if self._takers:
            if not blocking:
                return False
            if timeout >= 0:
                end = clock() + timeout
                while self._takers:
                    left = end - clock()
                    if left <= 0:
                        return False
                    sleep(min(left, 0.01))
            elif self._takers[-1] not in _suspended:
                raise RuntimeError("this would block for ever: no other thread could end the wait")
        self._takers.append(_running)
        return True

    def release(self):
        """Undo one acquire; RuntimeError when the lock is unlocked."""
        if not self._takers:
            raise RuntimeError("release of an unlocked lock")
        del self._takers[-1]

    def locked(self):
        """Whether the lock is locked."""
        return bool(self._takers)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, kind, value, traceback):
        self.release()

    def __repr__(self):
        return f"<dummy lock, {'locked' if self._takers else 'unlocked'}>"


# Every local, by its id(): a subclass may define any __eq__ and __hash__.
_locals = WeakValueDictionary()


class local:
    """Thread-local data: each thread, while it runs, has attributes of its own."""

    __slots__ = ("__dict__", "__weakref__", "_local__arguments", "_local__shelves")

    def __new__(cls, /, *args, **kwargs):
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__} takes no arguments")
        self = object.__new__(cls)
        _locals[id(self)] = self
        object.__setattr__(self, "_local__arguments", (args, kwargs))
        # Thread -> its attributes; for each use, those of the running thread become the __dict__.
        object.__setattr__(self, "_local__shelves", {_running: {}})
        return self

    def __getattribute__(self, name):
        _show(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        if name == "__dict__":
            raise AttributeError("the __dict__ of thread-local data cannot be replaced")
        _show(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        if name == "__dict__":
            raise AttributeError("the __dict__ of thread-local data cannot be deleted")
        _show(self)
        object.__delattr__(self, name)


def _show(data):
    """Give ``data`` the running thread's attributes, initialized when it has none yet."""
    thread = _running
    shelves = object.__getattribute__(data, "_local__shelves")
    known = thread in shelves
    object.__setattr__(data, "__dict__", shelves.setdefault(thread, {}))
    if not known:
        args, kwargs = object.__getattribute__(data, "_local__arguments")
        try:
            type(data).__init__(data, *args, **kwargs)
        except BaseException:
            _drop(data, thread)  # the next use tries again
            raise
        _show(data)  # another thread may have run meanwhile


def _drop(data, thread):
    """Drop the attributes that a thread has in ``data``."""
    object.__getattribute__(data, "_local__shelves").pop(thread, None)
    object.__setattr__(data, "__dict__", {})


def _forget(thread):
    """Drop all thread-local data of a thread that has ended."""
    for data in list(_locals.values()):
        _drop(data, thread)
