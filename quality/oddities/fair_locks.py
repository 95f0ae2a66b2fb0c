"""Locks are handed to the thread that has waited longest: no new arrival is ever quicker."""

from quality.oddities._causes import HANDED_LOCKS
from quality.oddities._queued import first, handed_locks
from threadspec.reference import *  # noqa: F403

NOT_TESTED = HANDED_LOCKS

Lock, RLock, Condition = handed_locks(first)
