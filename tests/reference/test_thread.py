"""Thread objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import _thread
import contextlib
import gc
import io
import sys
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    Joiner,
    Script,
    background,
    each_moment,
    ends,
    in_another_thread_of_control,
    interrupt,
    is_interrupted,
    locked_ticket,
    started,
    unstarted,
    until,
)
from threadspec.reference._waiting import wake_first


def test_a_thread_takes_no_group() -> None:
    assert threading.Thread(group=None).getName()
    with pytest.raises(ValueError, match="group"):
        threading.Thread(group=object())


def test_a_thread_whose_init_was_not_called_says_so() -> None:
    thread = threading.Thread.__new__(threading.Thread)
    calls = {"setName": ["name"], "setDaemon": [True]}
    for method in ("start", "join", "getName", "setName", "isAlive", "isDaemon", "setDaemon"):
        with pytest.raises(RuntimeError, match="__init__"):
            getattr(thread, method)(*calls.get(method, []))
    assert "without" in repr(thread)


def test_a_thread_may_be_equal_to_all_others_and_hash_to_nothing() -> None:
    class Odd(threading.Thread):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

        def run(self) -> None:
            seen.append(any(one is self for one in threading.enumerate()))

    seen: list[bool] = []
    threads = [Odd(), Odd()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        assert not thread.isAlive()
    assert seen == [True, True]


def test_the_daemon_flag_is_true_or_false() -> None:
    thread = threading.Thread()
    thread.setDaemon([0])
    assert thread.isDaemon() is True
    thread.setDaemon("")
    assert thread.isDaemon() is False


@pytest.mark.parametrize("error", [SystemExit(1), KeyError("deliberate"), KeyboardInterrupt()])
def test_what_run_does_not_handle_is_reported_but_not_sys_exit(
    error: BaseException, capfd: pytest.CaptureFixture[str]
) -> None:
    def leave() -> None:
        raise error

    thread = threading.Thread(target=leave, name="leaving")
    thread.start()
    thread.join()
    text = capfd.readouterr().err
    if isinstance(error, SystemExit):
        assert text == ""
    else:
        assert text.startswith("Exception in thread leaving:\nTraceback")
        assert text.count(type(error).__name__) == 1
        assert "in leave" in text


@pytest.mark.parametrize("name", ["settrace", "setprofile"])
def test_what_watches_a_thread_watches_its_activity_not_its_end(name: str) -> None:
    seen: list[str] = []

    def watch(frame: FrameType, event: str, argument: object) -> None:
        seen.append(frame.f_code.co_name)

    def activity() -> None:
        pass

    thread = unstarted(threading, activity)
    getattr(threading, name)(watch)
    try:
        thread.start()
        assert ends(thread)
    finally:
        getattr(threading, name)(None)
    assert {"run", "activity"} <= set(seen) <= {"run", "activity", "_perform"}


def start_refused(thread: Any, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Start a thread of a script, which the system refuses once ``meanwhile()`` has returned."""

    def refuse(*args: object) -> None:
        meanwhile()
        raise MemoryError("no more threads")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.modules["scripted.thread"], "start_new_thread", refuse)
        with pytest.raises(MemoryError, match="no more threads"):
            thread.start()


def test_a_thread_that_cannot_be_started_is_as_if_it_had_not_been(script: Script) -> None:
    ran: list[int] = []
    thread = unstarted(script.threading, ran.append, 1)
    start_refused(thread)
    assert not thread.isAlive()
    assert script.threading.enumerate() == [script.threading.currentThread()]
    with pytest.raises(RuntimeError):
        thread.join()
    thread.setDaemon(True)
    thread.start()
    assert ends(thread)
    assert ran == [1]


def test_a_thread_that_joins_one_that_cannot_be_started_comes_back(script: Script) -> None:
    thread = unstarted(script.threading, lambda: None)
    joiners: list[Joiner] = []
    start_refused(thread, lambda: joiners.append(Joiner(thread)))
    assert joiners[0].returned()


def test_a_refused_start_can_be_repeated_whatever_joiners_do(script: Script) -> None:
    ran: list[int] = []
    thread = unstarted(script.threading, ran.append, 1)
    tickets: list[Any] = []

    def join() -> None:  # as a joiner begins that is held up now
        tickets.append(locked_ticket())
        thread._threadspec_joiners.append(tickets[-1])

    for _ in range(3):
        start_refused(thread, join)
    assert len(tickets) == 3
    assert not any(ticket.locked() for ticket in tickets)
    thread.setDaemon(True)
    thread.start()
    assert ends(thread)
    assert ran == [1]
    with pytest.raises(RuntimeError):
        thread.start()


def test_a_second_start_is_an_error_until_the_first_is_refused(script: Script) -> None:
    thread = unstarted(script.threading, lambda: None)
    errors: list[object] = []

    def start_again() -> None:
        with pytest.raises(RuntimeError) as caught:
            thread.start()
        errors.append(caught.value)

    start_refused(thread, start_again)
    assert len(errors) == 1
    thread.start()
    assert ends(thread)


@pytest.mark.parametrize("timeout", [None, 60])
def test_a_joiner_that_met_a_refused_start_waits_for_the_next(
    script: Script, timeout: float | None
) -> None:
    lets_go = locked_ticket()
    thread = started(script, lets_go.acquire)
    looks: list[bool] = []

    def step() -> None:  # a start is refused, and tried again, while a thread joins
        script.threading.Thread  # noqa: B018 - the chapter is loaded
        sys.modules["scripted._waiting"].wake_all(thread._threadspec_joiners)  # type: ignore[attr-defined]
        looks.append(thread.isAlive())
        lets_go.release()

    script.steps += [step]
    thread.join(timeout)
    assert looks == [True]
    assert not thread.isAlive()


def test_a_joiner_that_met_a_refused_start_does_not_wait_longer(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    lets_go = threading.Event()
    thread = started(script, lets_go.wait)
    waits: list[float] = []

    class Ticket:
        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if timeout == -1:  # its first time, by which it is locked
                return True
            waits.append(timeout)
            time.sleep(0.1)
            return len(waits) == 1

        def release(self) -> None:
            pass

    monkeypatch.setattr(sys.modules["scripted.thread"], "allocate_lock", Ticket)
    thread.join(60)
    first, second = waits
    assert first == 60
    assert 0 < second <= 59.9
    lets_go.set()
    assert ends(thread)


class Kept:
    """An object that a thread may keep alive."""

    def use(self, *args: object, **kwargs: object) -> None:
        pass


@pytest.mark.parametrize("make", ["Thread", "Timer"])
@pytest.mark.parametrize("fails", [True, False])
def test_a_thread_drops_its_target_and_arguments_at_its_end(
    make: str, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    things = [Kept(), Kept(), Kept()]
    target: Any = lambda *args, **kwargs: 1 / (0 if fails else 1)  # noqa: E731
    target.kept = things[0]
    given = {"args": (things[1],), "kwargs": {"kept": things[2]}}
    thread: Any
    if make == "Thread":
        thread = threading.Thread(target=target, **given)
    else:
        thread = threading.Timer(0, target, **given)
    freed = [weakref.ref(one) for one in things]
    del things, target, given
    thread.start()
    thread.join()
    gc.collect()
    assert [one() for one in freed] == [None, None, None]
    thread.run()  # there is nothing left to call, and nothing to complain about


def test_a_thread_that_was_not_started_keeps_its_target(script: Script) -> None:
    ran: list[int] = []
    thread = script.threading.Thread(target=ran.append, args=(1,))
    start_refused(thread)
    thread.run()
    assert ran == [1]


def own_names(thing: object) -> set[str]:
    """The names that objects of the reference's classes use, except special names."""
    kinds = [kind for kind in type(thing).__mro__ if kind is not object]
    names = {*vars(thing)}.union(*(vars(kind) for kind in kinds))
    return {name for name in names if not (name.startswith("__") and name.endswith("__"))}


def test_threads_leave_all_other_names_to_subclasses() -> None:
    alien = in_another_thread_of_control(threading.currentThread)
    documented = {
        *("start", "run", "join", "isAlive", "getName", "setName", "isDaemon", "setDaemon")
    }
    thread = threading.Thread(target=lambda: None)
    timer = threading.Timer(0, lambda: None)
    for one in (thread, timer, alien, threading.currentThread()):
        if one in (thread, timer):
            one.start()
            one.join()
        others = own_names(one) - documented - ({"cancel"} if one is timer else set())
        assert [name for name in others if not name.startswith("_threadspec_")] == []


class Unshown:
    """A name that cannot be shown."""

    def __init__(self, error: type[BaseException]) -> None:
        self._error = error

    def __str__(self) -> str:
        raise self._error("this has no text")

    __repr__ = __str__


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_failure_is_reported_though_the_name_cannot_be_shown(
    error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=int, args=("no number",), name=Unshown(error))
    thread.start()
    thread.join()
    text = capsys.readouterr().err
    assert text.startswith("Exception in a thread whose name, a Unshown, cannot be shown:\n")
    assert text.endswith("ValueError: invalid literal for int() with base 10: 'no number'\n")


def test_a_failure_is_reported_though_it_cannot_be_encoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    stderr = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stderr", stderr)
    thread = threading.Thread(target=int, args=("\u2026",), name="caf\xe9 \udc80")
    thread.start()
    thread.join()
    stderr.flush()
    text = raw.getvalue().decode("ascii")
    assert text.startswith("Exception in thread caf\\xe9 \\udc80:\nTraceback")
    assert text.endswith("'\\u2026'\n")


@pytest.mark.parametrize("joins", [True, False])
def test_start_is_done_or_can_be_repeated_whenever_it_is_interrupted(joins: bool) -> None:
    for handler in each_moment():
        ran: list[int] = []
        others = _thread._count()
        thread = unstarted(threading, ran.append, 1)
        with handler(interrupt):
            is_interrupted(thread.start)
        if joins:
            try:
                thread.join(10)
            except RuntimeError:  # it has not been started
                assert not thread.isAlive()
        with contextlib.suppress(RuntimeError):
            thread.start()
        assert ends(thread)
        until(lambda: _thread._count() <= others, "threads that have not ended")
        assert ran == [1]
        with pytest.raises(RuntimeError):
            thread.start()


def test_nothing_can_be_done_to_a_thread_that_another_is_about_to_start() -> None:
    thread = threading.Thread(target=lambda: None)
    claim = thread._threadspec_claim
    claim.acquire()
    for operate, args in ((thread.start, ()), (thread.setDaemon, (True,))):
        with pytest.raises(RuntimeError):
            operate(*args)
    assert claim.locked()
    claim.release()
    assert not thread.isDaemon()
    thread.start()
    assert ends(thread)


def test_a_start_that_comes_after_another_and_its_end_changes_nothing() -> None:
    thread = threading.Thread(target=lambda: None)
    claim = thread._threadspec_claim

    class Late:
        """Another thread starts it, and it ends, between the two checks of start()."""

        def acquire(self, *args: object) -> bool:
            thread._threadspec_claim = claim
            thread.start()
            thread.join()
            return bool(claim.acquire(*args))

    thread._threadspec_claim = Late()
    with pytest.raises(RuntimeError):
        thread.start()
    assert not thread.isAlive()


@pytest.mark.parametrize(
    ("timeout", "seconds"), [(-1, 0), (0, 0), (0.25, 0.25), (1e300, _thread.TIMEOUT_MAX)]
)
def test_join_waits_for_as_long_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, timeout: float, seconds: float
) -> None:
    lets_go = threading.Event()
    thread = background(lets_go.wait)
    waits: list[object] = []

    class Recorder:
        def acquire(self, *args: object) -> bool:
            waits.append(args)
            return False

        def release(self) -> None:
            pass

    monkeypatch.setitem(threading.Thread.join.__globals__, "allocate_lock", Recorder)
    thread.join(timeout)
    monkeypatch.undo()
    assert waits == [(), (True, seconds)]
    lets_go.set()
    assert ends(thread)


def test_a_failure_that_cannot_be_told_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    monkeypatch.setattr(sys, "stderr", None)
    others = _thread._count()
    assert ends(background(int, "no number"))
    until(lambda: _thread._count() <= others, "threads that have not ended")
    assert told == []


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_join_holds_up_no_other(script: Script, timeout: float | None) -> None:
    lets_go = threading.Event()
    thread = started(script, lets_go.wait)
    joiners = [Joiner(thread)]
    script.interrupt(thread.join, timeout)
    joiners.append(Joiner(thread))
    lets_go.set()
    assert all(one.returned() for one in joiners)
    assert ends(thread)


def test_a_join_that_timed_out_leaves_no_ticket_behind() -> None:
    lock = locked_ticket()
    thread = background(lock.acquire)
    for timeout in (0, 0.0001):
        thread.join(timeout)
        assert thread._threadspec_joiners == []
    lock.release()
    assert ends(thread)


@pytest.mark.parametrize("now", [69.99, 170.0], ids=["almost-over", "over"])
def test_the_time_out_of_a_join_goes_on_where_the_start_of_its_thread_was_repeated(
    now: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locked_ticket()
    thread = background(lock.acquire)
    times = [10.0]
    monkeypatch.setitem(threading.Thread.join.__globals__, "clock", lambda: times[-1])
    joiner = background(thread.join, 60)
    until(lambda: thread._threadspec_joiners, "it waits")
    times.append(now)
    wake_first(thread._threadspec_joiners)  # as if the thread were not alive for a moment
    joiner.join(0.5)
    assert not joiner.isAlive()
    assert thread.isAlive()
    lock.release()
    assert ends(thread)


@pytest.mark.parametrize("timeout", [None, 60])
def test_join_holds_up_no_other_whenever_it_is_interrupted(timeout: float | None) -> None:
    for handler in each_moment():
        thread = background(time.sleep, 0.002)
        with handler(interrupt):
            is_interrupted(thread.join, timeout)
        assert ends(thread)
        assert ends(background(thread.join))


def test_a_handler_may_ask_for_threads_at_any_moment() -> None:
    for handler in each_moment():
        seen: list[bool] = []
        me = threading.currentThread()

        def look() -> None:
            count = threading.activeCount()  # the other one may end at any moment
            seen.append(threading.currentThread() is me in threading.enumerate() and count > 0)

        thread = unstarted(threading, lambda: None)
        with handler(look, lines=True) as signalled:
            thread.start()
            thread.join()
            threading.currentThread()
        assert seen == [True] * signalled.ran
