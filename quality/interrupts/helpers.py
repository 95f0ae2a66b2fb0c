"""Low-level threads that use and check a primitive while the main thread is interrupted."""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 0.05  # seconds between looks at whether anything still runs in the process
LOOKS = 4  # in a row at which nothing did: whoever has not answered by then is blocked for good


class Unusable(Exception):
    """A primitive does not answer, or answers wrongly."""


class Helper:
    """A low-level thread that does one job after another."""

    def __init__(self) -> None:
        self._go, self._done = locked(), locked()
        self._job: Callable[[], object] = bool
        self._error: BaseException | None = None
        _thread.start_new_thread(self._work, ())

    def _work(self) -> None:
        while True:
            self._go.acquire()
            try:
                self._job()
            except BaseException as error:
                self._error = error
            self._done.release()

    def begin(self, job: Callable[[], object]) -> None:
        """Let it do the job."""
        self._job, self._error = job, None
        self._go.release()

    def end(self, otherwise: str = "a thread blocks for good") -> None:
        """Wait for the job.  Raises Unusable where the job blocks for good or fails."""
        expect(answers(lambda wait: bool(self._done.acquire(True, wait))), otherwise)
        if isinstance(self._error, Unusable):
            raise self._error
        if self._error is not None:
            raise Unusable(f"{type(self._error).__name__}: {self._error}")

    def do(self, job: Callable[[], object]) -> None:
        """Let it do the job and wait for it."""
        self.begin(job)
        self.end()


class Sleepers:
    """Several threads that wait on one object until they are woken."""

    def __init__(self, helpers: list[Helper]) -> None:
        self.helpers = helpers
        self._awake: list[None] = []
        self.asleep = False

    def begin(self, sleep: Callable[[Callable[[], object]], object]) -> None:
        """Put all of them to sleep.  Raises Unusable where one is blocked before it can sleep.

        ``sleep`` waits on the object once; it calls its argument just before it does.
        """
        self._awake.clear()
        for helper in self.helpers:
            about = locked()
            helper.begin(lambda about=about: self._sleep(sleep, about))  # type: ignore[misc]
            begun = answers(lambda wait, about=about: bool(about.acquire(True, wait)))  # type: ignore[misc]
            expect(begun, "a thread that is about to wait is blocked before")
        self.asleep = True

    def _sleep(self, sleep: Callable[[Callable[[], object]], object], about: Any) -> None:
        sleep(about.release)
        self._awake.append(None)

    def all_wake(self, wake: Callable[[], object]) -> None:
        """One call of ``wake`` brings all of them back.  Raises Unusable where it does not."""
        wake()
        for helper in self.helpers:
            helper.end("a thread is not woken although all should be")
        self.asleep = False

    def wake_one_by_one(self, wake: Callable[[], object]) -> None:
        """Each call of ``wake`` brings at least one back.  Raises Unusable where it does not."""
        for number in range(1, len(self.helpers) + 1):
            wake()
            back = answers(lambda wait, number=number: self._are_awake(number, wait))  # type: ignore[misc]
            expect(back, f"wake-up {number} of {len(self.helpers)} is lost")
        for helper in self.helpers:
            helper.end()
        self.asleep = False

    def _are_awake(self, number: int, wait: float) -> bool:
        return until(lambda: len(self._awake) >= number, wait)


def locked() -> Any:
    """A bare lock, locked."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def expect(true: object, otherwise: str) -> None:
    """Raise Unusable where something that must be so is not."""
    if not true:
        raise Unusable(otherwise)


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether a condition comes true within some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.0005)
    return True


def answers(done: Callable[[float], bool]) -> bool:
    """Whether ``done``, which is given seconds to wait, comes true.

    It will not once no other thread of the process runs or is about to: a machine that is slow does
    not look like that, where the system shows what threads do.
    """
    looks = 0
    while not done(PATIENCE):
        looks = looks + 1 if idle() else 0
        if looks == LOOKS:
            return done(0)
    return True


def idle() -> bool:
    """Whether all threads but the calling one sleep; True where the system does not show it."""
    own = str(_thread.get_native_id())
    try:
        tasks = [one for one in os.listdir("/proc/self/task") if one != own]
    except OSError:
        return True
    for task in tasks:
        try:
            with open(f"/proc/self/task/{task}/stat", encoding="ascii") as file:
                stat = file.read()
        except OSError:  # it has just ended
            return False
        if stat.rpartition(")")[2].split()[0] != "S":
            return False
    return True
