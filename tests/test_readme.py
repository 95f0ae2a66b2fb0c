"""The README: its example is what the kit prints (so is another page's), and links are good."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from quality.judging import ROOT
from threadspec.adapters import interpreters
from threadspec.conformance.catalogue import catalogue
from threadspec.reports.publish import BEGIN, END

README = (ROOT / "README.md").read_text(encoding="utf-8")

# Two commands and two examples, without the table of the matrix: the rest is in docs/.
LONGEST = 107


def block(first: str, page: str = README) -> str:
    """The block of code of a page that begins with these words."""
    found = re.search(rf"^```\w*\n({re.escape(first)}.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found is not None, first
    return found[1]


def test_it_is_short() -> None:
    before, _, rest = README.partition(BEGIN)
    assert len((before + rest.partition(END)[2]).splitlines()) <= LONGEST


def test_clauses_that_are_named_exist() -> None:
    known = {clause.id for clause in catalogue().clauses}
    named = set(re.findall(r"\b(?:lock|rlock|condition|event|thread)\.[a-z]+\.[a-z-]+\b", README))
    assert named
    assert named <= known


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README)
    assert targets
    assert [one for one in targets if not (ROOT / one).is_file()] == []


def test_the_failure_is_what_the_kit_prints(tmp_path: Path) -> None:
    for name in ("mythreads.py", "mythreads.toml"):
        (tmp_path / name).write_text(block(f"# {name}"), encoding="utf-8")
    (command,) = [
        line for line in README.splitlines() if line.startswith("env/bin/pytest --impl=./mythreads")
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command.split()[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    # How pytest was started is part of the command to run again.
    printed = re.sub(r"(run again: +)\S.*?pytest ", r"\1env/bin/pytest ", done.stdout)
    assert block("FAIL ").strip() in printed


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the README says it of older versions")
def test_exploring_finds_what_the_battery_does_not_see(tmp_path: Path) -> None:
    ended = []
    for command in block("env/bin/threadspec run").splitlines():
        words = [sys.executable, "-m", "threadspec.frontends.cli", *command.split()[1:]]
        ended.append(subprocess.run(words, cwd=tmp_path, capture_output=True, text=True))
    battery, exploring = ended
    assert battery.returncode == 0
    assert re.search(r"^stdlib: 1 clause .*: 1 pass$", battery.stdout, re.MULTILINE)
    assert exploring.returncode == 1
    assert "FAIL  thread.alive.listed  on stdlib\n" in exploring.stdout
    assert "observed  t.isAlive() returned True\n" in exploring.stdout


def test_the_failure_of_another_page_is_what_the_kit_prints(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "judge.md").read_text(encoding="utf-8")
    quoted = block("FAIL ", page).strip()
    clause, name = re.findall(r"[\w.@-]+", quoted)[1:4:2]
    interpreter = name.partition("@")[2]
    if interpreter not in [one.label for one in interpreters.found()]:
        pytest.skip(f"needs Python {interpreter}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"--impl={name}", clause],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert quoted in done.stdout
