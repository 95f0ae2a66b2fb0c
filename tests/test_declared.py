"""What an adapter declares about its platform and its threads, and what cases do about it."""

from __future__ import annotations

import _thread
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from threadspec.adapters.adapter import Adapter, Implementation, resolve
from threadspec.adapters.interpreters import this_interpreter
from threadspec.adapters.runner.process import load_request
from threadspec.conformance.battery.daemon import program as program_end
from threadspec.conformance.battery.support import stepping
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import declared, green, loading, programs, vocabulary
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.observer import Observer
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import fails
from threadspec.frontends.trial import Trial
from threadspec.reports.record import CaseResult
from threadspec.reports.text import notes

# Set-up code for a platform that lacks something.
WITHOUT = {
    "threads": """
import _thread

def start_new_thread(*args, **kwargs):
    raise RuntimeError("can't start new thread")

_thread.start_new_thread = start_new_thread
""",
    "processes": """
import subprocess
from threadspec.conformance.harness import fork_server

def refuse(*args, **kwargs):
    raise OSError(138, "this platform does not support processes.")

fork_server.is_possible = lambda: False
subprocess.Popen = refuse
""",
    "signals": "import sys; sys.modules['signal'] = None",
}


def trial(
    folder: Path,
    module: str,
    lacks: tuple[str, ...],
    said: tuple[str, ...],
    time_scale: float = 1.0,
) -> Trial:
    """A trial of a module on a platform that lacks something.

    ``said``: what the adapter says that it lacks.
    """
    path = folder / "small.toml"
    setup = "".join(WITHOUT[one] for one in lacks)
    text = f"module = {json.dumps(module)}\nlacks = {json.dumps(said)}\nsetup = '''{setup}'''\n"
    path.write_text(text, encoding="utf-8")
    return Trial(resolve(str(path)), time_scale)


def judged(one: Trial, *words: str) -> dict[str, CaseResult]:
    """The results of the cases whose id contains one of these words, by the id."""
    try:
        chosen = [case for case in battery() if any(word in case.id for word in words)]
        return {result.case: result for result in one.run_all(chosen)}
    finally:
        one.close()


def uses(case: str, fixture: str) -> bool:
    """Whether a case asks for a fixture."""
    found = next(one for one in battery() if one.id == case)
    code = getattr(sys.modules[found.module], found.function).__code__
    return fixture in code.co_varnames[: code.co_argcount]


EVERYTHING = ("threads", "processes", "signals")


@pytest.mark.parametrize("module", ["threading", "threadspec.reference.dummy_threading"])
def test_nothing_is_blamed_for_what_the_platform_lacks(tmp_path: Path, module: str) -> None:
    results = judged(trial(tmp_path, module, EVERYTHING, EVERYTHING), "battery/")
    failed = {result.clause for result in results.values() if fails(result.verdict, strict=False)}
    assert failed <= {
        *("overview.methods", "thread.name.default-form", "stack_size.asking-changes-nothing"),
        "thread.start.separate",  # of the dummy
        *(clause for clause in failed if "alive" in clause),  # there is no isAlive() any more
    }
    assert not [one for one in results.values() if one.verdict in ("error", "timeout", "crash")]
    kept = [result for result in results.values() if result.verdict == "pass"]
    assert len(kept) > 60
    told = {str(one.observed) for one in results.values() if one.verdict == "not-offered"}
    assert told >= {"the platform has no threads", "the platform has no processes"}


def test_without_threads_helper_threads_are_not_offered_and_none_is_tried(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference.dummy_threading", ("threads",), ("threads",))
    results = judged(one, "battery/lock/", "battery/thread/", "battery/timer/general")
    asking = [result for case, result in results.items() if uses(case, "actors")]
    told = [result.observed for result in asking if result.verdict == "not-offered"]
    assert set(told) == {"the platform has no threads"}
    assert len(told) > len(asking) / 2
    others = [result for case, result in results.items() if not uses(case, "actors")]
    assert {result.verdict for result in others} <= {"pass", "observed"}
    assert len(others) > 10


def test_a_case_that_starts_no_helper_thread_is_judged_without_threads(tmp_path: Path) -> None:
    """Some cases need a helper thread only with one kind of implementation."""
    one = trial(tmp_path, "threadspec.reference.dummy_threading", ("threads",), ("threads",))
    results = judged(one, "thread/init", "thread/start", "timer/args")
    verdicts = {case.split("::")[1]: result.verdict for case, result in results.items()}
    assert verdicts["test_the_target_gets_the_arguments"] == "pass"
    assert verdicts["test_keyword_arguments"] == "pass"
    assert verdicts["test_run_is_invoked_in_a_thread_of_control_of_its_own"] == "fail"


def catching(actors: Any) -> None:
    with contextlib.suppress(Exception):
        actors.new()


def requiring_another_error(actors: Any) -> None:
    vocabulary.raises(ValueError, actors.new)


@pytest.mark.parametrize("case", [catching, requiring_another_error])
def test_what_a_case_makes_of_a_missing_thread_does_not_count(case: Callable[..., None]) -> None:
    declared.declare({"lacks": ["threads"], "cooperative": None})
    try:
        outcome = Observer(ModuleType("imaginary"), _thread, Durations()).run_case(case)
    finally:
        declared.declare({"lacks": [], "cooperative": None})
    assert outcome["outcome"] == "not-offered"
    assert outcome["observed"] == "the platform has no threads"


def test_an_implementation_that_cannot_start_its_threads_is_not_blamed(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", ("threads",), ("threads",))
    results = judged(one, "battery/daemon/program", "battery/daemon/general").values()
    assert {result.verdict for result in results} <= {"pass", "observed", "not-offered"}
    told = {str(result.observed) for result in results}
    assert (
        "the platform has no threads; start() raised RuntimeError: can't start new thread" in told
    )


def test_without_threads_a_missing_name_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "partial.py").write_text("from threadspec.reference import *\ndel Lock\n")
    results = judged(trial(tmp_path, "partial", ("threads",), ("threads",)), "battery/overview/")
    told = [one for one in results.values() if one.clause == "overview.names"]
    assert "unsupported" in {one.verdict for one in told}


def test_a_platform_whose_lack_of_threads_is_not_declared_is_told_how(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", ("threads",), ())
    with pytest.raises(UserError) as caught:
        one.load()
    assert str(caught.value).endswith(
        "(RuntimeError: can't start new thread); raise the limit on processes, memory or open "
        "files (ulimit -a shows them); if it cannot start any thread, put "
        'lacks = ["threads"] into the adapter file.'
    )


def test_a_platform_whose_lack_of_processes_is_not_declared_is_no_fault(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", ("processes",), ())
    results = judged(one, "daemon/program", "interruptions/lock", "alien/mainthread")
    programs = [one for one in results.values() if one.verdict not in ("pass", "observed")]
    assert len(programs) > 20
    for result in programs:
        assert result.verdict == "error"
        assert result.observed == (
            "the system has started no process (OSError: [Errno 138] this platform does not "
            "support processes.); if it cannot start any, put "
            'lacks = ["processes"] into the adapter file'
        )


def test_without_processes_programs_are_not_offered(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", ("processes",), ("processes",))
    results = judged(one, "daemon/program", "interruptions/lock", "battery/lock/").values()
    missing = [result for result in results if result.verdict == "not-offered"]
    assert {result.observed for result in missing} == {"the platform has no processes"}
    assert {result.chapter for result in missing} == {"daemon", "interruptions"}


def test_without_signals_only_what_needs_them_is_not_offered(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", (), ("signals",))
    results = judged(one, "interruptions/lock", "interruptions/semaphore", "battery/lock/").values()
    missing = [result for result in results if result.verdict == "not-offered"]
    assert {result.observed for result in missing} == {"the platform has no signals"}
    assert {result.verdict for result in results if result.chapter == "lock"} <= {
        "pass",
        "observed",
    }
    finalizers = [result for result in results if result.clause.endswith(".finalizer")]
    assert {result.verdict for result in finalizers} == {"pass"}


def test_a_module_that_the_kit_itself_lacks_is_no_fault(tmp_path: Path) -> None:
    one = trial(tmp_path, "threadspec.reference", ("signals",), ())  # subprocess needs it
    results = judged(one, "interruptions/lock", "daemon/program", "lock/release").values()
    assert {result.verdict for result in results} == {"pass", "observed", "error"}
    assert {result.chapter for result in results if result.verdict == "error"} == {
        "daemon",
        "interruptions",
    }


def test_without_signals_a_worker_is_sent_none(tmp_path: Path) -> None:
    source = """
import time
from threadspec.reference import *

def Lock():
    while True:
        time.sleep(0.01)
"""
    (tmp_path / "hung.py").write_text(source)
    outputs = {}
    for said in ((), ("signals",)):
        one = trial(tmp_path, "hung", (), said, time_scale=0.2)
        results = judged(one, "test_acquire_locks")
        assert {result.verdict for result in results.values()} == {"timeout"}
        outputs[said] = "".join(result.output for result in results.values())
    assert "hung.py" in outputs[()]
    assert outputs[("signals",)] == ""


# -- green threads --------------------------------------------------------------------------------

# A substrate of system threads that is written in Python, as one of green threads may be.
WRAPPED = """
import _thread
from _thread import allocate_lock, get_ident

def start_new_thread(function, args):
    return _thread.start_new_thread(function, args)
"""


@pytest.mark.parametrize(
    ("substrate", "cooperative", "are_green"),
    [
        ("_thread", None, False),
        ("wrapped", None, True),
        ("_thread", True, True),
        ("wrapped", False, False),
    ],
)
def test_an_adapter_says_whether_threads_are_green(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    substrate: str,
    cooperative: bool | None,
    are_green: bool,
) -> None:
    (tmp_path / "wrapped.py").write_text(WRAPPED, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    adapter = Adapter("any", "threading", substrate=substrate, cooperative=cooperative)
    request = load_request(Implementation("any", adapter, this_interpreter()), 1.0)
    try:
        loading.load_as(request)
        module = loading.load_substrate(request["substrate"])
        assert green.may_be_green(module) == are_green
        assert stepping.can_stop(module) == (not are_green)
    finally:
        declared.declare({**request, "cooperative": None})


@pytest.mark.parametrize("cooperative", [True, False])
def test_programs_know_whether_threads_are_green(tmp_path: Path, cooperative: bool) -> None:
    (tmp_path / "telling.py").write_text("from threadspec.reference import *\n", encoding="utf-8")
    adapter = Adapter("telling", "telling", folder=tmp_path, cooperative=cooperative)
    request = load_request(Implementation("telling", adapter, this_interpreter()), 1.0)
    pool = programs.ProgramPool(request, Durations())
    started = programs.Programs(pool, lambda note: None)
    try:
        program = started.start(program_end.program_with_a_thread)
        program.tell("end")
        assert program.ended()
        assert (programs.COOPERATIVE in program._said.text()) == cooperative
        assert set(program.output) == {"thread is done", "main is done"}, repr(program)
    finally:
        started.close()
        pool.close()


# -- threads that only their maker may start ------------------------------------------------------

# The reference with threads that refuse to be started by others than their makers.
JEALOUS = """
import _thread
from threadspec.reference import *

init, start = Thread.__init__, Thread.start

def init_and_note(self, *args, **kwargs):
    init(self, *args, **kwargs)
    self.maker = _thread.get_ident()

def start_if_made_here(self):
    if self.maker != _thread.get_ident():
        raise RuntimeError("another thread has made this one")
    start(self)

Thread.__init__ = init_and_note
Thread.start = start_if_made_here
"""


def jealous(folder: Path, **keys: object) -> Trial:
    """A trial of threads that only their makers may start; ``keys``: those of its adapter file."""
    (folder / "jealous.py").write_text(JEALOUS, encoding="utf-8")
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in keys.items()]
    path = folder / "jealous.toml"
    path.write_text('module = "jealous"\n' + "".join(lines), encoding="utf-8")
    return Trial(resolve(str(path)))


def test_threads_that_only_their_maker_may_start_break_one_clause(tmp_path: Path) -> None:
    results = judged(jealous(tmp_path, starts_by_maker=True), "battery/").values()
    failed = {result.clause for result in results if fails(result.verdict, strict=True)}
    assert failed == {"thread.start.runs"}
    told = {result.observed for result in results if result.verdict == "not-offered"}
    assert told == {"only the thread that has made a thread may start it"}


def test_without_the_key_the_restriction_breaks_all_that_starts_threads(tmp_path: Path) -> None:
    results = judged(jealous(tmp_path), "battery/thread/").values()
    failed = {result.clause for result in results if fails(result.verdict, strict=True)}
    assert len(failed) > 30


def test_the_kit_says_that_only_the_maker_starts_threads(tmp_path: Path) -> None:
    one = jealous(tmp_path, starts_by_maker=True)
    try:
        assert notes(one.load()) == [
            "its adapter says that only the maker of a thread may start it"
        ]
    finally:
        one.close()
