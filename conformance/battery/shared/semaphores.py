"""What both kinds of semaphore promise alike; ``make`` creates one for a value."""

import time

from threadspec.conformance.battery.support.calls import (
    acquire_and_release,
    check_all_new,
    check_attempts_fail,
    in_time,
    repeat,
    woken,
)
from threadspec.conformance.battery.support.contention import (
    check_no_waiter_left,
    check_one_of_two_blocks,
    shuttle,
)
from threadspec.conformance.battery.support.counter import (
    acquired,
    check_counter_after,
    check_permits,
    check_simultaneous_releases,
    most_holders,
)
from threadspec.conformance.battery.support.crossing import (
    check_blocks,
    check_hand_over,
    check_wakes_as_many,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, stays_blocked
from threadspec.conformance.battery.support.delaying import check_releases
from threadspec.conformance.battery.support.extremes import FEWER, MANY, try_acquire
from threadspec.conformance.battery.support.premises import check_waits_at_zero, holds
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, raises

# Chapters of the battery, and the class that each is about.
CLASSES = {"semaphore": "Semaphore", "boundedsemaphore": "BoundedSemaphore"}


@clause("*.factory")
def test_each_semaphore_is_a_new_one(make, actors):
    check_all_new([make(1) for _ in range(4)])
    first, second = make(1), make(1)
    acquired(actors, first)
    check_permits(actors, second, 1, "after acquire() of another semaphore")


@clause("*.factory")
def test_a_release_wakes_no_waiter_of_another_semaphore(make, actors):
    check_waits_at_zero(actors, make)
    for released in (0, 1):
        pair = [at_zero(make, actors), at_zero(make, actors)]
        waiters = []
        for semaphore, _ in pair:
            waiters.append(actors.start(semaphore.acquire))
            waiters[-1].is_blocked()
        pair[released][1]()
        assert waiters[released].returned()
        assert waiters[1 - released].is_blocked()
        pair[1 - released][1]()
        assert waiters[1 - released].returned()


@clause("*.methods")
def test_a_semaphore_has_acquire_and_release(make):
    semaphore = make(1)
    assert callable(semaphore.acquire)
    assert callable(semaphore.release)


@clause("*.value.default-one")
def test_the_counter_starts_with_one_by_default(make, actors):
    for _ in range(2):
        make(3)  # must not become the default
        check_permits(actors, make(), 1, "created without a value")


@clause("*.value.initial")
def test_the_counter_starts_with_the_value(make, actors):
    pair = actors.new(), actors.new()
    for value in (1, 2, 3, 5, 12):
        check_permits(actors, make(value), value, "created with %d" % value, pair)


@clause("*.value.initial")
def test_the_counter_starts_with_a_large_value(make, actors, rounds):
    value = min(rounds, 257)
    check_permits(actors, make(value), value, "created with %d" % value)


@clause("*.value.initial")
def test_a_large_value_is_accepted(make, actors):
    semaphore = make(2**16 + 1)
    taker = actors.start(in_time, 1000, semaphore.acquire)
    assert taker.returned()


@clause("*.value.zero")
def test_a_counter_of_zero_blocks_from_the_start(make, actors):
    check_permits(actors, make(0), 0, "created with 0")


@clause("*.value.keyword")
def test_the_value_can_be_given_by_name(make, actors):
    for value in (1, 3):
        check_permits(actors, make(value=value), value, "created with value=%d" % value)


@clause("*.value.negative-error")
def test_a_negative_value_is_an_error(make):
    for value in (-1, -2, -5, -1000, -1):
        raises(ValueError, make, value)


@clause("*.value.initial")
def test_a_counter_may_begin_high(make, actors):
    _, failed = try_acquire(actors, make(MANY))
    assert not failed, "created with %d, a semaphore refused one of %d acquire(False) calls" % (
        MANY,
        FEWER,
    )


@clause("*.acquire.positive-returns-at-once")
def test_acquire_returns_while_the_counter_is_positive(make, actors):
    semaphore = make(3)
    for _ in range(3):
        taker = actors.start(semaphore.acquire)
        assert taker.returned()


@clause("*.acquire.positive-returns-at-once")
def test_acquire_returns_after_every_release(make, actors):
    semaphore = make(1)
    taker = actors.new()
    for _ in range(12):
        assert taker.start(semaphore.acquire).returned()
        taker.call(semaphore.release)


@clause("*.acquire.decrements")
def test_acquire_takes_one_each_time(make, actors):
    taker = actors.new()
    pair = actors.new(), actors.new()
    for times in range(1, 5):
        semaphore = make(11)
        taker.call(repeat, times, semaphore.acquire)
        check_permits(
            actors, semaphore, 11 - times, "created with 11, acquired %d times" % times, pair
        )


@clause("*.acquire.zero-blocks")
def test_acquire_blocks_at_zero(make, actors):
    check_waits_at_zero(actors, make)
    semaphore = make(2)
    acquired(actors, semaphore)
    for _ in range(3):
        release = acquired(actors, semaphore)
        waiter = actors.start(semaphore.acquire)
        assert stays_blocked(actors, waiter)
        release()
        waiter.returned()
        waiter.call(semaphore.release)


@clause("*.acquire.zero-blocks")
def test_every_further_acquire_blocks(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 7)
    helpers = actors.start_many(7, semaphore.acquire)
    ended = len(actors.ended(helpers))
    assert ended == 0, "7 threads called acquire() at zero; %d returned" % ended
    release(7)
    actors.ended(helpers, at_least=7)


@clause("*.acquire.zero-blocks")
def test_acquire_blocks_in_the_thread_that_made_the_counter_zero(make, actors):
    check_waits_at_zero(actors, make)
    semaphore = make(2)
    release = acquired(actors, semaphore)
    taker = actors.new()
    taker.call(semaphore.acquire)
    taker.start(semaphore.acquire)
    assert taker.is_blocked()
    release()
    taker.returned()


@clause("*.acquire.proceeds-after-release")
def test_a_blocked_acquire_returns_after_release(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors)
    for _ in range(3):
        waiter = woken(actors, release, semaphore.acquire)
        assert waiter.returned()


@clause("*.acquire.proceeds-after-release")
def test_a_thread_that_waits_again_proceeds_each_time(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors)
    waiter = actors.new()
    for _ in range(6):
        waiter.start(semaphore.acquire)
        waiter.is_blocked()
        release()
        assert waiter.returned()
        waiter.call(semaphore.release)
        waiter.call(semaphore.acquire)


@clause("*.acquire.blocked-decrements")
def test_the_counter_is_zero_again_after_a_blocked_acquire(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 2)
    for _ in range(3):
        waiter = woken(actors, release, semaphore.acquire)
        waiter.returned()
        check_permits(
            actors, semaphore, 0, "after a blocked acquire() and the release() that ended it"
        )


@clause("*.acquire.blocked-decrements")
def test_a_blocked_acquire_takes_one_and_no_more(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 4)
    waiter = woken(actors, lambda: release(4), semaphore.acquire)
    waiter.returned()
    check_permits(actors, semaphore, 3, "at zero, after a blocked acquire() and 4 releases")


@clause("*.acquire.overtaken-waits-on")
def test_a_waiter_whose_release_was_used_by_another_keeps_waiting(make, actors):
    # The releaser calls acquire() right after release(), so that it may overtake the waiter.
    check_waits_at_zero(actors, make)
    semaphore = make(1)
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
        assert len(passed) == 1, "one release() let %d acquire() return" % len(passed)
        passed[0].call(semaphore.release)
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "the next release() did not wake a waiter that had been overtaken"
        releaser = waiter if passed[0] is releaser else releaser


@clause("*.acquire.overtaken-waits-on")
def test_overtaken_waiters_all_proceed_in_the_end(make, actors):
    check_waits_at_zero(actors, make)
    semaphore = make(3)
    releaser = actors.new()
    releaser.call(repeat, 3, semaphore.acquire)

    def overtake():
        repeat(3, semaphore.release)
        repeat(2, semaphore.acquire)
        repeat(2, semaphore.release)

    helpers = actors.start_many(3, acquire_and_release, semaphore)
    actors.ended(helpers)
    releaser.start(overtake)
    ended = len(actors.ended(helpers + [releaser], at_least=4))
    assert ended == 4, "of 3 waiters and a thread that overtook them, %d came to an end" % ended


@clause("*.acquire.no-value")
def test_acquire_without_arguments_returns_none_immediately(make, actors):
    for _ in range(3):
        value = actors.call(make(1).acquire)
        assert value is None


@clause("*.acquire.no-value")
def test_acquire_without_arguments_returns_none_after_blocking(make, actors):
    semaphore, release = at_zero(make, actors)
    for _ in range(2):
        waiter = woken(actors, release, semaphore.acquire)
        value = waiter.result()
        assert value is None


@clause("*.acquire.blocking-true-blocks")
def test_acquire_with_true_blocks_at_zero(make, actors):
    check_waits_at_zero(actors, make)
    for blocking in (True, 1):
        semaphore, release = at_zero(make, actors)
        for _ in range(2):
            waiter = actors.start(semaphore.acquire, blocking)
            assert stays_blocked(actors, waiter)
            release()
            assert waiter.returned()


@clause("*.acquire.blocking-true-blocks")
def test_each_release_lets_one_acquire_with_true_return(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 4)
    helpers = [actors.start(semaphore.acquire, *args) for args in ((True,), (), (1,), (True,))]
    for count in range(5):
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 4 waiters proceeded after %d releases" % (ended, count)
        if count < 4:
            release()


@clause("*.acquire.blocking-true-decrements")
def test_acquire_with_true_takes_one(make, actors):
    for blocking in (True, 1):
        semaphore = make(3)
        taker = actors.new()
        for _ in range(3):
            assert taker.start(semaphore.acquire, blocking).returned()
        check_permits(
            actors, semaphore, 0, "created with 3, after 3 calls of acquire(%r)" % blocking
        )


@clause("*.acquire.blocking-true-decrements")
def test_acquire_with_true_takes_one_after_blocking(make, actors):
    check_waits_at_zero(actors, make)
    for blocking in (True, 1):
        semaphore, release = at_zero(make, actors, 2)
        waiter = actors.start(semaphore.acquire, blocking)
        waiter.is_blocked()
        release(2)
        waiter.returned()
        check_permits(
            actors, semaphore, 1, "at zero, after a blocked acquire(%r) and 2 releases" % blocking
        )


@clause("*.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_immediately(make, actors):
    semaphore = make(4)
    for blocking in (True, 1, True, 1):
        got = actors.call(semaphore.acquire, blocking)
        assert got


@clause("*.acquire.blocking-true-returns-true")
def test_acquire_with_true_returns_true_after_blocking(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors)
    for blocking in (True, 1, True):
        waiter = woken(actors, release, semaphore.acquire, blocking)
        got = waiter.result()
        assert got


@clause("*.acquire.nonblocking-zero")
def test_acquire_with_false_fails_at_zero(make, actors):
    semaphore, _ = at_zero(make, actors)
    check_attempts_fail(actors, semaphore)


@clause("*.acquire.nonblocking-zero")
def test_acquire_with_false_fails_for_the_thread_that_made_the_counter_zero(make, actors):
    semaphore = make(2)
    taker = actors.new()
    taker.call(semaphore.acquire)
    taker.call(semaphore.acquire)
    check_attempts_fail(taker, semaphore)


@clause("*.acquire.nonblocking-zero")
def test_acquire_with_false_fails_while_others_wait(make, actors):
    if not holds(check_waits_at_zero, actors, make):
        return  # another clause's business
    semaphore, release = at_zero(make, actors, 2)
    helpers = actors.start_many(2, semaphore.acquire)
    actors.ended(helpers)
    check_attempts_fail(actors, semaphore)
    release(2)
    actors.ended(helpers, at_least=2)


@clause("*.acquire.nonblocking-zero-changes-nothing")
def test_failed_attempts_leave_the_counter_at_zero(make, actors):
    semaphore, release = at_zero(make, actors, 2)
    for blocking in (False, 0, False):
        actors.call(semaphore.acquire, blocking)
    check_permits(actors, semaphore, 0, "at zero, after 3 calls of acquire(False)")
    for blocking in (False, 0, False):
        actors.call(semaphore.acquire, blocking)
    release(2)
    check_permits(actors, semaphore, 2, "at zero, after 6 calls of acquire(False) and 2 releases")


@clause("*.acquire.nonblocking-zero-changes-nothing")
def test_failed_attempts_leave_waiters_alone(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 2)
    actors.call(semaphore.acquire, False)
    helpers = actors.start_many(2, semaphore.acquire)
    actors.ended(helpers)
    for count in (1, 2):
        actors.call(semaphore.acquire, False)
        actors.call(semaphore.acquire, 0)
        release()
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 2 waiters proceeded after %d releases" % (ended, count)


@clause("*.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_while_the_counter_is_positive(make, actors):
    semaphore = make(4)
    for blocking in (False, 0, False, 0):
        got = actors.call(semaphore.acquire, blocking)
        assert got
    check_permits(actors, semaphore, 0, "created with 4, after 4 calls of acquire(False)")


@clause("*.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_as_often_as_a_large_value_says(make, actors):
    semaphore = make(600)
    attempts = actors.call(in_time, 600, semaphore.acquire, False)
    failed = len([got for got in attempts if not got])
    assert failed == 0, "with a counter of 600, %d of %d acquire(False) calls failed" % (
        failed,
        len(attempts),
    )


@clause("*.acquire.nonblocking-positive")
def test_acquire_with_false_takes_one(make, actors):
    for blocking in (False, 0):
        semaphore = make(3)
        actors.call(semaphore.acquire, blocking)
        check_permits(actors, semaphore, 2, "created with 3, after acquire(%r)" % blocking)


@clause("*.acquire.nonblocking-positive")
def test_acquire_with_false_succeeds_again_after_a_release(make, actors):
    semaphore = make(1)
    taker = actors.new()
    for blocking in (False, 0, False):
        got = taker.call(semaphore.acquire, blocking)
        assert got
        taker.call(semaphore.release)


@clause("*.acquire.blocking-keyword")
def test_blocking_can_be_given_by_name(make, actors):
    # What each form does is the business of other clauses: here it matters that the name says it.
    check_waits_at_zero(actors, make)
    for blocking in (True, 1):
        semaphore = make(1)
        taker = actors.new()
        taker.call(semaphore.acquire, blocking=blocking)
        waiter = actors.start(semaphore.acquire, blocking=blocking)
        assert waiter.is_blocked()
        taker.call(semaphore.release)
        assert waiter.returned()
    for blocking in (False, 0):
        semaphore, _ = at_zero(make, actors)
        actors.call(semaphore.acquire, blocking=blocking)


@clause("*.acquire.atomic")
def test_as_many_simultaneous_attempts_succeed_as_the_counter_allows(make, actors, rounds):
    check_waits_at_zero(actors, make)
    values = (1, 2) * 4
    semaphores = [[make(value) for value in values] for _ in range(rounds // 8)]

    def attempt(number):
        return [semaphore.acquire(False) for semaphore in semaphores[number]]

    for won in actors.race([attempt] * 3, rounds // 8):
        for value, attempts in zip(values, zip(*won)):
            winners = len([got for got in attempts if got])
            assert winners == value, "of 3 simultaneous acquire(False) at %d, %d succeeded" % (
                value,
                winners,
            )


@clause("*.acquire.atomic")
def test_an_attempt_amid_an_attempt(make, actors):
    # A large counter may be kept in another way than a small one.
    keeper = actors.new()
    for value, most in ((1, 0), (2, 0), (1, 256), (2, 256)):
        taken = len(keeper.call(in_time, most, make(most).acquire))

        def prepare(value=value, taken=taken):
            semaphore = make(value + taken)
            keeper.call(repeat, taken, semaphore.acquire)
            return [lambda: semaphore.acquire(False)] * 2

        for meeting in meetings(actors, prepare):
            won = [actor.result() for actor in (meeting.call, meeting.other)]
            winners = len([got for got in won if got])
            assert winners == value, "of 2 acquire(False), one amid the other, %d succeeded" % (
                winners
            )


@clause("*.acquire.atomic")
def test_an_attempt_amid_a_release_succeeds(make, actors):
    keeper = actors.new()

    def prepare():
        semaphore = make(2)
        keeper.call(semaphore.acquire)
        return semaphore.release, lambda: semaphore.acquire(False)

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        got = meeting.other.result()
        assert got


@clause("*.acquire.zero-blocks")
def test_a_semaphore_blocks_threads_of_every_kind(make, threading, actors):
    check_waits_at_zero(actors, make)
    check_blocks(make, threading, actors)


@clause("*.acquire.proceeds-after-release")
def test_a_semaphore_goes_from_one_kind_of_thread_to_another(make, threading, actors):
    check_hand_over(make, threading, actors)


@clause("*.acquire.zero-blocks")
def test_acquire_of_a_semaphore_blocks_for_as_long_as_it_takes(make, actors):
    check_waits_at_zero(actors, make)
    lock = make()
    check_acquire(actors, lock, lock.acquire)


@clause("*.release.increments")
def test_each_release_adds_one(make, actors):
    keeper = actors.new()
    pair = actors.new(), actors.new()
    for times in range(1, 6):
        semaphore, release = at_zero(make, actors, 6, keeper)
        release(times)
        check_permits(actors, semaphore, times, "at zero, after %d releases" % times, pair)


@clause("*.release.increments")
def test_a_release_adds_one_to_a_positive_counter(make, actors):
    semaphore = make(9)
    release = acquired(actors, semaphore, 4)
    release(3)
    check_permits(actors, semaphore, 8, "created with 9, acquired 4 times and released 3 times")


@clause("*.release.returns")
def test_release_waits_for_nobody(make, actors):
    semaphore = make(8)
    keeper = actors.new()
    keeper.call(repeat, 8, semaphore.acquire)
    for _ in range(8):
        assert keeper.start(semaphore.release).returned()


@clause("*.release.returns")
def test_release_returns_while_others_wait(make, actors):
    if not holds(check_waits_at_zero, actors, make):
        return  # another clause's business
    semaphore = make(5)
    keeper = actors.new()
    keeper.call(repeat, 5, semaphore.acquire)
    helpers = actors.start_many(5, semaphore.acquire)
    actors.ended(helpers)
    for count in range(1, 6):
        assert keeper.start(semaphore.release).returned()
        actors.ended(helpers, at_least=count)


@clause("*.release.any-thread")
def test_a_thread_that_never_acquired_may_release(make, actors):
    semaphore, _ = at_zero(make, actors, 2)
    for _ in range(2):
        assert actors.start(semaphore.release).returned()
    check_permits(actors, semaphore, 2, "at zero, after 2 releases by other threads")


@clause("*.release.any-thread")
def test_what_a_helper_acquired_may_be_released_here(make, actors):
    semaphore = make(1)
    taker = actors.new()
    for _ in range(3):
        assert taker.start(semaphore.acquire).returned()
        semaphore.release()


@clause("*.release.wakes-one")
def test_each_release_lets_exactly_one_waiter_proceed(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors, 4)
    helpers = actors.start_many(4, semaphore.acquire)
    actors.ended(helpers)
    for count in range(1, 5):
        release()
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 4 waiters proceeded after %d releases" % (ended, count)


@clause("*.release.wakes-as-many")
def test_releases_in_a_burst_let_as_many_waiters_proceed(make, actors):
    check_waits_at_zero(actors, make)
    for burst in (2, 3, 4):
        semaphore, release = at_zero(make, actors, 4)
        helpers = actors.start_many(4, semaphore.acquire)
        actors.ended(helpers)
        release(burst)
        ended = len(actors.ended(helpers, at_least=burst))
        assert ended == burst, "%d of 4 waiters proceeded after %d releases" % (ended, burst)
        release(4 - burst)
        ended = len(actors.ended(helpers, at_least=4))
        assert ended == 4, "%d of 4 waiters proceeded after 4 releases" % ended


@clause("*.release.wakes-as-many")
def test_no_waiter_is_left_behind(make, actors):
    check_waits_at_zero(actors, make)
    semaphore, release = at_zero(make, actors)
    check_no_waiter_left(actors, semaphore, release)


@clause("*.release.atomic")
def test_each_of_many_simultaneous_releases_counts(make, actors, rounds):
    check_waits_at_zero(actors, make)
    check_simultaneous_releases(actors, make, rounds)


@clause("*.release.atomic")
def test_a_release_amid_a_release_counts(make, actors):
    check_counter_after(actors, make, 3, ("release", "release"))


@clause("*.release.no-lost-wakeup")
def test_no_release_is_lost(make, actors, rounds):
    check_waits_at_zero(actors, make)
    ping, _ = at_zero(make, actors)
    pong, _ = at_zero(make, actors)
    all_ended = shuttle(actors, ping, pong, 1, rounds // 4)
    assert all_ended, "two threads that hand control to each other got stuck"


@clause("*.release.no-lost-wakeup")
def test_no_release_among_several_threads_is_lost(make, actors, rounds):
    check_waits_at_zero(actors, make)
    ping, _ = at_zero(make, actors, 3)
    pong, _ = at_zero(make, actors, 3)
    all_ended = shuttle(actors, ping, pong, 3, rounds // 4)
    assert all_ended, "threads that hand control to each other got stuck"


@clause("*.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(make, actors):
    check_both_return(actors, make, ("acquire", "release"))


@clause("*.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_for_which_nobody_waits(make, actors):
    check_both_return(actors, make, ("release", "acquire"))


def check_both_return(actors, make, calls):
    """Check that two calls at zero, one amid the other, both return; ``calls``: their names."""
    keeper = actors.new()

    def prepare():
        semaphore, _ = at_zero(make, actors, 1, keeper)
        return [getattr(semaphore, name) for name in calls]

    for meeting in meetings(actors, prepare):
        meeting.check_both_return()


@clause("*.release.no-lost-wakeup")
def test_a_release_amid_a_release_while_two_wait(make, actors):
    check_waits_at_zero(actors, make)
    keeper = actors.new()
    helpers = [actors.new(), actors.new()]

    def prepare():
        semaphore, _ = at_zero(make, actors, 2, keeper)
        for waiter in helpers:
            waiter.start(semaphore.acquire)
        actors.ended(helpers)
        return semaphore.release, semaphore.release

    for meeting in meetings(actors, prepare):
        meeting.check_both_return()
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "%d of 2 waiters proceeded after 2 releases, one amid the other" % ended


@clause("*.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(make, actors):
    check_waits_at_zero(actors, make)
    semaphores = []
    keeper = actors.new()
    waiter = actors.new()

    def prepare():
        semaphore, _ = at_zero(make, actors, 1, keeper)
        semaphores.append(semaphore)
        waiter.start(semaphore.acquire)
        waiter.is_blocked()
        return semaphore.release, semaphore.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        helpers = [waiter, meeting.other]
        passed = actors.ended(helpers, at_least=1)
        assert passed, "after release(), neither the waiting acquire() nor a new one returned"
        passed[0].call(semaphores[-1].release)
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "after two calls of release(), %d of 2 acquire() returned" % ended


@clause("*.release.wakes-as-many")
def test_releases_of_a_semaphore_wake_threads_of_every_kind(make, threading, actors):
    check_wakes_as_many(lambda: make(4), threading, actors)


@clause("*.release.wakes-as-many")
def test_releases_wake_the_others_while_some_of_the_woken_are_held_up(make, actors):
    check_releases(actors, make)


@clause("*.counter.atomic")
def test_no_change_of_the_counter_is_lost(make, actors, rounds):
    # The counter is so large that no acquire() blocks, even if every release() is lost.
    check_waits_at_zero(actors, make)
    value = 3 * rounds + 4
    semaphore = make(value)

    def use(number):
        for step in range(10):
            semaphore.acquire()
            if not (number + step) % 3:
                time.sleep(0)  # let the others run while this thread has acquired
            semaphore.release()

    actors.race([use] * 4, rounds // 14)
    check_permits(
        actors, semaphore, value, "created with %d, acquired and released as often" % value
    )


@clause("*.counter.atomic")
def test_a_release_amid_an_acquire_counts(make, actors):
    check_waits_at_zero(actors, make)
    check_counter_after(actors, make, 1, ("acquire", "release"))


@clause("*.counter.atomic")
def test_an_acquire_amid_a_release_counts(make, actors):
    check_counter_after(actors, make, 1, ("release", "acquire"))


@clause("*.counter.never-negative")
def test_no_more_holders_than_the_value_allows(make, actors, rounds):
    check_waits_at_zero(actors, make)
    holders = most_holders(actors, make(2), rounds)
    assert holders <= 2, "%d threads held a semaphore of 2 simultaneously" % holders


@clause("*.counter.never-negative")
def test_one_of_two_simultaneous_acquires_blocks(make, actors):
    check_one_of_two_blocks(actors, lambda: make(1))
