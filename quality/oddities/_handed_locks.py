"""Locks that are handed from thread to thread, by an order that an oddity chooses."""

import _thread

from threadspec.reference import Condition as ReferenceCondition


def handed_locks(choose):
    """Return Lock, RLock and Condition classes whose locks go to the waiter that is chosen.

    ``choose``: called with the number of waiters, returns the place of one in their line; 0 is that
    of the waiter that has waited longest.
    """

    class Lock:
        """A lock with a line of waiters."""

        def __init__(self):
            self._mutex = _thread.allocate_lock()
            self._locked = False
            self._line = []

        def acquire(self, blocking=True):
            self._mutex.acquire()
            if not self._locked:
                self._locked = True
                self._mutex.release()
                return True
            if not blocking:
                self._mutex.release()
                return False
            turn = _thread.allocate_lock()
            turn.acquire()
            self._line.append(turn)
            self._mutex.release()
            try:
                turn.acquire()
            except BaseException:  # of a signal handler
                with self._mutex:
                    if turn in self._line:
                        self._line.remove(turn)
                    else:
                        self._hand_over()
                raise
            return True

        def release(self):
            with self._mutex:
                if not self._locked:
                    raise RuntimeError("not locked")
                self._hand_over()

        def _hand_over(self):
            """Hand it to a waiter, so that it stays locked, or unlock it; the mutex is held."""
            if self._line:
                self._line.pop(choose(len(self._line))).release()
            else:
                self._locked = False

        def locked(self):
            return self._locked

        __enter__ = acquire

        def __exit__(self, *exc_info):
            self.release()

    class RLock:
        """A reentrant lock over this Lock."""

        def __init__(self):
            self._lock = Lock()
            self._holder = None
            self._depth = 0

        def acquire(self, blocking=None):
            if self._holder == _thread.get_ident():
                self._depth += 1
            elif self._lock.acquire(True if blocking is None else blocking):
                self._holder = _thread.get_ident()
                self._depth = 1
            else:
                return False
            return None if blocking is None else True

        def release(self):
            if self._holder != _thread.get_ident():
                raise RuntimeError("not owned")
            self._depth -= 1
            if not self._depth:
                self._holder = None
                self._lock.release()

        def __enter__(self):
            self.acquire()

        def __exit__(self, *exc_info):
            self.release()

        def _release_save(self):
            depth, self._depth, self._holder = self._depth, 0, None
            self._lock.release()
            return depth

        def _acquire_restore(self, depth):
            self._lock.acquire()
            self._depth, self._holder = depth, _thread.get_ident()

        def _is_owned(self):
            return self._holder == _thread.get_ident()

    class Condition(ReferenceCondition):
        """The reference's, over this RLock where none is given."""

        __slots__ = ()

        def __init__(self, lock=None):
            ReferenceCondition.__init__(self, RLock() if lock is None else lock)

    return Lock, RLock, Condition
