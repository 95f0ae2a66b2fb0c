"""Operations of several threads: each is a function that creates its objects, runs one round, and
returns the seconds of its timed part.

The helper threads are the same for every subject; only the primitive differs.  For all subjects,
methods are looked up before the timed part.  Waking N waiters is timed from the call to the return
of the last waiter.
"""

from __future__ import annotations

import _thread
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .helpers import clock
from .subjects import Subject

TIME_OUTS = 20  # in one round
MOMENT = 1e-6  # seconds: a time-out that expires as soon as possible

if TYPE_CHECKING:  # older interpreters cannot evaluate it
    Round = Callable[[Subject, Any, int], float]


@dataclass(frozen=True)
class BareRound:
    """The unavoidable part of a scenario, with only the low-level module."""

    says: str
    play: Round


@dataclass(frozen=True)
class Scenario:
    """A function ``play`` that is timed, called once per round.

    ``uses``: the name that a subject must have; ``helpers``: the number of helper threads;
    ``size``: the number of waiters, threads or repetitions, passed to ``play``; ``per``: the number
    of operations in a round.
    """

    uses: str
    play: Round
    floor: BareRound | None
    helpers: int
    size: int
    per: int

    def suits(self, subject: Subject) -> bool:
        """Whether the subject has a counterpart."""
        if subject.name == "floor":
            return self.floor is not None
        return subject.has(self.uses)


def tight(kind: str) -> Round:
    """Two threads that only lock and unlock the same object."""

    def play(subject: Subject, helpers: Any, repetitions: int) -> float:
        lock = getattr(subject.make, kind)()

        def job() -> None:
            for _ in range(repetitions):
                with lock:
                    pass

        helpers.post([job, job])
        return float(helpers.finish() - helpers.posted)

    return play


def hand_off(kind: str) -> Round:
    """Four threads, each of which yields to the others while it holds the lock."""

    def play(subject: Subject, helpers: Any, repetitions: int) -> float:
        lock = getattr(subject.make, kind)()
        pause = getattr(subject.make, "sleep", time.sleep)

        def job() -> None:
            for _ in range(repetitions):
                with lock:
                    pause(0)

        helpers.post([job] * 4)
        return float(helpers.finish() - helpers.posted)

    return play


def semaphore_ping_pong(subject: Subject, helpers: Any, repetitions: int) -> float:
    """Two threads alternately wake each other, with a semaphore for each."""
    ping, pong = subject.make.Semaphore(0), subject.make.Semaphore(0)
    return _ping_pong(
        helpers,
        repetitions,
        (subject.method(ping, "release"), subject.method(pong, "acquire")),
        (subject.method(ping, "acquire"), subject.method(pong, "release")),
    )


def lock_ping_pong(subject: Subject, helpers: Any, repetitions: int) -> float:
    """The floor: two bare locks, each of which is locked while its thread waits."""
    ping, pong = _locked(), _locked()
    return _ping_pong(
        helpers, repetitions, (ping.release, pong.acquire), (ping.acquire, pong.release)
    )


def _ping_pong(
    helpers: Any, repetitions: int, mine: tuple[Any, Any], other: tuple[Any, Any]
) -> float:
    serve, await_return = mine
    await_serve, return_ = other

    def partner() -> None:
        for _ in range(repetitions):
            await_serve()
            return_()

    helpers.post([partner])
    helpers.settle()
    begin = clock()
    for _ in range(repetitions):
        serve()
        await_return()
    took = clock() - begin
    helpers.finish()
    return took


def event_ping_pong(subject: Subject, helpers: Any, repetitions: int) -> float:
    """Two threads alternately wake each other, with an event for each."""
    ping, pong = subject.make.Event(), subject.make.Event()
    set_ping, wait_ping, clear_ping = ping.set, ping.wait, ping.clear
    set_pong, wait_pong, clear_pong = pong.set, pong.wait, pong.clear

    def partner() -> None:
        for _ in range(repetitions):
            wait_ping()
            clear_ping()
            set_pong()

    helpers.post([partner])
    helpers.settle()
    begin = clock()
    for _ in range(repetitions):
        set_ping()
        wait_pong()
        clear_pong()
    took = clock() - begin
    helpers.finish()
    return took


def condition_ping_pong(subject: Subject, helpers: Any, repetitions: int) -> float:
    """Two threads alternately wake each other, with one condition."""
    condition = subject.make.Condition()
    wait, notify = condition.wait, condition.notify
    current = 0

    def side(own: int) -> None:
        nonlocal current
        with condition:
            for _ in range(repetitions):
                while current != own:
                    wait()
                current = 1 - own
                notify()

    helpers.post([lambda: side(1)])
    helpers.settle()
    begin = clock()
    side(0)
    took = clock() - begin
    helpers.finish()
    return took


def event_set(subject: Subject, helpers: Any, waiters: int) -> float:
    """Set an event for which ``waiters`` threads wait."""
    event = subject.make.Event()
    helpers.post([event.wait] * waiters)
    helpers.settle()
    begin = clock()
    event.set()
    return float(helpers.finish() - begin)


def notify_all(subject: Subject, helpers: Any, waiters: int) -> float:
    """Notify all of ``waiters`` threads that wait on a condition."""
    condition = subject.make.Condition()
    wait, notify = condition.wait, subject.method(condition, "notify_all")

    def waiter() -> None:
        with condition:
            wait()

    helpers.post([waiter] * waiters)
    helpers.settle()
    begin = clock()
    with condition:
        notify()
    return float(helpers.finish() - begin)


def time_out(subject: Subject, helpers: Any, waiters: int) -> float:
    """Wait with a short time-out on a condition on which ``waiters`` threads already wait."""
    condition = subject.make.Condition()
    wait = condition.wait

    def waiter() -> None:
        with condition:
            wait()

    helpers.post([waiter] * waiters)
    helpers.settle()
    with condition:
        begin = clock()
        for _ in range(TIME_OUTS):
            wait(MOMENT)
        took = clock() - begin
        subject.method(condition, "notify_all")()
    helpers.finish()
    return took


def lock_time_out(subject: Subject, helpers: Any, waiters: int) -> float:
    """The floor: acquiring a locked bare lock with a short time-out."""
    lock = _locked()
    begin = clock()
    for _ in range(TIME_OUTS):
        lock.acquire(True, MOMENT)
    return clock() - begin


def semaphore_release(subject: Subject, helpers: Any, waiters: int) -> float:
    """Release a semaphore once for each of ``waiters`` threads that wait for it."""
    semaphore = subject.make.Semaphore(0)
    release = subject.method(semaphore, "release")
    helpers.post([subject.method(semaphore, "acquire")] * waiters)
    helpers.settle()
    begin = clock()
    for _ in range(waiters):
        release()
    return float(helpers.finish() - begin)


def unlock_all(subject: Subject, helpers: Any, waiters: int) -> float:
    """The floor: each waiter waits for its own bare lock, and all locks are unlocked."""
    locks = [_locked() for _ in range(waiters)]
    helpers.post([lock.acquire for lock in locks])
    helpers.settle()
    begin = clock()
    for lock in locks:
        lock.release()
    return float(helpers.finish() - begin)


def queue(pairs: int) -> Round:
    """``pairs`` producers and the same number of consumers share an unbounded queue."""

    def play(subject: Subject, helpers: Any, items: int) -> float:
        condition = subject.make.Condition()
        wait, notify = condition.wait, condition.notify
        waiting: deque[int] = deque()

        def producer() -> None:
            for item in range(items // pairs):
                with condition:
                    waiting.append(item)
                    notify()

        def consumer() -> None:
            for _ in range(items // pairs):
                with condition:
                    while not waiting:
                        wait()
                    waiting.popleft()

        helpers.post([consumer, producer] * pairs)
        return float(helpers.finish() - helpers.posted)

    return play


def thread_start(subject: Subject, helpers: Any, threads: int) -> float:
    """Only the calls of start() are timed; each thread is joined before the next is started."""
    new = _thread_maker(subject)
    took = 0.0
    for _ in range(threads):
        thread = new()
        begin = clock()
        thread.start()
        took += clock() - begin
        thread.join()
    return took


def bare_start(subject: Subject, helpers: Any, threads: int) -> float:
    """The floor: only the low-level calls are timed."""
    took = 0.0
    for _ in range(threads):
        ended = _locked()
        begin = clock()
        _thread.start_new_thread(ended.release, ())
        took += clock() - begin
        ended.acquire()
    return took


def _thread_maker(subject: Subject) -> Callable[[], Any]:
    make = subject.make.Thread
    if subject.name == "gevent":
        return lambda: make(_nothing)
    return lambda: make(target=_nothing)


def pending_timers(subject: Subject, helpers: Any, timers: int) -> float:
    """Start ``timers`` timers, all of which are then pending, cancel all, and join all."""
    make = subject.make.Timer
    if subject.name == "gevent":
        begin = clock()
        pending = [make(3600, _nothing) for _ in range(timers)]
        for one in pending:
            one.kill()
        return clock() - begin
    pending = [make(3600, _nothing) for _ in range(timers)]
    begin = clock()
    for one in pending:
        one.start()
    for one in pending:
        one.cancel()
    for one in pending:
        one.join()
    return clock() - begin


def bare_pending(subject: Subject, helpers: Any, timers: int) -> float:
    """The floor: threads that wait for one bare lock with a time-out and then release another."""
    begin = clock()
    locks = [(_locked(), _locked()) for _ in range(timers)]
    for cancelled, ended in locks:
        _thread.start_new_thread(_bare_timer, (cancelled, ended))
    for cancelled, _ in locks:
        cancelled.release()
    for _, ended in locks:
        ended.acquire()
    return clock() - begin


def _bare_timer(cancelled: Any, ended: Any) -> None:
    cancelled.acquire(True, 3600)
    ended.release()


def _nothing() -> None:
    """The target of a measured thread or timer, which does nothing."""


def _locked() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock
