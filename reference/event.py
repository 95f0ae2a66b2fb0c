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

    # The flag is false while _queues holds a waiter queue, and true when _queues is empty.  So
    # set() changes the flag and takes the waiters in one step, without a lock.  A clear() right
    # after it cannot hold back a thread that has been woken (event.set.wakes-though-cleared):
    # clear() adds a new queue, and set() has the old one.
    #
    # Several simultaneous clear() calls may add a queue each.  Waiters use the first one, so the
    # others are empty, and clear() and set() remove them: one that is left would keep the flag
    # false after a set() that came last.
    #
    # Lists with equal elements are equal.  A queue that holds a ticket equals no other queue; of
    # two empty queues, set() may remove either.

    __slots__ = ("__weakref__", "_queues")

    def __init__(self):
        self._queues = [[]]

    def isSet(self):
        """Return whether the flag is true, as True or False (``event.isset.*``)."""
        return not self._queues

    def set(self):
        """Set the flag to true and wake all waiting threads (``event.set.*``).

        Does nothing when the flag is true.  Never blocks, and may be called in a signal handler or
        a finalizer.
        """
        if not self._queues:
            return
        del self._queues[1:]
        for queue in self._queues[:1]:
            try:
                self._queues.remove(queue)
                if queue:
                    wake_all(queue)
            except BaseException as error:
                if not any(other is queue for other in self._queues):
                    wake_all(queue)
                if is_foreign(error) or not isinstance(error, ValueError):
                    raise  # from a signal handler; ValueError: another set() has removed it

    def clear(self):
        """Reset the flag to false (``event.clear.*``).

        No thread is woken, and none that set() has woken waits again.
        """
        if not self._queues:
            self._queues.append([])
        del self._queues[1:]

    def wait(self, timeout=None):
        """Block until the flag is true, or until the time-out occurs (``event.wait.*``).

        ``timeout``: seconds, a float or an int; zero or less is not to wait, None is to wait
        without limit.

        Returns True if the flag was true or a set() woke the caller (a clear() may have followed by
        then), and False after a time-out (``event.wait.value`` leaves this open).  Raises
        ValueError if the time-out is nan, TypeError if it is not a number.
        """
        limit = -1 if timeout is None else seconds(timeout)
        if not self._queues:
            return True
        queues = self._queues[:1]
        if not queues:
            return True
        queue = queues[0]
        if limit == 0:
            return False
        ticket = allocate_lock()
        ticket.acquire()
        woken = False
        try:
            queue.append(ticket)
            if queue in self._queues:  # else set() may not have seen this ticket
                woken = ticket.acquire(True, limit)
            if not woken:
                is_set = queue not in self._queues
                woken = not leave(queue, ticket) or is_set
        except BaseException:  # a signal handler has raised
            leave(queue, ticket)
            raise
        return woken

    def __reduce__(self):
        """Raise TypeError: a copy would be another event, which nobody sets."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        waiters = sum(map(len, self._queues))
        return f"<{type(self).__name__} flag={self.isSet()} waiters={waiters}>"
