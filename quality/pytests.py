"""``make pytests``: test the kit with the oldest and the newest pytest and with other plugins.

Each pytest gets a virtual environment in ``build/pytests`` with the most popular plugins.  All of
them are active in every run, and each run uses one of them.  Then the kit's own plugin tests run
there with warnings as errors, without the other plugins.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import miniatures
from threadspec.conformance.index import battery

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "pytests"

# The oldest pytest that pyproject.toml allows, and the newest.
PYTESTS = {"oldest": "pytest==8.2.0", "newest": "pytest"}
PLUGINS = (
    "pytest-asyncio",
    "pytest-cov",
    "pytest-html",
    "pytest-json-report",
    "pytest-randomly",
    "pytest-repeat",
    "pytest-rerunfailures",
    "pytest-sugar",
)

# On the implementation "silent", three cases of these clauses fail and one passes.
CLAUSES = ("lock.release.unlocked-error", "lock.release.no-value")
CASES = [f"{case.id}[silent]" for case in battery() if case.clause.id in CLAUSES]
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


# The options of each run, and a function that says whether the run went as expected.
RUNS: Sequence[tuple[str, Callable[[Finished], bool]]] = (
    ("", _has_result),
    ("-n 2", _has_result),
    ("-n 1 --dist=load", _has_result),
    ("--timeout=60", _has_result),
    ("--lf", lambda run: run.has_counts("3 failed")),
    ("--reruns=1", lambda run: run.has_counts("3 failed, 1 passed, 3 rerun")),
    ("--html=report.html --self-contained-html", _has_table),
    ("--json-report --json-report-file=report.json", _has_json),
    ("--cov=silent", _has_result),
    ("-p randomly -v", _keeps_order),
    ("-o asyncio_mode=auto", _has_result),
    ("--force-sugar", lambda run: run.status == FAILED and "3 failed" in run.output),
    ("--count=3", lambda run: run.status == USAGE and "--count does not repeat" in run.output),
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
        env={**os.environ, "COLUMNS": "160", **variables},
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
        for options, is_right in RUNS:
            words = ["--impl=silent", "-p", "no:sugar" if "sugar" not in options else "sugar"]
            done = run_pytest(programs, folder, [*words, *options.split(), *CLAUSES], {})
            right = is_right(done)
            print(f"{name} {options or '(no options)'}: {'ok' if right else 'WRONG'}", flush=True)
            if not right:
                wrong.append(f"{name} {options}: exit status {done.status}\n{done.output}")
    tests = ["-q", "-W", "error", "-n", "2", "tests/test_plugin.py"]
    done = run_pytest(programs, ROOT, tests, ALONE)
    print(f"{name}, the plugin's own tests: {done.output.splitlines()[-1]}", flush=True)
    if done.status:
        wrong.append(f"{name}, the plugin's own tests\n{done.output}")
    return wrong


def main() -> int:
    """Test the kit with each pytest; return 0 if nothing went wrong."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    wrong = [one for name in PYTESTS for one in check(name)]
    print(*wrong, sep="\n\n")
    print(f"wrong runs: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
