"""Queues of waiting threads, from which Semaphore, Event and Condition wake them.

A queue is a list, in order of arrival.  A thread that waits creates a lock, its ticket, acquires
it, appends it to the queue, and blocks in acquiring it a second time.  The thread that wakes it
takes the ticket out of the queue and releases it.  The order matters on both sides:

- a thread that wants to wait appends its ticket first, and then looks (once more) at what it waits
  for;
- a thread that wakes others changes what they wait for first, and then looks at the queue.

So at least one of the two sees the other.  Single operations on a list are atomic, with and without
the GIL.

(Two threads that hand over to each other are a fifth faster with a list than with a dictionary,
from which a thread that gives up could remove its ticket in constant time.)
"""

from ._layer import TIMEOUT_MAX

__all__ = ["is_foreign", "leave", "seconds", "wake_all", "wake_first"]


def wake_first(line):
    """Wake the first thread of the queue ``line``, if there is one.

    Where a signal handler raises, no thread is out of the queue and still asleep.
    """
    while line:
        turn = None
        try:
            turn = line[0]
            line.remove(turn)
            turn.release()
            return
        except BaseException as error:
            if isinstance(error, (IndexError, ValueError)) and not is_foreign(error):
                continue  # that thread has left the queue itself
            if turn is not None and turn not in line:
                _unlock(turn)
            raise


def wake_all(line):
    """Wake every thread of the queue ``line``, as :func:`wake_first` does it.

    Where a signal handler raises, all of them have been woken nevertheless.
    """
    try:
        while line:
            wake_first(line)
    except BaseException:
        wake_all(line)
        raise


def leave(line, turn):
    """Take the ticket ``turn`` out of the queue ``line``; return whether it was still in it."""
    try:
        line.remove(turn)
    except ValueError as error:
        if is_foreign(error):
            raise
        return False
    return True


def seconds(timeout):
    """Return a time-out in the form in which the thread layer's ``acquire`` takes it.

    ``timeout``: seconds, an int or a float; zero or less is not to wait, None (-1 for the layer) is
    to wait without limit.  What is longer than the layer's longest time-out, some 292 years, is cut
    down to it.  Raises ValueError for nan, and TypeError for what is not a number.
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


def _unlock(turn):
    """Release a ticket that is perhaps released already."""
    try:
        turn.release()
    except RuntimeError:
        pass


def is_foreign(error):
    """Whether an error comes from a signal handler, not from the step itself."""
    return error.__traceback__.tb_next is not None
