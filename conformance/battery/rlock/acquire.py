"""``RLock.acquire()``.

More of its cases are in ``battery/shared/locks.py``.
"""

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.calls import (
    acquire_and_release,
    check_attempts_fail,
    repeat,
    woken,
)
from threadspec.conformance.battery.support.crossing import BY_THREAD, BY_TIMER, actor_in, helpers
from threadspec.conformance.battery.support.deadlines import stays_blocked
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.rlock import (
    DEEPEST,
    DEPTHS,
    check_level,
    is_free,
    owner_that_waited,
)
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), locks)


@clause("rlock.acquire.takes-ownership")
def test_acquire_keeps_other_threads_out(threading, actors):
    lock = threading.RLock()
    first, second = actors.new(), actors.new()
    for owner in (first, second) + (first,) * 7:
        owner.call(lock.acquire)
        assert not is_free(actors, lock)
        owner.call(lock.release)


@clause("rlock.acquire.level-one")
def test_one_release_after_one_acquire_unlocks(threading, actors):
    lock = threading.RLock()
    for depth in (1, 3, 1, 2, 1):
        repeat(depth, lock.acquire)
        repeat(depth, lock.release)
        lock.acquire()
        lock.release()
        assert is_free(actors, lock)


@clause("rlock.acquire.level-one")
def test_an_owner_that_waited_begins_at_level_one(threading, actors):
    for depth in (1, 2, 5):
        lock = threading.RLock()
        waiter = owner_that_waited(actors, lock, depth)
        waiter.result()
        waiter.call(lock.release)
        assert is_free(actors, lock)


@clause("rlock.acquire.again")
def test_the_owner_acquires_again(threading, actors, rounds):
    for depth in DEPTHS + (min(rounds, DEEPEST),):
        lock = threading.RLock()
        owner = actors.start(repeat, depth, lock.acquire)
        assert owner.returned()
        owner.call(repeat, depth, lock.release)


@clause("rlock.acquire.again")
def test_the_owner_acquires_again_after_inner_releases(threading, actors):
    lock = threading.RLock()

    def up_and_down():
        lock.acquire()
        for depth in (1, 2, 4, 7):
            repeat(depth, lock.acquire)
            repeat(depth, lock.release)
        lock.acquire()
        repeat(2, lock.release)

    owner = actors.start(up_and_down)
    assert owner.returned()


@clause("rlock.acquire.again-with-waiters")
def test_the_owner_acquires_again_while_others_wait(threading, actors):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()
    owner = actors.new()
    owner.call(lock.acquire)
    helpers = actors.start_many(2, acquire_and_release, lock)
    actors.ended(helpers)
    for form in ((), (True,), (False,)):
        owner.start(lock.acquire, *form)
        assert owner.returned()
    owner.call(repeat, 4, lock.release)
    for actor in helpers:
        actor.result()


@clause("rlock.acquire.other-blocks")
def test_acquire_blocks_while_another_thread_owns_the_lock(threading, actors):
    for depth in (1, 2, 5):
        lock = threading.RLock()
        repeat(depth, lock.acquire)
        waiter = actors.start(lock.acquire)
        assert stays_blocked(actors, waiter)
        repeat(depth, lock.release)
        waiter.result()
        waiter.call(lock.release)


@clause("rlock.acquire.other-blocks")
def test_a_former_owner_blocks_like_any_other(threading, actors):
    lock = threading.RLock()
    former = actors.new()
    former.call(repeat, 3, lock.acquire)
    former.call(repeat, 3, lock.release)
    lock.acquire()
    former.start(lock.acquire)
    assert former.is_blocked()
    lock.release()
    former.result()
    former.call(lock.release)


@clause("rlock.acquire.proceeds-after-release")
def test_a_blocked_acquire_returns_after_the_outermost_release(threading, actors):
    for depth in (1, 2, 5):
        lock = threading.RLock()
        waiter = owner_that_waited(actors, lock, depth)
        assert waiter.returned()
        waiter.call(lock.release)


@clause("rlock.acquire.waiter-becomes-owner")
def test_the_thread_that_waited_owns_the_lock(threading, actors):
    lock = threading.RLock()
    for form in ((), (True,)):
        lock.acquire()
        waiter = woken(actors, lock.release, lock.acquire, *form)
        waiter.result()
        assert not is_free(actors, lock)
        waiter.start(lock.acquire)
        assert waiter.returned()
        for _ in range(2):
            waiter.start(lock.release)
            assert waiter.returned()


@clause("rlock.acquire.no-argument-no-value")
def test_acquire_without_arguments_returns_none(threading):
    lock = threading.RLock()
    for _ in range(3):
        value = lock.acquire()
        assert value is None


@clause("rlock.acquire.no-argument-no-value")
def test_acquire_without_arguments_returns_none_after_blocking(threading, actors):
    lock = threading.RLock()
    lock.acquire()
    waiter = woken(actors, lock.release, lock.acquire)
    value = waiter.result()
    assert value is None
    waiter.call(lock.release)


@clause("rlock.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_at_every_level(threading):
    for blocking in (True, 1):
        lock = threading.RLock()
        for _ in range(3):
            got = lock.acquire(blocking)
            assert got


@clause("rlock.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_after_blocking(threading, actors):
    for blocking in (True, 1):
        lock = threading.RLock()
        lock.acquire()
        waiter = woken(actors, lock.release, lock.acquire, blocking)
        got = waiter.result()
        assert got
        free = is_free(actors, lock)
        assert not free, "acquire(%r) returned, but another thread can acquire the lock" % blocking
        waiter.call(lock.release)


@clause("rlock.acquire.blocking-true-returns-true")
def test_acquire_with_true_takes_the_lock(threading, actors):
    for blocking in (True, 1):
        lock = threading.RLock()
        lock.acquire(blocking)
        assert not is_free(actors, lock)


@clause("rlock.acquire.blocking-true-counts")
def test_acquire_with_true_adds_a_level(threading, actors):
    for blocking in (True, 1):
        lock = threading.RLock()
        for _ in range(3):
            lock.acquire(blocking)
        check_level(actors, lock, 3)


@clause("rlock.acquire.nonblocking-held")
def test_acquire_with_false_fails_while_another_thread_owns_the_lock(threading, actors):
    lock = threading.RLock()
    for depth in (1, 2, 3):
        lock.acquire()
        check_attempts_fail(actors, lock)


@clause("rlock.acquire.nonblocking-held-changes-nothing")
def test_a_failed_attempt_does_not_touch_the_level(threading, actors):
    for depth in (1, 2):
        lock = threading.RLock()
        repeat(depth, lock.acquire)
        intruder = actors.new()
        for _ in range(3):
            intruder.call(lock.acquire, False)
        check_level(actors, lock, depth)


@clause("rlock.acquire.nonblocking-held-changes-nothing")
def test_a_failed_attempt_does_not_make_an_owner(threading, actors):
    lock = threading.RLock()
    lock.acquire()
    intruder = actors.new()
    intruder.call(lock.acquire, False)
    got = intruder.call(lock.acquire, False)
    assert not got
    intruder.start(lock.acquire)
    assert intruder.is_blocked()
    lock.release()
    intruder.result()
    intruder.call(lock.release)


@clause("rlock.acquire.nonblocking-owner")
def test_acquire_with_false_succeeds_for_the_owner(threading):
    for blocking in (False, 0):
        lock = threading.RLock()
        lock.acquire()
        for _ in range(3):
            got = lock.acquire(blocking)
            assert got


@clause("rlock.acquire.nonblocking-owner")
def test_acquire_with_false_succeeds_for_the_owner_amid_an_attempt_of_another(threading, actors):
    owner = actors.new()

    def prepare():
        lock = threading.RLock()
        owner.call(lock.acquire)
        return lambda: lock.acquire(False), lambda: owner.call(lock.acquire, False)

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        got = meeting.other.result()
        assert got


@clause("rlock.acquire.nonblocking-counts")
def test_acquire_with_false_adds_a_level(threading, actors):
    for blocking in (False, 0):
        lock = threading.RLock()
        lock.acquire()
        lock.acquire(blocking)
        lock.acquire(blocking)
        check_level(actors, lock, 3)


@clause("rlock.acquire.nonblocking-free")
def test_acquire_with_false_takes_an_unlocked_rlock(threading, actors):
    lock = threading.RLock()
    for blocking in (False, 0, False, 0, False, False):
        got = lock.acquire(blocking)
        assert got
        assert not is_free(actors, lock)
        lock.release()


@clause("rlock.acquire.one-at-a-time")
def test_each_unlocking_lets_exactly_one_waiter_own_the_lock(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(lock.acquire)
    waiting = actors.start_many(4, lock.acquire)
    actors.ended(waiting)
    while waiting:
        owner.call(lock.release)
        passed = actors.ended(waiting, at_least=1)
        assert len(passed) == 1, "%d of %d waiters proceeded after one release()" % (
            len(passed),
            len(waiting),
        )
        owner = passed[0]
        waiting.remove(owner)
    owner.call(lock.release)


@clause("rlock.acquire.other-blocks")
def test_a_thread_does_not_share_the_lock_of_the_thread_that_started_it(threading, actors):
    for owner in helpers(threading, actors):
        for kind in (BY_THREAD, BY_TIMER):
            lock = threading.RLock()
            owner.call(lock.acquire)
            child = actor_in(kind, threading, actors, starter=owner)
            if child is None:
                continue
            child.start(lock.acquire)
            assert child.is_blocked(), "owned by the thread that started this one: %r" % child
            owner.call(lock.release)
            child.returned()


@clause("rlock.acquire.other-blocks")
def test_threads_that_one_thread_started_do_not_share_a_lock(threading, actors):
    starter = actors.new()
    for kinds in ((BY_THREAD, BY_THREAD), (BY_THREAD, BY_TIMER), (BY_TIMER, BY_THREAD)):
        owner, other = [actor_in(kind, threading, actors, starter) for kind in kinds]
        if owner is None or other is None:
            continue
        lock = threading.RLock()
        owner.call(lock.acquire)
        other.start(lock.acquire)
        assert other.is_blocked(), "owned by a %s of the same starter: %r" % (owner, other)
        owner.call(lock.release)
        other.returned()


@clause("rlock.acquire.again")
def test_a_thread_of_every_kind_may_acquire_its_lock_again(threading, actors):
    for owner in helpers(threading, actors):
        lock = threading.RLock()
        for number in range(3):
            owner.start(lock.acquire)
            assert owner.returned(), "after %d calls of acquire(): %r" % (number, owner)
        owner.call(lambda: [lock.release() for _ in range(3)])
