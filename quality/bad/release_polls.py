"""The release() of a lock polls for ever."""

import time

from quality.oddities._base import PlainLock, own_copy


class StuckLock(PlainLock):
    """A lock that cannot be released."""

    __slots__ = ()

    def release(self):
        while True:
            time.sleep(0.01)


_copy = own_copy(__name__)
_copy.Lock = StuckLock
