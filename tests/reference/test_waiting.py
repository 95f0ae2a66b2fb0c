"""The waiter queues and time-outs that the primitives of the reference share."""

from __future__ import annotations

import contextlib
import functools
import signal
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    Interrupted,
    background,
    ends,
    levels,
    locked_ticket,
)
from threadspec.reference import _interruption
from threadspec.reference._waiting import leave, wake_all, wake_first


def test_a_time_out_that_is_no_number_is_refused_before_anything_changes() -> None:
    for timeout, error in ((float("nan"), ValueError), ("1", TypeError), ([], TypeError)):
        event, condition = threading.Event(), threading.Condition()
        for flag in (False, True):
            with pytest.raises(error, match="time-out"):
                event.wait(timeout)
            assert repr(event).endswith(f"flag={flag} waiters=0>")
            event.set()
        with condition:
            with pytest.raises(error, match="time-out"):
                condition.wait(timeout)
            assert repr(condition).endswith("waiters=0>")
        assert condition.acquire(False)  # no level is left, none was taken
        assert levels(condition) == 1


def test_a_time_out_that_is_no_number_is_refused_immediately() -> None:
    lets_go = threading.Event()
    running = background(lets_go.wait)
    ended = background(lambda: None)
    assert ends(ended)
    for thread in (running, ended):
        with pytest.raises(ValueError, match="nan"):
            thread.join(float("nan"))
    with pytest.raises(ValueError, match="nan"):
        threading.Timer(float("nan"), lambda: None)
    for wrong in (None, "1"):
        with pytest.raises(TypeError, match="number of seconds"):
            threading.Timer(wrong, lambda: None)  # type: ignore[arg-type]
    lets_go.set()
    assert ends(running)


def test_nothing_is_kept_of_a_call_that_is_one_step() -> None:
    results: list[object] = []
    for _ in range(3):
        _interruption.call(object, (), results)
    assert len(results) == 3
    assert not _interruption._exhaust.__self__


@pytest.mark.parametrize("timeout", [0, -0.5, -1, -1e300])
def test_a_time_out_of_zero_or_less_is_over_immediately(timeout: float) -> None:
    condition, event, ended = threading.Condition(), threading.Event(), threading.Event()
    with condition:
        assert condition.wait(timeout) is False
    assert event.wait(timeout) is False
    thread = background(ended.wait)
    thread.join(timeout)
    assert thread.isAlive()
    ended.set()
    assert ends(thread)
    timer = threading.Timer(timeout, event.set)
    timer.start()
    timer.join()
    assert event.isSet()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, IndexError])
def test_an_interruption_while_a_thread_is_woken_leaves_nobody_behind(
    error: type[BaseException], done: bool
) -> None:
    tickets = [locked_ticket(), locked_ticket()]
    queue = Interrupted(tickets, "remove", done, error)
    with pytest.raises(error):
        wake_first(queue)
    assert queue == tickets[done:]
    assert [ticket.locked() for ticket in tickets] == [not done, True]


@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_while_all_are_woken_leaves_nobody_asleep(done: bool) -> None:
    tickets = [locked_ticket() for _ in range(3)]
    queue = Interrupted(tickets, "remove", done, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        wake_all(queue)
    assert queue == []
    assert not any(ticket.locked() for ticket in tickets)


def test_an_interruption_before_a_thread_is_chosen_is_what_is_raised() -> None:
    class Queue(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wake_first(Queue([locked_ticket()]))


def test_an_interruption_that_is_no_error_of_the_queue_goes_on() -> None:
    class Ticket:  # written in C, a handler leaves no frame of its own in the traceback
        release = functools.partial(signal.default_int_handler, signal.SIGINT, None)

    queue = [Ticket, locked_ticket()]
    with pytest.raises(KeyboardInterrupt):
        wake_first(queue)
    assert queue[-1].locked()


@pytest.mark.parametrize("chapter", ["Event", "Condition"])
def test_what_a_time_out_itself_raises_is_raised(chapter: str) -> None:
    class Odd(float):
        def __lt__(self, other: object) -> bool:
            raise TypeError("incomparable")

        __gt__ = __lt__

    one = getattr(threading, chapter)()
    with contextlib.ExitStack() as stack:
        if chapter == "Condition":
            stack.enter_context(one)
        with pytest.raises(TypeError, match="incomparable"):
            one.wait(Odd(1))


def test_the_thread_that_came_first_is_woken_first() -> None:
    tickets = [locked_ticket() for _ in range(3)]
    queue = list(tickets)
    wake_first(queue)
    assert queue == tickets[1:]
    assert [ticket.locked() for ticket in tickets] == [False, True, True]
    wake_all(queue)
    assert queue == []
    assert not any(ticket.locked() for ticket in tickets)
    wake_first(queue)


def test_who_leaves_while_all_are_woken_keeps_nobody_asleep() -> None:
    tickets = [locked_ticket() for _ in range(4)]
    queue = list(tickets)

    class Leaver:
        @staticmethod
        def release() -> None:
            assert leave(queue, tickets[1])  # its time-out occurs

    queue[0] = Leaver
    wake_all(queue)
    assert queue == []
    assert [ticket.locked() for ticket in tickets[1:]] == [True, False, False]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_thread_leaves_its_queue_and_raises(error: type[BaseException]) -> None:
    ticket = locked_ticket()
    queue = Interrupted([ticket], "remove", True, error)
    with pytest.raises(error):
        leave(queue, ticket)
    assert queue == []
