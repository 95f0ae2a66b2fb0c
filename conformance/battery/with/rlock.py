"""``RLock`` in a with statement.

More of its cases are in ``battery/shared/blocks.py``.
"""

from threadspec.conformance.battery.shared import blocks
from threadspec.conformance.battery.support.blocks import Block
from threadspec.conformance.battery.support.calls import acquire_and_release
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), blocks)


@clause("with.rlock.context-manager")
def test_the_example_with_an_rlock(threading):
    said = []

    some_rlock = threading.RLock()

    with some_rlock:
        said.append("some_rlock is locked while this executes")

    assert said == ["some_rlock is locked while this executes"], "the block was not executed once"


@clause("with.rlock.acquired")
def test_the_thread_in_the_block_owns_the_rlock(threading, actors):
    lock = threading.RLock()
    block = Block(actors, lock)
    block.enter().result()
    owner = block.actor.start(acquire_and_release, lock)
    assert owner.returned(), "the thread in the block could not acquire the lock once more"
    visitor = actors.start(acquire_and_release, lock)
    blocked = visitor.is_blocked()
    block.leave().returned()
    visitor.returned()
    assert blocked, "another thread acquired it while the block was executed"
