"""The owner and the recursion level of an RLock, found out from other threads."""

from threadspec.conformance.battery.support.calls import repeat, woken
from threadspec.conformance.harness.vocabulary import states

DEPTHS = (1, 2, 3, 5, 50)
DEEPEST = 300


@states("another thread can acquire the lock", "no other thread can acquire the lock")
def is_free(actors, lock):
    """Whether ``lock`` is unlocked, found out by an attempt in a thread that owns nothing."""
    prober = actors.new()
    got = prober.call(lock.acquire, False)
    if got is None:
        # What acquire() returns is another clause's business; only an owner may release.
        return prober.start(lock.release).returned()
    if got:
        prober.call(lock.release)
        return True
    return False


def owner_that_waited(actors, lock, depth):
    """An actor in acquire() that was blocked while the calling thread owned ``lock`` at a level."""
    repeat(depth, lock.acquire)
    return woken(actors, lambda: repeat(depth, lock.release), lock.acquire)


def check_level(actors, lock, level):
    """Check that ``lock``, owned by the calling thread, has exactly this recursion level."""
    for left in range(level, 0, -1):
        free = is_free(actors, lock)
        assert not free, "the lock was free when %d more calls of release() were due" % left
        lock.release()
    free = is_free(actors, lock)
    assert free, "the lock was not free after %d calls of release()" % level
