"""The ``value`` that a Semaphore is created with.

More of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.calls import woken
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


@clause("semaphore.value.zero")
def test_a_semaphore_created_with_zero_can_be_released(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore = threading.Semaphore(0)
    waiter = woken(actors, semaphore.release, semaphore.acquire)
    assert waiter.returned()
