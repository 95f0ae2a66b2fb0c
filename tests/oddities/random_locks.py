"""Locks are handed to a waiting thread chosen at random."""

import random

from oddities._handed_locks import handed_locks
from threadspec.reference import *  # noqa: F403

Lock, RLock, Condition = handed_locks(random.randrange)
