"""``Semaphore`` in a with statement.

More of its cases are in ``battery/shared/blocks.py``.
"""

from threadspec.conformance.battery.shared import blocks
from threadspec.conformance.battery.support.blocks import Block, Counter, leave_released
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), blocks)


@clause("with.semaphore.entry-blocks")
def test_entry_blocks_on_a_semaphore_of_zero(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore = threading.Semaphore(0)
    for _ in range(2):
        block = Block(actors, semaphore)
        blocked = block.enter().is_blocked()
        semaphore.release()
        assert blocked, "the block was entered although the counter was zero"
        assert block.actor.returned(), "the block was not entered after release()"
        block.leave().result()
        semaphore.acquire()


@clause("with.semaphore.counter-kept")
def test_leaving_a_block_adds_one_to_a_semaphore_released_in_it(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore = threading.Semaphore(1)
    counter = Counter(actors)
    for count in (1, 2):
        actors.call(leave_released, semaphore)
        counter.check(semaphore, count + 1, "after %d blocks with a release() in each" % count)
