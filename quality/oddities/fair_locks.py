"""Locks are handed to the thread that has waited longest: no new arrival is ever quicker.

A mutex that is not reentrant guards the line: an exception right after it was taken leaves it held,
and a handler or a finalizer that uses the lock waits for itself.
"""

from quality.oddities._handed_locks import handed_locks
from threadspec.reference import *  # noqa: F403

NOT_TESTED = (
    "interruptions.lock.raises-within",
    "interruptions.lock.calls-back-within",
    "interruptions.lock.finalizer",
    "interruptions.rlock.raises-within",
    "interruptions.rlock.calls-back-within",
    "interruptions.rlock.finalizer",
    "interruptions.condition.raises-within-wait",
    "interruptions.condition.calls-back-within",
    "interruptions.condition.finalizer",
)

Lock, RLock, Condition = handed_locks(lambda waiters: 0)
