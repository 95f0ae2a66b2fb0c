"""Lock Objects."""

from ._layer import allocate_lock

__all__ = ["Lock"]


def Lock():
    """Return a new primitive lock, unlocked (``lock.factory``, ``lock.created-unlocked``).

    One thread at a time is in the block of::

        lock = Lock()
        with lock:
            ...

    The object is the thread layer's own lock.  Its methods:

    ``acquire([blocking=1])``: lock it and return True; block while it is locked, or with
    ``blocking`` false return False immediately (``lock.acquire.*``).

    ``release()``: unlock it, from any thread, and let one blocked thread proceed; RuntimeError if
    it is unlocked (``lock.release.*``).

    It is a context manager (``with.*``).
    """
    return allocate_lock()
