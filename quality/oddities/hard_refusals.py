"""What the manual forbids callers to do ends in a BaseException that is not an Exception."""

from quality.oddities._base import is_no_flag, is_no_lock, own_copy, refusing
from quality.oddities._causes import NO_REENTRANT_LOCK

NOT_TESTED = NO_REENTRANT_LOCK

copy = own_copy(__name__, RLock=None)
init, release = copy.Thread.__init__, copy.RLock.release


class Forbidden(BaseException):
    """Not to be caught in passing."""


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


copy.Condition.__init__ = refusing(copy.Condition.__init__, Forbidden, is_no_lock)
copy.Thread.setDaemon = refusing(copy.Thread.setDaemon, Forbidden, is_no_flag)
copy.Thread.__init__ = grouped
copy.RLock.release = owned
copy.alien._DummyThread.join = dummy_join
