"""Adverse conditions: what counts as another verdict, and as a refusal to judge."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from test_record import FAILED, PASSED, a_record

from quality import adversity
from quality.adversity import Condition, Finding
from threadspec.reports.record import write

SENTENCE = "the system refuses another thread (no memory); raise the limit"


def compare(folder: Path, printed: str, *cases: object) -> tuple[str | None, tuple[str, ...]]:
    """The comparison of a record that has ``cases``, or of no record, with a calm run's."""
    calm, record = folder / "calm.json", folder / "record.json"
    write(a_record(cases=(PASSED, FAILED)), calm)
    if cases:
        write(a_record(cases=cases), record)  # type: ignore[arg-type]
    return adversity.compare(calm, record, printed)


def test_the_same_verdicts_are_no_difference(tmp_path: Path) -> None:
    assert compare(tmp_path, "", PASSED, FAILED) == (None, ())


def test_another_verdict_is_a_difference_even_beside_a_refusal(tmp_path: Path) -> None:
    other = dataclasses.replace(PASSED, verdict="fail", observed="it failed")
    for printed in ("", SENTENCE):
        _, [difference] = compare(tmp_path, printed, other, FAILED)
        assert difference == f"{PASSED.case} is fail, not {PASSED.verdict}: it failed"


def test_verdicts_may_be_missing_only_where_the_kit_says_why(tmp_path: Path) -> None:
    _, differences = compare(tmp_path, "1 passed", PASSED)
    assert differences == (f"{FAILED.case} is missing, not {FAILED.verdict}",)
    assert compare(tmp_path, f"!!! {SENTENCE} !!!", PASSED) == (SENTENCE, ())


def test_all_verdicts_may_be_missing_only_where_the_kit_says_why(tmp_path: Path) -> None:
    _, differences = compare(tmp_path, "Traceback (most recent call last):")
    assert len(differences) == 2
    assert compare(tmp_path, f"ERROR: reference cannot be judged: {SENTENCE}")[1] == ()


def test_a_condition_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Condition("", ("no-such-program", "--option")).missing() == "there is no no-such-program"
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert Condition("", as_root=True).missing() == "it needs root"
    assert Condition("").missing() is None


def test_a_difference_fails_the_command_and_a_refusal_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adversity, "run", lambda *_: tmp_path / "record.json")
    options = ["--impl", "reference", "--condition", "slow", "--out", str(tmp_path / "out")]
    monkeypatch.setattr(adversity.Condition, "missing", lambda self: None)
    for finding, status in (
        (Finding(None, (), 1.0), 0),
        (Finding(SENTENCE, (), 1.0), 0),
        (Finding(None, ("one is fail, not pass",), 1.0), 1),
    ):
        assert adversity.main(options, lambda *_, finding=finding: finding) == status
        assert str(finding) in capsys.readouterr().out
