"""Condition Objects."""

from ._interruption import call, calls
from ._layer import allocate_lock
from ._waiting import leave, seconds, wake_all, wake_first
from .rlock import RLock

__all__ = ["Condition"]


class Condition:
    """A condition variable: threads wait on it until another thread notifies them.

    ``lock``: the Lock or RLock that guards what the threads wait for, which several conditions may
    share; a new RLock if it is left out or None (``condition.lock.*``).

    A thread waits in a loop, since what it waits for may be gone again when it has the lock::

        with condition:                        with condition:
            while not items:                       items.append(item)
                condition.wait()                   condition.notify()
            item = items.pop()

    It is a context manager (``with.*``).  What a thread did before it released the lock is done for
    each thread that has the lock after it, and so for each that returns from ``wait``.
    """

    # The queue of waiting threads changes only while the calling thread holds the lock.  (If the
    # lock is a plain one, "the calling thread" cannot be checked: it has no owner.)

    __slots__ = (
        "__weakref__",
        "_is_owned",
        "_is_reentrant",
        "_lock",
        "_releasing",
        "_waiters",
    )

    def __init__(self, lock=None):
        if lock is None:
            lock = RLock()
        self._lock = lock
        self._is_reentrant = hasattr(lock, "_release_save")
        if self._is_reentrant:
            self._is_owned = lock._is_owned
            self._releasing = calls(lock._release_save)
        else:
            self._is_owned = getattr(lock, "locked", None) or (lambda: _is_locked(lock))
            self._releasing = calls(lock.release)
        self._waiters = []

    def acquire(self, *args, **kwargs):
        """Acquire the lock: call its ``acquire`` and return what that returns.

        Takes the arguments of the lock's own method (``condition.acquire.*``).
        """
        return self._lock.acquire(*args, **kwargs)

    def release(self):
        """Release the lock: call its ``release``, which raises what it raises.

        There is no return value (``condition.release.*``).
        """
        self._lock.release()

    def __enter__(self):
        """Acquire the lock; the value of ``as`` is what the lock's own block gives."""
        return self._lock.__enter__()

    def __exit__(self, kind, value, traceback):
        """Release the lock; an exception goes on."""
        return self._lock.__exit__(kind, value, traceback)

    def wait(self, timeout=None):
        """Release the lock, block until notified, and acquire the lock again.

        ``timeout``: seconds after which to stop waiting; None is to wait without limit; zero or
        less is not to wait for a notification at all.  An RLock is released whatever its level, and
        has the same level afterwards (``condition.wait.*``).

        Returns True, or False after a time-out; the manual promises no value
        (``condition.wait.value``).  Raises RuntimeError when the calling thread does not hold the
        lock (``condition.wait.unacquired-error``, ``condition.wait.not-owner-error``), ValueError
        if the time-out is nan, and TypeError if it is not a number; the lock stays acquired.
        """
        if not self._is_owned():
            raise RuntimeError("wait on a condition whose lock this thread does not hold")
        lock = self._lock
        queue = self._waiters
        ticket = allocate_lock()
        ticket.acquire()
        limit = seconds(timeout)
        released = notified = False
        acquired = []
        try:
            try:
                queue.append(ticket)
                for state in self._releasing:
                    released = True
                    break
                if limit != 0:
                    notified = ticket.acquire(True, limit)
            finally:
                if released and self._is_reentrant:
                    lock._acquire_restore(state)
                elif released:
                    call(lock.acquire, (), acquired)
            if not notified:  # it may have been while the lock was not free
                notified = not leave(queue, ticket)
            return notified
        except BaseException:  # a signal handler has raised
            while True:  # whatever other handlers raise meanwhile
                try:
                    if released:
                        _acquire_again(self, state, acquired)
                    if not leave(queue, ticket):
                        # The notification was meant for a thread that can act on it.
                        wake_first(queue)
                    break
                except BaseException:
                    continue
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
        queue = self._waiters
        if queue:
            wake_all(queue)

    def __reduce__(self):
        """Raise TypeError: a copy would be another condition, which nobody notifies."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        return f"<{type(self).__name__} lock={self._lock!r} waiters={len(self._waiters)}>"


def _acquire_again(condition, state, acquired):
    """Acquire the lock that wait() has released, unless that is done.

    ``state``: what its release returned; ``acquired``: an empty list, the same in each call for the
    same wait.
    """
    lock = condition._lock
    if condition._is_reentrant:
        while not lock._is_owned():
            lock._acquire_restore(state)
    elif not acquired:  # a plain lock does not tell by whom it is locked
        call(lock.acquire, (), acquired)


def _is_locked(lock):
    """Whether a lock that does not tell is locked: it is if it cannot be acquired."""
    if lock.acquire(False):
        lock.release()
        return False
    return True
