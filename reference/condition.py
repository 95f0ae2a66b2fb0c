"""Condition Objects."""

from ._layer import TIMEOUT_MAX, allocate_lock
from .rlock import RLock

__all__ = ["Condition"]


class Condition:
    """A condition variable: threads wait on it until another thread notifies them.

    ``lock``: the Lock or RLock that it is used with, which several conditions may share; a new
    RLock if it is left out or None (``condition.lock.*``).  It is a context manager (``with.*``).
    """

    # With a docstring for each public one: acquire and release are the lock's own methods, bound.
    __slots__ = {
        "acquire": """Acquire the lock: its own ``acquire``, with its arguments and its return value
            (``condition.acquire.*``).""",
        "release": """Release the lock: its own ``release``, with its errors and no return value
            (``condition.release.*``).""",
        "_lock": None,
        "_is_owned": None,
        "_release_save": None,
        "_acquire_restore": None,
        "_guard": None,
        "_waiters": None,
        "__weakref__": None,
    }

    def __init__(self, lock=None):
        if lock is None:
            lock = RLock()
        self._lock = lock
        self.acquire = lock.acquire
        self.release = lock.release
        if hasattr(lock, "_release_save"):
            self._is_owned = lock._is_owned
            self._release_save = lock._release_save
            self._acquire_restore = lock._acquire_restore
        else:
            # Nobody owns a plain lock: that it is locked is all there is to see.
            self._is_owned = lock.locked
            self._release_save = lock.release
            self._acquire_restore = lambda saved: lock.acquire()
        # Each waiting thread's own lock, in the order of arrival; the thread waits to acquire it a
        # second time.  Waiters are put in by threads that hold the condition's lock, but a time-out
        # takes its waiter out without it, so they are taken out under the guard.  Who takes one
        # out decides whether it has been notified or has given up.
        self._waiters = {}
        self._guard = allocate_lock()

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
        patient = timeout is None or timeout > 0
        waiter = allocate_lock()
        waiter.acquire()
        self._waiters[waiter] = None
        saved = self._release_save()
        notified = False
        try:
            if timeout is None:
                notified = waiter.acquire()
            elif patient:
                notified = waiter.acquire(True, min(timeout, TIMEOUT_MAX))
            if not notified:
                notified = not self._give_up(waiter)
        except BaseException:  # an interruption, such as KeyboardInterrupt
            missed = not self._give_up(waiter)
            self._take_back(saved)
            if missed:
                self.notify()  # it was meant for a thread that can act on it
            raise
        self._take_back(saved)
        return notified

    def notify(self):
        """Wake the thread that has waited longest, if any waits (``condition.notify.*``).

        The lock stays acquired: the woken thread returns from ``wait`` once its notifier has
        released it.  Returns None; never blocks.  Raises RuntimeError when the calling thread does
        not hold the lock (``condition.notify.unacquired-error``,
        ``condition.notify.not-owner-error``).
        """
        if not self._is_owned():
            raise RuntimeError("notify on a condition whose lock this thread does not hold")
        if not self._waiters:
            return
        with self._guard:
            waiter = next(iter(self._waiters), None)
            if waiter is None:  # it has just timed out
                return
            del self._waiters[waiter]
        waiter.release()

    def notifyAll(self):
        """Wake every waiting thread (``condition.notifyAll.*``); otherwise like ``notify``."""
        if not self._is_owned():
            raise RuntimeError("notifyAll on a condition whose lock this thread does not hold")
        with self._guard:
            waiters = list(self._waiters)
            self._waiters.clear()
        for waiter in waiters:
            waiter.release()

    def __enter__(self):
        """Acquire; the value of ``as`` is True."""
        return self.acquire(True)

    def __exit__(self, kind, value, traceback):
        """Release; an exception goes on."""
        self.release()

    def __repr__(self):
        return f"<{type(self).__name__} lock={self._lock!r} waiters={len(self._waiters)}>"

    def _give_up(self, waiter):
        """Stop waiting to be notified; False when a notification was quicker."""
        with self._guard:
            return self._waiters.pop(waiter, self) is None

    def _take_back(self, saved):
        """Take the lock back, even when interrupted: the caller of ``wait`` will release it."""
        try:
            self._acquire_restore(saved)
        except BaseException:
            self._take_back(saved)
            raise
