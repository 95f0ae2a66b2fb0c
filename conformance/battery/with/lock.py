"""``Lock`` in a with statement."""

from threadspec.conformance.battery.support.blocks import (
    Block,
    check_acquired,
    check_acquired_after_waiting,
    check_as_value,
    check_context_manager,
    check_entry_blocks,
    check_entry_of_several_blocks,
    check_exception_goes_on,
    check_exception_goes_on_beside_waiters,
    check_exclusion,
    check_exit_error,
    check_met_at_every_line,
    check_one_at_a_time,
    check_released,
    check_released_after_exception,
    check_released_after_exception_in_two,
    check_released_and_taken_again,
    check_released_beside_waiters,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, enter
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.harness.vocabulary import clause


@clause("with.lock.context-manager")
def test_a_lock_is_a_context_manager(threading):
    check_context_manager(threading.Lock)


@clause("with.lock.acquired")
def test_a_lock_is_locked_in_the_block(threading, actors):
    check_acquired(threading.Lock, actors)


@clause("with.lock.acquired")
def test_a_lock_is_held_in_a_block_that_had_to_wait(threading, actors):
    check_acquired_after_waiting(threading.Lock, actors)


@clause("with.lock.entry-blocks")
def test_entry_blocks_while_a_lock_is_held(threading, actors):
    check_entry_blocks(threading.Lock, actors)


@clause("with.lock.entry-blocks")
def test_entry_of_several_blocks_on_a_lock_blocks(threading, actors):
    check_entry_of_several_blocks(threading.Lock, actors)


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
    assert entered
    block.leave().returned()


@clause("with.lock.released")
def test_a_lock_is_released_when_the_block_is_left(threading, actors):
    check_released(threading.Lock, actors)


@clause("with.lock.released")
def test_a_block_may_release_its_lock_and_take_it_again(threading, actors):
    check_released_and_taken_again(threading.Lock, actors)


@clause("with.lock.released")
def test_a_lock_is_released_to_a_waiter_and_after_that(threading, actors):
    check_released_beside_waiters(threading.Lock, actors)


@clause("with.lock.released-after-exception")
def test_a_lock_is_released_after_an_exception(threading, actors):
    check_released_after_exception(threading.Lock, actors)


@clause("with.lock.released-after-exception")
def test_two_locks_are_released_after_an_exception(threading, actors):
    check_released_after_exception_in_two(threading.Lock, actors)


@clause("with.lock.exception-goes-on")
def test_an_exception_goes_on_from_a_block_on_a_lock(threading, actors):
    check_exception_goes_on(threading.Lock, actors)


@clause("with.lock.exception-goes-on")
def test_an_exception_goes_on_from_a_lock_that_a_thread_waits_for(threading, actors):
    check_exception_goes_on_beside_waiters(threading.Lock, actors)


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
        assert len(ended) == 1, "%d of 2 waiters proceeded" % len(ended)
        lock.release()
        actors.ended(helpers, at_least=2)
        lock.release()


@clause("with.lock.exit-error")
def test_leaving_a_block_whose_lock_is_unlocked_is_an_error(threading, actors):
    check_exit_error(threading.Lock, actors)


@clause("with.lock.mutual-exclusion")
def test_blocks_on_a_lock_are_entered_one_at_a_time(threading, actors):
    check_one_at_a_time(threading.Lock, actors)


@clause("with.lock.mutual-exclusion")
def test_blocks_on_a_lock_that_meet_exclude_each_other(threading, actors):
    check_met_at_every_line(threading.Lock, actors)


@clause("with.lock.mutual-exclusion")
def test_threads_contend_for_a_lock_by_with(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    check_exclusion(threading.Lock, actors, rounds)


@clause("with.lock.as-value")
def test_what_as_gives_for_a_lock(threading, observe):
    check_as_value(threading.Lock, observe)


@clause("with.lock.entry-blocks")
def test_the_block_of_a_lock_is_entered_only_when_it_is_free(threading, actors):
    lock = threading.Lock()
    check_acquire(actors, lock, enter, lock)
