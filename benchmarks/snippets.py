"""Operations that one thread does: a few lines of source, compiled for each subject.

The lines are repeated ten times in a loop, so that the loop's own cost (about 15 ns) hardly counts;
it is not subtracted.  Names are looked up as user code does, in local variables that the set-up
made.  ``$name`` is a subject's spelling.
"""

from __future__ import annotations

import _thread
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from string import Template
from textwrap import indent
from typing import Any

from .subjects import Subject

UNROLLED = 10

_SOURCE = """
def block(n, m, population):
{setup}
    turns = repeat(None, n)
    begin = clock()
    for _ in turns:
{code}
    return clock() - begin
"""


@dataclass(frozen=True)
class BareSnippet:
    """The unavoidable part of a snippet, done with the low-level module alone."""

    says: str
    setup: str
    code: str


@dataclass(frozen=True)
class Snippet:
    """What is timed: ``code``, after ``setup``.

    ``uses``: what a subject must have; ``per``: how many operations the code is; ``population``:
    how many other threads of the subject's own are alive meanwhile; ``unrolled``: how often the
    code is repeated in the loop; ``without``: subjects that have no counterpart.
    """

    uses: str
    setup: str
    code: str
    floor: BareSnippet
    per: int = 1
    population: int = 0
    unrolled: int = UNROLLED
    without: tuple[str, ...] = ()

    def suits(self, subject: Subject) -> bool:
        """Whether the subject has a counterpart."""
        if subject.name == "floor":
            return True
        return subject.has(self.uses) and subject.name not in self.without

    def compiled(self, subject: Subject) -> Callable[..., float]:
        """The function that runs the loop ``n`` times and returns the seconds."""
        part = self.floor if subject.name == "floor" else self
        text = _SOURCE.format(
            setup=indent(part.setup or "pass", " " * 4),
            code=indent("\n".join([part.code] * self.unrolled), " " * 8),
        )
        text = Template(text).substitute(subject.spelling)
        namespace = {
            "repeat": itertools.repeat,
            "clock": time.perf_counter,
            "work": _work,
            "thread": _thread,
            "allocate_lock": _thread.allocate_lock,
            "locked": _locked,
            "bare_run": _bare_run,
            "bare_timer": _bare_timer,
        }
        exec(compile(text, f"<{subject.name}>", "exec"), namespace)
        block: Callable[..., float] = namespace["block"]  # type: ignore[assignment]
        return block


class Population:
    """Threads of a subject's own that are alive and do nothing until they are let go."""

    def __init__(self, subject: Subject, size: int) -> None:
        self._gate = _thread.allocate_lock()
        self._gate.acquire()
        self._threads: list[Any] = []
        if size and subject.name != "floor":
            before = _thread.stack_size(256 * 1024)
            try:
                for _ in range(size):
                    thread = subject.make.Thread(target=self._stay)
                    thread.start()
                    self._threads.append(thread)
            finally:
                _thread.stack_size(before)

    def _stay(self) -> None:
        with self._gate:
            pass

    def close(self) -> None:
        """Let them end."""
        self._gate.release()
        for thread in self._threads:
            thread.join()


def _work() -> None:
    """What a measured thread does."""


def _locked() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _bare_run(ended: Any) -> None:
    """What a thread does whose activity is a function in Python, at the very least."""
    ended.release()


def _bare_timer(cancelled: Any, ended: Any) -> None:
    cancelled.acquire(True, 3600)
    ended.release()
