"""Shows what was found: the interleaving that breaks a clause, as a table with a column for each
thread.
"""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadspec.exploration import search
from threadspec.exploration.models import Call, Raised, Wrong
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import (
    ACQUIRE,
    AWAIT,
    POLL,
    READ,
    RELEASE,
    TRY,
    WRITE,
    Location,
    Run,
    Task,
)

HERE = str(Path(__file__).parent)


@dataclass(frozen=True)
class Row:
    """One row of an interleaving.

    ``task``: the number of the task; ``text``: what it does; ``place``: the file and the line of the
    implementation, if it is a step; ``switch``: why the baton was passed to this task, if it was.
    """

    task: int
    text: str
    place: str = ""
    switch: str = ""


@dataclass(frozen=True)
class Interleaving:
    """A replayed schedule: the names of its tasks, and its rows."""

    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    wrong: Wrong | None
    token: str


@dataclass
class _Step:
    task: Task
    kind: int
    location: Location | None
    timed_out: bool
    place: str
    text: str


class _Recorder:
    """Collects the steps and calls of one run."""

    def __init__(self) -> None:
        self.events: list[_Step | tuple[Task, str]] = []

    def observe(self, task: Task) -> None:
        """A step that is about to be performed."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(HERE):
            frame = frame.f_back
        place = text = ""
        if frame is not None and not frame.f_code.co_filename.startswith("<"):
            path, line = frame.f_code.co_filename, frame.f_lineno
            place = f"{Path(path).name}:{line}"
            text = linecache.getline(path, line).strip()
        self.events.append(
            _Step(task, task.kind, task.location, task.timed_out, place, text)
        )

    def watch(self, task: Task, what: str, value: object) -> None:
        """The beginning or the return of a call."""
        if what == "call":
            self.events.append((task, f"{value}"))
        elif isinstance(value, Raised):
            self.events.append((task, f"raises {value.name}"))
        else:
            self.events.append((task, f"returns {value!r}"))


def interleaving(
    program: Program, segments: list[tuple[int, int, bool]]
) -> tuple[Interleaving, search.Replay]:
    """Run a schedule again, and describe it; also return the strategy that has followed it."""
    recorder = _Recorder()
    program.watch = recorder.watch
    strategy = search.Replay(segments)
    try:
        run, wrong = program.run(strategy, None, limit=20_000, observe=recorder.observe)
    finally:
        program.watch = None
    rows = tuple(_rows(recorder.events, run))
    names = tuple(_name(program, task) for task in run.tasks)
    return Interleaving(names, rows, wrong, search.token(run.trail)), strategy


def _name(program: Program, task: Task) -> str:
    return task.name


def _rows(events: list[_Step | tuple[Task, str]], run: Run) -> list[Row]:
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
    for event in events:
        if isinstance(event, _Step):
            key = id(event.location)
            if not event.timed_out and (len(users.get(key, ())) < 2 or key not in written):
                continue
            task, place = event.task, event.place
            text = f"{event.text}" if event.text else _verb(event)
            if event.timed_out:
                text = f"time-out: {text}"
            elif event.kind == TRY and event.location is not None and event.location.held:
                text = f"in vain: {text}"
        else:
            task, text, place = event[0], event[1], ""
        switch = ""
        if last is not None and task is not last:
            switch = "switch"
        rows.append(Row(task.number, text, place, switch))
        last = task
    for task in run.left:
        rows.append(Row(task.number, "blocked", "", "switch" if task is not last else ""))
        last = task
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


def describe_call(call: Call | None) -> str:
    """A call, for a sentence."""
    return str(call) if call is not None else "the program"
