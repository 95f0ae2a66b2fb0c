"""Splits an implementation's cases among several workers, each steered by a thread.

The cases are announced in the order in which their outcomes will be asked for.  The pool hands them
out to its threads, and each thread queues a few in its worker, so that no worker waits for the host
between two cases.  How many are handed out and queued is decided here alone.

A case that waits needs no processor.  While a worker sleeps in the middle of a case, another one
may run the cases that follow, or those of another implementation (see ``places``).  If an
implementation waits for long, up to ``MOST`` more workers are started for that.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.runner.hangs import Hangs
from threadspec.adapters.runner.places import Places, processors
from threadspec.adapters.runner.process import CannotStart, WorkerProcess
from threadspec.conformance.outcome import Outcome

# The number of cases that may be handed out to the threads before their outcomes are asked for.
# The whole battery fits in, so that all others can be run while the first case takes long.  The
# limit is for many repetitions, whose outcomes would fill the memory.
HANDED_OUT = 4096

# The number of cases queued in each worker behind the one that it runs.  Those that are not queued
# yet go to whichever worker is free first, so a longer queue would split the battery less evenly.
# A worker that is alone has no such competitor.
READY = 3
READY_ALONE = 8

# The largest number of workers that are started because others wait.
MOST = 32

# Another worker is started when a processor has been left unused, although there were cases to run,
# for UNUSED seconds more than SHARE of the time.  A good implementation waits now and then, too,
# and needs one worker only.
UNUSED = 0.3
SHARE = 0.25

# When a case has used a processor for this number of seconds, other cases may use another one.
BUSY = 1.0

# When a case has waited for this number of seconds, the cases queued behind it go to other workers.
LONG = 0.3

# The number of cases in a row that must have waited less before queues in workers are filled again.
CALM = 50


@dataclass(frozen=True)
class _Job:
    """A case to run, as module and function, and its outcome."""

    case: tuple[str, str]
    outcome: Future[Outcome] = field(default_factory=Future)


class _Board:
    """The jobs of one pool that no worker has yet.

    ``places``: the places that its workers share, perhaps with those of other pools; ``number``:
    that of the pool among them.  :meth:`close` makes every thread end.
    """

    def __init__(self, places: Places, number: int) -> None:
        self.number = number
        self._places = places
        self._changed = places.changed
        self._jobs: deque[_Job] = deque()
        self._idle = 0  # workers that wait for a place or for a job
        self._unused = 0.0
        self._looked = time.monotonic()
        self.is_closed = False
        places.join(self)

    @property
    def can_use_a_place(self) -> bool:
        """Whether there is a job, and a worker that waits for a place."""
        return bool(self._jobs) and self._idle > 0

    def put(self, jobs: Iterable[_Job], first: bool = False) -> None:
        """Add jobs; ``first``: in front of the others, because they were taken before them.

        They are cancelled if the board is closed.
        """
        with self._changed:
            if first:
                self._jobs.extendleft(reversed(list(jobs)))
            else:
                self._jobs.extend(jobs)
            if self.is_closed:
                self._cancel()
            self._changed.notify_all()

    def take(self, most: int, has_place: bool) -> list[_Job]:
        """Wait for jobs, and for a place unless the caller has one; return up to ``most`` jobs.

        The list is empty if the board is closed.  Then the caller has no place any more.
        """
        with self._changed:
            if has_place and not self._jobs:
                self._places.give()
                has_place = False
            self._idle += 1
            try:
                while not self.is_closed and not (
                    self._jobs and (has_place or self._places.has_one_for(self))
                ):
                    self._changed.wait()
            finally:
                self._idle -= 1
            if self.is_closed:
                if has_place:
                    self._places.give()
                return []
            jobs = self._more(most)
            if not has_place:
                self._places.take()
            return jobs

    def more(self, most: int) -> list[_Job]:
        """Up to ``most`` jobs, without waiting for any."""
        with self._changed:
            return self._more(most)

    def _more(self, most: int) -> list[_Job]:
        return [self._jobs.popleft() for _ in range(min(most, len(self._jobs)))]

    def enter(self) -> None:
        """Take a place, even if none is free: the caller's worker is running already."""
        with self._changed:
            self._places.take()

    def leave(self) -> None:
        """Give up the caller's place."""
        with self._changed:
            self._places.give()

    def lacks_workers(self) -> bool:
        """Whether a place has been free, and jobs waiting, for long enough to start a worker.

        Threads ask this regularly while a case runs.  True starts a new count.
        """
        with self._changed:
            now = time.monotonic()
            passed, self._looked = now - self._looked, now
            self._unused = max(0.0, self._unused - SHARE * passed)
            if self._jobs and not self._idle and self._places.are_unused():
                self._unused += min(passed, 0.1)
            if self._unused < UNUSED / self._places.size:
                return False
            self._unused = 0.0
            return True

    def close(self) -> None:
        """Cancel the jobs and make every thread end."""
        with self._changed:
            self.is_closed = True
            self._cancel()
        self._places.leave(self)

    def _cancel(self) -> None:
        while self._jobs:
            self._jobs.popleft().outcome.cancel()


@dataclass(frozen=True)
class _Steering:
    """A worker and the thread that steers it."""

    worker: WorkerProcess
    thread: threading.Thread


class Pool:
    """Several worker processes in which one implementation is judged.

    ``size``: the number of workers that run cases simultaneously; the adapter may allow fewer.
    ``places``: those that it shares with pools made before, which come first, and after it.
    Outcomes are asked for one by one; meanwhile the workers run the cases that were announced by
    :meth:`expect`.  The cases of a worker that cannot be started are run by the others.
    """

    traceback: TracebackType | None = None  # of the last case: it stays in the worker

    def __init__(
        self,
        implementation: Implementation,
        time_scale: float,
        size: int,
        places: Places | None = None,
    ) -> None:
        self._implementation = implementation
        self._time_scale = time_scale
        self._most = implementation.workers or size + MOST
        self._size = size = min(size, self._most)
        self._hangs = Hangs()
        self._workers = [
            WorkerProcess(implementation, time_scale, number if size > 1 else None, self._hangs)
            for number in range(size)
        ]
        self._ready = READY if size > 1 else READY_ALONE
        self._calm = CALM  # cases in a row that did not wait for long
        self._steering: list[_Steering] = []
        self._serving = 0  # how many of these threads still run jobs
        self._changing = threading.Lock()  # guards both
        self._places = places or Places(size)
        self._number = self._places.next_number()
        self._board = _Board(self._places, self._number)
        self._is_given_up = False
        # The cases whose outcomes will be asked for, in order: those handed out, and the rest.
        self._jobs: deque[_Job] = deque()
        self._expected: deque[tuple[str, str]] = deque()

    def begin(self) -> None:
        """Start every worker and let it load the implementation, without waiting until it has.

        Raises CannotStart.
        """
        for worker in self._workers:
            worker.begin()

    def load(self) -> dict[str, Any]:
        """Load the implementation in the first worker; its description.  Raises CannotStart."""
        return self._workers[0].load()

    def expect(self, cases: Iterable[tuple[str, str]]) -> None:
        """Announce the cases that will be run, each as module and function, in their order.

        This replaces what was announced before.  Nothing is started before the first
        :meth:`run_case`, and :meth:`close` keeps what is announced.
        """
        expected = deque(cases)
        for number, job in enumerate(self._jobs):
            if number == len(expected) or expected[number] != job.case:
                self.close()
                break
        for _ in self._jobs:
            expected.popleft()  # it is handed out already
        self._expected = expected

    def run_case(self, module: str, function: str) -> Outcome:
        """Run one case; its outcome, as of :meth:`WorkerProcess.run_next`.

        Announced cases are expected in their order, and some may be left out.  A case that is not
        among them is run now, and the announced ones are still expected after it.  In either case
        the workers are replaced if they have begun with something else.  Raises CannotStart where
        no worker can be started (again).
        """
        case = (module, function)
        if self._is_given_up:
            raise CancelledError
        if self._steering and self._board.is_closed:
            self.close()  # an earlier call was interrupted
        if self._jobs and self._jobs[0].case != case:
            self.close()  # the workers have begun with other cases
        if not self._jobs and case not in self._expected:
            self._hand_out([case])  # and nothing else, because it may be asked for again
        elif cases := self._next_cases(case):
            self._hand_out(cases)
        job = self._jobs.popleft()
        try:
            return job.outcome.result()
        except CannotStart:
            if self._is_given_up:
                raise CancelledError from None  # the worker was killed while it loaded
            raise
        except BaseException:
            # The user or pytest-timeout has interrupted the wait: the case is still running.
            self.close()
            raise

    def _next_cases(self, first: tuple[str, str]) -> list[tuple[str, str]]:
        """Take the cases to hand out now, beginning with ``first`` if none is handed out."""
        if len(self._jobs) > HANDED_OUT // 2:
            return []
        while not self._jobs and self._expected[0] != first:
            self._expected.popleft()
        number = min(HANDED_OUT - len(self._jobs), len(self._expected))
        return [self._expected.popleft() for _ in range(number)]

    def _hand_out(self, cases: Iterable[tuple[str, str]]) -> None:
        """Hand out cases, and start the workers if they have not been started."""
        if not self._steering:
            if self._board.is_closed:
                self._board = _Board(self._places, self._number)
            for worker in self._workers:
                self._start(worker)
        jobs = [_Job(case) for case in cases]
        self._board.put(jobs)
        self._jobs.extend(jobs)

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
        places = self._places
        has_place = False
        began = 0.0

        def queue(jobs: Iterable[_Job]) -> None:
            for job in jobs:
                worker.queue(*job.case)
                own.append(job)

        def meanwhile(sleeps: bool) -> None:
            nonlocal has_place
            lasts = time.monotonic() - began
            if not sleeps and lasts >= BUSY:
                places.widen(processors())
            if sleeps and places.have_idle_processor():
                if has_place:
                    board.leave()
                    has_place = False
                if own and lasts >= LONG and self._most > 1:
                    self._calm = 0  # most likely other cases wait as well
                    worker.withdraw()
                    board.put(own, first=True)
                    own.clear()
            if board.lacks_workers():
                self._grow()

        try:
            while not board.is_closed:
                if not own:
                    queue(board.take(1, has_place))
                    has_place = bool(own)
                    if not own:
                        return
                elif not has_place:
                    board.enter()
                has_place = True
                ready = self._ready if self._calm >= CALM else 0
                queue(board.more(ready + 1 - len(own)))
                job = own.popleft()
                began = time.monotonic()
                try:
                    outcome = worker.run_next(meanwhile)
                except BaseException as error:
                    if isinstance(error, CannotStart) and self._can_leave():
                        board.put((job, *own), first=True)
                        own.clear()
                        return
                    job.outcome.set_exception(error)
                else:
                    job.outcome.set_result(outcome)
                    if outcome.kind == "timeout" or self._hangs.waits:
                        places.widen(processors())
                self._calm += 1
        finally:
            if has_place:
                board.leave()
            for job in own:
                job.outcome.cancel()
            worker.close()

    def _grow(self) -> None:
        """Start one more worker, unless there are enough."""
        with self._changing:
            number = len(self._workers)
            if number >= self._most:
                return
            # It has no number, and so keeps to a processor that it finds idle.
            description = self._workers[0].description
            worker = WorkerProcess(
                self._implementation, self._time_scale, None, self._hangs, description
            )
            self._workers.append(worker)
        self._start(worker)

    def _can_leave(self) -> bool:
        """Whether other threads still run jobs if the calling one ends."""
        with self._changing:
            others = self._serving > 1
            self._serving -= others
        return others

    def give_up(self) -> None:
        """Make :meth:`run_case` return soon in another thread, and then raise CancelledError."""
        self._is_given_up = True
        self._board.close()
        with self._changing:
            workers = list(self._workers)
        for worker in workers:
            worker.kill()

    def close(self) -> None:
        """End every worker, whatever it is doing.  It can be called again if it is interrupted."""
        with self._changing:
            self._board.close()
        jobs, self._jobs = self._jobs, deque()
        self._expected.extendleft(job.case for job in reversed(jobs))
        while self._steering:
            last = self._steering[-1]
            last.worker.kill()  # again if its thread has started another
            last.thread.join(0.05)
            if not last.thread.is_alive():
                self._steering.pop()
        self._serving = 0
        for worker in self._workers:
            worker.close()
        del self._workers[self._size :]
