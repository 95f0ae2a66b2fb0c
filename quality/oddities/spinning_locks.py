"""A waiting thread keeps the processor busy, and only yields to other threads."""

from quality.oddities._base import own_copy, polling_lock
from quality.oddities._causes import LOW_LEVEL_LOCKS_IN_PYTHON

NOT_TESTED = LOW_LEVEL_LOCKS_IN_PYTHON

own_copy(__name__, allocate_lock=polling_lock(pause=0))
