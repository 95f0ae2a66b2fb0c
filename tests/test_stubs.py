"""The stubs of the reference: what a type checker reports to its users.

``make lint`` compares them with the reference itself (mypy's stubtest).
"""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import threadspec.reference as threading

FOLDER = Path(threading.__file__).parent


@pytest.mark.parametrize("name", ["__init__.pyi", "dummy_threading.pyi"])
def test_the_stubs_have_the_public_names(name: str) -> None:
    module = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets) == "__all__":
            assert ast.literal_eval(statement.value) == threading.__all__
            return
    pytest.fail(f"{name} has no __all__")


def complaints(folder: Path, source: str) -> list[str]:
    """What mypy reports about a program that uses the reference, as line numbers and codes."""
    pytest.importorskip("mypy")
    package = folder / "threadspec" / "reference"
    package.mkdir(parents=True)
    for path in [*FOLDER.glob("*.pyi"), FOLDER / "py.typed"]:
        (package / path.name).write_bytes(path.read_bytes())
    (folder / "program.py").write_text(textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    lines = [line for line in run.stdout.splitlines() if ": error: " in line]
    return [f"{line.split(':')[1]} {line.rsplit('[', 1)[1].rstrip(']')}" for line in lines]


def test_programs_that_keep_to_the_manual_are_typed(tmp_path: Path) -> None:
    source = """
        from types import FrameType

        import threadspec.reference as threading
        from threadspec.reference import dummy_threading

        class Worker(threading.Thread):
            def __init__(self, number: int) -> None:
                threading.Thread.__init__(self, name="worker")
                self.number = number

            def run(self) -> None:
                with condition:
                    condition.wait(0.5)
                    condition.notifyAll()

        def watch(frame: FrameType, event: str, argument: object) -> None:
            pass

        lock = threading.Lock()
        taken: bool = lock.acquire(False)
        lock.release()
        with lock, threading.RLock():
            pass
        condition = threading.Condition(threading.RLock())
        threading.Condition(lock)
        threading.Condition()
        semaphore = threading.BoundedSemaphore(3)
        if semaphore.acquire(0):
            semaphore.release()
        with semaphore:
            semaphore.acquire()
        event = threading.Event()
        event.wait(1)
        threading.settrace(watch)
        threading.settrace(None)
        before: int = threading.stack_size(65536) + threading.stack_size()
        data = threading.local()
        data.x = 1
        threads: list[threading.Thread] = threading.enumerate()
        worker = Worker(1)
        worker.start()
        worker.join(1)
        timer = threading.Timer(1, print, ["done"], {"flush": True})
        timer.cancel()
        threads += [worker, timer, threading.currentThread(), dummy_threading.currentThread()]
        """
    assert complaints(tmp_path, source) == []


def test_what_is_not_in_the_manual_is_pointed_at(tmp_path: Path) -> None:
    source = """
        import threadspec.reference as threading
        thread = threading.Thread(target=print)
        thread.daemon = True
        thread.is_alive()
        threading.current_thread()
        threading.Event().is_set()
        threading.Condition(None).notify(2)
        threading.Lock().acquire(timeout=1)
        """
    found = complaints(tmp_path, source)
    assert found == [
        "3 attr-defined",
        "4 attr-defined",
        "5 attr-defined",
        "6 attr-defined",
        "7 call-arg",
        "8 call-arg",
    ]
