"""Small implementations, each wrong or odd in the one way that its docstring describes."""

from __future__ import annotations

import _thread
import linecache
import os
import textwrap
from types import ModuleType
from typing import Any

from threadspec.adapters.runner.process import WorkerProcess
from threadspec.conformance.harness import observer, vocabulary
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.outcome import Outcome

# The basis of the others: a lock that can be changed in one place.
LOCK = """
import _thread
from threading import *


class Lock(object):
    def __init__(self):
        self._lock = _thread.allocate_lock()

    def acquire(self, blocking=True):
        return self._lock.acquire(blocking)

    def release(self):
        self._lock.release()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc_info):
        self.release()
"""

FAITHFUL = '"""Does what the manual says."""\n__version__ = "1.2.3"\n' + LOCK

SILENT = (
    '"""Raises nothing when an unlocked lock is released."""\n'
    + LOCK
    + """
    def release(self):
        if self._lock.locked():
            self._lock.release()
"""
)

FICKLE = (
    '"""Raises nothing when an unlocked lock is released, every third time."""\n'
    + LOCK
    + """
    refused = []

    def release(self):
        if not self._lock.locked():
            self.refused.append(self)
            if len(self.refused) % 3 == 1:
                return
        self._lock.release()
"""
)

TALKATIVE = (
    '"""Returns a value from release()."""\n'
    + LOCK
    + """
    def release(self):
        self._lock.release()
        return "released"
"""
)

WITHOUT_LOCK = '"""Has no Lock."""\nfrom threading import *\n\ndel Lock\n'

DEADLOCKED = (
    '"""Never unlocks a lock again: a thread that waits for it waits for ever."""\n'
    + LOCK
    + """
    def release(self):
        pass
"""
)

SPINNING = (
    '"""Never returns from acquire(), and keeps the processor busy."""\n'
    + LOCK
    + """
    def acquire(self, blocking=True):
        while True:
            pass
"""
)

PRINTING = (
    '"""Prints something in every method, and does what the manual says."""\n'
    + LOCK
    + """
    def release(self):
        print("released")
        self._lock.release()
"""
)

MORTAL = (
    '"""Ends the whole process when a lock is released."""\n'
    + LOCK
    + """
    def release(self):
        import os
        os._exit(3)
"""
)


def lock_with(method: str) -> str:
    """A faithful implementation, with one method of the lock replaced."""
    return FAITHFUL + textwrap.indent(textwrap.dedent(method), "    ")


def run_case(worker: WorkerProcess, module: str, function: str) -> Outcome:
    """Run one case in a worker in which no other is queued."""
    worker.queue(module, function)
    return worker.run_next()


def in_battery(body: str, fixtures: str = "threading", **names: Any) -> dict[str, Any]:
    """The outcome of a case with this body, as if it were in the battery.

    ``fixtures``: its parameters; ``names``: other names that the body can use.
    """
    path = os.path.join(observer.BATTERY, "test_imaginary.py")
    source = f"def test_it({fixtures}):\n" + textwrap.indent(body, "    ") + "\n"
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    space: dict[str, Any] = {
        "__name__": "threadspec.conformance.battery.imaginary",
        "raises": vocabulary.raises,
        "Violation": vocabulary.Violation,
        "NotOffered": vocabulary.NotOffered,
        **names,
    }
    exec(compile(source, path, "exec"), space)
    module = ModuleType("imaginary")
    try:
        return dict(observer.Observer(module, _thread, Durations()).run_case(space["test_it"]))
    finally:
        del linecache.cache[path]
