"""Green threads: the kit waits for them, and sees that they are blocked, as for real threads."""

from __future__ import annotations

import _thread
import importlib.util
import json
import subprocess
import sys
import types

import pytest

from quality.judging import cases_of
from threadspec.adapters.adapter import Adapter, Implementation
from threadspec.adapters.interpreters import this_interpreter
from threadspec.conformance.harness import green
from threadspec.conformance.index import battery
from threadspec.frontends.trial import Trial

SETUPS = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}

# Prints answers about helper threads, and how many seconds each took.
SCRIPT = """
import json, time
import _thread
from threadspec.conformance.harness.actors import Actors
from threadspec.conformance.harness.durations import Durations

notes = []
actors = Actors(_thread, Durations(), notes.append)
held = _thread.allocate_lock()
held.acquire()
answers = []


def ask(question):
    began = time.monotonic()
    answers.append((question(), time.monotonic() - began))


sleeper = actors.start(time.sleep, 0.5)
ask(sleeper.returned)
ask(actors.start(time.sleep, 0.5).has_ended)
ask(lambda: actors.until(actors.start(time.sleep, 0.5).has_ended))
waiter = actors.start(held.acquire)
ask(waiter.is_blocked)
ask(waiter.returned)
held.release()
ask(waiter.returned)
ask(actors.start(held.acquire, True, 0.3).is_blocked)
print(json.dumps([answers, notes]))
"""


# eventlet also shows when time-outs will expire.
NOTES = {
    "gevent": ["seen waiting to be woken", "watched for the window"],
    "eventlet": ["seen waiting to be woken", "seen waiting to be woken"],
}


@pytest.fixture(params=SETUPS, scope="module")
def library(request: pytest.FixtureRequest) -> str:
    """A library of green threads."""
    return str(request.param)


@pytest.fixture(scope="module")
def said(library: str) -> list[list[list[object]]]:
    """The answers of the script with green threads, and its notes."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SETUPS[library] + "\n" + SCRIPT],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return list(json.loads(found.stdout))


def test_a_thread_that_goes_on_by_itself_is_awaited(said: list[list[list[object]]]) -> None:
    answers, _ = said
    assert [answer for answer, _ in answers] == [True, False, True, True, False, True, True]


def test_a_thread_that_waits_to_be_woken_is_seen_to_be_blocked(
    said: list[list[list[object]]], library: str
) -> None:
    _, notes = said
    assert notes == [f"1 actor: blocked, {note}" for note in NOTES[library]]


def test_a_wait_in_vain_is_given_up_early(said: list[list[list[object]]]) -> None:
    answers, _ = said
    assert float(str(answers[4][1])) < 4.0


def test_kernel_threads_are_no_green_ones() -> None:
    assert not green.may_be_green(_thread)


def test_nothing_is_said_of_a_scheduler_that_is_not_known() -> None:
    substrate = types.SimpleNamespace(start_new_thread=test_kernel_threads_are_no_green_ones)
    assert green.may_be_green(substrate)
    assert not green.nobody_can_run(substrate)


def test_programs_with_green_threads_hear_what_they_are_told(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    case = next(
        one
        for one in cases_of(["interruptions"])
        if one.id
        == "battery/interruptions/lock.py::test_an_exception_at_each_step_leaves_it_usable"
    )
    adapter = Adapter(name=library, module="threading", setup=SETUPS[library])
    trial = Trial(Implementation(library, adapter, this_interpreter()))
    try:
        observed = trial.run_case(case).observed or ""
    finally:
        trial.close()
    assert "one of the first calls" not in observed  # the program did not get that far


def test_a_long_timeout_of_one_case_breaks_no_later_one() -> None:
    if importlib.util.find_spec("eventlet") is None:
        pytest.skip("eventlet is not installed")
    ids = (
        "battery/event/wait.py::test_an_immense_timeout_is_accepted",
        "battery/daemon/program.py::test_a_program_does_not_wait_for_blocked_daemons",
    )
    cases = {case.id: case for case in battery()}
    adapter = Adapter(name="eventlet", module="threading", setup=SETUPS["eventlet"])
    trial = Trial(Implementation("eventlet", adapter, this_interpreter()))
    try:
        results = [trial.run_case(cases[one]) for one in ids]
    finally:
        trial.close()
    assert [(one.verdict, one.observed) for one in results] == [("pass", None)] * 2
