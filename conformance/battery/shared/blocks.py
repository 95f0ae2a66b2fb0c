"""What objects with acquire() and release() promise in a with statement; ``make`` creates one."""

from threadspec.conformance.battery.support.blocks import (
    WAYS,
    Block,
    Counter,
    OwnException,
    body,
    check_blocks_nest,
    check_exit_error,
    errors,
    leave_at_the_end,
    leave_by_error,
    leave_caught_error,
    leave_many_times,
    leave_nested,
    leave_two_by_error,
    most_inside,
)
from threadspec.conformance.battery.support.calls import acquire_and_release
from threadspec.conformance.battery.support.deadlines import check_acquire, enter
from threadspec.conformance.battery.support.kinds import (
    CONDITIONS,
    LOCKS,
    SEMAPHORES_OF_ONE,
    SEMAPHORES_OF_TWO,
)
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause, truth

# Files of battery/with, and the class that each is about.
CLASSES = dict(LOCKS, **dict(CONDITIONS, **SEMAPHORES_OF_ONE))

# Those whose release() is an error where it is unlocked, whatever it was created with.
RELEASE_CHECKED = dict(LOCKS, **CONDITIONS)

# Those of which a thread may enter a block inside a block.
REENTRANT = {"rlock": LOCKS["rlock"], "condition": CONDITIONS["condition"]}
NESTING = dict(REENTRANT, **SEMAPHORES_OF_TWO)

# Semaphores, where ``make`` is the class.
SEMAPHORES = {"semaphore": "Semaphore", "boundedsemaphore": "BoundedSemaphore"}


@clause("with.*.context-manager")
def test_it_is_a_context_manager(make):
    for _ in range(2):
        lock = make()
        ran = []
        error = None
        try:
            with lock:
                ran.append(1)
        except Exception as what:
            error = what
        # What goes wrong at the end of the block is another clause's business.
        assert ran == [1], "the block was not entered: %r" % (error,)


@clause("with.*.acquired")
def test_it_is_acquired_in_the_block(make, actors):
    lock = make()
    entrant, visitor = actors.new(), actors.new()
    for _ in range(3):
        block = Block(actors, lock, entrant)
        block.enter().result()
        blocked = visitor.start(acquire_and_release, lock).is_blocked()
        left = block.leave().returned() and visitor.returned()
        assert blocked, "another thread acquired it while the block was executed"
        if not left:
            break  # another clause's business


@clause("with.*.acquired")
def test_it_is_acquired_in_a_block_that_had_to_wait(make, actors):
    make.check_waits(actors)
    lock = make()
    holder, entrant, visitor = actors.new(), actors.new(), actors.new()
    for _ in range(2):
        holder.call(lock.acquire)
        block = Block(actors, lock, entrant)
        waited = block.enter().is_blocked()
        holder.call(lock.release)
        if not (waited and entrant.returned()):
            break  # another clause's business
        blocked = visitor.start(acquire_and_release, lock).is_blocked()
        left = block.leave().returned() and visitor.returned()
        assert blocked, "another thread acquired it while a block that had waited was executed"
        if not left:
            break


@clause("with.*.entry-blocks")
def test_entry_blocks_while_another_thread_holds_it(make, actors):
    make.check_waits(actors)
    lock = make()
    holder, entrant = actors.new(), actors.new()
    for _ in range(3):
        if not holder.start(lock.acquire).returned():
            break  # the block did not release it: another clause's business
        block = Block(actors, lock, entrant)
        blocked = block.enter().is_blocked()
        holder.call(lock.release)
        entered = entrant.returned()
        assert blocked, "the block was entered while another thread held it"
        assert entered, "the block was not entered after the other thread's release()"
        if not block.leave().returned():
            break


@clause("with.*.entry-blocks")
def test_entry_of_several_blocks_blocks(make, actors):
    make.check_waits(actors)
    lock = make()
    holder = actors.new()
    holder.call(lock.acquire)
    helpers = actors.start_many(3, leave_at_the_end, lock)
    ended = actors.ended(helpers)
    holder.call(lock.release)
    assert ended == [], "%d of 3 blocks were entered while another thread held it" % len(ended)
    ended = actors.ended(helpers, at_least=3)  # fewer where a block does not release it
    assert ended, "no block was entered after the other thread's release()"


@clause("with.*.entry-blocks")
def test_entry_blocks_for_as_long_as_it_takes(make, actors):
    make.check_waits(actors)
    lock = make()
    check_acquire(actors, lock, enter, lock)


@clause("with.*.mutual-exclusion")
def test_blocks_are_entered_one_at_a_time(make, actors):
    check_one_at_a_time(make, actors)


def check_one_at_a_time(make, actors):
    lock = make()
    first = Block(actors, lock)
    first.enter().result()
    helpers = [Block(actors, lock) for _ in range(3)]
    waiting = [block.enter() for block in helpers]
    ended = actors.ended(waiting)
    assert ended == [], "%d more blocks were entered" % len(ended)
    first.leave()
    for _ in range(3):
        ended = actors.ended(waiting, at_least=1)
        assert len(ended) == 1, "%d of the waiting blocks were entered simultaneously" % len(ended)
        waiting.remove(ended[0])
        for block in helpers:
            if block.actor is ended[0]:
                block.leave().result()


@clause("with.*.mutual-exclusion")
def test_a_block_amid_the_entry_of_another_waits(make, actors):
    inside = []
    seen = []
    steps = []

    def prepare():
        lock = make()
        steps[:] = [body(lock)]

        def pass_through():
            with lock:
                seen.append(len(inside))

        def enter_block():
            next(steps[0])
            inside.append(lock)

        return pass_through, enter_block

    for meeting in meetings(actors, prepare):
        entered = meeting.other.returned()
        assert entered, "a block was not entered after another had been left"
        actors.ended([meeting.call])  # it is through, or waits for the other block to be left
        del inside[:]
        left = meeting.other.start(list, steps[0]).returned()
        assert left and meeting.call.returned(), "one of two blocks was not left"
        assert max(seen) == 0, "a block was entered while another thread was in one"


@clause("with.*.mutual-exclusion")
def test_threads_contend_by_with(make, actors, rounds):
    make.check_waits(actors)
    check_one_at_a_time(make, actors)  # certain to fail where nothing blocks
    most = most_inside(make(), actors, rounds)
    assert most == 1, "%d threads were in the block simultaneously" % most


@clause("with.*.released")
def test_it_is_released_when_the_block_is_left(make, actors):
    lock = make()
    leaver, visitor = actors.new(), actors.new()
    for leave in WAYS * 2:
        leaver.start(leave, lock)
        assert leaver.returned()
        visitor.start(acquire_and_release, lock)
        assert visitor.returned(), "not released (%s): %r" % (leave.__name__, visitor)
    leaver.start(leave_many_times, lock)
    assert leaver.returned(), "one of many blocks did not release it"
    visitor.start(acquire_and_release, lock)
    assert visitor.returned(), "not released after many blocks: %r" % visitor


@clause("with.*.released")
def test_a_block_may_release_it_and_acquire_it_again(make, actors):
    def leave_after_a_pause():
        with lock:
            lock.release()
            lock.acquire()
            taken.append(lock)

    lock = make()
    for _ in range(2):
        taken = []
        left = actors.start(leave_after_a_pause).returned()
        if not taken:
            break  # it is not held in the block: another clause's business
        assert left, "the block that released it and acquired it again was not left"
        visitor = actors.start(acquire_and_release, lock)
        assert visitor.returned()


@clause("with.*.released")
def test_it_is_released_to_a_waiter_and_after_that(make, actors):
    make.check_waits(actors)
    lock = make()
    leaver, visitor = actors.new(), actors.new()
    for _ in range(2):
        block = Block(actors, lock, leaver)
        block.enter().result()
        blocked = visitor.start(acquire_and_release, lock).is_blocked()
        left = block.leave().returned()
        if not blocked:
            break  # another clause's business
        assert left and visitor.returned(), "not released to a waiter: %r" % visitor
        leaver.start(leave_at_the_end, lock).returned()
        visitor.start(acquire_and_release, lock)
        assert visitor.returned(), "not released by the next block: %r" % visitor


@clause("with.*.released-after-exception")
def test_it_is_released_after_an_exception(make, actors):
    leaver, visitor = actors.new(), actors.new()
    for error in errors():
        lock = make()
        for _ in range(2):
            leaver.start(leave_by_error, lock, error).raised()
            visitor.start(acquire_and_release, lock)
            assert visitor.returned(), "not released after %s: %r" % (type(error).__name__, visitor)
    lock = make()
    block = Block(actors, lock, leaver)
    block.enter().result()
    block.leave_by(OwnException("thrown in")).raised()
    visitor.start(acquire_and_release, lock)
    assert visitor.returned(), (
        "not released after an exception was thrown into a generator: %r" % visitor
    )


@clause("with.*.released-after-exception")
def test_two_are_released_after_an_exception(make, actors):
    outer, inner = make(), make()
    actors.start(leave_two_by_error, outer, inner, OwnException("own")).raised()
    for lock in (inner, outer):
        visitor = actors.start(acquire_and_release, lock)
        assert visitor.returned()


@clause("with.*.exception-goes-on")
def test_an_exception_goes_on(make, actors):
    leaver = actors.new()
    for error in errors():
        name = type(error).__name__
        seen = leaver.start(leave_by_error, make(), error).raised()
        assert seen is error, "the block raised %s; %r came out" % (name, seen)
    for error in errors():
        name = type(error).__name__
        seen = leaver.start(leave_two_by_error, make(), make(), error).raised()
        assert seen is error, "a block within a block raised %s; %r came out" % (name, seen)
    lock = make()
    for number in range(1, 4):
        error = OwnException(number)
        seen = leaver.start(leave_by_error, lock, error).raised()
        if not leaver.has_ended():
            break  # it was not released: another clause's business
        assert seen is error, "block %d on the same object raised; %r came out" % (number, seen)


@clause("with.*.exception-goes-on")
def test_an_exception_goes_on_while_a_thread_waits(make, actors):
    make.check_waits(actors)
    lock = make()
    for error in (OwnException("own"), RuntimeError("of the block")):
        block = Block(actors, lock)
        block.enter().result()
        visitor = actors.start(acquire_and_release, lock)
        blocked = visitor.is_blocked()
        seen = block.leave_by(error).raised()
        if not blocked:
            break  # another clause's business
        assert seen is error, "while a thread waited, the block raised %s; %r came out" % (
            type(error).__name__,
            seen,
        )
        if not visitor.returned():
            break  # another clause's business


@clause("with.*.exception-goes-on", of=NESTING)
def test_an_exception_goes_on_from_nested_blocks(make, actors):
    def leave_both(lock, error):
        with lock:
            with lock:
                entered.append(lock)
                raise error

    for error in (OwnException("own"), RuntimeError("of the block"), KeyboardInterrupt()):
        entered = []
        seen = actors.start(leave_both, make(), error).raised()
        if not entered:
            break  # another clause's business
        assert seen is error, "nested blocks on one object raised %s; %r came out" % (
            type(error).__name__,
            seen,
        )


@clause("with.*.exit-error", of=RELEASE_CHECKED)
def test_leaving_a_block_that_released_it_is_an_error(make, actors):
    check_exit_error(make, actors)


@clause("with.*.as-value")
def test_what_as_gives(make, observe):
    lock = make()
    with lock as value:
        pass
    observe("the object" if value is lock else truth(value))


# -- re-entrant ones ------------------------------------------------------------------------------


@clause("with.*.nested", of=REENTRANT)
def test_blocks_nest(make, actors):
    check_blocks_nest(make, actors)


@clause("with.*.nested", of=REENTRANT)
def test_nested_blocks_are_left_by_exceptions(make, actors):
    lock = make()
    blocks = [body(lock) for _ in range(3)]
    owner = actors.new()
    for block in blocks:
        owner.start(next, block)
        assert owner.returned(), "a block within a block on the same object was not entered"
    visitor = actors.start(acquire_and_release, lock)
    for block in reversed(blocks):
        blocked = visitor.is_blocked()
        assert blocked, "before an exception left the outermost block: %r" % visitor
        owner.start(block.throw, OwnException("own")).raised()
    assert visitor.returned(), "after an exception left the outermost block: %r" % visitor


@clause("with.*.level-kept", of=REENTRANT)
def test_a_block_leaves_the_level_as_it_was(make, actors):
    for leave in (
        leave_at_the_end,
        lambda lock: leave_caught_error(lock, OwnException("own")),
        leave_nested,
    ):
        lock = make()
        owner = actors.new()
        owner.call(lock.acquire)
        owner.call(lock.acquire)
        for _ in range(2):
            owner.start(leave, lock)
            assert owner.returned()
        visitor = actors.start(acquire_and_release, lock)
        for count in range(2):
            blocked = visitor.is_blocked()
            assert blocked, "acquired twice and released %d times: %r" % (count, visitor)
            owner.call(lock.release)
        assert visitor.returned(), "acquired twice and released twice: %r" % visitor


@clause("with.*.level-kept", of=REENTRANT)
def test_leaving_a_block_undoes_one_acquire(make, actors):
    def take_one():
        with lock:
            lock.acquire()
            taken.append(lock)

    lock = make()
    taken = []
    owner = actors.new()
    left = owner.start(take_one).returned()
    if not taken:
        return  # the thread in the block does not own it: another clause's business
    assert left, "a block in which it was acquired once more was not left"
    visitor = actors.start(acquire_and_release, lock)
    blocked = visitor.is_blocked()
    owner.start(lock.release)
    assert blocked, "leaving the block undid more than the acquire() of its entry"
    assert owner.returned()
    assert visitor.returned()


# -- semaphores -----------------------------------------------------------------------------------


@clause("with.*.counter-kept", of=SEMAPHORES)
def test_a_block_leaves_the_counter_as_it_was(make, actors):
    counter = Counter(actors)
    leaver = actors.new()
    semaphore = make(1)
    leaver.call(leave_at_the_end, semaphore)
    counter.check(semaphore, 1, "after a block that was left at its end")
    semaphore = make(3)
    leaver.call(semaphore.acquire)  # from now on the counter is below its initial value
    for leave in WAYS:
        leaver.call(leave, semaphore)
        counter.check(semaphore, 2, "after a block (%s)" % leave.__name__)
    for error in (OwnException("own"), ValueError("of the block"), KeyboardInterrupt()):
        leaver.call(leave_caught_error, semaphore, error)
        counter.check(semaphore, 2, "after a block that was left by " + type(error).__name__)


@clause("with.*.counter-kept", of=SEMAPHORES)
def test_nested_blocks_leave_the_counter_as_it_was(make, actors):
    def nest(semaphore):
        with semaphore:
            leave_nested(semaphore)

    check_waits_at_zero(actors, make)
    semaphore = make(3)
    counter = Counter(actors)
    leaver = actors.new()
    for _ in range(2):
        leaver.start(nest, semaphore)
        assert leaver.returned(), "with a counter of 3, three nested blocks were not entered"
        counter.check(semaphore, 3, "after nested blocks")


@clause("with.*.counter-kept", of=SEMAPHORES)
def test_a_block_that_a_thread_waits_for_leaves_the_counter_as_it_was(make, actors):
    semaphore = make(1)
    counter = Counter(actors)
    visitor = actors.new()
    block = Block(actors, semaphore)
    block.enter().result()
    blocked = visitor.start(acquire_and_release, semaphore).is_blocked()
    block.leave().result()
    if blocked and visitor.returned():  # otherwise another clause's business
        counter.check(semaphore, 1, "after a block that a thread waited for")


@clause("with.*.counter-kept", of=SEMAPHORES)
def test_an_acquire_amid_a_block_leaves_the_counter_as_it_was(make, actors):
    semaphores = []

    def prepare():
        semaphore = make(2)
        semaphores.append(semaphore)
        return lambda: leave_at_the_end(semaphore), semaphore.acquire

    for meeting in meetings(actors, prepare):
        if not (meeting.call.returned() and meeting.other.returned()):
            return  # another clause's business
    taker = actors.new()
    for semaphore in semaphores:
        taker.start(semaphore.acquire)
        assert taker.returned(), "created with 2, after acquire() amid a block: %r" % taker
    helpers = [actors.start(semaphore.acquire) for semaphore in semaphores]
    ended = actors.ended(helpers)
    for semaphore in semaphores:
        taker.start(semaphore.release).raised()
    assert ended == [], "created with 2, after acquire() amid a block, two more acquire() returned"


@clause("with.*.as-many-as-the-value", of=SEMAPHORES)
def test_as_many_blocks_as_the_value(make, actors):
    check_waits_at_zero(actors, make)
    check_as_many_as_the_value(make, actors)


def check_as_many_as_the_value(make, actors):
    for value in (2, 3):
        semaphore = make(value)
        blocks = [Block(actors, semaphore) for _ in range(value)]
        for entered, block in enumerate(blocks):
            block.enter()
            assert block.actor.returned(), "with a counter of %d, only %d blocks were entered" % (
                value,
                entered,
            )
        for block in list(blocks):
            late = Block(actors, semaphore)
            blocked = late.enter().is_blocked()
            block.leave().result()
            assert blocked, "with a counter of %d, %d blocks were entered" % (value, value + 1)
            assert late.actor.returned(), "no block was entered after another had been left"
            blocks.append(late)
            blocks.remove(block)
        for block in blocks:
            block.leave().result()


@clause("with.*.as-many-as-the-value", of=SEMAPHORES)
def test_no_more_blocks_than_the_value_under_contention(make, actors, rounds):
    check_waits_at_zero(actors, make)
    check_as_many_as_the_value(make, actors)  # certain to fail where nothing blocks
    most = most_inside(make(2), actors, rounds)
    assert most <= 2, "with a counter of 2, %d threads were in the block" % most
