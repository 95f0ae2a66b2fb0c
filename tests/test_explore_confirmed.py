"""What ``threadspec explore`` finds in CPython is tried with real threads."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from quality.explore_confirmed import __main__ as confirming
from quality.explore_confirmed import program
from quality.explore_confirmed.__main__ import SCENARIOS, Result, Tries, explored, tried
from threadspec.exploration import scenarios

# Those that take a single delay, which are few tries.
SHORT = ["start-twice", "unlisted-but-alive", "notify-beside-notify", "attempt-beside-notify"]


def test_each_finding_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(program.FINDINGS)
    assert set(SCENARIOS.values()) <= {one.name for one in scenarios.written()}


@pytest.mark.parametrize("finding", SHORT)
@pytest.mark.parametrize("name", ["stdlib", "reference"])
def test_real_threads_show_what_is_found_and_nothing_else(name: str, finding: str) -> None:
    schedule = explored(name, SCENARIOS[finding])
    natural, forced, crash = tried(name, finding, seconds=0.0, most=100)
    result = Result(finding, name, schedule, natural, forced, crash)
    assert natural.count == 0
    assert crash or forced.count >= 5
    assert result.is_confirmed == (schedule is not None), result.line
    if name == "reference":
        assert schedule is None


def test_what_one_thread_shows_is_tried_freely() -> None:
    natural, _, crash = tried("stdlib", "stack-size", seconds=1.0, most=5)
    assert (natural.wrong, natural.count, crash) == (5, 5, "")
    assert natural.said == "stack_size(4194304); stack_size() returned 4194304, then 0"


def test_a_crash_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.py"
    monkeypatch.setattr(confirming, "PROGRAM", other)
    other.write_text(
        f"import os; print('[1, 2, null]', flush=True); os.kill(os.getpid(), {signal.SIGSEGV})"
    )
    natural, forced, crash = tried("stdlib", "start-twice")
    assert (natural, forced) == (Tries(1, 2), Tries())
    assert crash == f"the interpreter crashed with {-signal.SIGSEGV}"


@pytest.mark.parametrize("shown", ["", "[1, 2, null]", "[1, 2, null]\n[0, 7, null]"])
@pytest.mark.parametrize(
    ("end", "why"), [("sys.exit('out of threads')", "out of threads"), ("int('x')", "ValueError: ")]
)
def test_a_mistake_of_the_program_is_no_crash(
    shown: str, end: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.py"
    other.write_text(f"import sys; print({shown!r}, end=''); {end}")
    monkeypatch.setattr(confirming, "PROGRAM", other)
    with pytest.raises(RuntimeError, match=f"other.py failed for start-twice on stdlib: {why}"):
        tried("stdlib", "start-twice")


def test_a_program_that_ends_too_early_is_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.py"
    other.write_text("print('[1, 2, null]')")
    monkeypatch.setattr(confirming, "PROGRAM", other)
    with pytest.raises(RuntimeError, match=r"other.py failed for start-twice on stdlib: exit stat"):
        tried("stdlib", "start-twice")


def test_a_disagreement_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(confirming, "explored", lambda name, scenario: 3)
    monkeypatch.setattr(confirming, "tried", lambda *args: (Tries(0, 9), Tries(1, 7, "it did"), ""))
    assert confirming.main(["two-joiners", "--impl=reference"]) == 0
    assert "confirmed (natural 0 of 9, forced 1 of 7; it did)" in capsys.readouterr().out
    monkeypatch.setattr(confirming, "tried", lambda *args: (Tries(0, 9), Tries(0, 7), ""))
    assert confirming.main(["two-joiners", "--impl=reference"]) == 1
    assert "disagree about 1" in capsys.readouterr().out
