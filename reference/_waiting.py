"""Queues of waiting threads, from which Semaphore, Event and Condition wake them.

A queue is a list of tickets in order of arrival.  A ticket is a lock: the waiter acquires it, adds
it to the queue, and blocks while it acquires it again.  To wake the waiter, another thread removes
the ticket from the queue and releases it.  The order of the steps matters on both sides:

- A waiter adds its ticket first, and then checks again what it waits for.
- A thread that wakes others first changes what they wait for, and then looks at the queue.

So at least one of the two sees the other.  Single operations on a list are atomic, with and without
the GIL.

A dictionary could remove the ticket of a waiter that gives up in constant time, but two threads
that wake each other in turn are a fifth faster with a list.
"""

from ._layer import TIMEOUT_MAX

__all__ = ["is_foreign", "leave", "seconds", "wake_all", "wake_first"]


def wake_first(queue):
    """Wake the first thread in ``queue``, if there is one.

    If a signal handler raises, no thread has been removed from the queue without being woken.
    """
    while queue:
        ticket = None
        try:
            ticket = queue[0]
            queue.remove(ticket)
            ticket.release()
            return
        except BaseException as error:
            if isinstance(error, (IndexError, ValueError)) and not is_foreign(error):
                continue  # that thread has left the queue itself
            if ticket is not None and ticket not in queue:
                _unlock(ticket)
            raise


def wake_all(queue):
    """Wake every thread in ``queue``.

    All of them are woken even if a signal handler raises.
    """
    try:
        while queue:
            wake_first(queue)
    except BaseException:
        wake_all(queue)
        raise


def leave(queue, ticket):
    """Remove ``ticket`` from ``queue``; return whether it was still there."""
    try:
        queue.remove(ticket)
    except ValueError as error:
        if is_foreign(error):
            raise
        return False
    return True


def seconds(timeout):
    """Return a time-out as the thread layer's ``acquire`` takes it.

    ``timeout``: seconds, an int or a float.  Zero or less becomes 0, do not wait; None becomes -1,
    wait without limit; a time-out above the layer's maximum, some 292 years, becomes that maximum.
    Raises ValueError if it is nan, and TypeError if it is not a number.
    """
    if timeout is None:
        return -1
    try:
        limited = max(min(timeout, TIMEOUT_MAX), 0)
    except TypeError as error:
        if is_foreign(error):
            raise
        kind = type(timeout).__name__
        raise TypeError(f"a time-out is a number of seconds or None, not {kind}") from None
    if limited != limited:
        raise ValueError("a time-out cannot be nan")
    return limited


def _unlock(ticket):
    """Release a ticket that may have been released already."""
    try:
        ticket.release()
    except RuntimeError:
        pass


def is_foreign(error):
    """Return whether an error was raised by a signal handler, not by the step itself."""
    return error.__traceback__.tb_next is not None
