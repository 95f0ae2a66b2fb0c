"""Locks are handed to the thread that has waited shortest."""

from quality.oddities._causes import HANDED_LOCKS
from quality.oddities._queued import handed_locks, last
from threadspec.reference import *  # noqa: F403

NOT_TESTED = HANDED_LOCKS

Lock, RLock, Condition = handed_locks(last)
