"""``RLock.release()``.

More of its cases are in ``battery/shared/locks.py``.
"""

import time

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.calls import (
    acquire_and_release,
    check_all_end,
    is_refused,
    repeat,
)
from threadspec.conformance.battery.support.contention import check_no_waiter_left
from threadspec.conformance.battery.support.crossing import pairs
from threadspec.conformance.battery.support.extremes import many_times
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.rlock import (
    DEEPEST,
    DEPTHS,
    check_level,
    is_free,
)
from threadspec.conformance.harness.vocabulary import bind, clause, raises, show_error

bind(globals(), locks)


@clause("rlock.release.every-waiter-in-turn")
def test_no_waiter_is_left_behind(threading, actors):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()

    def nest(lock):
        repeat(2, lock.acquire)
        repeat(2, lock.release)

    lock.acquire()
    check_no_waiter_left(actors, lock, lock.release, nest)


@clause("rlock.release.inner-keeps")
def test_an_inner_release_keeps_the_lock(threading, actors):
    for depth in (2, 3, 5):
        lock = threading.RLock()
        repeat(depth, lock.acquire)
        for left in range(depth - 1, 0, -1):
            lock.release()
            assert not is_free(actors, lock)
        lock.release()


@clause("rlock.release.inner-keeps")
def test_an_inner_release_lets_no_waiter_proceed(threading, actors):
    lock = threading.RLock()
    repeat(3, lock.acquire)
    waiter = actors.start(acquire_and_release, lock)
    assert waiter.is_blocked()
    for _ in range(2):
        lock.release()
        assert waiter.is_blocked()
    lock.release()
    waiter.result()


@clause("rlock.release.inner-keeps")
def test_after_an_inner_release_the_caller_still_owns_the_lock(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(repeat, 2, lock.acquire)
    owner.call(lock.release)
    owner.start(lock.acquire)
    assert owner.returned()
    owner.call(repeat, 2, lock.release)


@clause("rlock.release.outermost-unlocks")
def test_the_outermost_release_unlocks_at_every_depth(threading, actors, rounds):
    lock = threading.RLock()
    for depth in DEPTHS + (min(rounds, DEEPEST),):
        repeat(depth, lock.acquire)
        repeat(depth, lock.release)
        assert is_free(actors, lock)


@clause("rlock.release.outermost-unlocks")
def test_the_outermost_release_unlocks_in_any_thread(threading, actors):
    lock = threading.RLock()
    for depth in (1, 2, 1):
        owner = actors.new()
        owner.call(repeat, depth, lock.acquire)
        owner.call(repeat, depth, lock.release)
        assert is_free(actors, lock)


@clause("rlock.release.returns-at-once")
def test_release_returns_with_and_without_waiters(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(repeat, 4, lock.acquire)
    waiter = actors.start(acquire_and_release, lock)
    waiter.is_blocked()
    for _ in range(4):
        owner.start(lock.release)
        assert owner.returned()
    waiter.result()
    owner.call(lock.acquire)
    owner.start(lock.release)
    assert owner.returned()


@clause("rlock.release.unlocked-error")
def test_one_release_too_many_is_an_error(threading):
    lock = threading.RLock()
    for depth in (1, 2, 1):
        repeat(depth, lock.acquire)
        repeat(depth, lock.release)
        raises(RuntimeError, lock.release)


@clause("rlock.release.unlocked-error-changes-nothing")
def test_a_refused_release_leaves_the_rlock_unlocked(threading, actors):
    lock = threading.RLock()
    for _ in range(3):
        actors.call(is_refused, lock)
    assert is_free(actors, lock)
    lock.acquire()
    assert not is_free(actors, lock)
    lock.release()
    assert is_free(actors, lock)


@clause("rlock.release.unlocked-error-changes-nothing")
def test_the_level_is_right_after_a_refused_release(threading, actors):
    lock = threading.RLock()
    for _ in range(2):
        is_refused(lock)
    repeat(2, lock.acquire)
    check_level(actors, lock, 2)


@clause("rlock.release.by-another")
def test_release_by_another_thread(threading, actors, observe):
    lock = threading.RLock()
    lock.acquire()
    error = actors.start(lock.release).raised()
    if error is None:
        observe("releases the lock" if is_free(actors, lock) else "does nothing")
    else:
        observe("raises " + show_error(error).split(":")[0])


@clause("rlock.release.no-value")
def test_release_returns_none_at_every_level(threading, actors):
    lock = threading.RLock()
    repeat(3, lock.acquire)
    waiter = actors.start(acquire_and_release, lock)
    waiter.is_blocked()
    for _ in range(3):
        value = lock.release()
        assert value is None
    waiter.result()


@clause("rlock.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    # Two threads contend for the lock as fast as they can; a lost wake-up leaves one blocked.
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()

    def work():
        for _ in range(rounds // 3):
            lock.acquire()
            time.sleep(0)  # the other one waits now
            lock.release()

    helpers = actors.start_many(2, work)
    check_all_end(actors, helpers, "threads that share a lock")


@clause("rlock.release.inner-keeps")
def test_an_inner_release_keeps_the_lock_from_threads_of_other_kinds(threading, actors):
    for owner, other in pairs(threading, actors):
        lock = threading.RLock()
        owner.call(lambda: [lock.acquire(), lock.acquire(), lock.release()])
        got = other.call(lock.acquire, False)
        owner.call(lock.release)
        assert not got, (
            "acquired twice and released once by a %s: acquire(False) in a %s returned %r"
            % (owner, other, got)
        )


@clause("rlock.release.outermost-unlocks")
def test_a_lock_acquired_many_times_is_released_as_many_times(threading, actors):
    lock = threading.RLock()
    owner, other = actors.new(), actors.new()
    owner.call(lock.acquire)
    got = other.call(lock.acquire, False)
    owner.call(lock.release)
    if got:
        return  # another clause's business
    level = owner.call(many_times, lock.acquire)
    owner.call(repeat, level - 1, lock.release)
    got = other.call(lock.acquire, False)
    assert not got, "acquired %d times and released %d times, the lock is unlocked" % (
        level,
        level - 1,
    )
    owner.call(lock.release)
    other.start(lock.acquire)
    assert other.returned(), "acquired and released %d times, the lock is still locked" % level
