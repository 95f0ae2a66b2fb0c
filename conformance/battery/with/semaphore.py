"""``Semaphore`` in a with statement."""

from threadspec.conformance.battery.support.blocks import (
    Block,
    Counter,
    check_acquired,
    check_acquired_after_waiting,
    check_as_many_as_the_value,
    check_as_many_under_contention,
    check_as_value,
    check_context_manager,
    check_counter_kept,
    check_counter_kept_beside_waiters,
    check_counter_kept_by_nested_blocks,
    check_counter_kept_when_met,
    check_entry_blocks,
    check_entry_of_several_blocks,
    check_exception_goes_on,
    check_exception_goes_on_beside_waiters,
    check_exception_goes_on_from_inner,
    check_exclusion,
    check_met_at_every_line,
    check_one_at_a_time,
    check_released,
    check_released_after_exception,
    check_released_after_exception_in_two,
    check_released_and_taken_again,
    check_released_beside_waiters,
    leave_released,
)
from threadspec.conformance.battery.support.deadlines import check_acquire, enter
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause


@clause("with.semaphore.context-manager")
def test_a_semaphore_is_a_context_manager(threading):
    check_context_manager(lambda: threading.Semaphore(1))


@clause("with.semaphore.acquired")
def test_a_semaphore_is_taken_in_the_block(threading, actors):
    check_acquired(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.acquired")
def test_a_semaphore_is_held_in_a_block_that_had_to_wait(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_acquired_after_waiting(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.entry-blocks")
def test_entry_blocks_while_a_semaphore_is_taken(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_entry_blocks(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.entry-blocks")
def test_entry_of_several_blocks_on_a_semaphore_blocks(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_entry_of_several_blocks(lambda: threading.Semaphore(1), actors)


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


@clause("with.semaphore.released")
def test_a_semaphore_is_released_when_the_block_is_left(threading, actors):
    check_released(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.released")
def test_a_block_may_release_its_semaphore_and_take_it_again(threading, actors):
    check_released_and_taken_again(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.released")
def test_a_semaphore_is_released_to_a_waiter_and_after_that(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_released_beside_waiters(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.released-after-exception")
def test_a_semaphore_is_released_after_an_exception(threading, actors):
    check_released_after_exception(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.released-after-exception")
def test_two_semaphores_are_released_after_an_exception(threading, actors):
    check_released_after_exception_in_two(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.exception-goes-on")
def test_an_exception_goes_on_from_a_block_on_a_semaphore(threading, actors):
    check_exception_goes_on(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.exception-goes-on")
def test_an_exception_goes_on_from_a_semaphore_that_a_thread_waits_for(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_exception_goes_on_beside_waiters(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.exception-goes-on")
def test_an_exception_goes_on_from_nested_blocks_on_a_semaphore(threading, actors):
    check_exception_goes_on_from_inner(lambda: threading.Semaphore(2), actors)


@clause("with.semaphore.counter-kept")
def test_a_block_leaves_the_counter_of_a_semaphore_as_it_was(threading, actors):
    check_counter_kept(threading.Semaphore, actors)


@clause("with.semaphore.counter-kept")
def test_nested_blocks_leave_the_counter_of_a_semaphore_as_it_was(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_counter_kept_by_nested_blocks(threading.Semaphore, actors)


@clause("with.semaphore.counter-kept")
def test_a_block_that_a_thread_waits_for_gives_one_back_to_a_semaphore(threading, actors):
    check_counter_kept_beside_waiters(threading.Semaphore, actors)


@clause("with.semaphore.counter-kept")
def test_the_counter_of_a_semaphore_is_kept_when_a_block_is_met(threading, actors):
    check_counter_kept_when_met(threading.Semaphore, actors)


@clause("with.semaphore.counter-kept")
def test_leaving_a_block_adds_one_to_a_semaphore_released_in_it(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore = threading.Semaphore(1)
    counter = Counter(actors)
    for count in range(2, 4):
        actors.call(leave_released, semaphore)
        wrong = counter.differs(semaphore, count)
        assert wrong is None, "a counter of %d is %s" % (count, wrong)


@clause("with.semaphore.as-many-as-the-value")
def test_as_many_blocks_as_the_counter_of_a_semaphore_says(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_as_many_as_the_value(threading.Semaphore, actors)


@clause("with.semaphore.as-many-as-the-value")
def test_no_more_blocks_than_a_semaphore_allows_under_contention(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    check_as_many_under_contention(threading.Semaphore, actors, rounds)


@clause("with.semaphore.mutual-exclusion")
def test_blocks_on_a_semaphore_are_entered_one_at_a_time(threading, actors):
    check_one_at_a_time(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.mutual-exclusion")
def test_blocks_on_a_semaphore_that_meet_exclude_each_other(threading, actors):
    check_met_at_every_line(lambda: threading.Semaphore(1), actors)


@clause("with.semaphore.mutual-exclusion")
def test_threads_contend_for_a_semaphore_by_with(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    check_exclusion(lambda: threading.Semaphore(1), actors, rounds)


@clause("with.semaphore.as-value")
def test_what_as_gives_for_a_semaphore(threading, observe):
    check_as_value(lambda: threading.Semaphore(1), observe)


@clause("with.semaphore.entry-blocks")
def test_the_block_of_a_semaphore_is_entered_only_with_a_permit(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    lock = threading.Semaphore()
    check_acquire(actors, lock, enter, lock)
