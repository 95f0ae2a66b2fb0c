"""The README: what it says of options, verdicts and output is so."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from quality.judging import ROOT
from threadspec.adapters.interpreters import found
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.verdicts import MEANING, VERDICTS, fails

README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table behind a text of the README, without its head."""
    table = re.search(r"(?:^\|.*\n)+", README[README.index(heading) :], re.MULTILINE)
    assert table is not None
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_option_of_the_kit_is_in_the_table() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    options = set(re.findall(r"^ +(--impl[\w-]*)", shown.stdout, re.MULTILINE))
    told = {row[0].strip("`").split("=")[0] for row in rows("The kit's options begin with")}
    assert options
    assert told == options


def test_every_verdict_is_in_the_table_with_whether_it_fails_a_run() -> None:
    told = {row[0]: row[2] for row in rows("## Verdicts")}
    assert list(told) == list(VERDICTS)
    for verdict in VERDICTS:
        assert MEANING[verdict]
        assert fails(verdict, strict=True) == bool(told[verdict]), verdict
        assert fails(verdict, strict=False) == (told[verdict] == "yes"), verdict


def test_clauses_that_are_named_exist() -> None:
    known = {clause.id for clause in catalogue().clauses}
    named = set(re.findall(r"\b(?:lock|rlock|condition|event|thread)\.[a-z]+\.[a-z-]+\b", README))
    assert named
    assert named <= known


@pytest.mark.skipif("2.7" not in {one.label for one in found()}, reason="needs CPython 2.7")
def test_the_failure_is_what_the_kit_prints() -> None:
    block = re.search(r"```\n(FAIL .*?)```", README, re.DOTALL)
    assert block is not None
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--impl=threading@2.7",
        "lock.release.unlocked-error",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    # How pytest was started is part of the command to run again.
    printed = re.sub(r"(run again: +)\S.*?pytest ", r"\1pytest ", done.stdout)
    assert block[1].strip() in printed
