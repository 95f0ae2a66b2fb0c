"""Low-level helper threads, the same for every subject, which wait between jobs.

The caller gives them jobs, waits until every job is blocked, and learns when the last job has
ended.  For gevent they are greenlets, for which its primitives are made.
"""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

clock = time.perf_counter

STACK = 256 * 1024  # bytes of each helper thread's stack, as there are up to a thousand
STARVED = 0.05  # seconds given to helpers to block, if the system does not show what they do


class _Member:
    """A helper thread; ``ended``: the time at which its last job ended."""

    def __init__(self, helpers: Helpers) -> None:
        self.go = _thread.allocate_lock()
        self.go.acquire()
        self.job: Callable[[], object] | None = None
        self.begun = False
        self.ended = 0.0
        self.shown: int | None = None
        ready = _thread.allocate_lock()
        ready.acquire()
        _thread.start_new_thread(self._work, (helpers, ready))
        ready.acquire()

    def _work(self, helpers: Helpers, ready: Any) -> None:
        try:
            path = f"/proc/self/task/{_thread.get_native_id()}/syscall"
            self.shown = os.open(path, os.O_RDONLY)
            os.pread(self.shown, 200, 0)
        except (OSError, AttributeError):
            self.shown = None
        ready.release()
        while True:
            self.go.acquire()
            job = self.job
            if job is None:
                break
            self.begun = True
            try:
                job()
            except BaseException as error:
                helpers.failure = error
            self.ended = clock()
            helpers.one_less()
        if self.shown is not None:
            os.close(self.shown)
        helpers.one_less()

    def blocked_at(self) -> bytes:
        """The system call in which it waits without a time-out; empty if it does not wait."""
        if not self.begun:
            return b""
        assert self.shown is not None
        line = os.pread(self.shown, 200, 0)
        fields = line.split()
        return line if len(fields) > 5 and fields[4] == b"0x0" else b""


class Helpers:
    """``size`` helper threads."""

    def __init__(self, size: int) -> None:
        self.failure: BaseException | None = None
        self.posted = 0.0  # the time at which the jobs were posted
        self._guard = _thread.allocate_lock()
        self._left = 0
        self._finished = _thread.allocate_lock()
        self._finished.acquire()
        before = _thread.stack_size(STACK)
        try:
            self.members = [_Member(self) for _ in range(size)]
        finally:
            _thread.stack_size(before)
        self._busy: list[_Member] = []

    def one_less(self) -> None:
        """Note that a member has ended its job."""
        with self._guard:
            self._left -= 1
            last = not self._left
        if last:
            self._finished.release()

    def post(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Let one member do each of the jobs, simultaneously."""
        self._busy = self.members[: len(jobs)]
        self._left = len(jobs)
        for number, member in enumerate(self._busy):
            member.job = jobs[number]
            member.begun = False
        self.posted = clock()
        for member in self._busy:
            member.go.release()

    def settle(self) -> None:
        """Wait until every member is blocked in its job."""
        before: list[bytes] = []
        while not all(member.begun for member in self._busy):
            time.sleep(0.0005)
        if any(member.shown is None for member in self._busy):
            time.sleep(STARVED + len(self._busy) * 0.0005)
            return
        while True:
            now = []
            for member in self._busy:
                at = member.blocked_at()
                if not at:
                    break
                now.append(at)
            # A member that waits only briefly for a lock has moved on by the second look.
            if len(now) == len(self._busy) and now == before:
                return
            before = now
            time.sleep(0.0002)

    def finish(self) -> float:
        """Wait for the jobs to end; return the time at which the last one did."""
        self._finished.acquire()
        if self.failure is not None:
            raise self.failure
        return max(member.ended for member in self._busy)

    def close(self) -> None:
        """End the threads."""
        self._left = len(self.members)
        if self.members:
            for member in self.members:
                member.job = None
                member.go.release()
            self._finished.acquire()


class GreenHelpers:
    """The same with greenlets."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self.posted = 0.0
        self._busy: list[Any] = []
        self._ended: list[float] = []

    def post(self, jobs: Sequence[Callable[[], object]]) -> None:
        self._ended = []
        self._busy = [self._make.Thread(self._work, job) for job in jobs]
        self.posted = clock()
        for one in self._busy:
            one.start()

    def _work(self, job: Callable[[], object]) -> None:
        job()
        self._ended.append(clock())

    def settle(self) -> None:
        for _ in range(3):
            self._make.sleep(0)

    def finish(self) -> float:
        self._make.joinall(self._busy, raise_error=True)
        return max(self._ended)

    def close(self) -> None:
        self._busy = []
