"""``Condition.notifyAll()``.

More of its cases are in ``battery/shared/notifications.py``.
"""

import time

from threadspec.conformance.battery.shared import notifications
from threadspec.conformance.battery.support.condition import (
    acquire_after,
    check_woken,
    gather_and_hold,
    gather_in_order,
    gather_late,
    kinds,
    notify,
    notify_and_release,
    wait_twice,
    waiting_on,
    wake_the_rest,
)
from threadspec.conformance.battery.support.crossing import Waiter, helpers
from threadspec.conformance.battery.support.delaying import CROWD, check_wakes
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), notifications)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_every_thread(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 3, 20, 2):
            notifier, waiters = gather_and_hold(actors, cond, size)
            notify_and_release(notifier, cond, "notifyAll")
            check_woken(actors, waiters, size, "notifyAll()")


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_a_hundred_threads(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    notifier, waiters = gather_and_hold(actors, cond, 100)
    notify_and_release(notifier, cond, "notifyAll")
    ended = actors.ended(waiters, at_least=100)
    before = []
    while len(before) < len(ended) < 100:  # they take the lock one by one, which may be slow
        before, ended = ended, actors.ended(waiters, at_least=100)
    assert len(ended) == 100, "%d of 100 waiters woke" % len(ended)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_threads_with_and_without_a_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    for timeouts in (((), (LONG,), (), (LONG,)), ((LONG,), (LONG,), (LONG,), ())):
        notifier, waiters = gather_in_order(actors, cond, *timeouts)
        notifier.call(cond.acquire)
        notify_and_release(notifier, cond, "notifyAll")
        check_woken(actors, waiters, 4, "notifyAll()")


@clause("condition.notifyAll.wakes-all")
def test_notify_all_after_a_notify_wakes_the_others(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, waiters = gather_and_hold(actors, cond, 4)
        notifier.call(cond.notify)
        notify_and_release(notifier, cond, "notifyAll")
        check_woken(actors, waiters, 4, "notify() and notifyAll()")


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_a_thread_behind_two_that_have_timed_out(threading, actors):
    # Whether the first two still count as waiters is left open; the third does.
    for cond in kinds(threading):
        waiters = gather_late(actors, cond, 1, late=2, timeouts=(0.005, 0.1))
        notifier = waiters.pop(0)
        for late in waiters[:2]:
            late.is_blocked()
        time.sleep(0.01)  # the shortest of the time-outs tried has passed then
        notify_and_release(notifier, cond, "notifyAll")
        check_woken(actors, waiters, 3, "two time-outs and notifyAll()")


@clause("condition.notifyAll.wakes-all")
def test_a_notifyall_wakes_threads_of_every_kind(threading, actors):
    members = helpers(threading, actors)
    for notifier in [actors.new(), members[-1]]:
        for condition in kinds(threading):
            waiters = [actor for actor in members if actor is not notifier]
            for actor in waiters:
                Waiter(condition, actor)
            notify(notifier, condition, "notifyAll")
            asleep = [actor for actor in waiters if not actor.returned()]
            assert not asleep, "after a notifyAll() in a %s: %r" % (notifier, asleep)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    for lock in (threading.RLock, threading.Lock):

        def make(lock=lock):
            cond = threading.Condition(lock())
            wait, wake = waiting_on(cond, actors, CROWD)

            def is_free():
                free = cond.acquire(False)
                if free:
                    cond.release()
                return free

            return wait, wake, is_free

        check_wakes(actors, "notifyAll() was called while %d threads waited" % CROWD, make)


@clause("condition.notifyAll.not-remembered")
def test_threads_that_wait_again_need_another_notify_all(threading, actors):
    for cond, size in zip(kinds(threading), (3, 6)):
        arrived = []
        waiters = actors.start_many(size, wait_twice, cond, arrived)
        notifier = acquire_after(actors, cond, arrived, size)
        notify_and_release(notifier, cond, "notifyAll")
        notifier = acquire_after(actors, cond, arrived, 2 * size)
        notifier.call(cond.release)
        assert actors.ended(waiters) == []
        wake_the_rest(actors, notifier, cond, waiters)


@clause("condition.notifyAll.none-lost")
def test_no_notify_all_is_lost_on_one_of_several_threads(threading, actors, rounds):
    # The threads meet again and again: the last one to arrive wakes the others.
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

    waiters = actors.start_many(size, meet)
    ended = len(actors.ended(waiters, at_least=size))
    assert ended == size, "a notifyAll() was lost: %d of %d threads got through" % (ended, size)
