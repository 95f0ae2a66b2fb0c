"""``RLock`` in a with statement."""

from threadspec.conformance.battery.support.blocks import (
    Block,
    check_acquired,
    check_acquired_after_waiting,
    check_acquired_once_more_in_block,
    check_as_value,
    check_context_manager,
    check_entry_blocks,
    check_entry_of_several_blocks,
    check_exception_goes_on,
    check_exception_goes_on_beside_waiters,
    check_exception_goes_on_from_inner,
    check_exclusion,
    check_exit_error,
    check_level_kept,
    check_met_at_every_line,
    check_nested_blocks,
    check_nested_exceptions,
    check_one_at_a_time,
    check_released,
    check_released_after_exception,
    check_released_after_exception_in_two,
    check_released_and_taken_again,
    check_released_beside_waiters,
    visit,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, enter
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.harness.vocabulary import clause


@clause("with.rlock.context-manager")
def test_an_rlock_is_a_context_manager(threading):
    check_context_manager(threading.RLock)


@clause("with.rlock.context-manager")
def test_the_example_with_an_rlock(threading):
    said = []

    some_rlock = threading.RLock()

    with some_rlock:
        said.append("some_rlock is locked while this executes")

    assert said == ["some_rlock is locked while this executes"], "the block was not executed once"


@clause("with.rlock.acquired")
def test_an_rlock_is_locked_in_the_block(threading, actors):
    check_acquired(threading.RLock, actors)


@clause("with.rlock.acquired")
def test_the_thread_in_the_block_owns_the_rlock(threading, actors):
    lock = threading.RLock()
    block = Block(actors, lock)
    block.enter().result()
    owner = block.actor.start(visit, lock)
    assert owner.returned(), "the thread in the block could not acquire the lock once more"
    visitor = actors.start(visit, lock)
    blocked = visitor.is_blocked()
    block.leave().returned()
    visitor.returned()
    assert blocked, "another thread acquired it while the block was executed"


@clause("with.rlock.acquired")
def test_an_rlock_is_held_in_a_block_that_had_to_wait(threading, actors):
    check_acquired_after_waiting(threading.RLock, actors)


@clause("with.rlock.entry-blocks")
def test_entry_blocks_while_an_rlock_is_held(threading, actors):
    check_entry_blocks(threading.RLock, actors)


@clause("with.rlock.entry-blocks")
def test_entry_of_several_blocks_on_an_rlock_blocks(threading, actors):
    check_entry_of_several_blocks(threading.RLock, actors)


@clause("with.rlock.released")
def test_an_rlock_is_released_when_the_block_is_left(threading, actors):
    check_released(threading.RLock, actors)


@clause("with.rlock.released")
def test_a_block_may_release_its_rlock_and_take_it_again(threading, actors):
    check_released_and_taken_again(threading.RLock, actors)


@clause("with.rlock.released")
def test_an_rlock_is_released_to_a_waiter_and_after_that(threading, actors):
    check_released_beside_waiters(threading.RLock, actors)


@clause("with.rlock.released-after-exception")
def test_an_rlock_is_released_after_an_exception(threading, actors):
    check_released_after_exception(threading.RLock, actors)


@clause("with.rlock.released-after-exception")
def test_two_rlocks_are_released_after_an_exception(threading, actors):
    check_released_after_exception_in_two(threading.RLock, actors)


@clause("with.rlock.exception-goes-on")
def test_an_exception_goes_on_from_a_block_on_an_rlock(threading, actors):
    check_exception_goes_on(threading.RLock, actors)


@clause("with.rlock.exception-goes-on")
def test_an_exception_goes_on_from_an_rlock_that_a_thread_waits_for(threading, actors):
    check_exception_goes_on_beside_waiters(threading.RLock, actors)


@clause("with.rlock.exception-goes-on")
def test_an_exception_goes_on_from_nested_blocks_on_an_rlock(threading, actors):
    check_exception_goes_on_from_inner(threading.RLock, actors)


@clause("with.rlock.nested")
def test_blocks_on_an_rlock_nest(threading, actors):
    check_nested_blocks(threading.RLock, actors)


@clause("with.rlock.nested")
def test_nested_blocks_on_an_rlock_are_left_by_exceptions(threading, actors):
    check_nested_exceptions(threading.RLock, actors)


@clause("with.rlock.level-kept")
def test_a_block_leaves_the_level_of_an_rlock_as_it_was(threading, actors):
    check_level_kept(threading.RLock, actors)


@clause("with.rlock.level-kept")
def test_leaving_a_block_undoes_one_acquire_of_an_rlock(threading, actors):
    check_acquired_once_more_in_block(threading.RLock, actors)


@clause("with.rlock.exit-error")
def test_leaving_a_block_whose_rlock_is_unlocked_is_an_error(threading, actors):
    check_exit_error(threading.RLock, actors)


@clause("with.rlock.mutual-exclusion")
def test_blocks_on_an_rlock_are_entered_one_at_a_time(threading, actors):
    check_one_at_a_time(threading.RLock, actors)


@clause("with.rlock.mutual-exclusion")
def test_blocks_on_an_rlock_that_meet_exclude_each_other(threading, actors):
    check_met_at_every_line(threading.RLock, actors)


@clause("with.rlock.mutual-exclusion")
def test_threads_contend_for_an_rlock_by_with(threading, actors, rounds):
    check_excludes(actors, threading.RLock)
    check_exclusion(threading.RLock, actors, rounds)


@clause("with.rlock.as-value")
def test_what_as_gives_for_an_rlock(threading, observe):
    check_as_value(threading.RLock, observe)


@clause("with.rlock.entry-blocks")
def test_the_block_of_an_rlock_is_entered_only_when_it_is_free(threading, actors):
    lock = threading.RLock()
    check_acquire(actors, lock, enter, lock)
