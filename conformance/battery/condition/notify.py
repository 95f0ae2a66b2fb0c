"""``Condition.notify()``.

More of its cases are in ``battery/shared/notifications.py``.
"""

from threadspec.conformance.battery.shared import notifications
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.condition import (
    check_each_wakes,
    check_woken,
    gather,
    gather_and_hold,
    gather_in_order,
    kinds,
    notify,
    notify_and_release,
    wake,
    wake_the_rest,
)
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), notifications)


@clause("condition.notify.wakes-one")
def test_notify_wakes_one_of_several_threads(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 5):
            notifier, waiters = gather_and_hold(actors, cond, size)
            notify_and_release(notifier, cond)
            check_woken(actors, waiters, 1, "a notify()")
            wake_the_rest(actors, notifier, cond, waiters)


@clause("condition.notify.wakes-one")
def test_notify_wakes_one_of_its_own_waiters(threading, actors):
    check_excludes(actors, threading.Condition)
    lock = threading.RLock()
    first = threading.Condition(lock)
    second = threading.Condition(lock)
    notifier, others = gather(actors, first, 2)
    notifier, waiters = gather_and_hold(actors, second, 2)
    notify_and_release(notifier, second)
    check_woken(actors, waiters, 1, "a notify()")
    wake_the_rest(actors, notifier, second, waiters)
    wake_the_rest(actors, notifier, first, others)


@clause("condition.notify.each-wakes-another")
def test_as_many_notifies_as_waiters_wake_all(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 3, 8):
            notifier, waiters = gather_and_hold(actors, cond, size)
            notifier.call(repeat, size, cond.notify)
            notifier.call(cond.release)
            check_woken(actors, waiters, size, "%d notify()" % size)


@clause("condition.notify.each-wakes-another")
def test_notifies_in_quick_succession_wake_all(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for size in (2, 5):
            notifier, waiters = gather(actors, cond, size)
            notifier.call(repeat, size, wake, cond, "notify")
            check_woken(actors, waiters, size, "%d notify()" % size)


@clause("condition.notify.each-wakes-another")
def test_every_notify_wakes_one_more(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, waiters = gather(actors, cond, 5)
        check_each_wakes(actors, notifier, cond, waiters)


@clause("condition.notify.each-wakes-another")
def test_notifies_wake_waiters_with_and_without_a_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()
    notifier, waiters = gather_in_order(actors, cond, (), (), (LONG,), (), (LONG,))
    notifier.call(cond.acquire)
    for _ in waiters:
        notifier.call(cond.notify)
    notifier.call(cond.release)
    check_woken(actors, waiters, 5, "5 notify()")


@clause("condition.notify.count")
def test_how_many_threads_a_notify_wakes(threading, actors, observe):
    cond = threading.Condition()
    notifier, waiters = gather_and_hold(actors, cond, 4)
    notify_and_release(notifier, cond)
    ended = actors.ended(waiters, at_least=1)
    observe("one" if len(ended) == 1 else "more than one")
    wake_the_rest(actors, notifier, cond, waiters)


@clause("condition.notify.order")
def test_which_thread_a_notify_wakes(threading, actors, observe):
    cond = threading.Condition()
    notifier, waiters = gather_in_order(actors, cond, (), (), (), ())
    order = []
    for count in range(1, 5):
        notify(notifier, cond)
        actors.ended(waiters, at_least=count)
        order += [
            number for number in range(4) if waiters[number].has_ended() and number not in order
        ]
        if len(order) != count:
            break
    if len(order) != 4:
        observe("several simultaneously")
    elif order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")
    wake_the_rest(actors, notifier, cond, waiters)
