"""What the kit spends while it waits: it uses no processor where it can sleep, and ends soon."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.observer import Observer


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


def test_a_failed_check_of_what_cases_rely_on_leaves_no_thread_behind() -> None:
    def test_it(actors: Any) -> None:
        check_waits_at_zero(actors, Leaky)

    found = Observer(ModuleType("imaginary"), _thread, Durations()).run_case(test_it)
    assert (found["outcome"], found["spoiled"]) == ("violated", False)
    assert found["observed"].endswith("acquire() returned None; it must block")
