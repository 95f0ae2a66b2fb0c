"""What notify() and notifyAll() promise alike; ``method`` is the name of one of them."""

from threadspec.conformance.battery.support.condition import (
    acquire_after,
    acquire_and_release,
    check_lock_unchanged,
    check_not_owner,
    check_not_owner_in_pairs,
    check_unacquired,
    check_woken,
    gather,
    gather_and_hold,
    kinds,
    limited,
    notify,
    notify_and_release,
    refused,
    wait_on,
    wait_twice,
    wake_the_rest,
)
from threadspec.conformance.battery.support.crossing import pairs
from threadspec.conformance.battery.support.premises import check_excludes, holds
from threadspec.conformance.harness.vocabulary import clause, raises

CLASSES = {
    "condition.notify": lambda threading: "notify",
    "condition.notifyAll": lambda threading: "notifyAll",
}

# Methods, and a number of waiting threads that a call wakes for certain.
WOKEN = {
    "condition.notify.waiter-needs-lock": lambda threading: ("notify", 1),
    "condition.notifyAll.waiters-need-lock": lambda threading: ("notifyAll", 3),
}


@clause("*.unacquired-error")
def test_notifying_without_the_lock_is_an_error(method, threading, actors):
    check_unacquired(threading, actors, method)


@clause("*.unacquired-error")
def test_notifying_without_the_lock_is_an_error_while_threads_wait(method, threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    for cond in kinds(threading):
        for size in (1, 2):
            notifier, waiters = gather(actors, cond, size)
            for _ in range(2):
                raises(RuntimeError, actors.new().call, getattr(cond, method))
            wake_the_rest(actors, notifier, cond, waiters)


@clause("*.not-owner-error")
def test_notifying_while_another_thread_owns_the_lock_is_an_error(method, threading, actors):
    check_not_owner(threading, actors, method)


@clause("*.not-owner-error")
def test_notifying_is_an_error_in_a_thread_of_another_kind_than_the_owner(
    method, threading, actors
):
    check_not_owner_in_pairs(threading, pairs(threading, actors), method)


@clause("*.error-changes-nothing")
def test_a_refused_notification_leaves_the_lock_alone(method, threading, actors):
    check_lock_unchanged(threading, actors, method)


@clause("*.error-changes-nothing")
def test_a_refused_notification_wakes_nobody(method, threading, actors):
    # Neither now, nor at the next notification, nor when a thread waits later.
    for cond in kinds(threading):
        notifier, (waiter,) = gather(actors, cond, 1)
        if refused(actors.new(), getattr(cond, method)):
            assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()
        if refused(actors.new(), getattr(cond, method)):
            check_next_blocks(actors, cond)
    cond = threading.Condition(threading.RLock())
    notifier, (waiter,) = gather_and_hold(actors, cond, 1)
    was_refused = refused(actors.new(), getattr(cond, method))
    notifier.call(cond.release)
    if was_refused:
        assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


def notify_three_times(notifier, cond, method):
    """Let an actor that holds the lock notify three times, and release the lock."""
    for _ in range(3):
        notifier.call(getattr(cond, method))
    notifier.call(cond.release)


def notify_nobody(actors, cond, method):
    """Notify three times while nobody waits."""
    notifier = actors.new()
    notifier.call(cond.acquire)
    notify_three_times(notifier, cond, method)


def check_next_blocks(actors, cond):
    """Check that a thread that begins to wait now blocks; wake it afterwards."""
    notifier, (waiter,) = gather(actors, cond, 1)
    assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


@clause("*.no-waiters")
def test_notifying_without_waiters_is_no_error(method, threading, actors):
    for cond in kinds(threading):
        notify_nobody(actors, cond, method)


@clause("*.no-waiters")
def test_notifying_when_nobody_waits_any_more_is_no_error(method, threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    for cond in kinds(threading):
        for size in (1, 2):
            notifier, waiters = gather_and_hold(actors, cond, size)
            notify_three_times(notifier, cond, method)
            actors.ended(waiters, at_least=size)
            actors.call(wait_on, cond, [], 0.001)
            notifier.call(cond.acquire)
            notify_and_release(notifier, cond, method)


@clause("*.not-remembered")
def test_a_notification_without_waiters_is_not_remembered(method, threading, actors):
    for cond in kinds(threading):
        notify_nobody(actors, cond, method)
        for _ in range(2):
            check_next_blocks(actors, cond)


@clause("*.not-remembered")
def test_a_surplus_notification_is_not_remembered(method, threading, actors):
    for cond in kinds(threading):
        arrived = []
        waiter = actors.start(wait_twice, cond, arrived)
        notifier = acquire_after(actors, cond, arrived, 1)
        notify_three_times(notifier, cond, method)
        notifier = acquire_after(actors, cond, arrived, 2)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()


@clause("*", of=WOKEN)
def test_woken_threads_return_when_the_lock_is_released(woken, threading, actors):
    method, size = woken
    for cond in kinds(threading):
        for _ in range(3):
            notifier, waiters = gather_and_hold(actors, cond, size)
            notifier.call(getattr(cond, method))
            assert actors.ended(waiters) == []
            notifier.call(cond.release)
            check_woken(actors, waiters, size, "%s() and release()" % method)


@clause("*", of=WOKEN)
def test_woken_threads_return_after_the_outermost_release(woken, threading, actors):
    method, size = woken
    cond = threading.Condition(threading.RLock())
    notifier, waiters = gather_and_hold(actors, cond, size)
    notifier.call(cond.acquire)
    notifier.call(getattr(cond, method))
    for _ in range(2):
        assert actors.ended(waiters) == []
        notifier.call(cond.release)
    check_woken(actors, waiters, size, "%s() and two release()" % method)


@clause("*.keeps-lock")
def test_the_lock_is_still_held_after_notifying(method, threading, actors):
    before = actors.new()
    after = actors.new()
    for cond in kinds(threading):
        for size in (0, 1, 2):
            notifier, waiters = gather_and_hold(actors, cond, size)
            before.start(acquire_and_release, cond)
            before.is_blocked()
            notifier.call(getattr(cond, method))
            after.start(acquire_and_release, cond)
            assert actors.ended([before, after]) == []
            notifier.call(cond.release)
            assert len(actors.ended([before, after], at_least=2)) == 2
            wake_the_rest(actors, notifier, cond, waiters)
    cond = threading.Condition(threading.RLock())
    for size in (0, 1, 2):
        notifier, waiters = gather_and_hold(actors, cond, size)
        notifier.call(cond.acquire)
        before.start(acquire_and_release, cond)
        before.is_blocked()
        for _ in range(2):
            notifier.call(getattr(cond, method))
        for _ in range(2):
            assert before.is_blocked()
            notifier.call(cond.release)
        assert before.returned()
        wake_the_rest(actors, notifier, cond, waiters)


@clause("*.does-not-wait")
def test_notifying_does_not_block(method, threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    for cond in kinds(threading):
        for size in (0, 1, 3):
            notifier, waiters = gather_and_hold(actors, cond, size)
            for _ in range(2):
                assert notifier.start(getattr(cond, method)).returned()
            notifier.call(cond.release)
            wake_the_rest(actors, notifier, cond, waiters)


@clause("*.none-lost")
def test_no_notification_between_two_threads_is_lost(method, threading, actors, rounds):
    # Two threads hand a token back and forth: each waits until it has the token, passes it on and
    # notifies the other.
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        holder = [0]
        over = []

        def relay(own, cond=cond, holder=holder, over=over):
            for _ in limited(actors, rounds // 4):
                cond.acquire()
                while holder[0] != own:
                    cond.wait()
                if over:
                    break
                holder[0] = 1 - own
                getattr(cond, method)()
                cond.release()
            else:
                cond.acquire()
                while holder[0] != own:
                    cond.wait()
            over.append(True)
            holder[0] = 1 - own
            getattr(cond, method)()
            cond.release()

        helpers = [actors.start(relay, 0), actors.start(relay, 1)]
        ended = len(actors.ended(helpers, at_least=2))
        assert ended == 2, "a %s() was lost: %d of 2 threads got through" % (method, ended)
