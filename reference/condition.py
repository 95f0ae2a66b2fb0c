"""Condition Objects."""

from _operator import not_
from itertools import compress, starmap

from ._interruption import ONCE
from ._layer import TIMEOUT_MAX, allocate_lock
from ._waiting import leave, wake_first
from .rlock import RLock

__all__ = ["Condition"]


class Condition:
    """A condition variable: threads wait on it until another thread notifies them.

    ``lock``: the Lock or RLock that it is used with, which several conditions may share; a new
    RLock if it is left out or None (``condition.lock.*``).  It is a context manager (``with.*``).
    """

    # With a docstring for each public one: they are the lock's own methods, bound.  A with
    # statement finds them in their slots: 2.5 times as fast as by methods that call methods.
    __slots__ = {
        "acquire": """Acquire the lock: its own ``acquire``, with its arguments and its return value
            (``condition.acquire.*``).""",
        "release": """Release the lock: its own ``release``, with its errors and no return value
            (``condition.release.*``).""",
        "__enter__": "Acquire the lock.",
        "__exit__": "Release the lock; an exception goes on.",
        "_lock": None,
        "_is_owned": None,
        "_is_reentrant": None,
        "_waiters": None,
        "__weakref__": None,
    }

    def __init__(self, lock=None):
        if lock is None:
            lock = RLock()
        self._lock = lock
        self.acquire = lock.acquire
        self.release = lock.release
        self.__enter__ = lock.__enter__
        self.__exit__ = lock.__exit__
        self._is_reentrant = hasattr(lock, "_release_save")
        # Nobody owns a plain lock: that it is locked is all there is to see.
        self._is_owned = lock._is_owned if self._is_reentrant else lock.locked
        # Who owns a reentrant lock, and nobody else, changes the line.  With a plain lock another
        # thread may as well: that it is not the one that holds the lock cannot be told.
        self._waiters = []

    def wait(self, timeout=None):
        """Release the lock, block until notified, and take the lock back.

        ``timeout``: seconds after which to stop waiting; None is for ever; zero or less is not to
        wait for a notification at all.  An RLock is released whatever its level, and has the same
        level afterwards (``condition.wait.*``).

        Returns True, or False after a time-out; the manual promises no value
        (``condition.wait.value``).  Raises RuntimeError when the calling thread does not hold the
        lock (``condition.wait.unacquired-error``, ``condition.wait.not-owner-error``).
        """
        if not self._is_owned():
            raise RuntimeError("wait on a condition whose lock this thread does not hold")
        lock = self._lock
        line = self._waiters
        turn = allocate_lock()
        turn.acquire()
        saved = None
        notified = False
        try:
            try:
                line.append(turn)
                # One step each: what is released is certain to be taken back.
                if self._is_reentrant:
                    (saved,) = starmap(lock._release_save, ONCE)
                else:
                    taken = []
                    (saved,) = _plainly(lock)
                if timeout is None:
                    notified = turn.acquire()
                elif timeout > 0:
                    notified = turn.acquire(True, min(timeout, TIMEOUT_MAX))
            finally:
                if saved is not None:
                    if self._is_reentrant:
                        lock._acquire_restore(saved)
                    else:
                        taken.extend(saved)
            if not notified:
                # It may have been while the lock was not free.
                notified = not (_give_up if self._is_reentrant else leave)(line, turn)
            if line is not self._waiters:
                notified = True
                wake_first(line)
            return notified
        except BaseException:  # a signal handler has raised
            if saved is not None and not self._is_reentrant:
                _insist(lock, taken)
            # The notification was meant for a thread that can act on it.
            if not leave(line, turn) or line is not self._waiters:
                wake_first(line)
            raise

    def notify(self):
        """Wake the thread that has waited longest, if any waits (``condition.notify.*``).

        The lock stays acquired: the woken thread returns from ``wait`` once its notifier has
        released it.  Returns None; never blocks.  Raises RuntimeError when the calling thread does
        not hold the lock (``condition.notify.unacquired-error``,
        ``condition.notify.not-owner-error``).
        """
        if not self._is_owned():
            raise RuntimeError("notify on a condition whose lock this thread does not hold")
        if self._waiters:
            wake_first(self._waiters)

    def notifyAll(self):
        """Wake every waiting thread (``condition.notifyAll.*``); otherwise like ``notify``."""
        if not self._is_owned():
            raise RuntimeError("notifyAll on a condition whose lock this thread does not hold")
        line = self._waiters
        if line:
            # As an event's set() does it: two are woken, and each wakes the next when it has the
            # lock.  Who finds the line replaced knows that all in it have been notified.
            try:
                self._waiters = []
                wake_first(line)
            finally:
                wake_first(line)

    def __repr__(self):
        return f"<{type(self).__name__} lock={self._lock!r} waiters={len(self._waiters)}>"


def _give_up(line, turn):
    """Take ``turn`` out of ``line``, which nobody else changes; whether it was there still.

    Who came last is the likeliest not to wait for long, and is looked for at the end: among 1,000 a
    time-out takes 1.2 times as long otherwise.
    """
    if line[-1:] == [turn]:
        del line[-1]
        return True
    return leave(line, turn)


def _plainly(lock):
    """How to release a plain lock and to take it back, each in one step.

    Returns an iterator that releases the lock when it is read, and gives another one that acquires
    it when that is read.
    """
    acquiring = starmap(lock.acquire, ONCE)
    return compress([acquiring], map(not_, starmap(lock.release, ONCE)))


def _insist(lock, taken):
    """Take a plain lock back, unless that is done, even where a signal handler raises meanwhile."""
    while not taken:
        try:
            taken.extend(starmap(lock.acquire, ONCE))
        except BaseException:  # the interruption that came first is on its way already
            pass
