"""Every time-out and every timer is 50 milliseconds late.

The acquire() of its locks is written in Python: an exception right after start() took one keeps it
taken, and start() cannot be called again.
"""

from quality.oddities._base import TimedLock, own_copy
from threadspec.reference._layer import RLock

NOT_TESTED = ("interruptions.start.raises-within",)


class LateLock(TimedLock):
    """A lock that lets time-outs pass late."""

    __slots__ = ()

    def stretched(self, timeout):
        return timeout + 0.05


own_copy(__name__, allocate_lock=LateLock, RLock=RLock)
