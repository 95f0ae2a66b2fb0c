"""Operations that one thread does: a few lines of source, compiled for each subject.

The lines are repeated ten times in a loop, so that the loop's own cost (about 15 ns) hardly counts;
it is not subtracted.  Names are looked up as user code does, in local variables that the set-up
made.  ``$name`` is a subject's spelling.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from string import Template
from textwrap import indent
from typing import Any, Callable, Dict, List, Tuple

import _thread

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
class Snippet:
    """What is timed: ``code``, after ``setup``.

    ``uses``: what a subject must have; ``floor``: the set-up and the code of the unavoidable part;
    ``per``: how many operations the code is; ``population``: how many other threads of the
    subject's own are alive meanwhile; ``without``: subjects that have no counterpart.
    """

    uses: str
    setup: str
    code: str
    floor: Tuple[str, str] | None
    per: int = 1
    population: int = 0
    unrolled: int = UNROLLED
    without: Tuple[str, ...] = ()
    blocks: Dict[str, Any] = field(default_factory=dict, compare=False)

    def suits(self, subject: Subject) -> bool:
        """Whether the subject has a counterpart."""
        if subject.name == "floor":
            return self.floor is not None
        return subject.has(self.uses) and subject.name not in self.without

    def compiled(self, subject: Subject) -> Callable[..., float]:
        """The function that runs the loop ``n`` times and returns the seconds."""
        setup, code = (self.setup, self.code)
        if subject.name == "floor":
            assert self.floor is not None
            setup, code = self.floor
        text = _SOURCE.format(
            setup=setup or "pass", code=indent("\n".join([code] * self.unrolled), " " * 8)
        )
        text = Template(text).substitute(subject.spelling)
        namespace = {
            "repeat": itertools.repeat,
            "clock": time.perf_counter,
            "work": _work,
            "thread": _thread,
            "allocate_lock": _thread.allocate_lock,
            "locked": _locked,
            "wait_for_timer": _wait_for_timer,
        }
        exec(compile(text, f"<{subject.name}>", "exec"), namespace)
        block: Callable[..., float] = namespace["block"]  # type: ignore[assignment]
        return block


class Population:
    """Threads of a subject's own that are alive and do nothing until they are let go."""

    def __init__(self, subject: Subject, size: int) -> None:
        self._gate = _thread.allocate_lock()
        self._gate.acquire()
        self._threads: List[Any] = []
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



def _wait_for_timer(cancelled: Any, ended: Any) -> None:
    cancelled.acquire(True, 3600)
    ended.release()
