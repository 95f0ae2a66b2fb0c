"""Locks are handed to a waiting thread chosen at random."""

import random

from quality.oddities._causes import HANDED_LOCKS
from quality.oddities._queued import handed_locks
from threadspec.reference import *  # noqa: F403

NOT_TESTED = HANDED_LOCKS

Lock, RLock, Condition = handed_locks(random.choice)
