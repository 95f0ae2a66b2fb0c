"""Interruptions: a trial tells a primitive that keeps working from one that does not."""

from __future__ import annotations

import _thread
import signal
import sys
import time
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from quality.interrupts import __main__ as command
from quality.interrupts import attempt, helpers, uses
from threadspec.adapters.interpreters import this_interpreter

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no interval timer"),
    pytest.mark.timeout(300, method="thread"),  # SIGALRM belongs to the trials
]


class Fragile:
    """A lock whose flag says that it is unlocked, although its inner lock stays locked."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()

    def acquire(self, blocking: bool = True) -> bool:
        return self.lock.acquire(blocking)

    def release(self) -> None:
        """Do nothing, so that the lock stays locked."""


class Plain:
    """An event based on a list of locks, which stays usable after a handler that raises."""

    def __init__(self) -> None:
        self.flag = False
        self.entries: list[Any] = []

    def wait(self, timeout: float | None = None) -> None:
        if self.flag or timeout == 0:
            return
        entry = helpers.locked()
        try:
            self.entries.append(entry)
            entry.acquire(True, -1 if timeout is None else timeout)
        finally:
            self.leave(entry)

    def leave(self, entry: Any) -> None:
        if entry in self.entries:
            self.entries.remove(entry)

    def set(self) -> None:
        self.flag = True
        for entry in list(self.entries):
            self.leave(entry)
            entry.release()

    def clear(self) -> None:
        self.flag = False

    def isSet(self) -> bool:
        return self.flag


class ForgetsNobody(Plain):
    """Its set() wakes the first two entries, which an interrupted wait() may have left."""

    def set(self) -> None:
        self.flag = True
        woken, self.entries = self.entries[:2], self.entries[2:]
        for entry in woken:
            entry.release()

    def leave(self, entry: Any) -> None:
        super().leave(entry)
        if self.flag and self.entries:
            self.entries.pop(0).release()


class Watching(Plain):
    """An event whose wait() in the main thread notices each signal."""

    def wait(self, timeout: float | None = None) -> None:
        if _thread.get_ident() != MAIN or timeout == 0:
            return super().wait(timeout)
        seen: list[None] = []
        before = signal.getsignal(signal.SIGALRM)

        def handle(number: int, frame: FrameType | None) -> None:
            seen.append(None)
            assert callable(before)
            before(number, frame)

        signal.signal(signal.SIGALRM, handle)
        try:
            self.poll(timeout, seen)
        finally:
            signal.signal(signal.SIGALRM, before)
        return None

    def poll(self, timeout: float | None, seen: list[None]) -> None:
        raise NotImplementedError


class Impatient(Watching):
    """Its wait() ends with the first signal."""

    def poll(self, timeout: float | None, seen: list[None]) -> None:
        while not self.flag and not seen:
            time.sleep(0.0001)


class BeginsAgain(Watching):
    """Its time-out restarts with each signal."""

    def poll(self, timeout: float | None, seen: list[None]) -> None:
        assert timeout is not None
        ends, number = time.monotonic() + timeout, 0
        while not self.flag:
            is_over = time.monotonic() >= ends  # on a busy machine, together with a signal
            if len(seen) > number:
                ends, number = time.monotonic() + timeout, len(seen)
            elif is_over:
                break


MAIN = _thread.get_ident()


def made(use: str, **names: Any) -> uses.Use:
    return uses.USES[use](SimpleNamespace(__name__="miniature", **names))


def unusable(event: type[Plain], use: str, mode: str, interruptions: int) -> dict[str, int]:
    module = SimpleNamespace(__name__="miniature", Event=event)
    return attempt.attempt(module, uses.USES[use], mode, interruptions)["unusable"]  # type: ignore[no-any-return]


def test_a_lock_that_was_kept_is_given_back() -> None:
    use = made("Lock, calls", Lock=_thread.allocate_lock)
    assert use.settle() == 0
    use.object.acquire()  # type: ignore[attr-defined]
    assert use.settle() == 1
    assert use.settle() == 0
    use.check()


def test_a_lock_that_stays_locked_is_unusable() -> None:
    use = made("Lock, calls", Lock=Fragile)
    use.settle()
    with pytest.raises(helpers.Unusable):
        use.check()


def test_a_thread_that_is_slow_is_awaited() -> None:
    helper = helpers.Helper()
    until = time.monotonic() + helpers.PATIENCE * (helpers.LOOKS + 4)

    def slow() -> None:
        while time.monotonic() < until:
            pass

    helper.do(slow)


@pytest.mark.parametrize("mode", attempt.MODES)
@pytest.mark.parametrize("use", ["Event, time-out", "Event, seconds", "Event, blocked"])
def test_a_sound_event_stays_usable(use: str, mode: str) -> None:
    if attempt.suits(mode, uses.USES[use]):
        interruptions = 30 if mode != "raises" else 1  # whose entry may stay in the queue
        assert unusable(Plain, use, mode, interruptions) == {}


def test_stale_entries_of_several_interruptions_swallow_a_wake_up() -> None:
    assert unusable(ForgetsNobody, "Event, time-out", "raises", 3000)


def test_a_wait_that_ends_with_a_signal_is_unusable() -> None:
    found = unusable(Impatient, "Event, blocked", "returns", 3)
    assert list(found) == ["a call returned after a signal, although no thread had woken it"]
    found = unusable(Impatient, "Event, seconds", "returns", 3)
    assert list(found) == ["a time-out ended early after a signal"]


def test_a_time_out_that_begins_again_is_unusable() -> None:
    # On a busy machine signals come too late for some of the time-outs.
    found = unusable(BeginsAgain, "Event, seconds", "returns", 12)
    assert list(found) == ["a time-out restarts with each signal"]


def test_every_blocking_call_is_interrupted_with_and_without_a_time_out() -> None:
    blocking = {name for name, use in uses.USES.items() if use.blocks}
    for name in ("Condition, wait", "Condition(Lock()), wait", "Event", "Thread, join"):
        assert {f"{name}, blocked", f"{name}, seconds"} <= blocking
    for name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore"):
        assert f"{name}, blocked" in blocking


def trial(module: str, use: str, mode: str, interruptions: int) -> command.Trial:
    return command.Trial(this_interpreter(), module, use, mode, interruptions)


@pytest.mark.parametrize("mode", attempt.MODES)
def test_a_few_interruptions(mode: str) -> None:
    outcome = command.measured(trial("stdlib", "Lock, blocked", mode, 20))
    assert (outcome.interruptions, outcome.unusable, outcome.broken) == (20, {}, "")


def test_an_attempt_that_hangs_is_told_by_where_it_is() -> None:
    outcome = command.measured(trial("stdlib", "Semaphore, calls", "calls back", 2000))
    assert outcome.broken.startswith("hangs: File ")
    assert "threading.py" in outcome.broken
    assert outcome.bad == 1
