"""Nothing ever blocks in the system: who waits looks every 0.1 seconds whether it may go on.

All that is made of these locks takes and releases them in functions written in Python: an exception
between two steps loses a lock that was just taken, or a wake-up.  There is no reentrant lock below,
so that a handler or a finalizer waits for the guard that the interrupted call holds.
"""

from quality.oddities._base import TriedLock, own_copy

NOT_TESTED = (
    "interruptions.rlock.raises-within",
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
    "interruptions.condition.raises-within",
    "interruptions.condition.raises-within-wait",
    "interruptions.event.raises-within",
    "interruptions.start.raises-within",
    "interruptions.start.calls-back-within",
    "interruptions.start.finalizer",
)


class LazyLock(TriedLock):
    """A lock that is tried now and then."""

    __slots__ = ()
    pause = 0.1


own_copy(__name__, allocate_lock=LazyLock)
