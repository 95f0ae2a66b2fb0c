"""Condition Objects: one case or more for each clause of ``spec/condition.toml``.

That a thread is inside ``wait`` is proved by the lock: it says that it has arrived while it holds
the lock, so once another thread has acquired the lock after that, it is waiting.  The thread that
does so is called the notifier.  It is an actor too, since a faulty ``wait`` may keep the lock for
ever.
"""

import time

from threadspec.conformance.battery import stepping
from threadspec.conformance.battery.counting import rest_of
from threadspec.conformance.battery.premises import check_excludes, holds
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import clause, raises, truth

LONG = 600.0  # a time-out that no case waits for


def kinds(threading):
    """A condition over each kind of lock."""
    return [threading.Condition(), threading.Condition(threading.Lock())]


def brisk(actors, rounds):
    """The numbers of ``rounds`` rounds; it stops sooner where they take long."""
    until = blocking.clock() + actors.durations["positive"] / 5
    for number in range(rounds):
        if blocking.clock() >= until:
            break
        yield number


def visit(lock):
    """Acquire and release: does not return while another thread holds the lock."""
    lock.acquire()
    lock.release()


def let_go(cond):
    """Release the lock; whether wait took it back is the business of other clauses."""
    try:
        cond.release()
    except:  # noqa: E722 - what comes depends on the kind of lock
        pass


def sit(cond, arrived, *timeout):
    """Wait once on ``cond``, having said so in ``arrived`` while holding its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait(*timeout)
    let_go(cond)


def sit_twice(cond, arrived):
    """Wait two times on ``cond`` in one holding of its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait()
    arrived.append(2)
    cond.wait()
    let_go(cond)


def announced(actors, arrived):
    """Wait until a thread has said that it holds the lock and is about to wait."""
    assert actors.until(lambda: arrived), "no thread began to wait"


def take(actors, cond, arrived, count):
    """An actor that holds the lock of ``cond`` after ``count`` arrivals: all of them wait then."""
    began = actors.until(lambda: len(arrived) >= count)
    assert began, "%d of %d threads began to wait" % (len(arrived), count)
    notifier = actors.new()
    notifier.call(cond.acquire)
    return notifier


def gather(actors, cond, count, *timeout):
    """The notifier, who holds the lock of ``cond``, and ``count`` actors that wait on it."""
    arrived = []
    helpers = actors.start_many(count, sit, cond, arrived, *timeout)
    return take(actors, cond, arrived, count), helpers


def wake(cond, name):
    """Call ``notify`` or ``notifyAll`` of ``cond``, in a holding of its lock."""
    cond.acquire()
    getattr(cond, name)()
    let_go(cond)


def notify(notifier, cond):
    """Let the notifier, who does not hold the lock, notify one waiter."""
    notifier.call(wake, cond, "notify")


def wake_the_rest(actors, notifier, cond, helpers):
    """Wake those of ``helpers`` that still wait, and check nothing.

    The notifier does not hold the lock before and afterwards.
    """
    for _ in helpers:
        if all([actor.has_ended() for actor in helpers]):
            break
        notifier.call(cond.acquire)
        if not notifier.start(cond.notify).returned() and not notifier.has_ended():
            break
        notifier.call(let_go, cond)
    actors.ended(helpers, at_least=len(helpers))


def check_nothing_left(cond, waiter, notifier):
    """Whether a wait of the first of two actors blocks, and the first notify() wakes it."""
    waiter.start(sit, cond, [])
    assert waiter.is_blocked(), "a notification was left over for %r" % waiter
    notify(notifier, cond)
    assert waiter.returned(), "a notify() did not reach %r" % waiter


def check_one_holds(actors, cond, meeting):
    """Whether of two threads that want the lock one has it, and the other gets it after that."""
    pair = [meeting.call, meeting.other]
    first = actors.ended(pair, at_least=1)
    assert len(first) == 1, "%d threads hold the lock at once" % len(first)
    first[0].call(cond.release)
    pair.remove(first[0])
    if not pair[0].returned() and not pair[0].has_ended():
        # A notification was lost, which is the business of other clauses.
        first[0].call(wake, cond, "notify")
    pair[0].result()
    pair[0].call(cond.release)


# -- the condition and its lock -------------------------------------------------------------------


@clause("condition.factory")
def test_each_condition_is_a_new_one(threading, actors):
    conditions = [threading.Condition() for _ in range(20)]
    notifier = actors.new()
    visitor = actors.new()
    for number in (0, 19):
        held = conditions[number]
        notifier.call(held.acquire)
        for cond in conditions:
            if cond is held:
                continue
            assert visitor.start(visit, cond).returned()
        notifier.call(held.release)
    others = [cond for cond in conditions[1:] if cond is conditions[0]]
    assert others == [], "Condition() returned the same object again"


@clause("condition.methods")
def test_a_condition_has_acquire_and_release(threading):
    cond = threading.Condition()
    assert callable(cond.acquire)
    assert callable(cond.release)


@clause("condition.methods")
def test_a_condition_has_wait(threading):
    assert callable(threading.Condition().wait)


@clause("condition.methods")
def test_a_condition_has_notify(threading):
    assert callable(threading.Condition().notify)


@clause("condition.methods")
def test_a_condition_has_notify_all(threading):
    assert callable(threading.Condition().notifyAll)


@clause("condition.lock.default")
def test_a_condition_has_a_lock(threading, actors):
    cond = threading.Condition()
    notifier = actors.new()
    for _ in range(3):
        notifier.call(cond.acquire)
        visitor = actors.start(visit, cond)
        assert visitor.is_blocked()
        notifier.call(cond.release)
        assert visitor.returned()


@clause("condition.lock.default")
def test_the_lock_of_a_new_condition_is_there_at_any_step_of_its_first_acquire(threading, actors):
    def prepare():
        cond = threading.Condition()
        conditions.append(cond)
        return cond.acquire, cond.acquire

    conditions = []
    for meeting in stepping.meetings(actors, prepare):
        check_one_holds(actors, conditions[-1], meeting)


def check_reentrant(cond, actors):
    notifier = actors.new()
    for depth in (1, 2, 3):
        for _ in range(depth):
            assert notifier.start(cond.acquire).returned()
        visitor = actors.start(visit, cond)
        for _ in range(depth):
            assert visitor.is_blocked()
            notifier.call(cond.release)
        assert visitor.returned()


@clause("condition.lock.default-reentrant")
def test_the_default_lock_is_reentrant(threading, actors):
    check_reentrant(threading.Condition(), actors)


@clause("condition.lock.default-reentrant")
def test_a_holder_acquires_again_without_blocking(threading, actors):
    cond = threading.Condition()
    notifier = actors.new()
    for _ in range(3):
        assert notifier.start(cond.acquire, False).returned()
    visitor = actors.start(visit, cond)
    for _ in range(3):
        assert visitor.is_blocked()
        notifier.call(cond.release)
    assert visitor.returned()


@clause("condition.lock.none")
def test_none_stands_for_a_new_reentrant_lock(threading, actors):
    check_reentrant(threading.Condition(None), actors)


@clause("condition.lock.none")
def test_none_makes_a_lock_for_each_condition(threading, actors):
    first = threading.Condition(None)
    second = threading.Condition(None)
    notifier = actors.new()
    notifier.call(first.acquire)
    visitor = actors.start(visit, second)
    assert visitor.returned()
    notifier.call(first.release)


def check_given(cond, lock, actors):
    """Whether ``cond`` and ``lock`` are acquired and released through each other."""
    notifier = actors.new()
    for one, other in ((lock, cond), (cond, lock), (lock, cond)):
        notifier.call(one.acquire)
        visitor = actors.start(visit, other)
        assert visitor.is_blocked()
        notifier.call(one.release)
        assert visitor.returned()
        notifier.call(one.acquire)
        notifier.call(other.release)
        visitor = actors.start(visit, one)
        assert visitor.returned()


def check_given_in_wait(cond, lock, actors):
    """Whether ``wait`` and ``notify`` work for threads that acquired ``lock`` directly."""
    arrived = []

    def sit_by_lock():
        lock.acquire()
        arrived.append(1)
        cond.wait()
        lock.release()

    waiter = actors.start(sit_by_lock)
    notifier = take(actors, lock, arrived, 1)
    notifier.call(cond.notify)
    assert waiter.is_blocked()
    notifier.call(lock.release)
    assert waiter.returned()


@clause("condition.lock.given-lock")
def test_a_lock_passed_in_is_used(threading, actors):
    lock = threading.Lock()
    check_given(threading.Condition(lock), lock, actors)


@clause("condition.lock.given-lock")
def test_a_lock_passed_in_is_used_by_wait(threading, actors):
    lock = threading.Lock()
    check_given_in_wait(threading.Condition(lock), lock, actors)


@clause("condition.lock.given-lock")
def test_a_condition_with_a_lock_is_not_reentrant(threading, actors):
    lock = threading.Lock()
    cond = threading.Condition(lock)
    notifier = actors.new()
    notifier.call(cond.acquire)
    notifier.start(cond.acquire)
    assert notifier.is_blocked()
    lock.release()
    assert notifier.returned()


@clause("condition.lock.given-lock")
def test_a_lock_passed_in_while_it_is_held_stays_held(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    cond = threading.Condition(lock)
    visitor = actors.start(visit, cond)
    assert visitor.is_blocked()
    lock.release()
    assert visitor.returned()


@clause("condition.lock.given-rlock")
def test_an_rlock_passed_in_is_used(threading, actors):
    lock = threading.RLock()
    check_given(threading.Condition(lock), lock, actors)


@clause("condition.lock.given-rlock")
def test_an_rlock_passed_in_is_used_by_wait(threading, actors):
    lock = threading.RLock()
    check_given_in_wait(threading.Condition(lock), lock, actors)


@clause("condition.lock.given-rlock")
def test_levels_of_an_rlock_and_its_condition_add_up(threading, actors):
    lock = threading.RLock()
    cond = threading.Condition(lock)
    notifier = actors.new()
    for first, second in ((lock, cond), (cond, lock), (lock, cond)):
        for holder in (first, second, first):
            notifier.call(holder.acquire)
        visitor = actors.start(visit, lock)
        for holder in (second, first, second):
            assert visitor.is_blocked()
            notifier.call(holder.release)
        assert visitor.returned()


@clause("condition.lock.shared")
def test_conditions_that_share_a_lock_are_acquired_together(threading, actors):
    for lock in (threading.Lock(), threading.RLock()):
        conditions = [threading.Condition(lock) for _ in range(3)]
        notifier = actors.new()
        for cond in conditions:
            notifier.call(cond.acquire)
            visitors = [actors.start(visit, one) for one in conditions]
            assert actors.ended(visitors) == []
            notifier.call(conditions[0].release)
            assert len(actors.ended(visitors, at_least=3)) == 3


@clause("condition.lock.shared")
def test_wait_frees_every_condition_with_the_same_lock(threading, actors):
    check_excludes(actors, threading.Condition)
    for lock in (threading.Lock(), threading.RLock()):
        first = threading.Condition(lock)
        second = threading.Condition(lock)
        arrived = []
        waiter = actors.start(sit, first, arrived)
        notifier = take(actors, second, arrived, 1)
        notifier.call(first.notify)
        notifier.call(second.release)
        assert waiter.returned()


@clause("condition.lock.shared")
def test_wait_undoes_the_levels_of_every_condition_with_the_same_lock(threading, actors):
    check_excludes(actors, threading.Condition)
    lock = threading.RLock()
    first = threading.Condition(lock)
    second = threading.Condition(lock)
    arrived = []

    def sit_on_both(cond):
        for holder in (second, first, lock):
            holder.acquire()
        arrived.append(1)
        cond.wait()
        for holder in (first, second, lock):
            holder.release()

    for cond, other in ((first, second), (second, first)):
        del arrived[:]
        waiter = actors.start(sit_on_both, cond)
        notifier = take(actors, other, arrived, 1)
        notifier.call(cond.notify)
        notifier.call(other.release)
        assert waiter.returned()


@clause("condition.lock.keyword")
def test_the_lock_can_be_given_by_name(threading, actors):
    notifier = actors.new()
    visitor = actors.new()
    for lock in (threading.Lock(), threading.RLock()):
        cond = threading.Condition(lock=lock)
        for one, other in ((cond, lock), (lock, cond)):
            notifier.call(one.acquire)
            visitor.start(visit, other)
            assert visitor.is_blocked()
            notifier.call(one.release)
            assert visitor.returned()


@clause("condition.lock.other-objects")
def test_what_a_condition_does_with_an_object_that_is_no_lock(threading, observe):
    try:
        threading.Condition(object())
    except Exception:
        observe("refused")
    else:
        observe("accepted")


@clause("condition.acquire.acquires")
def test_acquire_blocks_until_the_lock_is_free(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        visitors = [actors.new() for _ in range(5)]
        for _ in range(3):
            assert notifier.start(cond.acquire).returned()
            for visitor in visitors:
                visitor.start(visit, cond)
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
        visitor = actors.start(visit, cond)
        assert visitor.is_blocked()
        notifier.call(cond.release)
        assert visitor.returned()


@clause("condition.acquire.arguments")
def test_acquire_with_an_argument_takes_a_free_lock(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        visitor = actors.new()
        for blocking_argument in (False, 0, True, 1):
            assert notifier.start(cond.acquire, blocking_argument).returned()
            visitor.start(visit, cond)
            assert visitor.is_blocked()
            notifier.call(cond.release)
            assert visitor.returned()


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


def check_values(cond, lock, actors):
    """Whether ``cond.acquire`` returns what the like of its lock returns, however it is called.

    Calls that block are the business of ``check_values_of_blocked``.
    """
    notifier = actors.new()
    for args in ((), (True,), (1,), (False,), (0,)):
        expected = notifier.call(lock.acquire, *args)
        got = notifier.call(cond.acquire, *args)
        assert truth(got) == truth(expected), "%s on a free lock, not %s" % (got, expected)
        if args and not args[0]:
            visitors = [actors.start(one.acquire, *args) for one in (lock, cond)]
            if len(actors.ended(visitors)) < 2:
                break
            expected, got = [visitor.result() for visitor in visitors]
            assert truth(got) == truth(expected), "%s on a held lock, not %s" % (got, expected)
        notifier.call(lock.release)
        notifier.call(cond.release)


def check_values_of_blocked(cond, lock, actors):
    """Whether ``cond.acquire`` that has blocked returns what the like of its lock returns."""
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
        assert truth(got) == truth(expected), "%s after blocking, not %s" % (got, expected)


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


@clause("condition.release.releases")
def test_release_lets_a_blocked_acquire_proceed(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        taker = actors.new()
        for _ in range(3):
            notifier.call(cond.acquire)
            taker.start(visit, cond)
            taker.is_blocked()
            assert notifier.start(cond.release).returned()
            assert taker.returned()


@clause("condition.release.releases")
def test_release_undoes_one_acquire(threading, actors):
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    for depth in (2, 7):
        for _ in range(depth):
            notifier.call(cond.acquire)
        visitor = actors.start(visit, cond)
        for _ in range(depth):
            assert visitor.is_blocked()
            notifier.call(cond.release)
        assert visitor.returned()


@clause("condition.release.releases")
def test_release_unlocks_a_plain_lock_that_another_thread_has_acquired(threading, actors):
    cond = threading.Condition(threading.Lock())
    pair = [actors.new(), actors.new()]
    taker = actors.new()
    for _ in range(2):
        pair[0].call(cond.acquire)
        taker.start(visit, cond)
        taker.is_blocked()
        pair[1].call(cond.release)
        assert taker.returned()
        pair.reverse()


@clause("condition.release.unlocked-error")
def test_release_of_a_free_lock_is_the_error_of_the_lock(threading, actors):
    notifier = actors.new()
    for lock in (threading.Lock(), threading.RLock()):
        expected = notifier.start(lock.release).raised()
        cond = threading.Condition(lock)
        for _ in range(2):
            got = notifier.start(cond.release).raised()
            # Each error may be of a class of its own, derived from the documented one.
            kind = isinstance(expected, RuntimeError) and RuntimeError or type(expected)
            assert isinstance(got, kind), "%r, not %r" % (got, expected)
            notifier.call(cond.acquire)
            notifier.call(cond.release)


@clause("condition.release.no-value")
def test_release_returns_none(threading, actors):
    for cond in kinds(threading):
        notifier = actors.new()
        for _ in range(2):
            notifier.call(cond.acquire)
            value = notifier.call(cond.release)
            assert value is None


# -- wait, notify and notifyAll without the lock --------------------------------------------------


def check_unacquired(threading, actors, name, *args):
    for cond in kinds(threading) + [threading.Condition(threading.RLock())]:
        caller = actors.new()
        raises(RuntimeError, caller.call, getattr(cond, name), *args)
        for _ in range(2):
            caller.call(cond.acquire)
            caller.call(cond.release)
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
            raises(RuntimeError, actors.new().call, getattr(cond, name), *args)


def check_not_owner(threading, actors, name, *args):
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    for _ in range(2):  # at the second turn it is held at level 2
        notifier.call(cond.acquire)
        caller = actors.new()
        for _ in range(2):
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
    for _ in range(2):
        notifier.call(let_go, cond)


def refused(caller, method, *args):
    """Whether an actor's call is refused with an error, as other clauses demand it."""
    return caller.start(method, *args).raised() is not None


def check_lock_unchanged(threading, actors, name, *args):
    """Whether a refused call leaves the lock free when it is free, and held when it is held."""
    for cond in kinds(threading):
        caller = actors.new()
        visitor = actors.new()
        for _ in range(2):
            if not refused(caller, getattr(cond, name), *args):
                break
            assert visitor.start(visit, cond).returned()
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    visitor = actors.new()
    for depth in (1, 2):
        for _ in range(depth):
            notifier.call(cond.acquire)
        if not refused(visitor, getattr(cond, name), *args):
            break
        visitor.start(visit, cond)
        for _ in range(depth):
            assert visitor.is_blocked()
            notifier.call(cond.release)
        assert visitor.returned()


def check_nobody_woken(threading, actors, name):
    """Whether a refused notification leaves a waiter alone, now and later."""
    for cond in kinds(threading):
        method = getattr(cond, name)
        notifier, (waiter,) = gather(actors, cond, 1)
        notifier.call(cond.release)
        if refused(actors.new(), method):
            assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()
        if refused(actors.new(), method):
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.release)
            assert waiter.is_blocked()
            notify(notifier, cond)
            waiter.returned()
    cond = threading.Condition(threading.RLock())
    notifier, (waiter,) = gather(actors, cond, 1)
    was_refused = refused(actors.new(), getattr(cond, name))
    notifier.call(cond.release)
    if was_refused:
        assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


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
        return  # another clause's business
    for cond in kinds(threading):
        for args in ((), (0.001,)):
            if not refused(actors.new(), cond.wait, *args):
                continue
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.release)
            if not refused(actors.new(), cond.wait, *args):
                continue
            notify(notifier, cond)
            assert waiter.returned()
    for args in ((), (0.001,)):
        cond = threading.Condition(threading.RLock())
        notifier, (waiter,) = gather(actors, cond, 1)
        if refused(actors.new(), cond.wait, *args):
            notifier.call(cond.notify)
            notifier.call(cond.release)
            assert waiter.returned()


@clause("condition.plain-lock.held-elsewhere")
def test_methods_while_another_thread_has_acquired_the_plain_lock(threading, actors, observe):
    seen = []
    for name, args in (("wait", (0.001,)), ("notify", ()), ("notifyAll", ())):
        cond = threading.Condition(threading.Lock())
        notifier = actors.new()
        notifier.call(cond.acquire)
        caller = actors.start(getattr(cond, name), *args)
        if caller.returned():
            seen.append("%s returns" % name)
        elif caller.has_ended():
            seen.append("%s raises %s" % (name, type(caller.error).__name__))
        else:
            seen.append("%s blocks" % name)
        notifier.start(let_go, cond).returned()
    observe(", ".join(seen))


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


# -- wait -----------------------------------------------------------------------------------------


@clause("condition.wait.releases-lock")
def test_the_lock_is_free_while_threads_wait(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier = actors.new()
        for count in (1, 3, 1):
            arrived = []
            helpers = actors.start_many(count, sit, cond, arrived)
            actors.ended(helpers)
            visitor = actors.start(visit, cond)
            assert visitor.returned()
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
            waiter = actors.start(sit, cond, arrived, timeout)
            announced(actors, arrived)
            visitor = actors.start(visit, cond)
            assert visitor.returned()
            wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.blocks")
def test_wait_blocks_until_notified(threading, actors):
    for cond in kinds(threading):
        for _ in range(3):
            notifier, helpers = gather(actors, cond, 1)
            notifier.call(cond.release)
            assert helpers[0].is_blocked()
            wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.wait.blocks")
def test_several_waits_block_until_notified(threading, actors):
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 4)
        notifier.call(cond.release)
        assert actors.ended(helpers) == []
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.wait.blocks")
def test_wait_is_not_ended_by_a_release(threading, actors):
    for cond in kinds(threading):
        notifier, helpers = gather(actors, cond, 1)
        notifier.call(cond.release)
        for _ in range(5):
            notifier.call(visit, cond)
            assert helpers[0].is_blocked()
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.wait.blocks")
def test_wait_is_not_ended_by_the_timeout_of_another(threading, actors):
    for cond in kinds(threading):
        notifier, before = gather(actors, cond, 1)
        notifier.call(cond.release)
        actors.start(sit, cond, [], 0.001).returned()
        notifier, after = gather(actors, cond, 1)
        notifier.call(cond.release)
        actors.start(sit, cond, [], 0.0).returned()
        assert actors.ended(before + after) == []
        wake_the_rest(actors, notifier, cond, before + after)


def notify_each_wait(actors, cond, rounds, notified, note):
    """Start a thread that waits again and again, and one that notifies it at once each time.

    ``notified`` gets an entry before each notify(); ``note`` is called after each wait.
    """
    arrived = []
    over = []

    def wait_often():
        try:
            for number in brisk(actors, rounds):
                cond.acquire()
                arrived.append(number)
                if number % 3 == 1:
                    cond.wait(LONG)
                else:
                    cond.wait()
                note(number)
                cond.release()
        finally:
            over.append(True)

    def notify_often():
        number = 0
        while not over:
            if len(arrived) <= number:
                time.sleep(0)
                continue
            cond.acquire()
            notified.append(number)
            cond.notify()
            cond.release()
            number += 1

    return [actors.start(wait_often), actors.start(notify_often)]


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
    assert not too_soon, "%d of %d waits ended without a notify()" % (
        len(too_soon),
        len(notified) + len(too_soon),
    )


@clause("condition.wait.woken-by-notify")
def test_notify_ends_a_wait(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for _ in range(3):
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.notify)
            notifier.call(cond.release)
            assert waiter.returned()


@clause("condition.wait.woken-by-notify")
def test_the_same_thread_is_woken_each_time_it_waits(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        arrived = []
        waiter = actors.start(sit_twice, cond, arrived)
        for count in (1, 2):
            notifier = take(actors, cond, arrived, count)
            notifier.call(cond.notify)
            notifier.call(cond.release)
        assert waiter.returned()


@clause("condition.wait.woken-by-notifyAll")
def test_notify_all_ends_a_wait(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for _ in range(3):
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.notifyAll)
            notifier.call(cond.release)
            assert waiter.returned()


@clause("condition.wait.woken-by-notifyAll")
def test_the_same_thread_is_woken_by_notify_all_each_time_it_waits(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        arrived = []
        waiter = actors.start(sit_twice, cond, arrived)
        for count in (1, 2):
            notifier = take(actors, cond, arrived, count)
            notifier.call(cond.notifyAll)
            notifier.call(cond.release)
        assert waiter.returned()


@clause("condition.wait.same-condition")
def test_a_condition_with_the_same_lock_does_not_wake(threading, actors):
    for name in ("notify", "notifyAll"):
        for lock in (threading.Lock(), threading.RLock()):
            own = threading.Condition(lock)
            other = threading.Condition(lock)
            notifier, (waiter,) = gather(actors, own, 1)
            notifier.call(getattr(other, name))
            notifier.call(other.release)
            assert waiter.is_blocked()
            wake_the_rest(actors, notifier, own, [waiter])


@clause("condition.wait.same-condition")
def test_a_condition_with_waiters_and_the_same_lock_does_not_wake(threading, actors):
    for name in ("notify", "notifyAll"):
        lock = threading.RLock()
        own = threading.Condition(lock)
        other = threading.Condition(lock)
        notifier, before = gather(actors, own, 1)
        notifier.call(own.release)
        notifier, others = gather(actors, other, 2)
        notifier.call(own.release)
        notifier, after = gather(actors, own, 1)
        notifier.call(getattr(other, name))
        notifier.call(other.release)
        assert actors.ended(before + after) == []
        wake_the_rest(actors, notifier, other, others)
        wake_the_rest(actors, notifier, own, before + after)


@clause("condition.wait.same-condition")
def test_a_condition_with_another_lock_does_not_wake(threading, actors):
    for name in ("notify", "notifyAll"):
        own = threading.Condition()
        other = threading.Condition()
        notifier, (waiter,) = gather(actors, own, 1)
        notifier.call(own.release)
        notifier.call(other.acquire)
        notifier.call(getattr(other, name))
        notifier.call(other.release)
        assert waiter.is_blocked()
        wake_the_rest(actors, notifier, own, [waiter])


def sit_and_hold(cond, arrived, depth, *timeout):
    """Acquire ``depth`` times, wait once, and return still holding the lock."""
    for _ in range(depth):
        cond.acquire()
    arrived.append(1)
    cond.wait(*timeout)


def check_held(cond, waiter, visitor, depth=1):
    """Whether ``waiter`` holds the lock of ``cond`` at level ``depth``, and release it.

    ``visitor``: another actor, which is free.
    """
    visitor.start(visit, cond)
    for _ in range(depth):
        assert visitor.is_blocked()
        waiter.call(cond.release)
    assert visitor.returned()


@clause("condition.wait.reacquires")
def test_the_lock_is_held_after_a_notified_wait(threading, actors):
    for cond in kinds(threading):
        for name in ("notify", "notifyAll", "notify"):
            arrived = []
            waiter = actors.start(sit_and_hold, cond, arrived, 1)
            notifier = take(actors, cond, arrived, 1)
            notifier.call(getattr(cond, name))
            notifier.call(cond.release)
            waiter.result()
            check_held(cond, waiter, notifier)


@clause("condition.wait.reacquires")
def test_the_lock_is_held_after_a_wait_notified_before_its_timeout(threading, actors):
    for cond in kinds(threading):
        arrived = []
        waiter = actors.start(sit_and_hold, cond, arrived, 1, LONG)
        notifier = take(actors, cond, arrived, 1)
        notifier.call(cond.notify)
        notifier.call(cond.release)
        waiter.result()
        check_held(cond, waiter, notifier)


@clause("condition.wait.reacquires")
def test_the_lock_taken_at_any_step_of_a_notified_wait_is_held_by_one(threading, actors):
    notifier = actors.new()
    for cond in kinds(threading):

        def prepare(cond=cond):
            gate = actors.substrate.allocate_lock()
            gate.acquire()

            def wake_soon():
                gate.acquire()
                wake(cond, "notify")

            def wait():
                cond.acquire()
                gate.release()
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
        inside = []
        most = []
        over = []

        def wait_often(cond=cond, arrived=arrived, inside=inside, most=most, over=over):
            while True:
                cond.acquire()
                if over:
                    break
                arrived.append(1)
                cond.wait()
                inside.append(1)
                time.sleep(0)
                most.append(len(inside))
                inside.pop()
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
        for actor in helpers:
            assert actor.error is None, repr(actor)
        assert max([0] + most) < 2, "%d threads held the lock at once" % max(most)


@clause("condition.wait.reacquires-after-timeout")
def test_the_lock_is_held_after_a_timeout(threading, actors):
    for cond in kinds(threading):
        waiter = actors.new()
        visitor = actors.new()
        for timeout in (0.002, 0.0001, 0.002):
            waiter.call(sit_and_hold, cond, [], 1, timeout)
            check_held(cond, waiter, visitor)


@clause("condition.wait.reacquires-after-timeout")
def test_the_lock_taken_at_any_step_of_a_wait_that_times_out_is_held_by_one(threading, actors):
    cond = threading.Condition(threading.Lock())

    def prepare():
        return lambda: sit_and_hold(cond, [], 1, 0.0001), cond.acquire

    for meeting in stepping.meetings(actors, prepare):
        check_one_holds(actors, cond, meeting)


@clause("condition.wait.reacquires-after-timeout")
def test_of_many_threads_that_time_out_one_at_a_time_holds_the_lock(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    most = [0]

    def wait_often(cond, inside):
        for _ in brisk(actors, rounds // 12):
            cond.acquire()
            cond.wait(0.0001)
            inside.append(1)
            time.sleep(0)
            most.append(len(inside))
            inside.pop()
            cond.release()

    helpers = []
    for cond in kinds(threading):
        helpers += actors.start_many(4, wait_often, cond, [])
    actors.ended(helpers, at_least=len(helpers))
    for actor in helpers:
        assert actor.error is None, repr(actor)
    assert max(most) < 2, "%d threads held the lock at once" % max(most)


def sit_and_tell(cond, arrived, back, timeout):
    """Wait once on ``cond``; say before and after, while holding its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait(timeout)
    back.append(1)
    let_go(cond)


def gather_late(actors, cond, count=0, late=1, timeouts=(0.005, 0.1, 0.5, 2.0)):
    """``late`` actors that wait with a short time-out, then ``count`` that wait without, and the
    notifier, who got the lock before one of the first could have it back: (notifier, actor, ...).

    ``timeouts``: the time-outs to try; with the last the notifier may come too late.
    """
    for timeout in timeouts:
        arrived = []
        back = []
        helpers = actors.start_many(late, sit_and_tell, cond, arrived, back, timeout)
        began = actors.until(lambda arrived=arrived: len(arrived) >= late)
        assert began, "%d of %d threads began to wait" % (len(arrived), late)
        helpers += actors.start_many(count, sit, cond, arrived)
        notifier = take(actors, cond, arrived, late + count)
        if not back or timeout == timeouts[-1]:
            break
        notifier.call(cond.release)  # the machine is slow: that wait is over already
        wake_the_rest(actors, notifier, cond, helpers)
    return [notifier] + helpers


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
    for depth in (1, 2, 9, 2):
        for timeout in ((), (LONG,)):
            arrived = []
            waiter = actors.start(sit_and_hold, cond, arrived, depth, *timeout)
            announced(actors, arrived)
            visitor = actors.start(visit, cond)
            assert visitor.returned()
            notifier = actors.new()
            for action in (cond.acquire, cond.notify, cond.release):
                notifier.call(action)
            if waiter.is_blocked():
                return  # it is not woken: another clause's business
            for _ in range(depth):
                waiter.start(let_go, cond).returned()


@clause("condition.wait.rlock-level-restored")
def test_the_level_is_restored_after_a_notified_wait(threading, actors):
    cond = threading.Condition(threading.RLock())
    for depth, timeout in ((1, ()), (2, (LONG,)), (5, ()), (2, ()), (3, (LONG,)), (1, ())):
        arrived = []
        waiter = actors.start(sit_and_hold, cond, arrived, depth, *timeout)
        notifier = take(actors, cond, arrived, 1)
        notifier.call(cond.notify)
        notifier.call(cond.release)
        waiter.result()
        check_held(cond, waiter, notifier, depth)


@clause("condition.wait.rlock-level-restored")
def test_each_waiter_gets_its_own_level_back(threading, actors):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition(threading.RLock())
    arrived = []

    def sit_deep(depth):
        for _ in range(depth):
            cond.acquire()
        arrived.append(1)
        cond.wait()
        for _ in range(depth):
            cond.release()

    helpers = []
    for depth in (2, 5, 1, 3):
        helpers.append(actors.start(sit_deep, depth))
        notifier = take(actors, cond, arrived, len(helpers))
        notifier.call(cond.release)
    wake_the_rest(actors, notifier, cond, helpers)
    for waiter in helpers:
        waiter.result()
    visitor = actors.start(visit, cond)
    assert visitor.returned()


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_a_timeout(threading, actors):
    cond = threading.Condition(threading.RLock())
    waiter = actors.new()
    visitor = actors.new()
    for depth, timeout in ((1, 0.0005), (2, 0.0005), (5, 0), (2, 0.0), (2, 0.0005), (1, 0.0)):
        waiter.call(sit_and_hold, cond, [], depth, timeout)
        check_held(cond, waiter, visitor, depth)


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_a_timeout_with_the_lock_held(threading, actors):
    cond = threading.Condition(threading.RLock())

    def sit_deep(depth, arrived):
        for _ in range(depth):
            cond.acquire()
        arrived.append(1)
        cond.wait(0.003)
        for _ in range(depth):
            cond.release()

    for depth in (2, 5, 1):
        arrived = []
        waiter = actors.start(sit_deep, depth, arrived)
        notifier = take(actors, cond, arrived, 1)
        waiter.is_blocked()
        notifier.call(cond.release)
        waiter.result()
        visitor = actors.start(visit, cond)
        assert visitor.returned()


@clause("condition.wait.rlock-level-restored-after-timeout")
def test_the_level_is_restored_after_many_timeouts(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition(threading.RLock())

    def wait_often():
        for number in brisk(actors, rounds // 4):
            depth = 1 + number % 3
            for _ in range(depth):
                cond.acquire()
            cond.wait(0.0001)
            for _ in range(depth):
                cond.release()

    helpers = actors.start_many(4, wait_often)
    actors.ended(helpers, at_least=4)
    for actor in helpers:
        actor.result()
    visitor = actors.start(visit, cond)
    assert visitor.returned()


@clause("condition.wait.timeout-expires")
def test_a_wait_ends_after_its_timeout(threading, actors):
    default, plain = [(cond, actors.new()) for cond in kinds(threading)]
    for timeout in (0.015, 0.005, 0.0005):
        for cond, waiter in (default, plain):
            waiter.start(sit, cond, [], timeout)
        assert default[1].returned()
        assert plain[1].returned()


@clause("condition.wait.timeout-expires")
def test_several_waits_end_after_their_timeouts(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    for cond in kinds(threading):
        helpers = [actors.start(sit, cond, [], 0.001 * number) for number in (4, 3, 2, 1)]
        for waiter in helpers:
            assert waiter.returned()


@clause("condition.wait.timeout-expires")
def test_a_wait_ends_after_its_timeout_while_others_wait_on(threading, actors):
    if not holds(check_excludes, actors, threading.Condition):
        return  # another clause's business
    cond = threading.Condition()
    notifier, others = gather(actors, cond, 2)
    notifier.call(cond.release)
    assert actors.start(sit, cond, [], 0.003).returned()
    wake_the_rest(actors, notifier, cond, others)


@clause("condition.wait.timeout-not-early")
def test_no_wait_ends_before_its_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    lasted = []

    def sit_and_time(cond, timeout):
        cond.acquire()
        began = blocking.clock()
        cond.wait(timeout)
        lasted.append((timeout, blocking.clock() - began))
        let_go(cond)

    helpers = []
    for cond in kinds(threading):
        for timeout in (0.024, 0.015) * 4:
            helpers.append((actors.start(sit_and_time, cond, timeout), cond))
    for waiter, cond in helpers[1::2]:
        if waiter.returned():
            waiter.start(sit_and_time, cond, 0.012)  # the second time in the same thread
    actors.ended([waiter for waiter, _ in helpers], at_least=len(helpers))
    for timeout, seconds in lasted:
        assert seconds > timeout * 0.95 - 0.002, "wait(%s) lasted %.4f seconds" % (
            timeout,
            seconds,
        )


@clause("condition.wait.timeout-notified")
def test_a_notification_ends_a_wait_before_its_timeout(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        for name in ("notify", "notifyAll"):
            for timeout in (LONG, 1e6, LONG):
                notifier, (waiter,) = gather(actors, cond, 1, timeout)
                notifier.call(getattr(cond, name))
                notifier.call(let_go, cond)
                assert waiter.returned()


@clause("condition.wait.timeout-zero")
def test_a_wait_of_no_time_ends(threading, actors):
    for cond in kinds(threading):
        waiter = actors.new()
        for _ in range(3):
            assert waiter.start(sit, cond, [], 0.0).returned()


@clause("condition.wait.timeout-none")
def test_wait_with_none_blocks_until_notified(threading, actors):
    for cond in kinds(threading):
        for _ in range(2):
            notifier, (waiter,) = gather(actors, cond, 1, None)
            notifier.call(cond.release)
            assert waiter.is_blocked()
            notify(notifier, cond)
            assert waiter.returned()


@clause("condition.wait.timeout-integer")
def test_a_timeout_can_be_an_integer(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notifier, (waiter,) = gather(actors, cond, 1, 600)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        assert waiter.returned()
        assert actors.start(sit, cond, [], 0).returned()


@clause("condition.wait.timeout-keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        arrived = []

        def sit_by_name(timeout, cond=cond, arrived=arrived):
            cond.acquire()
            arrived.append(1)
            cond.wait(timeout=timeout)
            let_go(cond)

        waiter = actors.start(sit_by_name, LONG)
        notifier = take(actors, cond, arrived, 1)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        assert waiter.returned()
        assert actors.start(sit_by_name, 0.002).returned()


@clause("condition.wait.timeout-negative")
def test_a_negative_timeout_of_wait_is_over_immediately(threading, actors):
    for timeout in (-1.0, -0.001, -1):
        cond = threading.Condition()
        waiter = actors.start(sit, cond, [], timeout)
        over = waiter.returned()
        if waiter.error is None and not over:
            wake_the_rest(actors, actors.new(), cond, [waiter])
        assert over, "wait(%r) does not return" % timeout


def times_out(actors, cond, timeout):
    """Whether a wait in a thread of its own times out, as other clauses demand it."""
    return actors.start(sit, cond, [], timeout).returned()


def check_wakes_waiting(actors, cond, timeout):
    """Whether a notify() after waits that have timed out wakes a thread that waits."""
    notifier, before = gather(actors, cond, 1)
    notifier.call(cond.release)
    if not all([times_out(actors, cond, timeout) for _ in range(3)]):
        return
    notifier, after = gather(actors, cond, 1)
    notifier.call(cond.release)
    if not all([times_out(actors, cond, timeout) for _ in range(2)]):
        return
    for count in (1, 2):
        notify(notifier, cond)
        ended = actors.ended(before + after, at_least=count)
        assert len(ended) >= count, "%d waiters woke from %d notify()" % (len(ended), count)


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
        notifier.call(cond.release)
        if not times_out(actors, cond, 0.0002):
            continue
        notifier, after = gather(actors, cond, 1)
        notifier.call(cond.release)
        if not times_out(actors, cond, 0.0002):
            continue
        notifier.call(wake, cond, "notifyAll")
        ended = actors.ended(before + after, at_least=3)
        assert len(ended) == 3, "%d of 3 waiters woke" % len(ended)


@clause("condition.wait.timed-out-waits-no-more")
def test_a_notify_after_a_timeout_is_not_kept(threading, actors):
    for cond in kinds(threading):
        for name in ("notify", "notifyAll"):
            for times in (1, 2):
                notifier = actors.new()
                for _ in range(times):
                    notifier.call(sit, cond, [], 0.0002)
                    notifier.call(wake, cond, name)
                notifier, (waiter,) = gather(actors, cond, 1)
                notifier.call(cond.release)
                assert waiter.is_blocked()
                wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.timed-out-waits-no-more")
def test_after_many_timeouts_a_notify_wakes_a_thread_that_waits(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    cond = threading.Condition()

    def time_out_often():
        for _ in brisk(actors, rounds // 6):
            sit(cond, [], 0.0001)

    notifier, before = gather(actors, cond, 1)
    notifier.call(cond.release)
    helpers = actors.start_many(3, time_out_often)
    actors.ended(helpers, at_least=3)
    notifier, after = gather(actors, cond, 1)
    notifier.call(cond.release)
    for count in (1, 2):
        notify(notifier, cond)
        ended = actors.ended(before + after, at_least=count)
        assert len(ended) >= count, "%d waiters woke from %d notify()" % (len(ended), count)
    notifier, (waiter,) = gather(actors, cond, 1)
    notifier.call(cond.release)
    assert waiter.is_blocked()
    wake_the_rest(actors, notifier, cond, [waiter])


@clause("condition.wait.timed-out-waits-for-lock")
def test_what_a_notify_finds_while_a_thread_that_timed_out_waits_for_the_lock(
    threading, actors, observe
):
    # The notifier holds the lock until the first waiter has timed out and blocks for the lock.
    # Where that cannot be seen a time-out might only be late: then it is given more time.
    cond = threading.Condition()
    for patience in (0.01, 0.1):
        notifier, late, waiter = gather_late(actors, cond, 1)
        late.is_blocked()
        time.sleep(patience)
        certain = rest_of(late) == blocking.FOR_EVER
        notifier.call(cond.notify)
        notifier.call(cond.release)
        late.returned()
        woken = not waiter.is_blocked()
        wake_the_rest(actors, notifier, cond, [waiter])
        if woken or certain:
            break
    observe("wakes a thread that still waits" if woken else "is spent on the one that timed out")


@clause("condition.wait.timeout-meets-notify")
def test_a_timeout_that_meets_a_notification_leaves_nothing(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    for name in ("notify", "notifyAll"):
        cond = threading.Condition()
        over = []

        def time_out_often(cond=cond, over=over):
            try:
                for _ in brisk(actors, rounds // 6):
                    sit(cond, [], 0.0001)
            finally:
                over.append(True)

        def wake_often(cond=cond, over=over, name=name):
            number = 0
            while len(over) < 2:
                number += 1
                time.sleep(0.00002 * (number % 6))
                wake(cond, name)

        helpers = actors.start_many(2, time_out_often)
        helpers.append(actors.start(wake_often))
        actors.ended(helpers, at_least=3)
        for actor in helpers:
            actor.result()
        notifier, helpers = gather(actors, cond, 2)
        notifier.call(cond.release)
        assert actors.ended(helpers) == []
        for count in (1, 2):
            notify(notifier, cond)
            ended = actors.ended(helpers, at_least=count)
            assert len(ended) >= count, "%d waiters woke from %d notify()" % (len(ended), count)


@clause("condition.wait.timeout-meets-notify")
def test_a_notification_at_any_step_of_a_timed_wait_leaves_nothing(threading, actors):
    for name in ("notify", "notifyAll"):
        cond = threading.Condition(threading.Lock())

        def prepare(cond=cond, name=name):
            return lambda: sit(cond, [], 0.0002), lambda: wake(cond, name)

        for meeting in stepping.meetings(actors, prepare):
            meeting.other.result()
            meeting.call.result()
            check_nothing_left(cond, meeting.call, meeting.other)


@clause("condition.wait.timeout-meets-notify")
def test_a_timeout_at_any_step_of_a_notification_leaves_nothing(threading, actors):
    helpers = [actors.new(), actors.new()]
    for name in ("notify", "notifyAll"):
        cond = threading.Condition(threading.Lock())

        def prepare(cond=cond, name=name):
            arrived = []
            for waiter, timeout in zip(helpers, (0.0006, 0.0012)):
                waiter.start(sit, cond, arrived, timeout)
            actors.until(lambda: len(arrived) == 2)

            return lambda: wake(cond, name), lambda: time.sleep(0.0013)

        for meeting in stepping.meetings(actors, prepare):
            for actor in [meeting.other, meeting.call] + helpers:
                actor.result()
            check_nothing_left(cond, meeting.call, meeting.other)


@clause("condition.wait.atomic")
def test_no_gap_between_the_release_and_the_waiting(threading, actors, rounds):
    # Whoever sees the announcement acquires the lock as soon as it is let go, and notifies.
    check_excludes(actors, threading.Condition)
    for cond in kinds(threading):
        notified = []
        helpers = notify_each_wait(actors, cond, rounds // 3, notified, lambda number: None)
        ended = actors.ended(helpers, at_least=2)
        assert len(ended) == 2, "the notify() number %d did not reach the thread that waits" % len(
            notified
        )


@clause("condition.wait.atomic")
def test_a_notification_at_any_step_of_wait_reaches_it(threading, actors):
    for cond, timeout in zip(kinds(threading), ((), (LONG,))):
        arrived = []
        reached = []

        def reach(cond=cond, arrived=arrived, reached=reached):
            cond.acquire()
            reached.extend(arrived)  # if there is something, it waits
            cond.notify()
            cond.release()

        def prepare(cond=cond, timeout=timeout, arrived=arrived, reached=reached, reach=reach):
            del arrived[:]
            del reached[:]
            return lambda: sit(cond, arrived, *timeout), reach

        for meeting in stepping.meetings(actors, prepare):
            meeting.other.result()
            if not reached:
                meeting.call.is_blocked()
                meeting.other.call(reach)
            assert meeting.call.returned(), "a notify() did not reach %r" % meeting.call


@clause("condition.wait.value")
def test_what_wait_returns(threading, actors, observe):
    cond = threading.Condition()
    arrived = []
    values = []

    def sit_and_tell(*timeout):
        cond.acquire()
        arrived.append(1)
        values.append(truth(cond.wait(*timeout)))
        let_go(cond)

    waiter = actors.start(sit_and_tell)
    notifier = take(actors, cond, arrived, 1)
    notifier.call(cond.release)
    wake_the_rest(actors, notifier, cond, [waiter])
    actors.call(sit_and_tell, 0.001)
    observe("notified: %s, timed out: %s" % (values[0], values[1]))


# -- notify ---------------------------------------------------------------------------------------


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


def notify_often(cond, times):
    """Notify so many times, with no pause in which a woken thread could do anything."""
    for _ in range(times):
        cond.notify()


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


def check_not_remembered(actors, cond, name):
    """Whether notifications without a waiter leave the next wait, and the one after it, alone."""
    notifier = actors.new()
    notifier.call(cond.acquire)
    for _ in range(3):
        notifier.call(getattr(cond, name))
    notifier.call(cond.release)
    for _ in range(2):
        notifier, (waiter,) = gather(actors, cond, 1)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()


def check_surplus_not_remembered(actors, cond, name):
    """Whether more notifications than waiters leave the next wait alone."""
    arrived = []
    waiter = actors.start(sit_twice, cond, arrived)
    notifier = take(actors, cond, arrived, 1)
    for _ in range(3):
        notifier.call(getattr(cond, name))
    notifier.call(cond.release)
    notifier = take(actors, cond, arrived, 2)
    notifier.call(cond.release)
    assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


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


def check_keeps_lock(threading, actors, name):
    before = actors.new()
    after = actors.new()
    for cond in kinds(threading):
        for size in (0, 1, 2):
            notifier, helpers = gather(actors, cond, size)
            before.start(visit, cond)
            before.is_blocked()
            notifier.call(getattr(cond, name))
            after.start(visit, cond)
            assert actors.ended([before, after]) == []
            notifier.call(cond.release)
            assert len(actors.ended([before, after], at_least=2)) == 2
            wake_the_rest(actors, notifier, cond, helpers)
    cond = threading.Condition(threading.RLock())
    for size in (0, 1, 2):
        notifier, helpers = gather(actors, cond, size)
        notifier.call(cond.acquire)
        before.start(visit, cond)
        before.is_blocked()
        for _ in range(2):
            notifier.call(getattr(cond, name))
        for _ in range(2):
            assert before.is_blocked()
            notifier.call(cond.release)
        assert before.returned()
        wake_the_rest(actors, notifier, cond, helpers)


@clause("condition.notify.keeps-lock")
def test_the_lock_is_still_held_after_notify(threading, actors):
    check_keeps_lock(threading, actors, "notify")


def check_does_not_wait(threading, actors, name):
    for cond in kinds(threading):
        for size in (0, 1, 3):
            notifier, helpers = gather(actors, cond, size)
            for _ in range(2):
                assert notifier.start(getattr(cond, name)).returned()
            notifier.call(cond.release)
            wake_the_rest(actors, notifier, cond, helpers)


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


def check_turns(threading, actors, rounds, name):
    """Two threads take turns: whoever gives the turn away notifies a thread that is waiting."""
    for cond in kinds(threading):
        turn = [0]
        over = []

        def play(own, cond=cond, turn=turn, over=over):
            for _ in brisk(actors, rounds // 4):
                cond.acquire()
                while turn[0] != own:
                    cond.wait()
                if over:
                    break
                turn[0] = 1 - own
                getattr(cond, name)()
                cond.release()
            else:
                cond.acquire()
                while turn[0] != own:
                    cond.wait()
            over.append(True)
            turn[0] = 1 - own
            getattr(cond, name)()
            cond.release()

        helpers = [actors.start(play, 0), actors.start(play, 1)]
        ended = actors.ended(helpers, at_least=2)
        assert len(ended) == 2, "a %s() was lost" % name


@clause("condition.notify.none-lost")
def test_no_notify_between_two_threads_is_lost(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    check_turns(threading, actors, rounds, "notify")


# -- notifyAll ------------------------------------------------------------------------------------


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


# -- use ------------------------------------------------------------------------------------------


@clause("condition.example.producer-consumer")
def test_producers_and_consumers(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    default, plain = kinds(threading)
    for cond, producers, consumers in ((default, 1, 1), (default, 2, 4), (plain, 4, 2)):
        items = []
        made = []
        consumed = []

        def consume(cv=cond, items=items, consumed=consumed):
            item = 0
            while item is not None:  # None tells a consumer that nothing comes any more
                cv.acquire()
                while not items:
                    cv.wait()
                item = items.pop(0)
                consumed.append(item)
                cv.release()

        def produce(first, numbers, cv=cond, items=items, made=made):
            for number in numbers:
                cv.acquire()
                items.append(number if number is None else first + number)
                made.append(items[-1])
                cv.notify()
                cv.release()

        eaters = actors.start_many(consumers, consume)
        makers = []
        for number in range(producers):
            numbers = brisk(actors, rounds // (2 * producers))
            makers.append(actors.start(produce, number * rounds, numbers))
        actors.ended(makers, at_least=producers)
        actors.call(produce, 0, [None] * consumers)
        ended = actors.ended(eaters, at_least=consumers)
        assert len(ended) == consumers, "%d of %d items were consumed" % (
            len(consumed),
            len(made),
        )
        for actor in makers + eaters:
            assert actor.error is None, repr(actor)
        assert consumed == made, "%d items were made, %d consumed" % (len(made), len(consumed))


@clause("condition.example.producer-consumer")
def test_consumers_of_one_item_each_get_one_from_producers_that_contend(threading, actors):
    for cond in kinds(threading):
        items = []
        arrived = []

        def consume_one(cv=cond, items=items, arrived=arrived):
            cv.acquire()
            arrived.append(1)
            while not items:
                cv.wait()
            items.pop(0)
            cv.release()

        def produce_two(cv=cond, items=items):
            for item in range(2):
                cv.acquire()
                items.append(item)
                cv.notify()
                cv.release()

        eaters = actors.start_many(6, consume_one)
        notifier = take(actors, cond, arrived, 6)
        makers = actors.start_many(3, produce_two)
        actors.ended(makers)  # they are blocked until the notifier releases the lock
        notifier.call(cond.release)
        ended = actors.ended(eaters, at_least=6)
        assert len(ended) == 6, "%d of 6 consumers got one of 6 items" % len(ended)


@clause("condition.example.bounded-buffer")
def test_two_conditions_on_the_lock_of_a_bounded_buffer(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    for lock in (threading.Lock(), threading.RLock()):
        not_full = threading.Condition(lock)
        not_empty = threading.Condition(lock)
        buffer = []
        put = []
        got = []
        most = []

        def produce(lock=lock, full=not_full, empty=not_empty, buffer=buffer, put=put, most=most):
            numbers = brisk(actors, rounds)
            item = 0
            while item is not None:
                item = next(numbers, None)  # None tells a consumer that nothing comes any more
                lock.acquire()
                while len(buffer) >= 2:
                    full.wait()
                buffer.append(item)
                put.append(item)
                most.append(len(buffer))
                empty.notify()
                lock.release()

        def consume(lock=lock, full=not_full, empty=not_empty, buffer=buffer, got=got):
            item = 0
            while item is not None:
                lock.acquire()
                while not buffer:
                    empty.wait()
                item = buffer.pop(0)
                got.append(item)
                full.notify()
                lock.release()

        helpers = actors.start_many(2, consume) + actors.start_many(2, produce)
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d items were put in, %d got out" % (len(put), len(got))
        for actor in helpers:
            assert actor.error is None, repr(actor)
        assert got == put, "%d items were put in, %d got out" % (len(put), len(got))
        assert max(most) <= 2, "%d items in a buffer for 2" % max(most)
