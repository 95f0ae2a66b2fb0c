"""``python -m quality.explore_reduction`` compares, and sees a reduction that loses something."""

from __future__ import annotations

import pytest

from quality import explore_reduction as trials
from threadspec.exploration import scenarios, visible
from threadspec.exploration.program import Program
from threadspec.exploration.scheduler import Run
from threadspec.exploration.search import Exhaustive, Random


def test_what_can_be_finished_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["semaphore.attempts-2", "condition.notify-one-lock"]
    assert trials.main([*names, "--schedules", "30"]) == 0
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.startswith("same      semaphore.attempts-2: 1 outcomes in all 14 schedules; ")
    said = "shared    condition.notify-one-lock: 2 outcomes in all 23 schedules of shared steps; "
    assert second.startswith(said)
    assert total.startswith(
        "1 of 2 scenarios have the same outcomes in every schedule; 1 in every "
    )


def test_nothing_is_left_out_of_the_search_of_every_schedule() -> None:
    scenario = next(one for one in scenarios.written() if one.name == "semaphore.attempts-2")
    program = Program(scenario, visible.load_reference())
    ordered, _ = program.run(Random(1), None)
    every, _ = trials.unordered(program).run(Random(1), None)
    assert [one.after is None for one in ordered.tasks] == [True, False]
    assert [one.after is None for one in every.tasks] == [True, True]


def test_a_step_that_is_hidden_and_matters_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Run, "discovered", property(lambda run: set(), lambda *args: None), False)
    assert trials.main(["event.two-clears"]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("DIFFERS   event.two-clears: ")
    assert "; lost: " in line


def test_what_cannot_be_finished_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert trials.main(["condition.notify-one-lock", "--schedules", "10"]) == 0
    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith("within    condition.notify-one-lock: ")
    assert "outcomes in 10 of all and in 10 random schedules" in line
    assert "; 1 could not be finished without the reduction, and no schedule has another" in total
    assert trials.main(["condition.notify-one-lock", "--schedules", "1"]) == 0
    assert capsys.readouterr().out.startswith("too many  condition.notify-one-lock: more than 1 ")


@pytest.mark.parametrize("limit", [[], ["--schedules", "200"]])
def test_a_reduction_that_loses_an_outcome_is_an_error(
    limit: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Exhaustive, "_reverse", lambda *args: None)
    name = "event.set-beside-clear" if limit else "lock.attempt-changes-nothing"
    assert trials.main([name, *limit]) == 1
    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith(f"DIFFERS   {name}: ")
    assert "; lost: " in line
    assert total.endswith("; 1 differ")
