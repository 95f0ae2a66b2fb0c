"""Lines of waiting threads, from which Semaphore, Event and Condition wake them.

A line is a dictionary: each thread that waits puts a locked lock of its own in, its turn, as key
and as value, and waits to acquire it a second time; who wakes it takes the turn out and unlocks it.
So a line is in order of arrival, and a thread that gives up takes itself out of it in one step,
however many wait.  Single operations on a dictionary are atomic, with and without the GIL.
"""

__all__ = ["wake_first"]


def wake_first(line):
    """Wake the first thread of ``line``, if there is one."""
    while line:
        try:
            for turn in line:
                del line[turn]
                turn.release()
                return
        except (KeyError, RuntimeError):  # without the GIL: another thread was quicker
            pass
