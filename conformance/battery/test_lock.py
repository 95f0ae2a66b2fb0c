"""Lock Objects: one case or more for each clause of ``spec/lock.toml``."""

import time

from threadspec.conformance.battery.counting import stays_blocked
from threadspec.conformance.battery.premises import check_excludes
from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, states


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


def is_refused(lock):
    """Whether release() raises an error, of whatever type."""
    try:
        lock.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False


@clause("lock.factory")
def test_each_lock_is_a_new_one(threading, actors):
    several = [threading.Lock() for _ in range(4)]
    for lock in several:
        same = len([another for another in several if another is lock])
        assert same == 1, "%d of 4 locks made one after the other are the same" % same
    first, second = several[:2]
    first.acquire()
    assert not is_locked(actors, second)
    second.acquire()
    first.release()
    got = second.acquire(False)
    assert not got


@clause("lock.created-unlocked")
def test_a_new_lock_can_be_acquired_at_once(threading, actors):
    for _ in range(3):
        lock = threading.Lock()
        taker = actors.start(lock.acquire)
        assert taker.returned()


@clause("lock.created-unlocked")
def test_a_new_lock_is_unlocked_whatever_became_of_others(threading, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = threading.Lock()
            use(other, 12)
            other.acquire()
            if forgotten:
                other = None
            lock = threading.Lock()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("lock.methods")
def test_a_lock_has_acquire_and_release(threading):
    lock = threading.Lock()
    assert callable(lock.acquire)
    assert callable(lock.release)


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


@clause("lock.release.unlocks")
def test_release_unlocks(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    for _ in range(10):
        holder.call(lock.acquire)
        holder.start(lock.release)
        assert holder.returned()
        assert not is_locked(actors, lock)


@clause("lock.release.unlocks")
def test_release_returns_while_others_wait(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    holder.call(lock.acquire)
    helpers = actors.start_many(2, lock.acquire)
    actors.ended(helpers)
    for count in (1, 2):
        holder.start(lock.release)
        assert holder.returned()
        actors.ended(helpers, at_least=count)


@clause("lock.release.any-thread")
def test_another_thread_may_release(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        lock.acquire()
        releaser = actors.start(lock.release)
        assert releaser.returned()
        assert not is_locked(actors, lock)


@clause("lock.release.any-thread")
def test_a_lock_taken_by_a_helper_may_be_released_here(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    for _ in range(3):
        holder.call(lock.acquire)
        lock.release()
        assert not is_locked(actors, lock)


@clause("lock.release.one-proceeds")
def test_each_release_lets_exactly_one_waiter_proceed(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    helpers = actors.start_many(4, lock.acquire)
    actors.ended(helpers)
    for count in range(1, 5):
        lock.release()
        ended = actors.ended(helpers, at_least=count)
        assert len(ended) == count, "%d of 4 waiters proceeded after %d releases" % (
            len(ended),
            count,
        )


@clause("lock.release.every-waiter-in-turn")
def test_no_waiter_is_left_behind(threading, actors):
    lock = threading.Lock()
    lock.acquire()

    def pass_on():
        lock.acquire()
        lock.release()

    helpers = actors.start_many(8, pass_on)
    actors.ended(helpers)
    lock.release()
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 waiters proceeded" % len(ended)


@clause("lock.release.order")
def test_order_of_waiters(threading, actors, observe):
    lock = threading.Lock()
    lock.acquire()
    order = []

    def queue_up(number):
        lock.acquire()
        order.append(number)
        lock.release()

    helpers = []
    for number in range(4):
        helpers.append(actors.start(queue_up, number))
        helpers[-1].is_blocked()
    lock.release()
    actors.ended(helpers, at_least=4)
    if order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")


@clause("lock.release.unlocked-error")
def test_release_of_a_new_lock_is_an_error(threading):
    raises(RuntimeError, threading.Lock().release)


@clause("lock.release.unlocked-error")
def test_release_is_an_error_the_second_time(threading):
    lock = threading.Lock()
    for _ in range(2):
        lock.acquire()
        lock.release()
        raises(RuntimeError, lock.release)


@clause("lock.release.unlocked-error")
def test_release_of_an_unlocked_lock_is_an_error_in_any_thread(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    releaser = actors.new()
    raises(RuntimeError, releaser.call, lock.release)


@clause("lock.release.unlocked-error-changes-nothing")
def test_a_refused_release_leaves_the_lock_unlocked(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        actors.call(is_refused, lock)
        taker = actors.start(lock.acquire)
        assert taker.returned()
        second = actors.call(lock.acquire, False)
        assert not second, "the lock can be acquired twice after a refused release()"
        taker.call(lock.release)
        actors.call(is_refused, lock)
    taker = actors.start(lock.acquire)
    assert taker.returned()
    waiter = actors.start(lock.acquire)
    assert waiter.is_blocked()
    taker.call(lock.release)
    assert waiter.returned()


@clause("lock.release.no-value")
def test_release_returns_none(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    value = lock.release()
    assert value is None
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    value = lock.release()
    assert value is None
    waiter.result()


@clause("lock.mutual-exclusion")
def test_one_holder_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    lock = threading.Lock()
    inside = []
    most = []

    def work(blocking):
        for _ in range(rounds // 4):
            got = lock.acquire(*blocking)
            if blocking == (False,) and not got:
                time.sleep(0)
                continue
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    helpers = [actors.start(work, blocking) for blocking in ((), (True,), (False,), ())]
    ended = actors.ended(helpers, at_least=4)
    assert len(ended) == 4, "%d of 4 threads that share a lock came to an end" % len(ended)
    for actor in helpers:
        actor.result()
    assert max(most) == 1, "%d threads held the lock at once" % max(most)


@clause("lock.mutual-exclusion")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        locks = []

        def prepare():
            locks.append(threading.Lock())
            return [lambda: locks[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            check_one_holds(actors, locks[-1], [meeting.call, meeting.other])


@clause("lock.mutual-exclusion")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(threading, actors):
    locks = []
    waiter = actors.new()

    def prepare():
        locks.append(threading.Lock())
        locks[-1].acquire()
        waiter.start(locks[-1].acquire)
        waiter.is_blocked()
        return locks[-1].release, locks[-1].acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        check_one_holds(actors, locks[-1], [waiter, meeting.other])


def check_one_holds(actors, lock, pair):
    """Check that of two actors that acquire, one holds ``lock``; let the other one follow."""
    holders = len(actors.ended(pair, at_least=1))
    assert holders == 1, "%d of 2 threads hold the lock at once" % holders
    lock.release()
    assert len(actors.ended(pair, at_least=2)) == 2


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


@clause("lock.release.atomic")
def test_one_of_many_releases_at_once_succeeds(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    locks = [[threading.Lock() for _ in range(8)] for _ in range(rounds // 8)]
    for several in locks:
        for lock in several:
            lock.acquire()

    def release(number):
        return [is_refused(lock) for lock in locks[number]]

    for refused in actors.race([release] * 3, rounds // 8):
        for answers in zip(*refused):
            releases = len([one for one in answers if not one])
            assert releases == 1, "%d of 3 releases at once succeeded" % releases


@clause("lock.release.atomic")
def test_a_release_amid_a_release(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return [lambda: is_refused(lock)] * 2

    for meeting in meetings(actors, prepare):
        refused = [actor.result() for actor in (meeting.call, meeting.other)]
        releases = len([one for one in refused if not one])
        assert releases == 1, "%d of 2 releases, one amid the other, succeeded" % releases


@clause("lock.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    # Two threads hand each other the turn through two locks, as fast as they can: every release
    # meets an acquire that is about to block, has just blocked, or has not begun.
    check_excludes(actors, threading.Lock)
    ping = threading.Lock()
    pong = threading.Lock()
    ping.acquire()
    pong.acquire()
    until = clock() + actors.durations["positive"] / 4  # fewer rounds where threads wake slowly
    over = []

    def server():
        while True:
            ping.acquire()
            if over:
                break
            pong.release()

    def client():
        for _ in range(rounds // 2):
            ping.release()
            pong.acquire()
            if clock() >= until:
                break
        over.append(None)
        ping.release()

    helpers = [actors.start(server), actors.start(client)]
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "%d of 2 threads that pass locks to each other came to an end" % len(
        ended
    )
    for actor in helpers:
        actor.result()


@clause("lock.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return lock.acquire, lock.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("lock.release.no-lost-wakeup")
def test_an_acquire_amid_a_release(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return lock.release, lock.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
