"""Low-level threads that use and check a primitive while the main thread is interrupted."""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 0.05  # seconds between looks at whether anything still runs in the process
LOOKS = 4  # after this many consecutive idle looks, a thread that has not answered is blocked


class Unusable(Exception):
    """A primitive does not return, or behaves wrongly."""


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

    def end(self, otherwise: str = "a thread blocks for ever") -> None:
        """Wait for the job.  Raises Unusable if the job blocks for ever or fails."""
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
        """Let all of them wait.  Raises Unusable if one blocks before it can begin to wait.

        ``sleep``: waits on the object once; calls its argument immediately before.
        """
        self._awake.clear()
        for helper in self.helpers:
            about = locked()
            helper.begin(lambda about=about: self._sleep(sleep, about))  # type: ignore[misc]
            begun = answers(lambda wait, about=about: bool(about.acquire(True, wait)))  # type: ignore[misc]
            expect(begun, "a thread blocks before it can begin to wait")
        self.asleep = True

    def _sleep(self, sleep: Callable[[Callable[[], object]], object], about: Any) -> None:
        sleep(about.release)
        self._awake.append(None)

    def all_wake(self, wake: Callable[[], object]) -> None:
        """Call ``wake`` once.  Raises Unusable if that does not wake all of them."""
        wake()
        for helper in self.helpers:
            helper.end("a thread is not woken, although all should be")
        self.asleep = False

    def wake_one_by_one(self, wake: Callable[[], object]) -> None:
        """Call ``wake`` for each of them.  Raises Unusable if a call wakes none."""
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
    """A new low-level lock, locked."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def expect(true: object, otherwise: str) -> None:
    """Raise Unusable with the message ``otherwise`` unless ``true`` is true."""
    if not true:
        raise Unusable(otherwise)


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until a condition is true; return False if it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.0005)
    return True


def answers(done: Callable[[float], bool]) -> bool:
    """Wait until ``done``, called with the seconds to wait, returns true; return whether it does.

    It never will once no other thread of the process runs or is ready to run.  A slow machine does
    not look like that, if the system shows what threads do.
    """
    looks = 0
    while not done(PATIENCE):
        looks = looks + 1 if idle() else 0
        if looks == LOOKS:
            return done(0)
    return True


def idle() -> bool:
    """Whether all threads but the calling one sleep; True if the system does not show it."""
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
