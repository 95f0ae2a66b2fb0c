"""RLock is derived from the one that the low-level thread module has in C."""

import _thread

from oddities._base import own_copy

copy = own_copy(__name__)


class RLock(_thread.RLock):
    """Returns nothing where nothing is to be returned."""

    __slots__ = ()

    def acquire(self, blocking=None, timeout=-1):
        if blocking is None:
            _thread.RLock.acquire(self)
            return None
        return _thread.RLock.acquire(self, bool(blocking))


copy.RLock = copy.condition.RLock = RLock
