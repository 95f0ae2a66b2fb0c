"""No process and no temporary file outlives a run, however the run dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from threadspec.adapters.runner.watchdog import Watchdog

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="survivors are found by /proc/PID/environ"
)

MARK = "THREADSPEC_TEST_MARK"
PATIENCE = 30.0  # seconds: a busy machine takes a while to end many processes

# Holds the interpreter lock for ever, so that the worker cannot notice the end of its input, and
# has a child process, a temporary file, and a program of the battery that waits.
SPINNING = """
import itertools, os, subprocess, tempfile
from threadspec.reference import *
subprocess.Popen(["sleep", "600"])
tempfile.mkstemp()

def Lock():
    open(os.path.join(os.environ["REACHED"], str(os.getpid())), "w").close()
    sum(itertools.repeat(0))
"""


def survivors(mark: str) -> list[str]:
    """The command lines of all processes that have inherited the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command:  # a zombie has none
                    found.append(f"{folder.name}: {command}")
        except OSError:
            continue
    return found


def leftovers(folder: Path) -> list[str]:
    """The files left in a temporary folder, except those that pytest keeps on purpose."""
    return [path.name for path in folder.iterdir() if not path.name.startswith("pytest-of-")]


def wait_until(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; return whether it is true within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--impl=spinning", "-k", "lock.acquire")
MATRIX = ("-m", "threadspec.frontends.cli", "matrix", "--impl=spinning")


@pytest.mark.parametrize(
    ("number", "command", "workers"),
    [
        pytest.param(signal.SIGKILL, PYTEST, 1, id="SIGKILL"),
        pytest.param(signal.SIGKILL, (*PYTEST, "-n2"), 2, id="SIGKILL, two workers"),
        pytest.param(
            signal.SIGKILL, (*PYTEST, "-n2", "--dist=load"), 2, id="SIGKILL, pytest-xdist"
        ),
        pytest.param(signal.SIGKILL, MATRIX, 1, id="SIGKILL, matrix"),
        pytest.param(signal.SIGTERM, (*PYTEST, "-n2"), 2, id="SIGTERM, two workers"),
        pytest.param(
            signal.SIGTERM, (*PYTEST, "-n2", "--dist=load"), 2, id="SIGTERM, pytest-xdist"
        ),
        pytest.param(signal.SIGHUP, (*PYTEST, "-n2"), 2, id="SIGHUP, two workers"),
        pytest.param(signal.SIGINT, (*PYTEST, "-n2"), 2, id="SIGINT, two workers"),
        pytest.param(signal.SIGABRT, PYTEST, 1, id="SIGABRT"),
    ],
)
def test_no_process_and_no_file_outlives_a_run_that_is_killed(
    tmp_path: Path, number: int, command: tuple[str, ...], workers: int
) -> None:
    (tmp_path / "spinning.py").write_text(SPINNING, encoding="utf-8")
    temporary, reached = tmp_path / "temporary", tmp_path / "reached"
    temporary.mkdir()
    reached.mkdir()
    environment = {
        **os.environ,
        MARK: str(tmp_path),
        "TMPDIR": str(temporary),
        "REACHED": str(reached),
    }
    run = subprocess.Popen(
        [sys.executable, *command],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_until(lambda: len(list(reached.iterdir())) >= workers)
        assert len(survivors(str(tmp_path))) > 2 * workers  # survivors() finds the processes
        run.send_signal(number)
        run.wait(PATIENCE)
        wait_until(lambda: not survivors(str(tmp_path)))
        assert survivors(str(tmp_path)) == []
        wait_until(lambda: not leftovers(temporary))
        assert leftovers(temporary) == []
    finally:
        run.kill()
        run.wait()


def test_a_run_that_ends_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    environment = {**os.environ, MARK: str(tmp_path), "TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--impl=reference", "-n2")
    done = subprocess.run(
        [sys.executable, *command, "-k", "program.waits or lock.acquire"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert survivors(str(tmp_path)) == []
    assert leftovers(tmp_path / "temporary") == []


def test_a_watchdog_without_a_worker_removes_the_folder(tmp_path: Path) -> None:
    script = (
        "import os; from threadspec.adapters.runner.watchdog import Watchdog;"
        "print(Watchdog().folder, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("threadspec-")
    assert wait_until(lambda: not folder.exists())


def test_closing_a_watchdog_removes_the_folder() -> None:
    watchdog = Watchdog()
    (watchdog.folder / "file").touch()
    watchdog.close()
    assert not watchdog.folder.exists()
    watchdog.close()
