"""The interleaving faults: they can be planted, and ``threadspec explore`` finds them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from quality.explore_faults import __main__ as trials
from quality.explore_faults.__main__ import Found, collection, summary, try_fault
from quality.faults.planting import PACKAGE, Fault
from quality.oddities.__main__ import Oddity
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import battery
from threadspec.exploration import scenarios, visible
from threadspec.exploration.exploring import SEED, Exploration, undisturbed
from threadspec.exploration.program import Program, Scenario
from threadspec.exploration.report import interleaving
from threadspec.exploration.search import Bounded, Random, parse

FAULTS = collection()
BY_ID = {fault.id: fault for fault in FAULTS}
# Without threads and timers, which are threads beside the one that calls.
CALLS = {name: some for name, some in scenarios._CALLS.items() if name not in ("thread", "timer")}


def test_there_are_many_and_each_is_one_of_its_own() -> None:
    assert len(FAULTS) >= 60
    assert [name for name, count in Counter(one.id for one in FAULTS).items() if count > 1] == []
    assert [name for name, count in Counter(one.says for one in FAULTS).items() if count > 1] == []


def test_each_names_a_clause_that_can_be_broken() -> None:
    levels = {clause.id: clause.level for clause in catalogue().clauses}
    assert {levels.get(fault.clause) for fault in FAULTS} <= {"must", "should"}


def test_each_can_be_planted() -> None:
    for fault in FAULTS:
        for file in fault.files:
            compile(fault.source(file), f"{fault.id}: {file}", "exec")


def test_every_class_of_the_manual_has_some() -> None:
    assert {fault.id.split(".")[0] for fault in FAULTS} == {
        *("boundedsemaphore", "condition", "daemon", "event", "local", "lock", "module"),
        *("rlock", "semaphore", "thread", "timer"),
    }


@pytest.mark.parametrize(
    ("fault", "program", "observed"),
    [
        ("boundedsemaphore.adds-first", "boundedsemaphore.excess-beside-use", "raised ValueError"),
        ("daemon.check-then-set", "daemon.set-beside-start", "t.isDaemon() returned False"),
        ("daemon.setter-claims", "daemon.set-beside-start", "t.start() raised RuntimeError"),
        ("event.looks-again", "event.clear-between-set-and-wake", "e.wait() blocks for ever"),
        ("local.remembers-the-last", "local.unset-beside-set", "not a.value is false"),
        ("lock.thinks-it-awake", "lock.attempt-meets-release", "lock.acquire() blocks for ever"),
        ("thread.join-tidies", "thread.join-again-beside-start", "u.isAlive() returned False"),
        (
            "timer.armed-late",
            "battery/timer/cancel.py::test_a_cancel_right_after_start_is_not_lost",
            "join() of a timer that was cancelled right after start() did not return",
        ),
    ],
)
def test_a_fault_is_found(fault: str, program: str, observed: str, tmp_path: Path) -> None:
    with undisturbed():
        found = try_fault(BY_ID[fault], tmp_path / "copy")
    assert (found.fault, found.program) == (fault, program)
    assert observed in found.observed
    assert found.line.startswith(f"found  {fault}  in schedule {found.schedule} of {program}")


def test_a_fault_is_found_in_the_interleaving_that_shows_it(tmp_path: Path) -> None:
    """A set(), a clear() and a set() between the two steps of another set()."""
    fault = BY_ID["event.looks-again"]
    fault.plant(tmp_path)
    subject = visible.load_reference(fault.id, folder=tmp_path / PACKAGE)
    name = "event.clear-between-set-and-wake"
    program = Program(next(one for one in scenarios.written() if one.name == name), subject)
    with undisturbed():
        failure = Exploration(program).explore().failure
        assert failure is not None
        shown = interleaving(program, parse(failure.token))
    assert failure.clause == fault.clause
    assert shown.wrong == "e.wait() blocks for ever"
    texts = [(row.task, row.text) for row in shown.rows]
    setter = program.scenario.tasks.index("e.set()")
    looks = (setter, "if queue and not self._queues:")
    first = texts.index(looks)
    again = texts.index(looks, first + 1)
    assert texts[first - 1] == (setter, "self._queues.remove(queue)")
    assert next(text for task, text in texts[first:again] if task == setter + 1) == "e.clear()"
    assert [row.switch for row in shown.rows[first : again + 1] if row.switch] == ["preempted"] * 2
    assert texts[-1] == (program.scenario.tasks.index("e.wait()"), "stays blocked")


# The classes on which faults of a chapter can show, if not that of the chapter.
SHOWN_BY = {"rlock": ("rlock", "condition"), "semaphore": ("semaphore", "boundedsemaphore")}


@pytest.mark.parametrize("chapter", sorted({fault.chapter for fault in FAULTS} & set(CALLS)))
def test_one_thread_alone_shows_no_fault(chapter: str, tmp_path: Path) -> None:
    """Whatever three calls it makes."""
    for fault in FAULTS:
        if fault.chapter != chapter:
            continue
        fault.plant(tmp_path)
        subject = visible.load_reference(fault.id, folder=tmp_path / PACKAGE)
        for shown_by in SHOWN_BY.get(chapter, (chapter,)):
            objects, calls, clause = CALLS[shown_by]
            for some in product(calls, repeat=3):
                text = "; ".join(f"x.{call}" for call in some)
                text = f"with x: {text}" if shown_by == "condition" else text
                alone = Program(Scenario("alone", objects, (text,), (clause,)), subject)
                with undisturbed():
                    assert alone.run(Bounded(0), None)[1] is None, (fault.id, text)


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.bounds], ids=lambda one: one.id)
def test_a_fault_with_bounds_is_found_with_them_alone(
    fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trials, "SCHEDULES", 5)
    with undisturbed():
        found = try_fault(fault, tmp_path / "copy")
        assert found.program is not None
        only(monkeypatch, found.program)
        assert try_fault(fault, tmp_path / "copy").program == found.program
        assert try_fault(fault, tmp_path / "copy", bounded=False).program is None


def test_bounds_that_a_fault_does_not_need_are_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    needless = replace(BY_ID["event.empties"], hunks=BY_ID["event.waits-unseen"].hunks)
    monkeypatch.setattr(trials, "chosen", lambda words: [needless])
    only(monkeypatch, "event.set-meets-wait")
    assert trials.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "0 of 1 faults with bounds are missed without them",
        "FOUND WITHOUT ITS BOUNDS: event.empties",
    ]


@pytest.mark.parametrize(
    ("fault", "program"),
    [
        ("condition.level-shared", "condition.levels-of-two-waiters"),
        ("condition.two-at-most", "condition.notifyAll-three-waiters-lock"),
        ("semaphore.only-from-zero", "semaphore.two-waiters-two-releases"),
        ("thread.once", "thread.start-join-alive"),
    ],
)
def test_a_fault_that_is_found_at_first_depends_on_the_schedule(
    fault: str, program: str, tmp_path: Path
) -> None:
    BY_ID[fault].plant(tmp_path)
    subject = visible.load_reference(fault, folder=tmp_path / PACKAGE)
    tried = Program(next(one for one in scenarios.written() if one.name == program), subject)
    strategy = Random(SEED)
    with undisturbed():
        wrong = [tried.run(strategy, None)[1] is not None for _ in range(200)]
    assert {True, False} == set(wrong)


# -- the command -----------------------------------------------------------------------------------


def test_faults_are_chosen_by_id_chapter_or_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert [one.id for one in trials.chosen(["event.walks"])] == ["event.walks"]
    assert {one.chapter for one in trials.chosen(["timer"])} == {"timer"}
    assert {one.clause for one in trials.chosen(["event.atomic"])} == {"event.atomic"}
    assert trials.chosen([]) == FAULTS
    assert trials.main(["--list", "event.walks"]) == 0
    listed = capsys.readouterr().out
    assert listed == f"event.walks  (event.set.wakes-all)  {BY_ID['event.walks'].says}\n"


def test_the_report_has_a_line_for_each_fault_and_the_totals() -> None:
    one = Found("a.b", "a.program", 3, 40, "a.c() returned 1", 0.5)
    other = Found("a.d", "a.program", 12, 0, "a.c() blocks for ever", 0.25)
    missed = Found("a.e", None, 0, 1234, "", 2.0)
    assert [found.line for found in (one, other, missed)] == [
        "found  a.b  in schedule 3 of a.program after 40 of others: a.c() returned 1  (0.50 s)",
        "found  a.d  in schedule 12 of a.program: a.c() blocks for ever  (0.25 s)",
        "MISSED a.e  in 1,234 schedules  (2.0 s)",
    ]
    assert summary([one, other, missed]) == [
        "2 of 3 interleaving faults found",
        "median schedule 7.5, the last 12; median with those of scenarios tried before 27.5",
        "MISSED: a.e",
    ]
    assert summary([missed]) == ["0 of 1 interleaving faults found", "MISSED: a.e"]


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these scenarios be all."""
    some = tuple(one for one in scenarios.written() if one.name in names)
    monkeypatch.setattr(trials.scenarios, "written", lambda: some)


def test_a_missed_fault_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, "event.set-meets-wait")
    monkeypatch.setattr(trials, "battery", list)
    assert trials.main(["event.set-takes-first", "event.waits-unseen"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("found  event.waits-unseen  in schedule 2 of event.set-meets-wait")
    assert lines[1].startswith("MISSED event.set-takes-first  in ")
    assert lines[2] == "1 of 2 interleaving faults found"
    assert lines[4:] == ["MISSED: event.set-takes-first", "the reference passes them all"]
    assert trials.main(["event.waits-unseen"]) == 0


def test_the_reference_itself_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "event.set-meets-wait", "rlock.exclusion-2")
    cases = [one for one in battery() if one.clause.id == "event.set.not-lost"]
    with undisturbed():
        assert trials.check_reference(cases) == []


def test_a_fault_of_the_reference_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    BY_ID["event.waits-unseen"].plant(tmp_path)
    broken = visible.load_reference("broken", folder=tmp_path / PACKAGE)
    monkeypatch.setattr(trials.visible, "load_reference", lambda *args, **kwargs: broken)
    only(monkeypatch, "event.set-meets-wait")
    with undisturbed():
        assert set(trials.check_reference([])) == {
            "broken fails event.set-meets-wait: e.wait() blocks for ever"
        }


def test_oddities_are_tried_and_those_that_cannot_be_explored_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("lifo_condition", "service_thread")
    monkeypatch.setattr(trials.oddities, "collection", lambda: [Oddity(one, "") for one in names])
    only(monkeypatch, "condition.notify-one", "condition.notify-two-waiters-lock")
    assert trials.main(["--oddities"]) == 0
    ok, left_out, total = capsys.readouterr().out.splitlines()
    assert ok.split()[:2] == ["ok", "lifo_condition"]
    assert left_out.startswith("left out  service_thread: ")
    assert "starts a thread while it is imported cannot be explored" in left_out
    assert total == "oddities raised: 0 of 1 explored"


def test_an_oddity_that_fails_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trials.oddities, "collection", lambda: [Oddity("lifo_event", "")])
    monkeypatch.setattr(trials, "sample", lambda subject: iter(["event.x: e.wait() blocks"]))
    assert trials.main(["--oddities"]) == 1
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["RAISED", "lifo_event"]
    assert second == "          event.x: e.wait() blocks"
    assert total == "oddities raised: 1 of 1 explored"
