"""Every time-out and every timer is 50 milliseconds late."""

from quality.oddities._base import own_copy, stretching_lock
from quality.oddities._causes import TIMED_ACQUIRE_IN_PYTHON
from threadspec.reference._layer import RLock

NOT_TESTED = TIMED_ACQUIRE_IN_PYTHON

LateLock = stretching_lock(lambda seconds: seconds + 0.05)
own_copy(__name__, allocate_lock=LateLock, RLock=RLock)
