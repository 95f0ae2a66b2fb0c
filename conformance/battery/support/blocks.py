"""With blocks: entered and left in another thread, and left in every way."""

from threadspec.conformance.battery.support.calls import acquire_and_release, check_all_end, repeat
from threadspec.conformance.battery.support.contention import Section
from threadspec.conformance.harness.blocking import clock

# Seconds after which threads contend no longer, however slow the implementation is.
CONTENTION = 1.0


class OwnException(Exception):
    """An exception that no implementation knows."""


class OwnBaseException(BaseException):
    """An exception that is not an Exception."""


class FalseException(Exception):
    """An exception whose truth value is false."""

    def __len__(self):
        return 0


def errors():
    """New exceptions of many kinds."""
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


WAYS = (leave_at_the_end, leave_by_return, leave_by_break, leave_by_continue)


def leave_many_times(lock):
    until = clock() + CONTENTION
    for _ in range(100):
        with lock:
            pass
        if clock() > until:
            break


def leave_by_error(lock, error):
    with lock:
        raise error


def leave_two_by_error(outer, inner, error):
    with outer:
        with inner:
            raise error


def leave_caught_error(lock, error):
    try:
        leave_by_error(lock, error)
    except type(error):
        pass


def leave_nested(lock):
    with lock:
        with lock:
            pass


def leave_released(lock):
    with lock:
        lock.release()


def check_exit_error(make, actors):
    """Check that leaving a block on an object that was released in it raises what release() does.

    Measured by what release() itself does on such an object: only a difference is a fault here.
    """
    own = actors.start(make().release).raised()
    if own is None:
        return
    # Each error may be of a class of its own, derived from the documented one.
    kind = [one for one in (RuntimeError, ValueError, type(own)) if isinstance(own, one)][0]
    lock = make()
    for _ in range(2):
        seen = actors.start(leave_released, lock).raised()
        assert isinstance(seen, kind), "release() raised %s; leaving the block raised %r" % (
            type(own).__name__,
            seen,
        )
        visitor = actors.start(acquire_and_release, lock)
        assert visitor.returned(), "not free after the error: %r" % visitor


def most_inside(lock, actors, rounds):
    """The most threads, of four that contend, that were simultaneously in a block on ``lock``."""
    section = Section()
    until = clock() + CONTENTION

    def work():
        for _ in range(rounds // 4):
            with lock:
                section.pass_through()
            if clock() > until:
                break

    check_all_end(actors, actors.start_many(4, work), "threads that contend")
    return section.most()


def check_blocks_nest(make, actors):
    """Check that a thread may enter a block within a block, and that the outermost one releases."""
    lock = make()
    depth = 4
    owner = actors.new()
    for _ in range(2):
        blocks = [body(lock) for _ in range(depth)]
        for block in blocks:
            owner.start(next, block)
            assert owner.returned(), "a block within a block on the same object was not entered"
        visitor = actors.start(acquire_and_release, lock)
        for left, block in enumerate(reversed(blocks)):
            blocked = visitor.is_blocked()
            assert blocked, "after %d of %d blocks were left: %r" % (left, depth, visitor)
            owner.call(list, block)
        assert visitor.returned(), "after the outermost block was left: %r" % visitor


class Counter(object):
    """Compares a semaphore's counter with an expected value, and leaves it as it is."""

    def __init__(self, actors):
        self._taker = actors.new()
        self._last = actors.new()

    def differs(self, semaphore, expected):
        """Return "less" or "more" where the counter is not ``expected`` (1 at least), else None."""
        if not self._taker.start(repeat, expected, semaphore.acquire).returned():
            return "less"
        blocked = self._last.start(semaphore.acquire).is_blocked()
        self._taker.start(semaphore.release).raised()
        # The one that waited has its permit before more come back: no bound is ever exceeded.
        self._last.returned()
        self._last.start(repeat, expected, semaphore.release).raised()
        return None if blocked else "more"

    def check(self, semaphore, expected, when):
        """Check that the counter is ``expected``; ``when``: what has been done."""
        wrong = self.differs(semaphore, expected)
        assert wrong is None, "%s, the counter is %s than %d" % (when, wrong, expected)
