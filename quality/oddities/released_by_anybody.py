"""An RLock that another thread owns can be released by any: the manual only forbids to try it.

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


def release(self):
    if self._owner is None:
        raise RuntimeError("not locked")
    self._level -= 1
    if not self._level:
        self._owner = None
        self._block.release()


copy.RLock.release = release
