"""``Semaphore.release()``."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.counter import (
    admitted,
)
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


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
    semaphore, release = at_zero(threading.Semaphore, actors)
    release(4)
    count = admitted(actors, semaphore, 4)
    assert count == 4, "1 less 1 acquired plus 4 released let %d pass" % count


@clause("semaphore.release.order")
def test_order_of_waiters(threading, actors, observe):
    semaphore, release = at_zero(threading.Semaphore, actors)
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
