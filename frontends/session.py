"""A run of the battery on the implementations that ``--impl`` names: options, results, files."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from threadspec.adapters import divergences, update
from threadspec.adapters.adapter import Adapter, Implementation, Unavailable, choose
from threadspec.conformance.catalogue import CatalogueError
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case, battery
from threadspec.conformance.verdicts import (
    NO_DIVERGENCE,
    UNREVIEWED,
    fails,
    is_unreviewed,
    worst,
)
from threadspec.frontends import options
from threadspec.frontends.trial import Trial, make_record
from threadspec.reports import record, text
from threadspec.reports.exploration import Explored, judged
from threadspec.reports.record import CaseResult, Subject

# A name that later manuals replace -> its key in the table [names], and the name that replaces it.
_RENAMED = {
    "activeCount": ("activeCount", "active_count"),
    "currentThread": ("currentThread", "current_thread"),
    "isAlive": ('"Thread.isAlive"', "is_alive"),
    "isSet": ('"Event.isSet"', "is_set"),
    "notifyAll": ('"Condition.notifyAll"', "notify_all"),
}

# How a result tells that a name is missing which no adapter maps.
_MISSING = re.compile(r"there is no (?:\w+\.)?(\w+)\b(?!; its adapter)")


def check_writable(path: Path) -> None:
    """Check that a file can be written, before any case runs, and leave nothing behind.

    Raises UserError.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the path of a file.")
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(path.name + ".part")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}; give another path."
        ) from error
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()


def check_report(value: str, option: str = "--impl-report") -> None:
    """Make sure that a value of an option is meant as a place for records.

    Raises UserError for a value that ends like a file of another kind, a clause or a case: a folder
    of that name would be a surprise.  A folder that exists, or ends in a slash, may have any name.
    """
    path = Path(value)
    is_new = not path.suffix and not path.exists()
    if record.is_file_name(path.name) or path.is_dir() or is_new or value.endswith(("/", os.sep)):
        return
    raise UserError(
        f"{option}={value} names neither a .json file nor a folder; give {value}.json for one "
        f"record, or {value}/ for a folder with the records of all implementations."
    )


def check_replaceable(path: Path, name: str, explores: bool) -> None:
    """Make sure that a record of the implementation ``name`` may be written to a path.

    It replaces a record of the same implementation that an earlier run made, or an earlier
    exploration if ``explores`` is true, and any record of a run that was interrupted, which no
    command reads.  Raises UserError if the file has anything else, since that would be lost.
    """
    if not path.exists():
        return
    try:
        found = record.read(path)
    except record.Unfinished:
        return
    except UserError as error:
        raise UserError(
            f"{shown(path)} would be lost, and is no record that can be replaced: "
            f"{str(error).partition(';')[0].rstrip('.')}; delete it, or give another file."
        ) from error
    other = found.implementation.name
    cases = len(found.cases)
    if other != name:
        raise UserError(
            f"{shown(path)} is a record of {other}, and not of {name}; it would be lost. Delete "
            "it, or give another file."
        )
    if explores and cases:
        raise UserError(
            f"{shown(path)} has the verdicts on {cases} case{'s' * (cases != 1)}, which would be "
            f"lost; give another file, or add an exploration to it with threadspec explore "
            f"--add-to={shown(path)}."
        )
    if not explores and found.exploration is not None:
        raise UserError(
            f"{shown(path)} has the results of threadspec explore, which would be lost; delete it, "
            "or give another file: threadspec matrix, summary and diff join the two."
        )


def record_path(place: Path, name: str) -> Path:
    """The file for the record of an implementation, in a place that is a file or a folder."""
    return place if record.is_file_name(place.name) else place / record.file_name(name)


def shown(path: Path) -> str:
    """A path for people: relative to the current folder if it is inside."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def left(path: Path) -> str:
    """The sentence about a file that a run would have written at its end."""
    return f"{shown(path)} was not written, as the run was interrupted."


def _renamed(results: Iterable[CaseResult]) -> Iterator[str]:
    """A sentence for each missing name that the implementation may have under its later name."""
    missing = {
        name
        for one in results
        if one.verdict == "unsupported" and not one.is_known
        for name in _MISSING.findall(one.observed or "")
    }
    for name, (key, later) in _RENAMED.items():
        if name in missing:
            yield (
                f"if {name} is there by its later name, write {key} = "
                f'"{later}" under [names] in the adapter file; then what it does is judged.'
            )


def _stale(one: divergences.Divergence, results: Iterable[CaseResult], trial: Trial) -> str:
    """The sentence about a divergence that no longer happens."""
    place = trial.implementation.adapter.place(one)
    now = worst(each.verdict for each in results if each.clause == one.clause)
    does, todo = f"is {now}", f"change its verdict in {place} to {now}"
    remove = f"remove it from {'the list in ' if one.is_in_list else ''}{place}"
    if now in NO_DIVERGENCE:
        does = "passes" if now == "pass" else does
        todo = remove
    elif one.is_in_list:
        todo = f"{remove}, and list it as {now}"
    return (
        f"Stale divergence: {one.clause} is listed as {one.verdict} but {does} now on "
        f"{trial.name}; {todo}."
    )


def _advice(unreviewed: int, path: str) -> str:
    """What to do about the unreviewed divergences in a file."""
    has = (
        "divergence has a reason that begins"
        if unreviewed == 1
        else ("divergences have reasons that begin")
    )
    return (
        f'{unreviewed} known {has} with "{UNREVIEWED.strip()}" in {path}; look at the behaviour '
        "and say why it is so. With --impl-reviewed, a run fails until then."
    )


def _unreviewed(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """The complaint about the unreviewed divergences in a file, with its place, if any."""
    found = [one for one in adapter.divergences if is_unreviewed(one.reason)]
    if not found:
        return
    lines = [str(one.line) for one in found[:5]]
    more = ", …" if len(found) > 5 else ""
    number = "1 divergence is" if len(found) == 1 else f"{len(found)} divergences are"
    yield (
        adapter.place(found[0]),
        f"{number} unreviewed in {adapter.path} (line{'s' * (len(found) > 1)} "
        f"{', '.join(lines)}{more}): say why the implementation behaves so.",
    )


class Session:
    """The implementations of a run, and their results so far.

    ``names``: the values of ``--impl``; ``workers``: the number of worker processes for each
    implementation.  The others are the options of the table in :mod:`threadspec.frontends.options`.
    Raises UserError for a value that cannot be used.
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        report: str | None = None,
        label: str | None = None,
        update_divergences: str | None = None,
        time_scale: float = 1.0,
        repeat: int = 1,
        strict: bool = False,
        reviewed: bool = False,
        workers: int = 1,
        in_process: bool = False,
        explore: bool = False,
    ) -> None:
        chosen = choose(names)
        self._time_scale = time_scale
        self._strict = strict
        self._reviewed = reviewed
        self._workers = workers
        self.in_process = in_process
        self._explore = explore
        self.unavailable = [one for one in chosen if isinstance(one, Unavailable)]
        implementations = [one for one in chosen if isinstance(one, Implementation)]
        number = 0 if in_process else workers
        self._repeat = repeat
        self.trials = [
            Trial(one, time_scale, number, repeat, explore=explore) for one in implementations
        ]
        self.left_out: dict[int, str] = {}  # the reasons, by number
        if in_process:
            self._check_in_process(implementations)
        self._results: dict[int, list[CaseResult]] = {}
        self._subjects: dict[int, Subject] = {}
        self._explored: dict[int, list[Explored]] = {}
        self._expected: Counter[int] = Counter()
        self._label = label or ""
        if report:
            check_report(report)
        self._report = Path(report).absolute() if report else None
        self._divergences = Path(update_divergences).absolute() if update_divergences else None
        self._written: list[str] = []  # what was written where, for the summary
        self._check_places()

    def _check_in_process(self, implementations: list[Implementation]) -> None:
        if len(implementations) != 1:
            raise UserError("--impl-in-process judges one implementation; give a single --impl.")
        if not __debug__:
            raise UserError(
                "--impl-in-process needs assert statements, which -O and PYTHONOPTIMIZE remove; "
                "start Python without them."
            )
        name = implementations[0].name
        if "@" in name:
            raise UserError(
                f"--impl-in-process uses the interpreter of pytest, but {name} names one; "
                "give --impl without @."
            )
        adapter = implementations[0].adapter
        for key in ("python", "command", "arguments", "environment"):
            if getattr(adapter, key) and (key != "python" or adapter.versions is None):
                raise UserError(
                    f"--impl-in-process runs cases in this process. {adapter.asks_for(key)} Leave "
                    "out --impl-in-process."
                )

    def _check_places(self) -> None:
        if self._report is not None:
            if record.is_file_name(self._report.name) and len(self.trials) != 1:
                raise UserError(
                    "Each implementation has a record of its own; give --impl-report a folder."
                )
            check_writable(record_path(self._report, "probe"))
            for trial in self.trials:
                path = record_path(self._report, trial.name)
                check_replaceable(path, trial.name, self._explore)
        if self._divergences is not None:
            if self._explore:
                raise UserError(
                    "--impl-update-divergences needs verdicts with real threads; leave out "
                    "--impl-explore."
                )
            if len(self.trials) != 1:
                raise UserError(
                    "--impl-update-divergences writes the adapter file of one implementation; "
                    "give a single --impl."
                )
            check_writable(self._divergences)
            update.check_place(self.trials[0].implementation.adapter, self._divergences)

    def check(self) -> None:
        """Check that the catalogue and the battery can be read.  Raises UserError if not."""
        try:
            battery()
        except CatalogueError as error:
            raise UserError(f"The kit is damaged: {error}.") from error

    def begin(self) -> None:
        """Begin to load the first implementation, without waiting for it."""
        for number, trial in enumerate(self.trials):
            if number not in self.left_out:
                trial.begin()
                return

    def load(self) -> None:
        """Load every implementation.  Raises UserError for the first one that cannot be loaded.

        An implementation that was found by ``all``, and not named, becomes unavailable instead (see
        :meth:`leave_out`).  Meanwhile the kit is checked as by :meth:`check`.
        """
        self.begin()
        with ThreadPoolExecutor(max_workers=4) as pool:
            loading = [pool.submit(trial.load) for trial in self.trials]
            self.check()
            for number, subject in enumerate(loading):
                try:
                    self._subjects[number] = subject.result()
                except UserError as error:
                    if not self.trials[number].implementation.optional:
                        for other in loading:
                            other.cancel()
                        raise
                    self.leave_out({number: str(error.__cause__ or error)})
        if len(self.left_out) == len(self.trials):
            reasons = "; ".join(f"{one.name}: {one.reason}" for one in self.unavailable)
            raise UserError(f"No implementation can be judged here ({reasons}).")

    def leave_out(self, reasons: dict[int, str]) -> None:
        """Judge only the other implementations.  ``reasons``: why, by number."""
        for number, reason in reasons.items():
            self.left_out[number] = reason
            self.unavailable.append(Unavailable(self.name(number), reason))
            self.trials[number].close()

    def close(self) -> None:
        """End every worker."""
        for trial in self.trials:
            trial.close()

    def header(self) -> list[str]:
        """A line for each implementation, and one for the number of workers if it is above 1."""
        lines = []
        for number, trial in enumerate(self.trials):
            if number in self.left_out:
                continue
            subject = self._subjects.get(number)
            described = text.describe(subject) if subject else trial.name
            lines.append(f"threadspec: {described}")
            most = trial.implementation.workers
            if most and most < self._workers:
                plural = "" if most == 1 else "s"
                lines.append(f"threadspec: {trial.name}: at most {most} worker{plural}")
            if subject:
                lines += [f"threadspec: {trial.name}: {note}" for note in text.notes(subject)]
        lines += [
            f"threadspec: {one.name} is unavailable: {one.reason}" for one in self.unavailable
        ]
        if self._workers > 1:
            lines.append(f"threadspec: {self._workers} workers for each implementation")
        return lines

    def name(self, number: int) -> str:
        """The name of an implementation of the run."""
        return self.trials[number].name

    def value(self, number: int) -> str:
        """The value of ``--impl`` that asks for an implementation of the run."""
        return self.trials[number].implementation.value or self.name(number)

    def again(self) -> dict[str, Any]:
        """The options of the run that may change a verdict, by key."""
        values = {
            "strict": self._strict,
            "time_scale": self._time_scale,
            "repeat": self._repeat,
            "in_process": self.in_process,
            "explore": self._explore,
        }
        return {one.key: values[one.key] for one in options.OPTIONS if one.again}

    def is_known(self, result: CaseResult) -> bool:
        """Whether a result is the known divergence that the adapter lists."""
        return result.is_known

    def fails(self, result: CaseResult) -> bool:
        """Whether a result fails the run."""
        verdicts = result.counts or {result.verdict: 1}
        failing = any(fails(verdict, self._strict) for verdict in verdicts)
        return failing and not result.is_known

    def expect(self, cases: Iterable[tuple[int, Case]]) -> None:
        """Announce the cases that will be run here, in order, each with its implementation."""
        by_number: dict[int, list[Case]] = {}
        for number, case in cases:
            by_number.setdefault(number, []).append(case)
        for number, chosen in by_number.items():
            self.trials[number].expect(chosen)
        self._expected = Counter({number: len(chosen) for number, chosen in by_number.items()})

    def expect_ids(self, ids: Iterable[str]) -> None:
        """Note which cases will be run by pytest-xdist's workers, from the ids they collected."""
        by_id = {
            f"{case.id}[{trial.name}]": number
            for number, trial in enumerate(self.trials)
            for case in battery()
        }
        self._expected = Counter(by_id[one] for one in ids if one in by_id)

    def take(self, found: dict[str, Any]) -> None:
        """Add a result, in the form that pytest's reports carry."""
        number = found["implementation"]
        self._results.setdefault(number, []).append(record.case_result(found["result"]))
        self._subjects[number] = record.subject(found["subject"])
        if found["explored"] is not None:
            explored = judged(record.explored(found["explored"]), found["known"])
            self._explored.setdefault(number, []).append(explored)

    def _records(self) -> Iterator[tuple[int, record.Record]]:
        """What is known of each implementation, with its number."""
        for number in sorted(self._results):
            results = self._results[number]
            finished = len(results) == self._expected[number]
            yield (
                number,
                make_record(
                    self._subjects[number], results, self._time_scale, finished, self._label
                ),
            )

    def _written_as(self, number: int, found: record.Record) -> record.Record:
        """A record as it is written: verdicts from simulated threads are not among its cases."""
        if not self._explore:
            return found
        exploration = self.trials[number].exploration(self._explored.get(number, ()))
        return replace(found, cases=(), exploration=exploration)

    def finish(self) -> Iterator[tuple[str, str]]:
        """Write the records; yield what is wrong with the run, each as a place and a sentence.

        A run that did not come to its end changes no file that exists.
        """
        paths = []
        for number, one in self._records():
            if self._report is None:
                break
            path = record_path(self._report, one.implementation.name)
            if not one.finished and path.exists():
                self._written.append(left(path))
                continue
            try:
                # Another run may have written it since the beginning.
                check_replaceable(path, one.implementation.name, self._explore)
                record.write(self._written_as(number, one), path)
            except UserError as error:
                yield str(path), str(error)
                continue
            if one.finished:
                paths.append(path)
            else:
                self._written.append(
                    f"The record in {shown(path)} is incomplete, as the run was interrupted; no "
                    "command reads it."
                )
        if len(paths) == 1:
            self._written.append(f"The record was written to {shown(paths[0])}.")
        elif paths:
            self._written.append(f"{len(paths)} records were written to {shown(paths[0].parent)}.")
        for number, results in sorted(self._results.items()):
            trial = self.trials[number]
            adapter = trial.implementation.adapter
            stale = divergences.stale(trial.divergences, results)
            if self._divergences is None or not update.is_own(adapter, self._divergences):
                for known in stale:
                    yield adapter.place(known), _stale(known, results, trial)
            if self._divergences is not None and len(results) < self._expected[number]:
                self._written.append(left(self._divergences))
            elif self._divergences is not None:
                yield from self._update(adapter, results, self._divergences, stale)
            elif self._reviewed:
                yield from _unreviewed(adapter)

    def _update(
        self,
        adapter: Adapter,
        results: list[CaseResult],
        path: Path,
        stale: list[divergences.Divergence],
    ) -> Iterator[tuple[str, str]]:
        """Update the divergences in a file; yield what is wrong like :meth:`finish`."""
        try:
            change = update.update(adapter, results, path, stale)
        except UserError as error:
            yield str(path), str(error)
            return
        total = change.kept + change.added
        self._written.append(
            f"{shown(path)} has {total} known divergence{'s' * (total != 1)}: {change.kept} kept, "
            f"{change.added} added, {change.removed} removed as stale."
        )
        if change.unreviewed:
            self._written.append(_advice(change.unreviewed, shown(path)))

    @property
    def has_run_nothing(self) -> bool:
        """Whether no case has a result."""
        return not self._results

    def summary(self, durations: bool = False) -> Iterator[tuple[str, dict[str, bool]]]:
        """The lines for the end of the run, each with pytest's markup.

        ``durations``: include the share of time spent waiting, by named duration.
        """
        for _, one in self._records():
            yield from text.summarize(one, len(battery()), durations)
        for unavailable in self.unavailable:
            yield f"{unavailable.name}: unavailable: {unavailable.reason}", {"yellow": True}
        for number, results in sorted(self._results.items()):
            adapter = self.trials[number].implementation.adapter
            for line in _renamed(results):
                yield f"{self.trials[number].name}: {line}", {"yellow": True}
            unreviewed = sum(is_unreviewed(one.reason) for one in adapter.divergences)
            if unreviewed and self._divergences is None:
                yield _advice(unreviewed, adapter.path), {"yellow": True}
        for line in self._written:
            yield line, {}
