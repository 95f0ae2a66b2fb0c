"""``Lock`` in a with statement.

More of its cases are in ``battery/shared/blocks.py``.
"""

from threadspec.conformance.battery.shared import blocks
from threadspec.conformance.battery.support.blocks import Block
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), blocks)


@clause("with.lock.entry-blocks")
def test_entry_blocks_in_the_thread_that_locked_the_lock(threading, actors):
    lock = threading.Lock()
    block = Block(actors, lock)
    block.actor.call(lock.acquire)
    block.enter()
    blocked = block.actor.is_blocked()
    lock.release()
    entered = block.actor.returned()
    assert blocked, "the block was entered by the thread that had locked the lock"
    assert entered, "the block was not entered after release()"
    block.leave().returned()


@clause("with.lock.released-once")
def test_one_waiter_proceeds_after_a_block_on_a_lock(threading, actors):
    lock = threading.Lock()
    for _ in range(2):
        block = Block(actors, lock)
        block.enter().result()
        helpers = actors.start_many(2, lock.acquire)
        actors.ended(helpers)
        block.leave().result()
        ended = actors.ended(helpers, at_least=1)
        assert len(ended) == 1, "%d of 2 waiters proceeded after the block, expected 1" % len(ended)
        lock.release()
        actors.ended(helpers, at_least=2)
        lock.release()
