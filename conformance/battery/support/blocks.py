"""Checks of with blocks: applied to one class by each case."""

from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import truth

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
