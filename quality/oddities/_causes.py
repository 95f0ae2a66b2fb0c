"""Why some clauses about interruptions are not tested on an oddity: causes that several share.

A module with one of these causes assigns it to ``NOT_TESTED``.  One with a cause of its own assigns
the patterns of the clauses, and gives the reason in its docstring.
"""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """A reason, and the patterns of the clauses that are not tested because of it."""

    reason: str
    clauses: tuple[str, ...]


_MUTEX = (
    "A mutex that is not reentrant guards the waiter queue: an exception right after it was "
    "acquired leaves it locked, and a handler or finalizer that uses the object waits for itself."
)
_SEMAPHORES = (
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
)

SEMAPHORES_IN_PYTHON = Cause(_MUTEX, _SEMAPHORES)

HANDED_LOCKS = Cause(
    _MUTEX,
    (
        "interruptions.lock.raises-within",
        "interruptions.lock.calls-back-within",
        "interruptions.lock.finalizer",
        "interruptions.rlock.raises-within",
        "interruptions.rlock.calls-back-within",
        "interruptions.rlock.finalizer",
        "interruptions.condition.raises-within-wait",
        "interruptions.condition.calls-back-within",
        "interruptions.condition.finalizer",
    ),
)

LOW_LEVEL_LOCKS_IN_PYTHON = Cause(
    "Everything is made of low-level locks whose methods are written in Python: an exception "
    "between two steps loses a lock that was just acquired, or a wake-up. There is no reentrant "
    "lock below, so a handler or finalizer waits for the guard that the interrupted call holds.",
    (
        "interruptions.rlock.raises-within",
        *_SEMAPHORES,
        "interruptions.condition.raises-within-wait",
        "interruptions.start.raises-within",
        "interruptions.start.calls-back-within",
        "interruptions.start.finalizer",
    ),
)

LOW_LEVEL_LOCKS_HANDED_OVER = Cause(
    f"{LOW_LEVEL_LOCKS_IN_PYTHON.reason} {_MUTEX}",
    (
        *LOW_LEVEL_LOCKS_IN_PYTHON.clauses,
        *HANDED_LOCKS.clauses,
        "interruptions.condition.raises-within",
        "interruptions.event.raises-within",
        "interruptions.join.raises-within",
        "interruptions.join.calls-back-within",
        "interruptions.timer.raises-within",
        "interruptions.timer.calls-back-within",
    ),
)

TIMED_ACQUIRE_IN_PYTHON = Cause(
    "The low-level locks have an acquire() written in Python: an exception right after start() "
    "acquired one leaves it locked, and start() cannot be called again.",
    ("interruptions.start.raises-within",),
)

NO_REENTRANT_LOCK = Cause(
    "There is no reentrant lock below, so a handler or finalizer waits for the guard that the "
    "interrupted start() holds.",
    ("interruptions.start.calls-back-within", "interruptions.start.finalizer"),
)
