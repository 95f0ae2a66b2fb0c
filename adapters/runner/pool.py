"""Splits an implementation's cases among several workers, each steered by a thread.

A case that waits needs no processor.  So a worker that sleeps in the middle of a case lets another
one go on with the cases that follow: more workers are started for that where an implementation
waits for long, up to ``MOST``.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.runner.hangs import Hangs
from threadspec.adapters.runner.process import CannotStart, WorkerProcess
from threadspec.conformance.outcome import Outcome

# How many cases are queued in each worker, so that it need not wait for its thread here; the
# others go to whichever worker comes first.  With one worker alone there are no others.
READY = 3
READY_ALONE = 8

# While more cases than this are handed out for each worker, no more are: it is done in batches.
ENOUGH = 32

# The most workers that are started because others wait.
MOST = 32

# A worker is started when cases could have been run, but were not, for this number of seconds more
# than this share of the time.  A good implementation waits now and then, too, and one worker is
# enough then.
UNUSED = 0.3
SHARE = 0.25

# The share of one processor that must have been idle for cases to be given to more workers: where
# all are busy, as with the programs of cases whose own workers sleep, that would help nobody.
IDLE = 0.25

# A case that is at work for more seconds than this lets others use another processor.
BUSY = 1.0

# How many seconds a case may wait and still keep those that are queued behind it.
LONG = 0.3

# How many cases in a row must have waited less before queues in workers are filled again.
CALM = 50


@dataclass(frozen=True)
class _Job:
    """A case to be run, as module and function, and what comes of it."""

    case: tuple[str, str]
    outcome: Future[Outcome] = field(default_factory=Future)


class _Processors:
    """How busy this machine's processors are, where the system shows it."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._idle = _idle_seconds()
        self._is_idle = True

    def are_idle(self) -> bool:
        """Whether any had nothing to do for a good part of the time since the last look or so."""
        now = time.monotonic()
        passed = now - self._looked
        if passed >= 0.1:  # they are counted in hundredths of a second
            idle = _idle_seconds()
            if idle is not None and self._idle is not None:
                self._is_idle = idle - self._idle >= IDLE * passed
            self._looked, self._idle = now, idle
        return self._is_idle


def _idle_seconds() -> float | None:
    """For how many seconds the processors have been idle, all in all; None where unknown."""
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0].split()
        return (int(first[4]) + int(first[5])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


class _Board:
    """The jobs that no worker has yet, and how many workers may be at work on one.

    ``places``: the number of workers that use a processor at a time.  A worker has a place while it
    runs cases, but for the time in which it sleeps.  :meth:`close` lets every thread come to its
    end.
    """

    def __init__(self, places: int) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._size = places
        self._places = places  # those that are free
        self._idle = 0  # workers that wait for a place or for a job
        self._unused = 0.0
        self._looked = time.monotonic()
        self._processors = _Processors()
        self.is_closed = False

    def put(self, jobs: Iterable[_Job], first: bool = False) -> None:
        """Add jobs; ``first``: in front of the others, since they were there before them."""
        with self._changed:
            if first:
                self._jobs.extendleft(reversed(list(jobs)))
            else:
                self._jobs.extend(jobs)
            self._changed.notify_all()

    def take(self, most: int, has_place: bool) -> list[_Job]:
        """Wait for jobs, and for a place unless the caller has one; up to ``most`` jobs.

        None come when the board is closed.
        """
        with self._changed:
            if has_place and not self._jobs:
                self._leave()
                has_place = False
            self._idle += 1
            try:
                while not self.is_closed and not (self._jobs and (has_place or self._places > 0)):
                    self._changed.wait()
            finally:
                self._idle -= 1
            if self.is_closed:
                return []
            if not has_place:
                self._places -= 1
            return self._more(most)

    def more(self, most: int) -> list[_Job]:
        """Up to ``most`` jobs that are there now."""
        with self._changed:
            return self._more(most)

    def _more(self, most: int) -> list[_Job]:
        return [self._jobs.popleft() for _ in range(min(most, len(self._jobs)))]

    def enter(self) -> None:
        """Have a place, even if there is none free: the caller's worker is at work already."""
        with self._changed:
            self._places -= 1

    def leave(self) -> None:
        """Let another worker have the caller's place."""
        with self._changed:
            self._leave()

    def _leave(self) -> None:
        self._places += 1
        self._changed.notify_all()

    def has_idle_processor(self) -> bool:
        """Whether more workers could be at work at the same time, as far as that can be seen."""
        with self._changed:
            return self._processors.are_idle()

    def lacks_workers(self) -> bool:
        """Whether a place has been free, and jobs waiting, for long enough to start a worker.

        To be asked every now and then by threads whose worker sleeps.  True starts a new count.
        """
        with self._changed:
            now = time.monotonic()
            passed, self._looked = now - self._looked, now
            self._unused = max(0.0, self._unused - SHARE * passed)
            if self._places > 0 and self._jobs and not self._idle and self._processors.are_idle():
                self._unused += min(passed, 0.1)
            if self._unused < UNUSED / self._size:
                return False
            self._unused = 0.0
            return True

    def widen(self, places: int) -> None:
        """Have at least this number of places."""
        with self._changed:
            more = max(0, places - self._size)
            self._places += more
            self._size += more
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait for a job any longer."""
        with self._changed:
            self.is_closed = True
            self._jobs.clear()
            self._changed.notify_all()


@dataclass(frozen=True)
class _Steering:
    """A worker and the thread that steers it."""

    worker: WorkerProcess
    thread: threading.Thread


class Pool:
    """Several processes in which one implementation is judged, used like a single worker.

    ``size``: the number of those that are at work at a time.  Outcomes are given in the order in
    which they are asked for; the workers are busy with the cases that follow meanwhile.  A worker
    that cannot be started leaves its cases to the others.
    """

    traceback: TracebackType | None = None  # of the last case: it stays in the worker

    def __init__(self, implementation: Implementation, time_scale: float, size: int) -> None:
        self._implementation = implementation
        self._time_scale = time_scale
        self._size = size
        self._hangs = Hangs()
        self._workers = [
            WorkerProcess(implementation, time_scale, number if size > 1 else None, self._hangs)
            for number in range(size)
        ]
        self._ready = READY if size > 1 else READY_ALONE
        self._calm = CALM  # cases in a row that did not wait for long
        self._steering: list[_Steering] = []
        self._serving = 0  # how many of these threads run jobs still
        self._changing = threading.Lock()  # guards both
        self._board = _Board(size)
        self._ahead: deque[_Job] = deque()  # handed out, in order, but not asked for yet

    def begin(self) -> None:
        """Start every worker and let it load the implementation, without waiting until it has.

        Raises CannotStart.
        """
        for worker in self._workers:
            worker.begin()

    def load(self) -> dict[str, Any]:
        """Load the implementation in the first worker; its description.  Raises CannotStart."""
        return self._workers[0].load()

    def run(self, module: str, function: str, following: Iterable[tuple[str, str]] = ()) -> Outcome:
        """Run one case; its outcome, as of :meth:`WorkerProcess.run`.

        ``following``: the cases that will be asked for next, as far as that is known; it is not
        iterated over while enough of them are handed out.  Raises CannotStart where no worker can
        be started (again).
        """
        unwanted = self._ahead and self._ahead[0].case != (module, function)
        if unwanted or (self._steering and self._board.is_closed):
            self.close()
        if len(self._ahead) <= ENOUGH * self._size:
            wanted = [(module, function), *following]
            self._hand_out(wanted[len(self._ahead) :])
        job = self._ahead.popleft()
        try:
            return job.outcome.result()
        except CannotStart:
            raise
        except BaseException:
            # The user, or a time-out of pytest's, broke off: a worker is in the middle of a case.
            self.close()
            raise

    def _hand_out(self, cases: Sequence[tuple[str, str]]) -> None:
        jobs = [_Job(case) for case in cases]
        if not self._steering:
            self._board = _Board(self._size)
            for worker in self._workers:
                self._start(worker)
        self._ahead.extend(jobs)
        self._board.put(jobs)

    def _start(self, worker: WorkerProcess) -> None:
        """Start the thread that steers a worker, unless the pool is being closed."""
        with self._changing:
            if self._board.is_closed:
                return
            thread = threading.Thread(target=self._steer, args=(worker, self._board), daemon=True)
            self._steering.append(_Steering(worker, thread))
            self._serving += 1
            thread.start()

    def _steer(self, worker: WorkerProcess, board: _Board) -> None:
        """Run the board's jobs in a worker until the board is closed."""
        own: deque[_Job] = deque()  # queued in the worker
        has_place = False
        job: _Job | None = None
        began = 0.0
        is_late = False  # whether its queue has been given to others

        def meanwhile(sleeps: bool) -> None:
            nonlocal has_place, is_late
            lasts = time.monotonic() - began
            if not sleeps and lasts >= BUSY:
                board.widen(_processors())
            if sleeps and board.has_idle_processor():
                if has_place:
                    board.leave()
                    has_place = False
                if own and lasts >= LONG:
                    self._calm = 0  # most likely other cases wait as well
                    is_late = True
                    board.put(own, first=True)
                    own.clear()
            if board.lacks_workers():
                self._grow()

        try:
            while not board.is_closed:
                if not own:
                    own.extend(board.take(1, has_place))
                    if not own:
                        return
                elif not has_place:
                    board.enter()
                has_place = True
                ready = self._ready if self._calm >= CALM else 0
                own.extend(board.more(ready + 1 - len(own)))
                job = own.popleft()
                began = time.monotonic()
                is_late = False
                try:
                    outcome = worker.run(*job.case, [one.case for one in own], meanwhile)
                except BaseException as error:
                    if isinstance(error, CannotStart) and self._can_leave():
                        board.put((job, *own), first=True)
                        if has_place:
                            board.leave()
                        return
                    job.outcome.set_exception(error)
                else:
                    job.outcome.set_result(outcome)
                    if outcome.kind == "timeout" or self._hangs.waits:
                        board.widen(_processors())
                self._calm += 1
                if is_late:
                    worker.close()
        finally:
            worker.close()

    def _grow(self) -> None:
        """Have one more worker, unless there are enough."""
        with self._changing:
            number = len(self._workers)
            if number >= self._size + MOST:
                return
            # It has no number: it keeps to the processor that it finds idle, beside many others.
            description = self._workers[0].description
            worker = WorkerProcess(
                self._implementation, self._time_scale, None, self._hangs, description
            )
            self._workers.append(worker)
        self._start(worker)

    def _can_leave(self) -> bool:
        """Whether others go on serving where one of the threads ends."""
        with self._changing:
            others = self._serving > 1
            self._serving -= others
        return others

    def close(self) -> None:
        """End every worker, whatever it is doing.  Interrupted, it can be called again."""
        with self._changing:
            self._board.close()
        self._ahead.clear()
        while self._steering:
            last = self._steering[-1]
            last.worker.kill()  # as often as its thread starts another
            last.thread.join(0.05)
            if not last.thread.is_alive():
                self._steering.pop()
        self._serving = 0
        for worker in self._workers:
            worker.close()
        del self._workers[self._size :]


def _processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
