"""Locks, conditions and semaphores in the with statement: cases for ``spec/with.toml``.

What is asked of every kind stands once, in a ``check_...`` function; a case applies it to one kind.
Whether an object is held is told by a plain ``acquire()`` in another thread, which blocks or
returns.  No check is made inside a block: an implementation that swallows exceptions would hide it.
"""

from threadspec.conformance.battery.premises import check_excludes, check_waits_at_zero
from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, truth

# Seconds after which threads contend no longer, however slow the implementation is.
CONTENTION = 1.0


class OwnException(Exception):
    """An exception that no implementation knows."""


class OwnBaseException(BaseException):
    """One that is no Exception either."""


class FalseException(Exception):
    """One whose truth value is false."""

    def __len__(self):
        return 0


def errors():
    """Exceptions of many kinds, newly made."""
    return [
        OwnException("own"),
        RuntimeError("of the block"),
        ValueError("of the block"),
        KeyError("of the block"),
        AssertionError("of the block"),
        AttributeError("of the block"),
        TypeError("of the block"),
        IndexError("of the block"),
        EnvironmentError("of the block"),
        StopIteration("of the block"),
        FalseException(),
        KeyboardInterrupt("of the block"),
        SystemExit("of the block"),
        GeneratorExit("of the block"),
        OwnBaseException("own"),
    ]


def body(lock):
    """A with block that is entered by the first step, and left by the second."""
    with lock:
        yield


class Block(object):
    """A with block that an actor, a new one if none is given, enters and leaves when told to."""

    def __init__(self, actors, lock, actor=None):
        self.actor = actor or actors.new()
        self._steps = body(lock)

    def enter(self):
        return self.actor.start(next, self._steps)

    def leave(self):
        return self.actor.start(list, self._steps)

    def leave_by(self, error):
        return self.actor.start(self._steps.throw, error)


def visit(lock):
    """Acquire and release without a with statement."""
    lock.acquire()
    lock.release()


def leave_at_the_end(lock):
    with lock:
        pass


def leave_by_return(lock):
    with lock:
        return


def leave_by_break(lock):
    while True:
        with lock:
            break


def leave_by_continue(lock):
    for _ in range(2):
        with lock:
            continue


def leave_many_times(lock):
    until = clock() + CONTENTION
    for _ in range(100):
        with lock:
            pass
        if clock() > until:
            break


def leave_after_a_pause(lock, taken):
    with lock:
        lock.release()
        lock.acquire()
        taken.append(lock)


def leave_by_error(lock, error):
    with lock:
        raise error


def leave_two_by_error(outer, inner, error):
    with outer:
        with inner:
            raise error


def leave_released(lock):
    with lock:
        lock.release()


# -- what is asked of every kind ------------------------------------------------------------------


def check_context_manager(make):
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


def check_acquired(make, actors):
    lock = make()
    entrant, visitor = actors.new(), actors.new()
    for _ in range(3):
        block = Block(actors, lock, entrant)
        block.enter().result()
        blocked = visitor.start(visit, lock).is_blocked()
        left = block.leave().returned() and visitor.returned()
        assert blocked, "another thread acquired it while the block was executed"
        if not left:
            break  # another clause's business


def check_acquired_after_waiting(make, actors):
    lock = make()
    holder, entrant, visitor = actors.new(), actors.new(), actors.new()
    for _ in range(2):
        holder.call(lock.acquire)
        block = Block(actors, lock, entrant)
        waited = block.enter().is_blocked()
        holder.call(lock.release)
        if not (waited and entrant.returned()):
            break  # another clause's business
        blocked = visitor.start(visit, lock).is_blocked()
        left = block.leave().returned() and visitor.returned()
        assert blocked, "another thread acquired it while a block that had waited was executed"
        if not left:
            break


def check_entry_blocks(make, actors):
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


def check_entry_of_several_blocks(make, actors):
    def enter_and_leave(lock):
        with lock:
            pass

    lock = make()
    holder = actors.new()
    holder.call(lock.acquire)
    helpers = actors.start_many(3, enter_and_leave, lock)
    ended = actors.ended(helpers)
    holder.call(lock.release)
    assert ended == [], "%d of 3 blocks were entered while another thread held it" % len(ended)
    ended = actors.ended(helpers, at_least=3)  # fewer where a block does not release it
    assert ended, "no block was entered after the other thread's release()"


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
        assert len(ended) == 1, "%d of the waiting blocks were entered at once" % len(ended)
        waiting.remove(ended[0])
        for block in helpers:
            if block.actor is ended[0]:
                block.leave().result()


def check_met_at_every_line(make, actors):
    inside = []
    seen = []
    steps = []

    def prepare():
        lock = make()
        steps[:] = [body(lock)]

        def pass_through():
            with lock:
                seen.append(len(inside))

        def enter():
            next(steps[0])
            inside.append(lock)

        return pass_through, enter

    for meeting in meetings(actors, prepare):
        entered = meeting.other.returned()
        assert entered, "a block was not entered after another had been left"
        actors.ended([meeting.call])  # it is through, or waits for the other block to be left
        del inside[:]
        left = meeting.other.start(list, steps[0]).returned()
        assert left and meeting.call.returned(), "after two blocks had met, one was not left"
        assert max(seen) == 0, "a block was entered while another thread was in one"


def check_released(make, actors):
    lock = make()
    leaver = actors.new()
    visitor = actors.new()
    for leave in (leave_at_the_end, leave_by_return, leave_by_break, leave_by_continue) * 2:
        leaver.start(leave, lock)
        assert leaver.returned()
        visitor.start(visit, lock)
        assert visitor.returned(), "it is not released (%s)" % leave.__name__
    leaver.start(leave_many_times, lock)
    assert leaver.returned(), "one of many blocks did not release it"
    visitor.start(visit, lock)
    assert visitor.returned(), "it is not released after many blocks"


def check_released_beside_waiters(make, actors):
    lock = make()
    leaver = actors.new()
    visitor = actors.new()
    for _ in range(2):
        block = Block(actors, lock, leaver)
        block.enter().result()
        blocked = visitor.start(visit, lock).is_blocked()
        left = block.leave().returned()
        if not blocked:
            break  # another clause's business
        assert left and visitor.returned(), "it is not released to a waiter"
        leaver.start(leave_at_the_end, lock).returned()
        assert visitor.start(visit, lock).returned(), "it is not released by the block after that"


def check_released_after_exception(make, actors):
    leaver = actors.new()
    visitor = actors.new()
    for error in errors():
        lock = make()
        for _ in range(2):
            leaver.start(leave_by_error, lock, error).raised()
            visitor.start(visit, lock)
            assert visitor.returned(), "it is not released after %s" % type(error).__name__
    lock = make()
    block = Block(actors, lock, leaver)
    block.enter().result()
    block.leave_by(OwnException("thrown in")).raised()
    visitor.start(visit, lock)
    assert visitor.returned(), "it is not released after an exception thrown into a generator"


def check_released_after_exception_in_two(make, actors):
    outer, inner = make(), make()
    leaver = actors.start(leave_two_by_error, outer, inner, OwnException("own"))
    leaver.raised()
    for lock in (inner, outer):
        visitor = actors.start(visit, lock)
        assert visitor.returned()


def check_exception_goes_on(make, actors):
    leaver = actors.new()
    for error in errors():
        name = type(error).__name__
        seen = leaver.start(leave_by_error, make(), error).raised()
        assert seen is error, "after %s in the block, %r came out" % (name, seen)
    for error in errors():
        name = type(error).__name__
        seen = leaver.start(leave_two_by_error, make(), make(), error).raised()
        assert seen is error, "after %s in two blocks, %r came out" % (name, seen)
    lock = make()
    for number in range(1, 4):
        error = OwnException(number)
        seen = leaver.start(leave_by_error, lock, error).raised()
        if not leaver.has_ended():
            break  # it was not released: another clause's business
        assert seen is error, "after exception %d in a block on it, %r came out" % (number, seen)


def check_exception_goes_on_beside_waiters(make, actors):
    lock = make()
    for error in (OwnException("own"), RuntimeError("of the block")):
        block = Block(actors, lock)
        block.enter().result()
        visitor = actors.start(visit, lock)
        blocked = visitor.is_blocked()
        seen = block.leave_by(error).raised()
        if not blocked:
            break  # another clause's business
        name = type(error).__name__
        assert seen is error, "after %s, with a thread waiting, %r came out" % (name, seen)
        if not visitor.returned():
            break  # another clause's business


def check_exception_goes_on_from_inner(make, actors):
    def leave_both(lock, error, entered):
        with lock:
            with lock:
                entered.append(lock)
                raise error

    for error in (OwnException("own"), RuntimeError("of the block"), KeyboardInterrupt()):
        entered = []
        seen = actors.start(leave_both, make(), error, entered).raised()
        if not entered:
            break  # another clause's business
        name = type(error).__name__
        assert seen is error, "after %s in nested blocks, %r came out" % (name, seen)


def check_exit_error(make, actors):
    # Measured by what release() itself does on such an object: only a difference is a fault here.
    lock = make()
    own = actors.start(lock.release).raised()
    if own is None:
        return
    # Each error may be of a class of its own, derived from the documented one.
    kind = [one for one in (RuntimeError, ValueError, type(own)) if isinstance(own, one)][0]
    lock = make()
    for _ in range(2):
        leaver = actors.start(leave_released, lock)
        seen = leaver.raised()
        assert isinstance(seen, kind), "release() raises %s; when the block is left, %r comes" % (
            type(own).__name__,
            seen,
        )
        visitor = actors.start(visit, lock)
        assert visitor.returned(), "it is not free after the error"


def check_released_and_taken_again(make, actors):
    lock = make()
    for _ in range(2):
        taken = []
        leaver = actors.start(leave_after_a_pause, lock, taken)
        left = leaver.returned()
        if not taken:
            break  # it is not held in the block: another clause's business
        assert left
        visitor = actors.start(visit, lock)
        assert visitor.returned()


def most_inside(lock, actors, rounds):
    """The most threads that were in a block on ``lock`` at once, of four that contend for it."""
    inside = []
    most = []
    until = clock() + CONTENTION

    def work():
        for _ in range(rounds // 4):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()
            if clock() > until:
                break

    helpers = [actors.start(work) for _ in range(4)]
    ended = actors.ended(helpers, at_least=4)
    for actor in ended:
        actor.result()
    assert len(ended) == 4, "%d of 4 threads got through" % len(ended)
    return max(most)


def check_exclusion(make, actors, rounds):
    check_one_at_a_time(make, actors)  # which needs no luck to find that nobody is kept out
    most = most_inside(make(), actors, rounds)
    assert most == 1, "%d threads were in the block at once" % most


def check_as_value(make, observe):
    lock = make()
    with lock as value:
        pass
    if value is lock:
        observe("the object")
    else:
        observe(truth(value))


# -- Lock -----------------------------------------------------------------------------------------


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


# -- RLock ----------------------------------------------------------------------------------------


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


def check_nested_blocks(make, actors):
    lock = make()
    depth = 4
    blocks = [body(lock) for _ in range(depth)]
    owner = actors.new()
    for _ in range(2):
        for block in blocks:
            owner.start(next, block)
            assert owner.returned(), "a block inside a block on the same object was not entered"
        visitor = actors.start(visit, lock)
        for left, block in enumerate(reversed(blocks)):
            blocked = visitor.is_blocked()
            assert blocked, "it was released when %d of %d blocks were left" % (left, depth)
            owner.call(list, block)
        assert visitor.returned(), "it was not released when the outermost block was left"
        blocks = [body(lock) for _ in range(depth)]


def check_nested_exceptions(make, actors):
    lock = make()
    blocks = [body(lock) for _ in range(3)]
    owner = actors.new()
    for block in blocks:
        owner.start(next, block)
        assert owner.returned(), "a block inside a block on the same object was not entered"
    visitor = actors.start(visit, lock)
    for block in reversed(blocks):
        blocked = visitor.is_blocked()
        assert blocked, "it was released by an exception before the outermost block was left"
        owner.start(block.throw, OwnException("own")).raised()
    assert visitor.returned(), "it was not released when an exception left the outermost block"


def check_level_kept(make, actors):
    def plain(lock):
        with lock:
            pass

    def failing(lock):
        try:
            with lock:
                raise OwnException("own")
        except OwnException:
            pass

    def nested(lock):
        with lock:
            with lock:
                pass

    for blocks in (plain, failing, nested):
        lock = make()
        owner = actors.new()
        owner.call(lock.acquire)
        owner.call(lock.acquire)
        for _ in range(2):
            owner.start(blocks, lock)
            assert owner.returned()
        visitor = actors.start(visit, lock)
        for count in range(2):
            blocked = visitor.is_blocked()
            assert blocked, "acquired twice, it was unlocked after %d releases" % count
            owner.call(lock.release)
        assert visitor.returned(), "acquired twice, it was still locked after two releases"


def check_acquired_once_more_in_block(make, actors):
    def take_one(lock):
        with lock:
            lock.acquire()
            taken.append(lock)

    lock = make()
    taken = []
    owner = actors.new()
    left = owner.start(take_one, lock).returned()
    if not taken:
        return  # the thread in the block does not own it: another clause's business
    assert left
    visitor = actors.start(visit, lock)
    blocked = visitor.is_blocked()
    owner.start(lock.release)
    assert blocked, "leaving the block undid more than the acquire() of its entry"
    assert owner.returned()
    assert visitor.returned()


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


# -- Condition ------------------------------------------------------------------------------------


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


# -- Semaphore ------------------------------------------------------------------------------------


def take(semaphore, times):
    for _ in range(times):
        semaphore.acquire()


def give_back(semaphore, times):
    for _ in range(times):
        semaphore.release()


class Counter(object):
    """Tells how a semaphore's counter differs from what it should be, and leaves it as it is."""

    def __init__(self, actors):
        self._taker = actors.new()
        self._last = actors.new()

    def differs(self, semaphore, expected):
        """Say "less" or "more" where the counter is not ``expected`` (1 at least), else None."""
        if not self._taker.start(take, semaphore, expected).returned():
            return "less"
        blocked = self._last.start(semaphore.acquire).is_blocked()
        self._taker.start(semaphore.release).raised()
        # The one that waited has its permit before more come back: no bound is ever exceeded.
        self._last.returned()
        self._last.start(give_back, semaphore, expected).raised()
        return None if blocked else "more"


def check_counter_kept(make, actors):
    def swallow(semaphore, error):
        try:
            leave_by_error(semaphore, error)
        except type(error):
            pass

    def check(semaphore, value, left):
        wrong = counter.differs(semaphore, value)
        assert wrong is None, "the counter was %d before the block, and %s after it, left %s" % (
            value,
            wrong,
            left,
        )

    counter = Counter(actors)
    leaver = actors.new()
    semaphore = make(1)
    leaver.call(leave_at_the_end, semaphore)
    check(semaphore, 1, "at its end")
    semaphore = make(3)
    leaver.call(semaphore.acquire)  # from now on the counter is below what it started with
    for leave in (leave_at_the_end, leave_by_return, leave_by_break, leave_by_continue):
        leaver.call(leave, semaphore)
        check(semaphore, 2, "(%s)" % leave.__name__)
    for error in (OwnException("own"), ValueError("of the block"), KeyboardInterrupt()):
        leaver.call(swallow, semaphore, error)
        check(semaphore, 2, "by " + type(error).__name__)


def check_counter_kept_beside_waiters(make, actors):
    semaphore = make(1)
    counter = Counter(actors)
    visitor = actors.new()
    block = Block(actors, semaphore)
    block.enter().result()
    blocked = visitor.start(visit, semaphore).is_blocked()
    block.leave().result()
    if blocked and visitor.returned():  # otherwise another clause's business
        wrong = counter.differs(semaphore, 1)
        assert wrong is None, "a counter of 1 is %s after a block that a thread waited for" % wrong


def check_counter_kept_when_met(make, actors):
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
        assert taker.returned(), "the counter is less than 1 after an acquire() that met a block"
    helpers = [actors.start(semaphore.acquire) for semaphore in semaphores]
    ended = actors.ended(helpers)
    for semaphore in semaphores:
        taker.start(semaphore.release).raised()
    assert ended == [], "the counter is more than 1 after an acquire() that met a block"


def check_counter_kept_by_nested_blocks(make, actors):
    def nest(semaphore):
        with semaphore:
            with semaphore:
                with semaphore:
                    pass

    semaphore = make(3)
    counter = Counter(actors)
    leaver = actors.new()
    for _ in range(2):
        leaver.start(nest, semaphore)
        assert leaver.returned(), "with a counter of 3, three nested blocks were not entered"
        wrong = counter.differs(semaphore, 3)
        assert wrong is None, "a counter of 3 is %s after nested blocks" % wrong


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


def check_as_many_under_contention(make, actors, rounds):
    check_as_many_as_the_value(make, actors)  # which needs no luck
    most = most_inside(make(2), actors, rounds)
    assert most <= 2, "with a counter of 2, %d threads were in the block" % most


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


# -- BoundedSemaphore -----------------------------------------------------------------------------


@clause("with.boundedsemaphore.context-manager")
def test_a_bounded_semaphore_is_a_context_manager(threading):
    check_context_manager(lambda: threading.BoundedSemaphore(1))


@clause("with.boundedsemaphore.acquired")
def test_a_bounded_semaphore_is_taken_in_the_block(threading, actors):
    check_acquired(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.acquired")
def test_a_bounded_semaphore_is_held_in_a_block_that_had_to_wait(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_acquired_after_waiting(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.entry-blocks")
def test_entry_blocks_while_a_bounded_semaphore_is_taken(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_entry_blocks(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.entry-blocks")
def test_entry_of_several_blocks_on_a_bounded_semaphore_blocks(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_entry_of_several_blocks(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.released")
def test_a_bounded_semaphore_is_released_when_the_block_is_left(threading, actors):
    check_released(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.released")
def test_a_block_may_release_its_bounded_semaphore_and_take_it_again(threading, actors):
    check_released_and_taken_again(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.released")
def test_a_bounded_semaphore_is_released_to_a_waiter_and_after_that(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_released_beside_waiters(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.released-after-exception")
def test_a_bounded_semaphore_is_released_after_an_exception(threading, actors):
    check_released_after_exception(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.released-after-exception")
def test_two_bounded_semaphores_are_released_after_an_exception(threading, actors):
    check_released_after_exception_in_two(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.exception-goes-on")
def test_an_exception_goes_on_from_a_block_on_a_bounded_semaphore(threading, actors):
    check_exception_goes_on(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.exception-goes-on")
def test_an_exception_goes_on_from_a_bounded_semaphore_that_a_thread_waits_for(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_exception_goes_on_beside_waiters(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.exception-goes-on")
def test_an_exception_goes_on_from_nested_blocks_on_a_bounded_semaphore(threading, actors):
    check_exception_goes_on_from_inner(lambda: threading.BoundedSemaphore(2), actors)


@clause("with.boundedsemaphore.counter-kept")
def test_a_block_leaves_the_counter_of_a_bounded_semaphore_as_it_was(threading, actors):
    check_counter_kept(threading.BoundedSemaphore, actors)


@clause("with.boundedsemaphore.counter-kept")
def test_nested_blocks_leave_the_counter_of_a_bounded_semaphore_as_it_was(threading, actors):
    check_counter_kept_by_nested_blocks(threading.BoundedSemaphore, actors)


@clause("with.boundedsemaphore.counter-kept")
def test_a_block_that_a_thread_waits_for_gives_one_back_to_a_bounded_semaphore(threading, actors):
    check_counter_kept_beside_waiters(threading.BoundedSemaphore, actors)


@clause("with.boundedsemaphore.counter-kept")
def test_the_counter_of_a_bounded_semaphore_is_kept_when_a_block_is_met(threading, actors):
    check_counter_kept_when_met(threading.BoundedSemaphore, actors)


@clause("with.boundedsemaphore.as-many-as-the-value")
def test_as_many_blocks_as_the_counter_of_a_bounded_semaphore_says(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_as_many_as_the_value(threading.BoundedSemaphore, actors)


@clause("with.boundedsemaphore.as-many-as-the-value")
def test_no_more_blocks_than_a_bounded_semaphore_allows_under_contention(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_as_many_under_contention(threading.BoundedSemaphore, actors, rounds)


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
        wrong = counter.differs(semaphore, value)
        assert wrong is None, "after the error, a counter of %d is %s" % (value, wrong)


@clause("with.boundedsemaphore.mutual-exclusion")
def test_blocks_on_a_bounded_semaphore_are_entered_one_at_a_time(threading, actors):
    check_one_at_a_time(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.mutual-exclusion")
def test_blocks_on_a_bounded_semaphore_that_meet_exclude_each_other(threading, actors):
    check_met_at_every_line(lambda: threading.BoundedSemaphore(1), actors)


@clause("with.boundedsemaphore.mutual-exclusion")
def test_threads_contend_for_a_bounded_semaphore_by_with(threading, actors, rounds):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_exclusion(lambda: threading.BoundedSemaphore(1), actors, rounds)


@clause("with.boundedsemaphore.as-value")
def test_what_as_gives_for_a_bounded_semaphore(threading, observe):
    check_as_value(lambda: threading.BoundedSemaphore(1), observe)
