"""What docs/ci.md tells people to run in CI, and the composite action, run as they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from quality.judging import ROOT
from threadspec.conformance.catalogue import catalogue

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BASH = shutil.which("bash")
AS_IN_CI = (str(BASH), "--noprofile", "--norc", "-eo", "pipefail")

pytestmark = pytest.mark.skipif(BASH is None, reason="needs bash")

KEEPS = 'module = "threadspec.reference"\n'
BREAKS = 'module = "broken"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an implementation that conforms, and with one that does not."""
    (tmp_path / "mythreads.toml").write_text(KEEPS, encoding="utf-8")
    text = "from threadspec.reference import *\nRLock = Lock\n"
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    return tmp_path


def run(
    script: str, folder: Path, shell: Sequence[str] = AS_IN_CI, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script in a shell, by default as a CI does: it ends with the first line that fails."""
    programs = Path(sys.executable).parent
    given = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **environment}
    return subprocess.run(
        [*shell, "-c", script],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
    )


def ten_lines() -> str:
    """The job of the documentation."""
    block = re.search(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert len(block[1].splitlines()) == 10
    return block[1]


def test_the_job_in_ten_lines_works(project: Path) -> None:
    # One chapter, as the whole battery takes longer.
    omitted = {one.name for one in catalogue().chapters} - {"overview", "rlock"}
    omits = f"omits = {sorted(omitted)}\n"
    (project / "mythreads.toml").write_text(KEEPS + omits, encoding="utf-8")
    script = ten_lines()
    first = run(script, project, (str(BASH), "-eu"), REVISION="abc")
    assert first.returncode == 0, first.stdout + first.stderr
    for made in ("ci/junit.xml", "ci/summary.md", "ci/page/matrix.html", "last.json.gz"):
        assert (project / made).stat().st_size > 0, made
    kept = (project / "last.json.gz").read_bytes()

    (project / "mythreads.toml").write_text(BREAKS + omits, encoding="utf-8")
    second = run(script, project, ("sh",), REVISION="def")
    assert second.returncode == 1, second.stdout + second.stderr
    assert "FAIL  rlock.acquire.again  on mythreads" in second.stdout
    assert "mythreads" in (project / "ci/summary.md").read_text(encoding="utf-8")
    assert (project / "last.json.gz").read_bytes() == kept  # the record of the last good run

    (project / "mythreads.toml").write_text('module = "absent.threads"\n', encoding="utf-8")
    third = run(script, project, REVISION="ghi")
    assert third.returncode == 1
    assert "mythreads cannot be judged" in third.stdout
    assert "passed" not in third.stdout  # the battery was not begun


@pytest.mark.parametrize("shell", [("sh",), (str(BASH), "-eu")], ids=" ".join)
def test_the_job_ends_with_the_first_line_that_fails_in_any_shell(
    project: Path, shell: Sequence[str]
) -> None:
    wrong = ten_lines().replace("catalogue 1.0", "catalogue 0.0")
    done = run(wrong, project, shell, REVISION="abc")
    assert done.returncode == 1
    assert (done.stdout, list(project.glob("ci*"))) == ("", [])  # no other line was begun


# -- the action -----------------------------------------------------------------------------------


class Action:
    """Runs the steps of the action that are scripts, as GitHub's runner does."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        yaml = pytest.importorskip("yaml")
        self.document: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        defaults = {name: one.get("default") for name, one in self.document["inputs"].items()}
        self._values = {f"inputs.{name}": value for name, value in {**defaults, **inputs}.items()}
        self._folder = folder
        self.summary = ""

    def step(self, number: int) -> int:
        """Run the script of a step; its exit status.  Its outputs are known to later steps."""
        step = self.document["runs"]["steps"][number]
        assert step["shell"] == "bash"
        files = {name: self._folder / name for name in ("output", "summary")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        environment = {name: self._filled(text) for name, text in step.get("env", {}).items()}
        done = run(
            step["run"],
            self._folder,
            GITHUB_SHA="0123456789abcdef",
            GITHUB_OUTPUT=str(files["output"]),
            GITHUB_STEP_SUMMARY=str(files["summary"]),
            **environment,
        )
        for line in files["output"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self._values[f"steps.{step['id']}.outputs.{name}"] = value
        self.summary += files["summary"].read_text(encoding="utf-8")
        return done.returncode

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda one: self._values.get(one[1], ""), text)

    def status(self, step: str) -> str:
        """The exit status that a step has told."""
        return self._values[f"steps.{step}.outputs.status"]

    def number(self, name: str) -> int:
        """The number of the step whose name begins so."""
        steps = self.document["runs"]["steps"]
        return next(number for number, one in enumerate(steps) if one["name"].startswith(name))

    def judge(self) -> int:
        """Run all steps from the judging to the end; the exit status of the last one."""
        assert self.step(self.number("Judge")) == 0
        if self._values["steps.judge.outputs.status"] in "01":
            assert self.step(self.number("Write")) == 0
        return self.step(self.number("Fail"))


def test_the_action_is_composed_of_pinned_actions_and_scripts() -> None:
    action = Action(ROOT)
    for step in action.document["runs"]["steps"]:
        assert ("run" in step) == ("shell" in step)
        assert "${{" not in step.get("run", "")  # an input is never part of a script
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w/-]+@v\d+", step["uses"])


def test_the_action_judges_and_keeps_the_records(project: Path) -> None:
    options = "--only lock.release --only rlock.acquire.again --reviewed"
    action = Action(project, implementation="./mythreads.toml", options=options)
    assert action.judge() == 0
    results = project / "threadspec-results"
    assert (results / "page/matrix.html").exists()
    assert (results / "junit.xml").exists()
    assert (results / "records/mythreads.json").exists()
    assert (project / "threadspec-results-last/mythreads.json").exists()
    assert "mythreads" in action.summary
    assert "0123456789ab" in (results / "records/mythreads.json").read_text(encoding="utf-8")


def test_the_action_fails_for_a_deviation_but_reports_it(project: Path) -> None:
    (project / "mythreads.toml").write_text(BREAKS, encoding="utf-8")
    options = "--only rlock.acquire.again"
    action = Action(project, implementation="./mythreads.toml", options=options)
    assert action.judge() == 1
    assert "mythreads" in action.summary


def test_the_action_fails_for_a_regression(project: Path) -> None:
    settings = {"implementation": "./mythreads.toml", "options": "--only rlock.acquire.again"}
    assert Action(project, **settings).judge() == 0
    (project / "mythreads.toml").write_text(BREAKS, encoding="utf-8")
    action = Action(project, **settings)
    assert action.judge() == 1
    assert action.status("compare") == "1"
    assert "rlock.acquire.again" in action.summary


def test_the_action_fails_where_nothing_can_be_judged(project: Path) -> None:
    action = Action(project, implementation="absent.threads")
    assert action.judge() == 2
    assert not (project / "threadspec-results/page").exists()


def test_the_recipes_pin_the_catalogue_of_today() -> None:
    assert PAGE.count(f'grep -F "catalogue {catalogue().version}"') >= 3
