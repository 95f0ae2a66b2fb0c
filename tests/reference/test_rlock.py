"""RLock objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import _thread

import threadspec.reference as threading
from tests.reference.support import (
    in_another_thread,
    until,
)
from threadspec.reference._portable_rlock import RLock as PortableRLock


def test_acquire_of_an_rlock_answers_true_false_or_none() -> None:
    lock = threading.RLock()
    assert lock.acquire() is None
    assert lock.acquire(False) is True
    assert in_another_thread(lambda: lock.acquire(False)) is False


def test_a_lock_does_not_pass_to_a_thread_with_the_identifier_of_its_ended_owner() -> None:
    lock = PortableRLock()
    ended: list[int] = []

    def own() -> None:
        lock.acquire()
        ended.append(_thread.get_ident())

    def attempt() -> None:
        taken.append(lock.acquire(False))
        namesakes.append(_thread.get_ident() == ended[0])

    others = _thread._count()
    _thread.start_new_thread(own, ())
    until(lambda: ended and _thread._count() <= others, "the owner has ended")
    taken: list[bool] = []
    namesakes: list[bool] = []
    while not any(namesakes) and len(taken) < 1000:
        _thread.start_new_thread(attempt, ())
        until(lambda: _thread._count() <= others, "the thread has ended")
    assert True not in taken
