"""Acquires an RLock to a level and looks at it from outside."""

from threadspec.conformance.harness.vocabulary import states

DEPTHS = (1, 2, 3, 5, 50)
DEEPEST = 300


@states("another thread can acquire the lock", "no other thread can acquire the lock")
def is_free(actors, lock):
    """Whether ``lock`` is unlocked, told by an attempt in a thread that owns nothing."""
    prober = actors.new()
    got = prober.call(lock.acquire, False)
    if (
        got is None
    ):  # what acquire() returns is another clause's business: only an owner may release
        return prober.start(lock.release).returned()
    if got:
        prober.call(lock.release)
        return True
    return False


def acquire_to(lock, depth):
    for _ in range(depth):
        lock.acquire()


def release_from(lock, depth):
    for _ in range(depth):
        lock.release()


def lock_and_unlock(lock, times=1):
    for _ in range(times):
        lock.acquire()
        lock.release()


def check_level(actors, lock, level):
    """Check that ``lock``, owned by the calling thread, has exactly this recursion level."""
    for left in range(level, 0, -1):
        free = is_free(actors, lock)
        assert not free, "unlocked %d releases before the outermost one" % left
        lock.release()
    free = is_free(actors, lock)
    assert free, "still locked after %d releases" % level
