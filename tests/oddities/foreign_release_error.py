"""Releasing an RLock that another thread owns is an error of another kind, an AssertionError."""

import _thread

from oddities._base import own_copy

copy = own_copy(__name__, RLock=None)
release = copy.RLock.release


def checked(self):
    owner = self._owner
    if owner is not None and owner != _thread.get_ident():
        raise AssertionError("owned by another thread")
    release(self)


copy.RLock.release = checked
