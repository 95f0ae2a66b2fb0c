"""Patience: waits are shortened only on implementations where earlier waits were in vain."""

from __future__ import annotations

import _thread
import json
from typing import Any

import pytest

from miniatures import run_case
from quality.judging import ROOT, implementation
from threadspec.adapters.runner.hangs import Hangs
from threadspec.adapters.runner.process import WorkerProcess
from threadspec.conformance.harness import blocking, outcomes, patience
from threadspec.conformance.harness.actors import Actors
from threadspec.conformance.harness.durations import TABLE, Durations
from threadspec.conformance.harness.patience import LEAST, MANY, SHARE, TIMES, VAIN, Experience

WHOLE = TABLE["positive"][0]


class Clock:
    """A clock that advances when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that measures waits."""
    clock = Clock()
    monkeypatch.setattr(blocking, "clock", clock)
    return clock


def lasts_in_cases(clock: Clock, durations: Durations) -> list[float]:
    """The durations of waits in vain, each in a case of its own, before another case begins."""
    waits = []
    for _ in range(VAIN):
        durations.begin("chapter")
        waits.append(lasts(clock, durations))
    durations.begin("chapter")
    return waits


def lasts(clock: Clock, durations: Durations, late: float = 0.0) -> float:
    """The duration of a wait in vain, for a caller who looks every 10 ms, or ``late``."""
    wait = durations.wait("positive", "thread")
    while not wait.is_over(0.01):
        clock.now += 0.01 + late
    seconds: float = wait.seconds
    wait.end(False)
    return seconds


def test_waits_are_shortened_when_others_were_in_vain(clock: Clock) -> None:
    durations = Durations()
    assert lasts_in_cases(clock, durations) == [pytest.approx(WHOLE, abs=0.02)] * VAIN
    assert lasts(clock, durations) == pytest.approx(LEAST, abs=0.02)


def test_all_waits_of_a_case_end_before_the_case_has_to(clock: Clock) -> None:
    durations = Durations()
    for chapter in ("chapter", "another"):  # where nothing is known, and where something is
        durations.begin(chapter)
        began = clock.now
        waits = [lasts(clock, durations) for _ in range(200)]
        assert waits[0] >= WHOLE * SHARE
        assert waits == pytest.approx(sorted(waits, reverse=True), abs=0.02)
        assert clock.now - began < durations["case"] * 0.95
    durations.begin("chapter")
    assert lasts(clock, durations) >= LEAST  # the next case has its own time


def test_in_another_file_they_are_shortened_less(clock: Clock) -> None:
    durations = Durations()
    lasts_in_cases(clock, durations)
    durations.begin("another chapter")
    assert lasts(clock, durations) == pytest.approx(SHARE * WHOLE, abs=0.02)


def test_the_scale_of_time_applies_to_shortened_ones(clock: Clock) -> None:
    durations = Durations(2.0)
    lasts_in_cases(clock, durations)
    assert lasts(clock, durations) == pytest.approx(2 * LEAST, abs=0.02)


def test_an_implementation_that_is_slow_gets_its_time(clock: Clock) -> None:
    durations = Durations()
    durations.begin("chapter")
    wait = durations.wait("positive", "thread")
    clock.now += 0.1
    wait.end(True)
    lasts_in_cases(clock, durations)
    assert lasts(clock, durations) == pytest.approx(TIMES * 0.1, abs=0.02)


def test_where_many_were_in_vain_they_are_shortened_more() -> None:
    known = Experience()
    known.succeed("chapter", "thread", 0.1)
    for _ in range(MANY):
        assert known.least("chapter", "thread", WHOLE, 1, 1.0) >= TIMES * 0.1
        known.fail("chapter")
    assert known.least("chapter", "thread", WHOLE, 1, 1.0) == pytest.approx(TIMES / 2 * 0.1)
    assert known.least("another chapter", "thread", WHOLE, 1, 1.0) >= TIMES * 0.1


def test_a_busy_machine_gives_it_more_time(clock: Clock) -> None:
    durations = Durations()
    lasts_in_cases(clock, durations)
    assert lasts(clock, durations, late=0.05) > 4 * LEAST


def test_nothing_is_learnt_from_a_wait_that_was_broken_off(clock: Clock) -> None:
    durations = Durations()
    durations.begin("chapter")
    for _ in range(2 * VAIN):
        wait = durations.wait("positive", "thread")
        wait.hasten(0.25)
        while not wait.is_over(0.01):
            clock.now += 0.01
        assert wait.seconds == pytest.approx(0.25, abs=0.02)
        wait.end(False)
        durations.wait("positive", "thread").end(False)  # proved to be in vain
    assert not durations.experience.vain


def test_experience_is_passed_on() -> None:
    known, own = Experience(), Experience()
    own.fail("chapter")
    own.succeed("chapter", "thread", 0.2)
    own.pace = 0.001
    for _ in range(2):
        known.add(json.loads(json.dumps(own.told())))
    own.catch_up(known.told())
    own.catch_up(known.told())
    told = {"vain": {"chapter": 2}, "longest": {"chapter": {"thread": 0.2}}, "pace": 0.001}
    assert own.told() == known.told() == told


def test_what_takes_long_in_one_file_does_not_lengthen_waits_in_another() -> None:
    known = Experience()
    for _ in range(VAIN):
        known.fail("chapter")
    known.succeed("another chapter", "thread", WHOLE / 2)
    assert known.least("chapter", "thread", WHOLE, 1, 1.0) == LEAST
    assert known.least("another chapter", "thread", WHOLE, 1, 1.0) == WHOLE


def test_the_pace_is_measured_once_for_all_workers() -> None:
    one, other = Durations(), Durations()
    assert one.pace(lambda: 0.25) == 0.25
    other.learn(json.loads(json.dumps(one.news)))
    assert other.pace(lambda: pytest.fail("measured again")) == 0.25


def test_an_actor_that_has_failed_hastens_others_only_where_waits_are_in_vain() -> None:
    durations = Durations(0.2)
    durations.begin("chapter")
    actors = Actors(_thread, durations, lambda text: None)
    ends: list[None] = []

    def fail() -> None:
        raise ValueError

    def poll() -> None:
        while not ends:
            blocking.time.sleep(0.01)

    def waits() -> float:
        began = blocking.clock()
        assert not poller.returned()
        seconds: float = blocking.clock() - began
        return seconds

    failing = actors.start(fail)
    assert actors.until(failing.has_ended)
    poller = actors.start(poll)
    assert waits() >= 0.2 * WHOLE
    for _ in range(VAIN):
        durations.experience.fail("another chapter")
    shortened = SHARE * 0.2 * WHOLE
    assert waits() < 0.75 * shortened
    failing.raised()  # the case expects it
    assert waits() >= shortened
    ends.append(None)


def test_helper_threads_are_waited_for_as_experience_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LEAST", 0.0)
    durations = Durations(0.05)
    durations.begin("chapter")
    actors = Actors(_thread, durations, lambda text: None)
    ends: list[None] = []

    def poll() -> None:
        while not ends:
            blocking.time.sleep(0.01)

    waits = []
    for number in range(2 * VAIN):
        durations.begin("chapter")
        actor = actors.start(poll)
        spent = durations.spent.get("positive", 0.0)
        assert not (actor.returned() if number % 2 else actors.until(actor.has_ended))
        waits.append(durations.spent["positive"] - spent)
    assert min(waits[:VAIN]) >= 0.05 * WHOLE
    assert durations.experience.vain == {"chapter": 2 * VAIN}
    assert sum(waits[VAIN:]) < sum(waits[:VAIN])
    ends.append(None)


def test_a_worker_that_is_replaced_passes_on_what_it_has_learnt() -> None:
    hangs = Hangs()
    worker = WorkerProcess(
        implementation("waits_never_woken", "quality.bad.waits_never_woken", ROOT),
        0.2,
        None,
        hangs,
    )
    chapter = "threadspec.conformance.battery.event"
    try:
        vain = 0
        for _ in range(VAIN + 1):
            outcome = run_case(worker, f"{chapter}.set", "test_set_wakes_a_blocked_thread")
            assert (outcome.kind, outcome.spoiled) == ("violated", True)
            assert hangs.waits is not None
            assert list(hangs.waits["vain"]) == [chapter]
            assert hangs.waits["vain"][chapter] > vain
            vain = hangs.waits["vain"][chapter]
    finally:
        worker.close()


def test_how_long_cases_take_is_not_learnt_from_waits_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = WorkerProcess(
        implementation("reference", "threadspec.reference", ROOT), 1.0, None, Hangs()
    )
    passed: list[float] = []
    monkeypatch.setattr(worker._hangs, "has_passed", passed.append)
    answers: list[dict[str, Any]] = [
        {**outcomes.outcome(), "seconds": 6.1, "learnt": learnt}
        for learnt in (
            {"vain": {"chapter": 1}, "longest": {}, "pace": None},
            {"vain": {}, "longest": {}, "pace": None},
        )
    ]
    try:
        worker.load()
        monkeypatch.setattr(worker, "_answer", lambda *arguments: answers.pop(0))
        for _ in range(2):
            run_case(worker, "threadspec.conformance.battery.lock.release", "x")
            assert len(passed) == 1 - len(answers)
    finally:
        worker.close()


def test_who_waits_for_a_case_outlasts_the_waits_of_that_case() -> None:
    known = Experience()
    assert known.least("chapter", "answer", WHOLE, 1.5, 1.0) == 1.5 * WHOLE
    for _ in range(VAIN):
        known.fail("chapter")
    known.succeed("chapter", "thread", 0.1)
    known.succeed("chapter", "answer", 0.02)
    inner = known.least("chapter", "thread", WHOLE, 1, 1.0)
    assert inner == pytest.approx(TIMES * 0.1)
    assert known.least("chapter", "answer", WHOLE, 1.5, 1.0) == pytest.approx(1.5 * inner)
