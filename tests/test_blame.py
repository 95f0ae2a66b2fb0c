"""Blame: failures caused by the harness, the system or a missing name are attributed to them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from threadspec.adapters.adapter import Adapter, Implementation
from threadspec.adapters.interpreters import this_interpreter
from threadspec.adapters.runner.process import Refused, WorkerProcess
from threadspec.conformance.harness import names
from threadspec.conformance.index import battery
from threadspec.frontends.trial import Trial
from threadspec.reports.record import CaseResult

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs limits of Linux")


def implementation(folder: Path, source: str, **fields: Any) -> Implementation:
    """An implementation with this source."""
    (folder / "subject.py").write_text(textwrap.dedent(source), encoding="utf-8")
    adapter = Adapter(name="subject", module="subject", folder=folder, **fields)
    return Implementation("subject", adapter, this_interpreter())


def judged(one: Implementation, *words: str) -> list[CaseResult]:
    """The results of the cases whose id contains one of these words."""
    chosen = [case for case in battery() if any(word in case.id for word in words)]
    assert chosen
    trial = Trial(one)
    try:
        return list(trial.run_all(chosen))
    finally:
        trial.close()


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# -- a missing name --------------------------------------------------------------------------------

WITHOUT = """
import threadspec.reference as whole
from threadspec.reference import *

{definitions}

def __getattr__(name):
    raise AttributeError({words})
"""


# A method that the chapter's cases call in every way: directly, in helper threads, in programs.
METHODS = [
    ("Condition", "notifyAll", "notify_all"),
    ("Event", "clear", "battery/event/"),
    ("Semaphore", "release", "battery/semaphore/release.py"),
    ("Thread", "isAlive", "battery/thread/"),
    ("Thread", "setDaemon", "battery/daemon/"),
]


def accused(results: list[CaseResult], name: str) -> list[str]:
    """The cases whose verdict a missing name cannot explain."""
    return [
        f"{one.case}: {one.verdict}: {one.observed}"
        for one in results
        if one.verdict not in ("pass", "observed", "unsupported")
        or (one.verdict == "unsupported" and name not in (one.observed or ""))
    ]


@pytest.mark.parametrize(
    ("name", "words", "chapters"),
    [
        ("currentThread", "'nothing of that name'", ("battery/alien/", "battery/module/")),
        ("activeCount", "name + ' is not offered here'", ("battery/module/",)),
        ("enumerate", "'nothing of that name'", ("battery/alien/",)),
    ],
)
def test_a_missing_function_is_unsupported_wherever_it_is_asked_for(
    tmp_path: Path, name: str, words: str, chapters: tuple[str, ...]
) -> None:
    one = implementation(tmp_path, WITHOUT.format(definitions=f"del {name}", words=words))
    results = judged(one, *chapters)
    assert not accused(results, name)
    assert any(result.verdict == "unsupported" for result in results)


@pytest.mark.parametrize("name", ["settrace", "setprofile", "enumerate"])
def test_a_missing_function_excuses_only_cases_that_use_it(name: str) -> None:
    # The battery itself uses functions of these names of sys and the builtins.
    users = [
        case
        for case in battery()
        if name in names.used_by(getattr(sys.modules[case.module], case.function))
    ]
    assert {case.id for case in battery() if case.clause.id.startswith(f"{name}.")} <= {
        case.id for case in users
    }
    assert not {"lock", "rlock", "semaphore", "condition", "event"} & {
        case.clause.chapter for case in users
    }


USERS = """
METHODS = ("notify", "notifyAll")
passed = []

def once(check):
    def checked(lock):
        check(lock)
        passed.append(check)
    return checked

@once
def check(lock):
    lock.acquire()

class Base(object):
    def end(self, lock):
        lock.release()

class Making(Base):
    pass

def wake(event, method="isSet"):
    getattr(event, method)()

def join(thread):
    thread.join()

passed.append(join)  # what the battery remembers of other cases does not count

def uses_constants(condition):
    [getattr(condition, name) for name in METHODS]

def uses_closures(lock):
    check(lock)

def uses_bases(lock):
    Making().end(lock)

def uses_defaults(event):
    wake(event)
"""


@pytest.mark.parametrize(
    ("function", "used"),
    [
        ("uses_constants", {"notify", "notifyAll"}),
        ("uses_closures", {"acquire"}),
        ("uses_bases", {"release"}),
        ("uses_defaults", {"isSet"}),
    ],
)
def test_names_are_found_however_a_case_comes_by_them(function: str, used: set[str]) -> None:
    space: dict[str, Any] = {"__name__": f"{names.BATTERY}.imaginary"}
    exec(USERS, space)
    assert names.used_by(space[function]) == used


@linux
def test_a_missing_name_is_told_where_its_user_leaves_something_locked(tmp_path: Path) -> None:
    definitions = """
class Condition(whole.Condition):
    @property
    def wait(self):
        raise AttributeError('that is beyond this object')

class Semaphore(whole.Semaphore):
    @property
    def release(self):
        raise AttributeError('that is beyond this object')
"""
    one = implementation(tmp_path, WITHOUT.format(definitions=definitions, words="name"))
    results = judged(one, "however_long_it_takes", "_time_out_is_not_", "goes_on_after_a_handler")
    about = ("condition.wait.", "interruptions.semaphore.", "interruptions.condition.")
    users = [result for result in results if result.clause.startswith(about)]
    assert len(users) > 4
    assert {result.verdict for result in users} == {"unsupported"}


@pytest.mark.parametrize(("owner", "method", "chapter"), METHODS)
def test_a_missing_method_is_unsupported_wherever_it_is_asked_for(
    tmp_path: Path, owner: str, method: str, chapter: str
) -> None:
    definitions = f"""
class {owner}(object):
    def __init__(self, *args, **kwargs):
        self._made = whole.{owner}(*args, **kwargs)

    def __getattr__(self, name):
        if name == {method!r}:
            raise AttributeError('that is beyond this object')
        return getattr(self._made, name)

    def __enter__(self):
        return self._made.__enter__()

    def __exit__(self, *exc_info):
        return self._made.__exit__(*exc_info)
"""
    if owner == "Thread":
        definitions = f"""
class Thread(whole.Thread):
    @property
    def {method}(self):
        raise AttributeError('that is beyond this object')
"""
    one = implementation(tmp_path, WITHOUT.format(definitions=definitions, words="name"))
    results = judged(one, chapter)
    wrong = [text for text in accused(results, method) if "unsupported" in text or method in text]
    assert not wrong
    assert any(result.verdict == "unsupported" for result in results)


# -- a value that is not there ---------------------------------------------------------------------

SILENT = """
from threadspec.reference import *
import threadspec.reference as whole

class {kind}:
    def __init__(self):
        self._lock = whole.{kind}()

    def acquire(self, blocking=True):
        self._lock.acquire(blocking)

    def release(self):
        self._lock.release()
"""

# Words in the ids of clauses that depend on the values of acquire() and acquire(False).
ABOUT_VALUES = ("returns-true", "nonblocking-", "atomic", "mutual-exclusion")


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_an_acquire_that_returns_nothing_breaks_the_clauses_about_its_value_alone(
    tmp_path: Path, kind: str
) -> None:
    results = judged(implementation(tmp_path, SILENT.format(kind=kind)), f"battery/{kind.lower()}/")
    failed = {result.clause for result in results if result.verdict not in ("pass", "observed")}
    assert f"{kind.lower()}.acquire.nonblocking-free" in failed
    beside = {one for one in failed if not any(word in one for word in ABOUT_VALUES)}
    assert not beside


# -- what the system refuses -----------------------------------------------------------------------

REFUSING_SUBSTRATE = """
    import _thread
    from _thread import *

    left = [{left}]

    def start_new_thread(function, args):
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("no more of them")
        return _thread.start_new_thread(function, args)
"""


def test_one_sentence_ends_the_run_where_the_system_has_no_room_for_helper_threads(
    tmp_path: Path,
) -> None:
    (tmp_path / "scarce.py").write_text(
        textwrap.dedent(REFUSING_SUBSTRATE.format(left=40)), encoding="utf-8"
    )
    one = implementation(tmp_path, "from threadspec.reference import *", substrate="scarce")
    worker = WorkerProcess(one)
    try:
        with pytest.raises(Refused, match=r"refuses another thread .*no more of them.*limit"):
            worker.load()
    finally:
        worker.close()


def test_a_helper_thread_that_the_system_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "scarce.py").write_text(
        textwrap.dedent(REFUSING_SUBSTRATE.format(left=105)), encoding="utf-8"
    )
    one = implementation(tmp_path, "from threadspec.reference import *", substrate="scarce")
    results = judged(one, "battery/lock/", "test_acquire_without", "test_release")
    assert {result.verdict for result in results} <= {"pass", "error", "observed"}
    refused = [result for result in results if result.verdict == "error"]
    assert len(refused) > 5
    assert all("refuses another thread" in str(result.observed) for result in refused)


def test_a_thread_that_the_implementation_is_refused_is_an_error_where_nobody_gets_one(
    tmp_path: Path,
) -> None:
    # The implementation uses the same substrate, and ignores the error.
    (tmp_path / "scarce.py").write_text(
        textwrap.dedent(REFUSING_SUBSTRATE.format(left=111)), encoding="utf-8"
    )
    one = implementation(
        tmp_path,
        """
        import scarce
        import threadspec.reference as whole
        from threadspec.reference import *

        class Thread(whole.Thread):
            def start(self):
                if scarce.left[0] > 0:
                    whole.Thread.start(self)
        """,
        substrate="scarce",
    )
    results = judged(one, "battery/thread/")
    assert {result.verdict for result in results} <= {"pass", "error", "observed"}


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE])
@pytest.mark.parametrize("others", [0, 1])  # the first process is the worker's watchdog
def test_one_sentence_says_that_the_system_refuses_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int, number: int
) -> None:
    start = subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def refuse(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        if len(started) == others:
            raise OSError(number, os.strerror(number))
        started.append(start(*args, **options))
        return started[-1]

    worker = WorkerProcess(implementation(tmp_path, "from threadspec.reference import *"))
    monkeypatch.setattr("threadspec.adapters.runner.process.subprocess.Popen", refuse)
    with pytest.raises(Refused) as refused:
        worker.begin()
    assert str(refused.value) == (
        f"the system refuses another process ({os.strerror(number)}); raise the limit on"
        " processes, memory or open files (ulimit -a shows them)"
    )
    assert all(process.wait(10) is not None for process in started)


def test_one_sentence_says_that_the_system_refuses_the_host_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object) -> None:
        raise RuntimeError("no more of them")

    worker = WorkerProcess(implementation(tmp_path, "from threadspec.reference import *"))
    monkeypatch.setattr("threadspec.adapters.runner.process.threading.Thread.start", refuse)
    with pytest.raises(
        Refused, match=r"refuses another thread \(no more of them\); raise the limit"
    ):
        worker.begin()


# Set-up code without the fork server that the worker has prepared: a new one is started.
UNPREPARED = "from threadspec.conformance.harness import fork_server; fork_server._prepared.clear()"


@pytest.mark.parametrize(
    "broken",
    ["subprocess.Popen", "os.fork", "os.mkfifo", "tempfile.mkstemp"],
)
def test_a_program_that_the_system_refuses_is_an_error(tmp_path: Path, broken: str) -> None:
    module, name = broken.split(".")
    one = implementation(
        tmp_path,
        "from threadspec.reference import *",
        setup=f"""
import {module}
{UNPREPARED}

def refuse(*args, **kwargs):
    raise OSError(11, "Resource temporarily unavailable")

{module}.{name} = refuse
""",
    )
    results = judged(one, "program.py::test_a_program")
    expected = {"pass"} if broken == "os.fork" else {"error"}  # the fork happens in another process
    assert {result.verdict for result in results} == expected
    for result in results:
        assert result.verdict == "pass" or "refuses another process" in str(result.observed)


def test_a_fork_that_the_system_refuses_ends_no_other_program(tmp_path: Path) -> None:
    sitecustomize = tmp_path / "sitecustomize.py"
    sitecustomize.write_text(
        textwrap.dedent(
            """
            import os

            fork = os.fork
            forks = []

            def sometimes():
                forks.append(None)
                if len(forks) % 3 == 0:
                    raise OSError(11, "Resource temporarily unavailable")
                return fork()

            os.fork = sometimes
            """
        ),
        encoding="utf-8",
    )
    one = implementation(
        tmp_path,
        "from threadspec.reference import *",
        setup=f"import os; os.environ['PYTHONPATH'] = {str(tmp_path)!r}\n{UNPREPARED}",
    )
    results = judged(one, "program.py::test_a_program")
    assert {result.verdict for result in results} == {"pass", "error"}


@linux
@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_too_little_memory_gives_no_fail(options: tuple[str, ...]) -> None:
    pytest.importorskip("resource")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import resource, sys, pytest;"
            "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
            "sys.exit(pytest.main(sys.argv[1:]))",
            *("--impl=reference", "-q", "-k", "semaphore or thread", "-p", "no:cacheprovider"),
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "FAIL" not in run.stdout
    assert "Traceback" not in run.stdout


# -- evidence ------------------------------------------------------------------------------------


def test_what_a_call_raised_is_said_first(tmp_path: Path) -> None:
    one = implementation(
        tmp_path,
        """
        import threadspec.reference as whole
        from threadspec.reference import *

        class Event(whole.Event):
            def wait(self, *args):
                if args == (None,):
                    raise ValueError("a number is wanted")
                return whole.Event.wait(self, *args)
        """,
    )
    results = judged(one, "test_wait_none_is_wait_without_a_timeout")
    assert [result.verdict for result in results] == ["fail"] * len(results)
    observed = str(results[0].observed)
    assert "wait(None) raised ValueError: a number is wanted" in observed.split(";")[0]
