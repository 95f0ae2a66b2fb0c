"""Judges several implementations side by side, for ``threadspec matrix``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from types import TracebackType

from rich.progress import Progress

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.divergences import Divergence
from threadspec.adapters.runner.places import Places
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.frontends.trial import Trial, make_record
from threadspec.reports.record import Record

# The number of implementations that are begun for each case that may run at a time.  The first get
# most of the time; the others use what is left while cases of the first wait.
BEGUN = 3


class ParallelTrials:
    """The whole battery on several implementations, ``jobs`` cases at a time.

    A case that waits does not count.  ``time_scale`` and ``repeat`` are those of :class:`Trial`.
    ``label``: that of the records.  ``progress`` shows a bar for each implementation that is being
    judged and one for all of them.  Use it in a ``with`` statement: at the end of the block,
    implementations that are not finished are given up.
    """

    def __init__(
        self,
        implementations: Sequence[Implementation],
        time_scale: float,
        repeat: int,
        jobs: int,
        progress: Progress,
        label: str = "",
    ) -> None:
        self._time_scale = time_scale
        self._label = label
        self._progress = progress
        self._given_up = threading.Event()
        self._cases = battery()
        total = len(self._cases) * len(implementations)
        self._all = progress.add_task("all", total=total, visible=len(implementations) > 1)
        self._executor = ThreadPoolExecutor(max(1, min(BEGUN * jobs, len(implementations))))
        places = Places(jobs)
        self._trials = [
            Trial(one, time_scale, repeat=repeat, places=places)
            for one in sorted(implementations, key=_haste)
        ]
        self._futures = {
            self._executor.submit(self._judge, one): one.implementation for one in self._trials
        }

    def __enter__(self) -> ParallelTrials:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._given_up.set()
        for trial in self._trials:
            trial.give_up()
        self._executor.shutdown(cancel_futures=True)

    def finished(self) -> Iterator[tuple[Implementation, Record | UserError]]:
        """Each implementation as soon as it is finished, with its record.

        The error stands for the record of an implementation that cannot be loaded.
        """
        for future in as_completed(self._futures):
            yield self._futures[future], _result(future)

    def divergences(self, name: str) -> list[Divergence]:
        """The known divergences of an implementation that was judged."""
        return next(one.divergences for one in self._trials if one.name == name)

    def _judge(self, trial: Trial) -> Record:
        """The record of one implementation.

        Raises UserError where it cannot be loaded, and CancelledError if it is given up.
        """
        left = len(self._cases)
        try:
            subject = trial.load()
            task = self._progress.add_task(trial.name, total=left)
            results = []
            for result in trial.run_all(self._cases):
                if self._given_up.is_set():
                    raise CancelledError
                results.append(result)
                left -= 1
                self._progress.advance(task)
                self._progress.advance(self._all)
            return make_record(subject, results, self._time_scale, True, self._label)
        finally:
            self._progress.advance(self._all, left)
            trial.close()


def _haste(implementation: Implementation) -> tuple[bool, float, int]:
    """A sort key that puts first what is likely to take longest.

    An implementation that nothing is known of may take long.  One that starts slowly does, and can
    run one case at a time while others use the processors.  So does one that departs from the
    manual: the kit waits for what never happens.
    """
    adapter = implementation.adapter
    return adapter.folder is not None, -implementation.start_scale, -len(adapter.divergences)


def _result(future: Future[Record]) -> Record | UserError:
    try:
        return future.result()
    except UserError as error:
        return error
