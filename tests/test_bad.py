"""Implementations that are wrong everywhere: each loads, and judging them is timed."""

from __future__ import annotations

import time

import pytest

from quality.bad.__main__ import LIMITS, Cost, cost, main, subject
from quality.judging import ROOT, cases_of
from threadspec.frontends.trial import Trial


def test_each_has_a_limit() -> None:
    modules = {path.stem for path in (ROOT / "quality" / "bad").glob("[!_]*.py")}
    assert modules <= set(LIMITS)


@pytest.mark.parametrize("name", ["timers_never_fire", "release_blocks", "waits_never_woken"])
def test_each_loads(name: str) -> None:
    trial = Trial(subject(name))
    try:
        assert trial.load().module == f"quality.bad.{name}"
    finally:
        trial.close()


def test_cases_wait_side_by_side() -> None:
    words = ("the_function", "arguments")
    cases = [one for one in cases_of(["timer"]) if any(word in one.function for word in words)][:8]
    assert len(cases) == 8
    trial = Trial(subject("timers_never_fire"))
    try:
        trial.load()
        began = time.monotonic()
        results = list(trial.run_all(cases))
        seconds = time.monotonic() - began
    finally:
        trial.close()
    assert len(results) == len(cases)
    assert seconds < 0.7 * sum(result.seconds for result in results)


def test_one_that_takes_longer_than_its_limit_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(LIMITS, "release_blocks", 0)
    assert main(["release_blocks", "--chapter", "overview"]) == 1
    assert capsys.readouterr().out.startswith("TOO LONG  release_blocks: ")


def test_a_cost_is_a_line() -> None:
    found = cost("reference-dummy", cases_of(["overview"]))
    assert isinstance(found, Cost)
    assert found.line.startswith("ok        reference-dummy: ")
