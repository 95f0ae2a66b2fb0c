"""Nothing ever blocks in the system: a waiting thread tries again every 0.1 seconds."""

from quality.oddities._base import own_copy, polling_lock
from quality.oddities._causes import LOW_LEVEL_LOCKS_IN_PYTHON

NOT_TESTED = LOW_LEVEL_LOCKS_IN_PYTHON

own_copy(__name__, allocate_lock=polling_lock(pause=0.1))
