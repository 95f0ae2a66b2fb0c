"""Judges several implementations side by side, for ``threadspec matrix``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from types import TracebackType

from rich.progress import Progress

from threadspec.adapters.adapter import Implementation
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.frontends.trial import Trial, make_record
from threadspec.reports.record import Record


class Judging:
    """The whole battery on several implementations, ``jobs`` of them at a time.

    ``time_scale`` and ``repeat`` are those of :class:`Trial`.  ``progress`` shows a bar for each
    implementation that is being judged and one for all of them.  Use it in a ``with`` statement:
    at the end of the block, implementations that are not finished are given up.
    """

    def __init__(
        self,
        implementations: Sequence[Implementation],
        time_scale: float,
        repeat: int,
        jobs: int,
        progress: Progress,
    ) -> None:
        self._time_scale = time_scale
        self._repeat = repeat
        self._progress = progress
        self._given_up = threading.Event()
        self._cases = battery()
        total = len(self._cases) * len(implementations)
        self._all = progress.add_task("all", total=total, visible=len(implementations) > 1)
        self._executor = ThreadPoolExecutor(max(1, min(jobs, len(implementations))))
        self._futures = {self._executor.submit(self._judge, one): one for one in implementations}

    def __enter__(self) -> Judging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._given_up.set()
        self._executor.shutdown(cancel_futures=True)

    def finished(self) -> Iterator[tuple[Implementation, Record | UserError]]:
        """Each implementation as soon as it is finished, with its record.

        The error stands for the record of an implementation that cannot be loaded.
        """
        for future in as_completed(self._futures):
            yield self._futures[future], _result(future)

    def _judge(self, implementation: Implementation) -> Record:
        """The record of one implementation.  Raises UserError where it cannot be loaded."""
        trial = Trial(implementation, self._time_scale, repeat=self._repeat)
        left = len(self._cases)
        try:
            subject = trial.load()
            task = self._progress.add_task(trial.name, total=left)
            results = []
            for result in trial.run_all(self._cases):
                if self._given_up.is_set():
                    break
                results.append(result)
                left -= 1
                self._progress.advance(task)
                self._progress.advance(self._all)
            return make_record(subject, results, self._time_scale, finished=not left)
        finally:
            self._progress.advance(self._all, left)
            trial.close()


def _result(future: Future[Record]) -> Record | UserError:
    try:
        return future.result()
    except UserError as error:
        return error
