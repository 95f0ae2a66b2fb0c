"""``BoundedSemaphore`` objects: how they are created, and what goes beyond a single method.

More of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.calls import is_refused, repeat
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


@clause("boundedsemaphore.factory")
def test_each_semaphore_has_its_own_bound(threading, actors):
    wide = threading.BoundedSemaphore(3)
    narrow = threading.BoundedSemaphore(1)
    keeper = actors.new()
    keeper.call(repeat, 3, wide.acquire)
    for _ in range(3):
        refused = keeper.call(is_refused, wide)
        assert not refused, "a bound of 3 was taken for the bound of a semaphore created later, 1"
    refused = keeper.call(is_refused, narrow)
    assert refused, "a bound of 1 was taken for the bound of a semaphore created earlier, 3"
