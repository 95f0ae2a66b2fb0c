"""RLock Objects: one case or more for each clause of ``spec/rlock.toml``."""

import time

from threadspec.conformance.battery.counting import stays_blocked
from threadspec.conformance.battery.premises import check_excludes
from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, raises, show_error, states

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


def is_refused(lock):
    """Whether release() raises an error, of whatever type."""
    try:
        lock.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False


@clause("rlock.factory")
def test_each_rlock_is_a_new_one(threading, actors):
    several = [threading.RLock() for _ in range(4)]
    for lock in several:
        same = len([another for another in several if another is lock])
        assert same == 1, "%d of 4 locks made one after the other are the same" % same
    first, second = several[:2]
    first.acquire()
    assert is_free(actors, second)
    second.acquire()
    first.release()
    assert not is_free(actors, second)
    assert is_free(actors, first)


@clause("rlock.factory")
def test_a_thread_may_own_two_rlocks(threading, actors):
    locks = [threading.RLock() for _ in range(2)]
    owner = actors.new()
    for lock in locks:
        owner.call(lock.acquire)
    for lock in locks:
        assert not is_free(actors, lock)
    owner.call(locks[0].release)
    assert is_free(actors, locks[0])
    assert not is_free(actors, locks[1])


@clause("rlock.methods")
def test_an_rlock_has_acquire_and_release(threading):
    lock = threading.RLock()
    assert callable(lock.acquire)
    assert callable(lock.release)


@clause("rlock.created-unlocked")
def test_a_new_rlock_can_be_taken_by_any_thread(threading, actors):
    for _ in range(3):
        lock = threading.RLock()
        taker = actors.start(lock.acquire)
        assert taker.returned()


@clause("rlock.created-unlocked")
def test_a_new_rlock_is_unlocked_whatever_became_of_others(threading, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = threading.RLock()
            acquire_to(other, 2)
            if forgotten:
                other = None
            lock = threading.RLock()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("rlock.acquire.free-returns-at-once")
def test_acquire_of_an_unlocked_rlock_returns(threading, actors):
    lock = threading.RLock()
    for _ in range(3):
        taker = actors.start(lock_and_unlock, lock, 10)
        assert taker.returned()


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
        acquire_to(lock, depth)
        release_from(lock, depth)
        lock.acquire()
        lock.release()
        assert is_free(actors, lock)


@clause("rlock.acquire.level-one")
def test_an_owner_that_waited_begins_at_level_one(threading, actors):
    for depth in (1, 2, 5):
        lock = threading.RLock()
        acquire_to(lock, depth)
        waiter = actors.start(lock.acquire)
        waiter.is_blocked()
        release_from(lock, depth)
        waiter.result()
        waiter.call(lock.release)
        assert is_free(actors, lock)


@clause("rlock.acquire.again")
def test_the_owner_acquires_again(threading, actors, rounds):
    for depth in DEPTHS + (min(rounds, DEEPEST),):
        lock = threading.RLock()
        owner = actors.start(acquire_to, lock, depth)
        assert owner.returned()
        owner.call(release_from, lock, depth)


@clause("rlock.acquire.again")
def test_the_owner_acquires_again_after_inner_releases(threading, actors):
    lock = threading.RLock()

    def up_and_down():
        lock.acquire()
        for depth in (1, 2, 4, 7):
            acquire_to(lock, depth)
            release_from(lock, depth)
        lock.acquire()
        release_from(lock, 2)

    owner = actors.start(up_and_down)
    assert owner.returned()


@clause("rlock.acquire.again-with-waiters")
def test_the_owner_acquires_again_while_others_wait(threading, actors):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()
    owner = actors.new()
    owner.call(lock.acquire)
    helpers = actors.start_many(2, lock_and_unlock, lock)
    actors.ended(helpers)
    for form in ((), (True,), (False,)):
        owner.start(lock.acquire, *form)
        assert owner.returned()
    owner.call(release_from, lock, 4)
    for actor in helpers:
        actor.result()


@clause("rlock.acquire.other-blocks")
def test_acquire_blocks_while_another_thread_owns_the_lock(threading, actors):
    for depth in (1, 2, 5):
        lock = threading.RLock()
        acquire_to(lock, depth)
        waiter = actors.start(lock.acquire)
        assert stays_blocked(actors, waiter)
        release_from(lock, depth)
        waiter.result()
        waiter.call(lock.release)


@clause("rlock.acquire.other-blocks")
def test_every_other_thread_blocks(threading, actors):
    lock = threading.RLock()
    lock.acquire()
    helpers = actors.start_many(7, lock.acquire)
    ended = len(actors.ended(helpers))
    assert ended == 0, "%d of 7 threads took a lock that another owns" % ended
    lock.release()
    while helpers:
        owners = actors.ended(helpers, at_least=1)
        assert owners, "nobody took the lock that was released"
        owners[0].call(lock.release)
        helpers.remove(owners[0])


@clause("rlock.acquire.other-blocks")
def test_a_former_owner_blocks_like_any_other(threading, actors):
    lock = threading.RLock()
    former = actors.new()
    former.call(acquire_to, lock, 3)
    former.call(release_from, lock, 3)
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
        acquire_to(lock, depth)
        waiter = actors.start(lock.acquire)
        waiter.is_blocked()
        release_from(lock, depth)
        assert waiter.returned()
        waiter.call(lock.release)


@clause("rlock.acquire.proceeds-after-release")
def test_a_thread_that_waits_again_proceeds_each_time(threading, actors):
    lock = threading.RLock()
    waiter = actors.new()
    for _ in range(4):
        lock.acquire()
        waiter.start(lock.acquire)
        waiter.is_blocked()
        lock.release()
        assert waiter.returned()
        waiter.call(lock.release)


@clause("rlock.acquire.waiter-becomes-owner")
def test_the_thread_that_waited_owns_the_lock(threading, actors):
    lock = threading.RLock()
    for form in ((), (True,)):
        lock.acquire()
        waiter = actors.start(lock.acquire, *form)
        waiter.is_blocked()
        lock.release()
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
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    lock.release()
    value = waiter.result()
    assert value is None
    waiter.call(lock.release)


@clause("rlock.acquire.blocking-true-blocks")
def test_acquire_with_true_blocks(threading, actors):
    for blocking in (True, 1):
        lock = threading.RLock()
        lock.acquire()
        waiter = actors.start(lock.acquire, blocking)
        assert stays_blocked(actors, waiter)
        lock.release()
        waiter.result()
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
        waiter = actors.start(lock.acquire, blocking)
        waiter.is_blocked()
        lock.release()
        got = waiter.result()
        assert got
        free = is_free(actors, lock)
        assert not free, "acquire(%r) returned, but the lock is not taken" % blocking
        waiter.call(lock.release)


@clause("rlock.acquire.blocking-true-returns-true")
def test_acquire_with_true_takes_the_lock(threading, actors):
    for blocking in (True, 1):
        lock = threading.RLock()
        lock.acquire(blocking)
        assert not is_free(actors, lock)


def check_level(actors, lock, level):
    """Check that ``lock``, owned by the calling thread, has exactly this recursion level."""
    for left in range(level, 0, -1):
        free = is_free(actors, lock)
        assert not free, "unlocked %d releases before the outermost one" % left
        lock.release()
    free = is_free(actors, lock)
    assert free, "still locked after %d releases" % level


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
        for blocking in (False, 0, False):
            got = actors.call(lock.acquire, blocking)
            assert not got


@clause("rlock.acquire.nonblocking-held")
def test_acquire_with_false_fails_while_others_wait(threading, actors):
    lock = threading.RLock()
    lock.acquire()
    waiter = actors.start(lock_and_unlock, lock)
    waiter.is_blocked()
    got = actors.call(lock.acquire, False)
    assert not got
    lock.release()
    waiter.result()


@clause("rlock.acquire.nonblocking-held-changes-nothing")
def test_a_failed_attempt_does_not_touch_the_level(threading, actors):
    for depth in (1, 2):
        lock = threading.RLock()
        acquire_to(lock, depth)
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


@clause("rlock.acquire.blocking-keyword")
def test_blocking_can_be_given_by_name(threading, actors):
    # What each form does is the business of other clauses: here it matters that the name says it.
    for blocking in (True, 1):
        lock = threading.RLock()
        owner = actors.new()
        owner.call(lock.acquire, blocking=blocking)
        waiter = actors.start(lock.acquire, blocking=blocking)
        assert waiter.is_blocked()
        owner.call(lock.release)
        assert waiter.returned()
    for blocking in (False, 0):
        lock = threading.RLock()
        actors.call(lock.acquire)
        actors.call(lock.acquire, blocking=blocking)


@clause("rlock.acquire.one-at-a-time")
def test_each_unlocking_lets_exactly_one_waiter_own_the_lock(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(lock.acquire)
    waiting = actors.start_many(4, lock.acquire)
    actors.ended(waiting)
    while waiting:
        owner.call(lock.release)
        ended = actors.ended(waiting, at_least=1)
        assert len(ended) == 1, "%d of %d waiters proceeded at one release" % (
            len(ended),
            len(waiting),
        )
        owner = ended[0]
        waiting = [actor for actor in waiting if actor is not owner]
    owner.call(lock.release)


@clause("rlock.release.every-waiter-in-turn")
def test_no_waiter_is_left_behind(threading, actors):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()

    def nest():
        acquire_to(lock, 2)
        release_from(lock, 2)

    lock.acquire()
    helpers = actors.start_many(8, nest)
    actors.ended(helpers)
    lock.release()
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 waiters proceeded" % len(ended)


@clause("rlock.release.order")
def test_order_of_waiters(threading, actors, observe):
    lock = threading.RLock()
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


@clause("rlock.release.inner-keeps")
def test_an_inner_release_keeps_the_lock(threading, actors):
    for depth in (2, 3, 5):
        lock = threading.RLock()
        acquire_to(lock, depth)
        for left in range(depth - 1, 0, -1):
            lock.release()
            assert not is_free(actors, lock)
        lock.release()


@clause("rlock.release.inner-keeps")
def test_an_inner_release_lets_no_waiter_proceed(threading, actors):
    lock = threading.RLock()
    acquire_to(lock, 3)
    waiter = actors.start(lock_and_unlock, lock)
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
    owner.call(acquire_to, lock, 2)
    owner.call(lock.release)
    owner.start(lock.acquire)
    assert owner.returned()
    owner.call(release_from, lock, 2)


@clause("rlock.release.outermost-unlocks")
def test_the_outermost_release_unlocks_at_every_depth(threading, actors, rounds):
    lock = threading.RLock()
    for depth in DEPTHS + (min(rounds, DEEPEST),):
        acquire_to(lock, depth)
        release_from(lock, depth)
        assert is_free(actors, lock)


@clause("rlock.release.outermost-unlocks")
def test_the_outermost_release_unlocks_in_any_thread(threading, actors):
    lock = threading.RLock()
    for depth in (1, 2, 1):
        owner = actors.new()
        owner.call(acquire_to, lock, depth)
        owner.call(release_from, lock, depth)
        assert is_free(actors, lock)


@clause("rlock.release.returns-at-once")
def test_release_returns_with_and_without_waiters(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(acquire_to, lock, 4)
    waiter = actors.start(lock_and_unlock, lock)
    waiter.is_blocked()
    for _ in range(4):
        owner.start(lock.release)
        assert owner.returned()
    waiter.result()
    owner.call(lock.acquire)
    owner.start(lock.release)
    assert owner.returned()


@clause("rlock.release.unlocked-error")
def test_release_of_a_new_rlock_is_an_error(threading, actors):
    raises(RuntimeError, threading.RLock().release)
    releaser = actors.new()
    raises(RuntimeError, releaser.call, threading.RLock().release)


@clause("rlock.release.unlocked-error")
def test_one_release_too_many_is_an_error(threading):
    lock = threading.RLock()
    for depth in (1, 2, 1):
        acquire_to(lock, depth)
        release_from(lock, depth)
        raises(RuntimeError, lock.release)


@clause("rlock.release.unlocked-error")
def test_release_is_an_error_after_another_thread_unlocked(threading, actors):
    lock = threading.RLock()
    owner = actors.new()
    owner.call(lock.acquire)
    owner.call(lock.release)
    raises(RuntimeError, lock.release)
    raises(RuntimeError, owner.call, lock.release)


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
    acquire_to(lock, 2)
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
def test_release_returns_none(threading, actors):
    lock = threading.RLock()
    acquire_to(lock, 3)
    waiter = actors.start(lock_and_unlock, lock)
    waiter.is_blocked()
    for _ in range(3):
        value = lock.release()
        assert value is None
    waiter.result()
    lock.acquire()
    value = lock.release()
    assert value is None


@clause("rlock.mutual-exclusion")
def test_one_owner_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()
    inside = []
    most = []

    def work(outer, inner):
        for _ in range(rounds // 4):
            got = lock.acquire(*outer)
            if outer == (False,) and not got:
                time.sleep(0)
                continue
            lock.acquire(*inner)
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    forms = (((), ()), ((True,), (False,)), ((False,), ()), ((), (True,)))
    helpers = [actors.start(work, outer, inner) for outer, inner in forms]
    ended = actors.ended(helpers, at_least=4)
    assert len(ended) == 4, "%d of 4 threads that share a lock came to an end" % len(ended)
    for actor in helpers:
        actor.result()
    assert max(most) == 1, "%d threads owned the lock at once" % max(most)


@clause("rlock.mutual-exclusion")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        locks = []

        def prepare():
            locks.append(threading.RLock())
            return [lambda: locks[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            check_one_owns(actors, locks[-1], [meeting.call, meeting.other])


def check_one_owns(actors, lock, pair):
    """Check that of two actors that acquire, one owns ``lock``; let the other one follow."""
    owners = actors.ended(pair, at_least=1)
    assert len(owners) == 1, "%d of 2 threads own the lock at once" % len(owners)
    owners[0].call(lock.release)
    assert len(actors.ended(pair, at_least=2)) == 2


@clause("rlock.acquire.atomic")
def test_one_of_many_attempts_at_once_succeeds(threading, actors, rounds):
    check_excludes(actors, threading.RLock)
    locks = [[threading.RLock() for _ in range(8)] for _ in range(rounds // 8)]

    def attempt(number):
        return [lock.acquire(False) for lock in locks[number]]

    for won in actors.race([attempt] * 3, rounds // 8):
        for attempts in zip(*won):
            winners = len([got for got in attempts if got])
            assert winners == 1, "%d of 3 threads took the lock at once" % winners


@clause("rlock.mutual-exclusion")
def test_an_attempt_amid_a_release(threading, actors):
    locks = []

    def prepare():
        locks.append(threading.RLock())
        return lambda: lock_and_unlock(locks[-1]), lambda: locks[-1].acquire(False)

    for meeting in meetings(actors, prepare):
        if meeting.other.result():
            meeting.other.call(locks[-1].release)
            meeting.call.result()
        else:  # it owns nothing, and no other thread does when the call has ended
            meeting.call.result()
            first, second = [
                actor.call(locks[-1].acquire, False) for actor in (meeting.other, meeting.call)
            ]
            assert first, "nobody owns the lock, and it cannot be acquired"
            assert not second, "two threads own the lock"


@clause("rlock.acquire.atomic")
def test_an_attempt_amid_an_attempt(threading, actors):
    def prepare():
        lock = threading.RLock()
        return [lambda: lock.acquire(False)] * 2

    for meeting in meetings(actors, prepare):
        won = [actor.result() for actor in (meeting.call, meeting.other)]
        winners = len([got for got in won if got])
        assert winners == 1, "%d of 2 attempts succeeded, one amid the other" % winners


@clause("rlock.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    # Two threads take the lock in turns as fast as they can; a lost wake-up leaves one blocked.
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()

    def work():
        for _ in range(rounds // 3):
            lock.acquire()
            time.sleep(0)  # the other one waits now
            lock.release()

    helpers = actors.start_many(2, work)
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "%d of 2 threads that share a lock came to an end" % len(ended)
    for actor in helpers:
        actor.result()


@clause("rlock.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(threading, actors):
    owner = actors.new()

    def prepare():
        lock = threading.RLock()
        owner.call(lock.acquire)
        return lock.acquire, lambda: owner.call(lock.release)

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("rlock.release.no-lost-wakeup")
def test_an_acquire_amid_a_release(threading, actors):
    locks = []

    def prepare():
        locks.append(threading.RLock())
        return lambda: lock_and_unlock(locks[-1]), locks[-1].acquire

    for meeting in meetings(actors, prepare):
        helpers = [meeting.call, meeting.other]
        ended = actors.ended(helpers, at_least=1)
        if ended == [meeting.other]:
            meeting.other.call(locks[-1].release)
        assert meeting.call.returned()
        assert meeting.other.returned()
