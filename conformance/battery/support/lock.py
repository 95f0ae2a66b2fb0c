"""Whether a lock is locked, found out from another thread."""

from threadspec.conformance.harness.vocabulary import states


@states("the lock is locked", "the lock is unlocked")
def is_locked(actors, lock, owner=None):
    """Whether ``lock`` is locked, found out by acquire() in another thread and left as it was.

    What acquire() returns is another clause's business, so acquire(False) would not do.
    ``owner``: the actor that owns ``lock`` if it is an RLock, and has acquired it once; if not
    given, the calling thread.
    """
    prober = actors.start(lock.acquire)
    locked = prober.is_blocked()
    if locked:
        _call(owner, lock.release)
    prober.result()
    prober.call(lock.release)
    if locked:
        _call(owner, lock.acquire)
    return locked


def _call(owner, function):
    if owner is None:
        function()
    else:
        owner.call(function)
