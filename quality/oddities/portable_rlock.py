"""RLock is written in Python, over the low-level lock, with its owner and level in attributes."""

from quality.oddities._base import own_copy
from quality.oddities._causes import NO_REENTRANT_LOCK

NOT_TESTED = NO_REENTRANT_LOCK

own_copy(__name__, RLock=None)
