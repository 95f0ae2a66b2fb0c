"""``Lock.acquire()``.

More of its cases are in ``battery/shared/locks.py``.
"""

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.calls import check_attempts_fail, woken
from threadspec.conformance.battery.support.deadlines import stays_blocked
from threadspec.conformance.battery.support.lock import is_locked
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), locks)


@clause("lock.acquire.sets-locked")
def test_acquire_locks(threading):
    lock = threading.Lock()
    for _ in range(8):  # no other thread ever uses the lock
        lock.acquire()
        got = lock.acquire(False)
        assert not got
        lock.release()


@clause("lock.acquire.returns-true")
def test_acquire_returns_true_immediately(threading):
    lock = threading.Lock()
    for _ in range(3):
        got = lock.acquire()
        assert got
        lock.release()


@clause("lock.acquire.returns-true")
def test_acquire_returns_true_after_blocking(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for _ in range(3):
        waiter = woken(actors, lock.release, lock.acquire)
        got = waiter.result()
        assert got


@clause("lock.acquire.held-blocks")
def test_acquire_blocks_while_the_lock_is_held(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        lock.acquire()
        waiter = actors.start(lock.acquire)
        assert stays_blocked(actors, waiter)
        lock.release()
        waiter.result()
        lock.release()


@clause("lock.acquire.holder-blocks")
def test_acquire_blocks_in_the_thread_that_holds_the_lock(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    holder.call(lock.acquire)
    holder.start(lock.acquire)
    assert holder.is_blocked()
    lock.release()
    assert holder.returned()


@clause("lock.acquire.proceeds-after-release")
def test_a_blocked_acquire_returns_after_release(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        lock.acquire()
        waiter = woken(actors, lock.release, lock.acquire)
        assert waiter.returned()
        lock.release()


@clause("lock.acquire.relocks")
def test_the_lock_is_locked_after_a_blocked_acquire(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for _ in range(3):
        waiter = woken(actors, lock.release, lock.acquire)
        waiter.result()
        assert is_locked(actors, lock)


@clause("lock.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_immediately(threading, actors):
    for blocking in (True, 1):
        lock = threading.Lock()
        got = lock.acquire(blocking)
        assert got
        assert is_locked(actors, lock)


@clause("lock.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_after_blocking(threading, actors):
    for blocking in (True, 1):
        lock = threading.Lock()
        lock.acquire()
        waiter = woken(actors, lock.release, lock.acquire, blocking)
        got = waiter.result()
        assert got
        assert is_locked(actors, lock)


@clause("lock.acquire.nonblocking-held")
def test_acquire_with_false_fails_on_a_lock_held_elsewhere(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    check_attempts_fail(actors, lock)


@clause("lock.acquire.nonblocking-held")
def test_acquire_with_false_fails_for_the_thread_that_holds_the_lock(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    holder.call(lock.acquire)
    check_attempts_fail(holder, lock)


@clause("lock.acquire.nonblocking-held-changes-nothing")
def test_a_failed_attempt_leaves_the_lock_locked(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for _ in range(5):
        lock.acquire(False)
    waiter = actors.start(lock.acquire)
    assert waiter.is_blocked()
    lock.release()
    assert waiter.returned()


@clause("lock.acquire.nonblocking-held-changes-nothing")
def test_one_release_is_enough_after_failed_attempts(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for _ in range(3):
        lock.acquire(False)
    lock.release()
    taker = actors.start(lock.acquire)
    assert taker.returned()


@clause("lock.acquire.nonblocking-free")
def test_acquire_with_false_takes_an_unlocked_lock(threading, actors):
    lock = threading.Lock()
    for blocking in (False, 0, False, 0, False, False):
        got = lock.acquire(blocking)
        assert got
        assert is_locked(actors, lock)
        lock.release()


@clause("lock.acquire.nonblocking-free")
def test_a_lock_taken_without_blocking_blocks_others(threading, actors):
    lock = threading.Lock()
    lock.acquire(False)
    waiter = actors.start(lock.acquire)
    assert waiter.is_blocked()
    lock.release()
    assert waiter.returned()
