"""Jython: its worker uses a socket, and Java's virtual machine shows what its threads wait for."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from miniatures import run_case
from threadspec.adapters.adapter import resolve
from threadspec.adapters.interpreters import find
from threadspec.adapters.runner.process import WorkerProcess
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness.durations import TABLE

BATTERY = "threadspec.conformance.battery"
UNLOCKS = (f"{BATTERY}.lock.release", "test_release_unlocks")
NO_VALUE = (f"{BATTERY}.lock.release", "test_release_returns_none")
PRINTS = (f"{BATTERY}.lock.general", "test_a_lock_has_acquire_and_release")
ENDS = (f"{BATTERY}.daemon.program", "test_a_program_ends_when_no_other_thread_is_alive")

SOURCE = """
import sys, thread
from threading import *

never = thread.allocate_lock()
never.acquire()


class Lock(object):
    def __init__(self):
        sys.stderr.write("printed by Lock()\\n")

    def acquire(self, blocking=True):
        return True

    def release(self):
        if thread.get_ident() == main:
            while True:
                pass
        never.acquire()


main = thread.get_ident()
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    try:
        find("jython2.7")
    except UserError as error:
        pytest.skip(str(error))
    folder: Path = tmp_path_factory.mktemp("jython")
    (folder / "locks.py").write_text(SOURCE, encoding="utf-8")
    (folder / "mine.toml").write_text('module = "locks"', encoding="utf-8")
    one = WorkerProcess(resolve(f"{folder / 'mine.toml'}@jython2.7"))
    yield one
    one.close()


def test_it_is_loaded_over_a_socket(worker: WorkerProcess) -> None:
    description = worker.load()
    assert description["interpreter"].startswith("Jython 2.7")
    assert description["gil"] is False


def test_its_own_module_has_the_interpreter_s_version_alone(worker: WorkerProcess) -> None:
    own = WorkerProcess(resolve("stdlib@jython2.7"))
    try:
        assert re.fullmatch(r"2\.7\.\d+", own.load()["version"])
    finally:
        own.close()


def test_what_is_printed_belongs_to_its_case(worker: WorkerProcess) -> None:
    assert run_case(worker, *PRINTS).output == "printed by Lock()\n"


def test_a_program_ends(worker: WorkerProcess) -> None:
    assert run_case(worker, *ENDS).kind == "ok"


def test_a_deadlock_is_seen_long_before_the_deadline(worker: WorkerProcess) -> None:
    began = time.monotonic()
    outcome = run_case(worker, *UNLOCKS)
    assert outcome.kind == "violated"
    assert "release() has not returned" in (outcome.observed or "")
    assert time.monotonic() - began < TABLE["positive"][0]


def test_stacks_are_in_the_output_after_a_hang(worker: WorkerProcess) -> None:
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "timeout"
    assert 'locks.py", line 18 in release' in outcome.output
