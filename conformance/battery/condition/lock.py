"""The lock of a Condition: given, shared or its own."""

from threadspec.conformance.battery.support import stepping
from threadspec.conformance.battery.support.condition import (
    acquire_after,
    acquire_and_release,
    check_free,
    check_held,
    check_one_holds,
    wait_on,
)
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.harness.vocabulary import clause


@clause("condition.lock.default")
def test_a_condition_has_a_lock(threading, actors):
    cond = threading.Condition()
    notifier = actors.new()
    for _ in range(3):
        notifier.call(cond.acquire)
        check_held(cond, actors.new(), notifier, cond.release)


@clause("condition.lock.default")
def test_the_lock_of_a_new_condition_is_there_at_any_step_of_its_first_acquire(threading, actors):
    def prepare():
        cond = threading.Condition()
        conditions.append(cond)
        return cond.acquire, cond.acquire

    conditions = []
    for meeting in stepping.meetings(actors, prepare):
        check_one_holds(actors, conditions[-1], meeting)


def check_reentrant(cond, actors, *args):
    """Check that a holder can acquire(*args) again, and the lock is free after as many releases."""
    notifier = actors.new()
    for level in (1, 2, 3):
        for _ in range(level):
            assert notifier.start(cond.acquire, *args).returned()
        check_held(cond, actors.new(), notifier, *[cond.release] * level)


@clause("condition.lock.default-reentrant")
def test_the_default_lock_is_reentrant(threading, actors):
    check_reentrant(threading.Condition(), actors)


@clause("condition.lock.default-reentrant")
def test_a_holder_acquires_again_without_blocking(threading, actors):
    check_reentrant(threading.Condition(), actors, False)


@clause("condition.lock.none")
def test_none_stands_for_a_new_reentrant_lock(threading, actors):
    check_reentrant(threading.Condition(None), actors)


@clause("condition.lock.none")
def test_none_makes_a_lock_for_each_condition(threading, actors):
    first = threading.Condition(None)
    second = threading.Condition(None)
    notifier = actors.new()
    notifier.call(first.acquire)
    check_free(second, actors.new())
    notifier.call(first.release)


def check_given(threading, lock, actors):
    """Check that ``lock`` and a condition with it are acquired and released through each other."""
    cond = threading.Condition(lock)
    notifier = actors.new()
    for one, other in ((lock, cond), (cond, lock), (lock, cond)):
        notifier.call(one.acquire)
        check_held(other, actors.new(), notifier, one.release)
        notifier.call(one.acquire)
        notifier.call(other.release)
        check_free(one, actors.new())


def check_given_in_wait(threading, lock, actors):
    """Check that wait() and notify() work in threads that acquired the given lock directly."""
    cond = threading.Condition(lock)
    arrived = []

    def wait():
        lock.acquire()
        arrived.append(1)
        cond.wait()
        lock.release()

    waiter = actors.start(wait)
    notifier = acquire_after(actors, lock, arrived, 1)
    notifier.call(cond.notify)
    assert waiter.is_blocked()
    notifier.call(lock.release)
    assert waiter.returned()


@clause("condition.lock.given-lock")
def test_a_lock_passed_in_is_used(threading, actors):
    check_given(threading, threading.Lock(), actors)


@clause("condition.lock.given-lock")
def test_a_lock_passed_in_is_used_by_wait(threading, actors):
    check_given_in_wait(threading, threading.Lock(), actors)


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
    visitor = actors.start(acquire_and_release, cond)
    assert visitor.is_blocked()
    lock.release()
    assert visitor.returned()


@clause("condition.lock.given-rlock")
def test_an_rlock_passed_in_is_used(threading, actors):
    check_given(threading, threading.RLock(), actors)


@clause("condition.lock.given-rlock")
def test_an_rlock_passed_in_is_used_by_wait(threading, actors):
    check_given_in_wait(threading, threading.RLock(), actors)


@clause("condition.lock.given-rlock")
def test_levels_of_an_rlock_and_its_condition_add_up(threading, actors):
    lock = threading.RLock()
    cond = threading.Condition(lock)
    notifier = actors.new()
    for first, second in ((lock, cond), (cond, lock), (lock, cond)):
        for holder in (first, second, first):
            notifier.call(holder.acquire)
        releases = second.release, first.release, second.release
        check_held(lock, actors.new(), notifier, *releases)


@clause("condition.lock.shared")
def test_conditions_that_share_a_lock_are_acquired_together(threading, actors):
    for lock in (threading.Lock(), threading.RLock()):
        conditions = [threading.Condition(lock) for _ in range(3)]
        notifier = actors.new()
        for cond in conditions:
            notifier.call(cond.acquire)
            visitors = [actors.start(acquire_and_release, one) for one in conditions]
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
        waiter = actors.start(wait_on, first, arrived)
        notifier = acquire_after(actors, second, arrived, 1)
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

    def wait_on_both(cond):
        for holder in (second, first, lock):
            holder.acquire()
        arrived.append(1)
        cond.wait()
        for holder in (first, second, lock):
            holder.release()

    for cond, other in ((first, second), (second, first)):
        del arrived[:]
        waiter = actors.start(wait_on_both, cond)
        notifier = acquire_after(actors, other, arrived, 1)
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
            check_held(other, visitor, notifier, one.release)


@clause("condition.lock.other-objects")
def test_what_a_condition_does_with_an_object_that_is_no_lock(threading, observe):
    try:
        threading.Condition(object())
    except Exception:
        observe("refused")
    else:
        observe("accepted")
