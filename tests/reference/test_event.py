"""Event objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import _thread
import functools
import signal
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    Interrupted,
    Script,
    background,
    each_moment,
    ends,
    interrupt,
    is_interrupted,
    locked_ticket,
    soon,
    until,
    waiting,
)


def test_wait_of_an_event_tells_whether_it_was_set() -> None:
    event = threading.Event()
    assert event.wait(0.001) is False
    assert event.wait(0) is False
    background(event.set)
    assert event.wait() is True
    assert event.wait() is True
    assert event.wait(0) is True


def test_a_set_between_two_looks_of_a_wait_ends_it() -> None:
    class Queues(list[object]):
        def __getitem__(self, _: object) -> list[object]:  # type: ignore[override]
            return []  # it has been set in the meantime

    event = threading.Event()
    event._queues = Queues(event._queues)
    assert event.wait() is True


def test_a_set_that_another_has_overtaken_leaves_a_later_clear_alone() -> None:
    event = threading.Event()

    class Queues(list[object]):
        def __getitem__(self, place: object) -> list[object]:  # type: ignore[override]
            seen = list(self)
            self.clear()  # another thread calls set() and clear(), and a third one waits
            self.append([locked_ticket()])
            return seen

    event._queues = Queues(event._queues)
    event.set()
    assert not event.isSet()
    assert [ticket.locked() for queue in list(event._queues) for ticket in queue] == [True]


def test_clears_that_meet_begin_queues_that_one_set_ends() -> None:
    event = threading.Event()
    event.set()
    event._queues += [[locked_ticket()], []]
    waiters = list(event._queues[0])
    event.set()
    assert event.isSet()
    assert not waiters[0].locked()


def test_an_interrupted_waiter_of_an_event_leaves_its_queue(script: Script) -> None:
    event = script.threading.Event()
    queue = event._queues[0]
    queue.append(locked_ticket())
    others = list(queue)
    script.interrupt(event.wait)
    assert queue == others
    assert others[0].locked()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_set_is_either_done_or_has_not_begun(
    error: type[BaseException], done: bool
) -> None:
    event = threading.Event()
    tickets = [locked_ticket(), locked_ticket()]
    event._queues = Interrupted([list(tickets)], "remove", done, error)
    with pytest.raises(error):
        event.set()
    assert event.isSet() is done
    assert [ticket.locked() for ticket in tickets] == [not done, not done]


class Overtaken(list[Any]):
    """The queues of an event whose first removal another thread follows with others, and a signal.

    ``queues``: those that are there after that.
    """

    def __init__(self, queue: list[Any], queues: list[list[Any]]) -> None:
        super().__init__([queue])
        self._queues = queues

    def remove(self, queue: list[Any]) -> None:
        super().remove(queue)
        self.extend(self._queues)
        raise KeyboardInterrupt


@pytest.mark.parametrize("waiters", [0, 1])
def test_a_set_that_is_interrupted_after_a_clear_wakes_those_that_waited_before_it(
    waiters: int,
) -> None:
    event = threading.Event()
    before, later = locked_ticket(), [locked_ticket() for _ in range(waiters)]
    event._queues = Overtaken([before], [later])
    with pytest.raises(KeyboardInterrupt):
        event.set()
    assert not before.locked()
    assert all(one.locked() for one in later)


def test_repeated_clears_keep_one_queue() -> None:
    event = threading.Event()
    event.clear()
    event.clear()
    assert len(event._queues) == 1


def test_an_interruption_from_c_ends_a_set() -> None:
    class Queues(list[Any]):
        remove = functools.partial(signal.default_int_handler, signal.SIGINT)

    event = threading.Event()
    event._queues = Queues([[]])
    with pytest.raises(KeyboardInterrupt):
        event.set()


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_wait_for_an_event_leaves_nothing(
    script: Script, timeout: float | None
) -> None:
    event = script.threading.Event()
    script.interrupt(event.wait, timeout)
    waiting(event, 0)
    event.set()
    assert event.wait() is True


@pytest.mark.parametrize("timeout", [1, 60])
def test_a_set_that_meets_a_time_out_counts(script: Script, timeout: int) -> None:
    event = script.threading.Event()

    def step() -> object:
        event.set()
        event.clear()
        return Script.OVER

    script.steps += [step]
    assert event.wait(timeout) is True


def test_a_set_while_a_thread_gets_ready_to_wait_counts(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = script.threading.Event()
    chapter: Any = sys.modules["scripted.event"]
    make = chapter.allocate_lock

    def set_and_make() -> object:
        event.set()
        return make()

    monkeypatch.setattr(chapter, "allocate_lock", set_and_make)
    assert event.wait() is True


def test_set_wakes_all_or_none_whenever_it_is_interrupted() -> None:
    for handler in each_moment():
        event = threading.Event()
        waiters = [background(event.wait) for _ in range(3)]
        waiting(event, 3)
        with handler(interrupt):
            is_interrupted(event.set)
        if not event.isSet():
            waiting(event, 3)
            event.set()
        assert all(map(ends, waiters))


@pytest.mark.parametrize("timeout", [None, 60, 0.0001])
def test_wait_for_an_event_leaves_nothing_whenever_it_is_interrupted(
    timeout: float | None,
) -> None:
    for handler in each_moment():
        event = threading.Event()
        setter = background(soon, event.set)
        with handler(interrupt) as interruption:
            assert is_interrupted(event.wait, timeout) == interruption.ran
        waiting(event, 0)
        assert ends(setter)
        assert event.wait() is True


@pytest.mark.parametrize("timeout", [None, 60, 0.0001])
def test_an_event_that_outlived_interruptions_wakes_all_its_waiters(
    timeout: float | None,
) -> None:
    event = threading.Event()

    for handler in each_moment():
        event.clear()
        setter = background(soon, event.set) if timeout != 0.0001 else None
        with handler(interrupt):
            is_interrupted(event.wait, timeout)
        assert setter is None or ends(setter)
        event.clear()
        waiters = [background(event.wait) for _ in range(3)]
        waiting(event, 3)
        event.set()
        assert all(map(ends, waiters))


class HeldUp:
    """Low-level threads that wait; those that are held up stop when they return."""

    def __init__(self, wait: Callable[[], object], chapter: ModuleType) -> None:
        self._wait = wait
        self._file = chapter.__file__
        self.back: list[int] = []
        self._let_go = locked_ticket()

    def start(self, number: int, held_up: bool) -> None:
        """Let one more thread wait."""
        _thread.start_new_thread(self._run, (number, held_up))

    def _run(self, number: int, held_up: bool) -> None:
        if held_up:
            sys.settrace(self._trace)
        self._wait()
        self.back.append(number)

    def _trace(self, frame: FrameType, what: str, argument: object) -> Any:
        if frame.f_code.co_filename != self._file or frame.f_code.co_name != "wait":
            return None
        if what == "return":
            sys.settrace(None)
            with self._let_go:
                pass
        return self._trace

    def let_go(self) -> None:
        """Let the threads that are held up continue."""
        self._let_go.release()


def test_set_wakes_all_though_some_of_the_woken_are_held_up() -> None:
    for number in range(6):
        event = threading.Event()
        threads = HeldUp(event.wait, sys.modules["threadspec.reference.event"])
        held_up = {number, (number + 1) % 6}
        for one in range(6):
            threads.start(one, one in held_up)
            waiting(event, one + 1)
        event.set()
        until(lambda: len(threads.back) == 4, "four that nothing holds up")
        threads.let_go()
        until(lambda: len(threads.back) == 6, "all six")


@pytest.mark.parametrize("interrupting", ["set", "clear", "isSet"])
@pytest.mark.parametrize("interrupted", ["set", "clear", "isSet"])
def test_a_handler_may_use_the_event_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    for handler in each_moment():
        event = threading.Event()
        waiters = [background(event.wait) for _ in range(2)]
        waiting(event, 2)
        with handler(getattr(event, interrupting), lines=True) as signalled:
            getattr(event, interrupted)()
        if "set" not in (interrupted, interrupting if signalled.ran else None):
            waiting(event, 2)
            event.set()
        assert all(map(ends, waiters))
        event.set()
        assert event.isSet()


def test_a_handler_may_set_the_event_that_is_about_to_be_waited_for() -> None:
    for handler in each_moment():
        event = threading.Event()
        with handler(event.set, lines=True) as signalled:
            event.wait(None if signalled.number < 4 else 0.001)
        assert event.isSet() == signalled.ran
