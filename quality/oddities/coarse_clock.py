"""Time-outs and intervals end with the next tick of a clock that ticks 64 times a second."""

import math
import time

from quality.oddities._base import own_copy, stretching_lock
from quality.oddities._causes import TIMED_ACQUIRE_IN_PYTHON
from threadspec.reference._layer import RLock

NOT_TESTED = TIMED_ACQUIRE_IN_PYTHON


def until_a_tick(seconds):
    end = math.ceil((time.monotonic() + seconds) * 64) / 64
    return max(end - time.monotonic(), 0)


own_copy(__name__, allocate_lock=stretching_lock(until_a_tick), RLock=RLock)
