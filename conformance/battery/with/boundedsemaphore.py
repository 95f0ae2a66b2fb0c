"""``BoundedSemaphore`` in a with statement.

More of its cases are in ``battery/shared/blocks.py``.
"""

from threadspec.conformance.battery.shared import blocks
from threadspec.conformance.battery.support.blocks import Counter, check_exit_error, leave_released
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), blocks)


@clause("with.boundedsemaphore.exit-error")
def test_leaving_a_block_on_a_bounded_semaphore_at_its_bound_is_an_error(threading, actors):
    for value in (1, 2, 1000):
        check_exit_error(lambda: threading.BoundedSemaphore(value), actors)  # noqa: B023


@clause("with.boundedsemaphore.exit-error")
def test_a_block_left_at_the_bound_leaves_the_counter_there(threading, actors):
    counter = Counter(actors)
    for value in (1, 2):
        if counter.differs(threading.BoundedSemaphore(value), value):
            break  # another chapter's business
        semaphore = threading.BoundedSemaphore(value)
        actors.start(leave_released, semaphore).raised()
        counter.check(semaphore, value, "after the error")
