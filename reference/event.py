"""Event Objects."""

from itertools import starmap

from ._layer import allocate_lock
from ._waiting import leave, seconds, wake_first

__all__ = ["Event"]

_LINE = "line"
_TAKE_LINE = [(_LINE, None)]


class Event:
    """A flag that threads can wait for; it is initially false (``event.initially-false``).

    One thread announces something, the others wait for it::

        ready = Event()
        # in the threads that need the data       # in the thread that prepares it
        ready.wait()                              data = prepare()
        use(data)                                 ready.set()

    What a thread did before ``set`` is done for each thread that returns from ``wait`` with True,
    and for each that has seen ``isSet`` return True.
    """

    # The flag and the queue of waiting threads are one thing, the gate: a dictionary that holds a
    # queue as long as the flag is false, and nothing when it is true.  So set() changes both in one
    # step, which needs no lock.  A clear() right after it cannot hold back a thread that has been
    # woken (event.set.wakes-though-cleared): clear() begins a new queue, and set() has the old one.

    __slots__ = ("__weakref__", "_gate")

    def __init__(self):
        self._gate = {_LINE: []}

    def isSet(self):
        """Return whether the flag is true, as True or False (``event.isset.*``)."""
        return not self._gate

    def set(self):
        """Set the flag to true and wake all waiting threads (``event.set.*``).

        Does nothing when the flag is true.  Never blocks, and may be called in a signal handler or
        a finalizer.
        """
        if not self._gate:
            return
        for line in starmap(self._gate.pop, _TAKE_LINE):  # in one step: the queue cannot get lost
            if line:
                try:
                    wake_first(line, len(line))
                except BaseException:  # a signal handler has raised, perhaps before that step
                    wake_first(line, len(line))
                    raise

    def clear(self):
        """Reset the flag to false (``event.clear.*``).

        No thread is woken, and none that set() has woken waits again.
        """
        self._gate.setdefault(_LINE, [])

    def wait(self, timeout=None):
        """Block until the flag is true, or until the time-out occurs (``event.wait.*``).

        ``timeout``: seconds, a float or an int; zero or less is not to wait, None is to wait
        without limit.

        Returns True if the flag was true or a set() woke the caller (a clear() may have followed by
        then), and False after a time-out (``event.wait.value`` leaves this open).  Raises
        ValueError if the time-out is nan, TypeError if it is not a number.
        """
        limit = seconds(timeout)
        if not self._gate:
            return True
        line = self._gate.get(_LINE)
        if line is None:
            return True
        if limit == 0:
            return False
        turn = allocate_lock()
        turn.acquire()
        woken = False
        try:
            line.append(turn)
            if self._gate.get(_LINE) is line:  # else set() may not have seen this ticket
                woken = turn.acquire(True, limit)
            if not woken:
                leave(line, turn)
                woken = self._gate.get(_LINE) is not line
        except BaseException:  # a signal handler has raised
            leave(line, turn)
            raise
        return woken

    def __reduce__(self):
        """Raise TypeError: a copy would be another event, which nobody sets."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        waiters = len(self._gate.get(_LINE, ()))
        return f"<{type(self).__name__} flag={self.isSet()} waiters={waiters}>"
