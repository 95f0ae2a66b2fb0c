"""Nothing ever blocks in the system: who waits looks every 0.1 seconds whether it may go on."""

from oddities._base import TriedLock, own_copy


class LazyLock(TriedLock):
    """A lock that is tried now and then."""

    __slots__ = ()
    pause = 0.1


own_copy(__name__, allocate_lock=LazyLock)
