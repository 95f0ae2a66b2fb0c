"""The scenarios: those of the TOML files, and small programs that are generated."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement, product
from pathlib import Path

from threadspec.exploration.program import Scenario

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent


@cache
def written() -> tuple[Scenario, ...]:
    """The scenarios of the files; one with ``{lock}`` is there for both kinds of locks."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            table["tasks"] = tuple(table["tasks"])
            table["clauses"] = tuple(table["clauses"])
            objects = table.pop("objects")
            if "{lock}" not in objects:
                found.append(Scenario(name, objects, **table))
                continue
            for lock in ("Lock", "RLock"):
                changed = objects.replace("{lock}", lock)
                found.append(Scenario(f"{name}-{lock.lower()}", changed, **table))
    return tuple(found)


# For each class: its object, what a task may call, and the clause.  An RLock is released only by
# the task that owns it, since the manual leaves the rest open.
_CALLS = {
    "lock": ("x = Lock()", ("acquire()", "acquire(False)", "release()"), "lock.mutual-exclusion"),
    "semaphore": (
        "x = Semaphore(1)",
        ("acquire()", "acquire(False)", "release()"),
        "semaphore.counter.atomic",
    ),
    "boundedsemaphore": (
        "x = BoundedSemaphore(1)",
        ("acquire()", "acquire(False)", "release()"),
        "boundedsemaphore.counter.atomic",
    ),
    "event": ("x = Event()", ("wait()", "wait(1)", "set()", "clear()", "isSet()"), "event.atomic"),
    "rlock": (
        "x = RLock()",
        ("acquire(); x.release()", "acquire(False) and x.release()", "acquire()"),
        "rlock.mutual-exclusion",
    ),
    "condition": (
        "x = Condition(Lock())",
        ("wait()", "wait(1)", "notify()", "notifyAll()"),
        "condition.wait.atomic",
    ),
    "thread": (
        "x = Thread(target=run('x'))",
        ("start()", "join()", "join(1)", "isAlive()"),
        "thread.start.atomic",
    ),
    "timer": (
        "x = Timer(1, run('x'))",
        ("start()", "cancel()", "join()", "isAlive()"),
        "timer.cancel.at-firing",
    ),
}


@cache
def generated() -> tuple[Scenario, ...]:
    """All programs of two tasks with two calls each, for each class."""
    return tuple(_generate())


def _generate() -> Iterator[Scenario]:
    for chapter, (objects, calls, clause) in _CALLS.items():
        bodies = []
        for pair in product(calls, repeat=2):
            text = "; ".join(f"x.{call}" for call in pair)
            bodies.append(f"with x: {text}" if chapter == "condition" else text)
        for number, tasks in enumerate(combinations_with_replacement(bodies, 2)):
            yield Scenario(f"{chapter}.generated-{number + 1}", objects, tasks, (clause,))
