"""The page as a file: what is in it, how large it is, and what is said where no browser is."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from quality.page import LARGEST, earlier, records
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import BATTERY, battery
from threadspec.reports import page
from threadspec.reports.history import histories
from threadspec.reports.matrix import build
from threadspec.reports.record import Record
from threadspec.reports.render import SYMBOLS

ROOT = Path(__file__).parent.parent


def unpacked(packed: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(packed)))


@pytest.fixture(scope="module")
def found() -> Record:
    """A record with deviations of several kinds."""
    return next(records(1, seed=7))


@pytest.fixture(scope="module")
def results(found: Record) -> Any:
    return unpacked(page.packed(page.results(build([found], catalogue()))))


def test_the_page_has_the_verdict_and_the_duration_of_every_case(
    found: Record, results: Any
) -> None:
    [implementation] = results["implementations"]
    names = [case["id"] for case in results["cases"]]
    assert dict(zip(names, implementation["verdicts"], strict=True)) == {
        result.case: SYMBOLS[result.verdict] for result in found.cases
    }
    assert dict(zip(names, implementation["milliseconds"], strict=True)) == {
        result.case: round(result.seconds * 1000) for result in found.cases
    }


def test_the_page_has_what_is_known_of_each_case_that_did_not_pass(
    found: Record, results: Any
) -> None:
    [implementation] = results["implementations"]
    texts = results["texts"]
    details = {
        results["cases"][int(number)]["id"]: detail
        for number, detail in implementation["details"].items()
    }
    noteworthy = [result for result in found.cases if result.verdict != "pass"]
    assert set(details) == {result.case for result in noteworthy}
    assert {result.verdict for result in noteworthy} > {"observed", "fail"}
    for result in noteworthy:
        detail = details[result.case]
        assert texts[detail["observed"]] == result.observed
        assert texts[detail["where"]] == result.where
        assert texts[detail["check"]] == result.check
        assert tuple(texts[line] for line in detail["evidence"]) == result.evidence
        if result.divergence:
            assert texts[detail["divergence"]["reason"]] == result.divergence.reason
        else:
            assert "divergence" not in detail


def test_repetitions_are_kept_also_where_a_case_passed(found: Record) -> None:
    first = dataclasses.replace(found.cases[0], verdict="pass", counts={"pass": 3})
    part = dataclasses.replace(found, cases=(first,))
    [implementation] = page.results(build([part], catalogue()))["implementations"]
    [detail] = implementation["details"].values()
    assert detail["counts"] == {"pass": 3}


def test_a_case_of_another_battery_is_shown_without_its_place(found: Record) -> None:
    other = dataclasses.replace(found.cases[0], case="battery/lock/gone.py::test_gone")
    part = dataclasses.replace(found, cases=(other,))
    cases = page.results(build([part], catalogue()))["cases"]
    assert cases[-1] == {"id": other.case, "clause": other.clause}
    assert len(cases) == len(battery()) + 1


def test_long_output_is_cut_in_the_middle() -> None:
    assert page.shortened("short") == "short"
    cut = page.shortened("a" * 1500 + "b" * 3000 + "c" * 1500)
    assert cut == f"{'a' * 1000}\n[… 4000 characters, which the record has …]\n{'c' * 1000}"


def test_the_page_has_the_source_of_every_case() -> None:
    sources = unpacked(page.packed(page.sources()))
    assert set(sources["of"]) == {case.id for case in battery()}
    for case in battery()[::50]:
        source = sources["texts"][sources["of"][case.id]]
        assert f"def {case.function}(" in source
        assert source in (BATTERY / case.source).read_text(encoding="utf-8")


def test_the_modules_of_the_script_become_one() -> None:
    script = page.script()
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", script, re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert names.index("escape") < names.index("drawGrid") < names.index("start")


@pytest.mark.parametrize("number", [1, 40])
def test_the_page_is_small(number: int) -> None:
    found = list(records(number))
    matrix = build(found, catalogue())
    text = page.html(matrix, histories(matrix, list(earlier(found))))
    assert len(text.encode("utf-8")) < LARGEST


def test_where_there_is_no_browser_one_line_says_what_is_left_out() -> None:
    environment = {**os.environ, "PATH": ""}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "tests/test_page.py",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert len(lines) == 1
    assert "the page was not tried, because there is no browser: install Chromium" in lines[0]
