"""``Condition.notify()``."""

from threadspec.conformance.battery.support.condition import (
    check_does_not_wait,
    check_keeps_lock,
    check_lock_unchanged,
    check_nobody_woken,
    check_not_owner,
    check_not_remembered,
    check_surplus_not_remembered,
    check_turns,
    check_unacquired,
    gather,
    kinds,
    notify,
    notify_often,
    sit,
    wake_the_rest,
)
from threadspec.conformance.battery.support.crossing import pairs
from threadspec.conformance.battery.support.premises import check_excludes, holds
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import clause, raises


@clause("condition.notify.unacquired-error")
def test_notify_without_the_lock_is_an_error(threading, actors):
    check_unacquired(threading, actors, "notify")


@clause("condition.notify.unacquired-error")
def test_notify_without_the_lock_is_an_error_while_a_thread_waits(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 1)
        notifier.call(cond.release)
        for _ in range(2):
            raises(RuntimeError, actors.new().call, cond.notify)
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notify.not-owner-error")
def test_notify_while_another_thread_owns_the_lock_is_an_error(threading, actors):
    check_not_owner(threading, actors, "notify")


@clause("condition.notify.error-changes-nothing")
def test_a_refused_notify_leaves_the_lock_alone(threading, actors):
    check_lock_unchanged(threading, actors, "notify")


@clause("condition.notify.error-changes-nothing")
def test_a_refused_notify_wakes_nobody(threading, actors):
    check_nobody_woken(threading, actors, "notify")


@clause("condition.notify.wakes-one")
def test_notify_wakes_one_of_several_threads(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 5):
            notifier, helpers = gather(actors, cond, size)
            notifier.call(cond.notify)
            notifier.call(cond.release)
            ended = actors.ended(helpers, at_least=1)
            assert ended, "none of %d waiters woke" % size
            wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notify.wakes-one")
def test_notify_wakes_one_of_its_own_waiters(threading, actors):
    check_excludes(actors, threading.Condition)
    lock = threading.RLock()
    first = threading.Condition(lock)
    second = threading.Condition(lock)
    notifier, others = gather(actors, first, 2)
    notifier.call(first.release)
    notifier, helpers = gather(actors, second, 2)
    notifier.call(second.notify)
    notifier.call(second.release)
    ended = actors.ended(helpers, at_least=1)
    assert ended, "none of 2 waiters woke"
    wake_the_rest(actors, notifier, second, helpers)
    wake_the_rest(actors, notifier, first, others)


@clause("condition.notify.each-wakes-another")
def test_as_many_notifies_as_waiters_wake_all(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 3, 8):
            notifier, helpers = gather(actors, cond, size)
            notifier.call(notify_often, cond, size)
            notifier.call(cond.release)
            ended = actors.ended(helpers, at_least=size)
            assert len(ended) == size, "%d of %d waiters woke from as many notify()" % (
                len(ended),
                size,
            )


@clause("condition.notify.each-wakes-another")
def test_notifies_in_quick_succession_wake_all(threading, actors):
    check_excludes(actors, threading.Condition)

    def notify_again_and_again(cond, times):
        for _ in range(times):
            cond.acquire()
            cond.notify()
            cond.release()

    for cond in kinds(threading):
        for size in (2, 5):
            notifier, helpers = gather(actors, cond, size)
            notifier.call(cond.release)
            notifier.call(notify_again_and_again, cond, size)
            ended = actors.ended(helpers, at_least=size)
            assert len(ended) == size, "%d of %d waiters woke from as many notify()" % (
                len(ended),
                size,
            )


@clause("condition.notify.each-wakes-another")
def test_every_notify_wakes_one_more(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 5)
        notifier.call(cond.release)
        for count in range(1, 6):
            notify(notifier, cond)
            ended = actors.ended(helpers, at_least=count)
            assert len(ended) >= count, "%d of 5 waiters woke from %d notify()" % (
                len(ended),
                count,
            )


@clause("condition.notify.each-wakes-another")
def test_notifies_wake_waiters_with_and_without_a_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    notifier, helpers = gather(actors, cond, 2)
    notifier.call(cond.release)
    for timeout in ((LONG,), (), (LONG,)):
        notifier, more = gather(actors, cond, 1, *timeout)
        notifier.call(cond.release)
        helpers += more
    notifier.call(cond.acquire)
    for _ in helpers:
        notifier.call(cond.notify)
    notifier.call(cond.release)
    ended = actors.ended(helpers, at_least=5)
    assert len(ended) == 5, "%d of 5 waiters woke from as many notify()" % len(ended)


@clause("condition.notify.no-waiters")
def test_notify_without_waiters_is_no_error(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        notifier.call(cond.acquire)
        for _ in range(3):
            notifier.call(cond.notify)
        notifier.call(cond.release)


@clause("condition.notify.no-waiters")
def test_notify_when_nobody_waits_any_more_is_no_error(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 1)
        for _ in range(3):
            notifier.call(cond.notify)
        notifier.call(cond.release)
        helpers[0].returned()
        actors.call(sit, cond, [], 0.001)
        notifier.call(cond.acquire)
        notifier.call(cond.notify)
        notifier.call(cond.release)


@clause("condition.notify.not-remembered")
def test_a_notify_without_waiters_is_not_remembered(threading, actors):
    for cond in kinds(threading):
        check_not_remembered(actors, cond, "notify")


@clause("condition.notify.not-remembered")
def test_a_notify_too_many_is_not_remembered(threading, actors):
    for cond in kinds(threading):
        check_surplus_not_remembered(actors, cond, "notify")


@clause("condition.notify.waiter-needs-lock")
def test_a_thread_woken_by_notify_returns_when_the_lock_is_released(threading, actors):
    for cond in kinds(threading):
        for _ in range(3):
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.notify)
            assert waiter.is_blocked()
            notifier.call(cond.release)
            assert waiter.returned()


@clause("condition.notify.waiter-needs-lock")
def test_a_thread_woken_by_notify_returns_after_the_outermost_release(threading, actors):
    cond = threading.Condition(threading.RLock())
    notifier, (waiter,) = gather(actors, cond, 1)
    notifier.call(cond.acquire)
    notifier.call(cond.notify)
    for _ in range(2):
        assert waiter.is_blocked()
        notifier.call(cond.release)
    assert waiter.returned()


@clause("condition.notify.keeps-lock")
def test_the_lock_is_still_held_after_notify(threading, actors):
    check_keeps_lock(threading, actors, "notify")


@clause("condition.notify.does-not-wait")
def test_notify_returns(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    check_does_not_wait(threading, actors, "notify")


@clause("condition.notify.count")
def test_how_many_threads_a_notify_wakes(threading, actors, observe):
    cond = threading.Condition()
    notifier, helpers = gather(actors, cond, 4)
    notifier.call(cond.notify)
    notifier.call(cond.release)
    ended = actors.ended(helpers, at_least=1)
    observe("one" if len(ended) == 1 else "more than one")
    wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notify.order")
def test_which_thread_a_notify_wakes(threading, actors, observe):
    cond = threading.Condition()
    helpers = []
    for _ in range(4):
        notifier, more = gather(actors, cond, 1)
        notifier.call(cond.release)
        helpers += more
    order = []
    for count in range(1, 5):
        notify(notifier, cond)
        actors.ended(helpers, at_least=count)
        order += [
            number for number in range(4) if helpers[number].has_ended() and number not in order
        ]
        if len(order) != count:
            break
    if len(order) != 4:
        observe("several at once")
    elif order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")
    wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notify.none-lost")
def test_no_notify_between_two_threads_is_lost(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    check_turns(threading, actors, rounds, "notify")


@clause("condition.notify.not-owner-error")
def test_notify_is_an_error_in_a_thread_of_another_kind_than_the_owner(threading, actors):
    for owner, other in pairs(threading, actors):
        condition = threading.Condition()
        owner.call(condition.acquire)
        error = other.start(condition.notify).raised()
        owner.call(condition.release)
        assert isinstance(error, RuntimeError), "locked by a %s: %r, RuntimeError is required" % (
            owner,
            other,
        )
