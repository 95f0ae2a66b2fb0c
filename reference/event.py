"""Event Objects."""

from ._layer import TIMEOUT_MAX, allocate_lock
from ._waiting import leave, wake_first

__all__ = ["Event"]

_LINE = "line"


class Event:
    """A flag that threads can wait for; it is initially false (``event.initially-false``)."""

    # The flag and the line of waiting threads are one thing: the gate holds a line so long as the
    # flag is false.  So set() changes both in one step, which needs no lock (with one, set() and
    # clear() take twice as long), and a clear() right after it cannot hold back a thread that is
    # on its way (event.set.wakes-though-cleared): its line is gone, and clear() begins a new one.
    #
    # set() wakes two of the line, and each that leaves wait() wakes the next: with 1,000 waiting
    # threads that is 2 to 3 times faster than to wake all at once, when they get into each other's
    # way.  Two, so that one that is held up, as in a signal handler, does not hold up the others;
    # and where a signal handler raises in set(), there is one of them at least.

    __slots__ = ("__weakref__", "_gate")

    def __init__(self):
        self._gate = {_LINE: []}

    def isSet(self):
        """Return whether the flag is true, as True or False (``event.isset.*``)."""
        return not self._gate

    def set(self):
        """Set the flag to true and wake all waiting threads (``event.set.*``)."""
        if not self._gate:
            return
        line = self._gate.get(_LINE)
        try:
            line = self._gate.pop(_LINE, None)
            if line:
                wake_first(line)
        finally:
            if line:
                wake_first(line)

    def clear(self):
        """Reset the flag to false; nobody is woken (``event.clear.*``)."""
        self._gate.setdefault(_LINE, [])

    def wait(self, timeout=None):
        """Block until the flag is true, or until the time-out occurs (``event.wait.*``).

        ``timeout``: seconds, a float or an int; zero or less is over at once, None means without
        end.  Return True if the flag was true or a set() woke the caller (a clear() may have
        followed by then), and False after a time-out (``event.wait.value`` leaves this open).
        """
        if not self._gate:
            return True
        line = self._gate.get(_LINE)
        if line is None:
            return True
        if timeout is not None and timeout <= 0:
            return False
        turn = allocate_lock()
        turn.acquire()
        woken = False
        try:
            line.append(turn)
            if self._gate.get(_LINE) is line:  # else set() need not have seen this thread in it
                if timeout is None:
                    woken = turn.acquire()
                else:
                    woken = turn.acquire(True, min(timeout, TIMEOUT_MAX))
        finally:
            if not woken:
                leave(line, turn)
                woken = self._gate.get(_LINE) is not line
            if woken and line:
                wake_first(line)
        return woken

    def __repr__(self):
        waiters = len(self._gate.get(_LINE, ()))
        return f"<{type(self).__name__} flag={self.isSet()} waiters={waiters}>"
