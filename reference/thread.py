"""Thread Objects."""

import itertools
import sys

from . import _registry
from ._guard import RLock
from ._layer import TIMEOUT_MAX, allocate_lock, start_new_thread

__all__ = ["Thread", "hooks", "new_name", "renew_locks"]

# Set by settrace() and setprofile(): what each new thread installs before its run().
hooks = {"trace": None, "profile": None}

_numbers = itertools.count(1)
# Reentrant: a signal handler or a finalizer may make a thread meanwhile.
_numbering = RLock()


def new_name(kind):
    """Return a name that no other thread was given by default: ``kind``-N."""
    with _numbering:
        return f"{kind}-{next(_numbers)}"


def renew_locks():
    """In a child process: another thread may have held a lock of this module while it forked."""
    global _numbering
    _numbering = RLock()


class Thread:
    """An activity that runs in a separate thread of control.

    ``group``: None (ValueError otherwise: there are no thread groups); ``target``: the callable
    that ``run`` invokes, None for nothing; ``name``: the thread's name, by default a unique
    "Thread-N"; ``args`` and ``kwargs``: what ``target`` is invoked with (``thread.init.*``,
    ``thread.name.*``).

    Override ``__init__`` and ``run`` in a subclass, nothing else.  An ``__init__`` of its own must
    call this one first; without that, every method but ``run`` raises RuntimeError
    (``thread.subclass.*``).
    """

    # Attributes have two underscores, to leave a subclass every name it may want.
    __ended = None
    __started = False

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None):
        if group is not None:
            raise ValueError("group must be None: there are no thread groups")
        creator = _registry.lookup()
        self.__target = target
        self.__args = args
        self.__kwargs = kwargs
        self.__name = new_name("Thread") if name is None else name
        # A creator that has no thread object is an alien thread, and those count as daemonic.
        self.__daemon = True if creator is None else creator.__daemon
        # Locked from the start to the end; joiners pass it on among themselves.
        self.__ended = allocate_lock()

    def start(self):
        """Start the activity: invoke ``run`` in a separate thread of control (``thread.start.*``).

        The thread is alive when this returns, unless ``run`` has ended already.  RuntimeError is
        raised when the thread has been started before.  Where the system cannot start one more
        thread, its error is raised, and the thread may be started later.
        """
        self.__check()
        if self.__started:
            raise RuntimeError("a thread can be started only once")
        claimed, begun = [], []
        try:
            claimed.extend(itertools.starmap(self.__ended.acquire, [(False,)]))
            if True not in claimed or self.__started:  # since the look before
                raise RuntimeError("a thread can be started only once")
            # It counts as alive from here on: there is no need to wait for a sign of the new
            # thread, which is what takes most of the time elsewhere.
            _registry.add(self)
            self.__started = True
            begun.extend(itertools.starmap(start_new_thread, [(self.__perform, ())]))
        except BaseException:
            if True in claimed and not begun:
                if _registry.holds(self):
                    self.__started = False
                self._terminate()  # whoever has begun to join it must not wait for ever
            raise

    def run(self):
        """The activity: invoke the target, if any, with its arguments (``thread.run.*``)."""
        if self.__target is not None:
            self.__target(*self.__args, **self.__kwargs or {})

    def join(self, timeout=None):
        """Block until the thread has terminated, or for ``timeout`` seconds (``thread.join.*``).

        ``timeout``: a number of seconds, zero or less for not waiting at all; None for no limit.
        Always returns None: ``isAlive`` tells whether the time ran out.  Raises RuntimeError when
        the thread has not been started, and when it is the calling thread.
        """
        self.__check()
        if not self.__started:
            raise RuntimeError("a thread cannot be joined before it is started")
        if _registry.lookup() is self:
            raise RuntimeError("a thread cannot join itself")
        self._wait(timeout)

    def getName(self):
        """Return the thread's name (``thread.name.*``)."""
        self.__check()
        return self.__name

    def setName(self, name):
        """Set the thread's name, at any time (``thread.name.*``)."""
        self.__check()
        self.__name = name

    def isAlive(self):
        """Return whether the thread is alive: from ``start`` to the end of ``run``.

        The alive threads are those that ``enumerate`` lists (``thread.alive.*``).
        """
        self.__check()
        return _registry.holds(self)

    def isDaemon(self):
        """Return the daemon flag, which is at first that of the creating thread (``daemon.*``)."""
        self.__check()
        return self.__daemon

    def setDaemon(self, daemonic):
        """Set the daemon flag to the truth of ``daemonic`` (``daemon.*``).

        The program does not wait for daemonic threads at its end.  Raises RuntimeError once the
        thread has been started.
        """
        self.__check()
        daemonic = bool(daemonic)
        if self.__started or self.__ended.locked():
            raise RuntimeError("the daemon flag must be set before the thread is started")
        self.__daemon = daemonic

    def __repr__(self):
        if self.__ended is None:
            return f"<{type(self).__name__} without Thread.__init__>"
        state = "alive" if _registry.holds(self) else "ended" if self.__started else "not started"
        daemonic = " daemonic" if self.__daemon else ""
        return f"<{type(self).__name__} {self.__name} {state}{daemonic}>"

    def __check(self):
        if self.__ended is None:
            raise RuntimeError("Thread.__init__ was not called")

    def __perform(self):
        """What the new thread of control does."""
        _registry.own.thread = self
        trace, profile = hooks["trace"], hooks["profile"]
        try:
            if trace is not None:
                sys.settrace(trace)
            if profile is not None:
                sys.setprofile(profile)
            self.run()
        except SystemExit:
            pass
        except BaseException:
            _report(self.__name)
        finally:
            # They are asked to watch the thread's activity, not the end of it here.
            if trace is not None:
                sys.settrace(None)
            if profile is not None:
                sys.setprofile(None)
            self._terminate()

    def _adopt(self):
        """Count as started and alive: the thread of control is there without ``start``."""
        self.__ended.acquire()
        _registry.add(self)
        self.__started = True

    def _wait(self, timeout=None):
        """Block until the thread is not alive, or for ``timeout`` seconds."""
        if not _registry.holds(self):
            return
        if timeout is None:
            with self.__ended:
                return
        got = []
        try:
            seconds = max(min(timeout, TIMEOUT_MAX), 0)
            got.extend(itertools.starmap(self.__ended.acquire, [(True, seconds)]))
        finally:  # even when a signal handler raises
            if True in got:
                self.__ended.release()

    def _terminate(self):
        """Count as terminated: no longer alive, and joiners come back."""
        _registry.remove(self)
        self.__ended.release()


def _report(name):
    """Write the traceback of an exception that ``run`` did not handle to standard error."""
    import traceback  # only where it is needed: the import takes longer than everything else here

    try:
        sys.stderr.write(f"Exception in thread {name}:\n{traceback.format_exc()}")
    except Exception:  # standard error is closed or missing, and there is nowhere else to tell
        pass


from . import main_thread  # noqa: E402, F401 - it is a Thread, and there before any other
