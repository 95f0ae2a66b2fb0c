"""``Condition.wait()``, with a time-out and without.

More of its cases are in ``battery/shared/waits.py``.
"""

import time

from threadspec.conformance.battery.shared import waits
from threadspec.conformance.battery.support import stepping
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.condition import (
    Holders,
    acquire_after,
    acquire_and_release,
    await_arrivals,
    check_each_wakes,
    check_free,
    check_held,
    check_lock_unchanged,
    check_none_raised,
    check_not_owner,
    check_not_owner_in_pairs,
    check_nothing_left,
    check_one_holds,
    check_unacquired,
    check_woken,
    gather,
    gather_and_hold,
    gather_late,
    kinds,
    limited,
    notify,
    notify_and_release,
    notify_each_wait,
    refused,
    times_out,
    try_release,
    wait_and_hold,
    wait_at_level,
    wait_on,
    wait_twice,
    wake,
    wake_the_rest,
)
from threadspec.conformance.battery.support.crossing import Waiter, pairs
from threadspec.conformance.battery.support.deadlines import rest_of
from threadspec.conformance.battery.support.extremes import many_times
from threadspec.conformance.battery.support.premises import check_excludes, holds
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import bind, clause, truth

bind(globals(), waits)

METHODS = ("notify", "notifyAll")


@clause("condition.wait.unacquired-error")
def test_wait_without_the_lock_is_an_error(threading, actors):
    check_unacquired(threading, actors, "wait")


@clause("condition.wait.unacquired-error")
def test_wait_with_a_timeout_without_the_lock_is_an_error(threading, actors):
    for timeout in (0.001, 0.0, None):
        check_unacquired(threading, actors, "wait", timeout)


@clause("condition.wait.not-owner-error")
def test_wait_while_another_thread_owns_the_lock_is_an_error(threading, actors):
    check_not_owner(threading, actors, "wait")


@clause("condition.wait.not-owner-error")
def test_wait_with_a_timeout_while_another_thread_owns_the_lock_is_an_error(threading, actors):
    for timeout in (0.001, 0.0, None):
        check_not_owner(threading, actors, "wait", timeout)


@clause("condition.wait.error-changes-nothing")
def test_a_refused_wait_leaves_the_lock_alone(threading, actors):
    check_lock_unchanged(threading, actors, "wait")
    check_lock_unchanged(threading, actors, "wait", 0.001)


@clause("condition.wait.error-changes-nothing")
def test_a_refused_wait_leaves_no_waiter(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    for cond in kinds(threading):
        for args in ((), (0.001,)):
            if not refused(actors.new(), cond.wait, *args):
                continue
            notifier, (waiter,) = gather(actors, cond, 1)
            if not refused(actors.new(), cond.wait, *args):
                continue
            notify(notifier, cond)
            assert waiter.returned()
    for args in ((), (0.001,)):
        cond = threading.Condition(threading.RLock())
        notifier, (waiter,) = gather_and_hold(actors, cond, 1)
        if refused(actors.new(), cond.wait, *args):
            notify_and_release(notifier, cond)
            assert waiter.returned()


@clause("condition.wait.releases-lock")
def test_the_lock_is_free_while_threads_wait(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier = actors.new()
        for count in (1, 3, 1):
            arrived = []
            helpers = actors.start_many(count, wait_on, cond, arrived)
            actors.ended(helpers)
            check_free(cond, actors.new())
            assert len(arrived) == count, "%d of %d threads could begin to wait" % (
                len(arrived),
                count,
            )
            wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.wait.releases-lock")
def test_the_lock_is_free_while_a_thread_waits_with_a_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier = actors.new()
        for timeout in (LONG, 1e6):
            arrived = []
            waiter = actors.start(wait_on, cond, arrived, timeout)
            await_arrivals(actors, arrived, 1)
            check_free(cond, actors.new())
            wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.blocks")
def test_wait_blocks_until_notified(threading, actors):
    for cond in kinds(threading):
        for _ in range(3):
            notifier, (waiter,) = gather(actors, cond, 1)
            assert waiter.is_blocked()
            wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.blocks")
def test_several_waits_block_until_notified(threading, actors):
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 4)
        assert actors.ended(helpers) == []
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.wait.blocks")
def test_wait_is_not_ended_by_a_release(threading, actors):
    for cond in kinds(threading):
        notifier, (waiter,) = gather(actors, cond, 1)
        for _ in range(5):
            notifier.call(acquire_and_release, cond)
            assert waiter.is_blocked()
        wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.blocks")
def test_wait_is_not_ended_by_the_timeout_of_another(threading, actors):
    for cond in kinds(threading):
        notifier, before = gather(actors, cond, 1)
        actors.start(wait_on, cond, [], 0.001).returned()
        notifier, after = gather(actors, cond, 1)
        actors.start(wait_on, cond, [], 0.0).returned()
        assert actors.ended(before + after) == []
        wake_the_rest(actors, notifier, cond, before + after)


@clause("condition.wait.blocks")
def test_no_wait_of_many_ends_too_soon(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    notified = []
    too_soon = []

    def note(number):
        if len(notified) <= number:
            too_soon.append(number)

    helpers = notify_each_wait(actors, cond, rounds, notified, note)
    actors.ended(helpers, at_least=2)
    assert not too_soon, "%d of %d calls of wait() returned before notify() was called" % (
        len(too_soon),
        len(notified) + len(too_soon),
    )


def check_ends_a_wait(threading, actors, method):
    """Check that a notification wakes a thread that waits."""
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for _ in range(3):
            notifier, (waiter,) = gather_and_hold(actors, cond, 1)
            notify_and_release(notifier, cond, method)
            assert waiter.returned()


def check_ends_each_wait(threading, actors, method):
    """Check that notifications wake the same thread each time it waits."""
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        arrived = []
        waiter = actors.start(wait_twice, cond, arrived)
        for count in (1, 2):
            notifier = acquire_after(actors, cond, arrived, count)
            notify_and_release(notifier, cond, method)
        assert waiter.returned()


@clause("condition.wait.woken-by-notify")
def test_notify_ends_a_wait(threading, actors):
    check_ends_a_wait(threading, actors, "notify")


@clause("condition.wait.woken-by-notify")
def test_the_same_thread_is_woken_each_time_it_waits(threading, actors):
    check_ends_each_wait(threading, actors, "notify")


@clause("condition.wait.woken-by-notifyAll")
def test_notify_all_ends_a_wait(threading, actors):
    check_ends_a_wait(threading, actors, "notifyAll")


@clause("condition.wait.woken-by-notifyAll")
def test_the_same_thread_is_woken_by_notify_all_each_time_it_waits(threading, actors):
    check_ends_each_wait(threading, actors, "notifyAll")


@clause("condition.wait.same-condition")
def test_a_condition_with_the_same_lock_does_not_wake(threading, actors):
    for method in METHODS:
        for lock in (threading.Lock(), threading.RLock()):
            own = threading.Condition(lock)
            other = threading.Condition(lock)
            notifier, (waiter,) = gather_and_hold(actors, own, 1)
            notify_and_release(notifier, other, method)
            assert waiter.is_blocked()
            wake_the_rest(actors, notifier, own, [waiter])


@clause("condition.wait.same-condition")
def test_a_condition_with_waiters_and_the_same_lock_does_not_wake(threading, actors):
    for method in METHODS:
        lock = threading.RLock()
        own = threading.Condition(lock)
        other = threading.Condition(lock)
        notifier, before = gather(actors, own, 1)
        notifier, others = gather(actors, other, 2)
        notifier, after = gather_and_hold(actors, own, 1)
        notify_and_release(notifier, other, method)
        assert actors.ended(before + after) == []
        wake_the_rest(actors, notifier, other, others)
        wake_the_rest(actors, notifier, own, before + after)


@clause("condition.wait.same-condition")
def test_a_condition_with_another_lock_does_not_wake(threading, actors):
    for method in METHODS:
        own = threading.Condition()
        other = threading.Condition()
        notifier, (waiter,) = gather(actors, own, 1)
        notifier.call(other.acquire)
        notify_and_release(notifier, other, method)
        assert waiter.is_blocked()
        wake_the_rest(actors, notifier, own, [waiter])


def check_notified_holds(actors, cond, method="notify", level=1, timeout=()):
    """Check that a notified thread holds the lock again, at the ``level`` at which it waited."""
    arrived = []
    waiter = actors.start(wait_and_hold, cond, arrived, level, *timeout)
    notifier = acquire_after(actors, cond, arrived, 1)
    notify_and_release(notifier, cond, method)
    waiter.result()
    check_held(cond, notifier, waiter, *[cond.release] * level)


@clause("condition.wait.reacquires")
def test_the_lock_is_held_after_a_notified_wait(threading, actors):
    for cond in kinds(threading):
        for method in ("notify", "notifyAll", "notify"):
            check_notified_holds(actors, cond, method)


@clause("condition.wait.reacquires")
def test_the_lock_is_held_after_a_wait_notified_before_its_timeout(threading, actors):
    for cond in kinds(threading):
        check_notified_holds(actors, cond, timeout=(LONG,))


@clause("condition.wait.reacquires")
def test_the_lock_taken_at_any_step_of_a_notified_wait_is_held_by_one(threading, actors):
    notifier = actors.new()
    for cond in kinds(threading):

        def prepare(cond=cond):
            latch = actors.substrate.allocate_lock()
            latch.acquire()

            def wake_soon():
                latch.acquire()
                wake(cond, "notify")

            def wait():
                cond.acquire()
                latch.release()
                cond.wait()

            notifier.start(wake_soon)
            return wait, cond.acquire

        for meeting in stepping.meetings(actors, prepare):
            check_one_holds(actors, cond, meeting)
            notifier.result()


@clause("condition.wait.reacquires")
def test_of_many_woken_threads_one_at_a_time_holds_the_lock(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    size = 8
    for cond in kinds(threading):
        arrived = []
        holders = Holders()
        over = []

        def wait_often(cond=cond, arrived=arrived, holders=holders, over=over):
            while True:
                cond.acquire()
                if over:
                    break
                arrived.append(1)
                cond.wait()
                holders.count_caller()
                cond.release()
            cond.release()

        def wake_often(cond=cond, arrived=arrived, over=over):
            until = blocking.clock() + actors.durations["positive"] / 5
            expected = size
            while not over:
                cond.acquire()
                if expected >= rounds // 6 or blocking.clock() >= until:
                    over.append(True)
                if over or len(arrived) >= expected:
                    expected += size
                    for _ in range(size):
                        cond.notify()
                cond.release()
                time.sleep(0)

        helpers = actors.start_many(size, wait_often)
        helpers.append(actors.start(wake_often))
        actors.ended(helpers, at_least=size + 1)
        check_none_raised(helpers)
        assert holders.most < 2, "%d threads held the lock simultaneously" % holders.most


@clause("condition.wait.reacquires-after-timeout")
def test_the_lock_is_held_after_a_timeout(threading, actors):
    for cond in kinds(threading):
        waiter = actors.new()
        visitor = actors.new()
        for timeout in (0.002, 0.0001, 0.002):
            waiter.call(wait_and_hold, cond, [], 1, timeout)
            check_held(cond, visitor, waiter, cond.release)


@clause("condition.wait.reacquires-after-timeout")
def test_the_lock_taken_at_any_step_of_a_wait_that_times_out_is_held_by_one(threading, actors):
    cond = threading.Condition(threading.Lock())

    def prepare():
        return lambda: wait_and_hold(cond, [], 1, 0.0001), cond.acquire

    for meeting in stepping.meetings(actors, prepare):
        check_one_holds(actors, cond, meeting)


@clause("condition.wait.reacquires-after-timeout")
def test_of_many_threads_that_time_out_one_at_a_time_holds_the_lock(threading, actors, rounds):
    check_excludes(actors, threading.Condition)

    def wait_often(cond, holders):
        for _ in limited(actors, rounds // 12):
            cond.acquire()
            cond.wait(0.0001)
            holders.count_caller()
            cond.release()

    conditions = kinds(threading)
    counts = [Holders() for _ in conditions]
    helpers = []
    for cond, holders in zip(conditions, counts):
        helpers += actors.start_many(4, wait_often, cond, holders)
    actors.ended(helpers, at_least=len(helpers))
    check_none_raised(helpers)
    most = max([holders.most for holders in counts])
    assert most < 2, "%d threads held the lock simultaneously" % most


@clause("condition.wait.timeout-needs-lock")
def test_a_wait_that_timed_out_returns_once_it_gets_the_lock(threading, actors):
    for cond in kinds(threading):
        notifier, late = gather_late(actors, cond)
        assert late.is_blocked()
        notifier.call(cond.release)
        assert late.returned()


@clause("condition.wait.rlock-fully-released")
def test_the_lock_is_free_while_a_thread_waits_at_any_level(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition(threading.RLock())
    for level in (1, 2, 9, 2):
        for timeout in ((), (LONG,)):
            arrived = []
            waiter = actors.start(wait_and_hold, cond, arrived, level, *timeout)
            await_arrivals(actors, arrived, 1)
            check_free(cond, actors.new())
            notify(actors.new(), cond)
            if waiter.is_blocked():
                return  # it is not woken, the subject of another clause
            for _ in range(level):
                waiter.start(try_release, cond).returned()


@clause("condition.wait.rlock-level-restored")
def test_the_level_is_restored_after_a_notified_wait(threading, actors):
    cond = threading.Condition(threading.RLock())
    for level, timeout in ((1, ()), (2, (LONG,)), (5, ()), (2, ()), (3, (LONG,)), (1, ())):
        check_notified_holds(actors, cond, "notify", level, timeout)


@clause("condition.wait.rlock-level-restored")
def test_each_waiter_gets_its_own_level_back(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition(threading.RLock())
    arrived = []
    helpers = []
    for level in (2, 5, 1, 3):
        helpers.append(actors.start(wait_at_level, cond, arrived, level))
        notifier = acquire_after(actors, cond, arrived, len(helpers))
        notifier.call(cond.release)
    wake_the_rest(actors, notifier, cond, helpers)
    for waiter in helpers:
        waiter.result()
    check_free(cond, actors.new())


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_a_timeout(threading, actors):
    cond = threading.Condition(threading.RLock())
    waiter = actors.new()
    visitor = actors.new()
    for level, timeout in ((1, 0.0005), (2, 0.0005), (5, 0), (2, 0.0), (2, 0.0005), (1, 0.0)):
        waiter.call(wait_and_hold, cond, [], level, timeout)
        check_held(cond, visitor, waiter, *[cond.release] * level)


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_a_timeout_with_the_lock_held(threading, actors):
    cond = threading.Condition(threading.RLock())
    for level in (2, 5, 1):
        arrived = []
        waiter = actors.start(wait_at_level, cond, arrived, level, 0.003)
        notifier = acquire_after(actors, cond, arrived, 1)
        waiter.is_blocked()
        notifier.call(cond.release)
        waiter.result()
        check_free(cond, actors.new())


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_many_timeouts(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition(threading.RLock())

    def wait_often():
        for number in limited(actors, rounds // 4):
            wait_at_level(cond, [], 1 + number % 3, 0.0001)

    helpers = actors.start_many(4, wait_often)
    actors.ended(helpers, at_least=4)
    for actor in helpers:
        actor.result()
    check_free(cond, actors.new())


@clause("condition.wait.timeout-expires")
def test_a_wait_ends_after_its_timeout(threading, actors):
    default, plain = [(cond, actors.new()) for cond in kinds(threading)]
    for timeout in (0.015, 0.005, 0.0005):
        for cond, waiter in (default, plain):
            waiter.start(wait_on, cond, [], timeout)
        assert default[1].returned()
        assert plain[1].returned()


@clause("condition.wait.timeout-expires")
def test_several_waits_end_after_their_timeouts(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    for cond in kinds(threading):
        helpers = [actors.start(wait_on, cond, [], 0.001 * number) for number in (4, 3, 2, 1)]
        for waiter in helpers:
            assert waiter.returned()


@clause("condition.wait.timeout-expires")
def test_a_wait_ends_after_its_timeout_while_others_wait_on(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # the subject of another clause
    cond = threading.Condition()
    notifier, others = gather(actors, cond, 2)
    waiter = actors.start(wait_on, cond, [], 0.003)
    assert waiter.returned()
    wake_the_rest(actors, notifier, cond, others)


@clause("condition.wait.timeout-not-early")
def test_no_wait_ends_before_its_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    lasted = []

    def wait_and_time(cond, timeout):
        cond.acquire()
        began = blocking.clock()
        cond.wait(timeout)
        lasted.append((timeout, blocking.clock() - began))
        try_release(cond)

    helpers = []
    for cond in kinds(threading):
        for timeout in (0.024, 0.015) * 4:
            helpers.append((actors.start(wait_and_time, cond, timeout), cond))
    for waiter, cond in helpers[1::2]:
        if waiter.returned():
            waiter.start(wait_and_time, cond, 0.012)  # the second time in the same thread
    actors.ended([waiter for waiter, _ in helpers], at_least=len(helpers))
    for timeout, seconds in lasted:
        assert seconds > timeout * 0.95 - 0.002, "wait(%s) returned after %.4f seconds" % (
            timeout,
            seconds,
        )


@clause("condition.wait.timeout-notified")
def test_a_notification_ends_a_wait_before_its_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for method in METHODS:
            for timeout in (LONG, 1e6, LONG):
                notifier, (waiter,) = gather_and_hold(actors, cond, 1, timeout)
                notify_and_release(notifier, cond, method)
                assert waiter.returned()


@clause("condition.wait.timeout-zero")
def test_a_wait_of_no_time_ends(threading, actors):
    for cond in kinds(threading):
        waiter = actors.new()
        for _ in range(3):
            assert waiter.start(wait_on, cond, [], 0.0).returned()


@clause("condition.wait.timeout-none")
def test_wait_with_none_blocks_until_notified(threading, actors):
    for cond in kinds(threading):
        for _ in range(2):
            notifier, (waiter,) = gather(actors, cond, 1, None)
            assert waiter.is_blocked()
            notify(notifier, cond)
            assert waiter.returned()


@clause("condition.wait.timeout-integer")
def test_a_timeout_can_be_an_integer(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, (waiter,) = gather(actors, cond, 1, 600)
        assert waiter.is_blocked()
        notify(notifier, cond)
        assert waiter.returned()
        waiter.start(wait_on, cond, [], 0)
        assert waiter.returned()


@clause("condition.wait.timeout-keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        arrived = []

        def wait_by_name(timeout, cond=cond, arrived=arrived):
            cond.acquire()
            arrived.append(1)
            cond.wait(timeout=timeout)
            try_release(cond)

        waiter = actors.start(wait_by_name, LONG)
        notifier = acquire_after(actors, cond, arrived, 1)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        assert waiter.returned()
        waiter.start(wait_by_name, 0.002)
        assert waiter.returned()


@clause("condition.wait.timeout-negative")
def test_a_negative_timeout_of_wait_is_over_immediately(threading, actors):
    for timeout in (-1.0, -0.001, -1):
        cond = threading.Condition()
        waiter = actors.start(wait_on, cond, [], timeout)
        over = waiter.returned()
        if waiter.error is None and not over:
            wake_the_rest(actors, actors.new(), cond, [waiter])
        assert over, repr(waiter)


def check_wakes_waiting(actors, cond, timeout):
    """Check that notify() wakes threads that wait, not those whose waits have timed out."""
    notifier, before = gather(actors, cond, 1)
    if not all([times_out(actors, cond, timeout) for _ in range(3)]):
        return
    notifier, after = gather(actors, cond, 1)
    if not all([times_out(actors, cond, timeout) for _ in range(2)]):
        return
    check_each_wakes(actors, notifier, cond, before + after)


@clause("condition.wait.timed-out-waits-no-more")
def test_a_notify_after_a_timeout_wakes_a_thread_that_waits(threading, actors):
    for cond in kinds(threading):
        check_wakes_waiting(actors, cond, 0.0002)


@clause("condition.wait.timed-out-waits-no-more")
def test_a_notify_after_a_wait_of_no_time_wakes_a_thread_that_waits(threading, actors):
    for cond in kinds(threading):
        check_wakes_waiting(actors, cond, 0.0)


@clause("condition.wait.timed-out-waits-no-more")
def test_notify_all_after_a_timeout_wakes_the_threads_that_wait(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, before = gather(actors, cond, 2)
        if not times_out(actors, cond, 0.0002):
            continue
        notifier, after = gather(actors, cond, 1)
        if not times_out(actors, cond, 0.0002):
            continue
        notify(notifier, cond, "notifyAll")
        check_woken(actors, before + after, 3, "notifyAll()")


@clause("condition.wait.timed-out-waits-no-more")
def test_a_notify_after_a_timeout_is_not_kept(threading, actors):
    for cond in kinds(threading):
        for method in METHODS:
            for times in (1, 2):
                notifier = actors.new()
                for _ in range(times):
                    notifier.call(wait_on, cond, [], 0.0002)
                    notify(notifier, cond, method)
                notifier, (waiter,) = gather(actors, cond, 1)
                assert waiter.is_blocked()
                wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.timed-out-waits-no-more")
def test_after_many_timeouts_a_notify_wakes_a_thread_that_waits(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()

    def time_out_often():
        for _ in limited(actors, rounds // 6):
            wait_on(cond, [], 0.0001)

    notifier, before = gather(actors, cond, 1)
    helpers = actors.start_many(3, time_out_often)
    actors.ended(helpers, at_least=3)
    notifier, after = gather(actors, cond, 1)
    check_each_wakes(actors, notifier, cond, before + after)
    notifier, (waiter,) = gather(actors, cond, 1)
    assert waiter.is_blocked()
    wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.timed-out-waits-for-lock")
def test_what_a_notify_finds_while_a_thread_that_timed_out_waits_for_the_lock(
    threading, actors, observe
):
    # The notifier holds the lock until the first waiter has timed out and is blocked for the lock.
    # Where the system does not show that, the time-out might be late: it is given more time then.
    cond = threading.Condition()
    for patience in (0.01, 0.1):
        notifier, late, waiter = gather_late(actors, cond, 1)
        late.is_blocked()
        time.sleep(patience)
        certain = rest_of(late) == blocking.FOR_EVER
        notify_and_release(notifier, cond)
        late.returned()
        woken = not waiter.is_blocked()
        wake_the_rest(actors, notifier, cond, [waiter])
        if woken or certain:
            break
    observe("wakes a thread that still waits" if woken else "is spent on the one that timed out")


@clause("condition.wait.timeout-meets-notify")
def test_a_timeout_that_meets_a_notification_leaves_nothing(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    for method in METHODS:
        cond = threading.Condition()
        over = []

        def time_out_often(cond=cond, over=over):
            try:
                for _ in limited(actors, rounds // 6):
                    wait_on(cond, [], 0.0001)
            finally:
                over.append(True)

        def wake_often(cond=cond, over=over, method=method):
            number = 0
            while len(over) < 2:
                number += 1
                time.sleep(0.00002 * (number % 6))
                wake(cond, method)

        helpers = actors.start_many(2, time_out_often)
        helpers.append(actors.start(wake_often))
        actors.ended(helpers, at_least=3)
        for actor in helpers:
            actor.result()
        notifier, helpers = gather(actors, cond, 2)
        assert actors.ended(helpers) == []
        check_each_wakes(actors, notifier, cond, helpers)


@clause("condition.wait.timeout-meets-notify")
def test_a_notification_at_any_step_of_a_timed_wait_leaves_nothing(threading, actors):
    for method in METHODS:
        cond = threading.Condition(threading.Lock())

        def prepare(cond=cond, method=method):
            return lambda: wait_on(cond, [], 0.0002), lambda: wake(cond, method)

        for meeting in stepping.meetings(actors, prepare):
            meeting.other.result()
            meeting.call.result()
            check_nothing_left(cond, meeting.call, meeting.other)


@clause("condition.wait.timeout-meets-notify")
def test_a_timeout_at_any_step_of_a_notification_leaves_nothing(threading, actors):
    helpers = [actors.new(), actors.new()]
    for method in METHODS:
        cond = threading.Condition(threading.Lock())

        def prepare(cond=cond, method=method):
            arrived = []
            for waiter, timeout in zip(helpers, (0.0006, 0.0012)):
                waiter.start(wait_on, cond, arrived, timeout)
            actors.until(lambda: len(arrived) == 2)

            return lambda: wake(cond, method), lambda: time.sleep(0.0013)

        for meeting in stepping.meetings(actors, prepare):
            for actor in [meeting.other, meeting.call] + helpers:
                actor.result()
            check_nothing_left(cond, meeting.call, meeting.other)


@clause("condition.wait.atomic")
def test_no_gap_between_the_release_and_the_waiting(threading, actors, rounds):
    # The notifier acquires the lock as soon as wait() releases it, and notifies.
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notified = []
        helpers = notify_each_wait(actors, cond, rounds // 3, notified, lambda number: None)
        ended = actors.ended(helpers, at_least=2)
        assert len(ended) == 2, "notify() number %d did not wake the waiting thread" % len(notified)


@clause("condition.wait.atomic")
def test_a_notification_at_any_step_of_wait_reaches_it(threading, actors):
    for cond, timeout in zip(kinds(threading), ((), (LONG,))):
        arrived = []
        reached = []

        def reach(cond=cond, arrived=arrived, reached=reached):
            cond.acquire()
            reached.extend(arrived)  # the thread that arrived is inside wait() now
            cond.notify()
            cond.release()

        def prepare(cond=cond, timeout=timeout, arrived=arrived, reached=reached, reach=reach):
            del arrived[:]
            del reached[:]
            return lambda: wait_on(cond, arrived, *timeout), reach

        for meeting in stepping.meetings(actors, prepare):
            meeting.other.result()
            if not reached:
                meeting.call.is_blocked()
                meeting.other.call(reach)
            assert meeting.call.returned(), "after a notify(), %r" % meeting.call


@clause("condition.wait.value")
def test_what_wait_returns(threading, actors, observe):
    cond = threading.Condition()
    arrived = []
    values = []

    def wait_and_tell(*timeout):
        cond.acquire()
        arrived.append(1)
        values.append(truth(cond.wait(*timeout)))
        try_release(cond)

    waiter = actors.start(wait_and_tell)
    notifier = acquire_after(actors, cond, arrived, 1)
    notifier.call(cond.release)
    wake_the_rest(actors, notifier, cond, [waiter])
    actors.call(wait_and_tell, 0.001)
    observe("notified: %s, timed out: %s" % (values[0], values[1]))


@clause("condition.wait.woken-by-notify")
def test_a_notify_wakes_a_thread_of_another_kind(threading, actors):
    for waiter, notifier in pairs(threading, actors):
        for condition in kinds(threading):
            Waiter(condition, waiter)
            notify(notifier, condition)
            assert waiter.returned(), "wait() in a %s, notify() in a %s: %r" % (
                waiter,
                notifier,
                waiter,
            )


@clause("condition.wait.timeout-notified")
def test_a_notify_wakes_a_thread_of_another_kind_before_its_timeout(threading, actors):
    for waiter, notifier in pairs(threading, actors):
        condition = threading.Condition()
        Waiter(condition, waiter, (LONG,))
        notify(notifier, condition)
        assert waiter.returned(), "wait(%s) in a %s, notify() in a %s: %r" % (
            LONG,
            waiter,
            notifier,
            waiter,
        )


@clause("condition.wait.not-owner-error")
def test_wait_is_an_error_in_a_thread_of_another_kind_than_the_owner(threading, actors):
    check_not_owner_in_pairs(threading, pairs(threading, actors), "wait", 0.0)


@clause("condition.wait.rlock-level-restored")
def test_wait_restores_the_level_in_a_thread_of_every_kind(threading, actors):
    for waiter, other in pairs(threading, actors):
        condition = threading.Condition()

        def wait():
            condition.acquire()
            condition.acquire()
            condition.wait(LONG)
            condition.release()

        waiter.start(wait)
        waiter.is_blocked()
        notify(other, condition)
        assert waiter.returned(), "wait() in a %s, notify() in a %s: %r" % (waiter, other, waiter)
        got = other.call(condition.acquire, False)
        assert not got, (
            "after two acquire(), wait() and one release() in a %s, acquire(False) in a %s "
            "returned %r" % (waiter, other, got)
        )
        waiter.call(condition.release)


@clause("condition.wait.rlock-level-restored")
def test_wait_restores_a_high_level(threading, actors):
    condition = threading.Condition()
    owner, other = actors.new(), actors.new()
    level = owner.call(many_times, condition.acquire, 300)
    owner.call(condition.wait, 0.0)
    owner.call(repeat, level - 1, condition.release)
    got = other.call(condition.acquire, False)
    assert not got, "after %d acquire(), wait() and %d release(), the lock is free" % (
        level,
        level - 1,
    )
    owner.call(condition.release)
    got = other.call(condition.acquire, False)
    assert got, "after %d acquire(), wait() and %d release(), the lock is held" % (level, level)
