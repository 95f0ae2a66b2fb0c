"""Who waits keeps the processor busy, and only gives way to other threads meanwhile."""

from oddities._base import TriedLock, own_copy


class SpinningLock(TriedLock):
    """A lock that is tried all the time."""

    __slots__ = ()
    pause = 0.0


own_copy(__name__, allocate_lock=SpinningLock)
