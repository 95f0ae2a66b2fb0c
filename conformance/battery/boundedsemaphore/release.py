"""``BoundedSemaphore.release()``.

More of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.calls import in_time, is_refused, repeat
from threadspec.conformance.battery.support.counter import check_permits
from threadspec.conformance.battery.support.extremes import MANY, many_times, try_acquire
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import bind, clause, raises

bind(globals(), semaphores)


def check_not_refused(releaser, semaphore, times, when):
    """Check that an actor may call release() that many times; ``when``: in which situation."""
    for number in range(1, times + 1):
        refused = releaser.call(is_refused, semaphore)
        assert not refused, "%s, release() number %d was refused" % (when, number)


@clause("boundedsemaphore.release.within-bound")
def test_no_error_up_to_the_bound(threading, actors):
    for value in (1, 2, 3, 5, 12):
        semaphore = threading.BoundedSemaphore(value)
        keeper = actors.new()
        keeper.call(repeat, value, semaphore.acquire)
        check_not_refused(keeper, semaphore, value, "created with %d" % value)


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
            check_not_refused(keeper, semaphore, times, "after acquire%r" % (args,))


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
            check_not_refused(actor, semaphore, 1, "while threads wait at zero")
        for waiter in waiters:
            assert waiter.returned()
        helpers = waiters
    for actor in helpers:
        check_not_refused(actor, semaphore, 1, "after waiters have acquired")


@clause("boundedsemaphore.release.within-bound")
def test_no_error_after_failed_attempts(threading, actors):
    semaphore = threading.BoundedSemaphore(4)
    keeper = actors.new()
    keeper.call(repeat, 4, semaphore.acquire)
    keeper.call(semaphore.acquire, False)
    check_not_refused(keeper, semaphore, 4, "after a failed acquire(False)")


@clause("boundedsemaphore.release.within-bound")
def test_no_error_after_a_refused_release(threading, actors):
    semaphore = threading.BoundedSemaphore(2)
    keeper = actors.new()
    for _ in range(3):
        keeper.call(is_refused, semaphore)
        keeper.call(repeat, 2, semaphore.acquire)
        check_not_refused(keeper, semaphore, 2, "after a release() beyond the bound")


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
    semaphore, release = at_zero(threading.BoundedSemaphore, actors, 2)
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
        check_permits(
            actors, semaphore, value, "created with %d, after 3 releases beyond the bound" % value
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
    semaphore, release = at_zero(threading.BoundedSemaphore, actors, 2)
    release(2)
    for _ in range(2):
        actors.call(is_refused, semaphore)
    check_permits(actors, semaphore, 2, "created with 2, after 2 releases beyond the bound")


@clause("boundedsemaphore.release.excess-atomic")
def test_as_many_simultaneous_releases_succeed_as_were_acquired(threading, actors, rounds):
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
            assert releases == times, "%d of 3 release() succeeded after %d acquire()" % (
                releases,
                times,
            )


@clause("boundedsemaphore.release.excess-atomic")
def test_one_of_two_releases_succeeds_after_one_acquire(threading, actors):
    def prepare():
        semaphore, _ = at_zero(threading.BoundedSemaphore, actors)
        return lambda: is_refused(semaphore), lambda: is_refused(semaphore)

    for meeting in meetings(actors, prepare):
        refused = [actor.result() for actor in (meeting.call, meeting.other)]
        releases = len([one for one in refused if not one])
        assert releases == 1, "%d of 2 release() calls, one amid the other, succeeded" % releases


@clause("boundedsemaphore.release.within-bound")
def test_a_bound_may_be_high(threading, actors):
    semaphore = threading.BoundedSemaphore(MANY)
    taken, failed = try_acquire(actors, semaphore)
    if failed:
        return  # another clause's business
    releaser = actors.start(many_times, semaphore.release, taken)
    assert releaser.returned(), "created with %d, after %d calls of acquire(): %r" % (
        MANY,
        taken,
        releaser,
    )
