"""``BoundedSemaphore.acquire()``."""

from threadspec.conformance.battery.support.boundedsemaphore import at_zero
from threadspec.conformance.battery.support.calls import in_time, repeat
from threadspec.conformance.battery.support.counter import acquired, admitted
from threadspec.conformance.battery.support.crossing import check_blocks, check_hand_over
from threadspec.conformance.battery.support.deadlines import check_acquire, stays_blocked
from threadspec.conformance.battery.support.premises import check_waits_at_zero, holds
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


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


@clause("boundedsemaphore.acquire.zero-blocks")
def test_a_bounded_semaphore_blocks_threads_of_every_kind(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_blocks(threading.BoundedSemaphore, threading, actors)


@clause("boundedsemaphore.acquire.proceeds-after-release")
def test_a_bounded_semaphore_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.BoundedSemaphore, threading, actors)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_acquire_of_a_bounded_semaphore_blocks_for_as_long_as_it_takes(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    lock = threading.BoundedSemaphore()
    check_acquire(actors, lock, lock.acquire)
