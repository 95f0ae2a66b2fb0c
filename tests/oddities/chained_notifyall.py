"""notifyAll() wakes one thread, and each thread that has its lock back wakes the next."""

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as ReferenceCondition


class Condition(ReferenceCondition):
    """The reference's, with a chain of those that are to be woken."""

    __slots__ = ("_chain",)

    def __init__(self, lock=None):
        ReferenceCondition.__init__(self, lock)
        self._chain = []

    def notifyAll(self):
        if not self._is_owned():
            raise RuntimeError("the lock is not acquired")
        with self._guard:
            self._chain += self._waiters
            self._waiters.clear()
        self._pull()

    def _pull(self):
        with self._guard:
            waiter = self._chain.pop(0) if self._chain else None
        if waiter is not None:
            waiter.release()

    def _give_up(self, waiter):
        with self._guard:
            if waiter in self._chain:  # its time is over before its turn has come
                self._chain.remove(waiter)
                return False
            return self._waiters.pop(waiter, self) is None

    def wait(self, timeout=None):
        try:
            return ReferenceCondition.wait(self, timeout)
        finally:
            self._pull()
