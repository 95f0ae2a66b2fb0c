"""Time-outs and intervals end with the next tick of a clock that ticks 64 times a second.

The acquire() of its locks is written in Python: an exception right after start() took one keeps it
taken, and start() cannot be called again.
"""

import math
import time

from quality.oddities._base import TimedLock, own_copy
from threadspec.reference._layer import RLock

NOT_TESTED = ("interruptions.start.raises-within",)


class TickingLock(TimedLock):
    """A lock that lets time-outs pass with the next tick."""

    __slots__ = ()

    def stretched(self, timeout):
        end = math.ceil((time.monotonic() + timeout) * 64) / 64
        return max(end - time.monotonic(), 0)


own_copy(__name__, allocate_lock=TickingLock, RLock=RLock)
