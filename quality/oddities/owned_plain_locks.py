"""A condition remembers which thread acquired its plain Lock, and refuses the others."""

import _thread

from quality.oddities._base import PlainLock
from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as ReferenceCondition


class Lock(PlainLock):
    """Knows who acquired it; anybody may release it."""

    def __init__(self):
        PlainLock.__init__(self)
        self._by = None

    def acquire(self, blocking=True):
        got = self._lock.acquire(bool(blocking))
        if got:
            self._by = _thread.get_ident()
        return got

    def release(self):
        if self._lock.locked():
            self._by = None
        self._lock.release()

    def _is_owned(self):
        return self._by == _thread.get_ident()

    def _release_save(self):
        self.release()
        return True

    def _acquire_restore(self, saved):
        self.acquire()


Condition = ReferenceCondition
