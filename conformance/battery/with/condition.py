"""``Condition`` in a with statement."""

from threadspec.conformance.battery.support.blocks import (
    Block,
    OwnException,
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


@clause("with.condition.context-manager")
def test_a_condition_is_a_context_manager(threading):
    check_context_manager(threading.Condition)


@clause("with.condition.acquired")
def test_the_lock_of_a_condition_is_held_in_the_block(threading, actors):
    check_acquired(threading.Condition, actors)


@clause("with.condition.acquired")
def test_a_condition_is_held_in_a_block_that_had_to_wait(threading, actors):
    check_acquired_after_waiting(threading.Condition, actors)


@clause("with.condition.entry-blocks")
def test_entry_blocks_while_a_condition_is_held(threading, actors):
    check_entry_blocks(threading.Condition, actors)


@clause("with.condition.entry-blocks")
def test_entry_of_several_blocks_on_a_condition_blocks(threading, actors):
    check_entry_of_several_blocks(threading.Condition, actors)


@clause("with.condition.entry-blocks")
def test_a_block_is_entered_while_a_thread_waits_on_the_condition(threading, actors):
    condition = threading.Condition()
    waiter, holder = actors.new(), actors.new()
    waiter.call(condition.acquire)
    waiter.start(condition.wait)
    if not waiter.is_blocked():
        return  # another chapter's business
    holder.call(condition.acquire)
    block = Block(actors, condition)
    blocked = block.enter().is_blocked()
    holder.call(condition.release)
    entered = block.actor.returned()
    assert blocked, "the block was entered while another thread held it"
    assert entered, "the block was not entered while a thread was waiting on the condition"
    block.leave().returned()
    for action in (condition.acquire, condition.notify, condition.release):
        holder.start(action).returned()
    if waiter.returned():
        waiter.start(condition.release)


@clause("with.condition.released")
def test_a_condition_is_released_when_the_block_is_left(threading, actors):
    check_released(threading.Condition, actors)


@clause("with.condition.released")
def test_a_block_may_release_its_condition_and_take_it_again(threading, actors):
    check_released_and_taken_again(threading.Condition, actors)


@clause("with.condition.released")
def test_a_condition_is_released_to_a_waiter_and_after_that(threading, actors):
    check_released_beside_waiters(threading.Condition, actors)


@clause("with.condition.released-after-exception")
def test_a_condition_is_released_after_an_exception(threading, actors):
    check_released_after_exception(threading.Condition, actors)


@clause("with.condition.released-after-exception")
def test_two_conditions_are_released_after_an_exception(threading, actors):
    check_released_after_exception_in_two(threading.Condition, actors)


@clause("with.condition.exception-goes-on")
def test_an_exception_goes_on_from_a_block_on_a_condition(threading, actors):
    check_exception_goes_on(threading.Condition, actors)


@clause("with.condition.exception-goes-on")
def test_an_exception_goes_on_from_a_condition_that_a_thread_waits_for(threading, actors):
    check_exception_goes_on_beside_waiters(threading.Condition, actors)


@clause("with.condition.exception-goes-on")
def test_an_exception_goes_on_from_nested_blocks_on_a_condition(threading, actors):
    check_exception_goes_on_from_inner(threading.Condition, actors)


@clause("with.condition.nested")
def test_blocks_on_a_condition_nest(threading, actors):
    check_nested_blocks(threading.Condition, actors)


@clause("with.condition.nested")
def test_nested_blocks_on_a_condition_are_left_by_exceptions(threading, actors):
    check_nested_exceptions(threading.Condition, actors)


@clause("with.condition.nested")
def test_blocks_on_a_condition_with_a_given_rlock_nest(threading, actors):
    check_nested_blocks(lambda: threading.Condition(threading.RLock()), actors)


@clause("with.condition.level-kept")
def test_a_block_leaves_the_level_of_a_condition_as_it_was(threading, actors):
    check_level_kept(threading.Condition, actors)


@clause("with.condition.level-kept")
def test_leaving_a_block_undoes_one_acquire_of_a_condition(threading, actors):
    check_acquired_once_more_in_block(threading.Condition, actors)


def check_passed_lock(threading, make_lock, actors):
    lock = make_lock()
    condition = threading.Condition(lock)
    for _ in range(2):
        block = Block(actors, condition)
        block.enter().result()
        visitor = actors.start(visit, lock)
        blocked = visitor.is_blocked()
        block.leave().result()
        assert blocked, "the lock that was passed in is not held in the block"
        assert visitor.returned(), "the lock that was passed in is not released after the block"
        block = Block(actors, condition)
        block.enter().result()
        visitor = actors.start(visit, lock)
        blocked = visitor.is_blocked()
        block.leave_by(OwnException("own")).raised()
        assert blocked, "the lock that was passed in is not held in the block"
        assert visitor.returned(), "the lock that was passed in is not released by an exception"
    for _ in range(2):
        holder = actors.new()
        holder.call(lock.acquire)
        block = Block(actors, condition)
        blocked = block.enter().is_blocked()
        holder.call(lock.release)
        assert blocked, "the block was entered while the lock that was passed in was held"
        assert block.actor.returned(), "the block was not entered after the release of the lock"
        block.leave().result()


@clause("with.condition.passed-lock")
def test_a_block_on_a_condition_holds_the_lock_passed_in(threading, actors):
    check_passed_lock(threading, threading.Lock, actors)


@clause("with.condition.passed-lock")
def test_a_block_on_a_condition_holds_the_rlock_passed_in(threading, actors):
    check_passed_lock(threading, threading.RLock, actors)


@clause("with.condition.passed-lock")
def test_blocks_on_conditions_that_share_a_lock_exclude_each_other(threading, actors):
    lock = threading.Lock()
    first = Block(actors, threading.Condition(lock))
    second = Block(actors, threading.Condition(lock))
    first.enter().result()
    blocked = second.enter().is_blocked()
    first.leave().result()
    assert blocked, "blocks on two conditions with one lock were entered at the same time"
    assert second.actor.returned()
    second.leave().result()


def waiting_body(condition, entered):
    """A with block that waits for the condition, and is left by the second step."""
    with condition:
        entered.append(condition)
        condition.wait()
        yield


@clause("with.condition.wait-notify")
def test_wait_and_notify_in_blocks(threading, actors):
    def notify(condition):
        with condition:
            condition.notify()

    def notify_all(condition):
        with condition:
            condition.notifyAll()

    condition = threading.Condition()
    for tell in (notify, notify, notify_all):
        entered = []
        steps = waiting_body(condition, entered)
        waiter = actors.start(next, steps)
        actors.until(lambda: entered, [waiter])  # noqa: B023 - now who has the lock sees it wait
        actors.call(tell, condition)
        assert waiter.returned(), "wait() did not return"
        visitor = actors.start(visit, condition)
        blocked = visitor.is_blocked()
        waiter.call(list, steps)
        assert blocked, "the lock is not held in the block after wait()"
        assert visitor.returned(), "the lock is not released when a block with a wait() is left"


@clause("with.condition.wait-notify")
def test_wait_with_a_time_out_in_a_block(threading, actors):
    def timed_body():
        with condition:
            condition.wait(0.001)
            yield

    condition = threading.Condition()
    waiter, visitor = actors.new(), actors.new()
    for _ in range(2):
        steps = timed_body()
        waiter.call(next, steps)
        blocked = visitor.start(visit, condition).is_blocked()
        waiter.call(list, steps)
        assert blocked, "the lock is not held in the block after wait() has timed out"
        assert visitor.returned(), "the lock is not released when a block with a wait() is left"


@clause("with.condition.wait-notify")
def test_wait_in_nested_blocks(threading, actors):
    def nested_body():
        with condition:
            with condition:
                entered.append(condition)
                condition.wait()
            yield

    def notify():
        with condition:
            with condition:
                condition.notify()

    entered = []
    condition = threading.Condition()
    waiter, notifier, visitor = actors.new(), actors.new(), actors.new()
    for _ in range(2):
        del entered[:]
        steps = nested_body()
        waiter.start(next, steps)
        actors.until(lambda: entered, [waiter])  # now who has the lock sees it wait
        assert notifier.start(notify).returned(), "the lock is not free during a wait()"
        assert waiter.returned(), "wait() did not return"
        blocked = visitor.start(visit, condition).is_blocked()
        waiter.call(list, steps)
        assert blocked, "the lock is not held in the outer block after wait() in the inner one"
        assert visitor.returned(), "the lock is not released when the outer block is left"


@clause("with.condition.wait-notify")
def test_a_product_is_handed_over_in_blocks(threading, actors):
    condition = threading.Condition()
    products = []
    consumed = []

    def consume():
        for _ in range(2):
            with condition:
                while not products:
                    condition.wait()
                consumed.append(products.pop(0))

    def produce():
        for number in range(4):
            with condition:
                products.append(number)
                condition.notifyAll()

    helpers = [actors.start(consume), actors.start(consume)]
    actors.ended(helpers)
    producer = actors.start(produce)
    ended = actors.ended(helpers, at_least=2)
    assert producer.returned()
    assert len(ended) == 2, "%d of 4 products were consumed" % len(consumed)
    consumed.sort()
    assert consumed == list(range(4)), "the products consumed were %s, expected 0 to 3" % consumed


@clause("with.condition.exit-error")
def test_leaving_a_block_whose_condition_is_unlocked_is_an_error(threading, actors):
    check_exit_error(threading.Condition, actors)


@clause("with.condition.mutual-exclusion")
def test_blocks_on_a_condition_are_entered_one_at_a_time(threading, actors):
    check_one_at_a_time(threading.Condition, actors)


@clause("with.condition.mutual-exclusion")
def test_blocks_on_a_condition_that_meet_exclude_each_other(threading, actors):
    check_met_at_every_line(threading.Condition, actors)


@clause("with.condition.mutual-exclusion")
def test_threads_contend_for_a_condition_by_with(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    check_exclusion(threading.Condition, actors, rounds)


@clause("with.condition.as-value")
def test_what_as_gives_for_a_condition(threading, observe):
    check_as_value(threading.Condition, observe)


@clause("with.condition.entry-blocks")
def test_the_block_of_a_condition_is_entered_only_when_its_lock_is_free(threading, actors):
    lock = threading.Condition()
    check_acquire(actors, lock, enter, lock)
