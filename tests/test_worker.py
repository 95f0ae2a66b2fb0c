"""The worker: whatever an implementation does to its process, the host soon gets an answer."""

from __future__ import annotations

import _thread
import errno
import os
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.version import Version

import miniatures
from miniatures import in_battery, lock_with, run_case
from threadspec.adapters import interpreters
from threadspec.adapters.adapter import Adapter, Implementation, resolve
from threadspec.adapters.interpreters import Interpreter
from threadspec.adapters.runner import transport
from threadspec.adapters.runner.process import (
    CannotStart,
    TooSlow,
    WorkerProcess,
    WrongValue,
    load_request,
)
from threadspec.conformance.battery.alien import mainthread
from threadspec.conformance.battery.daemon import program as program_end
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import blocking, fork_server, vocabulary
from threadspec.conformance.harness.actors import Actors
from threadspec.conformance.harness.durations import TABLE, Durations
from threadspec.conformance.harness.observer import Observer
from threadspec.conformance.harness.processors import OneProcessor
from threadspec.conformance.harness.programs import Program, ProgramPool, Programs, listen
from threadspec.conformance.index import Case, battery
from threadspec.frontends.trial import Trial

BATTERY = "threadspec.conformance.battery"
NO_VALUE = (f"{BATTERY}.lock.release", "test_release_returns_none")  # acquires, releases it
LOCKS = (
    f"{BATTERY}.lock.acquire",
    "test_acquire_locks",
)  # acquires a lock three times
HELD = (f"{BATTERY}.lock.acquire", "test_acquire_blocks_while_the_lock_is_held")
IMMEDIATELY = "test_the_object_is_there_before_the_main_thread_asks_for_it"
METHODS = (f"{BATTERY}.lock.general", "test_a_lock_has_acquire_and_release")

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux shows what a thread waits for"
)
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and scripts of POSIX")

STDLIB = Implementation("stdlib", Adapter("stdlib", "threading"), interpreters.this_interpreter())

MakeWorker = Callable[..., WorkerProcess]


def case_of(clause: str) -> Case:
    """A case of a clause."""
    return next(case for case in battery() if case.clause.id == clause)


def queue(worker: WorkerProcess, *names: tuple[str, str]) -> None:
    """Queue several cases."""
    for name in names:
        worker.queue(*name)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWorker]:
    """Make a worker for an implementation with this source; all workers end after the test."""
    monkeypatch.chdir(tmp_path)
    workers = []

    def make_worker(
        source: str,
        *,
        interpreter: Path | None = None,
        scale: float = 1.0,
        **fields: Any,
    ) -> WorkerProcess:
        (tmp_path / "subject.py").write_text(textwrap.dedent(source), encoding="utf-8")
        adapter = Adapter(name="subject", module="subject", folder=tmp_path, **fields)
        found = interpreters.this_interpreter()
        if interpreter is not None:
            found = Interpreter(interpreter, interpreter.name, Version("0"))
        worker = WorkerProcess(Implementation("subject", adapter, found), scale)
        workers.append(worker)
        return worker

    yield make_worker
    for worker in workers:
        worker.close()


def script(folder: Path, text: str) -> Path:
    """An executable file that is not an interpreter, but may start one."""
    path = folder / "not-python"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


# -- what an implementation prints and starts -----------------------------------------------------


def test_a_faithful_implementation_passes(make: MakeWorker) -> None:
    worker = make(miniatures.FAITHFUL)
    assert worker.load()["version"] == "1.2.3"
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "ok"
    assert outcome.spoiled is False
    assert outcome.output == ""


def test_a_worker_begun_before_it_is_needed_is_the_one_that_loads(make: MakeWorker) -> None:
    worker = make(miniatures.FAITHFUL)
    worker.begin()
    process = worker._process
    assert worker.load()["version"] == "1.2.3"
    assert run_case(worker, *NO_VALUE).kind == "ok"
    assert worker._process is process


def test_only_the_first_worker_says_what_it_has_loaded(
    make: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = make(miniatures.FAITHFUL)
    answers = []
    real = worker._answer

    def answer(*arguments: Any) -> dict[str, Any]:
        answers.append(real(*arguments))
        return answers[-1]

    monkeypatch.setattr(worker, "_answer", answer)
    description = worker.load()
    worker.close()
    assert worker.load() == description
    assert [sorted(one) for one in answers] == [["description", "kit_threads"], ["kit_threads"]]


def test_what_fails_in_a_worker_begun_early_is_said_when_it_is_needed(make: MakeWorker) -> None:
    worker = make("import os; os._exit(3)")
    worker.begin()
    with pytest.raises(CannotStart, match="the worker ended"):
        run_case(worker, *NO_VALUE)


@pytest.mark.parametrize(
    "printing",
    ["print('noise')", "import os; os.write(1, b'noise')", "import os; os.system('echo noise')"],
)
def test_what_is_printed_reaches_the_output_and_not_the_protocol(
    make: MakeWorker, printing: str
) -> None:
    worker = make(
        f"{printing}\n" + lock_with(f"def release(self):\n    {printing}\n    self._lock.release()")
    )
    worker.load()
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "ok"
    assert outcome.output.startswith("noise")


def test_a_forged_reply_is_output_only(make: MakeWorker) -> None:
    forged = "print('@threadspec ' + '{\"outcome\": \"ok\"}')"
    worker = make(lock_with(f"def release(self):\n    {forged}\n    return 1"))
    assert run_case(worker, *NO_VALUE).kind == "violated"


@pytest.mark.parametrize(
    "statement", ["sys.stdout = None", "sys.stdout.close()", "sys.stderr.close()"]
)
def test_a_changed_standard_output_does_not_disturb(make: MakeWorker, statement: str) -> None:
    worker = make(f"import sys\n{statement}\n{miniatures.FAITHFUL}")
    worker.load()
    assert run_case(worker, *NO_VALUE).kind == "ok"


def test_a_program_is_understood_though_the_implementation_prints(make: MakeWorker) -> None:
    source = "import sys\nsys.stdout.write('no end of line')\nfrom threadspec.reference import *\n"
    outcome = run_case(
        make(source),
        program_end.__name__,
        "test_a_program_waits_for_all_threads_that_are_no_daemons",
    )
    assert outcome.kind == "ok", outcome.observed


def test_what_stands_for_the_module_need_have_no_name(make: MakeWorker) -> None:
    worker = make(
        miniatures.FAITHFUL
        + """
import sys

class Names(object):
    pass

Names.Lock = Lock
sys.modules[__name__] = Names()
"""
    )
    assert worker.load()["version"] is None
    assert run_case(worker, *NO_VALUE).kind == "ok"


def test_reading_standard_input_gives_nothing(make: MakeWorker) -> None:
    worker = make("import sys\nassert sys.stdin.read() == ''\n" + miniatures.FAITHFUL)
    worker.load()
    assert run_case(worker, *NO_VALUE).kind == "ok"


def test_a_thread_started_at_import_is_no_thread_left_behind(make: MakeWorker) -> None:
    start = "import _thread, time\n_thread.start_new_thread(time.sleep, (1000,))\n"
    worker = make(start + miniatures.FAITHFUL)
    worker.load()
    outcome = run_case(worker, *NO_VALUE)
    assert (outcome.kind, outcome.spoiled) == ("ok", False)


def test_a_worker_with_threads_left_behind_is_replaced(make: MakeWorker) -> None:
    worker = make(
        "import _thread, time\n"
        + lock_with(
            """
            def release(self):
                _thread.start_new_thread(time.sleep, (1000,))
                self._lock.release()
            """
        ),
        scale=0.2,
    )
    worker.load()
    first = run_case(worker, *NO_VALUE)
    second = run_case(worker, *METHODS)
    assert (first.kind, first.spoiled) == ("ok", True)
    assert (second.kind, second.spoiled) == ("ok", False)


def test_helper_processes_end_with_the_worker(make: MakeWorker, tmp_path: Path) -> None:
    child = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'],"
        " stdin=subprocess.PIPE)\n"
        "open('child', 'w').write(str(child.pid))\n"
    )
    worker = make(child + miniatures.FAITHFUL)
    worker.load()
    worker.close()
    number = int((tmp_path / "child").read_text(encoding="utf-8"))
    deadline = time.monotonic() + 10
    while is_alive(number):
        assert time.monotonic() < deadline


def is_alive(number: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        os.kill(number, 0)
    except OSError:
        return False
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


# -- the process ends -----------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_a_case_whose_worker_is_killed_once_from_outside_is_run_again(
    make: MakeWorker, tmp_path: Path, number: str
) -> None:
    released = f"""
    def release(self):
        if not os.path.exists({str(tmp_path / "mark")!r}):
            open({str(tmp_path / "mark")!r}, "w").close()
            os.kill(os.getpid(), signal.{number})
        self._lock.release()
    """
    worker = make(f"import os, signal\n{lock_with(textwrap.dedent(released))}")
    queue(worker, NO_VALUE, METHODS)
    outcome = worker.run_next()
    assert outcome.kind == "ok"
    assert f"killed by {number}" in outcome.evidence[0]
    assert worker.run_next().evidence == ()


@posix
@pytest.mark.parametrize(("kills", "loads"), [(1, True), (2, False)])
def test_a_worker_that_is_killed_while_it_loads_is_replaced_once(
    make: MakeWorker, tmp_path: Path, kills: int, loads: bool
) -> None:
    source = f"""
        import os
        with open({str(tmp_path / "count")!r}, "a") as count:
            count.write(".")
        if os.path.getsize({str(tmp_path / "count")!r}) <= {kills}:
            os.kill(os.getpid(), 9)
    """
    worker = make(textwrap.dedent(source) + miniatures.FAITHFUL)
    if loads:
        worker.load()
        assert run_case(worker, *NO_VALUE).kind == "ok"
    else:
        with pytest.raises(CannotStart, match="SIGKILL"):
            worker.load()
    assert len((tmp_path / "count").read_text()) == 2


@pytest.mark.parametrize(("refusals", "runs"), [(1, True), (2, False)])
def test_a_process_that_the_system_refuses_once_is_asked_for_again(
    make: MakeWorker, monkeypatch: pytest.MonkeyPatch, refusals: int, runs: bool
) -> None:
    worker = make(miniatures.FAITHFUL)
    worker.load()
    start = transport.Pipes.start
    left = [OSError(errno.EFAULT, "Bad address")] * refusals

    def refuse(*arguments: Any) -> Any:
        if left:
            raise left.pop()
        return start(*arguments)

    monkeypatch.setattr(transport.Pipes, "start", refuse)
    if runs:
        worker.begin()
        assert run_case(worker, *NO_VALUE).kind == "ok"
    else:
        with pytest.raises(CannotStart, match="cannot be started: Bad address"):
            worker.begin()


@posix
def test_a_case_whose_worker_dies_by_itself_is_not_run_again(
    make: MakeWorker, tmp_path: Path
) -> None:
    counting = f"open({str(tmp_path / 'count')!r}, 'a').write('.'); os.abort()"
    worker = make(f"import os\n{lock_with(f'def release(self): {counting}')}")
    assert run_case(worker, *NO_VALUE).observed == "the process ended: SIGABRT"
    assert len((tmp_path / "count").read_text()) == 1


@pytest.mark.parametrize(
    ("statement", "ending"),
    [
        ("os._exit(3)", "exit status 3"),
        pytest.param("ctypes.string_at(0)", "SIGSEGV", marks=posix),
        pytest.param("os.kill(os.getpid(), 9)", "SIGKILL", marks=posix),
    ],
)
def test_a_process_that_dies_in_a_method_is_a_crash_and_is_replaced(
    make: MakeWorker, statement: str, ending: str
) -> None:
    worker = make(f"import ctypes, os\n{lock_with(f'def release(self): {statement}')}")
    worker.load()
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "crash"
    assert outcome.observed == f"the process ended: {ending}"
    assert run_case(worker, *METHODS).kind == "ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_dead_process_is_noticed_although_a_child_of_it_lives(make: MakeWorker) -> None:
    fork = "import os, time\nif os.fork() == 0:\n    time.sleep(1000)\n"
    worker = make(fork + lock_with("def release(self): os._exit(3)"))
    worker.load()
    began = time.monotonic()
    assert run_case(worker, *NO_VALUE).kind == "crash"
    assert time.monotonic() - began < TABLE["case"][0] / 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nprint('bye')\nos._exit(4)", r"exit status 4.*it printed: bye"),
        pytest.param("import ctypes\nctypes.string_at(0)", r"SIGSEGV", marks=posix),
    ],
)
def test_a_process_that_dies_at_import_cannot_be_judged(
    make: MakeWorker, source: str, said: str
) -> None:
    with pytest.raises(CannotStart, match=said):
        make(source).load()


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_an_exit_raised_in_a_method_is_what_was_observed(make: MakeWorker, name: str) -> None:
    worker = make(lock_with(f"def release(self): raise {name}(7)"))
    worker.load()
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "violated"
    assert outcome.observed == f"raised {name}: 7"
    assert run_case(worker, *METHODS).kind == "ok"


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "OSError"])
def test_an_exception_at_import_is_the_reason(make: MakeWorker, name: str) -> None:
    with pytest.raises(CannotStart, match=f"^importing subject raised {name}: no threads today"):
        make(f"raise {name}('no threads today')").load()


def test_what_is_required_is_mentioned_when_an_import_fails(make: MakeWorker) -> None:
    with pytest.raises(CannotStart, match=r"no_such_thing.*\(it needs thing>=2, other\)$"):
        make("import no_such_thing", requires=("thing>=2", "other")).load()


# -- the process hangs ----------------------------------------------------------------------------


@linux
def test_a_deadlock_is_seen_long_before_the_deadline(make: MakeWorker) -> None:
    worker = make(miniatures.DEADLOCKED)
    worker.load()
    began = time.monotonic()
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "timeout"
    assert time.monotonic() - began < TABLE["case"][0] / 2
    assert run_case(worker, *METHODS).kind == "ok"


@linux
def test_a_deadlock_of_helper_threads_is_the_failure_of_the_case(make: MakeWorker) -> None:
    worker = make(miniatures.DEADLOCKED)
    worker.load()
    began = time.monotonic()
    outcome = run_case(worker, *HELD)
    assert outcome.kind == "violated"
    assert outcome.spoiled is True
    assert time.monotonic() - began < TABLE["positive"][0] / 2


@linux
def test_stacks_of_every_thread_are_in_the_output_after_a_hang(make: MakeWorker) -> None:
    worker = make(miniatures.DEADLOCKED)
    worker.load()
    output = run_case(worker, *NO_VALUE).output
    assert "subject.py" in output
    assert "in acquire" in output
    assert NO_VALUE[1] in output


@linux
def test_stacks_are_written_on_python_2_too(make: MakeWorker) -> None:
    try:
        interpreter = interpreters.find("2.7")
    except UserError as error:
        pytest.skip(str(error))
    worker = make(
        miniatures.DEADLOCKED.replace("import _thread", "import thread as _thread"),
        interpreter=interpreter.path,
    )
    assert worker.load()["python"].startswith("2.7")
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "timeout"
    assert "in acquire" in outcome.output


def test_a_loop_without_end_is_ended_at_the_deadline(make: MakeWorker) -> None:
    worker = make(miniatures.SPINNING, scale=0.05)
    worker.load()
    outcome = run_case(worker, *LOCKS)
    assert outcome.kind == "timeout"
    assert outcome.observed == "the case did not end"
    assert run_case(worker, *METHODS).kind == "ok"


def test_a_computation_that_never_lets_go_of_the_interpreter_is_ended(make: MakeWorker) -> None:
    worker = make(
        "import re\n" + lock_with("def acquire(self): return re.match('(a*)*b', 'a' * 50)"),
        scale=0.05,
    )
    worker.load()
    assert run_case(worker, *LOCKS).kind == "timeout"
    assert run_case(worker, *METHODS).kind == "ok"


def test_an_import_that_never_ends_cannot_be_judged(make: MakeWorker) -> None:
    with pytest.raises(CannotStart, match="in time; it printed: almost"):
        make("print('almost', flush=True)\nwhile True: pass", scale=0.03).load()


def test_breaking_off_ends_the_worker(make: MakeWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make(miniatures.FAITHFUL)
    worker.load()

    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_case(worker, *NO_VALUE)
    monkeypatch.undo()
    assert run_case(worker, *NO_VALUE).kind == "ok"


def test_queued_cases_are_run_once_each_and_in_order(make: MakeWorker) -> None:
    worker = make(miniatures.PRINTING)
    queue(worker, NO_VALUE, METHODS)
    output = []
    for name in (NO_VALUE, NO_VALUE):
        output.append(worker.run_next().output)
        queue(worker, name)
    output += [worker.run_next().output for _ in range(2)]
    assert output == [output[0], "", output[0], output[0]]
    assert output[0] != ""


def test_a_hang_is_seen_immediately_although_there_were_programs(make: MakeWorker) -> None:
    worker = make(
        "import _thread\n"
        + lock_with(
            """
            def release(self):
                self._lock.acquire()  # for ever
            """
        )
    )
    run_case(
        worker, mainthread.__name__, "test_the_object_is_there_before_the_main_thread_asks_for_it"
    )
    began = time.monotonic()
    assert run_case(worker, *NO_VALUE).kind == "timeout"
    assert time.monotonic() - began < TABLE["case"][0] / 3


def test_a_spoiled_worker_begins_no_case_more(make: MakeWorker, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    worker = make(
        "import _thread, os, time\n"
        + lock_with(
            f"""
            def release(self):
                with open({str(trace)!r}, "a") as file:
                    file.write("%d " % os.getpid())
                _thread.start_new_thread(time.sleep, (1000,))
                self._lock.release()
            """
        ),
        scale=0.2,
    )
    queue(worker, *[NO_VALUE] * 3)
    assert worker.run_next().spoiled is True
    assert worker.run_next().spoiled is True
    pids = trace.read_text().split()
    assert len(set(pids)) == 2
    assert pids.count(pids[0]) == pids.count(pids[-1])


def test_what_is_printed_belongs_to_its_case_although_the_next_one_is_begun(
    make: MakeWorker,
) -> None:
    worker = make(miniatures.PRINTING)
    queue(worker, NO_VALUE, LOCKS)
    first = worker.run_next()
    time.sleep(0.2)  # by now, the next one has printed, too
    worker.run_next()
    again = run_case(worker, *NO_VALUE)
    assert first.output == again.output != ""


def test_a_worker_that_was_sent_withdrawn_cases_is_replaced(make: MakeWorker) -> None:
    worker = make(
        "import time\n"
        + lock_with(
            """
            def release(self):
                time.sleep(0.3)
                self._lock.release()
            """
        )
    )
    processes = []

    def withdraw(sleeps: bool) -> None:
        processes.append(worker._process)
        worker.withdraw()

    queue(worker, NO_VALUE, LOCKS)
    assert worker.run_next(withdraw).kind == "ok"
    assert run_case(worker, *METHODS).kind == "ok"
    assert processes
    assert worker._process not in processes


def test_a_closed_worker_forgets_what_was_queued(make: MakeWorker) -> None:
    worker = make(miniatures.PRINTING)
    queue(worker, METHODS, METHODS)
    worker.run_next()
    worker.close()
    assert run_case(worker, *NO_VALUE).output != ""


# -- no interpreter -------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/bin/sh\nexit 0\n", "is not a Python interpreter, or it is broken$"),
        ("#!/bin/sh\nexec cat\n", "is not a Python interpreter: it echoes its input"),
        (
            "#!/bin/sh\necho garbage >&2\nexit 3\n",
            "interpreter, or it is broken; it printed: garbage$",
        ),
        ("#!/bin/sh\necho garbage\nexit 3\n", "interpreter, or it is broken; it printed: garbage$"),
        ("#!/bin/sh\nexec sleep 1000\n", "did not load subject in time"),
        ("no script at all\n", "cannot be started: Exec format error"),
        ("#!/no/such/shell\n", "cannot be started: No such file or directory"),
    ],
    ids=["ends", "echoes", "complains", "prints garbage", "sleeps", "text", "broken"],
)
def test_a_program_that_is_no_interpreter(
    make: MakeWorker, tmp_path: Path, text: str, said: str
) -> None:
    worker = make(miniatures.FAITHFUL, interpreter=script(tmp_path, text), scale=0.02)
    with pytest.raises(CannotStart, match=said):
        worker.load()


def test_an_interpreter_that_is_not_there(make: MakeWorker, tmp_path: Path) -> None:
    worker = make(miniatures.FAITHFUL, interpreter=tmp_path / "missing")
    with pytest.raises(CannotStart, match="missing cannot be started: No such file"):
        worker.load()


# -- how an implementation is loaded --------------------------------------------------------------


def test_set_up_code_that_raises_is_the_reason(make: MakeWorker) -> None:
    with pytest.raises(CannotStart, match=r"^its set-up code raised ZeroDivisionError"):
        make(miniatures.FAITHFUL, setup="1 / 0").load()


def test_set_up_code_that_is_no_python_is_the_reason(make: MakeWorker) -> None:
    with pytest.raises(CannotStart, match=r"^its set-up code raised SyntaxError"):
        make(miniatures.FAITHFUL, setup="def").load()


@posix
def test_set_up_code_runs_before_threading_is_imported(make: MakeWorker, tmp_path: Path) -> None:
    isolated = script(tmp_path, f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    setup = "import sys\nassert 'threading' not in sys.modules, 'threading is imported already'\n"
    worker = make(miniatures.FAITHFUL, setup=setup, interpreter=isolated)
    worker.load()
    assert run_case(worker, *NO_VALUE).kind == "ok"


def test_a_substrate_that_is_missing_is_the_reason(make: MakeWorker) -> None:
    with pytest.raises(WrongValue, match=r"^no_such_layer cannot be imported: \w+Error: No mod"):
        make(miniatures.FAITHFUL, substrate="no_such_layer").load()


def test_a_module_without_threads_is_no_substrate(make: MakeWorker) -> None:
    with pytest.raises(WrongValue, match=r"^os has no start_new_thread, allocate_lock, get_ident$"):
        make(miniatures.FAITHFUL, substrate="os").load()
    with pytest.raises(WrongValue, match=r"^threading has no start_new_thread, allocate_lock$"):
        make(miniatures.FAITHFUL, substrate="threading").load()


# Threads that run only when somebody calls its sleep().
LAZY_SUBSTRATE = """
    import _thread
    import time
    from _thread import *

    begun = []
    kernel_sleep = time.sleep

    def start_new_thread(function, args):
        begun.append((function, args))

    def sleep(seconds):
        while begun:
            _thread.start_new_thread(*begun.pop(0))
        kernel_sleep(seconds)
"""


def test_threads_of_the_substrate_run_while_the_kit_sleeps(
    make: MakeWorker, tmp_path: Path
) -> None:
    (tmp_path / "lazy.py").write_text(textwrap.dedent(LAZY_SUBSTRATE), encoding="utf-8")
    with pytest.raises(WrongValue, match=r"^lazy starts threads that do not run while the kit"):
        make(miniatures.FAITHFUL, substrate="lazy", scale=0.1).load()
    setup = "import lazy, time; time.sleep = lazy.sleep"
    assert make(miniatures.FAITHFUL, substrate="lazy", setup=setup).load()["names"]


@pytest.mark.parametrize(
    "source",
    [
        "def start_new_thread(function): pass",
        "class allocate_lock:\n    def acquire(self, blocking=True): pass",
    ],
)
def test_functions_of_a_substrate_take_the_arguments_of_thread(
    make: MakeWorker, tmp_path: Path, source: str
) -> None:
    (tmp_path / "odd.py").write_text(f"from _thread import *\n{source}\n", encoding="utf-8")
    offer = r"^odd must offer .*\(function, args\) and .*\(blocking, timeout\): TypeError: .*takes"
    with pytest.raises(WrongValue, match=offer):
        make(miniatures.FAITHFUL, substrate="odd").load()


def test_a_patch_that_leaves_out_sleep_is_the_reason(make: MakeWorker, tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text(textwrap.dedent(LAZY_SUBSTRATE), encoding="utf-8")
    setup = "import _thread, lazy; _thread.start_new_thread = lazy.start_new_thread"
    with pytest.raises(CannotStart, match=r"^_thread starts .* patch time\.sleep in setup$"):
        make(miniatures.FAITHFUL, setup=setup, scale=0.1).load()


ASKING = """
import os, sys
from threadspec.reference import *

version = os.environ.get("FIBRES"), os.environ.get("PYTHONWARNINGS"), sorted(sys._xoptions)
if version != ("many", "ignore", ["fibres"]):
    raise ImportError(repr(version))
"""

ENVIRONMENT = {"FIBRES": "many", "PYTHONWARNINGS": "ignore"}


def test_the_interpreter_gets_the_arguments_and_the_environment_of_the_adapter(
    make: MakeWorker,
) -> None:
    worker = make(ASKING, arguments=("-X", "fibres"), environment=ENVIRONMENT)
    worker.load()
    assert run_case(worker, *NO_VALUE).kind == "ok"


@linux
@pytest.mark.parametrize("forks", [True, False])
def test_programs_have_the_arguments_and_the_environment_of_the_worker(
    make: MakeWorker, forks: bool
) -> None:
    # Without forks, and without the fork server that the worker has prepared, each is started anew.
    setup = "from threadspec.conformance.harness import fork_server; fork_server._prepared.clear()"
    if not forks:
        setup += "; fork_server.is_possible = lambda: False"
    worker = make(ASKING, arguments=("-X", "fibres"), environment=ENVIRONMENT, setup=setup)
    outcome = run_case(worker, f"{BATTERY}.alien.mainthread", IMMEDIATELY)
    assert outcome.kind == "ok", outcome


@pytest.mark.parametrize("argument", ["--no-such-option", "-V"])
def test_arguments_that_the_interpreter_does_not_take_are_the_reason(
    make: MakeWorker, argument: str
) -> None:
    worker = make(miniatures.FAITHFUL, arguments=(argument,))
    with pytest.raises(
        WrongValue, match=r"python\S* does not run Python with these arguments"
    ) as no:
        worker.load()
    assert no.value.key == "arguments"


def test_a_closed_worker_starts_afresh(make: MakeWorker) -> None:
    worker = make(miniatures.FAITHFUL)
    worker.load()
    worker.close()
    worker.close()
    assert run_case(worker, *NO_VALUE).kind == "ok"


# -- proof that a thread is blocked ---------------------------------------------------------------


class Sleeper:
    """A low-level thread that waits for a lock."""

    def __init__(self, timeout: float = -1) -> None:
        self.lock = _thread.allocate_lock()
        self.lock.acquire()
        self.tid: int | None = None
        self._started = _thread.allocate_lock()
        self._started.acquire()
        self._timeout = timeout
        _thread.start_new_thread(self._wait, ())
        self._started.acquire()

    def _wait(self) -> None:
        self.tid = blocking.own_tid()
        self._started.release()
        self.lock.acquire(True, self._timeout)


@pytest.fixture
def others() -> tuple[int, ...]:
    """The threads of the test runner itself."""
    return tuple(blocking.look() or ())


def becomes_true(condition: Callable[[], bool]) -> bool:
    """Wait briefly for a condition; return whether it holds."""
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.001)
    return True


@linux
def test_a_thread_that_waits_for_a_lock_is_proved_blocked() -> None:
    sleeper = Sleeper()
    try:
        assert becomes_true(lambda: bool(blocking.proved([sleeper.tid])))
    finally:
        sleeper.lock.release()
    assert becomes_true(lambda: sleeper.tid not in (blocking.look() or {}))


@linux
def test_a_thread_that_waits_with_a_timeout_is_proved_blocked_until_then() -> None:
    sleeper = Sleeper(timeout=100)
    try:
        assert becomes_true(lambda: bool(blocking.proved([sleeper.tid], least=50)))
        assert not any(blocking.proved([sleeper.tid], least=150) for _ in range(20))
    finally:
        sleeper.lock.release()


@linux
def test_the_calling_thread_is_not_proved_blocked() -> None:
    assert not blocking.proved([blocking.own_tid()])
    assert not blocking.proved([None])


@linux
def test_the_kernels_id_is_found_where_the_interpreter_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(_thread, "get_native_id")
    own_tid = blocking._choose_own_tid()
    assert own_tid() == os.getpid()
    seen: list[tuple[int, int]] = []
    thread = threading.Thread(target=lambda: seen.append((own_tid(), blocking._linked_tid())))
    thread.start()
    thread.join()
    assert seen[0][0] == seen[0][1] != os.getpid()


@linux
def test_files_are_read_where_the_interpreter_cannot_read_at_a_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocking, "_pread", blocking._read_at)
    sleeper = Sleeper()
    try:
        for _ in range(2):  # opens the files, and reads them again
            assert becomes_true(lambda: bool(blocking.proved([sleeper.tid])))
    finally:
        sleeper.lock.release()
    assert becomes_true(lambda: sleeper.tid not in (blocking.look() or {}))


@linux
def test_nothing_can_be_proved_of_threads_that_share_the_callers_kernel_thread() -> None:
    sleeper = Sleeper()
    try:
        assert becomes_true(lambda: sleeper.tid is not None)
        assert blocking.can_prove([sleeper.tid])
        assert not blocking.can_prove([sleeper.tid, blocking.own_tid()])
    finally:
        sleeper.lock.release()


@linux
def test_looking_leaves_threads_out() -> None:
    own = blocking.own_tid()
    tasks = blocking.look()
    assert tasks is not None
    assert own in tasks
    assert own not in (blocking.look(leave_out=(own,)) or {})


@linux
def test_the_files_of_threads_that_have_ended_are_closed() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    # Threads left by earlier tests may use up all kept files.
    is_crowded = len(blocking.look() or ()) > blocking.Files.MOST
    before = descriptors()
    sleepers = [Sleeper() for _ in range(40)]
    assert {one.tid for one in sleepers} <= set(blocking.look() or ())
    assert is_crowded or before < descriptors()
    assert descriptors() <= before + 2 * blocking.Files.MOST
    for sleeper in sleepers:
        sleeper.lock.release()
    assert becomes_true(lambda: not {one.tid for one in sleepers} & set(blocking.look() or ()))
    assert descriptors() <= before  # fewer if a thread of an earlier test has also ended


def test_looking_at_a_process_that_is_gone_shows_nothing() -> None:
    assert blocking.look(pid=2**30) is None


@pytest.mark.parametrize(
    ("after", "unchanged"),
    [
        ({1: ("5 0x1", "7"), 2: ("6 0x1", "9")}, True),
        ({1: ("5 0x1", "7"), 2: ("6 0x1", "10")}, False),  # it ran meanwhile
        ({1: ("5 0x1", "7"), 2: ("6 0x2", "9")}, False),  # it waits for something else
        ({1: ("5 0x1", "7")}, False),  # it ended
        ({1: ("5 0x1", "7"), 3: ("6 0x1", "9")}, False),  # another started instead
        (None, False),  # nothing is visible
    ],
)
def test_nothing_has_run_between_two_equal_looks(
    after: dict[int, tuple[str, str]] | None, unchanged: bool
) -> None:
    before = {1: blocking.Task("5 0x1", "7"), 2: blocking.Task("6 0x1", "9")}
    tasks = after and {tid: blocking.Task(*seen) for tid, seen in after.items()}
    assert bool(blocking.unchanged(before, tasks)) is unchanged


def test_a_running_thread_is_never_unchanged() -> None:
    tasks = {1: blocking.Task("running", "7")}
    assert not blocking.unchanged(tasks, tasks)


@linux
def test_a_stall_is_certain_when_every_thread_waits(others: tuple[int, ...]) -> None:
    stall = blocking.Stall(0.02, leave_out=others)
    sleeper = Sleeper()
    try:
        assert becomes_true(stall.is_certain)
    finally:
        sleeper.lock.release()
    assert becomes_true(lambda: not stall.is_certain())


@linux
def test_a_timed_wait_is_no_stall(others: tuple[int, ...]) -> None:
    stall = blocking.Stall(0.0, leave_out=others)
    sleepers = [Sleeper(), Sleeper(timeout=100)]
    try:
        assert not any(stall.is_certain() for _ in range(20))
        within = blocking.Stall(0.0, leave_out=others, beyond=50)
        assert becomes_true(within.is_certain)
    finally:
        for sleeper in sleepers:
            sleeper.lock.release()


# -- what a case saw ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome", "observed"),
    [
        ("pass", "ok", None),
        ("got = pow(2, 3)\nassert got == 9", "violated", "pow(2, 3) returned 8, expected 9"),
        ("got = 1 + 1\nassert got == 3", "violated", "the check does not hold"),
        ("got = [1]\nassert got == [], 'one too many'", "violated", "one too many"),
        ("raise Violation('it waited')", "violated", "it waited"),
        ("assert not 1", "violated", "the check does not hold"),
        ("raise NotOffered('no signals here')", "not-offered", "no signals here"),
        ("raises(ValueError, int, '7')", "violated", "int('7') returned 7, expected ValueError"),
        ("raises(KeyError, int, 'x')", "violated", "int('x') raised ValueError: "),
        ("threading.Lock()", "missing", "there is no Lock ("),
        ("threading.Nonsense()", "violated", "raised AttributeError: "),
        ("int('x')", "violated", "raised ValueError: "),
        ("undefined_name", "error", "Traceback "),
        ("import no_such_module", "error", "Traceback "),
    ],
)
def test_what_is_said_of_a_failure(body: str, outcome: str, observed: str | None) -> None:
    found = in_battery(body)
    assert found["outcome"] == outcome
    assert (found["observed"] or "").startswith(observed or "")
    if outcome in ("violated", "missing"):
        assert found["where"] == f"test_imaginary.py:{len(body.splitlines()) + 1}"
        assert found["check"] == body.splitlines()[-1]


def test_an_unknown_fixture_is_the_kits_own_fault() -> None:
    def test_it(no_such_fixture: object) -> None:
        raise AssertionError("not reached")

    found = Observer(ModuleType("imaginary"), _thread, Durations()).run_case(test_it)
    assert found["outcome"] == "error"
    assert "no_such_fixture" in found["observed"]


def test_what_was_seen_reads_the_same_in_every_run() -> None:
    found = in_battery("it = object()\nassert it is None")
    assert found["observed"] == "object() returned <object object>, expected None"


def test_a_value_whose_repr_raises_is_shown_all_the_same() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise KeyboardInterrupt

    assert "Rude" in vocabulary.show(Rude())


def in_harness(case_: Callable[..., None]) -> dict[str, Any]:
    """The outcome of a case that needs nothing but helper threads."""
    return dict(Observer(ModuleType("imaginary"), _thread, Durations()).run_case(case_))


def test_a_helper_that_is_about_to_end_spoils_nothing() -> None:
    def test_it(actors: Any) -> None:
        lock = _thread.allocate_lock()
        lock.acquire()
        actors.start(lambda: [lock.acquire(), time.sleep(0.01)])
        actors.start(lambda: [time.sleep(0.005), lock.release()])

    found = in_harness(test_it)
    assert (found["outcome"], found["spoiled"]) == ("ok", False)


def test_a_helper_that_ends_while_it_is_looked_at_spoils_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock = _thread.allocate_lock()
    lock.acquire()

    def proved(actors: Actors, busy: list[Any], least: float) -> bool:
        lock.release()
        while not busy[0].has_ended():
            time.sleep(0.001)
        return True  # it is blocked, as it waits for its next action

    def test_it(actors: Any) -> None:
        actors.start(lock.acquire)
        monkeypatch.setattr(Actors, "_proved", proved)

    found = in_harness(test_it)
    assert (found["outcome"], found["spoiled"]) == ("ok", False)


def test_a_helper_that_does_not_end_spoils_the_worker() -> None:
    locks = []

    def test_it(actors: Any) -> None:
        locks.append(_thread.allocate_lock())
        locks[0].acquire()
        actors.start(locks[0].acquire)

    found = in_harness(test_it)
    locks[0].release()
    assert (found["outcome"], found["spoiled"]) == ("ok", True)


def test_a_helper_that_is_still_busy_takes_nothing_else_on() -> None:
    lock = _thread.allocate_lock()
    lock.acquire()

    def test_it(actors: Any) -> None:
        actors.start(lock.acquire).start(int)

    found = in_harness(test_it)
    lock.release()
    assert found["outcome"] == "violated"
    assert found["observed"].endswith("acquire() has not returned")


several = pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: [])(0)) < 2, reason="needs two processors"
)


@several
def test_the_threads_of_a_case_keep_to_one_processor() -> None:
    seen = []

    def test_it(actors: Any) -> None:
        seen.append(actors.call(os.sched_getaffinity, 0))
        seen.append(os.sched_getaffinity(0))

    before = os.sched_getaffinity(0)
    in_harness(test_it)
    assert len(seen[0]) == 1
    assert seen[0] == seen[1] <= before
    assert os.sched_getaffinity(0) == before


@several
@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_of_several_workers_keeps_to_a_processor_of_its_own(number: int) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    processor = OneProcessor(number)
    processor.take()
    kept = os.sched_getaffinity(0)
    processor.give_up()
    assert kept == {allowed[(os.getppid() + number) % len(allowed)]}
    assert sorted(os.sched_getaffinity(0)) == allowed


@several
def test_the_threads_of_a_race_have_every_processor() -> None:
    seen = []

    def test_it(actors: Any, rounds: int) -> None:
        seen.append(actors.call(os.sched_getaffinity, 0))

    in_harness(test_it)
    assert seen == [os.sched_getaffinity(0)]


# -- programs -------------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def programs(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[Callable[..., object]], Program]]:
    """Start a function of the battery as a program, forked or not; all end after the test."""
    if request.param and not fork_server.is_possible():
        pytest.skip("programs are not forked here")
    monkeypatch.setattr(fork_server, "is_possible", lambda: request.param)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pool = ProgramPool(load_request(STDLIB, 1.0), Durations())
    running = Programs(pool, lambda _: None)
    yield running.start
    running.close()
    pool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_program_ends_as_any_other_does(programs: Callable[..., Program]) -> None:
    exits = programs(program_end.program_whose_main_exits)
    fails = programs(program_end.program_whose_main_raises)
    for program, status in ((exits, 3), (fails, 1)):
        assert program.line() == "main is done"
        assert program.keeps_running()
        program.tell("")
        assert program.ended()
        assert program.status == status
    assert exits.output == ["main is done", "thread is done"]
    assert exits.errors == ""
    assert "ValueError: of the main thread" in fails.errors


@pytest.mark.parametrize("is_forked", [True, False])
def test_programs_are_kept_for_later_cases_where_each_needs_an_interpreter(
    monkeypatch: pytest.MonkeyPatch, is_forked: bool
) -> None:
    if is_forked and not fork_server.is_possible():
        pytest.skip("programs are not forked here")
    monkeypatch.setattr(fork_server, "is_possible", lambda: is_forked)
    origin = load_request(STDLIB, 1.0)
    seen: list[bool] = []

    def test_it() -> None:
        seen.append(observer._pool._ready[:1] == ready)

    observer = Observer(ModuleType("imaginary"), _thread, Durations(), origin=origin)
    observer._pool.take().close()
    ready = observer._pool._ready[:1]
    try:
        observer.run_case(test_it)
        assert seen == [not is_forked]
    finally:
        observer.close()


def test_the_pipes_to_the_host_do_not_use_what_set_up_code_has_patched(make: MakeWorker) -> None:
    # eventlet's os.write() runs its scheduler, and fails with it.
    setup = "import os\ndef broken(*_): raise OSError('patched')\nos.read = os.write = broken"
    assert make(miniatures.FAITHFUL, setup=setup).load()["names"]


def test_a_program_with_green_threads_listens_without_select(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # eventlet's select() finds no file ready if its time-out is zero.
    monkeypatch.setattr(select, "select", lambda *arguments: ([], [], []))
    monkeypatch.setattr("threadspec.conformance.harness.programs._cooperative", [True])
    reading, writing = os.pipe()
    monkeypatch.setattr(
        "threadspec.conformance.harness.fork_server.standard", lambda number: reading
    )
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.append(listen()))
    listener.start()
    os.write(writing, b"one ")
    listener.join(0.1)
    assert heard == []
    os.write(writing, b"line\n")
    listener.join(5)
    assert heard == ["one line"]
    os.close(writing)
    assert listen() == ""
    os.close(reading)


def test_the_signal_that_ended_a_program_is_seen(programs: Callable[..., Program]) -> None:
    program = programs(program_end.program_whose_main_exits)
    assert program.line() == "main is done"
    assert program.status is None
    program._process.kill()
    assert program.ended()
    assert program.status == -signal.SIGKILL


def test_programs_are_asked_for_where_pipes_of_subprocesses_do_not_block(
    monkeypatch: pytest.MonkeyPatch, programs: Callable[..., Program]
) -> None:
    class Popen(subprocess.Popen[bytes]):  # as gevent replaces it
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            for pipe in (self.stdin, self.stdout):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    program = programs(mainthread.program_that_looks_immediately)
    assert program.line() == "1"


@pytest.mark.skipif(not fork_server.is_possible(), reason="programs are not forked here")
def test_the_process_that_forks_programs_is_no_child_of_the_worker(
    programs: Callable[..., Program],
) -> None:
    def parent(pid: int) -> int:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rsplit(")", 1)[1].split()[1])

    program = programs(program_end.program_whose_main_exits)
    assert program.line() == "main is done"  # and it waits for the next line
    assert parent(parent(program._process.pid)) != os.getpid()


def test_a_program_has_the_initial_thread_for_its_main_thread(
    programs: Callable[..., Program],
) -> None:
    program = programs(mainthread.program_that_looks_immediately)
    assert program.line() == "1"
    assert program.ended()
    assert (program.status, program.errors) == (0, "")


def test_what_was_waited_for_is_counted_by_duration() -> None:
    def test_it(actors: Any) -> None:
        actors.call(time.sleep, 0.02)
        assert actors.start(time.sleep, 0.1).is_blocked()

    found = in_harness(test_it)
    assert 0.02 <= found["waits"]["positive"] < found["seconds"]
    assert 0 < found["waits"]["window"] < found["seconds"]
    assert sum(found["waits"].values()) <= found["seconds"]


def test_what_starts_may_be_scaled_further() -> None:
    usual, slow = Durations(2.0), Durations(2.0, 10.0)
    for name in ("start", "program"):
        assert slow[name] == 10 * usual[name]
    # A case may wait for the start of a program.
    assert slow["case"] - usual["case"] == slow["program"] - usual["program"]
    for name in set(TABLE) - {"start", "program", "case"}:
        assert slow[name] == usual[name]
    assert Durations(1.0, 0.1)["case"] == Durations(1.0)["case"]


SLOW = """
import os, time
from threadspec.reference import *

begun = os.path.join(os.path.dirname(__file__), "begun")
if os.path.exists(begun):
    time.sleep(1.5)
open(begun, "a").close()
"""


def test_a_worker_that_starts_slowly_is_no_crash(tmp_path: Path) -> None:
    # The first worker starts fast; the one that replaces it does not.
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "slow.toml").write_text('module = "slow"\n', encoding="utf-8")
    trial = Trial(resolve(str(tmp_path / "slow.toml")), time_scale=0.03)
    try:
        trial.load()
        trial.close()
        result = trial.run_case(case_of("lock.release.no-value"))
    finally:
        trial.close()
    assert result.verdict == "error"
    assert "was started but did not load slow in time" in str(result.observed)


def test_an_adapter_gives_a_slow_starter_more_time(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "begun").touch()
    path = tmp_path / "slow.toml"
    path.write_text('module = "slow"\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"did not load slow in time"):
        Trial(resolve(str(path)), time_scale=0.03).load()
    path.write_text('module = "slow"\nstart_scale = 10\n', encoding="utf-8")
    trial = Trial(resolve(str(path)), time_scale=0.03)
    try:
        assert trial.load().name == "slow"
    finally:
        trial.close()


def test_a_worker_that_starts_slowly_is_told_how_to_get_more_time(
    make: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLE, "start", (0.5, "the start"))
    worker = make("import time\ntime.sleep(3)", start_scale=2.0)
    with pytest.raises(TooSlow, match=r"in time; start_scale = 20 in an adapter file gives it ten"):
        worker.load()


def test_durations_are_scaled_and_named() -> None:
    assert Durations(2.0)["case"] == 2 * TABLE["case"][0]
    with pytest.raises(KeyError):
        Durations()["lunch"]


def test_a_signal_does_not_interrupt_the_talk_with_a_program() -> None:
    answers: list[OSError | bytes] = [
        *(OSError(errno.EINTR, "a signal came"), b"a"),
        *(OSError(errno.EINTR, "a signal came"), b"b", b"\n"),
        OSError(errno.EBADF, "it is closed"),
    ]

    def read(descriptor: int, most: int) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OSError):  # Python 3.5 and newer make the call again by themselves
            raise answer
        return answer

    assert fork_server.read_line(0, read) == "ab"
    with pytest.raises(OSError, match="it is closed"):
        fork_server.read_line(0, read)
