"""The reference as a module: its names, its docstrings, and its behaviour beyond the manual."""

from __future__ import annotations

import _thread
import contextlib
import copy
import functools
import gc
import importlib.util
import inspect
import io
import multiprocessing
import os
import pickle
import pydoc
import re
import signal
import subprocess
import sys
import textwrap
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import threadspec.reference as threading
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.names import DOCUMENTED
from threadspec.reference import _interruption, _layer
from threadspec.reference._instantiate import instantiate
from threadspec.reference._portable_rlock import RLock as PortableRLock
from threadspec.reference._waiting import leave, wake_all, wake_first
from threadspec.reference.semaphore import _add_one, _wait

FOLDER = Path(threading.__file__).parent
CITATION = re.compile(r"``([a-zA-Z_]+(?:[.-][a-zA-Z_*-]+)+)``")
MODULES = ("sys.", "os.", "threading.", "time.")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_docstrings_cite_clauses_that_exist(path: Path) -> None:
    cited = CITATION.findall(path.read_text(encoding="utf-8"))
    clauses = [one for one in cited if not one.startswith(MODULES)]
    known = [clause.id for clause in catalogue().clauses]
    unknown = [one for one in clauses if not any(fnmatchcase(clause, one) for clause in known)]
    assert unknown == []


@pytest.mark.parametrize("name", threading.__all__)
def test_every_public_name_is_documented_and_cites_a_clause(name: str) -> None:
    public = getattr(threading, name)
    if isinstance(public, type) and issubclass(public, Exception):
        return  # ThreadError belongs to the thread layer
    texts = [public.__doc__ or ""]
    if not public.__module__.startswith("threadspec."):
        # It belongs to the thread layer; the chapter describes it.
        chapter = sys.modules[f"threadspec.reference.thread_{name}"]
        texts.append(chapter.__doc__ or "")
    if isinstance(public, type):
        texts += [getattr(value, "__doc__", None) or "" for value in vars(public).values()]
    assert any(CITATION.search(text) for text in texts), f"{name} says nothing of its clauses"


def test_the_public_names_are_those_of_the_manual() -> None:
    functions_and_classes = {name for name in DOCUMENTED if hasattr(threading, name)}
    assert functions_and_classes == set(threading.__all__)


# -- what the docstrings promise beyond the manual ----------------------------------------------


@pytest.mark.parametrize("make", [threading.RLock, threading.Semaphore, threading.Condition])
def test_as_gives_true(make: Callable[[], Any]) -> None:
    with make() as value:
        assert value is True


@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_acquire_of_a_semaphore_answers_true_false_or_none(make: Callable[[], Any]) -> None:
    semaphore = make()
    assert semaphore.acquire(True) is True
    assert semaphore.acquire(False) is False
    semaphore.release()
    assert semaphore.acquire(False) is True
    semaphore.release()
    assert semaphore.acquire() is None


def test_acquire_of_an_rlock_answers_true_false_or_none() -> None:
    lock = threading.RLock()
    assert lock.acquire() is None
    assert lock.acquire(False) is True
    assert in_another_thread(lambda: lock.acquire(False)) is False


def test_wait_of_a_condition_tells_whether_it_was_notified() -> None:
    condition = threading.Condition()
    with condition:
        assert condition.wait(0.001) is False
        notifier = threading.Thread(target=notify, args=(condition,))
        notifier.start()
        assert condition.wait() is True
        notifier.join()
        notifier = threading.Thread(target=notify, args=(condition,))
        notifier.start()
        assert condition.wait(60) is True
        notifier.join()


def test_wait_of_an_event_tells_whether_it_was_set() -> None:
    event = threading.Event()
    assert event.wait(0.001) is False
    assert event.wait(0) is False
    setter = threading.Thread(target=event.set)
    setter.start()
    assert event.wait() is True
    assert event.wait() is True
    assert event.wait(0) is True


def notify(condition: Any) -> None:
    with condition:
        condition.notify()


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


@pytest.mark.parametrize(
    "make",
    [
        threading.Lock,
        threading.RLock,
        PortableRLock,
        threading.Condition,
        threading.Semaphore,
        threading.BoundedSemaphore,
        threading.Event,
    ],
)
def test_what_threads_share_cannot_be_copied_or_pickled(make: Callable[[], object]) -> None:
    made = make()
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(made)


def test_nothing_is_kept_of_a_call_that_is_one_step() -> None:
    results: list[object] = []
    for _ in range(3):
        _interruption.call(object, (), results)
    assert len(results) == 3
    assert not _interruption._exhaust.__self__


class Derived(threading.Condition):
    """Has its own ``acquire``, which calls that of the base class."""

    __slots__ = ()

    def acquire(self, *args: Any) -> Any:
        return threading.Condition.acquire(self, *args)

    def __enter__(self) -> Any:
        return threading.Condition.__enter__(self)


def test_the_methods_of_a_condition_are_methods() -> None:
    condition = Derived(threading.Lock())
    with condition:
        assert not condition.acquire(False)
        assert condition.wait(0.001) is False
    assert threading.Condition().acquire(blocking=False)
    for name in ("acquire", "release", "__enter__", "__exit__", "wait", "notify", "notifyAll"):
        method = getattr(threading.Condition, name)
        assert next(iter(inspect.signature(method).parameters)) == "self"
        assert inspect.getdoc(method)
    assert "acquire(self, *args" in pydoc.plain(pydoc.render_doc(threading.Condition))


def test_a_condition_of_a_lock_that_does_not_tell_whether_it_is_locked() -> None:
    condition = threading.Condition(multiprocessing.Lock())
    for operate in (condition.wait, condition.notify, condition.notifyAll):
        with pytest.raises(RuntimeError):
            operate()
    waiter = background(wait_on, condition)
    waiting(condition, 1)
    notify(condition)
    assert ends(waiter)
    with condition:
        assert condition.wait(0.001) is False


@pytest.mark.parametrize("timeout", [0, -0.5, -1, -1e300])
def test_a_time_out_of_zero_or_less_is_over_at_once(timeout: float) -> None:
    condition, event, ended = threading.Condition(), threading.Event(), threading.Event()
    with condition:
        assert condition.wait(timeout) is False
    assert event.wait(timeout) is False
    thread = threading.Thread(target=ended.wait)
    thread.setDaemon(True)
    thread.start()
    thread.join(timeout)
    assert thread.isAlive()
    ended.set()
    thread.join()
    timer = threading.Timer(timeout, event.set)
    timer.start()
    timer.join()
    assert event.isSet()


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


def test_what_run_does_not_handle_is_reported_but_not_sys_exit(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def leave(error: BaseException) -> None:
        raise error

    for error in (SystemExit(1), KeyError("deliberate"), KeyboardInterrupt()):
        thread = threading.Thread(target=leave, args=(error,), name="leaving")
        thread.start()
        thread.join()
        text = capfd.readouterr().err
        if isinstance(error, SystemExit):
            assert text == ""
        else:
            assert text.startswith("Exception in thread leaving:\nTraceback")
            assert text.count(type(error).__name__) == 1
            assert "in leave" in text


def test_no_report_where_standard_error_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    thread = threading.Thread(target=lambda: {}["missing"])
    thread.start()
    thread.join()
    assert not thread.isAlive()


@pytest.mark.parametrize("name", ["settrace", "setprofile"])
def test_what_watches_a_thread_watches_its_activity_not_its_end(name: str) -> None:
    seen: list[str] = []

    def watch(frame: FrameType, event: str, argument: object) -> None:
        seen.append(frame.f_code.co_name)

    def activity() -> None:
        pass

    thread = threading.Thread(target=activity)
    thread.setDaemon(True)
    getattr(threading, name)(watch)
    try:
        thread.start()
        assert ends(thread)
    finally:
        getattr(threading, name)(None)
    assert {"run", "activity"} <= set(seen) <= {"run", "activity", "_perform"}


# -- what meets only where threads are unlucky, or a signal comes -------------------------------


class Script:
    """The reference over a layer in which a test acts instead of a thread that would block.

    Each time that the test's own thread would block, the next of ``steps`` is called.  It may
    raise, as a signal handler does, or return ``OVER``: the time-out is over.  Otherwise the lock
    must be free afterwards, or the wait times out.  Without any step, the thread blocks indeed.
    """

    OVER = object()

    def __init__(self, name: str) -> None:
        self.steps: list[Callable[[], object]] = []
        layer: Any = ModuleType("layer")
        vars(layer).update({one: getattr(_layer, one) for one in _layer.__all__})
        layer.allocate_lock = self._make_lock_class(_thread.get_ident())
        self.threading: Any = instantiate(name, layer)

    def _make_lock_class(self, own: int) -> type:
        steps, over = self.steps, self.OVER

        class ScriptedLock:
            def __init__(self) -> None:
                self._lock = _thread.allocate_lock()
                self.release = self._lock.release
                self.locked = self._lock.locked

            def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
                if self._lock.acquire(False):
                    return True
                if not blocking:
                    return False
                if not steps or _thread.get_ident() != own:
                    return self._lock.acquire(True, timeout)
                return steps.pop(0)() is not over and self._lock.acquire(False)

            def __enter__(self) -> bool:
                return self.acquire()

            def __exit__(self, *exc_info: object) -> None:
                self.release()

        return ScriptedLock


@pytest.fixture
def script() -> Iterator[Script]:
    """A script, all of whose steps must have been used at the end."""
    made = Script("scripted")
    yield made
    assert made.steps == []
    for name in [one for one in sys.modules if one.split(".")[0] == "scripted"]:
        del sys.modules[name]


def interrupt() -> None:
    """Act like a signal handler when Ctrl-C is pressed."""
    raise KeyboardInterrupt


def locked_lock() -> Any:
    """A low-level lock, like that of a waiting thread in a queue."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def waiting(thing: Any, count: int) -> None:
    """Wait until ``count`` threads wait."""
    deadline = time.monotonic() + 10
    while not repr(thing).endswith(f"waiters={count}>"):
        assert time.monotonic() < deadline, f"{thing!r}, not {count} waiters"
        time.sleep(0.0005)


def ends(thread: Any) -> bool:
    """Whether a thread ends."""
    thread.join(10)
    return not thread.isAlive()


def started(script: Script, function: Callable[..., object], *args: object) -> Any:
    """A thread that calls a function, and does not prevent the program from ending."""
    thread = script.threading.Thread(target=function, args=args)
    thread.setDaemon(True)
    thread.start()
    return thread


def wait_on(condition: Any) -> None:
    with condition:
        condition.wait()


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_wait_takes_the_lock_back(script: Script, timeout: float | None) -> None:
    condition = script.threading.Condition()
    script.steps += [interrupt]
    with condition, condition, pytest.raises(KeyboardInterrupt):
        condition.wait(timeout)
    with pytest.raises(RuntimeError):
        condition.release()


def test_an_interrupted_waiter_takes_no_notification(script: Script) -> None:
    condition = script.threading.Condition()
    script.steps += [interrupt]
    with condition, pytest.raises(KeyboardInterrupt):
        condition.wait()
    waiting(condition, 0)
    other = started(script, wait_on, condition)
    waiting(condition, 1)
    notify(condition)
    assert ends(other)


def test_an_interrupted_waiter_wakes_nobody_else(script: Script) -> None:
    condition = script.threading.Condition()
    others = []

    def step() -> None:
        others.append(started(script, wait_on, condition))
        waiting(condition, 2)
        interrupt()

    script.steps += [step]
    with condition, pytest.raises(KeyboardInterrupt):
        condition.wait()
    waiting(condition, 1)
    assert others[0].isAlive()
    notify(condition)
    assert ends(others[0])


def test_a_set_between_two_looks_of_a_wait_ends_it() -> None:
    class Gate(list[object]):
        def __getitem__(self, _: object) -> list[object]:  # type: ignore[override]
            return []  # it has been set in the meantime

    event = threading.Event()
    event._queues = Gate(event._queues)
    assert event.wait() is True


def test_a_set_that_another_has_overtaken_leaves_a_later_clear_alone() -> None:
    event = threading.Event()

    class Gate(list[object]):
        def __getitem__(self, place: object) -> list[object]:  # type: ignore[override]
            seen = list(self)
            self.clear()  # another thread calls set() and clear(), and a third one waits
            self.append([locked_lock()])
            return seen

    event._queues = Gate(event._queues)
    event.set()
    assert not event.isSet()
    assert [turn.locked() for line in list(event._queues) for turn in line] == [True]


def test_clears_that_meet_begin_queues_that_one_set_ends() -> None:
    event = threading.Event()
    event.set()
    event._queues += [[locked_lock()], []]
    waiters = list(event._queues[0])
    event.set()
    assert event.isSet()
    assert not waiters[0].locked()


def test_who_decides_about_a_timer_first_decides() -> None:
    calls: list[int] = []
    timer = threading.Timer(60, calls.append, [1])
    lock = timer._threadspec_waiting

    class Late:
        release = lock.release

        def acquire(self, *_: object) -> bool:
            timer.cancel()
            return False  # the interruption came at the very end of the interval

    timer._threadspec_waiting = Late()
    timer.run()
    assert calls == []


def test_the_importer_is_the_main_thread_where_the_system_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer: Any = sys.modules["threadspec.reference._layer"]
    monkeypatch.delattr(layer._thread, "_get_main_thread_ident", raising=False)
    monkeypatch.setattr(layer.os.path, "exists", lambda path: False)
    assert layer.is_main_thread()
    others: list[bool] = []
    background(lambda: others.append(layer.is_main_thread())).join()
    assert others == [False]


def test_a_missing_module_is_not_taken_for_a_missing_thread_module() -> None:
    lines = program(
        """
        import sys
        import threadspec.reference as threading
        sys.modules["os"] = None
        try:
            threading.Lock
        except ModuleNotFoundError as error:
            print(error.name)
        """
    )
    assert lines == ["os"]


def test_an_interrupted_waiter_wakes_nobody_before_it(script: Script) -> None:
    condition = script.threading.Condition()
    other = started(script, wait_on, condition)
    waiting(condition, 1)
    line = list(condition._waiters)
    script.steps += [interrupt]
    with condition, pytest.raises(KeyboardInterrupt):
        condition.wait()
    assert condition._waiters == line
    assert other.isAlive()
    notify(condition)
    assert ends(other)


def test_an_interrupted_waiter_of_an_event_leaves_its_line(script: Script) -> None:
    event = script.threading.Event()
    line = event._queues[0]
    line.append(locked_lock())
    others = list(line)
    script.steps += [interrupt]
    with pytest.raises(KeyboardInterrupt):
        event.wait()
    assert line == others
    assert others[0].locked()


@pytest.mark.parametrize("timeout", [1, 60])
def test_a_notify_that_meets_a_time_out_counts(script: Script, timeout: int) -> None:
    condition = script.threading.Condition()
    script.steps += [lambda: notify(condition)]
    with condition:
        assert condition.wait(timeout) is True


def test_a_reentrant_lock_is_held_again_after_an_interruption_of_its_acquisition() -> None:
    class Reluctant:
        """A reentrant lock; a signal handler raises when it is to be acquired again."""

        def __init__(self) -> None:
            self.level = 3
            self.refusals = 2

        def _is_owned(self) -> bool:
            return self.level > 0

        def _release_save(self) -> int:
            level, self.level = self.level, 0
            return level

        def _acquire_restore(self, level: int) -> None:
            if self.refusals:
                self.refusals -= 1
                raise KeyboardInterrupt
            self.level = level

    lock = Reluctant()
    condition = threading.Condition(lock)
    with pytest.raises(KeyboardInterrupt):
        condition.wait(0.0)
    assert lock.level == 3
    assert condition._waiters == []


def test_an_interrupted_waiter_hands_a_notify_all_on(script: Script) -> None:
    condition = script.threading.Condition()
    turns = [locked_lock() for _ in range(4)]
    condition._waiters += turns[:2]

    def step() -> None:
        with condition:
            condition.notifyAll()
            condition._waiters += turns[2:]
        interrupt()

    script.steps += [step]
    with condition, pytest.raises(KeyboardInterrupt):
        condition.wait()
    # It cannot tell notifyAll() from notify(), and hands it on to the one that waits longest.
    assert [turn.locked() for turn in turns] == [False, False, False, True]
    assert condition._waiters == turns[3:]


class Interrupted(list[Any]):
    """A line whose operation ``name`` is interrupted once: before it is done, or afterwards."""

    def __init__(self, turns: list[Any], name: str, done: bool, error: type[BaseException]) -> None:
        super().__init__(turns)
        self.interruption = name, done
        self.error = error

    def _do(self, name: str, *args: Any) -> Any:
        interrupted, done = self.interruption
        if name != interrupted:
            return getattr(super(), name)(*args)
        self.interruption = "", False
        if done:
            getattr(super(), name)(*args)
        raise self.error

    def remove(self, turn: Any) -> None:
        self._do("remove", turn)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, IndexError])
def test_an_interruption_while_a_thread_is_woken_leaves_nobody_behind(
    error: type[BaseException], done: bool
) -> None:
    turns = [locked_lock(), locked_lock()]
    line = Interrupted(turns, "remove", done, error)
    with pytest.raises(error):
        wake_first(line)
    assert line == turns[done:]
    assert [turn.locked() for turn in turns] == [not done, True]


@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_while_all_are_woken_leaves_nobody_asleep(done: bool) -> None:
    turns = [locked_lock() for _ in range(3)]
    line = Interrupted(turns, "remove", done, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        wake_all(line)
    assert line == []
    assert not any(turn.locked() for turn in turns)


def test_an_interruption_before_a_thread_is_chosen_is_what_is_raised() -> None:
    class Line(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wake_first(Line([locked_lock()]))


def test_an_interruption_that_is_no_error_of_the_queue_goes_on() -> None:
    class Turn:  # written in C, a handler leaves no frame of its own in the traceback
        release = functools.partial(signal.default_int_handler, signal.SIGINT, None)

    line = [Turn, locked_lock()]
    with pytest.raises(KeyboardInterrupt):
        wake_first(line)
    assert line[-1].locked()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_set_is_either_done_or_has_not_begun(
    error: type[BaseException], done: bool
) -> None:
    event = threading.Event()
    turns = [locked_lock(), locked_lock()]
    event._queues = Interrupted([list(turns)], "remove", done, error)
    with pytest.raises(error):
        event.set()
    assert event.isSet() is done
    assert [turn.locked() for turn in turns] == [not done, not done]


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
    before, later = locked_lock(), [locked_lock() for _ in range(waiters)]
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
    class Gate(list[Any]):
        remove = functools.partial(signal.default_int_handler, signal.SIGINT)

    event = threading.Event()
    event._queues = Gate([[]])
    with pytest.raises(KeyboardInterrupt):
        event.set()


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
    turns = [locked_lock() for _ in range(3)]
    line = list(turns)
    wake_first(line)
    assert line == turns[1:]
    assert [turn.locked() for turn in turns] == [False, True, True]
    wake_all(line)
    assert line == []
    assert not any(turn.locked() for turn in turns)
    wake_first(line)


def test_who_leaves_while_all_are_woken_keeps_nobody_asleep() -> None:
    turns = [locked_lock() for _ in range(4)]
    line = list(turns)

    class Leaver:
        @staticmethod
        def release() -> None:
            assert leave(line, turns[1])  # its time-out occurs

    line[0] = Leaver
    wake_all(line)
    assert line == []
    assert [turn.locked() for turn in turns[1:]] == [True, False, False]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_thread_leaves_its_line_and_raises(error: type[BaseException]) -> None:
    turn = locked_lock()
    line = Interrupted([turn], "remove", True, error)
    with pytest.raises(error):
        leave(line, turn)
    assert line == []


def test_a_notification_that_meets_an_interruption_goes_to_another_waiter(script: Script) -> None:
    condition = script.threading.Condition()
    others = []

    def step() -> None:
        others.append(started(script, wait_on, condition))
        waiting(condition, 2)
        notify(condition)
        interrupt()

    script.steps += [step]
    with condition, pytest.raises(KeyboardInterrupt):
        condition.wait()
    assert ends(others[0])


@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_notification_that_meets_a_time_out_counts(script: Script, name: str) -> None:
    condition = script.threading.Condition()

    def step() -> object:
        with condition:
            getattr(condition, name)()
        return Script.OVER

    script.steps += [step]
    with condition:
        assert condition.wait(60) is True


def test_an_interruption_while_a_plain_lock_is_taken_back_waits_for_it(script: Script) -> None:
    condition = script.threading.Condition(script.threading.Lock())
    holds, lets_go = threading.Event(), threading.Event()

    def hold() -> None:
        with condition:
            holds.set()
            lets_go.wait()

    others = []

    def time_out() -> object:
        others.append(started(script, hold))
        holds.wait()
        return Script.OVER

    def go_on() -> None:
        lets_go.set()
        assert ends(others[0])

    script.steps += [time_out, interrupt, interrupt, go_on]
    condition.acquire()
    with pytest.raises(KeyboardInterrupt):
        condition.wait(60)
    assert not called_elsewhere(script, condition.acquire, False)
    condition.release()


def test_a_wait_whose_lock_somebody_else_releases_in_time_fails(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = script.threading.Condition(script.threading.Lock())
    chapter: Any = sys.modules["scripted.condition"]
    make = chapter.allocate_lock

    def release_and_make() -> object:
        condition.release()
        return make()

    monkeypatch.setattr(chapter, "allocate_lock", release_and_make)
    condition.acquire()
    with pytest.raises(RuntimeError):
        condition.wait()
    waiting(condition, 0)
    assert condition.acquire(False)


class Joiner:
    """A low-level thread that joins another; it is blocked once this is created."""

    def __init__(self, thread: Any) -> None:
        self._begun, self._ended = _thread.allocate_lock(), _thread.allocate_lock()
        self._begun.acquire()
        self._ended.acquire()
        self._task: int | None = None
        _thread.start_new_thread(self._join, (thread,))
        self._begun.acquire()
        deadline = time.monotonic() + 1
        while not blocking.proved([self._task]) and time.monotonic() < deadline:
            time.sleep(0.0005)

    def _join(self, thread: Any) -> None:
        self._task = blocking.own_tid()
        self._begun.release()
        thread.join()
        self._ended.release()

    def returned(self) -> bool:
        """Whether it returns without an error."""
        return self._ended.acquire(timeout=10)


def called_elsewhere(script: Script, function: Callable[..., object], *args: object) -> object:
    """What a function returns in another thread."""
    found: list[object] = []
    assert ends(started(script, lambda: found.append(function(*args))))
    return found[0]


def test_an_interrupted_acquire_of_a_semaphore_leaves_the_line(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)
    script.steps += [interrupt]
    with pytest.raises(KeyboardInterrupt):
        semaphore.acquire()
    waiting(semaphore, 0)
    other = started(script, semaphore.acquire)
    waiting(semaphore, 1)
    semaphore.release()
    assert ends(other)


def test_an_interrupted_acquire_of_a_semaphore_takes_nothing(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)

    def step() -> None:
        semaphore.release()
        interrupt()

    script.steps += [step]
    with pytest.raises(KeyboardInterrupt):
        semaphore.acquire()
    assert semaphore.acquire(False)
    assert not semaphore.acquire(False)


def test_a_release_that_meets_an_interruption_wakes_the_next_in_line(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)
    others = []

    def step() -> None:
        others.append(started(script, semaphore.acquire))
        waiting(semaphore, 2)
        semaphore.release()
        interrupt()

    script.steps += [step]
    with pytest.raises(KeyboardInterrupt):
        semaphore.acquire()
    assert ends(others[0])


def test_a_waiter_for_a_semaphore_that_was_overtaken_is_interrupted(script: Script) -> None:
    semaphore = script.threading.Semaphore(0)

    def step() -> None:
        semaphore.release()
        assert semaphore.acquire(False)
        interrupt()

    script.steps += [step]
    with pytest.raises(KeyboardInterrupt):
        semaphore.acquire()
    assert not semaphore.acquire(False)


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_wait_for_an_event_leaves_nothing(
    script: Script, timeout: float | None
) -> None:
    event = script.threading.Event()
    script.steps += [interrupt]
    with pytest.raises(KeyboardInterrupt):
        event.wait(timeout)
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


def test_a_thread_that_cannot_be_started_is_as_if_it_had_not_been(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    thread = script.threading.Thread(target=ran.append, args=(1,))
    thread.setDaemon(True)

    def refuse(*args: object) -> None:
        raise MemoryError("no more threads")

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["scripted.thread"], "start_new_thread", refuse)
        with pytest.raises(MemoryError, match="no more threads"):
            thread.start()
    assert not thread.isAlive()
    assert script.threading.enumerate() == [script.threading.currentThread()]
    with pytest.raises(RuntimeError):
        thread.join()
    thread.setDaemon(True)
    thread.start()
    assert ends(thread)
    assert ran == [1]


def test_who_joins_a_thread_that_cannot_be_started_comes_back(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = script.threading.Thread(target=lambda: None)
    thread.setDaemon(True)
    joiners: list[Joiner] = []

    def refuse(*args: object) -> None:
        joiners.append(Joiner(thread))
        raise MemoryError("no more threads")

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["scripted.thread"], "start_new_thread", refuse)
        with pytest.raises(MemoryError):
            thread.start()
    assert joiners[0].returned()


def refuse_to_start(patched: pytest.MonkeyPatch, script: Script, meanwhile: Any) -> None:
    """Let the system refuse to start a thread, once ``meanwhile()`` has returned."""

    def refuse(*args: object) -> None:
        meanwhile()
        raise MemoryError("no more threads")

    patched.setattr(sys.modules["scripted.thread"], "start_new_thread", refuse)


def test_a_refused_start_can_be_repeated_whatever_joiners_do(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    thread = script.threading.Thread(target=ran.append, args=(1,))
    thread.setDaemon(True)
    turns: list[Any] = []

    def join() -> None:  # as a joiner begins that is held up now
        turns.append(locked_lock())
        thread._threadspec_joiners.append(turns[-1])

    with monkeypatch.context() as patched:
        refuse_to_start(patched, script, join)
        for _ in range(3):
            with pytest.raises(MemoryError):
                thread.start()
    assert len(turns) == 3
    assert not any(turn.locked() for turn in turns)
    thread.setDaemon(True)
    thread.start()
    assert ends(thread)
    assert ran == [1]
    with pytest.raises(RuntimeError):
        thread.start()


def test_a_second_start_is_an_error_until_the_first_is_refused(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = script.threading.Thread(target=lambda: None)
    thread.setDaemon(True)
    errors: list[object] = []

    def start_again() -> None:
        with pytest.raises(RuntimeError) as caught:
            thread.start()
        errors.append(caught.value)

    with monkeypatch.context() as patched:
        refuse_to_start(patched, script, start_again)
        with pytest.raises(MemoryError):
            thread.start()
    assert len(errors) == 1
    thread.start()
    assert ends(thread)


@pytest.mark.parametrize("timeout", [None, 60])
def test_a_joiner_that_met_a_refused_start_waits_for_the_next(
    script: Script, timeout: float | None
) -> None:
    lets_go = _thread.allocate_lock()
    lets_go.acquire()
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

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["scripted.thread"], "allocate_lock", Ticket)
        thread.join(60)
    first, second = waits
    assert first == 60
    assert 0 < second <= 59.9
    lets_go.set()
    assert ends(thread)


# -- what a thread keeps, and what belongs to subclasses ----------------------------------------


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


def test_a_thread_that_was_not_started_keeps_its_target(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    thread = script.threading.Thread(target=ran.append, args=(1,))
    with monkeypatch.context() as patched:
        refuse_to_start(patched, script, lambda: None)
        with pytest.raises(MemoryError):
            thread.start()
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


# -- time-outs that are no numbers --------------------------------------------------------------


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


# -- reports ------------------------------------------------------------------------------------


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


# -- a signal handler that runs at any moment ---------------------------------------------------


class Handler:
    """Runs like a signal handler, once, at the step with a given number.

    A moment is the beginning of a function of the reference, or the return of a function written in
    C to one: there CPython runs signal handlers.  One that does not raise may run at each ``line``
    as well.
    """

    def __init__(self, number: int, action: Callable[[], object], lines: bool = False) -> None:
        self.number = self._left = number
        self._action = action
        self._lines = lines
        self.ran = False

    def __enter__(self) -> Handler:
        self._trace = sys.gettrace()
        if self._lines:
            sys.settrace(self._see_line)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)
        sys.settrace(self._trace)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_return"):
            self._come_by(frame)

    def _see_line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            self._come_by(frame)
        return self._see_line

    def _come_by(self, frame: FrameType) -> None:
        if self.ran or Path(frame.f_code.co_filename).parent != FOLDER:
            return
        self._left -= 1
        if self._left < 0:
            self.ran = True
            self._action()


def at_each_moment(trial: Callable[[Callable[..., Handler]], object]) -> None:
    """Repeat a trial, with a handler that runs one step later each time.

    ``trial`` makes its handler of what it is called with, and is over when that did not run.
    """
    for number in range(500):
        made: list[Handler] = []

        def handler(action: Callable[[], object], lines: bool = False) -> Handler:
            made.append(Handler(number, action, lines))  # noqa: B023 - it is called in this round
            return made[0]  # noqa: B023

        trial(handler)
        if not made[0].ran:
            assert number > 0
            return
    pytest.fail("there is no end of moments")


def until(holds: Callable[[], object], what: object) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.0005)


def background(function: Callable[..., object], *args: object) -> Any:
    """A started thread that does not prevent the program from ending."""
    thread = threading.Thread(target=function, args=args)
    thread.setDaemon(True)
    thread.start()
    return thread


def soon(function: Callable[[], object]) -> None:
    """Call a function after other threads have had time to begin something."""
    time.sleep(0.002)
    function()


def is_interrupted(operate: Callable[..., object], *args: object) -> bool:
    try:
        operate(*args)
    except KeyboardInterrupt:
        return True
    return False


def levels(condition: Any) -> int:
    """Release the lock of a condition as often as possible; return how often that was."""
    for count in range(10):
        try:
            condition.release()
        except RuntimeError:
            return count
    return 10


@pytest.mark.parametrize(("lock", "level"), [("Lock", 1), ("RLock", 1), ("RLock", 3)])
@pytest.mark.parametrize("timeout", [-1, 0, 0.0001])
def test_wait_comes_back_with_the_lock_whenever_it_is_interrupted(
    lock: str, level: int, timeout: float
) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        condition = threading.Condition(getattr(threading, lock)())
        for _ in range(level):
            condition.acquire()
        with handler(interrupt) as interruption:
            assert is_interrupted(condition.wait, timeout) == interruption.ran
        assert repr(condition).endswith("waiters=0>")
        assert in_another_thread(lambda: condition.acquire(False)) is False
        assert levels(condition) == level

    at_each_moment(trial)


@pytest.mark.parametrize("lock", ["Lock", "RLock"])
@pytest.mark.parametrize("name", ["notify", "notifyAll"])
@pytest.mark.parametrize("timeout", [None, 60])
def test_a_notification_is_not_lost_whenever_its_waiter_is_interrupted(
    lock: str, name: str, timeout: float | None
) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        condition = threading.Condition(getattr(threading, lock)())
        others: list[Any] = []

        def notify_when_another_waits() -> None:
            with condition:  # the first waits, or was interrupted before
                entered = threading.Event()

                def wait() -> None:
                    with condition:
                        entered.set()
                        condition.wait()

                others.append(background(wait))
            entered.wait()
            with condition:
                getattr(condition, name)()

        with condition:
            notifier = background(notify_when_another_waits)
            with handler(interrupt) as interruption:
                interrupted = is_interrupted(condition.wait, timeout)
            assert interrupted == interruption.ran
        assert ends(notifier)
        if not interrupted and name == "notify":
            waiting(condition, 1)
            notify(condition)
        assert ends(others[0])
        waiting(condition, 0)

    at_each_moment(trial)


@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_notification_counts_for_all_or_none_whenever_it_is_interrupted(name: str) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        condition = threading.Condition()
        waiters = [background(wait_on, condition) for _ in range(3)]
        waiting(condition, 3)
        with condition, handler(interrupt):
            is_interrupted(getattr(condition, name))
        line = len(condition._waiters)
        until(lambda: sum(one.isAlive() for one in waiters) == line, f"{line} in line")
        with condition:
            condition.notifyAll()
        assert all(map(ends, waiters))

    at_each_moment(trial)


@pytest.mark.parametrize("value", [0, 1, 2, 300])
@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_no_unit_is_lost_whenever_acquire_is_interrupted(
    make: Callable[[int], Any], value: int
) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        semaphore = make(value or 1)
        if not value:
            semaphore.acquire()
        other = None if value else background(soon, semaphore.release)
        with handler(interrupt) as interruption:
            interrupted = is_interrupted(semaphore.acquire)
        assert interrupted == interruption.ran
        if other is not None:
            assert ends(other)
        left = value or 1
        waiting(semaphore, 0)
        assert drain(semaphore) == left - (not interrupted)

    at_each_moment(trial)


def drain(semaphore: Any) -> int:
    """Acquire all permits; return their number."""
    count = 0
    while semaphore.acquire(False):
        count += 1
    return count


def test_no_waiter_is_forgotten_whenever_release_is_interrupted() -> None:
    for make in (threading.Semaphore, threading.BoundedSemaphore):

        def trial(handler: Callable[..., Handler]) -> None:
            semaphore = make(1)  # noqa: B023 - it is called in this round
            semaphore.acquire()
            waiter = background(semaphore.acquire)
            waiting(semaphore, 1)
            with handler(interrupt) as interruption:
                interrupted = is_interrupted(semaphore.release)
            assert interrupted == interruption.ran
            until(lambda: not semaphore._counter, f"{semaphore!r}, and its waiter sleeps")
            if waiter.isAlive():
                waiter.join(0.01)
            if waiter.isAlive():  # the interruption came before the release
                semaphore.release()
            assert ends(waiter)

        at_each_moment(trial)


def test_set_wakes_all_or_none_whenever_it_is_interrupted() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        event = threading.Event()
        waiters = [background(event.wait) for _ in range(3)]
        waiting(event, 3)
        with handler(interrupt):
            is_interrupted(event.set)
        if not event.isSet():
            waiting(event, 3)
            event.set()
        assert all(map(ends, waiters))

    at_each_moment(trial)


@pytest.mark.parametrize("timeout", [None, 60, 0.0001])
def test_wait_for_an_event_leaves_nothing_whenever_it_is_interrupted(
    timeout: float | None,
) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        event = threading.Event()
        setter = background(soon, event.set)
        with handler(interrupt) as interruption:
            assert is_interrupted(event.wait, timeout) == interruption.ran
        waiting(event, 0)
        assert ends(setter)
        assert event.wait() is True

    at_each_moment(trial)


@pytest.mark.parametrize("timeout", [None, 60, 0.0001])
def test_an_event_that_outlived_interruptions_wakes_all_its_waiters(
    timeout: float | None,
) -> None:
    event = threading.Event()

    def trial(handler: Callable[..., Handler]) -> None:
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

    at_each_moment(trial)


@pytest.mark.parametrize("timeout", [0, 0.0001])
@pytest.mark.parametrize("lock", ["Lock", "RLock"])
def test_a_condition_that_outlived_interruptions_wakes_its_waiters(
    lock: str, timeout: float
) -> None:
    condition = threading.Condition(getattr(threading, lock)())

    def trial(handler: Callable[..., Handler]) -> None:
        with condition, handler(interrupt):
            is_interrupted(condition.wait, timeout)
        waiters = [background(wait_on, condition) for _ in range(3)]
        waiting(condition, 3)
        notify(condition)
        waiting(condition, 2)
        until(lambda: sum(one.isAlive() for one in waiters) == 2, "not one has been woken")
        with condition:
            condition.notifyAll()
        assert all(map(ends, waiters))

    at_each_moment(trial)


class HeldUp:
    """Low-level threads that wait; those that are held up stop when they return."""

    def __init__(self, wait: Callable[[], object], chapter: ModuleType) -> None:
        self._wait = wait
        self._file = chapter.__file__
        self.back: list[int] = []
        self._let_go = locked_lock()

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
        until(lambda: len(threads.back) == 4, "four that nothing holds up")  # noqa: B023
        threads.let_go()
        until(lambda: len(threads.back) == 6, "all six")  # noqa: B023


def test_notify_all_takes_all_out_of_the_line_itself() -> None:
    condition = threading.Condition()
    turns = [locked_lock() for _ in range(6)]
    condition._waiters += turns
    with condition:
        condition.notifyAll()
    assert condition._waiters == []
    assert not any(turn.locked() for turn in turns)


def test_start_is_done_or_not_whenever_it_is_interrupted() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        ran: list[int] = []
        others = _thread._count()
        thread = threading.Thread(target=ran.append, args=(1,))
        thread.setDaemon(True)
        with handler(interrupt):
            is_interrupted(thread.start)
        try:
            thread.join(10)
        except RuntimeError:  # it has not been started
            assert not thread.isAlive()
            thread.start()
            thread.join(10)
        until(lambda: _thread._count() <= others, "threads that have not ended")
        assert ran == [1]
        assert not thread.isAlive()
        with pytest.raises(RuntimeError):
            thread.start()

    at_each_moment(trial)


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

    with monkeypatch.context() as patched:
        patched.setattr(
            importlib.import_module("threadspec.reference.thread"), "allocate_lock", Recorder
        )
        thread.join(timeout)
    assert waits == [(), (True, seconds)]
    lets_go.set()
    until(lambda: not thread.isAlive(), "a thread that has not ended")


def test_a_failure_that_cannot_be_told_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    monkeypatch.setattr(sys, "stderr", None)
    others = _thread._count()
    assert ends(background(int, "no number"))
    until(lambda: _thread._count() <= others, "threads that have not ended")
    assert told == []


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupted_join_keeps_nobody_else(script: Script, timeout: float | None) -> None:
    lets_go = threading.Event()
    thread = started(script, lets_go.wait)
    joiners = [Joiner(thread)]
    script.steps += [interrupt]
    with pytest.raises(KeyboardInterrupt):
        thread.join(timeout)
    joiners.append(Joiner(thread))
    lets_go.set()
    assert all(one.returned() for one in joiners)
    assert ends(thread)


def test_a_join_that_timed_out_leaves_no_ticket_behind() -> None:
    lock = locked_lock()
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
    lock = locked_lock()
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
def test_join_keeps_nobody_else_whenever_it_is_interrupted(timeout: float | None) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        thread = background(time.sleep, 0.002)
        with handler(interrupt):
            is_interrupted(thread.join, timeout)
        assert ends(thread)
        assert ends(background(thread.join))

    at_each_moment(trial)


def test_a_reentrant_lock_is_taken_back_before_a_signal_handler_raises() -> None:
    condition = threading.Condition()
    main = _thread.get_ident()
    seen: list[bool] = []

    def hold() -> None:
        with condition:
            condition.notify()
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0.05)
            seen.append(True)

    def raise_it(*args: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, raise_it)
    try:
        with condition, condition:
            holder = background(hold)
            with pytest.raises(KeyboardInterrupt):
                condition.wait()
            assert seen == [True]
            assert in_another_thread(lambda: condition.acquire(False)) is False
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ends(holder)
    assert levels(condition) == 0


# -- a signal handler that uses what it interrupts ----------------------------------------------

ON_SEMAPHORES: dict[str, tuple[Callable[[Any], object], int]] = {
    "release": (lambda one: one.release(), 1),
    "acquire": (lambda one: one.acquire(), -1),
    "acquire without blocking": (lambda one: one.acquire(False), -1),
    "with": (lambda one: with_it(one), 0),
}


def with_it(lock: Any) -> None:
    with lock:
        pass


@pytest.mark.parametrize("interrupting", sorted(ON_SEMAPHORES))
@pytest.mark.parametrize("interrupted", sorted(ON_SEMAPHORES))
def test_a_handler_may_use_the_semaphore_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    (operate, change), (act, other) = ON_SEMAPHORES[interrupted], ON_SEMAPHORES[interrupting]

    def trial(handler: Callable[..., Handler]) -> None:
        semaphore = threading.Semaphore(5)
        with handler(lambda: act(semaphore), lines=True) as signalled:
            operate(semaphore)
        assert drain(semaphore) == 5 + change + (other if signalled.ran else 0)

    at_each_moment(trial)


def test_a_handler_may_release_the_semaphore_whose_waiter_is_being_woken() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        semaphore = threading.Semaphore(0)
        waiters = [background(semaphore.acquire) for _ in range(2)]
        waiting(semaphore, 2)
        with handler(semaphore.release, lines=True) as signalled:
            semaphore.release()
        if not signalled.ran:
            semaphore.release()
        assert all(map(ends, waiters))
        assert drain(semaphore) == 0

    at_each_moment(trial)


@pytest.mark.parametrize("interrupting", ["set", "clear", "isSet"])
@pytest.mark.parametrize("interrupted", ["set", "clear", "isSet"])
def test_a_handler_may_use_the_event_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
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

    at_each_moment(trial)


def test_a_handler_may_set_the_event_that_is_about_to_be_waited_for() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        event = threading.Event()
        with handler(event.set, lines=True) as signalled:
            event.wait(None if signalled.number < 4 else 0.001)
        assert event.isSet() == signalled.ran

    at_each_moment(trial)


@pytest.mark.parametrize("name", ["notify", "notifyAll"])
def test_a_handler_may_notify_the_condition_that_it_interrupts(name: str) -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        condition = threading.Condition()
        waiters = [background(wait_on, condition) for _ in range(2)]
        waiting(condition, 2)

        def act() -> None:
            with condition:
                condition.notify()

        with condition, handler(act) as signalled:
            getattr(condition, name)()
        if not signalled.ran and name == "notify":
            notify(condition)
        assert all(map(ends, waiters))

    at_each_moment(trial)


def test_a_handler_may_ask_for_threads_at_any_moment() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        seen: list[bool] = []
        me = threading.currentThread()

        def look() -> None:
            count = threading.activeCount()  # the other one may end at any moment
            seen.append(threading.currentThread() is me in threading.enumerate() and count > 0)

        thread = threading.Thread(target=lambda: None)
        thread.setDaemon(True)
        with handler(look, lines=True) as signalled:
            thread.start()
            thread.join()
            threading.currentThread()
        assert seen == [True] * signalled.ran

    at_each_moment(trial)


@pytest.mark.parametrize("interrupted", ["acquire", "release"])
@pytest.mark.parametrize("interrupting", ["acquire", "release"])
def test_a_handler_may_use_the_bounded_semaphore_that_it_interrupts(
    interrupted: str, interrupting: str
) -> None:
    change = {"acquire": -1, "release": 1}

    def trial(handler: Callable[..., Handler]) -> None:
        semaphore = threading.BoundedSemaphore(5)
        for _ in range(3):
            semaphore.acquire()
        with handler(getattr(semaphore, interrupting)) as signalled:
            getattr(semaphore, interrupted)()
        counter = 2 + change[interrupted] + (change[interrupting] if signalled.ran else 0)
        assert drain(semaphore) == counter
        for _ in range(5):
            semaphore.release()
        with pytest.raises(ValueError, match="beyond"):
            semaphore.release()

    at_each_moment(trial)


def test_the_permit_of_an_interrupted_wait_goes_to_another_waiter() -> None:
    def trial(handler: Callable[..., Handler]) -> None:
        semaphore = threading.Semaphore(0)
        left: list[int] = []

        def act() -> None:
            left.append(semaphore._counter)
            interrupt()

        waiter = background(semaphore.acquire)
        waiting(semaphore, 1)
        semaphore._counter = 1  # this permit overtakes the waiter, which has not been woken for it
        with handler(act):
            is_interrupted(_wait, semaphore)
        if left != [0]:  # the permit was not acquired before the interruption, or stays acquired
            semaphore.release()
        assert ends(waiter)

    at_each_moment(trial)


def test_a_permit_is_given_back_under_the_guard() -> None:
    semaphore = threading.Semaphore(0)
    with semaphore._guard:
        giver = background(_add_one, semaphore)
        time.sleep(0.05)
        assert semaphore._counter == 0
    assert ends(giver)
    assert semaphore._counter == 1


def test_a_start_that_is_interrupted_is_done_or_can_be_repeated() -> None:
    others = _thread._count()

    def trial(handler: Callable[..., Handler]) -> None:
        ran: list[int] = []

        class Noting(threading.Thread):
            def run(self) -> None:
                ran.append(1)

        thread = Noting()
        thread.setDaemon(True)
        with handler(interrupt):
            is_interrupted(thread.start)
        with contextlib.suppress(RuntimeError):
            thread.start()
        assert ends(thread)
        until(lambda: _thread._count() <= others, "all threads have ended")
        assert ran == [1]

    at_each_moment(trial)


@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_a_semaphore_that_outlived_interruptions_wakes_its_waiters(
    make: Callable[[int], Any],
) -> None:
    semaphore = make(3)
    for _ in range(3):
        semaphore.acquire()

    def trial(handler: Callable[..., Handler]) -> None:
        releaser = background(soon, semaphore.release)
        with handler(interrupt):
            is_interrupted(semaphore.acquire)
        assert ends(releaser)
        drain(semaphore)
        waiters = [background(semaphore.acquire) for _ in range(3)]
        waiting(semaphore, 3)
        for left in (2, 1, 0):
            semaphore.release()
            until(lambda: sum(map(threading.Thread.isAlive, waiters)) == left, "not one woken")  # noqa: B023
        assert drain(semaphore) == 0

    at_each_moment(trial)


@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_the_value_of_a_semaphore_is_an_int(make: Callable[[Any], Any]) -> None:
    for value in (1.0, 300.0, 1.5, -1.5, float("inf"), float("nan"), "1", None, [], 1j):
        with pytest.raises(TypeError, match=f"an int, not {type(value).__name__}"):
            make(value)
    for value in (True, 1):
        semaphore = make(value)
        assert repr(semaphore).endswith("counter=1 waiters=0>")
        assert drain(semaphore) == 1


@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_no_method_of_a_semaphore_calls_one_that_a_subclass_has_changed(make: type) -> None:
    calls: list[str] = []

    class Changed(make):  # type: ignore[misc]
        def _wait(self) -> None:
            calls.append("_wait")

        def acquire(self, *args: Any) -> Any:
            calls.append("acquire")
            return super().acquire(*args)

        def release(self) -> None:
            calls.append("release")
            super().release()

    semaphore = Changed(300)
    for _ in range(300):
        assert semaphore.acquire(False)
    assert not semaphore.acquire(False)
    waiter = background(semaphore.acquire)
    waiting(semaphore, 1)
    semaphore.release()
    assert ends(waiter)
    assert calls == ["acquire"] * 302 + ["release"]


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


# -- large semaphores ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", [10**9, sys.maxsize])
@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_a_large_semaphore_is_made_quickly_and_is_small(
    make: Callable[[int], Any], value: int
) -> None:
    tracemalloc.start()
    try:
        began = time.monotonic()
        semaphore = make(value)
        took = time.monotonic() - began
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < 1
    assert size < 16384
    assert f"counter={value} " in repr(semaphore)
    for _ in range(1000):
        semaphore.acquire()
    assert f"counter={value - 1000} " in repr(semaphore)
    for _ in range(1000):
        semaphore.release()
    if make is threading.BoundedSemaphore:
        with pytest.raises(ValueError, match="beyond"):
            semaphore.release()
    assert f"counter={value} " in repr(semaphore)


@pytest.mark.parametrize("value", [255, 1000])
@pytest.mark.parametrize("make", [threading.Semaphore, threading.BoundedSemaphore])
def test_each_of_many_can_be_taken_once(make: Callable[[int], Any], value: int) -> None:
    semaphore = make(value)
    for _ in range(2):
        assert drain(semaphore) == value
        for _ in range(value):
            semaphore.release()
    for _ in range(value):
        semaphore.acquire()
    assert not semaphore.acquire(False)


def test_many_threads_take_each_of_many_once() -> None:
    semaphore = threading.Semaphore(1100)
    taken: list[int] = []
    begin = threading.Event()

    def take() -> None:
        begin.wait()
        for _ in range(110):
            semaphore.acquire()
            taken.append(1)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [background(take) for _ in range(10)]
        begin.set()
        assert all(map(ends, threads))
    finally:
        sys.setswitchinterval(interval)
    assert len(taken) == 1100
    assert not semaphore.acquire(False)


# -- the stack size -----------------------------------------------------------------------------


class Stacks:
    """The stack size as in a thread module: reading it restores the default."""

    def __init__(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        self.size = 0
        self.fixed = False
        layer = sys.modules["scripted._layer"]
        monkeypatch.setattr(layer, "stack_size", self.ask_and_set)

    def ask_and_set(self, size: int = 0) -> int:
        if self.fixed:
            raise _layer.error("it cannot be changed")
        before, self.size = self.size, size
        return before


def test_stack_sizes_from_32_kib_on_are_for_the_layer_to_judge(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    assert script.threading.stack_size(32768) == 0
    assert stacks.size == 32768
    for small in (32767, 1, -1):
        with pytest.raises(ValueError, match="32768"):
            script.threading.stack_size(small)
    assert stacks.size == 32768
    assert script.threading.stack_size(0) == 32768
    assert stacks.size == 0


def test_to_ask_for_the_stack_size_leaves_it(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    stacks.size = 65536
    assert [script.threading.stack_size() for _ in range(3)] == [65536] * 3
    assert stacks.size == 65536


def test_threads_that_set_the_stack_size_do_it_one_after_the_other(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    stack_size = script.threading.stack_size
    stack_size()
    others: list[Any] = []
    before: list[int] = []

    def met_by_another(size: int) -> int:
        monkeypatch.setattr(sys.modules["scripted._layer"], "stack_size", stacks.ask_and_set)
        others.append(started(script, lambda: before.append(stack_size(0))))
        others[0].join(0.1)  # long enough for one that does not wait
        return stacks.ask_and_set(size)

    monkeypatch.setattr(sys.modules["scripted._layer"], "stack_size", met_by_another)
    assert stack_size(65536) == 0
    assert ends(others[0])
    assert before == [65536]
    assert stacks.size == 0


def test_the_stack_size_is_0_where_it_cannot_be_changed(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stacks(script, monkeypatch).fixed = True
    assert script.threading.stack_size() == 0
    with pytest.raises(script.threading.ThreadError):
        script.threading.stack_size(65536)
    assert script.threading.stack_size() == 0


# -- further instances of the reference ---------------------------------------------------------


def test_an_instance_is_a_package_like_others(script: Script) -> None:
    package = script.threading
    assert package.__name__ == package.__package__ == package.__spec__.name == "scripted"
    assert package.__file__ == package.__spec__.origin == os.path.abspath(FOLDER / "__init__.py")
    assert list(package.__path__) == [os.path.abspath(FOLDER)]
    assert package.__loader__ is package.__spec__.loader
    assert package._layer is sys.modules["scripted._layer"]


def test_an_instance_whose_layer_cannot_be_loaded_is_an_error() -> None:
    layer: Any = ModuleType("needy")

    def missing(name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ModuleNotFoundError("no thread module", name="_thread")

    layer.__getattr__ = missing
    package = instantiate("needy_instance", layer)
    for name in ("Lock", "Thread", "Lock"):
        with pytest.raises(ModuleNotFoundError, match="no thread module"):
            getattr(package, name)
    for name in [one for one in sys.modules if one.startswith("needy_instance")]:
        del sys.modules[name]


def test_a_missing_module_other_than_the_thread_module_is_an_error() -> None:
    lines = program(
        """
        import atexit, itertools, sys
        import threadspec.reference as threading
        for module, name in (("_operator", "Condition"), ("os", "Lock")):
            there = sys.modules[module]
            sys.modules[module] = None
            try:
                getattr(threading, name)
            except ModuleNotFoundError as error:
                print(error.name)
            sys.modules[module] = there
        print(threading.Condition(threading.Lock()).wait.__name__)
        """
    )
    assert lines == ["_operator", "os", "wait"]


# -- the chapters are imported when they are needed ---------------------------------------------


def test_the_import_of_the_package_imports_no_chapter() -> None:
    lines = program(
        """
        import sys
        import threadspec.reference as threading

        def here():
            names = set(threading.__all__) & set(vars(threading))
            return len(names), len([one for one in sys.modules if one.startswith("threadspec.")])

        print(*here())
        threading.Lock()
        names, modules = here()
        print(names == len(threading.__all__), modules > len(set(threading._CHAPTERS.values())))
        """
    )
    assert lines == ["0 1", "True True"]


def test_all_names_are_there_before_their_chapters_are() -> None:
    lines = program(
        """
        import threadspec.reference as threading

        print({*threading.__all__} <= {*dir(threading)}, "__name__" in dir(threading))
        print(dir(threading) == sorted({*dir(threading)}), "Lock" in vars(threading))
        for name in ("lock", "Locks", "_main_thread", "active_count"):
            try:
                getattr(threading, name)
            except AttributeError as error:
                print(error)
        print(hasattr(threading, "Lock"), threading.Lock is vars(threading)["Lock"])
        from threadspec.reference import *
        print([name for name in threading.__all__ if globals()[name] is not vars(threading)[name]])
        """
    )
    unknown = "module 'threadspec.reference' has no attribute"
    assert lines == [
        "True True",
        "True False",
        f"{unknown} 'lock'",
        f"{unknown} 'Locks'",
        f"{unknown} '_main_thread'",
        f"{unknown} 'active_count'",
        "True True",
        "[]",
    ]


def test_threads_that_ask_first_at_the_same_time_get_the_same() -> None:
    lines = program(
        """
        import _thread, sys
        sys.setswitchinterval(1e-6)
        import threadspec.reference as threading

        names = [name for name in threading.__all__] * 2
        found, done = [], _thread.allocate_lock()
        done.acquire()

        def ask(start):
            while not begin:
                pass
            order = names[start : start + len(threading.__all__)]
            found.append({name: getattr(threading, name) for name in order})
            if len(found) == 8:
                done.release()

        begin = []
        for number in range(8):
            _thread.start_new_thread(ask, (number * 2,))
        begin.append(1)
        print(done.acquire(timeout=20), all(one == found[0] for one in found))
        print(threading.activeCount(), threading.currentThread().getName())
        """
    )
    assert lines == ["True True", "1 MainThread"]


def test_a_chapter_that_a_thread_imports_first_knows_the_main_thread() -> None:
    lines = program(
        """
        import _thread
        import threadspec.reference as threading

        def ask():
            me = threading.currentThread()
            print(me.getName(), me.isDaemon(), threading.Thread().isDaemon())
            done.release()

        done = _thread.allocate_lock()
        done.acquire()
        _thread.start_new_thread(ask, ())
        done.acquire()
        main = threading.currentThread()
        print(main.getName(), main.isDaemon(), threading.enumerate()[0] is main)
        ending = threading.Thread(target=lambda: (main.join(), print("the main thread has ended")))
        ending.start()
        """
    )
    assert lines == ["Dummy-1 True True", "MainThread False True", "the main thread has ended"]


# -- processes ----------------------------------------------------------------------------------

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def program(source: str) -> list[str]:
    """Run a program to its end; return the lines that it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


IN_A_CHILD = """
import _thread, atexit, os, sys
import threadspec.reference as threading

def child(function, *args):
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        try:
            function(*args)
            sys.stdout.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
        os._exit(0)
    os.waitpid(number, 0)

def name(thread):
    return thread.getName() + (" alive" if thread.isAlive() else "")

wait = threading.Event()
"""


@needs_fork
def test_a_forked_child_has_one_thread() -> None:
    lines = program(
        IN_A_CHILD
        + """
from threadspec.reference import _registry
met, over = _thread.allocate_lock(), _thread.allocate_lock()
for lock in (met, over):
    lock.acquire()
_thread.start_new_thread(lambda: (threading.currentThread(), met.release(), over.acquire()), ())
met.acquire()
other = threading.Thread(target=wait.wait, name="other")
other.start()

def look():
    other.join()
    print(len(_registry._dummies), "alien threads")
    print(name(other), [name(one) for one in threading.enumerate()], threading.activeCount())
    main = threading.currentThread()
    print(name(main), main.isDaemon())
    another = threading.Thread(target=print, args=("another runs",))
    another.start()
    another.join()

child(look)
print(name(other), threading.activeCount())
wait.set()
"""
    )
    assert lines == [
        "0 alien threads",
        "other ['MainThread alive'] 1",
        "MainThread alive False",
        "another runs",
        "other alive 3",
    ]


@needs_fork
def test_a_fork_while_locks_are_held_leaves_none_held_in_the_child() -> None:
    lines = program(
        IN_A_CHILD
        + """
import _thread
from threadspec.reference import stack, thread
threading.Thread
held = [thread._numbering, stack._lock]
taken, enough = _thread.allocate_lock(), _thread.allocate_lock()
taken.acquire(), enough.acquire()

def hold():
    for lock in held:
        lock.__enter__()
    taken.release()
    enough.acquire()

_thread.start_new_thread(hold, ())
taken.acquire()

def look():
    print(threading.Thread().getName(), threading.stack_size())

child(look)
print([thread._numbering, stack._lock] == held)
"""
    )
    assert lines == ["Thread-1 0", "True"]


def test_a_signal_handler_that_makes_a_thread_while_one_is_named_does_not_block() -> None:
    lines = program(
        """
        import signal
        import threadspec.reference as threading
        threading.Thread
        from threadspec.reference import stack, thread

        names = []
        signal.signal(signal.SIGUSR1, lambda *_: names.append(threading.Thread().getName()))
        for lock in (thread._numbering, stack._lock):
            with lock:
                signal.raise_signal(signal.SIGUSR1)
                print(threading.stack_size(), names[-1])
        """
    )
    assert lines == ["0 Thread-1", "0 Thread-2"]


@needs_fork
def test_the_thread_that_forks_is_the_main_thread_of_the_child() -> None:
    lines = program(
        IN_A_CHILD
        + """
main = threading.currentThread()
forking = threading.Thread(target=lambda: child(look), name="forking")

def look():
    main.join()
    print(name(main), threading.currentThread() is forking)
    print([name(one) for one in threading.enumerate()])
    joining = threading.Thread(target=lambda: (forking.join(), print("joined", name(forking))))
    joining.start()
    atexit._run_exitfuncs()  # the program's end, which is that of the main thread
    print(name(joining))

forking.start()
forking.join()
print(name(forking), name(main))
"""
    )
    assert lines == [
        "MainThread True",
        "['forking alive']",
        "joined forking",
        "Thread-1",
        "forking MainThread alive",
    ]


@needs_fork
def test_a_thread_that_equals_every_other_is_not_taken_for_a_dummy_when_it_forks() -> None:
    lines = program(
        IN_A_CHILD
        + """
class Equal(threading.Thread):
    __eq__ = lambda self, other: True
    __hash__ = object.__hash__

def look():
    print(threading.currentThread() is forking)

met = _thread.allocate_lock()
met.acquire()
_thread.start_new_thread(lambda: (threading.currentThread(), wait.set(), met.acquire()), ())
wait.wait()
forking = Equal(target=lambda: child(look))
forking.start()
forking.join()
"""
    )
    assert lines == ["True"]


AN_ALIEN_FORKS = """
main = threading.currentThread()

def look():
    me = threading.currentThread()
    print(me is main, name(me), me.isDaemon(), name(main), threading.enumerate() == [me])

def alien():
    child(look)
    wait.set()

_thread.start_new_thread(alien, ())
wait.wait()
print(threading.activeCount())
"""


@needs_fork
def test_an_alien_thread_that_forks_is_the_main_thread_of_the_child() -> None:
    lines = program(IN_A_CHILD + AN_ALIEN_FORKS)
    assert lines == ["True MainThread alive False MainThread alive True", "1"]


A_DAEMON_FORKS = """
met = _thread.allocate_lock()
met.acquire()

def look(before):
    me = threading.currentThread()
    print(me is before, name(me) == "MainThread alive")
    print(me.isDaemon(), threading.Thread().isDaemon())
    print(threading.enumerate() == [me], threading.activeCount())
    if before is not me:
        print(before.isAlive())
    worker = threading.Thread(target=lambda: print("joined", me.join()))
    worker.start()
    atexit._run_exitfuncs()  # the program's end, which is that of the main thread
    print(name(worker))

def fork():
    child(look, threading.currentThread())
    met.release()

"""


@needs_fork
def test_an_alien_thread_that_has_an_object_and_forks_is_the_main_thread_of_the_child() -> None:
    lines = program(
        IN_A_CHILD + A_DAEMON_FORKS + "_thread.start_new_thread(fork, ())\nmet.acquire()\n"
    )
    assert lines == ["False True", "False False", "True 1", "False", "joined None", "Thread-3"]


@needs_fork
def test_a_daemon_that_forks_is_the_main_thread_of_the_child_and_no_daemon() -> None:
    lines = program(
        IN_A_CHILD
        + A_DAEMON_FORKS
        + """
daemon = threading.Thread(target=fork)
daemon.setDaemon(True)
daemon.start()
met.acquire()
print(daemon.isDaemon())
"""
    )
    assert lines == ["True False", "False False", "True 1", "joined None", "Thread-3", "True"]


@needs_fork
def test_it_is_that_also_where_the_system_does_not_tell_the_main_thread() -> None:
    untold = """
sys.platform = "another"
vars(_thread).pop("_get_main_thread_ident", None)
"""
    lines = program(IN_A_CHILD + untold + AN_ALIEN_FORKS)
    assert lines == ["False MainThread alive False MainThread True", "1"]


@needs_fork
@pytest.mark.parametrize("forking", ["main", "started", "alien"])
def test_what_was_made_before_a_fork_can_be_used_in_the_child(forking: str) -> None:
    lines = program(
        IN_A_CHILD
        + f"forking = {forking!r}"
        + """
semaphore, large = threading.Semaphore(1), threading.BoundedSemaphore(1000)
condition, event, lock = threading.Condition(), threading.Event(), threading.RLock()
unstarted = threading.Thread(target=lambda: print("started in the child"))
unstarted.setDaemon(False)

def wait_on():
    with condition:
        condition.wait()

def keep_busy():
    while not over:
        semaphore.acquire()
        semaphore.release()
        threading.Thread()

over, forked = [], _thread.allocate_lock()
busy = [threading.Thread(target=keep_busy) for _ in range(2)]
busy += [threading.Thread(target=wait_on), threading.Thread(target=event.wait)]
for thread in busy:
    thread.start()

def look():
    me = threading.currentThread()
    print(threading.activeCount(), threading.enumerate() == [me], me.isDaemon())
    unstarted.start()
    unstarted.join()
    for _ in range(1000):
        assert large.acquire(False)
    assert not large.acquire(False)
    with condition:
        condition.notifyAll()
        condition.wait(0)
    with lock, lock:
        another = threading.Thread(target=lambda: print(lock.acquire(False)))
        another.start()
        another.join()
    other = threading.Thread(target=lambda: (event.wait(), large.release()))
    other.start()
    event.set()
    other.join()
    print(large.acquire(False), [one.isAlive() for one in busy])

def fork():
    child(look)
    forked.release()

forked.acquire()
if forking == "main":
    fork()
elif forking == "started":
    threading.Thread(target=fork).start()
else:
    _thread.start_new_thread(fork, ())
forked.acquire()
over.append(1)
event.set()
for thread in busy:
    while thread.isAlive():  # one may be about to wait only now
        with condition:
            condition.notifyAll()
        thread.join(0.01)
print(unstarted.isAlive(), event.isSet())
"""
    )
    assert lines == [
        "1 True False",
        "started in the child",
        "False",
        "True [False, False, False, False]",
        "False True",
    ]


def test_the_program_waits_for_threads_that_are_equal_to_all_others() -> None:
    lines = program(
        """
        import time
        import threadspec.reference as threading

        class Odd(threading.Thread):
            __hash__ = None

            def __eq__(self, other):
                return True

            def run(self):
                time.sleep(0.1)
                print("waited for")

        Odd().start()
        """
    )
    assert lines == ["waited for"]


AT_THE_END = """
import atexit, sys, time
{first}
import threadspec.reference as threading
assert ("threading" in sys.modules) == {loaded}

def work():
    time.sleep(0.2)
    print("worked")

def early():
    print("a handler")

{then}
"""


@pytest.mark.parametrize(
    ("first", "loaded", "then"),
    [
        ("import threading", True, "threading.Thread(target=work).start(); atexit.register(early)"),
        ("import threading", True, "atexit.register(early); threading.Thread(target=work).start()"),
        ("import threading", True, "atexit.register(early); threading.Timer(0, work).start()"),
        ("", False, "atexit.register(early); threading.Thread(target=work).start()"),
        (
            "",
            False,
            "threading.Thread(target=bool).start(); atexit.register(early)\n"
            "threading.Thread(target=work).start(); threading.Thread(target=bool).start()",
        ),
        (
            "",
            False,
            "threading.Thread(target=bool).start(); import logging\n"
            "threading.Thread(target=work).start(); atexit.register(early)",
        ),
    ],
)
def test_threads_are_waited_for_before_exit_handlers(first: str, loaded: bool, then: str) -> None:
    lines = program(AT_THE_END.format(first=first, loaded=loaded, then=then))
    assert lines == ["worked", "a handler"]


def test_daemons_are_not_waited_for_before_exit_handlers() -> None:
    then = """
daemon = threading.Thread(target=time.sleep, args=(60,))
daemon.setDaemon(True)
daemon.start()
threading.Thread(target=bool).start()
atexit.register(early)
"""
    lines = program(AT_THE_END.format(first="import threading", loaded=True, then=then))
    assert lines == ["a handler"]


def test_starts_do_not_pile_up_exit_handlers() -> None:
    lines = program(
        """
        import atexit
        import threadspec.reference as threading
        for _ in range(300):
            atexit.register(bool)
        threading.Thread(target=bool).start()
        before = atexit._ncallbacks()
        for _ in range(100):
            threading.Thread(target=bool).start()
        print(atexit._ncallbacks() - before)
        """
    )
    assert lines == ["0"]


def test_starts_do_not_pile_up_calls_at_the_end_of_the_standard_library() -> None:
    lines = program(
        """
        import threading as standard
        import threadspec.reference as threading
        threading.Thread(target=bool).start()
        before = standard._shutdown
        threading.Thread(target=bool).start()
        print(standard._shutdown is before)
        """
    )
    assert lines == ["True"]


def test_the_standard_library_ends_as_ever() -> None:
    lines = program(
        """
        import atexit, threading as standard, time
        import threadspec.reference as threading
        worker = threading.Thread(target=time.sleep, args=(0.1,))
        worker.start()
        late = lambda: (time.sleep(0.2), print("standard", worker.isAlive()))
        standard.Thread(target=late).start()
        atexit.register(print, "handler")
        """
    )
    assert lines == ["standard False", "handler"]


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs signals")
def test_one_interruption_ends_the_waiting_at_the_end() -> None:
    source = """
        import _thread, os, signal, sys, threading as standard, time
        import threadspec.reference as threading
        lock = _thread.allocate_lock()
        lock.acquire()
        threading.Thread(target=lock.acquire).start()
        def interrupt():
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)
        _thread.start_new_thread(interrupt, ())
        print("over", flush=True)
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=30
    )
    assert run.stdout == "over\n"
    assert "KeyboardInterrupt" in run.stderr


def test_it_may_take_the_place_of_the_standard_library() -> None:
    lines = program(
        """
        import atexit, sys, time
        import threadspec.reference
        sys.modules["threading"] = threadspec.reference
        import threading
        threading.Thread(target=lambda: (time.sleep(0.1), print("worked"))).start()
        atexit.register(print, "handler")
        """
    )
    assert lines == ["worked", "handler"]


def test_the_module_may_be_imported_in_another_thread() -> None:
    lines = program(
        """
        import _thread

        def import_it():
            global importer
            import threadspec.reference as threading
            importer = threading.currentThread()
            done.release()

        done = _thread.allocate_lock()
        done.acquire()
        _thread.start_new_thread(import_it, ())
        done.acquire()
        import threadspec.reference as threading
        print(threading.Thread().isDaemon())
        main = threading.currentThread()
        print(main.getName(), main.isDaemon(), main.isAlive(), main is threading.currentThread())
        print(importer.getName(), importer.isDaemon(), importer.isAlive())
        print(threading.enumerate() == [main, importer])
        joining = threading.Thread(target=lambda: (main.join(), print("joined")))
        joining.start()
        """
    )
    assert lines == [
        "False",
        "MainThread False True True",
        "Dummy-1 True True",
        "True",
        "joined",
    ]


# -- the thread layer on other platforms --------------------------------------------------------


def layer_over(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    """The thread layer over a low-level thread module with (or, for None, without) some names."""
    low: Any = ModuleType("_thread")
    vars(low).update(vars(_thread), **changes)
    for name in [name for name, value in changes.items() if value is None]:
        del vars(low)[name]
    monkeypatch.setitem(sys.modules, "_thread", low)
    spec = importlib.util.spec_from_file_location("threadspec.reference.layer", _layer.__file__)
    assert spec is not None and spec.loader is not None
    layer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(layer)
    return layer


def in_another_thread_of_control(function: Callable[[], object]) -> object:
    """Call a function in a thread that the module does not know; return its value."""
    found: list[object] = []
    _thread.start_new_thread(lambda: found.append(function()), ())
    until(lambda: found, "a thread that has not ended")
    return found[0]


def in_another_thread(function: Callable[[], object]) -> object:
    """What a function returns in another thread."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_the_layer_asks_the_thread_module_for_the_main_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = layer_over(monkeypatch, _get_main_thread_ident=lambda: _thread.get_ident())
    assert layer.is_main_thread()
    assert in_another_thread(layer.is_main_thread)
    for number in (-1, 2**80):
        layer = layer_over(monkeypatch, _get_main_thread_ident=lambda number=number: number)
        assert not layer.is_main_thread()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux numbers threads so")
def test_the_layer_knows_the_main_thread_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)  # /proc may be hidden
    layer = in_another_thread(lambda: layer_over(monkeypatch, _get_main_thread_ident=None))
    assert layer.is_main_thread()  # type: ignore[attr-defined]
    assert not in_another_thread(layer.is_main_thread)  # type: ignore[attr-defined]
    for number in (-1, 2**80):
        changes = {"_get_main_thread_ident": None, "get_native_id": lambda number=number: number}
        assert not layer_over(monkeypatch, **changes).is_main_thread()


def test_else_the_layer_takes_the_importing_thread_for_the_main_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "another")
    monkeypatch.setattr(threading, "importer", 5 * 10**9)
    idents = [int("5000000000")]  # equal, but another object
    changes = {"_get_main_thread_ident": None, "get_ident": lambda: idents[0]}
    layer = layer_over(monkeypatch, **changes)
    assert layer.is_main_thread()
    for idents[0] in (5 * 10**9 - 1, 5 * 10**9 + 1):
        assert not layer.is_main_thread()
