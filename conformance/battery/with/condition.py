"""``Condition`` in a with statement.

More of its cases are in ``battery/shared/blocks.py``.
"""

from threadspec.conformance.battery.shared import blocks
from threadspec.conformance.battery.support.blocks import Block, OwnException, check_blocks_nest
from threadspec.conformance.battery.support.calls import acquire_and_release
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), blocks)


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


@clause("with.condition.nested")
def test_blocks_on_a_condition_with_a_given_rlock_nest(threading, actors):
    check_blocks_nest(lambda: threading.Condition(threading.RLock()), actors)


@clause("with.condition.passed-lock")
def test_a_block_on_a_condition_holds_the_lock_passed_in(threading, actors):
    check_passed_lock(threading, threading.Lock(), actors)


@clause("with.condition.passed-lock")
def test_a_block_on_a_condition_holds_the_rlock_passed_in(threading, actors):
    check_passed_lock(threading, threading.RLock(), actors)


def check_passed_lock(threading, lock, actors):
    condition = threading.Condition(lock)
    for _ in range(2):
        for error in (None, OwnException("own")):
            block = Block(actors, condition)
            block.enter().result()
            visitor = actors.start(acquire_and_release, lock)
            blocked = visitor.is_blocked()
            if error is None:
                block.leave().result()
            else:
                block.leave_by(error).raised()
            assert blocked, "in the block, another thread acquired the lock that was passed in"
            assert visitor.returned(), "the block, left by %s, did not release the lock: %r" % (
                error and "an exception" or "its end",
                visitor,
            )
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


def check_held_in_block(actors, condition, waiter, steps):
    """Check that ``waiter`` holds the lock in a block after wait(), and releases it at its end."""
    visitor = actors.start(acquire_and_release, condition)
    blocked = visitor.is_blocked()
    waiter.call(list, steps)
    assert blocked, "in the block after wait(), another thread acquired the lock"
    assert visitor.returned(), "the block with a wait() did not release the lock: %r" % visitor


@clause("with.condition.wait-notify")
def test_wait_and_notify_in_blocks(threading, actors):
    def waiting_body():
        with condition:
            entered.append(condition)
            condition.wait()
            yield

    def notify():
        with condition:
            condition.notify()

    def notify_all():
        with condition:
            condition.notifyAll()

    condition = threading.Condition()
    for tell in (notify, notify, notify_all):
        entered = []
        steps = waiting_body()
        waiter = actors.start(next, steps)
        actors.until(lambda: entered, [waiter])  # noqa: B023 - who gets the lock now sees it wait
        actors.call(tell)
        assert waiter.returned(), "wait() did not return"
        check_held_in_block(actors, condition, waiter, steps)


@clause("with.condition.wait-notify")
def test_wait_with_a_time_out_in_a_block(threading, actors):
    def timed_body():
        with condition:
            condition.wait(0.001)
            yield

    condition = threading.Condition()
    waiter = actors.new()
    for _ in range(2):
        steps = timed_body()
        waiter.call(next, steps)
        check_held_in_block(actors, condition, waiter, steps)


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
    waiter, notifier = actors.new(), actors.new()
    for _ in range(2):
        del entered[:]
        steps = nested_body()
        waiter.start(next, steps)
        actors.until(lambda: entered, [waiter])  # who gets the lock now sees it wait
        assert notifier.start(notify).returned(), "the lock is not free during a wait()"
        assert waiter.returned(), "wait() did not return"
        check_held_in_block(actors, condition, waiter, steps)


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
