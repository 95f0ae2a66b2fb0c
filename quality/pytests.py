"""``make pytests``: test the kit with the oldest and the newest pytest and with other plugins.

Each pytest gets a virtual environment in ``build/pytests`` with the most popular plugins.  All of
them are active in every run, and each run uses one of them.  Then the kit's own plugin tests run
with the oldest pytest, without the other plugins.  ``make test`` runs them with the newest one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests import miniatures
from threadspec.conformance.index import battery

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "pytests"

# The oldest pytest that pyproject.toml allows, and the newest.
PYTESTS = {"oldest": "pytest==8.2.0", "newest": "pytest"}
PLUGINS = (
    "allure-pytest",
    "pytest-asyncio",
    "pytest-cov",
    "pytest-github-actions-annotate-failures",
    "pytest-html",
    "pytest-instafail",
    "pytest-json-report",
    "pytest-randomly",
    "pytest-repeat",
    "pytest-reportlog",
    "pytest-rerunfailures",
    "pytest-sugar",
)

# On the implementation "silent", three cases of these clauses fail and one passes.
CLAUSES = ("lock.release.unlocked-error", "lock.release.no-value")
CASES = [f"{case.id}[silent]" for case in battery() if case.clause.id in CLAUSES]
FAILING = [
    f"{case.id}[silent]" for case in battery() if case.clause.id == "lock.release.unlocked-error"
]
OBSERVED = (
    "lock.release.unlocked-error: release() returned None, expected RuntimeError to be raised"
)
FAILED, USAGE = 1, 4

# Only the kit's plugin and those that it depends on.
ALONE = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "xdist.plugin,pytest_timeout,threadspec.frontends.plugin",
}


@dataclass(frozen=True)
class Finished:
    """A run of pytest that has ended, and the folder in which it ran."""

    status: int
    output: str
    folder: Path

    def has_counts(self, text: str) -> bool:
        """Whether the run failed and its last line contains these counts."""
        return self.status == FAILED and text in self.output.splitlines()[-1]


def _has_result(run: Finished) -> bool:
    return run.has_counts("3 failed, 1 passed")


def _has_json(run: Finished) -> bool:
    report = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
    tests = sorted((one["nodeid"], one["outcome"]) for one in report["tests"])
    found = {"failed": 3, "passed": 1}.items() <= report["summary"].items()
    return _has_result(run) and found and [name for name, _ in tests] == sorted(CASES)


def _has_table(run: Finished) -> bool:
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    return _has_result(run) and all(case.split("[")[0] in page for case in CASES)


def _keeps_order(run: Finished) -> bool:
    told = re.findall(r"^(battery/\S+) [A-Z]+", run.output, re.MULTILINE)
    return _has_result(run) and told == CASES


def _has_log(run: Finished) -> bool:
    text = (run.folder / "log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    failed = [one for one in lines if one.get("outcome") == "failed"]
    crashes = [one["longrepr"]["reprcrash"]["message"] for one in failed]
    names = [one["nodeid"] for one in failed]
    return _has_result(run) and names == FAILING and crashes == [OBSERVED] * 3


def _shows_failures_early(run: Finished) -> bool:
    """Whether each failure is explained before the next case runs, and not again at the end."""
    told = re.findall(r"^(?:battery/\S+ F$|FAIL  )", run.output, re.MULTILINE)
    return _has_result(run) and told == ["battery/lock/release.py F", "FAIL  "] * 3


def _has_annotations(run: Finished) -> bool:
    told = re.findall(r"::error file=(battery/\S+),line=\d+::(\S+)%0A%0A(.*)", run.output)
    expected = [(*case.split("::"), OBSERVED) for case in FAILING]
    return _has_result(run) and told == expected


def _has_results_of_allure(run: Finished) -> bool:
    files = (run.folder / "allure").glob("*-result.json")
    results = [json.loads(one.read_text(encoding="utf-8")) for one in files]
    messages = [one["statusDetails"]["message"] for one in results if one["status"] == "failed"]
    statuses = sorted(one["status"] for one in results)
    return (
        _has_result(run)
        and statuses == ["failed"] * 3 + ["passed"]
        and all(one.endswith(f"CaseFailed: {OBSERVED}") for one in messages)
    )


@dataclass(frozen=True)
class Use:
    """The options of a run, whether it went as expected, and variables of its environment."""

    options: str
    is_right: Callable[[Finished], bool]
    variables: Mapping[str, str] = field(default_factory=dict)


RUNS = (
    Use("", _has_result),
    Use("-n 2", _has_result),
    Use("-n 1 --dist=load", _has_result),
    Use("--timeout=60", _has_result),
    Use("--lf", lambda run: run.has_counts("3 failed")),
    Use("--reruns=1", lambda run: run.has_counts("3 failed, 1 passed, 3 rerun")),
    Use("--html=report.html --self-contained-html", _has_table),
    Use("--json-report --json-report-file=report.json", _has_json),
    Use("--report-log=log.jsonl", _has_log),
    Use("--instafail", _shows_failures_early),
    Use("--color=no", _has_annotations, {"GITHUB_ACTIONS": "true"}),
    Use("--alluredir=allure", _has_results_of_allure),
    Use("--cov=silent", _has_result),
    Use("-p randomly -v", _keeps_order),
    Use("-o asyncio_mode=auto", _has_result),
    Use("--force-sugar", lambda run: run.status == FAILED and "3 failed" in run.output),
    Use("--count=3", lambda run: run.status == USAGE and "--count does not repeat" in run.output),
)


def environment(name: str) -> Path:
    """The folder with the programs of a virtual environment, which is created if necessary."""
    folder = FOLDER / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    ready = folder / "ready"
    wanted = " ".join([PYTESTS[name], *PLUGINS])
    if not ready.exists() or ready.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [str(programs / "python"), "-m", "pip", "install", "--quiet"]
        install += ["--disable-pip-version-check", PYTESTS[name], *PLUGINS, "-e", str(ROOT)]
        subprocess.run(install, check=True)
        ready.write_text(wanted, encoding="utf-8")
    return programs


def run_pytest(
    programs: Path, folder: Path, options: Sequence[str], variables: Mapping[str, str]
) -> Finished:
    """Run pytest in a folder."""
    done = subprocess.run(
        [programs / "python", "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "COLUMNS": "160", "GITHUB_ACTIONS": "", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return Finished(done.returncode, done.stdout.strip() or "(no output)", folder)


def check(name: str) -> list[str]:
    """Test the kit with one pytest; return the output of each run that went wrong."""
    programs = environment(name)
    wrong = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "silent.py").write_text(miniatures.SILENT, encoding="utf-8")
        for use in RUNS:
            words = ["--impl=silent", "-p", "no:sugar" if "sugar" not in use.options else "sugar"]
            words += [*use.options.split(), *CLAUSES]
            done = run_pytest(programs, folder, words, use.variables)
            right = use.is_right(done)
            what = " ".join([name, *(f"{key}={one}" for key, one in use.variables.items())])
            what += f" {use.options or '(no options)'}"
            print(f"{what}: {'ok' if right else 'WRONG'}", flush=True)
            if not right:
                wrong.append(f"{what}: exit status {done.status}\n{done.output}")
    if name == "oldest":
        done = run_pytest(programs, ROOT, ["-q", "-n", "2", "tests/test_plugin.py"], ALONE)
        print(f"{name}, the plugin's own tests: {done.output.splitlines()[-1]}", flush=True)
        if done.status:
            wrong.append(f"{name}, the plugin's own tests\n{done.output}")
    return wrong


def main() -> int:
    """Test the kit with each pytest; return 0 if nothing went wrong."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    with ThreadPoolExecutor() as pool:
        wrong = [one for found in pool.map(check, PYTESTS) for one in found]
    print(*wrong, sep="\n\n")
    print(f"wrong runs: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
