"""Any thread can release an RLock that another one owns: the manual only forbids to try it."""

from quality.oddities._base import own_copy
from quality.oddities._causes import NO_REENTRANT_LOCK

NOT_TESTED = NO_REENTRANT_LOCK


def release(self):
    if self._owner is None:
        raise RuntimeError("not locked")
    self._level -= 1
    if not self._level:
        self._owner = None
        self._block.release()


own_copy(__name__, RLock=None).RLock.release = release
