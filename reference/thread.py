"""Thread Objects."""

import itertools
import sys

from . import _registry
from ._guard import Guard
from ._interruption import call
from ._layer import allocate_lock, clock, start_new_thread
from ._waiting import leave, seconds, wake_all

__all__ = ["Thread", "adopt", "hooks", "new_name", "renew_locks", "terminate", "wait"]

# Set by settrace() and setprofile(): what each new thread installs before its run().
hooks = {"trace": None, "profile": None}

_numbers = itertools.count(1)
# Reentrant if the layer has an RLock: a signal handler or a finalizer that interrupts what is done
# under it may then make a thread.  Without one, it waits for ever.
_numbering = Guard()
# Under this lock, start() claims a thread, and setDaemon() looks whether it is claimed and sets its
# flag: so no other thread can claim it between the two.  What interrupts setDaemon() can, where the
# lock is reentrant; as above, it waits for ever otherwise.
_claiming = Guard()


def new_name(kind):
    """Return a name that no other thread was given by default: ``kind``-N."""
    with _numbering:
        return f"{kind}-{next(_numbers)}"


def renew_locks():
    """Renew this module's locks in a forked child: a thread that is gone may have held them."""
    global _claiming, _numbering
    _claiming = Guard()
    _numbering = Guard()


class Thread:
    """An activity that runs in a separate thread of control.

    ::

        thread = Thread(target=function, args=(1, 2))
        thread.start()
        thread.join()

    ``group``: None (ValueError otherwise: there are no thread groups); ``target``: the callable
    that ``run`` invokes, None for nothing; ``name``: the thread's name, by default a unique
    "Thread-N"; ``args`` and ``kwargs``: what ``target`` is invoked with (``thread.init.*``,
    ``thread.name.*``).

    Override ``__init__`` and ``run`` in a subclass, and no other documented method.  An
    ``__init__`` of its own must call this one first; without that, every method but ``run`` raises
    RuntimeError.  Every other name is free for the subclass's own attributes and methods
    (``thread.subclass.*``).

    Target and arguments are dropped when the thread ends, so that a thread object that is kept does
    not keep them.
    """

    # A subclass may use any name.  It may also be called Thread, where __name would clash.  So
    # private attributes have the prefix _threadspec_, and private functions are not methods.
    _threadspec_claim = None
    _threadspec_started = False

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None):
        if group is not None:
            raise ValueError("group must be None: there are no thread groups")
        creator = _registry.lookup()
        self._threadspec_target = target
        self._threadspec_args = args
        self._threadspec_kwargs = kwargs
        self._threadspec_name = new_name("Thread") if name is None else name
        # A creator that has no thread object is an alien thread, and those count as daemonic.
        self._threadspec_daemon = True if creator is None else creator._threadspec_daemon
        # The queue of threads that join this one.
        self._threadspec_joiners = []
        # Acquired by the first start(); released only if the system refuses the thread.
        self._threadspec_claim = allocate_lock()

    def start(self):
        """Start the activity: invoke ``run`` in a separate thread of control (``thread.start.*``).

        The thread is alive when this returns, unless ``run`` has ended already.  Raises
        RuntimeError when the thread has been started before, also while another thread is about to
        start it.  Where the system cannot start one more thread, its error is raised and the thread
        counts as not started: it may be started later, and a ``join`` that has begun returns.
        """
        _check(self)
        if self._threadspec_started:
            raise RuntimeError("a thread can be started only once")
        claimed, begun = [], []
        try:
            with _claiming:
                call(self._threadspec_claim.acquire, (False,), claimed)
            if True not in claimed:
                raise RuntimeError("a thread can be started only once")
            if not self._threadspec_daemon:
                main_thread.wait_at_exit()
            # It counts as alive from here on: there is no need to wait for a sign of the new
            # thread, which is what takes most of the time elsewhere.
            _registry.add(self)
            self._threadspec_started = True
            call(start_new_thread, (_perform, (self,)), begun)
        except BaseException:
            if True in claimed and not begun:
                self._threadspec_started = False
                if _registry.holds(self):
                    terminate(self)  # whoever has begun to join it must not wait for ever
                self._threadspec_claim.release()  # last: from here on it can be started again
            raise

    def run(self):
        """The activity: invoke the target, if any, with its arguments (``thread.run.*``)."""
        if self._threadspec_target is not None:
            self._threadspec_target(*self._threadspec_args, **self._threadspec_kwargs or {})

    def join(self, timeout=None):
        """Block until the thread has terminated, or for ``timeout`` seconds (``thread.join.*``).

        ``timeout``: a number of seconds, zero or less for not waiting at all; None for no limit.
        Always returns None: ``isAlive`` tells whether the time ran out.  Raises RuntimeError when
        the thread has not been started, and when it is the calling thread; ValueError when
        ``timeout`` is nan, and TypeError when it is no number.

        Everything that the thread did happens before the return of a ``join`` that found it
        terminated.
        """
        _check(self)
        if not self._threadspec_started:
            raise RuntimeError("a thread cannot be joined before it is started")
        if _registry.lookup() is self:
            raise RuntimeError("a thread cannot join itself")
        wait(self, timeout)

    def getName(self):
        """Return the thread's name (``thread.name.*``)."""
        _check(self)
        return self._threadspec_name

    def setName(self, name):
        """Set the thread's name, at any time (``thread.name.*``)."""
        _check(self)
        self._threadspec_name = name

    def isAlive(self):
        """Return whether the thread is alive: from ``start`` to the end of ``run``.

        The alive threads are those that ``enumerate`` lists (``thread.alive.*``).
        """
        _check(self)
        return _registry.holds(self)

    def isDaemon(self):
        """Return the daemon flag, which is at first that of the creating thread (``daemon.*``)."""
        _check(self)
        return self._threadspec_daemon

    def setDaemon(self, daemonic):
        """Set the daemon flag to the truth of ``daemonic`` (``daemon.*``).

        The program does not wait for daemonic threads at its end.  Raises RuntimeError once the
        thread has been started.
        """
        _check(self)
        daemonic = bool(daemonic)
        with _claiming:
            if self._threadspec_claim.locked():
                raise RuntimeError("the daemon flag must be set before the thread is started")
            self._threadspec_daemon = daemonic

    def __repr__(self):
        if self._threadspec_claim is None:
            return f"<{type(self).__name__} without Thread.__init__>"
        state = (
            "alive"
            if _registry.holds(self)
            else "ended"
            if self._threadspec_started
            else "not started"
        )
        daemonic = " daemonic" if self._threadspec_daemon else ""
        return f"<{type(self).__name__} {self._threadspec_name} {state}{daemonic}>"


def _check(thread):
    if thread._threadspec_claim is None:
        raise RuntimeError("Thread.__init__ was not called")


def _perform(thread):
    """What the new thread of control does."""
    _registry.own.thread = thread
    trace, profile = hooks["trace"], hooks["profile"]
    try:
        if trace is not None:
            sys.settrace(trace)
        if profile is not None:
            sys.setprofile(profile)
        thread.run()
    except SystemExit:
        pass
    except BaseException:
        _report(thread._threadspec_name)
    finally:
        # They are asked to watch the thread's activity, not the end of it here.
        if trace is not None:
            sys.settrace(None)
        if profile is not None:
            sys.setprofile(None)
        try:
            thread._threadspec_target = None
            thread._threadspec_args = ()
            thread._threadspec_kwargs = None
        finally:
            terminate(thread)


def adopt(thread):
    """Count a thread object as started and alive: its thread of control is there already."""
    thread._threadspec_claim.acquire()
    _registry.add(thread)
    thread._threadspec_started = True


def wait(thread, timeout=None):
    """Block until a started thread is not alive, or for ``timeout`` seconds."""
    left = seconds(timeout)
    end = clock() + left
    queue = thread._threadspec_joiners
    while _registry.holds(thread):
        ticket = allocate_lock()
        ticket.acquire()
        woken = False
        try:
            queue.append(ticket)
            if _registry.holds(thread):  # else terminate() may not have seen this ticket
                woken = ticket.acquire(True, left)
        finally:
            if not woken:
                leave(queue, ticket)
        if not woken:
            return
        # Now it is not alive, unless its start was refused and tried again.
        if timeout is not None:
            left = max(end - clock(), 0)


def terminate(thread):
    """Count a thread as terminated: it is no longer alive, and its joiners return."""
    _registry.remove(thread)
    wake_all(thread._threadspec_joiners)


def _report(name):
    """Write the traceback of an exception that ``run`` did not handle to standard error.

    Never raises: where standard error is closed or missing, there is nowhere else to report to.
    """
    import traceback  # only where it is needed: the import takes longer than everything else here

    trace = traceback.format_exc()
    try:
        title = f"Exception in thread {name}"
    except BaseException:  # its own __format__ fails
        title = f"Exception in a thread whose name, a {type(name).__name__}, cannot be shown"
    text = f"{title}:\n{trace}"
    try:
        try:
            sys.stderr.write(text)
        except UnicodeError:
            sys.stderr.write(text.encode("ascii", "backslashreplace").decode("ascii"))
    except Exception:
        pass


from . import main_thread  # noqa: E402 - it is a Thread, and there before any other
