"""Releasing an RLock that another thread owns is an error of another kind, an AssertionError.

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

copy = own_copy(__name__, RLock=None)
release = copy.RLock.release


def checked(self):
    if self._owner is not None and not self._is_owned():
        raise AssertionError("owned by another thread")
    release(self)


copy.RLock.release = checked
