"""Shows what was found: the interleaving that breaks a clause, as a table with a column for each
thread.
"""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case
from threadspec.exploration.models import Call, Raised
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import (
    ACQUIRE,
    AWAIT,
    POLL,
    READ,
    RELEASE,
    TRY,
    WAITS,
    WRITE,
    Location,
    Run,
    Task,
)
from threadspec.exploration.search import Replay
from threadspec.exploration.stage import Stage

# The most rows of an interleaving, and how many of them are its last ones.  A task that spins would
# have as many as a run has steps.
ROWS = 400
LAST = 20

HERE = str(Path(__file__).parent)


@dataclass(frozen=True)
class Row:
    """One row of an interleaving.

    ``task``: the number of the task; ``text``: what it does; ``place``: the file and the line of
    the implementation, if it is a step; ``switch``: why another task did not go on, if one had.
    """

    task: int
    text: str
    place: str = ""
    switch: str = ""


@dataclass(frozen=True)
class Interleaving:
    """A replayed schedule: the names of its tasks, and its rows.

    ``clause``: the one that ``wrong`` breaks, or that the case checks; ``count``: how many steps
    were performed.
    """

    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    wrong: str | None
    clause: str
    count: int


@dataclass
class _Step:
    task: Task
    kind: int
    location: Location | None
    timed_out: bool
    place: str
    text: str
    vain: bool
    switch: str


class _Recorder:
    """Collects the steps and calls of one run."""

    def __init__(self) -> None:
        self.events: list[_Step | tuple[Task, str, str]] = []
        self._last: Task | None = None
        self._silent = False  # the next return is no news

    def observe(self, task: Task) -> None:
        """A step that is about to be performed."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(HERE):
            frame = frame.f_back
        place = text = ""
        if frame is not None and not frame.f_code.co_filename.startswith("<"):
            path, line = frame.f_code.co_filename, frame.f_lineno
            place = f"{Path(path).name}:{line}"
            text = linecache.getline(path, line).partition("  # ")[0].strip()
        switch = self._switch(task)
        self.events.append(
            _Step(task, task.kind, task.location, task.timed_out, place, text, task.vain, switch)
        )

    def _switch(self, task: Task) -> str:
        """Why another task went on before, if one did."""
        last = self._last
        self._last = task
        if last is None or last is task:
            return ""
        if last.ended:
            return "ended"
        if last.kind in WAITS and last.location is not None and last.location.held:
            return "blocked"
        return "preempted"

    def watch(self, task: Task, what: str, value: object) -> None:
        """The beginning or the return of a call."""
        if what == "return" and self._silent:
            self._silent = False
            return
        if isinstance(value, Call) and value.method in ("run", "end"):
            text = f"{value.subject} {'begins' if value.method == 'run' else 'ends'} its activity"
            self._silent = True
        elif what == "call":
            text = str(value)
        elif isinstance(value, Raised):
            text = f"raises {value.name}"
        else:
            text = f"returns {value!r}"
        self.events.append((task, text, self._switch(task)))


def interleaving(program: Program, segments: list[tuple[int, int, bool]]) -> Interleaving:
    """Run a schedule of a scenario again, and describe it.

    Raises UserError where its threads cannot go on as it says.
    """
    recorder = _Recorder()
    program.watch = recorder.watch
    strategy = Replay(segments)
    try:
        run, wrong = program.run(strategy, None, limit=20_000, observe=recorder.observe)
    finally:
        program.watch = None
    _check(strategy, program.scenario.name)
    clause = program.scenario.clause_of(wrong)
    return _described(recorder, run, str(wrong) if wrong is not None else None, clause)


def case_interleaving(
    stage: Stage, case: Case, segments: list[tuple[int, int, bool]]
) -> Interleaving:
    """Run a schedule of a case again, and describe it; like :func:`interleaving`."""
    recorder = _Recorder()
    strategy = Replay(segments, track=False)
    run, told = stage.run(case, strategy, None, recorder.observe)
    _check(strategy, case.id)
    wrong = None if told.kind in ("ok", "observed") else told.observed or told.kind
    return _described(recorder, run, wrong, case.clause.id)


def _check(strategy: Replay, name: str) -> None:
    if strategy.mismatch:
        raise UserError(f"The token does not fit {name}: its threads cannot go on as it says.")


def _described(recorder: _Recorder, run: Run, wrong: str | None, clause: str) -> Interleaving:
    rows = tuple(_rows(recorder.events, run))
    if len(rows) > ROWS:
        cut = Row(rows[ROWS - LAST].task, f"({len(rows) - ROWS:,} more rows)")
        rows = (*rows[: ROWS - LAST], cut, *rows[-LAST:])
    used = sorted({row.task for row in rows})
    place = {task: number for number, task in enumerate(used)}
    rows = tuple(replace(row, task=place[row.task]) for row in rows)
    return Interleaving(tuple(run.tasks[one].name for one in used), rows, wrong, clause, run.count)


def _rows(events: list[_Step | tuple[Task, str, str]], run: Run) -> list[Row]:
    """The rows: calls, and the steps that another thread could notice."""
    users: dict[int, set[int]] = {}
    written: set[int] = set()
    for event in events:
        if isinstance(event, _Step) and event.location is not None:
            key = id(event.location)
            users.setdefault(key, set()).add(event.task.number)
            if event.kind not in (READ, AWAIT, POLL):
                written.add(key)
    rows: list[Row] = []
    last: Task | None = None
    why = ""
    for event in events:
        why = (event.switch if isinstance(event, _Step) else event[2]) or why
        if isinstance(event, _Step):
            key = id(event.location)
            if not event.timed_out and (len(users.get(key, ())) < 2 or key not in written):
                continue
            if event.task.name == "before" and event.task.number == 0:
                continue  # nobody else is there yet
            task, place = event.task, event.place
            text = event.text or _verb(event)
            if event.timed_out:
                text = f"time-out: {text}"
            elif event.vain:
                text = f"in vain: {text}"
        else:
            task, text, place = event[0], event[1], ""
        switch = why if last is not None and task is not last else ""
        why = ""
        rows.append(Row(task.number, text, place, switch))
        last = task
    if run.failure is not None:
        task, error = run.failure
        rows.append(Row(task.number, f"raises {type(error).__name__}"))
    rows += [Row(task.number, "stays blocked") for task in run.left if task is not run.main]
    return _merged(rows)


def _merged(rows: list[Row]) -> list[Row]:
    """Rows in which several steps of one line follow each other are one row."""
    merged: list[Row] = []
    for row in rows:
        if merged and row.place and not row.switch:
            before = merged[-1]
            if before.place == row.place and before.text == row.text:
                continue
        merged.append(row)
    return merged


_VERBS = {
    READ: "reads",
    WRITE: "writes",
    ACQUIRE: "acquires",
    TRY: "tries to acquire",
    RELEASE: "releases",
    AWAIT: "waits for",
    POLL: "looks at",
}


def _verb(step: _Step) -> str:
    name = step.location.name() if step.location is not None else ""
    return f"{_VERBS.get(step.kind, 'goes on')} {name}"
