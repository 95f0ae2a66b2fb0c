"""Looks at a Lock from outside."""

from threadspec.conformance.harness.vocabulary import states


@states("the lock is locked", "the lock is unlocked")
def is_locked(actors, lock):
    """Whether ``lock`` is locked, told by an acquire() in another thread and left as it was.

    What acquire() returns is another clause's business, and so acquire(False) tells nothing.
    """
    prober = actors.start(lock.acquire)
    locked = prober.is_blocked()
    lock.release()  # where it was locked, the other thread takes it now
    prober.result()
    return locked


def use(lock, times):
    """Acquire and release that many times."""
    for _ in range(times):
        lock.acquire()
        lock.release()
