"""RLock is written in Python, over the low-level lock, with its owner and level in attributes.

RLock notes its owner after it has taken its lock: an exception between the two leaves it locked
without an owner.  There is no reentrant lock below, so that a handler or a finalizer waits for the
guard that the interrupted start() holds.
"""

from quality.oddities._base import own_copy

NOT_TESTED = (
    "interruptions.rlock.raises-within",
    "interruptions.condition.raises-within-wait",
    "interruptions.start.calls-back-within",
    "interruptions.start.finalizer",
)

own_copy(__name__, RLock=None)
