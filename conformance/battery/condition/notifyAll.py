"""``Condition.notifyAll()``."""

import time

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
    gather_late,
    kinds,
    sit,
    sit_twice,
    take,
    wake,
    wake_the_rest,
)
from threadspec.conformance.battery.support.crossing import Waiter, helpers
from threadspec.conformance.battery.support.delaying import CROWD, check_wakes
from threadspec.conformance.battery.support.premises import check_excludes, holds
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import clause, raises


@clause("condition.notifyAll.unacquired-error")
def test_notify_all_without_the_lock_is_an_error(threading, actors):
    check_unacquired(threading, actors, "notifyAll")


@clause("condition.notifyAll.unacquired-error")
def test_notify_all_without_the_lock_is_an_error_while_threads_wait(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 2)
        notifier.call(cond.release)
        for _ in range(2):
            raises(RuntimeError, actors.new().call, cond.notifyAll)
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notifyAll.not-owner-error")
def test_notify_all_while_another_thread_owns_the_lock_is_an_error(threading, actors):
    check_not_owner(threading, actors, "notifyAll")


@clause("condition.notifyAll.error-changes-nothing")
def test_a_refused_notify_all_leaves_the_lock_alone(threading, actors):
    check_lock_unchanged(threading, actors, "notifyAll")


@clause("condition.notifyAll.error-changes-nothing")
def test_a_refused_notify_all_wakes_nobody(threading, actors):
    check_nobody_woken(threading, actors, "notifyAll")


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_every_thread(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 3, 20, 2):
            notifier, helpers = gather(actors, cond, size)
            notifier.call(cond.notifyAll)
            notifier.call(cond.release)
            ended = actors.ended(helpers, at_least=size)
            assert len(ended) == size, "%d of %d waiters woke" % (len(ended), size)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_a_hundred_threads(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    notifier, helpers = gather(actors, cond, 100)
    notifier.call(cond.notifyAll)
    notifier.call(cond.release)
    ended = actors.ended(helpers, at_least=100)
    before = []
    while len(before) < len(ended) < 100:  # they take the lock one by one, which may be slow
        before, ended = ended, actors.ended(helpers, at_least=100)
    assert len(ended) == 100, "%d of 100 waiters woke" % len(ended)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_threads_with_and_without_a_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    for timeouts in (((), (LONG,), (), (LONG,)), ((LONG,), (LONG,), (LONG,), ())):
        helpers = []
        for timeout in timeouts:
            notifier, more = gather(actors, cond, 1, *timeout)
            notifier.call(cond.release)
            helpers += more
        notifier.call(cond.acquire)
        notifier.call(cond.notifyAll)
        notifier.call(cond.release)
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d of 4 waiters woke" % len(ended)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_after_a_notify_wakes_the_others(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 4)
        notifier.call(cond.notify)
        notifier.call(cond.notifyAll)
        notifier.call(cond.release)
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d of 4 waiters woke" % len(ended)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_a_thread_behind_two_that_have_timed_out(threading, actors):
    # Whether the first two count as waiters still is open; the third does.
    for cond in kinds(threading):
        helpers = gather_late(actors, cond, 1, late=2, timeouts=(0.005, 0.1))
        notifier = helpers.pop(0)
        for late in helpers[:2]:
            late.is_blocked()
        time.sleep(0.01)  # the shortest of the time-outs tried is over then
        notifier.call(cond.notifyAll)
        notifier.call(cond.release)
        ended = actors.ended(helpers, at_least=3)
        assert len(ended) == 3, "%d of 3 threads came back" % len(ended)


@clause("condition.notifyAll.no-waiters")
def test_notify_all_without_waiters_is_no_error(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        notifier.call(cond.acquire)
        for _ in range(3):
            notifier.call(cond.notifyAll)
        notifier.call(cond.release)


@clause("condition.notifyAll.no-waiters")
def test_notify_all_when_nobody_waits_any_more_is_no_error(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 2)
        for _ in range(3):
            notifier.call(cond.notifyAll)
        notifier.call(cond.release)
        actors.ended(helpers, at_least=2)
        actors.call(sit, cond, [], 0.001)
        notifier.call(cond.acquire)
        notifier.call(cond.notifyAll)
        notifier.call(cond.release)


@clause("condition.notifyAll.not-remembered")
def test_a_notify_all_without_waiters_is_not_remembered(threading, actors):
    for cond in kinds(threading):
        check_not_remembered(actors, cond, "notifyAll")


@clause("condition.notifyAll.not-remembered")
def test_a_notify_all_too_many_is_not_remembered(threading, actors):
    for cond in kinds(threading):
        check_surplus_not_remembered(actors, cond, "notifyAll")


@clause("condition.notifyAll.not-remembered")
def test_threads_that_wait_again_need_another_notify_all(threading, actors):
    for cond, size in zip(kinds(threading), (3, 6)):
        arrived = []
        helpers = actors.start_many(size, sit_twice, cond, arrived)
        notifier = take(actors, cond, arrived, size)
        notifier.call(cond.notifyAll)
        notifier.call(cond.release)
        notifier = take(actors, cond, arrived, 2 * size)
        notifier.call(cond.release)
        assert actors.ended(helpers) == []
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notifyAll.waiters-need-lock")
def test_threads_woken_by_notify_all_return_when_the_lock_is_released(threading, actors):
    for cond in kinds(threading):
        for _ in range(2):
            notifier, helpers = gather(actors, cond, 3)
            notifier.call(cond.notifyAll)
            assert actors.ended(helpers) == []
            notifier.call(cond.release)
            ended = actors.ended(helpers, at_least=3)
            assert len(ended) == 3, "%d of 3 waiters returned" % len(ended)


@clause("condition.notifyAll.waiters-need-lock")
def test_threads_woken_by_notify_all_return_after_the_outermost_release(threading, actors):
    cond = threading.Condition(threading.RLock())
    notifier, helpers = gather(actors, cond, 2)
    notifier.call(cond.acquire)
    notifier.call(cond.notifyAll)
    for _ in range(2):
        assert actors.ended(helpers) == []
        notifier.call(cond.release)
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "%d of 2 waiters returned" % len(ended)


@clause("condition.notifyAll.keeps-lock")
def test_the_lock_is_still_held_after_notify_all(threading, actors):
    check_keeps_lock(threading, actors, "notifyAll")


@clause("condition.notifyAll.does-not-wait")
def test_notify_all_returns(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    check_does_not_wait(threading, actors, "notifyAll")


@clause("condition.notifyAll.none-lost")
def test_no_notify_all_between_two_threads_is_lost(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    check_turns(threading, actors, rounds, "notifyAll")


@clause("condition.notifyAll.none-lost")
def test_no_notify_all_is_lost_on_one_of_several_threads(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    size = 4
    cond = threading.Condition()
    meetings = [0]
    arrivals = []
    over = []
    until = blocking.clock() + actors.durations["positive"] / 5

    def meet():
        for number in range(rounds // size):
            cond.acquire()
            arrivals.append(number)
            if len(arrivals) == size * (number + 1):
                if blocking.clock() >= until:
                    over.append(True)
                meetings[0] += 1
                cond.notifyAll()
            while meetings[0] <= number:
                cond.wait()
            cond.release()
            if over:
                break

    helpers = actors.start_many(size, meet)
    ended = actors.ended(helpers, at_least=size)
    assert len(ended) == size, "%d of %d threads got past every meeting" % (len(ended), size)


@clause("condition.notifyAll.wakes-all")
def test_a_notifyall_wakes_threads_of_every_kind(threading, actors):
    members = helpers(threading, actors)
    for notifier in [actors.new(), members[-1]]:
        for condition in kinds(threading):
            waiters = [actor for actor in members if actor is not notifier]
            for actor in waiters:
                Waiter(condition, actor)
            notifier.call(wake, condition, "notifyAll")
            asleep = [actor for actor in waiters if not actor.returned()]
            assert not asleep, "after a notifyAll() in a %s: %r" % (notifier, asleep)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    for lock in (threading.RLock, threading.Lock):

        def make(lock=lock):
            cond = threading.Condition(lock())
            arrived = []

            def wait():
                cond.acquire()
                arrived.append(True)
                cond.wait()
                cond.release()

            def wake():
                # Who has arrived holds the lock until it waits: what is slow may not have begun.
                actors.until(lambda: len(arrived) >= CROWD)
                cond.acquire()
                cond.notifyAll()
                cond.release()

            def is_free():
                free = cond.acquire(False)
                if free:
                    cond.release()
                return free

            return wait, wake, is_free

        check_wakes(actors, "notifyAll() was called while %d threads waited" % CROWD, make)
