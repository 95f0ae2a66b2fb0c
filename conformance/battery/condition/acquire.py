"""``Condition.acquire()``."""

from threadspec.conformance.battery.support.condition import acquire_and_release, check_held, kinds
from threadspec.conformance.harness.vocabulary import clause, show, truth


@clause("condition.acquire.acquires")
def test_acquire_blocks_until_the_lock_is_free(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        visitors = [actors.new() for _ in range(5)]
        for _ in range(3):
            assert notifier.start(cond.acquire).returned()
            for visitor in visitors:
                visitor.start(acquire_and_release, cond)
            assert actors.ended(visitors) == []
            notifier.call(cond.release)
            assert len(actors.ended(visitors, at_least=5)) == 5
            for visitor in visitors:
                visitor.result()


@clause("condition.acquire.arguments")
def test_acquire_with_false_does_not_block(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        notifier.call(cond.acquire)
        for blocking_argument in (False, 0, False):
            taker = actors.start(cond.acquire, blocking_argument)
            assert taker.returned()
        check_held(cond, actors.new(), notifier, cond.release)


@clause("condition.acquire.arguments")
def test_acquire_with_an_argument_takes_a_free_lock(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        visitor = actors.new()
        for blocking_argument in (False, 0, True, 1):
            assert notifier.start(cond.acquire, blocking_argument).returned()
            check_held(cond, visitor, notifier, cond.release)


@clause("condition.acquire.arguments")
def test_acquire_with_true_blocks(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        for blocking_argument in (True, 1):
            notifier.call(cond.acquire)
            taker = actors.start(cond.acquire, blocking_argument)
            assert taker.is_blocked()
            notifier.call(cond.release)
            assert taker.returned()
            taker.call(cond.release)


def check_value(args, got, expected):
    """Check that what acquire() has returned is as true as what is expected."""
    assert truth(got) == truth(expected), (
        "acquire(%s) returned %s; that of the lock returned %s"
        % (
            ", ".join([repr(arg) for arg in args]),
            show(got),
            show(expected),
        )
    )


def check_values(cond, lock, actors):
    """Check that ``cond.acquire`` returns what ``lock.acquire`` does.

    ``lock``: another lock of the kind that the condition has.  Calls that block are left to
    ``check_values_of_blocked``.
    """
    notifier = actors.new()
    for args in ((), (True,), (1,), (False,), (0,)):
        expected = notifier.call(lock.acquire, *args)
        got = notifier.call(cond.acquire, *args)
        check_value(args, got, expected)
        if args and not args[0]:
            visitors = [actors.start(one.acquire, *args) for one in (lock, cond)]
            if len(actors.ended(visitors)) < 2:
                break
            expected, got = [visitor.result() for visitor in visitors]
            check_value(args, got, expected)
        notifier.call(lock.release)
        notifier.call(cond.release)


def check_values_of_blocked(cond, lock, actors):
    """Check that ``cond.acquire`` returns what ``lock.acquire`` does, where both have blocked."""
    notifier = actors.new()
    waiter = actors.new()
    for args in ((), (True,), (1,), ()):
        values = []
        for one in (lock, cond):
            notifier.call(one.acquire)
            waiter.start(one.acquire, *args)
            waiter.is_blocked()
            notifier.call(one.release)
            values.append(waiter.result())
            waiter.call(one.release)
        expected, got = values
        check_value(args, got, expected)


@clause("condition.acquire.value")
def test_acquire_returns_what_a_lock_returns(threading, actors):
    check_values(threading.Condition(threading.Lock()), threading.Lock(), actors)


@clause("condition.acquire.value")
def test_acquire_returns_what_an_rlock_returns(threading, actors):
    check_values(threading.Condition(threading.RLock()), threading.RLock(), actors)


@clause("condition.acquire.value")
def test_acquire_returns_the_value_of_a_blocked_acquire(threading, actors):
    for make in (threading.Lock, threading.RLock):
        check_values_of_blocked(threading.Condition(make()), make(), actors)
