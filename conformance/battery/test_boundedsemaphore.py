"""BoundedSemaphore: one case or more for each clause of ``spec/boundedsemaphore.toml``."""

import time

from threadspec.conformance.battery.counting import (
    acquired,
    admitted,
    in_time,
    most_holders,
    released_at_once,
    repeat,
    shuttle,
    stays_blocked,
)
from threadspec.conformance.battery.premises import check_waits_at_zero, holds
from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, raises


def at_zero(threading, actors, value=1, keeper=None):
    """A new bounded semaphore acquired down to zero by a helper thread; how that releases."""
    semaphore = threading.BoundedSemaphore(value)
    return semaphore, acquired(actors, semaphore, value, keeper)


def is_refused(semaphore):
    """Whether release() raises an error, of whatever type."""
    try:
        semaphore.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False


# -- creation -------------------------------------------------------------------------------------


@clause("boundedsemaphore.factory")
def test_each_semaphore_is_a_new_one(threading, actors):
    several = [threading.BoundedSemaphore(1) for _ in range(4)]
    for semaphore in several:
        same = len([another for another in several if another is semaphore])
        assert same == 1, "%d of 4 semaphores made one after the other are the same" % same
    acquired(actors, several[0])
    left = admitted(actors, several[1], 1)
    assert left == 1, "acquiring one semaphore changed the counter of another to %d" % left


@clause("boundedsemaphore.factory")
def test_each_semaphore_has_its_own_bound(threading, actors):
    wide = threading.BoundedSemaphore(3)
    narrow = threading.BoundedSemaphore(1)
    keeper = actors.new()
    keeper.call(repeat, 3, wide.acquire)
    for _ in range(3):
        refused = keeper.call(is_refused, wide)
        assert not refused, "a bound of 3 was taken for that of another semaphore"
    refused = keeper.call(is_refused, narrow)
    assert refused, "a bound of 1 was taken for that of another semaphore"


@clause("boundedsemaphore.factory")
def test_a_release_wakes_no_waiter_of_another_semaphore(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for released in (0, 1):
        pair = [at_zero(threading, actors), at_zero(threading, actors)]
        waiters = []
        for semaphore, _ in pair:
            waiters.append(actors.start(semaphore.acquire))
            waiters[-1].is_blocked()
        pair[released][1]()
        assert waiters[released].returned()
        assert waiters[1 - released].is_blocked()
        pair[1 - released][1]()
        assert waiters[1 - released].returned()


@clause("boundedsemaphore.methods")
def test_a_bounded_semaphore_has_acquire_and_release(threading):
    semaphore = threading.BoundedSemaphore(1)
    assert callable(semaphore.acquire)
    assert callable(semaphore.release)


@clause("boundedsemaphore.value.default-one")
def test_the_counter_starts_with_one_by_default(threading, actors):
    for _ in range(2):
        threading.BoundedSemaphore(3)  # is not the default from then on
        count = admitted(actors, threading.BoundedSemaphore(), 1)
        assert count == 1, "a bounded semaphore created without a value let %d pass" % count


@clause("boundedsemaphore.value.initial")
def test_the_counter_starts_with_the_value(threading, actors):
    pair = actors.new(), actors.new()
    for value in (1, 2, 3, 5, 12):
        count = admitted(actors, threading.BoundedSemaphore(value), value, pair)
        assert count == value, "a bounded semaphore created with %d let %d pass" % (value, count)


@clause("boundedsemaphore.value.initial")
def test_the_counter_starts_with_a_large_value(threading, actors, rounds):
    value = min(rounds, 257)
    count = admitted(actors, threading.BoundedSemaphore(value), value)
    assert count == value, "a semaphore created with %d let %d pass" % (value, count)


@clause("boundedsemaphore.value.initial")
def test_a_large_value_is_accepted(threading, actors):
    semaphore = threading.BoundedSemaphore(2**16 + 1)
    taker = actors.start(in_time, 1000, semaphore.acquire)
    assert taker.returned()


@clause("boundedsemaphore.value.zero")
def test_a_counter_of_zero_lets_nobody_pass(threading, actors):
    semaphore = threading.BoundedSemaphore(0)
    for _ in range(2):
        got = actors.call(semaphore.acquire, False)
        assert not got


@clause("boundedsemaphore.value.keyword")
def test_the_value_can_be_given_by_name(threading, actors):
    for value in (1, 3):
        semaphore = threading.BoundedSemaphore(value=value)
        count = admitted(actors, semaphore, value)
        assert count == value, "a semaphore created with value=%d let %d pass" % (value, count)


@clause("boundedsemaphore.value.negative-error")
def test_a_negative_value_is_an_error(threading):
    for value in (-1, -2, -5, -1000, -1):
        raises(ValueError, threading.BoundedSemaphore, value)


# -- acquire --------------------------------------------------------------------------------------


@clause("boundedsemaphore.acquire.positive-returns-at-once")
def test_acquire_returns_while_the_counter_is_positive(threading, actors):
    semaphore = threading.BoundedSemaphore(3)
    for _ in range(3):
        taker = actors.start(semaphore.acquire)
        assert taker.returned()


@clause("boundedsemaphore.acquire.positive-returns-at-once")
def test_acquire_returns_after_every_release(threading, actors):
    semaphore = threading.BoundedSemaphore(1)
    taker = actors.new()
    for _ in range(12):
        assert taker.start(semaphore.acquire).returned()
        taker.call(semaphore.release)


@clause("boundedsemaphore.acquire.decrements")
def test_acquire_takes_one_each_time(threading, actors):
    taker = actors.new()
    pair = actors.new(), actors.new()
    for times in range(1, 5):
        semaphore = threading.BoundedSemaphore(11)
        taker.call(repeat, times, semaphore.acquire)
        left = admitted(actors, semaphore, 11 - times, pair)
        assert left == 11 - times, "%d left of 11 after %d calls of acquire()" % (left, times)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_acquire_blocks_at_zero(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore = threading.BoundedSemaphore(2)
    acquired(actors, semaphore)
    for _ in range(3):
        release = acquired(actors, semaphore)
        waiter = actors.start(semaphore.acquire)
        assert stays_blocked(actors, waiter)
        release()
        waiter.returned()
        waiter.call(semaphore.release)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_every_further_acquire_blocks(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 7)
    helpers = actors.start_many(7, semaphore.acquire)
    ended = len(actors.ended(helpers))
    assert ended == 0, "%d of 7 threads passed at zero" % ended
    release(7)
    actors.ended(helpers, at_least=7)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_acquire_blocks_in_the_thread_that_made_the_counter_zero(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore = threading.BoundedSemaphore(2)
    release = acquired(actors, semaphore)
    taker = actors.new()
    taker.call(semaphore.acquire)
    taker.start(semaphore.acquire)
    assert taker.is_blocked()
    release()
    taker.returned()


@clause("boundedsemaphore.acquire.proceeds-after-release")
def test_a_blocked_acquire_returns_after_release(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors)
    for _ in range(3):
        waiter = actors.start(semaphore.acquire)
        waiter.is_blocked()
        release()
        assert waiter.returned()


@clause("boundedsemaphore.acquire.proceeds-after-release")
def test_a_thread_that_waits_again_proceeds_each_time(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors)
    waiter = actors.new()
    for _ in range(6):
        waiter.start(semaphore.acquire)
        waiter.is_blocked()
        release()
        assert waiter.returned()
        waiter.call(semaphore.release)
        waiter.call(semaphore.acquire)


@clause("boundedsemaphore.acquire.blocked-decrements")
def test_the_counter_is_zero_again_after_a_blocked_acquire(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 2)
    for _ in range(3):
        waiter = actors.start(semaphore.acquire)
        waiter.is_blocked()
        release()
        waiter.returned()
        left = admitted(actors, semaphore, 0)
        assert left == 0, "what a blocked acquire() had waited for could be taken once more"


@clause("boundedsemaphore.acquire.blocked-decrements")
def test_a_blocked_acquire_takes_one_and_no_more(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 4)
    waiter = actors.start(semaphore.acquire)
    waiter.is_blocked()
    release(4)
    waiter.returned()
    left = admitted(actors, semaphore, 3)
    assert left == 3, "after 4 releases and one blocked acquire(), %d are left" % left


@clause("boundedsemaphore.acquire.overtaken-waits-on")
def test_a_waiter_whose_release_was_used_by_another_keeps_waiting(threading, actors):
    # Right after release(), the releaser tries to be quicker than the waiter: one of them passes.
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore = threading.BoundedSemaphore(1)
    releaser = actors.new()
    releaser.call(semaphore.acquire)

    def overtake():
        semaphore.release()
        semaphore.acquire()

    for _ in range(5):
        waiter = actors.start(semaphore.acquire)
        waiter.is_blocked()
        helpers = [releaser.start(overtake), waiter]
        passed = actors.ended(helpers, at_least=1)
        assert len(passed) == 1, "a release() let %d threads pass" % len(passed)
        passed[0].call(semaphore.release)
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "a waiter that was overtaken does not proceed at the next release()"
        releaser = waiter if passed[0] is releaser else releaser


@clause("boundedsemaphore.acquire.overtaken-waits-on")
def test_overtaken_waiters_all_proceed_in_the_end(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore = threading.BoundedSemaphore(3)
    releaser = actors.new()
    releaser.call(repeat, 3, semaphore.acquire)

    def overtake():
        repeat(3, semaphore.release)
        repeat(2, semaphore.acquire)
        repeat(2, semaphore.release)

    def pass_on():
        semaphore.acquire()
        semaphore.release()

    helpers = actors.start_many(3, pass_on)
    actors.ended(helpers)
    releaser.start(overtake)
    ended = len(actors.ended(helpers + [releaser], at_least=4))
    assert ended == 4, "of 3 waiters and a thread that overtook them, %d got through" % ended


@clause("boundedsemaphore.acquire.no-value")
def test_acquire_without_arguments_returns_none(threading, actors):
    for _ in range(3):
        value = actors.call(threading.BoundedSemaphore(1).acquire)
        assert value is None
    semaphore, release = at_zero(threading, actors)
    for _ in range(2):
        waiter = actors.start(semaphore.acquire)
        waiter.is_blocked()
        release()
        value = waiter.result()
        assert value is None


@clause("boundedsemaphore.acquire.blocking-true-blocks")
def test_acquire_with_true_blocks_at_zero(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for blocking in (True, 1):
        semaphore, release = at_zero(threading, actors)
        for _ in range(2):
            waiter = actors.start(semaphore.acquire, blocking)
            assert stays_blocked(actors, waiter)
            release()
            assert waiter.returned()


@clause("boundedsemaphore.acquire.blocking-true-blocks")
def test_each_release_lets_one_acquire_with_true_return(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 4)
    helpers = [actors.start(semaphore.acquire, *args) for args in ((True,), (), (1,), (True,))]
    for count in range(5):
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 4 waiters proceeded after %d releases" % (ended, count)
        if count < 4:
            release()


@clause("boundedsemaphore.acquire.blocking-true-decrements")
def test_acquire_with_true_takes_one(threading, actors):
    for blocking in (True, 1):
        semaphore = threading.BoundedSemaphore(3)
        taker = actors.new()
        for _ in range(3):
            assert taker.start(semaphore.acquire, blocking).returned()
        left = admitted(actors, semaphore, 0)
        assert left == 0, "one is left of 3 after 3 calls of acquire(%r)" % blocking


@clause("boundedsemaphore.acquire.blocking-true-decrements")
def test_acquire_with_true_takes_one_after_blocking(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for blocking in (True, 1):
        semaphore, release = at_zero(threading, actors, 2)
        waiter = actors.start(semaphore.acquire, blocking)
        waiter.is_blocked()
        release(2)
        waiter.returned()
        left = admitted(actors, semaphore, 1)
        assert left == 1, "after 2 releases and a blocked acquire(%r), %d are left" % (
            blocking,
            left,
        )


@clause("boundedsemaphore.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for blocking in (True, 1):
        got = actors.call(threading.BoundedSemaphore(1).acquire, blocking)
        assert got
    semaphore, release = at_zero(threading, actors)
    for blocking in (True, 1, True):
        waiter = actors.start(semaphore.acquire, blocking)
        waiter.is_blocked()
        release()
        got = waiter.result()
        assert got


@clause("boundedsemaphore.acquire.nonblocking-zero")
def test_acquire_with_false_fails_at_zero(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    taker = actors.new()
    taker.call(semaphore.acquire)
    taker.call(semaphore.acquire)
    for blocking in (False, 0, False):
        got = taker.call(semaphore.acquire, blocking)
        assert not got
        got = actors.call(semaphore.acquire, blocking)
        assert not got


@clause("boundedsemaphore.acquire.nonblocking-zero")
def test_acquire_with_false_fails_while_others_wait(threading, actors):
    if not holds(check_waits_at_zero, actors, threading.BoundedSemaphore):
        return  # another clause's business
    semaphore, release = at_zero(threading, actors, 2)
    helpers = actors.start_many(2, semaphore.acquire)
    actors.ended(helpers)
    for blocking in (False, 0, False):
        got = actors.call(semaphore.acquire, blocking)
        assert not got
    release(2)
    actors.ended(helpers, at_least=2)


@clause("boundedsemaphore.acquire.nonblocking-zero-changes-nothing")
def test_failed_attempts_leave_the_counter_at_zero(threading, actors):
    semaphore, release = at_zero(threading, actors, 2)
    for blocking in (False, 0, False):
        actors.call(semaphore.acquire, blocking)
    left = admitted(actors, semaphore, 0)
    assert left == 0, "an acquire() passes after failed non-blocking attempts"
    for blocking in (False, 0, False):
        actors.call(semaphore.acquire, blocking)
    release(2)
    left = admitted(actors, semaphore, 2)
    assert left == 2, "after failed non-blocking attempts, 2 releases let %d pass" % left


@clause("boundedsemaphore.acquire.nonblocking-zero-changes-nothing")
def test_failed_attempts_leave_waiters_alone(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 2)
    actors.call(semaphore.acquire, False)
    helpers = actors.start_many(2, semaphore.acquire)
    actors.ended(helpers)
    for count in (1, 2):
        actors.call(semaphore.acquire, False)
        actors.call(semaphore.acquire, 0)
        release()
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 2 waiters proceeded after %d releases" % (ended, count)


@clause("boundedsemaphore.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_while_the_counter_is_positive(threading, actors):
    semaphore = threading.BoundedSemaphore(4)
    for blocking in (False, 0, False, 0):
        got = actors.call(semaphore.acquire, blocking)
        assert got
    left = admitted(actors, semaphore, 0)
    assert left == 0, "one is left of 4 after 4 successful non-blocking attempts"


@clause("boundedsemaphore.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_as_often_as_a_large_value_says(threading, actors):
    semaphore = threading.BoundedSemaphore(600)
    attempts = actors.call(in_time, 600, semaphore.acquire, False)
    failed = len([got for got in attempts if not got])
    assert failed == 0, "%d of %d attempts failed on a counter of 600" % (failed, len(attempts))


@clause("boundedsemaphore.acquire.nonblocking-positive")
def test_acquire_with_false_takes_one(threading, actors):
    for blocking in (False, 0):
        semaphore = threading.BoundedSemaphore(3)
        actors.call(semaphore.acquire, blocking)
        left = admitted(actors, semaphore, 2)
        assert left == 2, "%d left of 3 after one non-blocking attempt" % left


@clause("boundedsemaphore.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_again_after_a_release(threading, actors):
    semaphore = threading.BoundedSemaphore(1)
    taker = actors.new()
    for blocking in (False, 0, False):
        got = taker.call(semaphore.acquire, blocking)
        assert got
        taker.call(semaphore.release)


@clause("boundedsemaphore.acquire.blocking-keyword")
def test_blocking_can_be_given_by_name(threading, actors):
    # What each form does is the business of other clauses: here it matters that the name says it.
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for blocking in (True, 1):
        semaphore = threading.BoundedSemaphore(1)
        taker = actors.new()
        taker.call(semaphore.acquire, blocking=blocking)
        waiter = actors.start(semaphore.acquire, blocking=blocking)
        assert waiter.is_blocked()
        taker.call(semaphore.release)
        assert waiter.returned()
    for blocking in (False, 0):
        semaphore, _ = at_zero(threading, actors)
        actors.call(semaphore.acquire, blocking=blocking)


# -- release within the bound ---------------------------------------------------------------------


@clause("boundedsemaphore.release.increments")
def test_each_release_adds_one(threading, actors):
    keeper = actors.new()
    pair = actors.new(), actors.new()
    for times in range(1, 6):
        semaphore, release = at_zero(threading, actors, 6, keeper)
        release(times)
        count = admitted(actors, semaphore, times, pair)
        assert count == times, "%d releases let %d pass" % (times, count)


@clause("boundedsemaphore.release.increments")
def test_a_release_adds_one_to_a_positive_counter(threading, actors):
    semaphore = threading.BoundedSemaphore(9)
    release = acquired(actors, semaphore, 4)
    release(3)
    count = admitted(actors, semaphore, 8)
    assert count == 8, "9 less 4 acquired plus 3 released let %d pass" % count


@clause("boundedsemaphore.release.returns")
def test_release_waits_for_nobody(threading, actors):
    semaphore = threading.BoundedSemaphore(8)
    keeper = actors.new()
    keeper.call(repeat, 8, semaphore.acquire)
    for _ in range(8):
        assert keeper.start(semaphore.release).returned()


@clause("boundedsemaphore.release.returns")
def test_release_returns_while_others_wait(threading, actors):
    if not holds(check_waits_at_zero, actors, threading.BoundedSemaphore):
        return  # another clause's business
    semaphore = threading.BoundedSemaphore(5)
    keeper = actors.new()
    keeper.call(repeat, 5, semaphore.acquire)
    helpers = actors.start_many(5, semaphore.acquire)
    actors.ended(helpers)
    for count in range(1, 6):
        assert keeper.start(semaphore.release).returned()
        actors.ended(helpers, at_least=count)


@clause("boundedsemaphore.release.any-thread")
def test_a_thread_that_never_acquired_may_release(threading, actors):
    semaphore, _ = at_zero(threading, actors, 2)
    for _ in range(2):
        assert actors.start(semaphore.release).returned()
    count = admitted(actors, semaphore, 2)
    assert count == 2


@clause("boundedsemaphore.release.any-thread")
def test_what_a_helper_acquired_may_be_released_here(threading, actors):
    semaphore = threading.BoundedSemaphore(1)
    taker = actors.new()
    for _ in range(3):
        assert taker.start(semaphore.acquire).returned()
        semaphore.release()


@clause("boundedsemaphore.release.wakes-one")
def test_each_release_lets_exactly_one_waiter_proceed(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 4)
    helpers = actors.start_many(4, semaphore.acquire)
    actors.ended(helpers)
    for count in range(1, 5):
        release()
        ended = actors.ended(helpers, at_least=count)
        assert len(ended) == count, "%d of 4 waiters proceeded after %d releases" % (
            len(ended),
            count,
        )


@clause("boundedsemaphore.release.wakes-as-many")
def test_releases_in_a_burst_let_as_many_waiters_proceed(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for burst in (2, 3, 4):
        semaphore, release = at_zero(threading, actors, 4)
        helpers = actors.start_many(4, semaphore.acquire)
        actors.ended(helpers)
        release(burst)
        ended = actors.ended(helpers, at_least=burst)
        assert len(ended) == burst, "%d of 4 waiters proceeded after %d releases at once" % (
            len(ended),
            burst,
        )
        release(4 - burst)
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d of 4 waiters proceeded after 4 releases" % len(ended)


@clause("boundedsemaphore.release.wakes-as-many")
def test_no_waiter_is_left_behind(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors)

    def pass_on():
        semaphore.acquire()
        semaphore.release()

    helpers = actors.start_many(8, pass_on)
    actors.ended(helpers)
    release()
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 waiters proceeded" % len(ended)


@clause("boundedsemaphore.release.within-bound")
def test_no_error_up_to_the_bound(threading, actors):
    for value in (1, 2, 3, 5, 12):
        semaphore = threading.BoundedSemaphore(value)
        keeper = actors.new()
        keeper.call(repeat, value, semaphore.acquire)
        for number in range(1, value + 1):
            refused = keeper.call(is_refused, semaphore)
            assert not refused, "release %d of a bounded semaphore of %d was refused" % (
                number,
                value,
            )


@clause("boundedsemaphore.release.within-bound")
def test_no_error_up_to_a_large_bound(threading, actors):
    semaphore = threading.BoundedSemaphore(600)
    keeper = actors.new()

    def refusals(times):
        return len([number for number in range(times) if is_refused(semaphore)])

    for times in (1, 600):
        times = len(keeper.call(in_time, times, semaphore.acquire))
        refused = keeper.call(refusals, times)
        assert refused == 0, "%d of %d releases of a bounded semaphore of 600 were refused" % (
            refused,
            times,
        )


@clause("boundedsemaphore.release.within-bound")
def test_no_error_in_a_second_use(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    keeper = actors.new()
    for args in ((), (True,), (False,), ()):
        for times in (1, 2):
            keeper.call(repeat, times, semaphore.acquire, *args)
            for _ in range(times):
                refused = keeper.call(is_refused, semaphore)
                assert not refused, "release() was refused after acquire%r" % (args,)


@clause("boundedsemaphore.release.within-bound")
def test_no_error_while_others_wait_and_after(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore = threading.BoundedSemaphore(3)
    helpers = [actors.new() for _ in range(3)]
    for actor in helpers:
        actor.call(semaphore.acquire)
    for _ in range(2):
        waiters = actors.start_many(3, semaphore.acquire)
        actors.ended(waiters)
        for actor in helpers:
            refused = actor.call(is_refused, semaphore)
            assert not refused, "release() was refused while threads wait at zero"
        for waiter in waiters:
            assert waiter.returned()
        helpers = waiters
    for actor in helpers:
        refused = actor.call(is_refused, semaphore)
        assert not refused, "release() was refused after waiters had acquired"


@clause("boundedsemaphore.release.within-bound")
def test_no_error_after_failed_attempts(threading, actors):
    semaphore = threading.BoundedSemaphore(4)
    keeper = actors.new()
    keeper.call(repeat, 4, semaphore.acquire)
    keeper.call(semaphore.acquire, False)
    for _ in range(4):
        refused = keeper.call(is_refused, semaphore)
        assert not refused, "release() was refused after a failed non-blocking attempt"


@clause("boundedsemaphore.release.within-bound")
def test_no_error_after_a_refused_release(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    keeper = actors.new()
    for _ in range(3):
        keeper.call(is_refused, semaphore)
        keeper.call(repeat, 2, semaphore.acquire)
        for _ in range(2):
            refused = keeper.call(is_refused, semaphore)
            assert not refused, "release() was refused within the bound after one beyond it"


# -- release beyond the bound ---------------------------------------------------------------------


@clause("boundedsemaphore.release.excess-error")
def test_release_of_a_new_semaphore_is_an_error(threading):
    raises(ValueError, threading.BoundedSemaphore().release)
    for value in (0, 1, 2, 3, 300):
        raises(ValueError, threading.BoundedSemaphore(value).release)


@clause("boundedsemaphore.release.excess-error")
def test_release_of_a_new_semaphore_is_an_error_in_any_thread(threading, actors):
    for value in (1, 2):
        releaser = actors.new()
        raises(ValueError, releaser.call, threading.BoundedSemaphore(value).release)


@clause("boundedsemaphore.release.excess-error-repeated")
def test_each_further_release_is_an_error(threading, actors):
    for value in (0, 1, 3):
        semaphore = threading.BoundedSemaphore(value)
        keeper = actors.new()
        keeper.call(is_refused, semaphore)
        for _ in range(3):
            raises(ValueError, keeper.call, semaphore.release)
        another = actors.new()
        raises(ValueError, another.call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-repeated")
def test_release_is_an_error_in_a_second_use(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    keeper = actors.new()
    for _ in range(3):
        keeper.call(semaphore.acquire)
        keeper.call(is_refused, semaphore)
        raises(ValueError, keeper.call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-after-use")
def test_one_release_too_many_is_an_error(threading, actors):
    keeper = actors.new()
    for value in (1, 2, 3, 5, 1000):
        for used in range(1, min(value, 5) + 1):
            semaphore = threading.BoundedSemaphore(value)
            keeper.call(repeat, used, semaphore.acquire)
            keeper.call(repeat, used, semaphore.release)
            raises(ValueError, keeper.call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-after-use")
def test_one_release_too_many_is_an_error_after_every_form_of_acquire(threading, actors):
    keeper = actors.new()
    for args in ((True,), (False,)):
        semaphore = threading.BoundedSemaphore(2)
        keeper.call(repeat, 2, semaphore.acquire, *args)
        keeper.call(repeat, 2, semaphore.release)
        raises(ValueError, keeper.call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-after-use")
def test_one_release_too_many_is_an_error_after_failed_attempts(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    keeper = actors.new()
    keeper.call(repeat, 2, semaphore.acquire)
    keeper.call(repeat, 3, semaphore.acquire, False)
    keeper.call(repeat, 2, semaphore.release)
    raises(ValueError, keeper.call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-after-use")
def test_one_release_too_many_is_an_error_after_threads_waited(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphore, release = at_zero(threading, actors, 2)
    helpers = actors.start_many(2, semaphore.acquire)
    actors.ended(helpers)
    release(2)
    for actor in helpers:
        assert actor.returned()
        actor.call(semaphore.release)
    raises(ValueError, helpers[0].call, semaphore.release)


@clause("boundedsemaphore.release.excess-error-after-use")
def test_one_release_too_many_is_an_error_where_several_threads_released(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    helpers = [actors.new(), actors.new()]
    for _ in range(2):
        for actor in helpers:
            actor.call(semaphore.acquire)
        for actor in helpers:
            actor.call(semaphore.release)
        for actor in helpers:
            raises(ValueError, actor.call, semaphore.release)


@clause("boundedsemaphore.release.excess-changes-nothing")
def test_the_counter_stays_at_its_bound(threading, actors):
    for value in (1, 3):
        semaphore = threading.BoundedSemaphore(value)
        for _ in range(3):
            actors.call(is_refused, semaphore)
        count = admitted(actors, semaphore, value)
        assert count == value, "after refused releases, a bounded semaphore of %d let %d pass" % (
            value,
            count,
        )


@clause("boundedsemaphore.release.excess-changes-nothing")
def test_the_counter_stays_at_a_bound_of_zero(threading, actors):
    semaphore = threading.BoundedSemaphore(0)
    for _ in range(2):
        actors.call(is_refused, semaphore)
        got = actors.call(semaphore.acquire, False)
        assert not got


@clause("boundedsemaphore.release.excess-changes-nothing")
def test_the_counter_stays_at_its_bound_in_a_second_use(threading, actors):
    semaphore, release = at_zero(threading, actors, 2)
    release(2)
    for _ in range(2):
        actors.call(is_refused, semaphore)
    count = admitted(actors, semaphore, 2)
    assert count == 2, "after refused releases, a bounded semaphore of 2 let %d pass" % count


# -- the counter as a whole -----------------------------------------------------------------------


@clause("boundedsemaphore.counter.atomic")
def test_no_change_of_the_counter_is_lost(threading, actors, rounds):
    # The counter is so large that no acquire() has to block, were every release() lost.
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    value = 3 * rounds + 4
    semaphore = threading.BoundedSemaphore(value)

    def use(number):
        for step in range(10):
            semaphore.acquire()
            if not (number + step) % 3:
                time.sleep(0)  # the others go on with one acquired here
            semaphore.release()

    actors.race([use] * 4, rounds // 14)
    left = admitted(actors, semaphore, value)
    assert left == value, "%d left of %d after as many releases as acquires" % (left, value)


@clause("boundedsemaphore.counter.atomic")
def test_a_release_amid_an_acquire_counts(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphores = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        semaphores.append(threading.BoundedSemaphore(3))
        keeper.call(semaphores[-1].acquire)
        return semaphores[-1].acquire, semaphores[-1].release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        left = admitted(actors, semaphores[-1], 2, pair)
        assert left == 2, "%d left of 3 after two acquires and a release amid the second" % left


@clause("boundedsemaphore.counter.atomic")
def test_an_acquire_amid_a_release_counts(threading, actors):
    semaphores = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        semaphores.append(threading.BoundedSemaphore(3))
        keeper.call(semaphores[-1].acquire)
        return semaphores[-1].release, semaphores[-1].acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        left = admitted(actors, semaphores[-1], 2, pair)
        assert left == 2, "%d left of 3 after two acquires, the second amid a release" % left


@clause("boundedsemaphore.counter.never-negative")
def test_no_more_holders_than_the_value_allows(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    holders = most_holders(actors, threading.BoundedSemaphore(2), rounds)
    assert holders <= 2, "%d threads held a semaphore of 2 at once" % holders


@clause("boundedsemaphore.counter.never-negative")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        semaphores = []

        def prepare():
            semaphores.append(threading.BoundedSemaphore(1))
            return [lambda: semaphores[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            helpers = [meeting.call, meeting.other]
            passed = actors.ended(helpers, at_least=1)
            assert len(passed) == 1, "%d of 2 threads passed at once" % len(passed)
            passed[0].call(semaphores[-1].release)
            assert len(actors.ended(helpers, at_least=2)) == 2


@clause("boundedsemaphore.acquire.atomic")
def test_as_many_attempts_at_once_succeed_as_the_counter_allows(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    values = (1, 2) * 4
    semaphores = [
        [threading.BoundedSemaphore(value) for value in values] for _ in range(rounds // 8)
    ]

    def attempt(number):
        return [semaphore.acquire(False) for semaphore in semaphores[number]]

    for won in actors.race([attempt] * 3, rounds // 8):
        for value, attempts in zip(values, zip(*won)):
            winners = len([got for got in attempts if got])
            assert winners == value, "%d of 3 attempts at once succeeded, not %d" % (
                winners,
                value,
            )


@clause("boundedsemaphore.acquire.atomic")
def test_an_attempt_amid_an_attempt(threading, actors):
    # A large counter may be kept in another way than a small one.
    keeper = actors.new()
    for value, most in ((1, 0), (2, 0), (1, 256), (2, 256)):
        taken = len(keeper.call(in_time, most, threading.BoundedSemaphore(most).acquire))

        def prepare(value=value, taken=taken):
            semaphore = threading.BoundedSemaphore(value + taken)
            keeper.call(repeat, taken, semaphore.acquire)
            return [lambda: semaphore.acquire(False)] * 2

        for meeting in meetings(actors, prepare):
            won = [actor.result() for actor in (meeting.call, meeting.other)]
            winners = len([got for got in won if got])
            assert winners == value, "%d of 2 attempts succeeded, one amid the other, not %d" % (
                winners,
                value,
            )


@clause("boundedsemaphore.acquire.atomic")
def test_an_attempt_amid_a_release_succeeds(threading, actors):
    keeper = actors.new()

    def prepare():
        semaphore = threading.BoundedSemaphore(2)
        keeper.call(semaphore.acquire)
        return semaphore.release, lambda: semaphore.acquire(False)

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        got = meeting.other.result()
        assert got


@clause("boundedsemaphore.release.excess-atomic")
def test_as_many_releases_at_once_succeed_as_were_acquired(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    used = (1, 2) * 4
    semaphores = [[threading.BoundedSemaphore(2) for _ in used] for _ in range(rounds // 8)]

    def acquire_some():
        for several in semaphores:
            for times, semaphore in zip(used, several):
                repeat(times, semaphore.acquire)

    def release(number):
        return [is_refused(semaphore) for semaphore in semaphores[number]]

    actors.call(acquire_some)
    for refused in actors.race([release] * 3, rounds // 8):
        for times, answers in zip(used, zip(*refused)):
            releases = len([one for one in answers if not one])
            assert releases == times, "%d of 3 releases at once succeeded, not %d" % (
                releases,
                times,
            )


@clause("boundedsemaphore.release.excess-atomic")
def test_one_of_two_releases_succeeds_after_one_acquire(threading, actors):
    def prepare():
        semaphore, _ = at_zero(threading, actors)
        return lambda: is_refused(semaphore), lambda: is_refused(semaphore)

    for meeting in meetings(actors, prepare):
        refused = [actor.result() for actor in (meeting.call, meeting.other)]
        releases = len([one for one in refused if not one])
        assert releases == 1, "%d of 2 releases, one amid the other, succeeded" % releases


@clause("boundedsemaphore.release.atomic")
def test_every_one_of_many_releases_at_once_counts(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    count, value = released_at_once(actors, threading.BoundedSemaphore, rounds)
    assert count == value, "the counter is %d, not %d as at first" % (count, value)


@clause("boundedsemaphore.release.atomic")
def test_a_release_amid_a_release_counts(threading, actors):
    semaphores = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 3, keeper)
        semaphores.append(semaphore)
        return semaphore.release, semaphore.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        count = admitted(actors, semaphores[-1], 2, pair)
        assert count == 2, "2 releases, one amid the other, raised the counter to %d" % count


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    ping, _ = at_zero(threading, actors)
    pong, _ = at_zero(threading, actors)
    all_ended = shuttle(actors, ping, pong, 1, rounds // 4)
    assert all_ended, "two threads that hand each other the turn got stuck"


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_no_release_among_several_threads_is_lost(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    ping, _ = at_zero(threading, actors, 3)
    pong, _ = at_zero(threading, actors, 3)
    all_ended = shuttle(actors, ping, pong, 3, rounds // 4)
    assert all_ended, "threads that hand each other turns got stuck"


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(threading, actors):
    keeper = actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 1, keeper)
        return semaphore.acquire, semaphore.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_for_which_nobody_waits(threading, actors):
    keeper = actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 1, keeper)
        return semaphore.release, semaphore.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_a_release_amid_a_release_while_two_wait(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    keeper = actors.new()
    helpers = [actors.new(), actors.new()]

    def prepare():
        semaphore, _ = at_zero(threading, actors, 2, keeper)
        for waiter in helpers:
            waiter.start(semaphore.acquire)
        actors.ended(helpers)
        return semaphore.release, semaphore.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "2 releases, one amid the other, let %d of 2 waiters proceed" % ended


@clause("boundedsemaphore.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    semaphores = []
    keeper = actors.new()
    waiter = actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 1, keeper)
        semaphores.append(semaphore)
        waiter.start(semaphore.acquire)
        waiter.is_blocked()
        return semaphore.release, semaphore.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        helpers = [waiter, meeting.other]
        passed = actors.ended(helpers, at_least=1)
        assert len(passed) > 0, "neither the waiter nor a new arrival proceeded at a release()"
        passed[0].call(semaphores[-1].release)
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "%d of 2 threads proceeded at two releases" % ended


# -- the manual's example -------------------------------------------------------------------------


@clause("boundedsemaphore.example.pool")
def test_a_pool_of_connections(threading, actors):
    # The manual's example with a counted connection in the place of the database's.
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    connected = []
    most = []

    class Connection(object):
        def __init__(self):
            connected.append(self)

        def use(self):
            most.append(len(connected))
            time.sleep(0.0005)
            most.append(len(connected))

        def close(self):
            connected.pop()

    maxconnections = 5
    pool_sema = threading.BoundedSemaphore(value=maxconnections)

    def work():
        for _ in range(3):
            pool_sema.acquire()
            connection = Connection()
            connection.use()
            connection.close()
            pool_sema.release()

    helpers = actors.start_many(8, work)
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 workers got through" % len(ended)
    for worker in helpers:
        worker.result()
    assert max(most) <= maxconnections, "%d connections were open at once" % max(most)
