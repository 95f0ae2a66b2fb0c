"""Event Objects."""

from ._layer import allocate_lock
from ._waiting import is_foreign, leave, seconds, wake_all

__all__ = ["Event"]


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

    # The flag and the queue of waiting threads are one thing, the gate: a list that holds a queue
    # as long as the flag is false, and nothing when it is true.  So set() changes both in one step,
    # which needs no lock.  A clear() right after it cannot hold back a thread that has been woken
    # (event.set.wakes-though-cleared): clear() begins a new queue, and set() has the old one.
    #
    # Threads that call clear() simultaneously may put in a queue each.  Waiters use the first, and
    # set() takes out all that it finds, but none that a later clear() puts in.
    #
    # Lists are equal when their elements are.  A queue that holds a ticket equals no other; of two
    # empty ones it does not matter which set() takes out.

    __slots__ = ("__weakref__", "_gate")

    def __init__(self):
        self._gate = [[]]

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
        for line in self._gate[:]:
            try:
                self._gate.remove(line)
                if line:
                    wake_all(line)
            except BaseException as error:
                if not any(queue is line for queue in self._gate):
                    wake_all(line)
                if is_foreign(error) or not isinstance(error, ValueError):
                    raise  # a signal handler has raised; else another set() was quicker

    def clear(self):
        """Reset the flag to false (``event.clear.*``).

        No thread is woken, and none that set() has woken waits again.
        """
        if not self._gate:
            self._gate.append([])

    def wait(self, timeout=None):
        """Block until the flag is true, or until the time-out occurs (``event.wait.*``).

        ``timeout``: seconds, a float or an int; zero or less is not to wait, None is to wait
        without limit.

        Returns True if the flag was true or a set() woke the caller (a clear() may have followed by
        then), and False after a time-out (``event.wait.value`` leaves this open).  Raises
        ValueError if the time-out is nan, TypeError if it is not a number.
        """
        limit = -1 if timeout is None else seconds(timeout)
        if not self._gate:
            return True
        lines = self._gate[:1]
        if not lines:
            return True
        line = lines[0]
        if limit == 0:
            return False
        turn = allocate_lock()
        turn.acquire()
        woken = False
        try:
            line.append(turn)
            if line in self._gate:  # else set() may not have seen this ticket
                woken = turn.acquire(True, limit)
            if not woken:
                is_set = line not in self._gate
                woken = not leave(line, turn) or is_set
        except BaseException:  # a signal handler has raised
            leave(line, turn)
            raise
        return woken

    def __reduce__(self):
        """Raise TypeError: a copy would be another event, which nobody sets."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        waiters = sum(map(len, self._gate))
        return f"<{type(self).__name__} flag={self.isSet()} waiters={waiters}>"
