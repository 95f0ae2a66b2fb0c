"""Releasing an RLock that another thread owns is an error of another kind, an AssertionError."""

from quality.oddities._base import own_copy
from quality.oddities._causes import NO_REENTRANT_LOCK

NOT_TESTED = NO_REENTRANT_LOCK

copy = own_copy(__name__, RLock=None)
release = copy.RLock.release


def checked(self):
    if self._owner is not None and not self._is_owned():
        raise AssertionError("owned by another thread")
    release(self)


copy.RLock.release = checked
