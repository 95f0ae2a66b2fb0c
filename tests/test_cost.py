"""What the kit spends while it waits: it uses no processor where it can sleep, and ends soon."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from threadspec.conformance.battery.support import premises
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.premises import check_apart, check_waits_at_zero, holds
from threadspec.conformance.harness import blocking, spinning
from threadspec.conformance.harness.actors import QUICK, Actors
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.observer import Observer

linux = pytest.mark.skipif(
    blocking.look() is None, reason="only Linux shows how long a thread has used the processor"
)


def spent(case: Callable[..., None]) -> float:
    """The processor time, in seconds, of a case that passes and needs nothing but actors."""
    observer = Observer(ModuleType("imaginary"), _thread, Durations())
    began = time.process_time()
    found = observer.run_case(case)
    assert found["outcome"] == "ok", found["observed"]
    return time.process_time() - began


def test_a_thread_that_waits_for_the_others_of_a_race_sleeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sleep = time.sleep
    # As before Python 3.11, where a thread that sleeps for zero seconds keeps its processor.
    monkeypatch.setattr(time, "sleep", lambda seconds: seconds and sleep(seconds))

    def test_it(actors: Any) -> None:
        actors.race([lambda number: sleep(0.1), lambda number: None], 5)

    assert spent(test_it) < 0.2


@pytest.fixture
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the results of the checks of what cases rely on."""
    monkeypatch.setattr(premises, "_held", [])
    monkeypatch.setattr(premises, "_broken", [])


class Leaky:
    """A semaphore that lets every third caller pass."""

    def __init__(self, value: int) -> None:
        self.calls = 0
        self.lock = _thread.allocate_lock()

    def acquire(self) -> None:
        self.calls += 1
        if self.calls % 3:
            self.lock.acquire()

    def release(self) -> None:
        self.lock.release()


@pytest.mark.usefixtures("nothing_is_known")
def test_a_failed_check_of_what_cases_rely_on_leaves_no_thread_behind() -> None:
    def test_it(actors: Any) -> None:
        check_waits_at_zero(actors, Leaky)

    found = Observer(ModuleType("imaginary"), _thread, Durations()).run_case(test_it)
    assert (found["outcome"], found["spoiled"]) == ("violated", False)
    assert found["observed"].endswith("acquire() returned None; it must block")


@pytest.mark.usefixtures("nothing_is_known")
@pytest.mark.parametrize(("right", "times"), [([True], 1), ([False, False], 2), ([False, True], 2)])
def test_a_check_of_what_cases_rely_on_is_repeated_until_its_result_is_certain(
    right: list[bool], times: int
) -> None:
    made = []

    def make() -> object:
        made.append(right[min(len(made), len(right) - 1)])
        return threading.local() if made[-1] else SimpleNamespace()

    actors = Actors(_thread, Durations(), note=lambda text: None)
    held = [holds(check_apart, actors, make) for _ in range(5)]
    assert len(made) == times
    assert held == (right + 5 * right[-1:])[:5]
    actors.end_all()


def test_threads_held_up_by_a_latch_go_on_when_the_case_has_failed() -> None:
    def test_it(actors: Any) -> None:
        latch = Latch(actors.substrate)
        actors.start_many(2, latch.wait)
        latch.await_arrival(2)
        raise AssertionError

    found = Observer(ModuleType("imaginary"), _thread, Durations()).run_case(test_it)
    assert (found["outcome"], found["spoiled"]) == ("violated", False)


class Polling:
    """A lock whose acquire() polls; ``computes`` takes a while."""

    def __init__(self) -> None:
        self.is_free = False

    def acquire(self) -> None:
        while not self.is_free:
            pass

    def computes(self, seconds: float) -> None:
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass


@pytest.fixture
def actors() -> Actors:
    """Actors for which the window lasts for 0.2 seconds."""
    return Actors(_thread, Durations(4.0), note=lambda text: None)


def sometimes(holds: Callable[[], bool]) -> bool:
    """Whether something holds at least once in a few tries: the machine may be busy."""
    return any(holds() for _ in range(5))


def blocks(actors: Actors, function: Callable[..., None], *args: Any) -> tuple[bool, float]:
    """Whether a call counts as blocked, and the seconds until that was known."""
    began = time.monotonic()
    blocked = actors.start(function, *args).is_blocked()
    return blocked, time.monotonic() - began


@linux
def test_a_thread_is_watched_for_a_shorter_time_where_another_has_polled(actors: Actors) -> None:
    window = actors.durations["window"]
    known = actors.durations.experience.spinning
    lock = Polling()
    tries = []
    while len(tries) < 20 and not (known and min(tries) < window):  # the machine may be busy
        is_known = bool(known)
        blocked, seconds = blocks(actors, lock.acquire)
        assert blocked
        assert is_known or seconds >= window
        tries.append(seconds)
        lock.is_free = True
        assert not actors.end_all()
        lock.is_free = False
    assert known == {Polling.acquire.__code__}
    assert window * QUICK <= min(tries) < window


@linux
def test_a_thread_that_polls_where_another_has_polled_is_soon_given_up(actors: Actors) -> None:
    lock = Polling()
    actors.durations.experience.spinning.add(Polling.acquire.__code__)
    tries = []
    for _ in range(10):
        actors.start(lock.acquire)
        began = time.monotonic()
        assert actors.end_all() == 1
        tries.append(time.monotonic() - began)
        lock.is_free = True
        assert not actors.end_all()
        lock.is_free = False
        if min(tries) < actors.durations["window"]:
            break
    assert actors.durations["window"] * QUICK <= min(tries) < actors.durations["window"]


@linux
def test_a_thread_that_cannot_be_proved_blocked_is_not_looked_at_all_the_time(
    actors: Actors, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    proved = blocking.proved
    monkeypatch.setattr(blocking, "proved", lambda *args: [looks.append(args), proved(*args)][1])
    lock = _thread.allocate_lock()
    lock.acquire()

    def poll() -> None:
        while not lock.acquire(False):
            time.sleep(0.0005)

    assert actors.start(poll).is_blocked()
    lock.release()
    assert not actors.end_all()
    assert len(looks) < 100  # it is watched for 0.2 seconds


@linux
def test_a_thread_that_makes_many_calls_is_watched_for_the_whole_time(actors: Actors) -> None:
    computes = Polling().computes
    actors.durations.experience.spinning.add(Polling.computes.__code__)
    seconds = actors.durations["window"] * QUICK / 4
    assert sometimes(lambda: not blocks(actors, repeat, 8, computes, seconds)[0])
    assert not actors.end_all()


@linux
def test_a_function_that_computes_is_watched_for_the_whole_time_where_none_has_polled(
    actors: Actors,
) -> None:
    actors.durations.experience.spinning.add(Polling.acquire.__code__)
    seconds = actors.durations["window"] * QUICK * 2
    assert sometimes(lambda: not blocks(actors, Polling().computes, seconds)[0])
    assert not actors.end_all()


def test_the_function_of_the_implementation_that_a_thread_has_called_is_found() -> None:
    seen = []

    def inner() -> None:
        frame = spinning.outermost(_thread.get_ident())
        assert frame is not None
        seen.append(frame.f_code)

    def outer() -> None:
        inner()

    Actors(_thread, Durations(), note=lambda text: None).call(outer)
    assert seen == [outer.__code__]
    assert spinning.outermost(-1) is None
