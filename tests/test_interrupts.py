"""Interruptions: what a trial makes of a primitive that keeps and of one that does not."""

from __future__ import annotations

import _thread
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import interrupts


class Fragile:
    """A lock whose flag says that it is free, and that stays locked inside."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()

    def acquire(self, blocking: bool = True) -> bool:
        return self.lock.acquire(blocking)

    def release(self) -> None:
        """The first release is the last."""


def trial(lock: Any) -> interrupts.Trial:
    module = SimpleNamespace(__name__="miniature", Lock=lock)
    return interrupts.TRIALS["Lock, calls"](module)


def test_a_lock_that_was_kept_is_given_back() -> None:
    made = trial(_thread.allocate_lock)
    assert made.check() == 0
    made.object.acquire()  # type: ignore[attr-defined]
    assert made.check() == 1
    assert made.check() == 0


def test_a_lock_that_stays_locked_is_unusable() -> None:
    with pytest.raises(interrupts.Unusable):
        trial(Fragile).check()


def test_a_thread_that_is_slow_is_awaited() -> None:
    helper = interrupts.Helper()
    until = time.monotonic() + interrupts.PATIENCE * (interrupts.LOOKS + 4)

    def slow() -> None:
        while time.monotonic() < until:
            pass

    helper.do(slow)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no interval timer")
def test_a_few_interruptions() -> None:
    outcome = interrupts.measured(("stdlib", "Lock, with", 20))
    assert outcome == interrupts.Outcome(20, {})


def test_a_hang_is_told_by_where_it_is() -> None:
    stderr = (
        "Timeout (0:00:02)!\nThread 0x1 (most recent call first):\n  File a, line 1 in work\n\n"
        "Thread 0x2 (most recent call first):\n  File b, line 2 in acquire\n  File c, line 3\n"
    )
    assert interrupts.reason(stderr) == "hung: File b, line 2 in acquire"


def test_an_unknown_trial_gives_one_sentence() -> None:
    command = [sys.executable, "-m", "interrupts", "semafore"]
    folder = Path(interrupts.__file__).parent
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No trial has 'semafore' in its name" in done.stderr
