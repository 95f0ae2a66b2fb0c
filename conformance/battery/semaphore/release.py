"""``Semaphore.release()``.

More of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.contention import observe_order
from threadspec.conformance.battery.support.counter import check_permits
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


@clause("semaphore.release.beyond-initial")
def test_releases_raise_the_counter_above_its_initial_value(threading, actors):
    for value in (1, 3):
        semaphore = threading.Semaphore(value)
        actors.call(repeat, 3, semaphore.release)
        check_permits(actors, semaphore, value + 3, "created with %d, released 3 times" % value)


@clause("semaphore.release.beyond-initial")
def test_releases_raise_the_counter_far_above_its_initial_value(threading, actors, rounds):
    semaphore = threading.Semaphore(3)
    times = min(rounds, 300)
    actors.call(repeat, times, semaphore.release)
    check_permits(actors, semaphore, 3 + times, "created with 3, released %d times" % times)


@clause("semaphore.release.beyond-initial")
def test_a_semaphore_that_was_in_use_can_exceed_its_initial_value(threading, actors):
    semaphore, release = at_zero(threading.Semaphore, actors)
    release(4)
    check_permits(actors, semaphore, 4, "created with 1, acquired once and released 4 times")


@clause("semaphore.release.order")
def test_order_of_waiters(threading, actors, observe):
    semaphore, release = at_zero(threading.Semaphore, actors)
    observe_order(actors, observe, semaphore, release)


@clause("semaphore.release.value")
def test_value_of_release(threading, actors, observe):
    semaphore = threading.Semaphore(1)
    keeper = actors.new()
    keeper.call(semaphore.acquire)
    value = keeper.call(semaphore.release)
    observe("None" if value is None else "another value")
