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

from _operator import methodcaller
from itertools import repeat

from ._interruption import exhaust
from ._layer import TIMEOUT_MAX

__all__ = ["leave", "seconds", "wake_first"]

_release = methodcaller("release")


def wake_first(line, count=1):
    """Wake the first ``count`` threads of the queue ``line``, or all if there are fewer.

    It is one step: where a signal handler raises, either all of them have been woken or none, and
    no thread is out of the queue and still asleep.
    """
    try:
        exhaust(map(_release, map(line.pop, repeat(0, count))))
    except IndexError as error:  # there were fewer
        if _is_foreign(error):
            raise


def leave(line, turn):
    """Take the ticket ``turn`` out of the queue ``line``; return whether it was still in it."""
    try:
        line.remove(turn)
    except ValueError as error:
        if _is_foreign(error):
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
        if _is_foreign(error):
            raise
        kind = type(timeout).__name__
        raise TypeError(f"a time-out is a number of seconds or None, not {kind}") from None
    if limited != limited:
        raise ValueError("a time-out cannot be nan")
    return limited


def _is_foreign(error):
    """Whether an error comes from a signal handler, not from the step itself."""
    return error.__traceback__.tb_next is not None
