"""``Condition.release()``."""

from threadspec.conformance.battery.support.condition import acquire_and_release, check_held, kinds
from threadspec.conformance.harness.vocabulary import clause


@clause("condition.release.releases")
def test_release_lets_a_blocked_acquire_proceed(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        taker = actors.new()
        for _ in range(3):
            notifier.call(cond.acquire)
            taker.start(acquire_and_release, cond)
            taker.is_blocked()
            assert notifier.start(cond.release).returned()
            assert taker.returned()


@clause("condition.release.releases")
def test_release_undoes_one_acquire(threading, actors):
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    for level in (2, 7):
        for _ in range(level):
            notifier.call(cond.acquire)
        check_held(cond, actors.new(), notifier, *[cond.release] * level)


@clause("condition.release.releases")
def test_release_unlocks_a_plain_lock_that_another_thread_has_acquired(threading, actors):
    cond = threading.Condition(threading.Lock())
    pair = [actors.new(), actors.new()]
    taker = actors.new()
    for _ in range(2):
        pair[0].call(cond.acquire)
        taker.start(acquire_and_release, cond)
        taker.is_blocked()
        pair[1].call(cond.release)
        assert taker.returned()
        pair.reverse()


@clause("condition.release.unlocked-error")
def test_release_of_a_free_lock_is_the_error_of_the_lock(threading, actors):
    notifier = actors.new()
    for lock in (threading.Lock(), threading.RLock()):
        expected = notifier.start(lock.release).raised()
        cond = threading.Condition(lock)
        for _ in range(2):
            got = notifier.start(cond.release).raised()
            # Each error may be of a class of its own, derived from the documented one.
            kind = isinstance(expected, RuntimeError) and RuntimeError or type(expected)
            assert isinstance(got, kind), "release() raised %r; that of the lock raises %r" % (
                got,
                expected,
            )
            notifier.call(cond.acquire)
            notifier.call(cond.release)


@clause("condition.release.no-value")
def test_release_returns_none(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        for _ in range(2):
            notifier.call(cond.acquire)
            value = notifier.call(cond.release)
            assert value is None
