"""RLock Objects."""

try:
    from ._layer import RLock as _RLock
except ImportError:  # a thread layer that has none of its own
    from ._portable_rlock import RLock
else:
    _acquire = _RLock.acquire
    _NOT_GIVEN = object()

    class RLock(_RLock):
        """A reentrant lock: the thread that owns it may acquire it again.

        So a function that needs the lock can call another one that needs it, too::

            lock = RLock()

            def add(item):
                with lock:
                    items.append(item)

            def add_all(more):
                with lock:
                    for item in more:
                        add(item)

        ``acquire`` and ``release`` calls nest; the release of the outermost pair unlocks it
        (``rlock.*``).  It is a context manager (``with.*``).

        The owner and the recursion level are kept by the thread layer, whose ``release`` raises
        RuntimeError when the lock is unlocked, or owned by another thread (``rlock.release.*``).
        What that does, step by step, can be read in ``_portable_rlock``.

        Do not let a thread end while it owns the lock: the layer knows the owner by its identifier,
        which the system may give to a new thread, and with it the lock.
        """

        # A with statement and a condition use the layer's methods directly, in less than half the
        # time that methods in Python take.
        __slots__ = ()

        def acquire(self, blocking=_NOT_GIVEN):
            """Take the lock, or take it once more, blocking while another thread owns it.

            ``blocking``: if false, do not block but return False immediately where a blocking
            call would block; otherwise return True.  Without the argument there is no return value
            (``rlock.acquire.*``).
            """
            if blocking is _NOT_GIVEN:
                _acquire(self)
                return None
            return _acquire(self, bool(blocking))


__all__ = ["RLock"]
