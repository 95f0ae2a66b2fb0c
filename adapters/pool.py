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


class Pool:
    """Several processes in which one implementation is judged, used like a single worker.

    ``size``: their number.  Outcomes are given in the order in which they are asked for; the
    workers are busy with the cases that follow meanwhile.
    """

    traceback: TracebackType | None = None  # of the last case: it stays in the worker

    def __init__(self, implementation: Implementation, time_scale: float, size: int) -> None:
        self._workers = [Worker(implementation, time_scale, number) for number in range(size)]
        self._threads: list[threading.Thread] = []
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
        if self._ahead and self._ahead[0].case != (module, function):
            self.close()  # they are busy with cases that are not wanted
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
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._steer, args=(worker, self._jobs), daemon=True)
                for worker in self._workers
            ]
            for thread in self._threads:
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
                    job.outcome.set_exception(error)
                else:
                    job.outcome.set_result(outcome)
        finally:
            worker.close()

    def close(self) -> None:
        """End every worker, whatever it is doing."""
        jobs, self._jobs = self._jobs, queue.SimpleQueue()
        self._ahead.clear()
        for _ in self._threads:
            jobs.put(None)
        for worker, thread in zip(self._workers, self._threads, strict=False):  # or no thread yet
            while thread.is_alive():
                worker.kill()  # as often as its thread starts another
                thread.join(0.05)
        self._threads = []
        for worker in self._workers:
            worker.close()
