"""The odd but conforming implementations: each loads, and its docstring says what is odd."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from quality.judging import cases_of, implementation, side_by_side
from quality.oddities import __main__ as oddities

ODDITIES = oddities.collection()


def test_there_are_many_and_each_says_what_is_odd() -> None:
    assert len(ODDITIES) >= 40
    says = [one.says for one in ODDITIES]
    assert all(len(text) > 20 and text.endswith(".") for text in says)
    assert len(set(says)) == len(says)


def test_each_loads_and_has_the_names_of_the_manual() -> None:
    cases = [case for case in cases_of(["module"]) if case.clause.id == "module.names"]
    assert cases

    def attempt(oddity: oddities.Oddity) -> oddities.Outcome:
        return oddities.trial(oddity, cases)

    bad = [one.line for one in side_by_side(attempt, ODDITIES, 4) if one.raised or one.errors]
    assert bad == []


def test_an_oddity_is_judged() -> None:
    [lifo] = [one for one in ODDITIES if one.name == "lifo_locks"]
    outcome = oddities.trial(lifo, cases_of(["lock"]))
    assert (outcome.raised, outcome.errors) == ({}, {})
    assert outcome.line.startswith("ok      lifo_locks: ")
    assert outcome.left_out == []


def test_what_is_left_out_is_a_matter_of_steps_and_has_a_reason() -> None:
    clauses = {case.clause.id for case in cases_of()}
    may_be = {
        clause
        for clause in clauses
        if any(fnmatchcase(clause, pattern) for pattern in oddities.MAY_BE_LEFT_OUT)
    }
    for one in ODDITIES:
        for pattern in one.not_tested:
            matched = set(fnmatch.filter(clauses, pattern))
            assert matched, f"{one.name} leaves out {pattern}, which is no clause"
            assert matched <= may_be, f"{one.name} leaves out {sorted(matched - may_be)}"
        assert bool(one.not_tested) == bool(one.reason), one.name


def test_the_clauses_left_out_are_not_tried_and_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["pipe_locks", "--chapter", "interruptions", "--jobs", "1", "--out", str(tmp_path)]
    assert oddities.main(arguments) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("ok      pipe_locks: ")
    assert (
        "not tested: interruptions.lock.calls-back-within, interruptions.lock.finalizer, "
        "interruptions.lock.raises-within\n"
    ) in shown


def test_a_clause_left_out_without_need_is_stale() -> None:
    [pipe] = [one for one in ODDITIES if one.name == "pipe_locks"]
    cases = [
        case
        for case in cases_of(["interruptions"])
        if case.clause.id.endswith(("lock.calls-back-within", "local.finalizer"))
    ]
    declared = ("interruptions.lock.calls-back-within", "interruptions.local.finalizer")
    assert oddities.stale(replace(pipe, not_tested=declared), cases) == [
        "interruptions.local.finalizer"
    ]


def test_what_does_not_conform_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from threading import *\n\n\ndef Lock():\n    return RLock()\n"
    (tmp_path / "wrong.py").write_text(source, encoding="utf-8")
    wrong = implementation("wrong", "wrong", tmp_path)
    monkeypatch.setattr(oddities, "implementation", lambda *names: wrong)
    outcome = oddities.trial(oddities.Oddity("wrong", "A lock is reentrant."), cases_of(["lock"]))
    assert any("lock.acquire.holder-blocks" in name for name in outcome.raised)
    assert outcome.line.startswith("RAISED  wrong: A lock is reentrant.")
