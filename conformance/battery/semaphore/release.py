"""``Semaphore.release()``."""

from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.counter import (
    acquired,
    admitted,
    released_at_once,
    shuttle,
)
from threadspec.conformance.battery.support.crossing import check_wakes_as_many
from threadspec.conformance.battery.support.delaying import check_releases
from threadspec.conformance.battery.support.premises import check_waits_at_zero, holds
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("semaphore.release.increments")
def test_each_release_adds_one(threading, actors):
    keeper = actors.new()
    pair = actors.new(), actors.new()
    for times in range(1, 6):
        semaphore, release = at_zero(threading, actors, 6, keeper)
        release(times)
        count = admitted(actors, semaphore, times, pair)
        assert count == times, "%d releases let %d pass" % (times, count)


@clause("semaphore.release.increments")
def test_a_release_adds_one_to_a_positive_counter(threading, actors):
    semaphore = threading.Semaphore(9)
    release = acquired(actors, semaphore, 4)
    release(3)
    count = admitted(actors, semaphore, 8)
    assert count == 8, "9 less 4 acquired plus 3 released let %d pass" % count


@clause("semaphore.release.returns")
def test_release_waits_for_nobody(threading, actors):
    semaphore = threading.Semaphore(8)
    keeper = actors.new()
    keeper.call(repeat, 8, semaphore.acquire)
    for _ in range(8):
        assert keeper.start(semaphore.release).returned()


@clause("semaphore.release.returns")
def test_release_returns_while_others_wait(threading, actors):
    if not holds(check_waits_at_zero, actors, threading.Semaphore):
        return  # another clause's business
    semaphore = threading.Semaphore(5)
    keeper = actors.new()
    keeper.call(repeat, 5, semaphore.acquire)
    helpers = actors.start_many(5, semaphore.acquire)
    actors.ended(helpers)
    for count in range(1, 6):
        assert keeper.start(semaphore.release).returned()
        actors.ended(helpers, at_least=count)


@clause("semaphore.release.beyond-initial")
def test_releases_raise_the_counter_above_its_initial_value(threading, actors):
    for value in (1, 3):
        semaphore = threading.Semaphore(value)
        actors.call(repeat, 3, semaphore.release)
        count = admitted(actors, semaphore, value + 3)
        assert count == value + 3, "%d plus 3 releases let %d pass" % (value, count)


@clause("semaphore.release.beyond-initial")
def test_releases_raise_the_counter_far_above_its_initial_value(threading, actors, rounds):
    semaphore = threading.Semaphore(3)
    times = min(rounds, 300)
    actors.call(repeat, times, semaphore.release)
    count = admitted(actors, semaphore, 3 + times)
    assert count == 3 + times, "3 plus %d releases let %d pass" % (times, count)


@clause("semaphore.release.beyond-initial")
def test_a_semaphore_that_was_in_use_can_exceed_its_initial_value(threading, actors):
    semaphore, release = at_zero(threading, actors)
    release(4)
    count = admitted(actors, semaphore, 4)
    assert count == 4, "1 less 1 acquired plus 4 released let %d pass" % count


@clause("semaphore.release.any-thread")
def test_a_thread_that_never_acquired_may_release(threading, actors):
    semaphore, _ = at_zero(threading, actors, 2)
    for _ in range(2):
        assert actors.start(semaphore.release).returned()
    count = admitted(actors, semaphore, 2)
    assert count == 2


@clause("semaphore.release.any-thread")
def test_what_a_helper_acquired_may_be_released_here(threading, actors):
    semaphore = threading.Semaphore(1)
    taker = actors.new()
    for _ in range(3):
        assert taker.start(semaphore.acquire).returned()
        semaphore.release()


@clause("semaphore.release.wakes-one")
def test_each_release_lets_exactly_one_waiter_proceed(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
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


@clause("semaphore.release.wakes-as-many")
def test_releases_in_a_burst_let_as_many_waiters_proceed(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
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


@clause("semaphore.release.wakes-as-many")
def test_no_waiter_is_left_behind(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore, release = at_zero(threading, actors)

    def pass_on():
        semaphore.acquire()
        semaphore.release()

    helpers = actors.start_many(8, pass_on)
    actors.ended(helpers)
    release()
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 waiters proceeded" % len(ended)


@clause("semaphore.release.order")
def test_order_of_waiters(threading, actors, observe):
    semaphore, release = at_zero(threading, actors)
    order = []

    def queue_up(number):
        semaphore.acquire()
        order.append(number)
        semaphore.release()

    helpers = []
    for number in range(4):
        helpers.append(actors.start(queue_up, number))
        helpers[-1].is_blocked()
    release()
    actors.ended(helpers, at_least=4)
    if order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")


@clause("semaphore.release.value")
def test_value_of_release(threading, actors, observe):
    semaphore = threading.Semaphore(1)
    keeper = actors.new()
    keeper.call(semaphore.acquire)
    value = keeper.call(semaphore.release)
    observe("None" if value is None else "another value")


@clause("semaphore.release.atomic")
def test_every_one_of_many_releases_at_once_counts(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    count, value = released_at_once(actors, threading.Semaphore, rounds)
    assert count == value, "the counter is %d, not %d as at first" % (count, value)


@clause("semaphore.release.atomic")
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


@clause("semaphore.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    ping, _ = at_zero(threading, actors)
    pong, _ = at_zero(threading, actors)
    all_ended = shuttle(actors, ping, pong, 1, rounds // 4)
    assert all_ended, "two threads that hand each other the turn got stuck"


@clause("semaphore.release.no-lost-wakeup")
def test_no_release_among_several_threads_is_lost(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    ping, _ = at_zero(threading, actors, 3)
    pong, _ = at_zero(threading, actors, 3)
    all_ended = shuttle(actors, ping, pong, 3, rounds // 4)
    assert all_ended, "threads that hand each other turns got stuck"


@clause("semaphore.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(threading, actors):
    keeper = actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 1, keeper)
        return semaphore.acquire, semaphore.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("semaphore.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_for_which_nobody_waits(threading, actors):
    keeper = actors.new()

    def prepare():
        semaphore, _ = at_zero(threading, actors, 1, keeper)
        return semaphore.release, semaphore.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("semaphore.release.no-lost-wakeup")
def test_a_release_amid_a_release_while_two_wait(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
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


@clause("semaphore.release.no-lost-wakeup")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
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


@clause("semaphore.release.wakes-as-many")
def test_releases_of_a_semaphore_wake_threads_of_every_kind(threading, actors):
    check_wakes_as_many(lambda: threading.Semaphore(4), threading, actors)


@clause("semaphore.release.wakes-as-many")
def test_releases_wake_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    check_releases(actors, threading.Semaphore)
