"""Every time-out and every timer is 0.3 seconds late, as on a very busy machine."""

from quality.oddities._base import own_copy, stretching_lock
from quality.oddities._causes import TIMED_ACQUIRE_IN_PYTHON
from threadspec.reference._layer import RLock

NOT_TESTED = TIMED_ACQUIRE_IN_PYTHON

LateLock = stretching_lock(lambda seconds: seconds + 0.3)
own_copy(__name__, allocate_lock=LateLock, RLock=RLock)
