"""``pytest --impl``: what a user sees, from the header to the exit status."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import miniatures
from threadspec.adapters import interpreters
from threadspec.adapters.adapter import read
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.frontends import plugin
from threadspec.frontends.selection import command, select
from threadspec.reports import record

OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)

# The three cases of one clause, all of them of one chapter.
RELEASE = ("battery/lock/release.py", "-k", "lock.release.unlocked-error and is_an_error")
RELEASE_OF_NEW = ("battery/lock/release.py", "-k", "test_release_of_a_new_lock_is_an_error")
LOCKS = ("battery/lock",)

battery()  # imported once here, not in every run inside this process

pytestmark = pytest.mark.filterwarnings("error")

Run = Callable[..., pytest.RunResult]


# Cases that one miniature fails, and one that it passes.
MIXED = ("battery/lock", "-k", "is_an_error or release_returns_none")


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The current folder, which contains the miniatures."""
    pytester.makepyfile(
        faithful=miniatures.FAITHFUL,
        silent=miniatures.SILENT,
        fickle=miniatures.FICKLE,
        talkative=miniatures.TALKATIVE,
        without_lock=miniatures.WITHOUT_LOCK,
        deadlocked=miniatures.DEADLOCKED,
        spinning=miniatures.SPINNING,
        printing=miniatures.PRINTING,
        mortal=miniatures.MORTAL,
        broken="raise ValueError('broken on purpose')",
    )
    return pytester.path


@pytest.fixture
def run(pytester: pytest.Pytester, folder: Path) -> Run:
    """Run pytest with these arguments in this process, which is faster."""
    return pytester.runpytest_inprocess


@pytest.fixture
def program(pytester: pytest.Pytester, folder: Path) -> Run:
    """Run pytest with these arguments in a new process, as a user does."""
    return pytester.runpytest_subprocess


def written(folder: Path, name: str, text: str) -> Path:
    """A file in ``folder`` with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def adapter_file(
    folder: Path,
    module: str,
    clause: str = "lock.release.unlocked-error",
    verdict: str = "fail",
    when: str | None = None,
    reason: str = "it was decided so",
) -> str:
    """The name of an adapter file with one divergence."""
    condition = f'when = "{when}"\n' if when else ""
    written(
        folder,
        "known.toml",
        f'module = "{module}"\n\n[[divergence]]\nclause = "{clause}"\nverdict = "{verdict}"\n'
        f'reason = "{reason}"\n{condition}',
    )
    return "known.toml"


def text_of(result: pytest.RunResult) -> str:
    """Everything a run printed."""
    return result.stdout.str() + result.stderr.str()


def words(text: str) -> str:
    """A text without its line breaks and indents."""
    return " ".join(text.split())


def counts(result: pytest.RunResult) -> dict[str, int]:
    """The counts in the last line of a run, with the words used there."""
    last = result.outlines[-1]
    found = re.findall(r"(\d+) ([a-z- ]+?)(?=,| in )", last)
    return {word: int(number) for number, word in found}


RENAMED = "from threadspec.reference import *\nMutex = Lock\ndel Lock\n"

# -- what is said ---------------------------------------------------------------------------------


def test_the_header_names_implementation_version_and_interpreter(program: Run) -> None:
    result = program("--impl=faithful", *RELEASE)
    version = ".".join(map(str, sys.version_info[:3]))
    result.stdout.fnmatch_lines([f"threadspec: faithful = faithful 1.2.3 (* {version}, *)"])
    assert result.ret == OK


def test_what_the_adapter_maps_is_shown_at_the_beginning_and_at_the_end(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    written(folder, "renamed.py", RENAMED)
    written(folder, "mine.toml", 'module = "renamed"\n[names]\nLock = "Mutex"\n')
    place = tmp_path / "mine.json"
    clauses = ("lock.release.no-value", "overview.names")
    result = run("--impl=mine.toml", f"--impl-report={place}", *clauses)
    result.stdout.fnmatch_lines(
        [
            "threadspec: mine = renamed (*",
            "threadspec: mine: its adapter maps Lock to Mutex",
            "  observed * there is no Lock; its adapter maps it to Mutex",
            "mine: 2 clauses * 1 pass, 1 unsupported",
            "  its adapter maps Lock to Mutex",
        ]
    )
    assert record.read(place).implementation.mapped == {"Lock": "Mutex"}


@pytest.mark.parametrize("workers", [(), ("-n", "2"), ("-n", "2", "--dist=load")])
def test_a_record_has_the_label_and_the_addresses_of_the_adapter(
    run: Run, folder: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    addresses = 'homepage = "https://example.org"\ntracker = "https://example.org/issues"\n'
    written(folder, "mine.toml", f'module = "faithful"\n{addresses}')
    place = tmp_path / "mine.json.gz"
    options = (f"--impl-report={place}", "--impl-label=v1 é", *workers)
    result = run("--impl=mine.toml", *options, *RELEASE_OF_NEW)
    assert result.ret == OK
    assert place.read_bytes().startswith(b"\x1f\x8b")
    found = record.read(place)
    assert found.label == "v1 é"
    assert found.implementation.homepage == "https://example.org"
    assert found.implementation.tracker == "https://example.org/issues"


def test_only_what_belongs_to_the_interpreter_has_its_addresses(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("--impl=stdlib,faithful", f"--impl-report={tmp_path}/", *RELEASE_OF_NEW)
    stdlib, faithful = (
        record.read(tmp_path / f"{name}.json").implementation for name in ("stdlib", "faithful")
    )
    assert stdlib.tracker == "https://github.com/python/cpython/issues"
    assert faithful.homepage == faithful.tracker == ""


def test_the_number_of_workers_that_the_adapter_allows_is_shown(run: Run, folder: Path) -> None:
    written(folder, "mine.toml", 'module = "faithful"\nworkers = 1\n')
    result = run("--impl=mine.toml", "-n", "2", *RELEASE_OF_NEW)
    assert result.ret == OK
    result.stdout.fnmatch_lines(["threadspec: mine: at most 1 worker"])


@pytest.mark.parametrize("options", [(), ("-n", "2", "--dist=load"), ("--impl-repeat=2",)])
def test_an_omitted_chapter_is_told_and_its_cases_are_not_run(
    run: Run, folder: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    written(folder, "mine.toml", 'module = "faithful"\nomits = ["rlock"]\n')
    place = tmp_path / "mine.json"
    result = run(
        "--impl=mine.toml", f"--impl-report={place}", "battery/rlock", "battery/lock", *options
    )
    assert result.ret == OK
    omitted = len([case for case in battery() if case.clause.chapter == "rlock"])
    assert counts(result)["not offered"] == omitted
    result.stdout.fnmatch_lines(
        [
            "threadspec: mine: its adapter omits the chapter rlock",
            "mine: * clauses (*): * pass, * not-offered*",
            "  its adapter omits the chapter rlock",
        ]
    )
    assert record.read(place).implementation.omits == ("rlock",)


def test_a_failure_is_told_in_the_terms_of_the_manual(run: Run) -> None:
    result = run("--impl=silent", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "FAIL  lock.release.unlocked-error  on silent",
            "  clause      lock.release.unlocked-error (must)",
            "  statements  *Lock.release:*",
            "  required    *",
            "  observed    release() returned None, expected *",
            "  where       battery/shared/locks.py:*",
        ]
    )
    clause = catalogue().find("lock.release.unlocked-error")
    assert clause is not None
    assert words(clause.says) in words(result.stdout.str())


def test_a_failure_shows_no_internals(run: Run) -> None:
    printed = text_of(run("--impl=silent", *RELEASE))
    for internal in ("Traceback", "CaseFailed", "plugin.py", "harness/observer.py", "excinfo"):
        assert internal not in printed


def test_other_plugins_see_a_failed_assertion(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        seen="""
        def pytest_runtest_makereport(item, call):
            if call.excinfo:
                print("seen:", isinstance(call.excinfo.value, AssertionError), call.excinfo.value)
        """
    )
    pytester.syspathinsert()
    result = run("--impl=silent", "-s", "-pseen", *RELEASE_OF_NEW)
    said = (
        "lock.release.unlocked-error: release() returned None, expected RuntimeError to be raised"
    )
    result.stdout.fnmatch_lines([f"*seen: True {said}"])


def test_the_end_of_the_run_sums_up_clauses_and_names_what_deviates(run: Run) -> None:
    result = run("--impl=silent", *MIXED)
    result.stdout.fnmatch_lines(
        [
            "silent: 2 clauses (4 of * cases): 1 pass, 1 fail",
            "  fail: lock.release.unlocked-error: release() returned None, *",
        ]
    )


def test_durations_tells_how_much_of_the_time_was_spent_waiting(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    chosen = (*LOCKS, "-k", "held")
    result = run("--impl=faithful", *chosen, "--durations=2", f"--impl-report={path}")
    assert result.ret == OK
    waits = [case["waits"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]
    window = sum(one.get("window", 0.0) for one in waits)
    assert window > 0
    result.stdout.re_match_lines([rf".*waiting: .*window {window:.2f} s \(\d+%\).* s in cases"])
    silent = run("--impl=faithful", *chosen)
    silent.stdout.no_fnmatch_line("*waiting:*")


def test_implementations_are_judged_one_after_the_other(run: Run) -> None:
    result = run("--impl=silent,faithful", "-v", *RELEASE)
    order = re.findall(r"is_an_error\S*\[(silent|faithful)\] [A-Z]", result.stdout.str())
    assert len(order) >= 4
    assert order == sorted(order, reverse=True)


def test_what_was_printed_is_shown_with_the_failure(run: Run, folder: Path) -> None:
    source = miniatures.SILENT.replace("        if self", "        print('hello')\n        if self")
    written(folder, "silent.py", source)
    run("--impl=silent", *RELEASE).stdout.fnmatch_lines(["*Captured output*", "hello"])


# -- verdicts -------------------------------------------------------------------------------------


def test_a_nonstrict_verdict_passes_unless_strict_is_asked_for(run: Run) -> None:
    select = ("battery/lock", "-k", "lock.release.no-value")
    lenient = run("--impl=talkative", *select)
    strict = run("--impl=talkative", "--impl-strict", *select)
    assert (lenient.ret, strict.ret) == (OK, FAILED)
    assert counts(lenient) == {"non-strict": 1, "deselected": counts(lenient)["deselected"]}
    strict.stdout.fnmatch_lines(["NON-STRICT  lock.release.no-value  on talkative"])


def test_open_behaviour_is_observed(run: Run) -> None:
    result = run(
        "--impl=faithful", "-v", "--impl-strict", "battery/lock", "-k", "lock.release.order"
    )
    assert result.ret == OK
    result.stdout.fnmatch_lines(["*test_order_of_waiters*OBSERVED*", "*: 1 observed"])


def test_a_missing_name_is_unsupported(run: Run) -> None:
    result = run("--impl=without_lock", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        ["UNSUPPORTED  lock.release.unlocked-error  on without_lock", "*there is no Lock *"]
    )


def test_a_worker_that_dies_is_a_crash_and_the_run_goes_on(run: Run) -> None:
    result = run("--impl=mortal", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "CRASH  lock.release.unlocked-error  on mortal",
            "  observed    the process ended: exit status 3",
            "mortal: 1 clause (3 of * cases): 1 crash",
        ]
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a stall is seen on Linux only")
def test_an_implementation_that_always_deadlocks_gets_a_complete_record(
    run: Run, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    select = ("battery/lock", "-k", "(blocked or waiter or created-unlocked)")
    result = run("--impl=deadlocked", "--impl-time-scale=0.2", f"--impl-report={report}", *select)
    assert result.ret == FAILED
    found = record.read(report)
    assert len(found.cases) == sum(counts(result).values()) - counts(result)["deselected"]
    verdicts = found.clause_verdicts()
    assert verdicts["lock.acquire.proceeds-after-release"] == "fail"
    assert verdicts["lock.created-unlocked"] == "timeout"
    assert "error" not in verdicts.values()


def test_what_is_printed_does_not_disturb(run: Run) -> None:
    assert run("--impl=printing", *RELEASE).ret == OK


# -- known divergences ----------------------------------------------------------------------------


def test_a_known_divergence_does_not_fail_the_run(run: Run, folder: Path) -> None:
    result = run(f"--impl={adapter_file(folder, 'silent')}", "-v", *RELEASE)
    assert result.ret == OK
    result.stdout.fnmatch_lines(
        [
            "*KNOWN fail*",
            "  known fail: lock.release.unlocked-error: *",
            "*3 known in *",
        ]
    )


def test_a_divergence_of_another_verdict_fails_and_says_what_was_expected(
    run: Run, folder: Path
) -> None:
    result = run(f"--impl={adapter_file(folder, 'silent', verdict='crash')}", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "  known       crash: it was decided so",
            "Stale divergence: lock.release.unlocked-error is listed as crash but is fail now on "
            "known; change its verdict in ./known.toml:4 to fail.",
        ]
    )


def test_a_divergence_that_no_longer_happens_fails_the_run(run: Run, folder: Path) -> None:
    result = run(f"--impl={adapter_file(folder, 'faithful')}", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "Stale divergence: lock.release.unlocked-error is listed as fail but passes now on "
            "known; remove it from ./known.toml:4."
        ]
    )


def test_a_divergence_whose_cases_were_not_all_run_is_not_called_stale(
    run: Run, folder: Path
) -> None:
    one = ("-k", "test_release_of_a_new_lock_is_an_error")
    assert run(f"--impl={adapter_file(folder, 'faithful')}", *one).ret == OK


@pytest.mark.parametrize("name", ["faithful", "silent"])
@pytest.mark.parametrize("options", [(), ("--impl-repeat=2",)])
def test_a_divergence_that_varies_may_happen_in_any_number_of_runs(
    run: Run, folder: Path, name: str, options: tuple[str, ...]
) -> None:
    assert (
        run(f"--impl={adapter_file(folder, name, verdict='varies')}", *RELEASE, *options).ret == OK
    )


# -- cases that are repeated ----------------------------------------------------------------------


@pytest.mark.parametrize("workers", [(), ("-n", "2"), ("-n", "2", "--dist=load")])
def test_a_case_whose_verdict_differs_from_time_to_time_varies(
    run: Run, folder: Path, workers: tuple[str, ...]
) -> None:
    result = run(
        "--impl=fickle", "--impl-repeat=5", "--impl-report=r.json", *RELEASE_OF_NEW, *workers
    )
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "*VARIES  lock.release.unlocked-error  on fickle*",
            "*observed *pass, * fail in 5 repetitions; *",
            "fickle: 1 clause *: 1 varies",
            "  varies: lock.release.unlocked-error: * pass, * fail in 5 repetitions; *",
        ]
    )
    found = record.read(folder / "r.json")
    assert found.clause_verdicts() == {"lock.release.unlocked-error": "varies"}
    counts = found.cases[0].counts
    assert sorted(counts) == ["fail", "pass"]
    assert sum(counts.values()) == 5


def test_a_case_that_was_repeated_and_never_differs_has_its_verdict(run: Run, folder: Path) -> None:
    result = run("--impl=silent", "--impl-repeat=3", "--impl-report=r.json", *RELEASE_OF_NEW)
    assert result.ret == FAILED
    case = record.read(folder / "r.json").cases[0]
    assert (case.verdict, case.counts) == ("fail", {"fail": 3})


def test_a_known_variation_does_not_fail_the_run(run: Run, folder: Path) -> None:
    path = adapter_file(folder, "fickle", verdict="varies")
    result = run(f"--impl={path}", "--impl-repeat=2", *RELEASE_OF_NEW)
    assert result.ret == OK
    result.stdout.fnmatch_lines(["  known varies: lock.release.unlocked-error: *"])


def test_a_known_variation_is_known_beside_a_verdict_that_a_repetition_has(
    run: Run, folder: Path
) -> None:
    path = Path(adapter_file(folder, "fickle", verdict="varies"))
    entry = path.read_text(encoding="utf-8").partition("\n\n")[2].replace("varies", "fail")
    path.write_text(path.read_text(encoding="utf-8") + "\n" + entry, encoding="utf-8")
    result = run(f"--impl={path}", "--impl-repeat=2", RELEASE_OF_NEW[0])
    result.stdout.fnmatch_lines(["  known varies: lock.release.unlocked-error: *"])


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
def test_a_number_of_repetitions_that_is_none_is_refused(run: Run, value: str) -> None:
    result = run("--impl=faithful", f"--impl-repeat={value}")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["*must be a whole number of at least 1*"])


@pytest.mark.parametrize(
    ("when", "status"), [("python_version >= '3'", OK), ("python_version < '3'", FAILED)]
)
def test_a_divergence_holds_only_when_its_marker_does(
    run: Run, folder: Path, when: str, status: int
) -> None:
    assert run(f"--impl={adapter_file(folder, 'silent', when=when)}", *RELEASE).ret == status


def test_divergences_that_were_written_make_the_next_run_pass(run: Run, folder: Path) -> None:
    first = run("--impl=silent", "--impl-update-divergences=new/silent.toml", *RELEASE)
    first.stdout.fnmatch_lines(
        [
            "new/silent.toml has 1 known divergence: 0 kept, 1 added, 0 removed as stale.",
            '1 known divergence has a reason that begins with "unreviewed:" in new/silent.toml; *',
        ]
    )
    second = run("--impl=new/silent.toml", *RELEASE)
    assert (first.ret, second.ret) == (FAILED, OK)
    assert counts(second)["unreviewed"] == 3
    second.stdout.fnmatch_lines(
        [
            "  unreviewed fail: lock.release.unlocked-error: *",
            '1 known divergence has a reason that begins with "unreviewed:" in ./new/silent.toml; '
            "look at the behaviour and say why it is so. With --impl-reviewed, a run fails until *",
        ]
    )


def test_unreviewed_divergences_can_fail_a_run(run: Run, folder: Path) -> None:
    path = adapter_file(folder, "silent", reason="unreviewed: it returned None")
    assert run(f"--impl={path}", *RELEASE).ret == OK
    strict = run(f"--impl={path}", "--impl-reviewed", *RELEASE)
    assert strict.ret == FAILED
    strict.stdout.fnmatch_lines(
        [
            "1 divergence is unreviewed in ./known.toml (line 4): say why the implementation "
            "behaves so."
        ]
    )
    assert set(re.findall(r"\[ *(\d+)%\]", strict.stdout.str())) == {"100"}
    path = adapter_file(folder, "silent", reason="It is meant to be silent.")
    assert run(f"--impl={path}", "--impl-reviewed", *RELEASE).ret == OK


def test_a_file_is_updated_in_its_place(run: Run, folder: Path) -> None:
    path = written(
        folder,
        "silent.toml",
        'module = "silent"\n\n# It was so once.\n[[divergence]]\nclause = "lock.factory"\n'
        'verdict = "fail"\nreason = "It was."\n',
    )
    first = run("--impl=./silent.toml", "--impl-update-divergences=silent.toml", "battery/lock")
    first.stdout.fnmatch_lines(
        ["silent.toml has * known divergences: 0 kept, * added, 1 removed as stale."]
    )
    first.stdout.no_fnmatch_line("Stale divergence*")
    assert "It was" not in path.read_text(encoding="utf-8")
    again = run("--impl=./silent.toml", "--impl-update-divergences=silent.toml", "battery/lock")
    assert (first.ret, again.ret) == (FAILED, OK)
    again.stdout.fnmatch_lines(["silent.toml has * kept, 0 added, 0 removed as stale."])


LATER_NAMES = """from threading import *

class Thread(Thread):
    def __getattribute__(self, name):
        if name == "isAlive":
            raise AttributeError(name)
        return super().__getattribute__(name)
"""


def test_a_name_that_later_manuals_replace_can_be_mapped(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "renamed.py").write_text(LATER_NAMES, encoding="utf-8")
    hint = (
        '*renamed: if isAlive is there by its later name, write "Thread.isAlive" = "is_alive" '
        "under [[]names] in the adapter file; then what it does is judged."
    )
    clause = "thread.alive.before"
    run("--impl=renamed", clause).stdout.fnmatch_lines([hint])
    path = adapter_file(folder, "renamed", clause, verdict="unsupported")
    run(f"--impl={path}", clause).stdout.no_fnmatch_line("*later name*")


def test_divergences_that_were_not_run_are_kept(run: Run, folder: Path) -> None:
    path = adapter_file(folder, "silent", "lock.factory", when="python_version >= '3'")
    run(f"--impl={path}", "--impl-update-divergences=new.toml", *RELEASE)
    assert [(one.clause, one.when) for one in read(folder / "new.toml").divergences] == [
        ("lock.factory", "python_version >= '3'"),
        ("lock.release.unlocked-error", None),
    ]


def test_a_listed_verdict_does_not_hide_another_one_of_its_clause(run: Run, folder: Path) -> None:
    dies_of_a_new_lock = """
    def acquire(self, blocking=True):
        self.is_used = self._lock.acquire(blocking)
        return self.is_used

    def release(self):
        if not hasattr(self, "is_used"):
            __import__("os").abort()
        if self._lock.locked():
            self._lock.release()
"""
    written(folder, "half.py", miniatures.FAITHFUL + dies_of_a_new_lock)
    path = adapter_file(folder, "half", verdict="crash")
    result = run(f"--impl={path}", "lock.release.unlocked-error")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "  known crash: lock.release.unlocked-error: *",
            "  fail: lock.release.unlocked-error: *",
        ]
    )


def test_a_stale_entry_of_a_list_is_removed_from_the_list(run: Run, folder: Path) -> None:
    written(
        folder,
        "listed.toml",
        'module = "faithful"\n[[divergence]]\nverdict = "fail"\nreason = "both"\nclause = [\n'
        '    "lock.factory",\n    "lock.release.unlocked-error",\n]\n',
    )
    result = run("--impl=listed.toml", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "Stale divergence: lock.release.unlocked-error is listed as fail but passes now on "
            "listed; remove it from the list in ./listed.toml:7."
        ]
    )


def test_divergences_do_not_overwrite_another_file(run: Run, folder: Path) -> None:
    path = written(folder, "mine.toml", "# my work\n")
    result = run("--impl=silent", "--impl-update-divergences=mine.toml", *RELEASE)
    assert result.ret == USAGE
    assert "is not the adapter file of silent; give" in result.stderr.str()
    assert path.read_text(encoding="utf-8") == "# my work\n"


# -- mistakes of the user -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--impl="], "An implementation's name is empty"),
        (["--impl=no_such_module"], "'no_such_module' is neither an adapter of the kit"),
        (["--impl=no.such.module"], "no.such.module cannot be judged: importing no.such.module"),
        (["--impl=not-a-name"], "'not-a-name' is not an implementation"),
        (["--impl=missing.toml"], "There is no adapter file missing.toml"),
        (["--impl=stdlib@"], "names no interpreter after the @"),
        (["--impl=stdlib@9.9"], "No interpreter 9.9 was found"),
        (["--impl=stdlib@./nowhere"], "There is no interpreter at ./nowhere"),
        (["--impl=broken"], "importing broken raised ValueError: broken on purpose"),
        (["--impl=bad.toml"], "The adapter file bad.toml is not valid TOML"),
        (
            ["--impl=rootless.toml"],
            'The adapter file ./rootless.toml, line 2, has substrate = "os". '
            "os has no start_new_thread, allocate_lock, get_ident.",
        ),
        (["--impl=rootless.toml", "--impl-in-process"], 'line 2, has substrate = "os". os has no'),
        (["--impl=faithful", "--impl-report="], "'' is not valid; it must be a path"),
        (["--impl=faithful", "--impl-update-divergences="], "'' is not valid; it must be a path"),
        (
            ["--impl=faithful", "--impl-report=a.json", "--impl-report", "b.json"],
            "--impl-report is given more than once; give it once.",
        ),
        (
            ["--impl=no.such.module"],
            "No module named 'no'; it was looked for in {folder}, and where the interpreter itself",
        ),
        (["--impl=stdlib@/bin/ls"], "stdlib@/bin/ls cannot be judged: /bin/ls is not a Python int"),
        (
            ["--impl=faithful", "--impl-time-scale=0.0001"],
            "faithful in time; --impl-time-scale=0.0001 shortens that time.",
        ),
        (["--impl=faithful,silent", "--impl-report=one.json"], "give --impl-report a folder"),
        (["--impl=faithful,silent", "--impl-update-divergences=d.toml"], "of one implementation"),
        (["--impl=faithful", "--impl-report=file/record.json"], "cannot be written: "),
        (["--impl=faithful", "--impl-report=folder.json"], "is a folder; give the path of a file"),
        (["--impl=faithful", "--impl-update-divergences=file/d.toml"], "cannot be written: "),
        (
            ["--impl=faithful,silent", "--impl-in-process"],
            "--impl-in-process judges one implementation",
        ),
        (
            ["--impl=dashed.toml"],
            'The adapter file ./dashed.toml, line 2, has arguments = ["--dashed"]. {python} does '
            "not run Python with these arguments; it printed: ",
        ),
        (
            ["--impl=dashed.toml", "--impl-in-process"],
            "--impl-in-process runs cases in this process. The adapter file ./dashed.toml, line 2, "
            'has arguments = ["--dashed"]. Leave out --impl-in-process.',
        ),
        (
            ["--impl=launched.toml", "--impl-in-process"],
            '/launched.toml, line 2, has command = ["{python}"]. Leave out --impl-in-process.',
        ),
        (["--impl=stdlib@./optimized"], "its interpreter runs with -O, which removes the battery"),
        (["--impl=stdlib@9.9", "--impl-in-process"], "No interpreter 9.9 was found"),
        (["--impl=faithful", "--impl-time-scale=0"], "must be a number above 0"),
        (["--impl=faithful", "--impl-time-scale=-1"], "must be a number above 0"),
        (["--impl=faithful", "--impl-time-scale=nan"], "must be a number above 0"),
        (["--impl=faithful", "--impl-time-scale=inf"], "must be a number above 0"),
        (["--impl=faithful", "--impl-time-scale=soon"], "must be a number above 0"),
        (["--impl-strict"], "--impl-strict needs an implementation"),
        (["--impl-report=record.json"], "--impl-report needs an implementation"),
        (["--impl-update-divergences=d.toml"], "--impl-update-divergences needs an implementation"),
        (["--impl-in-process"], "--impl-in-process needs an implementation"),
        (["--pyargs", "threadspec.conformance"], "The battery needs an implementation to judge"),
        (["battery/lock/release.py"], "The battery needs an implementation to judge"),
        (["conformance/battery/lock"], "The battery needs an implementation to judge"),
        (["--impl=faithful", "lock.release.nothing"], "There is no clause lock.release.nothing; "),
        (
            ["--impl=faithful", "lock.release.unlockd-error"],
            "There is no clause lock.release.unlockd-error; did you mean lock.release.unlocked-e",
        ),
        (["--impl=faithful", "overview.atomic"], "The clause overview.atomic has no case; "),
        (
            ["--impl=faithful", "battery/lock/release.py::test_it"],
            "There is no case battery/lock/release.py::test_it; ",
        ),
        (["--impl=faithful", "battery/test_it.py"], "file or directory not found"),
        (
            ["--impl=faithful", "battery/lock/acquire.py::test_acquire_locks[silent]"],
            "test_acquire_locks[silent] names the implementation silent, which is not judged here",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_said_in_a_sentence(
    run: Run, folder: Path, arguments: list[str], said: str
) -> None:
    written(folder, "bad.toml", "module = ")
    written(folder, "rootless.toml", 'module = "faithful"\nsubstrate = "os"\n')
    command = json.dumps([sys.executable])
    written(folder, "launched.toml", f'module = "faithful"\ncommand = {command}\n')
    written(folder, "dashed.toml", 'module = "faithful"\narguments = ["--dashed"]\n')
    written(folder, "file", "")
    script = f'#!/bin/sh\nexec {sys.executable} -O "$@"\n'
    written(folder, "optimized", script).chmod(0o755)
    (folder / "folder.json").mkdir()
    result = run(*arguments)
    printed = text_of(result)
    assert result.ret == USAGE
    said = said.replace("{folder}", str(folder)).replace("{python}", sys.executable)
    assert said in printed
    assert "Traceback" not in printed
    assert "INTERNALERROR" not in printed


def test_what_cannot_be_judged_leaves_no_folders(run: Run, folder: Path) -> None:
    options = ("--impl-report=new/a/r.json", "--impl-update-divergences=other/d.toml")
    assert run("--impl=broken", *options).ret == USAGE
    assert not (folder / "new").exists()
    assert not (folder / "other").exists()


def test_an_option_replaces_that_of_a_configuration_file(run: Run, folder: Path) -> None:
    written(folder, "pytest.ini", "[pytest]\naddopts = --impl-report=a.json\n")
    run("--impl=faithful", "--impl-report=b.json", *RELEASE_OF_NEW)
    assert (folder / "b.json").exists()
    assert not (folder / "a.json").exists()


def test_in_process_refuses_another_interpreter(run: Run) -> None:
    result = run(f"--impl=stdlib@{sys.executable}", "--impl-in-process")
    assert result.ret == USAGE
    assert "--impl-in-process uses the interpreter of pytest" in result.stderr.str()


def test_a_run_of_no_cases_fails_and_says_so(run: Run) -> None:
    result = run("--impl=faithful", "-k", "nothing_is_called_like_this")
    assert result.ret == NOTHING
    everything = f"all {len(battery())} cases"
    result.stdout.fnmatch_lines(
        [f"No case was run: -k nothing_is_called_like_this excludes {everything}."]
    )
    result = run("--impl=faithful", "-k", "not lock", "-m", "must", "lock.release.no-value")
    assert result.ret == NOTHING
    result.stdout.fnmatch_lines(["No case was run: -k 'not lock' and -m must exclude the only *."])


def test_other_tests_do_not_stand_for_cases(run: Run, folder: Path) -> None:
    written(folder, "test_mine.py", "def test_mine():\n    pass\n")
    result = run("--impl=faithful", "test_mine.py")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["No case was run: the arguments name other tests only."])
    result = run("--impl=faithful", "-k", "mine", "test_mine.py", "lock.release.no-value")
    assert result.ret == NOTHING
    result.stdout.fnmatch_lines(["No case was run: -k mine excludes *", "*1 passed*"])


# -- records --------------------------------------------------------------------------------------


def test_a_record_goes_to_the_file_that_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new" / "silent.json"
    result = run("--impl=silent", f"--impl-report={path}", *RELEASE)
    result.stdout.fnmatch_lines([f"The record was written to {path}."])
    found = record.read(path)
    assert found.implementation.name == "silent"
    assert found.clause_verdicts()["lock.release.unlocked-error"] == "fail"
    assert [one.name for one in path.parent.iterdir()] == ["silent.json"]


def test_several_records_go_to_a_folder(run: Run, tmp_path: Path) -> None:
    result = run("--impl=silent,faithful", f"--impl-report={tmp_path / 'records'}", *RELEASE)
    assert result.ret == FAILED
    names = {record.read(path).implementation.name for path in (tmp_path / "records").iterdir()}
    assert names == {"silent", "faithful"}
    result.stdout.fnmatch_lines([f"2 records were written to {tmp_path / 'records'}."])


@pytest.mark.parametrize("name", ["lock.release.no-value/", "kept.in.here", ".records"])
def test_a_folder_for_records_may_have_any_name_if_it_is_meant(
    run: Run, folder: Path, name: str
) -> None:
    (folder / "kept.in.here").mkdir()
    result = run("--impl=faithful", f"--impl-report={name}", *RELEASE_OF_NEW)
    assert result.ret == OK
    assert (folder / name / "faithful.json").exists()


@pytest.mark.parametrize(
    "name", ["lock.release.no-value", "battery/test_lock.py::test_it", "report.xml", "file"]
)
def test_what_is_no_place_for_records_makes_no_folder(run: Run, folder: Path, name: str) -> None:
    written(folder, "file", "")
    result = run("--impl=faithful", "--impl-report", name)
    assert result.ret == USAGE
    assert (
        f"--impl-report={name} names neither a .json file nor a folder; give {name}.json for one "
        f"record, or {name}/ for a folder with the records of all implementations."
    ) in text_of(result)
    assert not (folder / name).is_dir()
    assert not (folder / "battery").exists()


def content(path: Path) -> dict[str, Any]:
    """A record without the parts that differ from run to run."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del document["made"]
    for case in document["cases"]:
        del case["seconds"], case["waits"]
    return document


SHARED_OUT = {
    "by the kit": ("-n", "2"),
    "by pytest-xdist": ("-n", "2", "--dist=load"),
}


@pytest.mark.parametrize("options", SHARED_OUT.values(), ids=SHARED_OUT)
def test_a_record_is_the_same_when_cases_are_shared_out(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    alone, shared = tmp_path / "alone.json", tmp_path / "shared.json"
    select = ("battery/lock", "-k", "lock.release and not order")
    first = run("--impl=silent", f"--impl-report={alone}", *select)
    second = run("--impl=silent", f"--impl-report={shared}", *options, *select)
    assert (first.ret, second.ret) == (FAILED, FAILED)
    assert content(alone) == content(shared)


def test_cases_shared_out_by_xdist_look_as_any_tests_do(run: Run) -> None:
    result = run("--impl=silent", "-n", "1", "--dist=load", "-v", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines_random(
        [
            "*/lock/release.py::test_release_of_a_new_lock_is_an_error[[]silent] ",
            "[[]gw0] * FAIL */lock/release.py::test_release_of_a_new_lock_is_an_error[[]silent] ",
            "FAIL  lock.release.unlocked-error  on silent",
        ]
    )


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (("-n", "2"), 2),
        (("-n", "auto"), 3),
        (("-n", "auto", "--maxprocesses=2"), 2),
        (("-n", "1"), 1),
        (("-n", "0"), 1),
        (("-n", "-1"), 1),
        (("-n", "2", "--pyargs", "threadspec.conformance.battery.lock"), 2),
        (("-n", "2", "--pyargs", "threadspec.conformance.battery.lock.release"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_as_many_workers_of_one_pytest_as_asked_for(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str], number: int
) -> None:
    note = "import os\nopen('seen-%d-%d' % (os.getpid(), os.getppid()), 'w').close()\n"
    written(folder, "seen.py", note + miniatures.FAITHFUL)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "3")
    select = () if "--pyargs" in options else ("battery/lock/release.py",)
    result = run("--impl=seen", *options, *select)
    assert result.ret == OK
    processes = [path.name.split("-")[1:] for path in folder.glob("seen-*")]
    assert len(processes) == number
    assert len({parent for _, parent in processes}) == 1
    said = f"threadspec: {number} workers for each implementation"
    assert (said in result.outlines) == (number > 1)


def test_cases_shared_out_are_told_in_their_order(run: Run) -> None:
    alone = run("--impl=silent,talkative", "-v", *LOCKS)
    shared = run("--impl=silent,talkative", "-v", "-n", "3", *LOCKS)
    told = [re.sub(r" +\[.*%\]$", "", line) for line in alone.outlines if "::" in line]
    assert len(told) > 40
    assert told == [re.sub(r" +\[.*%\]$", "", line) for line in shared.outlines if "::" in line]


def test_beside_other_tests_cases_are_shared_out_by_xdist(run: Run, folder: Path) -> None:
    written(folder, "test_it.py", "def test_it(worker_id):\n    assert worker_id == 'gw0'\n")
    select = ("-k", f"test_it.py or ({RELEASE[2]})")
    places = ("--pyargs", "threadspec.conformance.battery.lock", "test_it.py")
    result = run("--impl=faithful", "-n", "1", *places, *select)
    assert result.ret == OK
    assert counts(result) == {"passed": 4}


def test_a_record_holds_whatever_an_implementation_says(run: Run, folder: Path) -> None:
    source = miniatures.FAITHFUL + "    def release(self): raise ValueError(chr(0xD800) + chr(0))\n"
    written(folder, "rude.py", source)
    result = run("--impl=rude", "--impl-report=rude.json", *RELEASE)
    assert result.ret == FAILED
    case = record.read(folder / "rude.json").cases[0]
    assert "raised ValueError: \\ud800\0" in (case.observed or "")


def test_a_run_that_was_broken_off_leaves_a_record_that_is_refused(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "record.json"
    result = run("--impl=silent", "-x", f"--impl-report={path}", *LOCKS)
    result.stdout.fnmatch_lines(["silent: * clauses (interrupted): *"])
    result.stdout.fnmatch_lines(["The record in * is incomplete, as the run was interrupted; *"])
    result.stdout.no_fnmatch_line("The record was written*")
    assert content(path)["finished"] is False
    with pytest.raises(UserError, match="interrupted"):
        record.read(path)


@pytest.mark.parametrize("terminal", [True, False])
def test_lines_of_the_summary_fit_the_terminal(terminal: bool) -> None:
    class Reporter:
        isatty = terminal
        _tw = argparse.Namespace(fullwidth=30)

    line = "  slowest: test_of_one 1 ms, test_of_two 2 ms"
    parts = plugin._wrapped(line, Reporter())
    wrapped = ["  slowest: test_of_one 1 ms,", "    test_of_two 2 ms"]
    assert parts == (wrapped if terminal else [line])


INTERRUPTS = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "call":
        raise KeyboardInterrupt
"""


@pytest.mark.parametrize("how", ["-x", "-pinterrupts"])
def test_a_run_that_was_broken_off_changes_no_file(
    program: Run, folder: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    written(folder, "interrupts.py", INTERRUPTS)
    report, own = "--impl-report=record.json", "--impl-update-divergences=silent.toml"
    path = written(folder, "silent.toml", 'module = "silent"\n')
    program("--impl=./silent.toml", report, *LOCKS)
    before = (folder / "record.json").read_bytes()
    result = program("--impl=./silent.toml", report, own, how, *LOCKS)
    for name in ("record.json", "silent.toml"):
        line = f"{name} was not written, as the run was interrupted."
        result.stdout.fnmatch_lines([line])
    assert (folder / "record.json").read_bytes() == before
    assert path.read_text(encoding="utf-8") == 'module = "silent"\n'


def test_a_record_of_some_cases_is_finished_and_says_how_many_there_are(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "record.json"
    run("--impl=faithful", f"--impl-report={path}", *RELEASE)
    found = record.read(path)
    assert len(found.cases) < found.kit.cases


# -- what cases are called, and how they are asked for -------------------------------------------


def ids(result: pytest.RunResult) -> list[str]:
    """The node ids that ``--collect-only -q`` lists."""
    return [line for line in result.outlines if "::" in line]


def test_ids_are_the_same_wherever_the_kit_is_installed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    # The kit's own root folder, like an environment in the folder of a project.
    kit = Path(__file__).parent.parent
    for root in ([], [f"--rootdir={kit}"]):
        listed = ids(run("--impl=faithful", "--collect-only", "-q", *RELEASE, *root))
        case = "battery/lock/release.py::test_release_of_a_new_lock_is_an_error[faithful]"
        assert re.sub(r".*(?=battery/)", "", listed[0]) == case
        assert len(listed) == 3
        run("--impl=faithful", f"--junitxml={path}", *RELEASE, *root)
        found = {one.get("classname") for one in ElementTree.parse(path).getroot().iter("testcase")}
        assert found == {"battery.lock.release"}


def test_cases_run_in_the_order_of_the_battery(run: Run) -> None:
    listed = ids(run("--impl=faithful,silent", "--collect-only", "-q"))
    names = ("faithful", "silent")
    assert listed == [f"{case.id}[{name}]" for name in names for case in battery()]


def test_the_ids_that_are_printed_can_be_given_back(run: Run, folder: Path) -> None:
    first = run("--impl=silent", "-rA", *MIXED)
    printed = re.findall(r"^(?:FAIL|PASSED) (\S+::\S+)", first.stdout.str(), re.MULTILINE)
    assert len(printed) == 4
    second = run("--impl=silent", *printed)
    assert counts(second) == {"failed": 3, "passed": 1}


def test_ids_can_be_given_back_below_the_root_folder(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder, "pytest.ini", "[pytest]\n")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    first = run("--impl=silent", *RELEASE)
    printed = re.findall(r"^FAIL (\S+::\S+)", first.stdout.str(), re.MULTILINE)
    assert len(printed) == 3
    assert printed[0].startswith("../battery/")
    assert counts(run("--impl=silent", *printed)) == {"failed": 3}


def test_every_clause_with_a_case_can_be_asked_for(tmp_path: Path) -> None:
    clauses = {case.clause.id for case in battery()}
    selection = select([*clauses, "with.py"], tmp_path, tmp_path)
    assert selection.others == ["with.py"]
    assert selection.cases("any") == list(enumerate(battery()))


def test_a_clause_can_be_asked_for(run: Run) -> None:
    result = run("--impl=silent", "lock.release.unlocked-error", "lock.release.no-value", "-v")
    wanted = {"lock.release.unlocked-error", "lock.release.no-value"}
    number = sum(case.clause.id in wanted for case in battery())
    assert sum(counts(result).values()) == number > 3


def test_a_case_can_be_asked_for_on_one_of_several_implementations(run: Run) -> None:
    case = "battery/lock/release.py::test_release_of_a_new_lock_is_an_error"
    assert counts(run("--impl=silent,faithful", f"{case}[faithful]")) == {"passed": 1}
    assert counts(run("--impl=silent,faithful", case)) == {"passed": 1, "failed": 1}


@pytest.mark.parametrize(
    "chapter", ["lock", "battery/lock", "battery/lock/", "conformance/battery/lock"]
)
def test_a_chapter_can_be_named(run: Run, chapter: str) -> None:
    listed = ids(run("--impl=faithful", "--collect-only", "-q", chapter))
    assert listed == [f"{case.id}[faithful]" for case in battery() if case.clause.chapter == "lock"]


def test_a_file_of_the_users_is_not_taken_for_the_batterys(run: Run, folder: Path) -> None:
    (folder / "battery" / "lock").mkdir(parents=True)
    written(folder / "battery" / "lock", "release.py", "def test_mine():\n    pass\n")
    result = run("--impl=silent", "battery/lock/release.py")
    assert counts(result) == {"passed": 1}
    assert run("battery/lock/release.py").ret == OK


@pytest.mark.parametrize("options", [(), ("-n", "1", "--dist=load")], ids=["alone", "xdist"])
def test_every_failure_ends_with_the_command_that_runs_it_again(
    program: Run, folder: Path, options: tuple[str, ...]
) -> None:
    (folder / "my adapters").mkdir()
    written(folder / "my adapters", "k.toml", 'module = "talkative"\n')
    chosen = "lock.release.no-value"
    name = "my adapters/k.toml"
    first = program(f"--impl={name}", "--impl-strict", "-k", chosen, *options)
    # In CI, pytest's summary repeats the whole message.
    (line,) = {line for line in first.outlines if line.startswith("  run again:  ")}
    again = subprocess.run(
        line.removeprefix("  run again:  "),
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert again.returncode == FAILED, again.stderr
    assert "NON-STRICT  lock.release.no-value  on k" in again.stdout
    assert "1 failed in" in again.stdout
    assert line in again.stdout


@pytest.mark.parametrize(
    ("arguments", "before"),
    [
        (["/usr/bin/pytest"], "pytest"),
        (["./env/bin/pytest"], "./env/bin/pytest"),
        (["/opt/lib/pytest/__main__.py"], f"{sys.executable} -m pytest"),
        (["/opt/ide/runner.py"], "pytest"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_pytest_is_started_again_as_it_was(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], before: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    case = "battery/lock/release.py::test_it"
    made = command(arguments[0], "my threads.toml", {"strict": False, "repeat": 1}, [], case)
    assert made == f"{before} '--impl=my threads.toml' battery/lock/release.py::test_it"


def test_words_select_cases_and_not_implementations(run: Run, folder: Path) -> None:
    written(folder, "event_like.py", miniatures.FAITHFUL)
    listed = ids(run("--impl=event_like", "--collect-only", "-q", "-k", "event"))
    assert 0 < len(listed) < len(battery()) // 2
    assert not ids(run("--impl=event_like", "--collect-only", "-q", "-k", "event_like"))


# -- pytest's own options -------------------------------------------------------------------------


def test_cases_are_chosen_by_level(run: Run) -> None:
    result = run("--impl=talkative", "-m", "should", *LOCKS)
    assert "non-strict" in counts(result)
    result = run("--impl=talkative", "-m", "must", "battery/lock", "-k", "lock.release.no-value")
    assert result.ret == NOTHING


def test_collect_only_lists_the_cases_and_judges_nothing(run: Run) -> None:
    result = run("--impl=broken", "--collect-only", "-q", *RELEASE)
    assert result.ret == OK
    result.stdout.fnmatch_lines(
        ["*lock/release.py::test_release_of_a_new_lock_is_an_error?broken?"]
    )
    assert "No case was run" not in result.stdout.str()


def test_junit_xml_names_cases_and_failures(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    run("--impl=silent", f"--junitxml={path}", *MIXED)
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert "test_release_of_a_new_lock_is_an_error[silent]" in failed
    assert len(failed) < len(cases)
    messages = [found.get("message", "") for case in cases for found in case.iter("failure")]
    assert all(re.match(r"lock\.[\w.-]+: \S.*$", message) for message in messages)


def test_the_cache_of_pytest_is_not_needed(run: Run) -> None:
    assert run("--impl=faithful", "-p", "no:cacheprovider", *RELEASE).ret == OK


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_timeout_of_pytests_ends_one_case_and_the_run_goes_on(
    program: Run, tmp_path: Path, workers: str
) -> None:
    path = tmp_path / "record.json"
    select = ("-k", "test_acquire_locks or test_release_of_a_new_lock_is_an_error")
    result = program(
        "--impl=spinning", "--timeout=4", f"--impl-report={path}", "-n", workers, *select
    )
    assert result.ret == FAILED
    verdicts = {case.case.split("::")[1]: case.verdict for case in record.read(path).cases}
    assert verdicts == {
        "test_acquire_locks": "timeout",
        "test_release_of_a_new_lock_is_an_error": "pass",
    }


def test_the_cases_that_failed_last_run_alone_or_first(run: Run) -> None:
    run("--impl=silent", *MIXED)
    last = run("--impl=silent", "--lf", "-v", *LOCKS)
    assert "rerun previous 3 failures" in last.stdout.str()
    assert {key: last.parseoutcomes()[key] for key in ("failed", "deselected")} == {
        "failed": 3,
        "deselected": len([case for case in battery() if case.clause.chapter == "lock"]) - 3,
    }
    first = run("--impl=silent", "--ff", "-v", *LOCKS)
    told = re.findall(r"::(\S+)\[silent\] ([A-Z]+)", first.stdout.str())
    assert [verdict for _, verdict in told[:3]] == ["FAIL"] * 3
    assert "test_release_of_a_new_lock_is_an_error" in {name for name, _ in told[:3]}


def test_what_failed_on_one_implementation_has_not_failed_on_another(run: Run) -> None:
    run("--impl=silent", *RELEASE)
    result = run("--impl=faithful", "--lf", *RELEASE)
    assert counts(result)["passed"] == 3
    assert "3 known failures not in selected tests" in result.stdout.str()


def test_new_cases_run_first(run: Run) -> None:
    run("--impl=faithful", *MIXED)
    result = run("--impl=faithful", "--nf", "-v", *LOCKS)
    told = re.findall(r"::(\S+)\[faithful\] [A-Z]", result.stdout.str())
    assert set(told[-4:]) >= {"test_release_of_a_new_lock_is_an_error"}


# -- the environment ------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-n", "1", "--dist=load")], ids=" ".join)
def test_warnings_as_errors_find_nothing(
    program: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    written(folder, "pytest.ini", "[pytest]\nfilterwarnings = error\n")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    # One worker is replaced after its cases, the other dies in each of them.
    clauses = ("lock.release.unlocked-error", "program.waits", "thread.exception.contained")
    for implementation, status in (("reference", OK), ("mortal", FAILED)):
        result = program(f"--impl={implementation}", "-W", "error", *options, *clauses)
        printed = text_of(result)
        assert result.ret == status, printed
        assert "Warning" not in printed
        assert "unclosed" not in printed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTHONOPTIMIZE", "1"),
        ("PYTHONDEVMODE", "1"),
        ("PYTHONVERBOSE", "1"),
        ("PYTHONWARNINGS", "error"),
        ("FORCE_COLOR", "1"),
    ],
    ids=lambda value: value,
)
def test_variables_that_change_the_interpreter_change_no_verdict(
    program: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    clauses = ("lock.release.unlocked-error", "program.waits", "thread.exception.contained")
    assert counts(program("--impl=silent", clauses[0]))["failed"] == 3
    result = program("--impl=reference", *clauses)
    assert result.ret == OK, text_of(result)


def test_in_process_needs_assert_statements(program: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    result = program("--impl=silent", "--impl-in-process", *RELEASE)
    assert result.ret == USAGE
    assert "--impl-in-process needs assert statements" in result.stderr.str()


# -- in pytest's own process ----------------------------------------------------------------------


def test_in_process_judges_in_the_process_of_pytest(program: Run, folder: Path) -> None:
    source = "import os\nfrom threading import *\nopen('pid', 'w').write(str(os.getppid()))"
    written(folder, "here.py", source)
    result = program("--impl=here", "--impl-in-process", *RELEASE)
    assert result.ret == OK
    assert (folder / "pid").read_text(encoding="utf-8") == str(os.getpid())


def test_in_process_tells_failures_the_same_way(run: Run) -> None:
    result = run("--impl=silent", "--impl-in-process", *RELEASE)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        ["  clause      lock.release.unlocked-error (must)", "  observed    release() returned*"]
    )
    assert "Traceback" not in text_of(result)


def test_in_process_sees_what_a_worker_sees(run: Run, folder: Path) -> None:
    select = ("-k", "test_acquire_with_false_takes_an_unlocked_lock")
    written(folder, "shut.py", miniatures.FAITHFUL + "    def acquire(self, *args): return 0\n")
    run("--impl=shut", "--impl-report=worker.json", *select)
    run("--impl=shut", "--impl-report=here.json", "--impl-in-process", *select)
    worker, here = (record.read(folder / f"{name}.json").cases for name in ("worker", "here"))
    assert worker[0].verdict == here[0].verdict == "fail"
    assert worker[0].observed == here[0].observed


def test_in_process_lets_the_implementation_print(run: Run) -> None:
    result = run("--impl=printing", "--impl-in-process", "-s", *LOCKS)
    result.stdout.fnmatch_lines(["*released*"])
    assert result.ret == OK


# -- beside other tests ---------------------------------------------------------------------------


def test_another_project_and_its_settings_do_not_matter(program: Run, folder: Path) -> None:
    written(
        folder,
        "pytest.ini",
        "[pytest]\npython_files = check_*.py\ntestpaths = checks\naddopts = -ra\n",
    )
    (folder / "checks").mkdir()
    written(folder / "checks", "check_it.py", "def test_it():\n    assert 0\n")
    result = program("--impl=faithful", *RELEASE)
    assert result.ret == OK
    assert "check_it" not in text_of(result)


def test_without_an_implementation_nothing_changes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_passes():
            assert "threadspec.frontends.session" not in sys.modules

        def test_fails():
            assert False
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    assert "= threadspec =" not in result.stdout.str()


def test_the_battery_can_be_named_by_its_path(run: Run) -> None:
    result = run("--impl=faithful", "--pyargs", "threadspec.conformance.battery.lock", *RELEASE[1:])
    assert result.ret == OK
    assert counts(result)["passed"] > 0


# -- interpreters that cannot run the worker ------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="needs a script that is no interpreter")
@pytest.mark.parametrize("options", [(), ("-n2", "--dist=load")], ids=["", "pytest-xdist"])
def test_all_goes_on_without_an_interpreter_that_cannot_run_the_worker(
    program: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    own = interpreters.this_interpreter().label
    fake = written(folder, "python3.99", "#!/bin/sh\necho 'no module named json'\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(folder))
    result = program("--impl=all", "-k", "test_release_returns_none", *options)
    assert result.ret == OK
    reason = (
        "stdlib@3.99 is unavailable: the worker ended (exit status 1) while it loaded threading; "
        "it printed: no module named json"
    )
    assert reason in text_of(result)
    assert "stdlib@3.99: unavailable: the worker ended" in text_of(result)
    assert f"reference@{own}: 3 clauses" in text_of(result)

    if not options:  # pytest-xdist has no workers yet when this is found out
        named = program("--impl=all,stdlib@3.99", "-k", "test_release_returns_none")
        assert named.ret == USAGE
        assert "stdlib@3.99 cannot be judged: the worker ended" in text_of(named)


# -- modules that are no implementation -----------------------------------------------------------

NO_IMPLEMENTATION = r"{} cannot be judged: it has {} of the 16 names that the manual documents"


@pytest.mark.parametrize("options", [(), ("--impl-in-process",)], ids=["", "in process"])
@pytest.mark.parametrize(
    ("module", "has"), [("os", "none"), ("vacant", "none"), ("fresh", "7"), ("package", "none")]
)
def test_a_module_that_is_no_implementation_is_refused_in_a_sentence(
    run: Run, folder: Path, module: str, has: str, options: tuple[str, ...]
) -> None:
    written(folder, "vacant.py", "")
    names = "Condition, Event, Lock, RLock, Semaphore, Thread, Timer"
    written(folder, "fresh.py", f"from threading import {names}")
    for place in ("package", "package/green"):
        (folder / place).mkdir()
        written(folder / place, "__init__.py", "")
    written(folder / "package" / "green", "threading.py", "raise ImportError('just a hint')")
    result = run(f"--impl={module}", *options)
    assert result.ret == USAGE
    said = words(text_of(result))
    assert NO_IMPLEMENTATION.format(module, has) in said
    assert ("did you mean package.green.threading?" in said) == (module == "package")
    assert "Traceback" not in said


def test_a_module_with_few_names_can_be_judged_by_an_adapter_file(run: Run, folder: Path) -> None:
    written(folder, "fresh.py", "from threading import Lock")
    written(folder, "begun.toml", 'module = "fresh"')
    result = run("--impl=begun.toml", *RELEASE)
    assert result.ret == OK


# -- places and names -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="a locale of POSIX")
def test_a_name_outside_ascii_is_no_error_in_the_c_locale(
    program: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder, "schön.toml", 'module = "faithful"\nabout = "schön"')
    for name in ("LANG", "LC_CTYPE", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    result = program("--impl=schön.toml", "--impl-report=made", *RELEASE)
    assert result.ret == OK
    (path,) = (folder / "made").iterdir()
    assert record.read(path).implementation.name == r"sch\xf6n"
    assert record.read(path).implementation.about == "schön"


PHASES = """
import pytest

@pytest.hookimpl
def pytest_runtest_logreport(report):
    with open("phases", "a") as file:
        print(report.when, report.outcome, file=file)
"""

SETTING_UP = """
def pytest_runtest_setup(item):
    with open("phases", "a") as file:
        print("set up", file=file)
"""


@pytest.mark.parametrize("others", ["", SETTING_UP])
def test_a_case_has_the_phases_of_any_item(
    run: Run, pytester: pytest.Pytester, folder: Path, others: str
) -> None:
    pytester.makepyfile(phases_plugin=PHASES + others)
    pytester.syspathinsert()
    run("--impl=silent", "-p", "phases_plugin", *RELEASE_OF_NEW)
    phases = (folder / "phases").read_text().splitlines()
    assert phases == ["set up"] * bool(others) + ["setup passed", "call failed", "teardown passed"]


def test_a_case_with_a_mark_of_another_plugin_is_skipped(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        skipping_plugin="""
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.skip("not today"))
        """
    )
    pytester.syspathinsert()
    result = run("--impl=silent", "-p", "skipping_plugin", *RELEASE_OF_NEW)
    result.assert_outcomes(skipped=1)
