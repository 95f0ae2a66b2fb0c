"""Soak runs: which verdicts differ from the usual one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from test_record import FAILED, PASSED, a_record

from quality import soak
from threadspec.reports.record import write


def test_a_case_that_is_lost_is_told(tmp_path: Path) -> None:
    records = {}
    for number in range(1, 5):
        case = FAILED if number == 3 else PASSED
        path = tmp_path / f"{number}.json"
        write(a_record(cases=(case,)), path)
        records["reference", "busy", number] = path
    # There are two cases; each record has one of them and lacks the other.
    found = {(one.run, one.case, one.verdict) for one in soak.differences(records)}
    assert (3, PASSED.case, "missing") in found
    assert {one for one in found if one[0] != 3} == {
        (number, FAILED.case, "missing") for number in (1, 2, 4)
    }


def test_a_case_that_fails_in_one_run_is_told(tmp_path: Path) -> None:
    records = {}
    for number in range(1, 5):
        verdict = "fail" if number == 2 else "pass"
        case = dataclasses.replace(PASSED, verdict=verdict, observed="it failed")
        path = tmp_path / f"{number}.json"
        write(a_record(cases=(case,)), path)
        records["stdlib", "core", number] = path
    [difference] = soak.differences(records)
    assert (difference.run, difference.verdict, difference.usual) == (2, "fail", "pass")
    assert difference.observed == "it failed"


def test_implementations_are_not_compared_with_each_other(tmp_path: Path) -> None:
    records = {}
    for name, verdict in (("reference", "pass"), ("stdlib", "fail")):
        case = dataclasses.replace(PASSED, verdict=verdict)
        path = tmp_path / f"{name}.json"
        write(a_record(cases=(case,)), path)
        records[name, "idle", 1] = path
    assert soak.differences(records) == []


def test_a_run_without_a_record_differs_in_every_case(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    write(a_record(), path)
    records = {
        ("reference", "idle", 1): path,
        ("reference", "idle", 2): path,
        ("reference", "idle", 3): tmp_path / "absent.json",
    }
    found = soak.differences(records)
    assert {one.run for one in found} == {3}
    assert {one.verdict for one in found} == {"missing"}
