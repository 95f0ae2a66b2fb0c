"""Every failure that is found is replayed, and a replay that differs is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quality import explore_replay
from quality.explore_replay import Failure, differences, failures_of_faults

# Found by a scenario, only with a bound, and by a case.
FAULTS = ["event.looks-again", "semaphore.plenty", "timer.armed-late"]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> list[Failure]:
    return list(failures_of_faults(FAULTS, tmp_path_factory.mktemp("faults")))


def test_another_fault_than_the_one_found_is_told(failures: list[Failure], tmp_path: Path) -> None:
    wrong = replace(failures[0], observed="e.set() blocks for ever")
    (line,) = differences([wrong], tmp_path, times=2)
    assert line == (
        "event.looks-again, event.clear-between-set-and-wake: 0 of 4 replays show "
        "'e.set() blocks for ever', others 'e.wait() blocks for ever'; 1 different tables"
    )


def test_another_table_is_told(
    failures: list[Failure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = explore_replay.replayed
    made = []

    def other(*args: object) -> str:
        made.append(original(*args))  # type: ignore[arg-type]
        return made[-1].replace("preempted", "ended") if len(made) == 2 else made[-1]

    monkeypatch.setattr(explore_replay, "replayed", other)
    (line,) = differences(failures[:1], tmp_path, times=3)
    assert line.endswith("5 of 5 replays show 'e.wait() blocks for ever'; 2 different tables")


def test_a_failure_is_the_same_in_each_replay(
    failures: list[Failure], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one.subject for one in failures] == FAULTS
    monkeypatch.setattr(explore_replay, "failures_of_faults", lambda *args: iter(failures))
    assert explore_replay.main([*FAULTS, "--times=3"]) == 0
    said = "3 of 3 failures were the same in each of 5 replays\n"
    assert capsys.readouterr().out == said


def test_nothing_to_replay_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explore_replay, "failures_of", lambda name: iter(()))
    with pytest.raises(SystemExit):
        explore_replay.main(["reference"])
    assert "nothing to replay" in capsys.readouterr().err
