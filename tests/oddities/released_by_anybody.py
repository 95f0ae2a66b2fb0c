"""An RLock that another thread owns can be released by any: the manual only forbids to try it."""

from oddities._base import own_copy

copy = own_copy(__name__, RLock=None)


def release(self):
    if self._owner is None:
        raise RuntimeError("not locked")
    self._level -= 1
    if not self._level:
        self._owner = None
        self._block.release()


copy.RLock.release = release
