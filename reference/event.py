"""Event Objects."""

from ._layer import TIMEOUT_MAX, allocate_lock

__all__ = ["Event"]


class Event:
    """A flag that threads can wait for; it is initially false (``event.initially-false``)."""

    # Each waiter blocks on a lock of its own, and set() wakes those it finds.  So a clear() right
    # after a set() cannot hold back a thread that is on its way (event.set.wakes-though-cleared).
    # While the flag is true nobody is registered: that makes the check without the guard safe.

    __slots__ = ("__weakref__", "_flag", "_guard", "_waiters")

    def __init__(self):
        self._guard = allocate_lock()  # held for a few steps at a time, never while waiting
        self._flag = False
        self._waiters = {}  # the waiters' locked locks in order of arrival; the values are unused

    def isSet(self):
        """Return whether the flag is true, as True or False (``event.isset.*``)."""
        return self._flag

    def set(self):
        """Set the flag to true and wake all waiting threads (``event.set.*``)."""
        with self._guard:
            self._flag = True
            woken, self._waiters = self._waiters, {}
        for wake in woken:
            wake.release()

    def clear(self):
        """Reset the flag to false; nobody is woken (``event.clear.*``)."""
        with self._guard:
            self._flag = False

    def wait(self, timeout=None):
        """Block until the flag is true, or until the time-out occurs (``event.wait.*``).

        ``timeout``: seconds, a float or an int; zero or less is over at once, None means without
        end.  Return True if the flag was true or a set() woke the caller (a clear() may have
        followed by then), and False after a time-out (``event.wait.value`` leaves this open).
        """
        if self._flag:
            return True
        if timeout is not None and timeout <= 0:
            return False
        wake = allocate_lock()
        wake.acquire()
        with self._guard:
            if self._flag:
                return True
            self._waiters[wake] = None
        woken = False
        try:
            if timeout is None:
                woken = wake.acquire()
            else:
                woken = wake.acquire(True, min(timeout, TIMEOUT_MAX))
        finally:
            if not woken:
                # Who is registered no longer was taken by a set() that met the time-out.
                with self._guard:
                    woken = self._waiters.pop(wake, wake) is wake
        return woken

    def __repr__(self):
        return f"<{type(self).__name__} flag={self._flag} waiters={len(self._waiters)}>"
