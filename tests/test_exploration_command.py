"""``threadspec explore``: what it finds, shows and replays, and what a user can get wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from threadspec.adapters import interpreters
from threadspec.adapters.adapter import resolve
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case, battery
from threadspec.exploration import campaign, report, scenarios, subjects, visible
from threadspec.exploration.campaign import CaseSearch
from threadspec.exploration.exploring import PARTS, Exploration, Part, undisturbed
from threadspec.exploration.program import Program
from threadspec.exploration.search import Random, Replay, parse
from threadspec.exploration.stage import Stage, why_left_out
from threadspec.frontends import cli
from threadspec.frontends.commands import explore

Command = Callable[..., tuple[int, str, str]]

# It looks whether the lock is held before it takes it.
HASTY = """
import _thread
from threading import *


class Lock:
    def __init__(self):
        self._lock = _thread.allocate_lock()
        self._held = False

    def acquire(self, blocking=True):
        if not blocking and self._held:
            return False
        self._lock.acquire()
        self._held = True
        return True

    def release(self):
        self._held = False
        self._lock.release()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *raised):
        self.release()
"""


# It spins, though another thread may hold the lock for ever.
SPINNING = """
import _thread
from threading import *


class RLock:
    def __init__(self):
        self._block = _thread.allocate_lock()
        self._owner = None
        self._count = 0

    def acquire(self, blocking=True):
        me = _thread.get_ident()
        if self._owner != me:
            while not self._block.acquire(False):
                pass
            self._owner = me
        self._count += 1
        return True

    def release(self):
        if self._owner != _thread.get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._block.release()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *raised):
        self.release()
"""

# Whether a timer is cancelled depends on chance.
RANDOM = """
import random
from threadspec.reference import *
from threadspec.reference import Event


class Event(Event):
    def set(self):
        while random.random() < 0.5:
            self.isSet()
        super().set()
"""

# Its event counts the waiters without a lock.
COUNTING = """
from threadspec.reference import *
from threadspec.reference import Condition, Lock


class Event:
    def __init__(self):
        self._cond = Condition(Lock())
        self._waiting = 0
        self._flag = False

    def isSet(self):
        return self._flag

    def set(self):
        self._flag = True
        if self._waiting:
            with self._cond:
                self._cond.notifyAll()

    def clear(self):
        self._flag = False

    def wait(self, timeout=None):
        with self._cond:
            if not self._flag:
                self._waiting += 1
                self._cond.wait(timeout)
                self._waiting -= 1
"""

# Its condition needs a lock that a thread may hold at that moment.
LISTED = "battery/module/enumerate.py::test_the_end_of_one_thread_takes_no_other_off_the_list"

LONG = "thread.three-joiners"

ATTEMPTS = "battery/lock/acquire.py::test_one_of_many_simultaneous_attempts_succeeds"


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Run the command in a new folder; return its exit status, its output and its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["explore", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    yield run
    for name in ("hasty", "counting", "spinning", "chance", "lonely", "package"):
        sys.modules.pop(name, None)


def scenario(name: str) -> Any:
    return next(one for one in scenarios.written() if one.name == name)


def token_in(text: str) -> str:
    return text.partition("--replay=")[2].split()[0]


def test_a_failure_shows_the_clause_the_interleaving_and_a_token(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, _ = command("--impl=hasty", "lock.attempts-3")
    assert status == 1
    assert "FAIL  lock.acquire.atomic  on hasty" in out
    assert "exactly one succeeds" in out
    assert "lock.acquire(False) blocks for ever" in out
    assert "1 preemption, the fewest" in out
    lines = out.splitlines()
    heads = next(line for line in lines if "task 1" in line)
    looks = [line for line in lines if "if not blocking and self._held:" in line]
    assert {line.index("if not") for line in looks} == {
        heads.index(f"task {number}") for number in (1, 2, 3)
    }
    assert any(line.startswith("preempted") for line in lines)
    assert "hasty.py:12" in out


def test_a_failure_replays_each_time(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    token = token_in(command("--impl=hasty", "lock.attempts-3")[1])
    shown = set()
    for _ in range(20):  # `make explore-replay` replays many failures 100 times
        status, out, _ = command("--impl=hasty", f"--replay={token}")
        assert status == 1
        shown.add(out)
    assert len(shown) == 1
    (only,) = shown
    assert "\nclause    lock.acquire.atomic\nrequired  " in only
    assert "\nobserved  lock.acquire(False) blocks for ever\n" in only
    assert "the token ends" not in only


def test_a_case_that_fails_after_other_schedules_replays(command: Command) -> None:
    Path("counting.py").write_text(COUNTING)
    case = "battery/event/wait.py::test_a_woken_thread_finds_the_flag_true"
    status, out, _ = command("--impl=counting", "event.wait.sees-the-flag")
    assert status == 1
    shown = out.partition(f"program   {case}")[2]
    assert "counting.py" in shown
    (observed,) = [line for line in shown.splitlines() if "observed" in line][:1]
    status, out, _ = command("--impl=counting", f"--replay={token_in(shown)}")
    assert status == 1
    assert observed.split() == out[out.rindex("observed") :].splitlines()[0].split()


def test_a_case_runs_in_the_same_way_whatever_was_run_before() -> None:
    subject = visible.load_reference()
    cases = [case for case in battery() if case.clause.chapter in ("event", "semaphore", "thread")]
    cases = [case for case in cases if why_left_out(case) is None][::4]
    used = Stage(subject)
    trails = []
    with undisturbed():
        for case in cases:
            for seed in range(3):
                strategy = Random(seed, early=0.0, track=False)
                run, told = used.run(case, strategy)
            trails.append((run.trail, told.kind))
        new = Stage(subject)
        for case, (trail, kind) in reversed(list(zip(cases, trails, strict=True))):
            replay = Replay(trail, track=False)
            run, told = new.run(case, replay)
            assert (replay.mismatch, told.kind) == (False, kind), case.id


def test_a_failure_that_cannot_be_replayed_does_not_end_the_output(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(loaded: Any, text: str) -> Any:
        raise UserError("The token does not fit.")

    monkeypatch.setattr(explore, "_interleaving", refuse)
    Path("hasty.py").write_text(HASTY)
    status, out, _ = command("--impl=hasty", "lock.acquire.atomic", "--report=found.json")
    assert status == 1
    assert "no table  The token does not fit." in out
    assert "failed." in out
    assert Path("found.json").exists()


def test_a_lock_that_spins_does_not_take_more_than_its_time(command: Command) -> None:
    Path("spinning.py").write_text(SPINNING)
    began = time.process_time()
    status, out, _ = command("--impl=spinning", "rlock", "--seconds=2")
    assert time.process_time() - began < 12  # the time to load the module and to show it included
    assert status == 1
    assert "FAIL" in out
    assert "more rows)" in out
    assert len(out.splitlines()) < 5000


def test_an_erratic_program_is_left_out_and_the_others_are_explored(command: Command) -> None:
    Path("chance.py").write_text(RANDOM)
    status, out, _ = command("--impl=chance", "event", "lock", "--json", "--seconds=3")
    document = json.loads(out)
    assert status in (0, 1)
    (why,) = [why for why in document["left_out"] if "random numbers" in why]
    assert document["left_out"][why] > 1
    assert {row["chapter"] for row in document["programs"]} >= {"lock"}
    status, out, err = command("--impl=chance", "event.two-sets")
    assert (status, out) == (2, "")
    assert "event.two-sets cannot be explored: the implementation does not do the same" in err


def test_a_token_goes_on_freely_behind_its_end(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    token = token_in(command("--impl=hasty", "lock.attempts-3")[1])
    head = token.rpartition(":")[0]
    status, out, _ = command("--impl=hasty", f"--replay={head}:0x1")
    assert status == 0
    assert "nothing is wrong with this schedule" in out
    assert "note      the token ends at step 1; after it, the threads went on freely\n" in out
    assert "required" not in out


def test_a_token_of_another_source_is_refused(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    token = token_in(command("--impl=hasty", "lock.attempts-3")[1])
    Path("hasty.py").write_text(HASTY + "\n# changed\n")
    status, out, err = command("--impl=hasty", f"--replay={token}")
    assert (status, out) == (2, "")
    assert "The token of lock.attempts-3 is of another source" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--impl=reference", "nosuch"], "There is no scenario, chapter or clause 'nosuch'"),
        (["--impl=reference", "evnt"], "did you mean event?"),
        (["--impl=reference", "semaphore.nonesuch"], "'semaphore.nonesuch'; --list shows the scen"),
        (["lock", "reference"], "reference names an implementation, and no scenario, chapter or"),
        (["reference"], "did you mean --impl=reference?"),
        (["--impl=reference", "--exhaust", "--seconds=5"], "leave out --seconds"),
        (["--list", "--report=e.json", "--strict"], "leave out --strict and --report"),
        (
            ["--impl=reference", "--replay=x", "lock", "--add-to=e.json"],
            "leave out --add-to and lo",
        ),
        (["--impl=reference", "--replay=x"], "'x' is no token"),
        (["--impl=reference", "--replay=a@b:0x1"], "there is no such scenario or case"),
        (["--impl=_thread"], "_thread is not written in Python"),
        (["--impl=gevent"], "its set-up code imports gevent"),
        (["--impl=reference-dummy"], "it has no threads that could be switched"),
        (["--impl=no_such_module"], "'no_such_module' is neither an adapter of the kit"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    command: Command, arguments: list[str], sentence: str
) -> None:
    status, out, err = command(*arguments)
    if "gevent" in str(arguments) and "is not installed" in err:
        pytest.skip("gevent is not installed")
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_module_that_is_given_as_a_word_is_told(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, err = command("hasty")
    assert (status, out) == (2, "")
    assert "did you mean --impl=hasty?" in err
    assert "did you mean --impl=hasty?" in command("./hasty.py")[2]


def test_a_token_that_the_threads_cannot_follow_is_refused(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    token = token_in(command("--impl=hasty", "lock.attempts-3")[1])
    head = token.rpartition(":")[0]
    _, _, err = command("--impl=hasty", f"--replay={head}:0x900")
    assert "its threads cannot go on as it says" in err


# Its release() fails where the counter has reached a bound.
POOLED = """
from threading import *
from threading import Semaphore as _Semaphore


class Semaphore:
    plenty: int = 1000
    bound = plenty + 0

    def __init__(self, value=1):
        self._sound = _Semaphore(value)
        self._count = value

    def acquire(self, blocking=True):
        got = self._sound.acquire(blocking)
        if got:
            self._count -= 1
        return got

    def release(self):
        if self._count >= self.bound:
            raise MemoryError
        self._count += 1
        self._sound.release()
"""
ADAPTER = """module = "hasty"
[explore_bounds]
"""


@pytest.fixture
def pooled(command: Command) -> Command:
    """Explore POOLED with these lines in the table of its adapter."""

    def run(lines: str, *arguments: str) -> tuple[int, str, str]:
        sys.modules.pop("hasty", None)
        Path("hasty.py").write_text(POOLED)
        Path("small.toml").write_text(ADAPTER + lines)
        words = ["semaphore.two-permits", "--seconds=1"]
        if any("--replay" in one for one in arguments):
            words = []
        return command("--impl=./small.toml", *words, *arguments)

    return run


def test_a_bound_is_small_only_where_the_adapter_says_so(pooled: Command) -> None:
    status, out, _ = pooled("")
    assert status == 0
    assert "replaced" not in out
    status, out, _ = pooled('"hasty.Semaphore.plenty" = 1')
    assert status == 1
    assert "raised MemoryError" in out
    told = "The adapter has replaced hasty.Semaphore.plenty = 1000 by 1.\n"
    assert told in out
    token = token_in(out)
    status, out, _ = pooled('"hasty.Semaphore.plenty" = 1', f"--replay={token}")
    assert status == 1
    assert out.endswith(told)
    status, _, err = pooled('"hasty.Semaphore.plenty" = 2', f"--replay={token}")
    assert status == 2
    assert "is of another source" in err


def test_json_tells_which_bounds_were_replaced(pooled: Command) -> None:
    document = json.loads(pooled('"hasty.Semaphore.bound" = 7', "--json")[1])
    assert document["bounds"] == {"hasty.Semaphore.bound": {"source": 1000, "explored": 7}}
    assert json.loads(pooled("", "--json")[1])["bounds"] == {}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            '"hasty.Semaphore.plent" = 1',
            "line 3, has hasty.Semaphore.plent = 1, but no module that was loaded has this "
            "constant; did you mean hasty.Semaphore.plenty?",
        ),
        ('"other.X" = 1', "has other.X = 1, but no module that was loaded has this constant."),
        ('"hasty.Semaphore.bound" = 0.5', "but this is 1000; give a whole number in its place."),
        ('"hasty.ready" = 1', "has hasty.ready = 1, but this is no number: it is False."),
    ],
)
def test_a_bound_that_cannot_be_replaced_is_one_sentence(
    pooled: Command, monkeypatch: pytest.MonkeyPatch, line: str, sentence: str
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "POOLED", POOLED + "\nready = False\n")
    status, out, err = pooled(line)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_program_that_spins_is_told(command: Command) -> None:
    source = HASTY.replace("        self._lock.acquire()\n", "        while self._held: pass\n")
    Path("lonely.py").write_text(source)
    status, out, _ = command("--impl=lonely", "lock.two-locks", "--json")
    assert status in (0, 1)
    Path("lonely.py").write_text(
        "from threading import *\n\n\nclass Event(Event):\n    def wait(self, timeout=None):\n"
        "        while not self.isSet() or True:\n            pass\n"
    )
    sys.modules.pop("lonely", None)
    status, out, _ = command("--impl=lonely", "event.set-meets-wait")
    assert status == 1
    assert "e.wait() does not end: it spins" in out


def test_a_package_and_what_it_builds_on_threading_are_explored(command: Command) -> None:
    Path("package").mkdir()
    Path("package/__init__.py").write_text("")
    Path("package/locks.py").write_text(HASTY)
    Path("package/threads.py").write_text("from threading import *\nfrom .locks import Lock\n")
    status, out, _ = command("--impl=package.threads", "lock.attempts-3")
    assert status == 1
    assert "locks.py:12" in out
    status, out, _ = command("--impl=package.threads", "semaphore.exclusion-2")
    assert "exhausted" in out


def test_json_holds_everything(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, err = command("--impl=hasty", "lock.attempts-3", "lock.exclusion-2", "--json")
    document = json.loads(out)
    assert (status, err) == (1, "")
    assert document["finished"] is True
    assert "sequentially consistent" in document["granularity"]
    first, second = document["programs"]
    assert first["failure"]["clause"] == "lock.acquire.atomic"
    assert first["failure"]["token"].startswith("lock.attempts-3@")
    assert (second["grade"], second["failure"]) == ("exhausted", None)


def test_the_reference_holds(command: Command) -> None:
    status, out, _ = command("--impl=reference", "rlock", "--exhaust")
    assert status == 0
    assert "(portable RLock): exhausted" in out
    assert "FAIL" not in out
    assert "No schedule that was run breaks a clause." in out


def test_the_interrupt_key_keeps_what_is_done(tmp_path: Path) -> None:
    command = ["explore", "--impl=reference", "--report=it.json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "threadspec.frontends.cli", *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert "ok" in process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "programs exhausted" in out
    assert "threadspec: interrupted; this is what was done" in err
    assert "Traceback" not in err
    written = json.loads((tmp_path / "it.json").read_text())["exploration"]
    assert written["programs"]
    assert written["left_out"]["the exploration was interrupted"] > 0


@pytest.mark.parametrize(
    "moment", [("scenarios", 1), ("scenarios", 9), ("cases", 1), ("cases", 90)]
)
def test_nothing_that_was_done_is_lost_at_an_interruption(moment: tuple[str, int]) -> None:
    choice = campaign.choose(["event"])
    calls: Counter[str] = Counter()

    def tell(what: str, share: float, count: int) -> None:
        calls[what] += 1
        if (what, calls[what]) == moment:
            raise KeyboardInterrupt

    exploring = campaign.Campaign([visible.load_reference()], choice, seconds=4.0, tell=tell)
    rows = []
    with undisturbed(), pytest.raises(KeyboardInterrupt):
        for row in exploring.rows():
            rows.append(row)
    rows += exploring.unfinished("interrupted")
    chosen = len(choice.scenarios) + len(choice.generated) + len(choice.cases)
    assert sum(row.programs for row in rows) + exploring.left_out.total() == chosen
    assert len({(row.name, row.kind) for row in rows}) == len(rows)
    assert exploring.left_out["interrupted"] < chosen
    if moment[0] == "cases":
        assert [row for row in rows if row.kind == "case"]


def test_a_listed_divergence_is_known_if_it_needs_no_preemption(command: Command) -> None:
    status, out, _ = command("--impl=stdlib", "module.stack-size")
    assert status == 0
    assert "known       module.stack-size: stack_size.asking-changes-nothing in schedule 1" in out
    status, out, _ = command("--impl=stdlib", "module.stack-size", "--json")
    (found,) = json.loads(out)["programs"]
    assert found["verdict"] == "known"


# A `should` clause, which no implementation keeps that builds on this CPython's threading.
IMMENSE = "battery/event/wait.py::test_an_immense_timeout_is_accepted"


def test_a_recommendation_fails_a_strict_exploration_alone(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, _ = command("--impl=hasty", IMMENSE, "--report=e.json")
    assert status == 0
    line = f"non-strict  {IMMENSE}: event.wait.timeout-unlimited in every schedule that was tried\n"
    assert out.startswith(line)
    assert re.match(r" {12}actor \d: wait\(10000000000.0\) raised OverflowError", out[len(line) :])
    assert out.endswith("\n1 non-strict.\n")
    (found,) = json.loads(Path("e.json").read_text())["exploration"]["programs"]
    assert found["verdict"] == "non-strict"
    assert command("--impl=hasty", IMMENSE, "--strict")[0] == 1


def test_a_program_that_breaks_a_recommendation_is_shown_as_non_strict(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, _ = command("--impl=hasty", "thread.start-twice")
    assert status == 0
    assert "\nnon-strict  thread.start.atomic  on hasty\n" in out
    assert "--replay=thread.start-twice@" in out
    assert "\n0 of 1 program exhausted, 1 schedule in " in out


def test_what_fails_in_every_schedule_shows_the_clause_and_what_was_observed(
    command: Command,
) -> None:
    Path("lonely.py").write_text(
        "from threading import *\n\n\nclass Event(Event):\n    def isSet(self):\n        return 7\n"
    )
    case = next(one for one in battery() if one.clause.id == "event.initially-false")
    status, out, _ = command("--impl=lonely", case.id)
    assert status == 1
    line = f"always      {case.id}: event.initially-false in every schedule that was tried\n"
    assert line in out
    assert out.partition(line)[2].startswith("            ")
    assert "7" in out.partition(line)[2].splitlines()[0]


def test_failures_of_one_kind_have_one_table(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, _ = command("--impl=hasty", "lock.generated-4", "lock.generated-5")
    assert status == 1
    assert out.count("\nFAIL  lock.mutual-exclusion  on hasty\n") == 1
    assert "  likewise  lock.generated-5\n" in out
    assert out.count("--replay=") == 1
    assert out.endswith("\n2 failed.\n")


def test_objects_and_names_make_no_other_kind_of_failure() -> None:
    kind = explore._kind
    assert kind("raised KeyError: <T(1)> in thread 2") == kind(
        "raised KeyError: <T(2)> in thread 3"
    )
    assert kind("e.wait(1) blocks for ever") == kind("x.wait(2) blocks for ever")
    assert kind("e.wait() blocks for ever") != kind("e.set() blocks for ever")


def test_failures_in_the_own_files_come_first(command: Command) -> None:
    Path("hasty.py").write_text(HASTY)
    _, out, _ = command("--impl=hasty", "daemon.set-beside-start", "lock.attempts-3")
    own, other = "\nFAIL  lock.acquire.atomic  on hasty\n", "\nFAIL  daemon.lasts  on hasty\n"
    assert out.index("daemon.set-beside-start: ") < out.index("lock.attempts-3: ")
    assert out.index(own) < out.index(other)
    said = "  No step is in hasty.py; the fault is in what hasty builds on"
    assert said in out.partition(other)[2]
    assert out.count(said) == 1


def test_a_failure_that_cannot_be_run_again_hides_no_other(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("hasty.py").write_text(HASTY)
    whole = explore._interleaving

    def some(loaded: Any, token: str) -> Any:
        if token.startswith("daemon"):
            raise UserError("The token does not fit.")
        return whole(loaded, token)

    monkeypatch.setattr(explore, "_interleaving", some)
    status, out, _ = command("--impl=hasty", "daemon.set-beside-start", "lock.attempts-3")
    assert status == 1
    assert "  The token does not fit.\n" in out
    assert "hasty.py:12" in out
    assert out.endswith("\n2 failed.\n")


def test_the_own_files_are_those_of_the_module_or_its_package() -> None:
    standard = Path("/usr/lib/python3/threading.py")
    inside = [Path("/x/pack/__init__.py"), Path("/x/pack/deep/locks.py")]
    own = explore._own_files
    assert own("pack.threads", [*inside, standard]) == {"__init__.py", "locks.py"}
    assert own("mine", [Path("/x/mine.py"), standard]) == {"mine.py"}
    assert own("threading", [standard]) == {"threading.py"}


# -- CPython ---------------------------------------------------------------------------------------


def standard(version: str) -> Any:
    found = [one.label for one in interpreters.found()]
    if version not in found:
        pytest.skip(f"Python {version} is not here")
    return subjects.load(resolve(f"stdlib@{version}"))[0]


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12"])
def test_the_race_of_joiners_in_cpython_is_found(version: str) -> None:
    subject = standard(version)
    began = time.process_time()
    with undisturbed():
        finding = Exploration(Program(scenario("thread.two-joiners"), subject)).explore()
    if version == "3.12" and finding.failure is None:
        pytest.skip("this release has another join()")
    assert finding.failure is not None
    assert "raised AssertionError" in str(finding.failure.wrong)
    assert finding.failure.schedule < 100
    assert time.process_time() - began < 5


def test_the_race_of_starters_in_cpython_is_found() -> None:
    subject = standard("3.13")
    with undisturbed():
        finding = Exploration(Program(scenario("thread.start-twice"), subject)).explore()
    assert finding.failure is not None
    assert finding.failure.schedule < 100


# -- cases -----------------------------------------------------------------------------------------


def test_cases_pass_under_many_schedules() -> None:
    stage = Stage(visible.load_reference())
    chosen = [case for case in battery() if why_left_out(case) is None][::40]
    assert len(chosen) > 20
    with undisturbed():
        for case in chosen:
            search = CaseSearch(stage, case)
            search.go_on(10)
            assert search.failure is None, (case.id, search.failure)
            assert search.is_over or search.schedules == 10


def test_a_case_in_which_no_two_threads_can_go_on_has_one_schedule() -> None:
    stage = Stage(visible.load_reference())
    cases = {one.id: one for one in battery()}
    alone, race = cases["battery/lock/acquire.py::test_acquire_locks"], cases[ATTEMPTS]
    found = {}
    with undisturbed():
        for case in (alone, race):
            search = CaseSearch(stage, case)
            search.go_on(20)
            found[case] = search.is_over, search.schedules, search.row(case, stage.subject).grade
    assert found[alone] == (True, 2, "exhausted")  # the first finds out which steps are shared
    assert found[race] == (False, 20, "sampled")


def test_each_case_gets_some_schedules_before_any_gets_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time is over after 12 runs."""
    runs: list[str] = []
    monkeypatch.setattr(campaign, "ROUNDS", (2, 5))
    monkeypatch.setattr(campaign, "why_left_out", lambda case: None)
    monkeypatch.setattr(campaign.time, "process_time", lambda: float(len(runs)))

    class Search:
        def __init__(self, stage: Stage, case: Case) -> None:
            self.name = case.id
            self.is_over = self.is_long = False
            self.schedules = 0

        @property
        def rank(self) -> str:
            return self.name[::-1]

        def go_on(self, count: int, end: float | None = None) -> int:
            runs.extend([self.name] * count)
            self.schedules += count
            return count

        def row(self, case: Case, subject: visible.Subject) -> Any:
            return case.id

    monkeypatch.setattr(campaign, "CaseSearch", Search)
    chosen = list(battery())[:3]
    choice = campaign.Choice(cases=chosen)
    rows = list(campaign.Campaign([visible.load_reference()], choice, seconds=12.0).rows())
    ranked = sorted((one.id for one in chosen), key=lambda name: name[::-1])
    assert [runs.count(name) for name in ranked] == [7, 7, 2]
    assert runs[:6:2] == [one.id for one in chosen]
    assert rows == ranked


def test_a_case_that_fails_in_some_schedule_replays() -> None:
    subject = _hasty_subject()
    stage = Stage(subject)
    case = next(one for one in battery() if one.id == ATTEMPTS)
    with undisturbed():
        search = CaseSearch(stage, case)
        search.go_on(200)
        assert search.failure is not None
        assert not search.failure.always
        segments = parse(search.failure.token.rpartition(":")[2])
        for _ in range(20):
            steps = report.case_interleaving(stage, case, segments)
            assert steps.wrong == search.failure.observed


def _hasty_subject() -> visible.Subject:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hasty.py")
        path.write_text(HASTY)
        own, version = subjects.standard_threading(interpreters.this_interpreter())
        return visible.load_file("hasty", path, version, own)


# -- pytest ----------------------------------------------------------------------------------------


def test_pytest_runs_each_case_under_many_schedules(pytester: pytest.Pytester) -> None:
    report_file = pytester.path / "record.json"
    result = pytester.runpytest_subprocess(
        "--impl=reference", "--impl-explore", f"--impl-report={report_file}", "lock.acquire.atomic"
    )
    assert result.ret == 0
    document = json.loads(report_file.read_text())
    assert document["cases"] == []  # these are for verdicts with real threads
    found = document["exploration"]["programs"]
    assert {one["verdict"] for one in found} == {"holds"}
    assert {one["schedules"] for one in found} == {100}


def test_a_case_that_fails_in_one_schedule_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(hasty=HASTY)
    result = pytester.runpytest_subprocess("--impl=hasty", "--impl-explore", "lock.acquire.atomic")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*in round * of the race, a call did not return*"])
    result.stdout.fnmatch_lines([f"*threadspec explore --impl=hasty --replay={ATTEMPTS}@*"])


def test_pytest_records_a_recommendation_as_non_strict(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(hasty=HASTY)
    path = pytester.path / "record.json"
    result = pytester.runpytest_subprocess(
        "--impl=hasty", "--impl-explore", f"--impl-report={path}", "event.wait.timeout-unlimited"
    )
    assert result.ret == 0
    found = json.loads(path.read_text())["exploration"]["programs"]
    assert "non-strict" in {one["verdict"] for one in found}
    assert "fails" not in {one["verdict"] for one in found}


def test_pytest_says_why_a_case_or_an_implementation_is_left_out(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest_subprocess(
        "--impl=reference", "--impl-explore", "-rs", "stack_size.default"
    )
    assert "simulated threads have no stacks" in result.stdout.str() or result.ret != 0
    result = pytester.runpytest_subprocess("--impl=_thread", "--impl-explore", "lock")
    assert result.ret != 0
    assert "is not written in Python" in result.stdout.str() + result.stderr.str()


# -- oddities --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oddity", "chapter"),
    [
        ("barging_semaphores", "semaphore"),
        ("condition_of_semaphores", "condition"),
        ("counting_semaphores", "boundedsemaphore"),
        ("event_on_condition", "event"),
        ("lifo_condition", "condition"),
        ("notify_everybody", "condition"),
        ("one_lock", "lock"),
    ],
)
def test_a_conforming_oddity_raises_nothing(oddity: str, chapter: str) -> None:
    """They build on the reference, or on copies of it, which are explored with them."""
    own, version = subjects.standard_threading(interpreters.this_interpreter())
    path = Path(__file__).parents[1] / "quality" / "oddities" / f"{oddity}.py"
    subject = visible.load_file(f"quality.oddities.{oddity}", path, version, own)
    with undisturbed():
        for one in scenarios.written():
            if one.chapter == chapter and one.name != "event.two-clears-then-set":
                finding = Exploration(Program(one, subject)).explore(1)
                assert finding.failure is None, (one.name, finding.failure)


def test_a_condition_that_needs_a_lock_that_is_held_is_not_true_yet() -> None:
    """A case waits until enumerate() has changed, and a thread holds the lock of the list."""
    subject = subjects.load(resolve("stdlib"))[0]
    case = next(case for case in battery() if case.id == LISTED)
    search = CaseSearch(Stage(subject, subject.mapped), case)
    with undisturbed():
        search.go_on(40)
    assert search.failure is None
    assert search.schedules == 40


def test_a_scenario_alone_does_not_load_the_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    assert campaign.choose(["timer.start-twice"]).cases  # a clause has the same name
    monkeypatch.setattr(campaign, "battery", None)
    choice = campaign.choose(["thread.two-joiners"])
    assert [one.name for one in choice.scenarios] == ["thread.two-joiners"]


@pytest.mark.parametrize("exhaust", [False, True])
def test_generated_programs_are_told_once(exhaust: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a chapter share a row, though some take more parts than others."""
    parts = tuple(Part("every", most) for most in (1, 2, 4, 8, 16, 32, 1_000))
    monkeypatch.setattr(campaign, "PARTS", parts)
    monkeypatch.setattr(campaign, "WRITTEN", 2)
    generated = [one for one in scenarios.generated() if one.chapter in ("lock", "event")][::9]
    choice = campaign.Choice(generated=generated)
    made = campaign.Campaign([visible.load_reference()], choice, exhaust)
    with undisturbed():
        rows = list(made.rows())
    assert sorted((row.name, row.grade) for row in rows) == [
        ("event.generated", "exhausted"),
        ("lock.generated", "exhausted"),
    ]
    assert sum(row.programs for row in rows) == len(generated)


def test_every_scenario_gets_a_few_schedules_before_any_gets_many() -> None:
    """So that what is easily found is soon shown."""
    some = [one for one in scenarios.written() if one.name in ("lock.exclusion-2", LONG)]
    some.sort(key=lambda one: one.name != LONG)
    subject = visible.load_reference()
    counts = []
    made = campaign.Campaign(
        [subject], campaign.Choice(some), tell=lambda what, share, count: counts.append(count)
    )
    with undisturbed():
        rows = made.rows()
        assert next(rows).name == "lock.exclusion-2"
        rows.close()  # type: ignore[attr-defined]
    assert max(counts) < 2 * (PARTS[0].most or 0)


# -- make explore ----------------------------------------------------------------------------------

# Stands for the command: it fails where the name of the implementation says so.
FAKE = """#!/bin/sh
case "$2" in
    --impl=absent) exit 2;;
    --impl=raises) exit 1;;
    --impl=stopped) exit 130;;
esac
echo new > "${4#--report=}"
exit 1
"""


@pytest.mark.parametrize(
    ("names", "written", "status"),
    [
        ("one two", ["one", "two"], 0),
        ("one absent two", ["one", "two"], 2),
        ("raises two", ["two"], 2),
        ("one stopped two", ["one"], 2),
    ],
)
def test_make_explore_replaces_only_what_it_explored(
    tmp_path: Path, names: str, written: list[str], status: int
) -> None:
    """An implementation without results fails the target, and the others are explored."""
    fake = tmp_path / "threadspec"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    for name in names.split():
        (tmp_path / f"{name}.json.gz").write_text("old\n")
    result = subprocess.run(
        [
            *("make", "-s", "explore", f"BIN={tmp_path}", f"EXPLORATIONS={tmp_path}"),
            *(f"EXPLORED={names}", f"VENV={tmp_path}", f"--old-file={tmp_path}/ready"),
        ],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert result.returncode == status, result.stderr
    found = {one.name.partition(".")[0]: one.read_text() for one in tmp_path.glob("*.json.gz")}
    assert sorted(found) == sorted(names.split())
    assert [name for name in names.split() if found[name] == "new\n"] == written
    for name in ("absent", "raises"):
        if name in names.split():
            assert f"{name} was not explored; its file is the old one" in result.stderr
