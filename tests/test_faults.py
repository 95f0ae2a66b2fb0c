"""The planted faults: the collection is complete and sound, and judged as the matrix says."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from quality.faults import __main__ as matrix
from quality.faults import planting
from quality.faults.planting import Fault, FaultError
from quality.judging import REFERENCE, cases_of, cases_reaching, implementation, judge
from threadspec.conformance.index import battery

FAULTS = planting.collection()
DESCRIBED = '["lock.factory".y]\nsays = "…"\n'
BY_ID = {fault.id: fault for fault in FAULTS}


def test_every_fault_can_be_planted_and_compiles() -> None:
    for fault in FAULTS:
        assert fault.files, fault.id
        for file in fault.files:
            compile(fault.source(file), f"{fault.id}: {file}", "exec")


def test_faults_have_names_of_their_own() -> None:
    assert [
        name for name, count in Counter(fault.id for fault in FAULTS).items() if count > 1
    ] == []


def test_faults_name_clauses_that_have_cases() -> None:
    known = {case.clause.id for case in battery() if case.clause.level in ("must", "should")}
    unknown = {
        (fault.id, clause)
        for fault in FAULTS
        for clause in (fault.clause, *fault.also)
        if clause not in known
    }
    assert unknown == set()


def test_every_clause_that_can_be_broken_is() -> None:
    broken = {fault.clause for fault in FAULTS}
    sound = {
        case.clause.id
        for case in battery()
        if case.clause.level in ("must", "should") and case.clause.id not in broken
    }
    assert sound == set()


def test_every_fault_can_be_reached_by_the_clauses_it_breaks() -> None:
    for fault in FAULTS:
        reached = {case.clause.id for case in cases_reaching(fault.files)}
        assert {fault.clause, *fault.also} <= reached, fault.id


# Chapters of the battery with cases that use every class.
OF_ALL = {"interruptions", "module", "overview"}


@pytest.mark.parametrize(
    ("file", "chapters"),
    [
        ("event.py", {"daemon", "event"}),
        ("thread_local.py", {"daemon", "local", "thread"}),
        ("condition.py", {"condition", "daemon", "rlock", "thread", "with"}),
        ("lock.py", {"condition", "daemon", "lock", "with"}),
        ("dummy_threading.py", set()),
    ],
)
def test_a_change_is_tried_on_what_can_come_into_contact_with_it(
    file: str, chapters: set[str]
) -> None:
    reached = {case.file.split("/")[0] for case in cases_reaching([file])}
    assert reached == chapters | (OF_ALL if chapters else set())


def test_a_change_is_not_tried_on_other_cases_of_the_same_chapters() -> None:
    found = {case.file for case in cases_reaching(["event.py"])}
    assert "daemon/program.py" in found
    assert "daemon/general.py" not in found


def test_a_change_to_what_all_share_is_tried_on_everything() -> None:
    for file in ("__init__.py", "_layer.py"):
        assert cases_reaching([file]) == cases_of()
    assert cases_reaching(path.name for path in REFERENCE.glob("*.py")) == cases_of()


def test_nothing_fails_where_a_fault_in_the_portable_rlock_is_yet_to_be_planted(
    tmp_path: Path,
) -> None:
    package = tmp_path / planting.PACKAGE
    shutil.copytree(REFERENCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    planting.use_portable_rlock(package)
    cases = cases_of(["rlock", "condition", "with", "interruptions"])
    findings = judge(implementation("portable", planting.PACKAGE, tmp_path), cases)
    assert [(one.case, one.observed) for one in findings.failures] == []


def test_many_faults_are_subtle() -> None:
    assert sum(1 for fault in FAULTS if fault.subtle) >= 60


def test_a_fault_that_does_not_fit_the_reference_is_refused(tmp_path: Path) -> None:
    hunk = planting.Hunk("lock.py", "Lock", ("    absent",), ())
    fault = Fault("lock.none", "lock.factory", "…", (hunk,))
    complaint = r"lock\.none: its lines occur 0 times in lock.py: Lock: absent"
    with pytest.raises(FaultError, match=complaint):
        fault.plant(tmp_path)


def test_the_hunks_of_a_diff() -> None:
    diff = """
@@ event.py: Event.clear
     kept
-    removed

+    added
@@ lock.py
+last"""
    assert list(planting.hunks_of(diff)) == [
        planting.Hunk(
            "event.py",
            "Event.clear",
            ("    kept", "    removed", ""),
            ("    kept", "", "    added"),
        ),
        planting.Hunk("lock.py", "", (), ("last",)),
    ]


def test_every_base_is_that_of_several_faults() -> None:
    used = Counter(fault.base.name for fault in FAULTS if fault.base)
    assert sorted(name for name in planting.bases() if used[name] < 2) == []


def test_names_of_the_thread_layer_are_imported_where_a_fault_uses_them(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        DESCRIBED + 'class = "Timer"\nbody = "def cancel(self): get_ident()"\n', encoding="utf-8"
    )
    [fault] = planting.read(path)
    assert "\nfrom ._layer import get_ident\n" in fault.source("timer.py")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('["lock.factory"]\nsays = "…"\n', r"x.toml: \[lock.factory\] needs a name"),
        ('["lock.factory".y]\ndiff = ""\n', "x.y has no says"),
        ('["lock.factory".y]\nlevel = "must"\n', "x.y has the unknown key 'level'"),
        ('["lock.factory".y]\nsays = 1\n["lock.one".y]\nsays = 1\n', "describes x.y twice"),
        ('["lock.factory".y]\n["lock.factory".y]\n', "x.toml cannot be read: "),
        (DESCRIBED, "x.y changes nothing: it has neither diff nor class"),
        (DESCRIBED + 'diff = "+early"\n', r"x.y: its diff has the line '\+early'"),
        (
            DESCRIBED + 'class = "Mutex"\n',
            "x.y names the class 'Mutex', which the reference has not",
        ),
        (DESCRIBED + 'class = "Event"\n', "x.y has no body"),
        (DESCRIBED + 'class = "Lock"\nbody = ""\n', "x.y is a faulty Lock without a base"),
        (
            DESCRIBED + 'class = "Event"\nbase = "none"\nbody = ""\n',
            "x.y names the base 'none', which bases.toml has not",
        ),
        (
            DESCRIBED + 'class = "Event"\nlike = "event.none"\n',
            "x.y is like 'event.none', which is no fault with a body",
        ),
        (DESCRIBED + 'state = ["calls = 0"]\n', "x.y has the state 'calls = 0'"),
        (DESCRIBED + 'above = "calls = []"\n', "x.y has helpers above, and not one file"),
    ],
)
def test_a_fault_that_is_not_described_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultError, match=complaint):
        planting.read(path)


@pytest.mark.parametrize("name", ["lock.reentrant", "with.semaphore.late-entry-takes-nothing"])
def test_a_fault_is_caught_by_the_clause_it_violates(name: str, tmp_path: Path) -> None:
    fault = BY_ID[name]
    outcome = matrix.trial(fault, cases_of([fault.chapter]), tmp_path)
    assert outcome.caught
    assert outcome.errors == ()
    assert set(outcome.others) - set(outcome.unexplained) <= set(fault.also)
    assert any(case.id in outcome.cases for case in battery() if case.clause.id == fault.clause)


def test_a_change_that_breaks_nothing_is_missed(tmp_path: Path) -> None:
    line = "    return allocate_lock()"
    hunk = planting.Hunk("lock.py", "Lock", (line,), (f"{line}  # as before",))
    fault = Fault("lock.harmless", "lock.factory", "Nothing is wrong.", (hunk,))
    outcome = matrix.trial(fault, cases_of(["lock"]), tmp_path)
    assert not outcome.caught
    assert outcome.others == ()
    assert outcome.line.startswith("MISSED  lock.harmless (lock.factory)")
    assert "MISSED: lock.harmless (lock.factory)" in matrix.summary([outcome])


def test_the_bound_of_a_probability() -> None:
    assert matrix.lower_bound(0, 60) == 0.0
    assert matrix.lower_bound(60, 60) == pytest.approx(0.0250 ** (1 / 60), abs=1e-6)
    assert matrix.lower_bound(30, 60) == pytest.approx(0.3681, abs=1e-3)
