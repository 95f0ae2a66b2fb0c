"""What Lock and RLock promise alike; ``make`` creates one.

A lock is released here by the thread that acquired it, as an RLock must be.
"""

from threadspec.conformance.battery.support.calls import (
    acquire_and_release,
    check_all_new,
)
from threadspec.conformance.battery.support.contention import (
    check_one_of_two_blocks,
    observe_order,
)
from threadspec.conformance.battery.support.crossing import (
    check_blocks,
    check_blocks_while_main_holds,
    check_hand_over,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, stays_blocked
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, raises

# Chapters of the battery, and the class that each is about.
CLASSES = {"lock": "Lock", "rlock": "RLock"}

# The clause about a lock that another thread has acquired has a name of its own in each chapter.
HELD = {"lock.acquire.held": "Lock", "rlock.acquire.other": "RLock"}


@clause("*.factory")
def test_each_lock_is_a_new_one(make, actors):
    check_all_new([make() for _ in range(4)])
    first, second = make(), make()
    owner, other = actors.new(), actors.new()
    owner.call(first.acquire)
    assert other.start(second.acquire).returned()
    owner.call(first.release)
    got = owner.call(second.acquire, False)
    assert not got
    assert owner.start(first.acquire).returned()


@clause("*.created-unlocked")
def test_a_new_lock_can_be_acquired_immediately(make, actors):
    for _ in range(3):
        lock = make()
        taker = actors.start(lock.acquire)
        assert taker.returned()


@clause("*.created-unlocked")
def test_a_new_lock_is_unlocked_whatever_became_of_others(make, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = make()
            acquire_and_release(other, 12)
            other.acquire()
            if forgotten:
                other = None
            lock = make()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("*.methods")
def test_a_lock_has_acquire_and_release(make):
    lock = make()
    assert callable(lock.acquire)
    assert callable(lock.release)


@clause("*.mutual-exclusion")
def test_one_of_two_simultaneous_acquires_blocks(make, actors):
    check_one_of_two_blocks(actors, make)


# -- acquire --------------------------------------------------------------------------------------


@clause("*.acquire.free-returns-at-once")
def test_acquire_of_an_unlocked_lock_returns(make, actors):
    for _ in range(2):
        lock = make()
        for _ in range(3):
            taker = actors.start(acquire_and_release, lock, 12)
            assert taker.returned()


@clause("*-blocks", of=HELD)
def test_every_further_acquire_blocks(make, actors):
    lock = make()
    lock.acquire()
    helpers = actors.start_many(7, lock.acquire)
    ended = len(actors.ended(helpers))
    assert ended == 0, "7 threads called acquire() while another held the lock; %d returned" % ended
    lock.release()
    while helpers:
        passed = actors.ended(helpers, at_least=1)
        assert passed, "after release(), none of %d waiting acquire() returned" % len(helpers)
        passed[0].call(lock.release)
        helpers.remove(passed[0])


@clause("*-blocks", of=HELD)
def test_acquire_blocks_for_as_long_as_it_takes(make, actors):
    lock = make()
    check_acquire(actors, lock, lock.acquire)


@clause("*-blocks", of=HELD)
def test_a_lock_blocks_threads_of_every_kind(make, threading, actors):
    check_blocks(make, threading, actors)


@clause("*-blocks", of=HELD)
def test_a_lock_of_the_main_thread_blocks_threads_of_every_kind(make, threading, actors):
    check_blocks_while_main_holds(make, threading, actors)


@clause("*.acquire.proceeds-after-release")
def test_a_thread_that_waits_again_proceeds_each_time(make, actors):
    lock = make()
    waiter = actors.new()
    for _ in range(4):
        lock.acquire()
        waiter.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
        assert waiter.returned()
        waiter.call(lock.release)


@clause("*.acquire.proceeds-after-release")
def test_a_lock_goes_from_one_kind_of_thread_to_another(make, threading, actors):
    check_hand_over(make, threading, actors)


@clause("*.acquire.blocking-true-blocks")
def test_acquire_with_true_blocks(make, actors):
    for blocking in (True, 1):
        lock = make()
        lock.acquire()
        waiter = actors.start(lock.acquire, blocking)
        assert stays_blocked(actors, waiter)
        lock.release()
        assert waiter.returned()
        waiter.call(lock.release)


@clause("*.acquire.nonblocking-held")
def test_acquire_with_false_fails_while_others_wait(make, actors):
    lock = make()
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    got = actors.call(lock.acquire, False)
    assert not got
    lock.release()
    assert waiter.returned()


@clause("*.acquire.blocking-keyword")
def test_blocking_can_be_given_by_name(make, actors):
    # What each form does is the business of other clauses: here it matters that the name says it.
    for blocking in (True, 1):
        lock = make()
        owner = actors.new()
        owner.call(lock.acquire, blocking=blocking)
        waiter = actors.start(lock.acquire, blocking=blocking)
        assert waiter.is_blocked()
        owner.call(lock.release)
        assert waiter.returned()
    for blocking in (False, 0):
        lock = make()
        actors.call(lock.acquire)
        actors.call(lock.acquire, blocking=blocking)


@clause("*.acquire.atomic")
def test_one_of_many_simultaneous_attempts_succeeds(make, actors, rounds):
    check_excludes(actors, make)
    locks = [[make() for _ in range(8)] for _ in range(rounds // 8)]

    def attempt(number):
        return [lock.acquire(False) for lock in locks[number]]

    for won in actors.race([attempt] * 3, rounds // 8):
        for attempts in zip(*won):
            winners = len([got for got in attempts if got])
            assert winners == 1, "%d of 3 simultaneous acquire(False) calls succeeded" % winners


@clause("*.acquire.atomic")
def test_an_attempt_amid_an_attempt(make, actors):
    def prepare():
        lock = make()
        return [lambda: lock.acquire(False)] * 2

    for meeting in meetings(actors, prepare):
        won = [actor.result() for actor in (meeting.call, meeting.other)]
        winners = len([got for got in won if got])
        assert winners == 1, "%d of 2 acquire(False) calls, one amid the other, succeeded" % winners


# -- release --------------------------------------------------------------------------------------


@clause("*.release.order")
def test_order_of_waiters(make, actors, observe):
    lock = make()
    lock.acquire()
    observe_order(actors, observe, lock, lock.release)


@clause("*.release.unlocked-error")
def test_release_of_a_new_lock_is_an_error(make, actors):
    raises(RuntimeError, make().release)
    releaser = actors.new()
    raises(RuntimeError, releaser.call, make().release)


@clause("*.release.unlocked-error")
def test_release_is_an_error_the_second_time(make):
    lock = make()
    for _ in range(2):
        lock.acquire()
        lock.release()
        raises(RuntimeError, lock.release)


@clause("*.release.unlocked-error")
def test_release_of_an_unlocked_lock_is_an_error_in_any_thread(make, actors):
    lock = make()
    owner = actors.new()
    owner.call(lock.acquire)
    owner.call(lock.release)
    raises(RuntimeError, lock.release)
    raises(RuntimeError, owner.call, lock.release)


@clause("*.release.no-value")
def test_release_returns_none(make, actors):
    lock = make()
    lock.acquire()
    value = lock.release()
    assert value is None
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    value = lock.release()
    assert value is None
    waiter.result()


@clause("*.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(make, actors):
    owner = actors.new()

    def prepare():
        lock = make()
        owner.call(lock.acquire)
        return lock.acquire, lambda: owner.call(lock.release)

    for meeting in meetings(actors, prepare):
        meeting.check_both_return()


@clause("*.release.no-lost-wakeup")
def test_an_acquire_amid_a_release(make, actors):
    locks = []

    def prepare():
        locks.append(make())
        return lambda: acquire_and_release(locks[-1]), locks[-1].acquire

    for meeting in meetings(actors, prepare):
        ended = actors.ended([meeting.call, meeting.other], at_least=1)
        if ended == [meeting.other]:
            meeting.other.call(locks[-1].release)
        meeting.check_both_return()
