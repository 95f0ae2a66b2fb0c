"""Semaphore and BoundedSemaphore objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    Script,
    background,
    drain,
    each_moment,
    ends,
    interrupt,
    is_interrupted,
    soon,
    started,
    until,
    waiting,
)
from threadspec.reference.semaphore import _add_one, _wait


@pytest.fixture(params=[threading.Semaphore, threading.BoundedSemaphore])
def make(request: pytest.FixtureRequest) -> Any:
    """A class of semaphores."""
    return request.param


def test_acquire_of_a_semaphore_answers_true_false_or_none(make: Any) -> None:
    semaphore = make()
    assert semaphore.acquire(True) is True
    assert semaphore.acquire(False) is False
    semaphore.release()
    assert semaphore.acquire(False) is True
    semaphore.release()
    assert semaphore.acquire() is None


def test_an_interrupted_acquire_of_a_semaphore_leaves_the_queue(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)
    script.interrupt(semaphore.acquire)
    waiting(semaphore, 0)
    other = started(script, semaphore.acquire)
    waiting(semaphore, 1)
    semaphore.release()
    assert ends(other)


def test_an_interrupted_acquire_of_a_semaphore_takes_nothing(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)
    script.interrupt(semaphore.acquire, meanwhile=semaphore.release)
    assert semaphore.acquire(False)
    assert not semaphore.acquire(False)


def test_a_release_that_meets_an_interruption_wakes_the_next_in_the_queue(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)
    others = []

    def release_when_another_waits() -> None:
        others.append(started(script, semaphore.acquire))
        waiting(semaphore, 2)
        semaphore.release()

    script.interrupt(semaphore.acquire, meanwhile=release_when_another_waits)
    assert ends(others[0])


def test_a_waiter_for_a_semaphore_that_was_overtaken_is_interrupted(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)

    def overtake() -> None:
        semaphore.release()
        assert semaphore.acquire(False)

    script.interrupt(semaphore.acquire, meanwhile=overtake)
    assert not semaphore.acquire(False)


@pytest.mark.parametrize("value", [0, 1, 2, 300])
def test_no_permit_is_lost_whenever_acquire_is_interrupted(make: Any, value: int) -> None:
    for handler in each_moment():
        semaphore = make(value or 1)
        if not value:
            semaphore.acquire()
        other = None if value else background(soon, semaphore.release)
        with handler(interrupt) as interruption:
            interrupted = is_interrupted(semaphore.acquire)
        assert interrupted == interruption.ran
        if other is not None:
            assert ends(other)
        left = value or 1
        waiting(semaphore, 0)
        assert drain(semaphore) == left - (not interrupted)


def test_no_waiter_is_forgotten_whenever_release_is_interrupted(make: Any) -> None:
    for handler in each_moment():
        semaphore = make(1)
        semaphore.acquire()
        waiter = background(semaphore.acquire)
        waiting(semaphore, 1)
        with handler(interrupt) as interruption:
            interrupted = is_interrupted(semaphore.release)
        assert interrupted == interruption.ran
        until(lambda: not semaphore._counter, f"{semaphore!r}, and its waiter sleeps")
        if waiter.isAlive():
            waiter.join(0.01)
        if waiter.isAlive():  # the interruption came before the release
            semaphore.release()
        assert ends(waiter)


ON_SEMAPHORES: dict[str, tuple[Callable[[Any], object], int]] = {
    "release": (lambda one: one.release(), 1),
    "acquire": (lambda one: one.acquire(), -1),
    "acquire without blocking": (lambda one: one.acquire(False), -1),
    "with": (lambda one: with_it(one), 0),
}


def with_it(lock: Any) -> None:
    with lock:
        pass


@pytest.mark.parametrize("interrupting", sorted(ON_SEMAPHORES))
@pytest.mark.parametrize("interrupted", sorted(ON_SEMAPHORES))
def test_a_handler_may_use_the_semaphore_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    (operate, change), (act, other) = ON_SEMAPHORES[interrupted], ON_SEMAPHORES[interrupting]

    for handler in each_moment():
        semaphore = threading.Semaphore(5)
        with handler(lambda: act(semaphore), lines=True) as signalled:
            operate(semaphore)
        assert drain(semaphore) == 5 + change + (other if signalled.ran else 0)


def test_a_handler_may_release_the_semaphore_whose_waiter_is_being_woken() -> None:
    for handler in each_moment():
        semaphore = threading.Semaphore(0)
        waiters = [background(semaphore.acquire) for _ in range(2)]
        waiting(semaphore, 2)
        with handler(semaphore.release, lines=True) as signalled:
            semaphore.release()
        if not signalled.ran:
            semaphore.release()
        assert all(map(ends, waiters))
        assert drain(semaphore) == 0


@pytest.mark.parametrize("interrupted", ["acquire", "release"])
@pytest.mark.parametrize("interrupting", ["acquire", "release"])
def test_a_handler_may_use_the_bounded_semaphore_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    change = {"acquire": -1, "release": 1}

    for handler in each_moment():
        semaphore = threading.BoundedSemaphore(5)
        for _ in range(3):
            semaphore.acquire()
        with handler(getattr(semaphore, interrupting)) as signalled:
            getattr(semaphore, interrupted)()
        counter = 2 + change[interrupted] + (change[interrupting] if signalled.ran else 0)
        assert drain(semaphore) == counter
        for _ in range(5):
            semaphore.release()
        with pytest.raises(ValueError, match="beyond"):
            semaphore.release()


def test_the_permit_of_an_interrupted_wait_goes_to_another_waiter() -> None:
    for handler in each_moment():
        semaphore = threading.Semaphore(0)
        left: list[int] = []

        def act() -> None:
            left.append(semaphore._counter)
            interrupt()

        waiter = background(semaphore.acquire)
        waiting(semaphore, 1)
        semaphore._counter = 1  # this permit overtakes the waiter, which has not been woken for it
        with handler(act):
            is_interrupted(_wait, semaphore)
        if left != [0]:  # the permit was not acquired before the interruption, or stays acquired
            semaphore.release()
        assert ends(waiter)


def test_a_permit_is_given_back_under_the_guard() -> None:
    semaphore = threading.Semaphore(0)
    with semaphore._guard:
        giver = background(_add_one, semaphore)
        time.sleep(0.05)
        assert semaphore._counter == 0
    assert ends(giver)
    assert semaphore._counter == 1


def test_a_semaphore_that_outlived_interruptions_wakes_its_waiters(
    make: Any,
) -> None:
    semaphore = make(3)
    for _ in range(3):
        semaphore.acquire()

    for handler in each_moment():
        releaser = background(soon, semaphore.release)
        with handler(interrupt):
            is_interrupted(semaphore.acquire)
        assert ends(releaser)
        drain(semaphore)
        waiters = [background(semaphore.acquire) for _ in range(3)]
        waiting(semaphore, 3)
        for left in (2, 1, 0):
            semaphore.release()
            until(lambda: sum(map(threading.Thread.isAlive, waiters)) == left, "not one woken")
        assert drain(semaphore) == 0


def test_the_value_of_a_semaphore_is_an_int(make: Any) -> None:
    for value in (1.0, 300.0, 1.5, -1.5, float("inf"), float("nan"), "1", None, [], 1j):
        with pytest.raises(TypeError, match=f"an int, not {type(value).__name__}"):
            make(value)
    for value in (True, 1):
        semaphore = make(value)
        assert repr(semaphore).endswith("counter=1 waiters=0>")
        assert drain(semaphore) == 1


def test_no_method_of_a_semaphore_calls_one_that_a_subclass_has_changed(make: type) -> None:
    calls: list[str] = []

    class Changed(make):  # type: ignore[misc]
        def _wait(self) -> None:
            calls.append("_wait")

        def acquire(self, *args: Any) -> Any:
            calls.append("acquire")
            return super().acquire(*args)

        def release(self) -> None:
            calls.append("release")
            super().release()

    semaphore = Changed(300)
    for _ in range(300):
        assert semaphore.acquire(False)
    assert not semaphore.acquire(False)
    waiter = background(semaphore.acquire)
    waiting(semaphore, 1)
    semaphore.release()
    assert ends(waiter)
    assert calls == ["acquire"] * 302 + ["release"]


@pytest.mark.parametrize("value", [10**9, sys.maxsize])
def test_a_large_semaphore_is_made_quickly_and_is_small(make: Any, value: int) -> None:
    tracemalloc.start()
    try:
        began = time.monotonic()
        semaphore = make(value)
        took = time.monotonic() - began
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < 1
    assert size < 16384
    assert f"counter={value} " in repr(semaphore)
    for _ in range(1000):
        semaphore.acquire()
    assert f"counter={value - 1000} " in repr(semaphore)
    for _ in range(1000):
        semaphore.release()
    if make is threading.BoundedSemaphore:
        with pytest.raises(ValueError, match="beyond"):
            semaphore.release()
    assert f"counter={value} " in repr(semaphore)


@pytest.mark.parametrize("value", [255, 1000])
def test_each_of_many_can_be_taken_once(make: Any, value: int) -> None:
    semaphore = make(value)
    for _ in range(2):
        assert drain(semaphore) == value
        for _ in range(value):
            semaphore.release()
    for _ in range(value):
        semaphore.acquire()
    assert not semaphore.acquire(False)


def test_many_threads_take_each_of_many_once() -> None:
    semaphore = threading.Semaphore(1100)
    taken: list[int] = []
    begin = threading.Event()

    def take() -> None:
        begin.wait()
        for _ in range(110):
            semaphore.acquire()
            taken.append(1)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [background(take) for _ in range(10)]
        begin.set()
        assert all(map(ends, threads))
    finally:
        sys.setswitchinterval(interval)
    assert len(taken) == 1100
    assert not semaphore.acquire(False)
