"""``Lock.acquire()``."""

from threadspec.conformance.battery.support.crossing import (
    check_blocks,
    check_blocks_while_main_holds,
    check_hand_over,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, stays_blocked
from threadspec.conformance.battery.support.lock import is_locked, use
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("lock.acquire.free-returns-at-once")
def test_acquire_of_an_unlocked_lock_returns(threading, actors):
    for _ in range(2):
        lock = threading.Lock()
        taker = actors.start(use, lock, 12)
        assert taker.returned()


@clause("lock.acquire.sets-locked")
def test_acquire_locks(threading):
    lock = threading.Lock()
    for _ in range(8):  # in a thread that alone uses the lock
        lock.acquire()
        got = lock.acquire(False)
        assert not got
        lock.release()


@clause("lock.acquire.returns-true")
def test_acquire_returns_true_at_once(threading):
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
        waiter = actors.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
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


@clause("lock.acquire.held-blocks")
def test_every_further_acquire_blocks(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    helpers = actors.start_many(7, lock.acquire)
    ended = len(actors.ended(helpers))
    assert ended == 0, "%d of 7 threads took a locked lock" % ended
    for count in range(1, 8):
        lock.release()
        actors.ended(helpers, at_least=count)


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
        waiter = actors.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
        assert waiter.returned()
        lock.release()


@clause("lock.acquire.proceeds-after-release")
def test_a_thread_that_waits_again_proceeds_each_time(threading, actors):
    lock = threading.Lock()
    waiter = actors.new()
    for _ in range(4):
        lock.acquire()
        waiter.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
        assert waiter.returned()
        lock.release()


@clause("lock.acquire.relocks")
def test_the_lock_is_locked_after_a_blocked_acquire(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for _ in range(3):
        waiter = actors.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
        waiter.result()
        assert is_locked(actors, lock)


@clause("lock.acquire.blocking-true-blocks")
def test_acquire_with_true_blocks(threading, actors):
    for blocking in (True, 1):
        lock = threading.Lock()
        lock.acquire()
        waiter = actors.start(lock.acquire, blocking)
        assert stays_blocked(actors, waiter)
        lock.release()
        assert waiter.returned()


@clause("lock.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_at_once(threading, actors):
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
        waiter = actors.start(lock.acquire, blocking)
        waiter.is_blocked()
        lock.release()
        got = waiter.result()
        assert got
        assert is_locked(actors, lock)


@clause("lock.acquire.nonblocking-held")
def test_acquire_with_false_fails_on_a_lock_held_elsewhere(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    for blocking in (False, 0, False):
        got = actors.call(lock.acquire, blocking)
        assert not got


@clause("lock.acquire.nonblocking-held")
def test_acquire_with_false_fails_for_the_thread_that_holds_the_lock(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    holder.call(lock.acquire)
    for blocking in (False, 0, False):
        got = holder.call(lock.acquire, blocking)
        assert not got


@clause("lock.acquire.nonblocking-held")
def test_acquire_with_false_fails_while_others_wait(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    got = actors.call(lock.acquire, False)
    assert not got
    lock.release()
    assert waiter.returned()


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
    for blocking in (False, 0, False):
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


@clause("lock.acquire.blocking-keyword")
def test_blocking_can_be_given_by_name(threading, actors):
    # What each form does is the business of other clauses: here it matters that the name says it.
    for blocking in (True, 1):
        lock = threading.Lock()
        actors.call(lock.acquire, blocking=blocking)
        waiter = actors.start(lock.acquire, blocking=blocking)
        assert waiter.is_blocked()
        lock.release()
        assert waiter.returned()
    for blocking in (False, 0):
        lock = threading.Lock()
        actors.call(lock.acquire)
        actors.call(lock.acquire, blocking=blocking)


@clause("lock.acquire.atomic")
def test_one_of_many_attempts_at_once_succeeds(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    locks = [[threading.Lock() for _ in range(8)] for _ in range(rounds // 8)]

    def attempt(number):
        return [lock.acquire(False) for lock in locks[number]]

    for won in actors.race([attempt] * 3, rounds // 8):
        for attempts in zip(*won):
            winners = len([got for got in attempts if got])
            assert winners == 1, "%d of 3 threads took the lock at once" % winners


@clause("lock.acquire.atomic")
def test_an_attempt_amid_an_attempt(threading, actors):
    def prepare():
        lock = threading.Lock()
        return [lambda: lock.acquire(False)] * 2

    for meeting in meetings(actors, prepare):
        won = [actor.result() for actor in (meeting.call, meeting.other)]
        winners = len([got for got in won if got])
        assert winners == 1, "%d of 2 attempts succeeded, one amid the other" % winners


@clause("lock.acquire.held-blocks")
def test_a_lock_blocks_threads_of_every_kind(threading, actors):
    check_blocks(threading.Lock, threading, actors)


@clause("lock.acquire.held-blocks")
def test_a_lock_of_the_main_thread_blocks_threads_of_every_kind(threading, actors):
    check_blocks_while_main_holds(threading.Lock, threading, actors)


@clause("lock.acquire.proceeds-after-release")
def test_a_lock_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.Lock, threading, actors)


@clause("lock.acquire.held-blocks")
def test_acquire_of_a_lock_blocks_for_as_long_as_it_takes(threading, actors):
    lock = threading.Lock()
    check_acquire(actors, lock, lock.acquire)
