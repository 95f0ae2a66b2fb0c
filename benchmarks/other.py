"""Measurements other than of calls: the time of an import, and the memory of an object."""

from __future__ import annotations

import _thread
import gc
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from string import Template

from .subjects import ROOT, Subject

INSTANCES = 1000
KINDS = ("Event", "Semaphore", "BoundedSemaphore", "RLock", "Condition", "Thread")

_IMPORT = """
import os, sys
from time import perf_counter
sys.path[:] = {path!r}
{setup}
begin = perf_counter()
import {module}
print(perf_counter() - begin)
"""

_MODULES = {
    "floor": "_thread",
    "reference": "threadspec.reference",
    "stdlib": "threading",
    "gevent": "gevent",
    "aiologic": "aiologic",
}

_PACKAGE = """
package = type(os)("threadspec")
package.__path__ = [{root!r}]
sys.modules["threadspec"] = package
"""


@dataclass(frozen=True)
class Bare:
    """A description of the floor."""

    says: str


@dataclass(frozen=True)
class Import:
    """The first import of the module in a new interpreter, including everything that it imports.

    The interpreter is started without site, which would import some of these modules, but with
    ``os``, which interpreters normally have loaded.  Bytecode is cached, since this interpreter has
    already imported the subject.
    """

    floor: Bare = Bare("the low-level module is imported")

    def suits(self, subject: Subject) -> bool:
        """True: every subject can be imported."""
        return True

    def measure(self, subject: Subject) -> float:
        """The seconds of one import."""
        setup = _PACKAGE.format(root=str(ROOT)) if subject.name == "reference" else ""
        source = _IMPORT.format(path=sys.path, setup=setup, module=_MODULES[subject.name])
        command = [sys.executable, "-I", "-S", "-c", source]
        return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


@dataclass(frozen=True)
class Memory:
    """The memory allocated for one more object and freed with it, native locks included.

    A thousand objects are created while tracemalloc counts; Python's allocators report to it, as
    does the one that CPython uses for locks.  One object of each kind is created before, as in any
    program: CPython chooses the layout of a class's attributes after its first instances, and the
    condition of an event has attributes that differ from those of a program's own.
    """

    kind: str
    new: str
    floor: Bare = Bare("a bare lock")

    def suits(self, subject: Subject) -> bool:
        """Whether the subject has a counterpart, and the interpreter counts memory."""
        counts = find_spec("_tracemalloc") is not None
        return counts and (subject.name == "floor" or subject.has(self.kind))

    def measure(self, subject: Subject) -> float:
        """The bytes of one object."""
        import tracemalloc  # not every interpreter has it

        spelled = Template(self.new).substitute(subject.spelling)
        make = eval(f"lambda: {spelled}", {"m": subject.make, "work": _nothing})
        if subject.name == "floor":
            make = _thread.allocate_lock
        for kind in (name for name in KINDS if subject.name != "floor" and subject.has(name)):
            getattr(subject.make, kind)()
        kept = [make() for _ in range(10)]
        kept = [None] * INSTANCES
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for number in range(INSTANCES):
                kept[number] = make()
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        if hasattr(kept[0], "kill"):
            for one in kept:
                one.kill(block=False)
        return (after - before) / INSTANCES


def _nothing() -> None:
    """The target of threads and timers that are never started."""
