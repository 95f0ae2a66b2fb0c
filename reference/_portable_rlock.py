"""RLock Objects, for a thread layer that has none of its own."""

from itertools import starmap

from ._layer import allocate_lock, this_thread

__all__ = ["RLock"]

_NOT_GIVEN = object()


class RLock:
    """A reentrant lock: the thread that owns it may acquire it again.

    ``acquire`` and ``release`` calls nest; the release of the outermost pair unlocks it
    (``rlock.*``).  It is a context manager (``with.*``).

    A lock whose owner has ended stays locked for good: no later thread owns it, even one that the
    system gives the same identifier.
    """

    __slots__ = ("__weakref__", "_block", "_level", "_owner")

    def __init__(self):
        self._block = allocate_lock()
        # Both are written by the owner alone, while it holds _block.  Another thread may read
        # _owner at any time: it then sees a thread that is not itself, and that is all it asks.
        self._owner = None
        self._level = 0

    def acquire(self, blocking=_NOT_GIVEN):
        """Take the lock, or take it once more, blocking while another thread owns it.

        ``blocking``: if false, do not block but return False immediately where a blocking call
        would block; otherwise return True.  Without the argument there is no return value
        (``rlock.acquire.*``).
        """
        me = this_thread()
        if self._owner is me:
            self._level += 1
        else:
            # Between the call in the head of the loop and its body no signal handler can run (see
            # _interruption): one that raises never leaves _block locked without an owner.
            for is_taken in map(self._block.acquire, [bool(blocking)]):
                if not is_taken:
                    return False
                self._owner = me
                self._level = 1
        return None if blocking is _NOT_GIVEN else True

    def release(self):
        """Undo one acquire; unlock when it was the outermost one (``rlock.release.*``).

        Raises RuntimeError when the lock is unlocked, or owned by another thread
        (``rlock.release.unlocked-error``, ``rlock.release.by-another``).
        """
        if self._owner is not this_thread():
            raise RuntimeError("release of an RLock that this thread does not own")
        self._level -= 1
        if not self._level:
            self._owner = None
            self._block.release()

    def __enter__(self):
        """Acquire; the value of ``as`` is True."""
        return self.acquire(True)

    def __exit__(self, kind, value, traceback):
        """Release; an exception goes on."""
        self.release()

    def __reduce__(self):
        """Raise TypeError: a copy would share the lock, but not its owner."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        return f"<{type(self).__name__} owner={self._owner} level={self._level}>"

    # The interface by which a Condition gives up the lock whatever its level, and takes it back.

    def _release_save(self):
        """Unlock at any level; return what ``_acquire_restore`` needs (``condition.wait.*``)."""
        if self._owner is not this_thread():
            raise RuntimeError("release of an RLock that this thread does not own")
        level = self._level
        self._level = 0
        self._owner = None
        for _ in starmap(self._block.release, [()]):  # one step, as in acquire
            return level

    def _acquire_restore(self, level):
        """Block until the lock is free, then own it at ``level`` (``condition.wait.*``)."""
        me = this_thread()
        for _ in map(self._block.acquire, [True]):  # one step, as in acquire
            self._owner = me
            self._level = level

    def _is_owned(self):
        """Whether the calling thread owns the lock."""
        return self._owner is this_thread()
