"""Python in a page: its host passes messages on, and says what it misses."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from miniatures import run_case
from threadspec.adapters import adapter
from threadspec.adapters.adapter import FOLDER, resolve
from threadspec.adapters.runner.process import CannotStart, WorkerProcess
from threadspec.conformance.harness import serve

HOST = FOLDER / "pyodide" / "host.mjs"
BATTERY = "threadspec.conformance.battery"

# A package that stands for Pyodide: it shows what it was asked, and what was mounted.
STUB = """
exports.loadPyodide = async () => {
  const mounted = [];
  return {
    FS: {
      filesystems: { NODEFS: "node" },
      mkdirTree: (folder) => {},
      mount: (kind, options, folder) => mounted.push(folder),
    },
    setStdin: () => {},
    setStdout: () => {},
    setStderr: ({ write }) => write(Buffer.from("page\\n")),
    runPython: (source) => (line) => {
      const { op } = JSON.parse(line);
      if (op === "none") return "";
      if (op === "raise") throw new Error("the page has gone");
      return `@threadspec ${JSON.stringify({ op, mounted })}\\n`;
    },
  };
};
"""


@pytest.fixture(autouse=True)
def _away_from_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("node"):
        pytest.skip("there is no Node.js")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a host and an adapter file, but no Pyodide."""
    monkeypatch.delenv("NODE_PATH", raising=False)
    (tmp_path / "pyodide").mkdir()
    shutil.copy(HOST, tmp_path / "pyodide")
    for name in ("pyodide", "pyodide-dummy"):
        shutil.copy(FOLDER / f"{name}.toml", tmp_path)
    return tmp_path


@pytest.fixture
def page(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A host whose Pyodide is a stub."""
    package = folder / "node_modules" / "pyodide"
    package.mkdir(parents=True)
    (package / "index.js").write_text(STUB, encoding="utf-8")
    script = folder / "kit" / "conformance" / "harness" / "serve.py"
    host = subprocess.Popen(
        ["node", str(folder / "pyodide" / "host.mjs"), str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield host
    host.kill()
    host.communicate()


def tell(host: subprocess.Popen[str], request: object) -> None:
    assert host.stdin is not None
    host.stdin.write(json.dumps(request) + "\n")
    host.stdin.flush()


def hear(host: subprocess.Popen[str]) -> dict[str, object]:
    assert host.stdout is not None
    answer: dict[str, object] = json.loads(host.stdout.readline().removeprefix(serve.PREFIX))
    return answer


def test_each_request_is_a_message_and_so_is_each_reply(
    page: subprocess.Popen[str], folder: Path
) -> None:
    kit, others = str(folder / "kit"), str(folder / "others")
    for request in (
        {"op": "load", "path": [others, f"{kit}/conformance"]},
        {"op": "none"},
        {"op": "run"},
    ):
        tell(page, request)
    assert hear(page) == {"op": "load", "mounted": [kit, others]}
    assert hear(page) == {"op": "run", "mounted": [kit, others]}


def test_the_host_ends_with_its_input(page: subprocess.Popen[str]) -> None:
    tell(page, {"op": "run"})
    hear(page)
    page.communicate()
    assert page.returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs signals of POSIX")
def test_a_request_for_stacks_starts_no_debugger(page: subprocess.Popen[str]) -> None:
    tell(page, {"op": "run"})
    hear(page)
    page.send_signal(signal.SIGUSR1)
    tell(page, {"op": "run"})
    hear(page)
    assert page.communicate()[1] == "page\n"
    assert page.returncode == 0


def test_an_error_in_the_page_ends_the_host(page: subprocess.Popen[str]) -> None:
    tell(page, {"op": "raise"})
    assert page.wait(timeout=30) == 1
    assert page.communicate()[1] == "page\nthe page has gone\n"


@pytest.mark.parametrize("name", ["pyodide", "pyodide-dummy"])
def test_a_missing_package_is_the_reason(folder: Path, name: str) -> None:
    worker = WorkerProcess(resolve(str(folder / f"{name}.toml")))
    with pytest.raises(CannotStart) as caught:
        worker.load()
    assert str(caught.value).endswith(
        f"; it printed: there is no package pyodide in {folder}; run: npm install pyodide"
    )


@pytest.fixture(scope="module", params=["pyodide", "pyodide-dummy"])
def worker(request: pytest.FixtureRequest) -> Iterator[WorkerProcess]:
    """A worker in Pyodide itself."""
    if not shutil.which("node"):
        pytest.skip("there is no Node.js")
    one = WorkerProcess(resolve(request.param))
    try:
        one.load()
    except CannotStart as error:
        if "there is no package" in str(error):
            pytest.skip(str(error))
        raise
    yield one
    one.close()


def test_python_in_a_page_is_judged(worker: WorkerProcess) -> None:
    assert worker.description is not None
    assert "(Pyodide " in worker.description["interpreter"]
    assert worker.description["platform"].startswith("Emscripten")
    assert run_case(worker, f"{BATTERY}.lock.acquire", "test_acquire_locks").kind == "ok"
    blocking = "test_acquire_blocks_while_the_lock_is_held"
    outcome = run_case(worker, f"{BATTERY}.lock.acquire", blocking)
    assert (outcome.kind, outcome.observed) == ("not-offered", "the platform has no threads")
    is_dummy = "reference" in str(worker.description["file"])
    starting = (f"{BATTERY}.thread.init", "test_the_target_gets_the_arguments")
    outcome = run_case(worker, *starting)
    assert outcome.kind == ("ok" if is_dummy else "not-offered")


def test_both_adapters_come_with_the_kit() -> None:
    assert {"pyodide", "pyodide-dummy"} <= set(adapter.known())
