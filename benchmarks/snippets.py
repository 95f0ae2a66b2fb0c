"""Operations of one thread: a few lines of source, compiled for each subject.

The lines are repeated ten times in a loop, so that the cost of the loop itself (about 15 ns) hardly
counts; it is not subtracted.  Objects are local variables, assigned by the set-up code, and their
attributes are looked up as in a user's code.  ``$name`` is replaced by the subject's spelling.
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
    repetitions = repeat(None, n)
    begin = clock()
    for _ in repetitions:
{code}
    return clock() - begin
"""


@dataclass(frozen=True)
class BareSnippet:
    """The unavoidable part of a snippet, with only the low-level module."""

    says: str
    setup: str
    code: str


@dataclass(frozen=True)
class Snippet:
    """Source code of which ``code`` is timed, after ``setup``.

    ``uses``: the name that a subject must have; ``per``: the number of operations in the code;
    ``population``: how many other threads of the subject are alive meanwhile; ``unrolled``: how
    often the code is repeated in the loop; ``without``: subjects without a counterpart.
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
        """A function that runs the loop ``n`` times and returns the seconds."""
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
    """Threads of a subject that are alive and do nothing until :meth:`close`."""

    def __init__(self, subject: Subject, size: int) -> None:
        self._hold = _thread.allocate_lock()
        self._hold.acquire()
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
        with self._hold:
            pass

    def close(self) -> None:
        """Let them end."""
        self._hold.release()
        for thread in self._threads:
            thread.join()


def _work() -> None:
    """The target of a measured thread, which does nothing."""


def _locked() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _bare_run(ended: Any) -> None:
    """The least that a thread with a Python function as its activity must do."""
    ended.release()


def _bare_timer(cancelled: Any, ended: Any) -> None:
    cancelled.acquire(True, 3600)
    ended.release()
