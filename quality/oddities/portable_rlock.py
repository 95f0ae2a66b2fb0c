"""RLock is written in Python, over the low-level lock, with its owner and level in attributes."""

from quality.oddities._base import own_copy
from quality.oddities._causes import RLOCK_IN_PYTHON

NOT_TESTED = RLOCK_IN_PYTHON

own_copy(__name__, RLock=None)
