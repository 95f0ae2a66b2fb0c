"""Whether a lock is locked, found out from another thread."""

from threadspec.conformance.harness.vocabulary import states


@states("the lock is locked", "the lock is unlocked")
def is_locked(actors, lock):
    """Whether ``lock`` is locked, found out by acquire() in another thread and left as it was.

    What acquire() returns is another clause's business, so acquire(False) would not do.
    """
    prober = actors.start(lock.acquire)
    locked = prober.is_blocked()
    lock.release()  # where it was locked, the other thread acquires it now
    prober.result()
    return locked
