"""Cases that run apart, in a shared program, and how they interrupt calls."""

from __future__ import annotations

import _thread
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from quality.judging import implementation, judge
from threadspec.adapters.runner.process import load_request
from threadspec.conformance.battery.support import interrupting
from threadspec.conformance.harness.actors import Actors
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.observer import Observer
from threadspec.conformance.harness.vocabulary import NotOffered
from threadspec.conformance.index import battery
from threadspec.reports.record import CaseResult

Judged = Callable[..., dict[str, CaseResult]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Judge the reference with a few lines changed; return the results by clause."""

    def run(changes: str, *clauses: str) -> dict[str, CaseResult]:
        source = "from threadspec.reference import *\n" + textwrap.dedent(changes)
        (tmp_path / "changed.py").write_text(source, encoding="utf-8")
        cases = [case for case in battery() if case.clause.id in clauses]
        found = judge(implementation("changed", "changed", tmp_path), cases)
        return {result.clause: result for result in found.results}

    return run


MODULE = "interruptions.module.calls-back-within"
LOCK = "interruptions.lock.calls-back"
LOCAL = "interruptions.local.calls-back-within"


def test_a_call_that_never_returns_is_named_and_the_next_case_has_a_new_process(
    judged: Judged,
) -> None:
    found = judged(
        """
        import _thread

        _enumerate, _mutex = enumerate, _thread.allocate_lock()

        def enumerate():
            with _mutex:
                return _enumerate()
        """,
        MODULE,
        LOCAL,
    )
    assert found[MODULE].verdict == "non-strict"
    assert found[MODULE].observed == (
        "enumerate(), activeCount() or currentThread() in a signal handler during one of them "
        "does not return"
    )
    assert found[LOCAL].verdict == "pass"


def test_a_finalizer_that_stops_the_whole_process_is_named(judged: Judged) -> None:
    clause = "interruptions.module.finalizer"
    found = judged(
        """
        import os, signal

        _enumerate, _inside = enumerate, []

        def enumerate():
            if _inside:
                os.kill(os.getpid(), signal.SIGSTOP)
            _inside.append(True)
            try:
                return _enumerate()
            finally:
                _inside.pop()
        """,
        clause,
    )
    assert found[clause].verdict == "non-strict"
    assert found[clause].observed == (
        "enumerate(), activeCount() or currentThread() in a finalizer during one of them "
        "does not return"
    )


def test_a_slow_case_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    now = [100.0]
    monkeypatch.setattr(interrupting, "say", said.append)
    monkeypatch.setattr(interrupting.blocking, "clock", lambda: now[0])
    interrupting.doing("a call")
    interrupting.go_on()
    assert said == ["a call"]
    now[0] += 2 * interrupting.AGAIN
    interrupting.go_on()
    interrupting.go_on()
    assert said == ["a call", "a call"]


def test_a_process_that_ends_is_a_crash_and_the_next_case_has_a_new_one(judged: Judged) -> None:
    found = judged(
        """
        import os

        def enumerate():
            os._exit(3)
        """,
        MODULE,
        LOCAL,
    )
    assert found[MODULE].verdict == "crash"
    assert found[LOCAL].verdict == "pass"


def test_a_missing_name_is_unsupported(judged: Judged) -> None:
    found = judged("del enumerate", MODULE)
    assert found[MODULE].verdict == "unsupported"


def test_cases_share_a_process(tmp_path: Path) -> None:
    loads = tmp_path / "loads"
    source = f"from threadspec.reference import *\nopen({str(loads)!r}, 'a').write('loaded ')\n"
    (tmp_path / "counted.py").write_text(source, encoding="utf-8")
    origin = load_request(implementation("counted", "counted", tmp_path), 1.0)
    runner = Observer(ModuleType("unused"), _thread, Durations(), origin=origin)
    try:
        for identifier in (MODULE, LOCK, LOCAL):
            case = next(case for case in battery() if case.clause.id == identifier)
            outcome = runner.run_case(getattr(sys.modules[case.module], case.function))
            assert outcome["outcome"] == "ok", outcome
    finally:
        runner.close()
    assert loads.read_text(encoding="utf-8") == "loaded "


@pytest.mark.parametrize("name", ["setitimer", "SIGALRM", "SIGUSR1"])
def test_without_signals_the_cases_are_not_offered(judged: Judged, name: str) -> None:
    found = judged(f"import signal\ndel signal.{name}", LOCK, "interruptions.lock.finalizer")
    assert found[LOCK].verdict == "not-offered"
    assert name in (found[LOCK].observed or "")
    assert found["interruptions.lock.finalizer"].verdict == "pass"


def test_where_nothing_blocks_the_cases_are_not_offered(judged: Judged) -> None:
    found = judged(
        """
        class Lock:
            def acquire(self, blocking=1):
                return True

            def release(self):
                pass
        """,
        LOCK,
    )
    assert found[LOCK].verdict == "not-offered"


@pytest.fixture
def actors() -> Iterator[Actors]:
    """Actors of this process, which all end."""
    helpers = Actors(_thread, Durations(), lambda text: None)
    yield helpers
    assert helpers.end_all() == 0
    for number in (signal.SIGALRM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)


def test_a_blocked_call_is_interrupted_before_it_is_let_go(actors: Actors) -> None:
    lock = _thread.allocate_lock()
    lock.acquire()
    met = interrupting.blocked(
        actors, "acquire", lock.acquire, interrupting.interrupt, lock.release, ends=True
    )
    assert (met.in_time, met.raised) == (True, True)
    met = interrupting.blocked(
        actors, "acquire", lock.acquire, interrupting.nothing, lock.release, ends=False
    )
    assert (met.in_time, met.raised, met.early, met.value) == (True, False, False, True)


def test_a_call_that_a_handler_must_end_gets_time_for_it(actors: Actors) -> None:
    lock = _thread.allocate_lock()
    lock.acquire()
    met = interrupting.blocked(
        actors, "acquire", lock.acquire, lock.release, lock.release, ends=True
    )
    assert (met.in_time, met.early) == (True, True)


def test_a_call_that_is_not_blocked_is_not_interrupted(actors: Actors) -> None:
    with pytest.raises(NotOffered, match="nothing to interrupt"):
        interrupting.blocked(
            actors,
            "acquire",
            _thread.allocate_lock().acquire,
            interrupting.nothing,
            int,
            ends=False,
        )


def two_steps() -> str:
    """Has two steps: its own beginning, and the return of a C function."""
    len("")
    return "done"


def test_a_short_call_is_interrupted_at_each_step() -> None:
    called: list[int] = []
    steps = list(interrupting.steps("a call", lambda: two_steps, lambda: called.append(1)))
    assert [(step.met, step.raised, step.value) for step in steps] == [
        (False, False, "done"),
        (True, False, "done"),
        (True, False, "done"),
        (False, False, "done"),
    ]
    assert len(called) == 2


def test_an_exception_ends_a_short_call_at_each_step() -> None:
    steps = list(interrupting.steps("a call", lambda: two_steps, interrupting.interrupt))
    assert [step.raised for step in steps] == [False, True, True, False]
    assert sys.getprofile() is None


def test_what_only_the_first_call_of_a_process_does_is_not_interrupted() -> None:
    imported: list[str] = []

    def call() -> str:
        if not imported:
            imported.extend(chr(number) for number in range(1000))
        return two_steps()

    steps = list(interrupting.steps("a call", lambda: call, interrupting.interrupt))
    assert [step.raised for step in steps] == [False, True, True, True, False]


def test_finalizers_of_each_kind_call_back(actors: Actors) -> None:
    called: list[int] = []
    interrupting.finalizers(actors, "it", lambda: two_steps, lambda: called.append(1))
    assert len(called) >= 4  # __del__ and a weak reference's callback, at two steps
    with pytest.raises(AssertionError, match="it: a finalizer's call raised ZeroDivisionError"):
        interrupting.finalizers(actors, "it", lambda: two_steps, lambda: called.append(1 // 0))


@pytest.fixture
def hasty() -> Actors:
    """Durations for a check that must not take long."""
    return Actors(_thread, Durations(0.05), lambda text: None)


def test_a_timeout_that_begins_again_is_seen(hasty: Actors, capfd: object) -> None:
    def begins_again(seconds: float) -> None:
        while True:
            signal.pause()

    with pytest.raises(AssertionError, match=r"hold\(0.015\) did not return while a signal came"):
        interrupting.check_timeout(hasty, "hold", begins_again)


def test_a_timeout_that_a_signal_ends_is_seen(hasty: Actors, capfd: object) -> None:
    with pytest.raises(AssertionError, match=r"hold\(.*\) returned after .* ended by a signal"):
        interrupting.check_timeout(hasty, "hold", lambda seconds: signal.pause())


def test_a_timeout_that_signals_leave_alone_passes(hasty: Actors, capfd: object) -> None:
    interrupting.check_timeout(hasty, "hold", time.sleep)
