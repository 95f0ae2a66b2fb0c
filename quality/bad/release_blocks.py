"""The release() of a lock waits for ever in the kernel."""

import _thread

from quality.oddities._base import PlainLock, own_copy


class StuckLock(PlainLock):
    """A lock that cannot be released."""

    __slots__ = ()

    def release(self):
        never = _thread.allocate_lock()
        never.acquire()
        never.acquire()


_copy = own_copy(__name__)
_copy.Lock = StuckLock
