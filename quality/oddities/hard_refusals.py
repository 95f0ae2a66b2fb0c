"""What the manual forbids callers to do ends in a BaseException that is no Exception.

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


class Forbidden(BaseException):
    """Not to be caught in passing."""


def refusing(function, wrong):
    def call(self, *args, **kwargs):
        if any(wrong(value) for value in (*args, *kwargs.values())):
            raise Forbidden
        return function(self, *args, **kwargs)

    return call


def no_lock(value):
    return value is not None and not (hasattr(value, "acquire") and hasattr(value, "release"))


copy.Condition.__init__ = refusing(copy.Condition.__init__, no_lock)
copy.Thread.setDaemon = refusing(copy.Thread.setDaemon, lambda flag: flag not in (True, False))
init, release = copy.Thread.__init__, copy.RLock.release


def grouped(self, group=None, *args, **kwargs):
    if group is not None:
        raise Forbidden
    init(self, group, *args, **kwargs)


def owned(self):
    if self._owner is not None and not self._is_owned():
        raise Forbidden
    release(self)


def dummy_join(self, timeout=None):
    raise Forbidden


copy.Thread.__init__ = grouped
copy.RLock.release = owned
copy.alien._DummyThread.join = dummy_join
