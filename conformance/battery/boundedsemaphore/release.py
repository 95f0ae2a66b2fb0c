"""``BoundedSemaphore.release()``."""

from threadspec.conformance.battery.support.boundedsemaphore import at_zero, is_refused
from threadspec.conformance.battery.support.calls import in_time, repeat
from threadspec.conformance.battery.support.counter import (
    acquired,
    admitted,
    released_at_once,
    shuttle,
)
from threadspec.conformance.battery.support.crossing import check_wakes_as_many
from threadspec.conformance.battery.support.delaying import check_releases
from threadspec.conformance.battery.support.extremes import MANY, many_times, try_acquire
from threadspec.conformance.battery.support.premises import check_waits_at_zero, holds
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, raises


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


@clause("boundedsemaphore.release.wakes-as-many")
def test_releases_of_a_bounded_semaphore_wake_threads_of_every_kind(threading, actors):
    check_wakes_as_many(lambda: threading.BoundedSemaphore(4), threading, actors)


@clause("boundedsemaphore.release.wakes-as-many")
def test_bounded_releases_wake_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    check_releases(actors, threading.BoundedSemaphore)


@clause("boundedsemaphore.release.within-bound")
def test_a_bound_may_be_high(threading, actors):
    semaphore = threading.BoundedSemaphore(MANY)
    taken, failed = try_acquire(actors, semaphore)
    if failed:
        return  # another clause's business
    releaser = actors.start(many_times, semaphore.release, taken)
    assert releaser.returned(), "with a value of %d, after %d acquire(): %r" % (
        MANY,
        taken,
        releaser,
    )
