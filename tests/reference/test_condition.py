"""Condition objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import _thread
import inspect
import multiprocessing
import pydoc
import signal
import sys
import time
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    Script,
    background,
    called_elsewhere,
    each_moment,
    ends,
    in_another_thread,
    interrupt,
    is_interrupted,
    levels,
    locked_ticket,
    notify,
    started,
    until,
    wait_on,
    waiting,
)
from threadspec.reference import _interruption


def test_wait_of_a_condition_tells_whether_it_was_notified() -> None:
    condition = threading.Condition()
    with condition:
        assert condition.wait(0.001) is False
        for timeout in (None, 60):
            notifier = background(notify, condition)
            assert condition.wait(timeout) is True
            assert ends(notifier)


class Derived(threading.Condition):
    """Has its own ``acquire``, which calls that of the base class."""

    __slots__ = ()

    def acquire(self, *args: Any) -> Any:
        return threading.Condition.acquire(self, *args)

    def __enter__(self) -> Any:
        return threading.Condition.__enter__(self)


def test_the_methods_of_a_condition_are_methods() -> None:
    condition = Derived(threading.Lock())
    with condition:
        assert not condition.acquire(False)
        assert condition.wait(0.001) is False
    assert threading.Condition().acquire(blocking=False)
    for name in ("acquire", "release", "__enter__", "__exit__", "wait", "notify", "notifyAll"):
        method = getattr(threading.Condition, name)
        assert next(iter(inspect.signature(method).parameters)) == "self"
        assert inspect.getdoc(method)
    assert "acquire(self, *args" in pydoc.plain(pydoc.render_doc(threading.Condition))


def test_a_condition_of_a_lock_that_does_not_tell_whether_it_is_locked() -> None:
    condition = threading.Condition(multiprocessing.Lock())
    for operate in (condition.wait, condition.notify, condition.notifyAll):
        with pytest.raises(RuntimeError):
            operate()
    waiter = background(wait_on, condition)
    waiting(condition, 1)
    notify(condition)
    assert ends(waiter)
    with condition:
        assert condition.wait(0.001) is False


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_wait_takes_the_lock_back(script: Script, timeout: float | None) -> None:
    condition = script.threading.Condition()
    with condition, condition:
        script.interrupt(condition.wait, timeout)
    with pytest.raises(RuntimeError):
        condition.release()


def test_an_interrupted_waiter_takes_no_notification(script: Script) -> None:
    condition = script.threading.Condition()
    with condition:
        script.interrupt(condition.wait)
    waiting(condition, 0)
    other = started(script, wait_on, condition)
    waiting(condition, 1)
    notify(condition)
    assert ends(other)


def test_an_interrupted_waiter_wakes_no_later_one(script: Script) -> None:
    condition = script.threading.Condition()
    others = []

    def let_another_wait() -> None:
        others.append(started(script, wait_on, condition))
        waiting(condition, 2)

    with condition:
        script.interrupt(condition.wait, meanwhile=let_another_wait)
    waiting(condition, 1)
    assert others[0].isAlive()
    notify(condition)
    assert ends(others[0])


def test_an_interrupted_waiter_wakes_no_earlier_one(script: Script) -> None:
    condition = script.threading.Condition()
    other = started(script, wait_on, condition)
    waiting(condition, 1)
    queue = list(condition._waiters)
    with condition:
        script.interrupt(condition.wait)
    assert condition._waiters == queue
    assert other.isAlive()
    notify(condition)
    assert ends(other)


def test_a_reentrant_lock_is_held_again_after_an_interruption_of_its_acquisition() -> None:
    class Reluctant:
        """A reentrant lock; a signal handler raises when it is to be acquired again."""

        def __init__(self) -> None:
            self.level = 3
            self.refusals = 2

        def _is_owned(self) -> bool:
            return self.level > 0

        def _release_save(self) -> int:
            level, self.level = self.level, 0
            return level

        def _acquire_restore(self, level: int) -> None:
            if self.refusals:
                self.refusals -= 1
                raise KeyboardInterrupt
            self.level = level

    lock = Reluctant()
    condition = threading.Condition(lock)
    with pytest.raises(KeyboardInterrupt):
        condition.wait(0.0)
    assert lock.level == 3
    assert condition._waiters == []


def test_an_interrupted_waiter_hands_a_notify_all_on(script: Script) -> None:
    condition = script.threading.Condition()
    tickets = [locked_ticket() for _ in range(4)]
    condition._waiters += tickets[:2]

    def notify_all_and_let_more_wait() -> None:
        with condition:
            condition.notifyAll()
            condition._waiters += tickets[2:]

    with condition:
        script.interrupt(condition.wait, meanwhile=notify_all_and_let_more_wait)
    # It cannot tell notifyAll() from notify(), and hands it on to the one that waits longest.
    assert [ticket.locked() for ticket in tickets] == [False, False, False, True]
    assert condition._waiters == tickets[3:]


def test_a_notification_that_meets_an_interruption_goes_to_another_waiter(script: Script) -> None:
    condition = script.threading.Condition()
    others = []

    def notify_when_another_waits() -> None:
        others.append(started(script, wait_on, condition))
        waiting(condition, 2)
        notify(condition)

    with condition:
        script.interrupt(condition.wait, meanwhile=notify_when_another_waits)
    assert ends(others[0])


@pytest.mark.parametrize("result", [None, Script.OVER], ids=["in-time", "over"])
@pytest.mark.parametrize("timeout", [1, 60])
@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_notification_that_meets_a_time_out_counts(
    script: Script, name: str, timeout: int, result: object
) -> None:
    condition = script.threading.Condition()

    def step() -> object:
        with condition:
            getattr(condition, name)()
        return result

    script.steps += [step]
    with condition:
        assert condition.wait(timeout) is True


def test_an_interruption_while_a_plain_lock_is_taken_back_waits_for_it(script: Script) -> None:
    condition = script.threading.Condition(script.threading.Lock())
    holds, lets_go = threading.Event(), threading.Event()

    def hold() -> None:
        with condition:
            holds.set()
            lets_go.wait()

    others = []

    def time_out() -> object:
        others.append(started(script, hold))
        holds.wait()
        return Script.OVER

    def go_on() -> None:
        lets_go.set()
        assert ends(others[0])

    script.steps += [time_out, interrupt, interrupt, go_on]
    condition.acquire()
    with pytest.raises(KeyboardInterrupt):
        condition.wait(60)
    assert not called_elsewhere(script, condition.acquire, False)
    condition.release()


def test_a_wait_whose_lock_another_thread_releases_in_time_fails(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = script.threading.Condition(script.threading.Lock())
    chapter: Any = sys.modules["scripted.condition"]
    make = chapter.allocate_lock

    def release_and_make() -> object:
        condition.release()
        return make()

    monkeypatch.setattr(chapter, "allocate_lock", release_and_make)
    condition.acquire()
    with pytest.raises(RuntimeError):
        condition.wait()
    waiting(condition, 0)
    assert condition.acquire(False)


@pytest.mark.parametrize(("lock", "level"), [("Lock", 1), ("RLock", 1), ("RLock", 3)])
@pytest.mark.parametrize("timeout", [-1, 0, 0.0001])
def test_wait_comes_back_with_the_lock_whenever_it_is_interrupted(
    lock: str, level: int, timeout: float
) -> None:
    for handler in each_moment():
        condition = threading.Condition(getattr(threading, lock)())
        for _ in range(level):
            condition.acquire()
        with handler(interrupt) as interruption:
            assert is_interrupted(condition.wait, timeout) == interruption.ran
        assert repr(condition).endswith("waiters=0>")
        assert in_another_thread(lambda: condition.acquire(False)) is False
        assert levels(condition) == level


@pytest.mark.parametrize("lock", ["Lock", "RLock"])
@pytest.mark.parametrize("name", ["notify", "notifyAll"])
@pytest.mark.parametrize("timeout", [None, 60])
def test_a_notification_is_not_lost_whenever_its_waiter_is_interrupted(
    lock: str, name: str, timeout: float | None
) -> None:
    for handler in each_moment():
        condition = threading.Condition(getattr(threading, lock)())
        others: list[Any] = []

        def notify_when_another_waits() -> None:
            with condition:  # the first waits, or was interrupted before
                entered = threading.Event()

                def wait() -> None:
                    with condition:
                        entered.set()
                        condition.wait()

                others.append(background(wait))
            entered.wait()
            with condition:
                getattr(condition, name)()

        with condition:
            notifier = background(notify_when_another_waits)
            with handler(interrupt) as interruption:
                interrupted = is_interrupted(condition.wait, timeout)
            assert interrupted == interruption.ran
        assert ends(notifier)
        if not interrupted and name == "notify":
            waiting(condition, 1)
            notify(condition)
        assert ends(others[0])
        waiting(condition, 0)


@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_notification_counts_for_all_or_none_whenever_it_is_interrupted(name: str) -> None:
    for handler in each_moment():
        condition = threading.Condition()
        waiters = [background(wait_on, condition) for _ in range(3)]
        waiting(condition, 3)
        with condition, handler(interrupt):
            is_interrupted(getattr(condition, name))
        queue = len(condition._waiters)
        until(lambda: sum(one.isAlive() for one in waiters) == queue, f"{queue} in queue")
        with condition:
            condition.notifyAll()
        assert all(map(ends, waiters))


@pytest.mark.parametrize("timeout", [0, 0.0001])
@pytest.mark.parametrize("lock", ["Lock", "RLock"])
def test_a_condition_that_outlived_interruptions_wakes_its_waiters(
    lock: str, timeout: float
) -> None:
    condition = threading.Condition(getattr(threading, lock)())

    for handler in each_moment():
        with condition, handler(interrupt):
            is_interrupted(condition.wait, timeout)
        waiters = [background(wait_on, condition) for _ in range(3)]
        waiting(condition, 3)
        notify(condition)
        waiting(condition, 2)
        until(lambda: sum(one.isAlive() for one in waiters) == 2, "not one has been woken")
        with condition:
            condition.notifyAll()
        assert all(map(ends, waiters))


def test_notify_all_takes_all_out_of_the_queue_itself() -> None:
    condition = threading.Condition()
    tickets = [locked_ticket() for _ in range(6)]
    condition._waiters += tickets
    with condition:
        condition.notifyAll()
    assert condition._waiters == []
    assert not any(ticket.locked() for ticket in tickets)


def test_a_reentrant_lock_is_taken_back_before_a_signal_handler_raises() -> None:
    condition = threading.Condition()
    main = _thread.get_ident()
    seen: list[bool] = []

    def hold() -> None:
        with condition:
            condition.notify()
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0.05)
            seen.append(True)

    def raise_it(*args: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, raise_it)
    try:
        with condition, condition:
            holder = background(hold)
            with pytest.raises(KeyboardInterrupt):
                condition.wait()
            assert seen == [True]
            assert in_another_thread(lambda: condition.acquire(False)) is False
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ends(holder)
    assert levels(condition) == 0


@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_handler_may_notify_the_condition_that_it_interrupts(name: str) -> None:
    for handler in each_moment():
        condition = threading.Condition()
        waiters = [background(wait_on, condition) for _ in range(2)]
        waiting(condition, 2)

        def act() -> None:
            with condition:
                condition.notify()

        with condition, handler(act) as signalled:
            getattr(condition, name)()
        if not signalled.ran and name == "notify":
            notify(condition)
        assert all(map(ends, waiters))


@pytest.mark.parametrize("make", [_interruption.calls, _interruption._Calls])
def test_a_release_can_be_read_by_a_thread_while_another_reads_it(make: Any) -> None:
    released: list[int] = []

    def release() -> None:
        released.append(len(released))
        if len(released) == 1:  # as another thread may do at the same moment
            for _ in calls:
                break

    calls = make(release)
    for _ in calls:
        break
    assert released == [0, 1]
