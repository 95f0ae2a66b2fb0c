"""Shares an implementation's cases out among several workers, each steered by a thread."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.worker import CannotStart, Worker

# So many cases lie ready with each worker, so that it need not wait for its thread here; the
# others go to whichever worker comes first.
READY = 3


@dataclass(frozen=True)
class _Job:
    """A case to be run, as module and function, and what comes of it."""

    case: tuple[str, str]
    outcome: Future[dict[str, Any]] = field(default_factory=Future)


@dataclass(frozen=True)
class _Steering:
    """A worker, the thread that steers it, and where that gets its jobs from."""

    worker: Worker
    thread: threading.Thread
    jobs: queue.SimpleQueue[_Job | None]


class Pool:
    """Several processes in which one implementation is judged, used like a single worker.

    ``size``: their number.  Outcomes are given in the order in which they are asked for; the
    workers are busy with the cases that follow meanwhile.  A worker that cannot be started leaves
    its cases to the others.
    """

    traceback: TracebackType | None = None  # of the last case: it stays in the worker

    def __init__(self, implementation: Implementation, time_scale: float, size: int) -> None:
        self._workers = [Worker(implementation, time_scale, number) for number in range(size)]
        self._steering: list[_Steering] = []
        self._serving = 0  # how many of these threads run jobs still
        self._leaving = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._ahead: deque[_Job] = deque()  # handed out, in order; their turn has not come

    def begin(self) -> None:
        """Start every worker and let it load the implementation, without waiting until it has.

        Raises CannotStart.
        """
        for worker in self._workers:
            worker.begin()

    def load(self) -> dict[str, Any]:
        """Load the implementation in the first worker; its description.  Raises CannotStart."""
        return self._workers[0].load()

    def run(
        self, module: str, function: str, following: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """Run one case; its outcome, as of :meth:`Worker.run`.

        ``following``: the cases that will be asked for next, as far as that is known.  Raises
        CannotStart where no worker can be started (again).
        """
        unwanted = self._ahead and self._ahead[0].case != (module, function)
        half_closed = self._steering and self._steering[0].jobs is not self._jobs
        if unwanted or half_closed:
            self.close()
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
        for case in cases:
            job = _Job(case)
            self._ahead.append(job)
            self._jobs.put(job)
        if not self._steering:
            self._serving = len(self._workers)
            for worker in self._workers:
                thread = threading.Thread(
                    target=self._steer, args=(worker, self._jobs), daemon=True
                )
                self._steering.append(_Steering(worker, thread, self._jobs))
                thread.start()

    def _steer(self, worker: Worker, jobs: queue.SimpleQueue[_Job | None]) -> None:
        """Run jobs in a worker until there is None instead of one, or others are to be done."""
        own: deque[_Job] = deque()
        try:
            while True:
                with contextlib.suppress(queue.Empty):
                    while len(own) <= READY:
                        job = jobs.get(block=not own)
                        if job is None:
                            return
                        own.append(job)
                if jobs is not self._jobs:
                    return
                job = own.popleft()
                try:
                    outcome = worker.run(*job.case, [one.case for one in own])
                except BaseException as error:
                    if isinstance(error, CannotStart) and self._can_leave():
                        for one in (job, *own):
                            jobs.put(one)
                        return
                    job.outcome.set_exception(error)
                else:
                    job.outcome.set_result(outcome)
        finally:
            worker.close()

    def _can_leave(self) -> bool:
        """Whether others go on serving where one of the threads ends."""
        with self._leaving:
            others = self._serving > 1
            self._serving -= others
        return others

    def close(self) -> None:
        """End every worker, whatever it is doing.  Interrupted, it can be called again."""
        self._jobs = queue.SimpleQueue()
        self._ahead.clear()
        while self._steering:
            last = self._steering[-1]
            last.jobs.put(None)
            last.worker.kill()  # as often as its thread starts another
            last.thread.join(0.05)
            if not last.thread.is_alive():
                self._steering.pop()
        for worker in self._workers:
            worker.close()
