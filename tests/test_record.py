"""The record of a run: written completely or not at all, and refused if it is inconsistent."""

from __future__ import annotations

import copy
import dataclasses
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import VERDICTS, fails, verdict_of, worst
from threadspec.frontends import trial
from threadspec.frontends.trial import make_record
from threadspec.reports import record
from threadspec.reports.matrix import build, to_json
from threadspec.reports.record import CaseResult, Expectation, Kit, Record, Subject
from threadspec.reports.render import markdown

PASSED = CaseResult(
    case="battery/lock/release.py::test_one",
    clause="lock.one",
    chapter="lock",
    level="must",
    verdict="pass",
    expected="A lock locks.",
    seconds=0.25,
)
FAILED = CaseResult(
    case="battery/lock/release.py::test_two",
    clause="lock.one",
    chapter="lock",
    level="must",
    verdict="fail",
    expected="A lock locks.",
    observed="it did not: não, 日本",
    where="lock/release.py:12",
    check="assert locked",
    evidence=("actor 1: blocked", "watched"),
    output="printed\n",
    seconds=1.5,
    waits={"positive": 1.25},
    divergence=Expectation("fail", "we want it so"),
)
OBSERVED = dataclasses.replace(
    PASSED,
    case="battery/event/set.py::test_three",
    clause="event.one",
    chapter="event",
    level="free",
    verdict="observed",
    observed="None",
)


def a_record(**fields: Any) -> Record:
    """A record of three cases."""
    values: dict[str, Any] = {
        "kit": Kit("1.0", "1.0", "0123456789ab", "ba9876543210", 3, "cd0123456789"),
        "implementation": Subject("x", "x.y", None, "CPython 3.11.7", "Linux x86_64", True),
        "cases": (PASSED, FAILED, OBSERVED),
        "made": "2026-01-01T00:00:00+00:00",
    }
    return Record(**{**values, **fields})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record in a file."""
    place = tmp_path / "x.json"
    record.write(a_record(), place)
    return place


# -- writing --------------------------------------------------------------------------------------


def test_what_is_read_is_what_was_written(path: Path) -> None:
    assert record.read(path) == a_record()


def test_a_record_can_be_compressed(path: Path, tmp_path: Path) -> None:
    place = tmp_path / "x.json.gz"
    record.write(a_record(), place)
    assert record.read(place) == a_record()
    assert gzip.decompress(place.read_bytes()) == path.read_bytes()
    before = place.read_bytes()
    record.write(a_record(), place)
    assert place.read_bytes() == before  # no time in it


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b",
        gzip.compress(b"{}" * 99, mtime=0)[:-12],
        gzip.compress(b"{}", mtime=0)[:10] + b"\xff" * 9,
    ],
    ids=["its beginning", "without its end", "with another content"],  # the same in each process
)
def test_a_compressed_record_that_is_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "x.json.gz"
    place.write_bytes(data)
    with pytest.raises(UserError, match="is not complete JSON"):
        record.read(place)


@pytest.mark.parametrize("finished", [True, False])
def test_what_is_written_follows_the_schema(finished: bool) -> None:
    document = json.loads(json.dumps(record.to_json(a_record(finished=finished))))
    jsonschema.Draft202012Validator.check_schema(record.schema())
    jsonschema.Draft202012Validator(record.schema()).validate(document)


def test_a_record_without_cases_follows_the_schema() -> None:
    jsonschema.validate(json.loads(json.dumps(record.to_json(a_record(cases=())))), record.schema())


def test_the_schema_knows_every_verdict() -> None:
    case = record.schema()["$defs"]["CaseResult"]["properties"]
    assert set(case["verdict"]["enum"]) == set(VERDICTS)


def test_a_record_replaces_an_older_one(path: Path) -> None:
    record.write(a_record(cases=(PASSED,)), path)
    assert record.read(path).cases == (PASSED,)
    assert [one.name for one in path.parent.iterdir()] == ["x.json"]


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="The record cannot be written to "):
        record.write(a_record(), tmp_path / "file" / "x.json")
    with pytest.raises(UserError, match="The record cannot be written to "):
        record.write(a_record(), tmp_path)


def test_an_older_record_survives_when_writing_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match="No space left on device"):
        record.write(a_record(cases=(PASSED,)), path)
    monkeypatch.undo()
    assert record.read(path) == a_record()


def test_file_names_hold_what_every_system_allows() -> None:
    assert record.file_name("stdlib@3.8") == "stdlib@3.8.json"
    assert record.file_name("x@/usr/bin/python3") == "x@_usr_bin_python3.json"
    assert record.file_name("dummy (reference)") == "dummy_reference.json"


# -- reading --------------------------------------------------------------------------------------


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The path of a record file, after a change of its contents."""
    document = json.loads(path.read_text(encoding="utf-8"))
    before = copy.deepcopy(document)
    change(document)
    assert document != before
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        record.read(tmp_path / "x.json")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_record_that_was_cut_is_refused(path: Path, share: float) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: int(len(text) * share)], encoding="utf-8")
    with pytest.raises(UserError, match="is not complete JSON"):
        record.read(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"not JSON", b"{'single': 1}"])
def test_what_is_no_json_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not complete JSON"):
        record.read(path)


@pytest.mark.parametrize("content", ["{}", "[]", "3", "null", '{"tests": []}'])
def test_json_of_another_kind_is_refused(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="is not a threadspec record"):
        record.read(path)


def test_a_matrix_is_refused_as_what_it_is(path: Path) -> None:
    path.write_text(to_json(build([a_record()], catalogue()), {}), encoding="utf-8")
    with pytest.raises(UserError, match="is a matrix; give the records that it was made from"):
        record.read(path)


def test_another_version_of_the_format_is_refused(path: Path) -> None:
    changed(path, lambda document: document.update(schema="threadspec-record/99"))
    with pytest.raises(UserError, match=r"has the format threadspec-record/99, but this kit reads"):
        record.read(path)


def previous(document: dict[str, Any]) -> None:
    """Make a document one of the previous format."""
    document["schema"] = record.PREVIOUS
    for place, lacking in record.PREVIOUS_LACKS.items():
        for name in lacking:
            del (document[place] if place else document)[name]


def test_the_previous_format_is_read(path: Path) -> None:
    kit = dataclasses.replace(a_record().kit, runner="")
    assert record.read(changed(path, previous)) == a_record(kit=kit)


@pytest.mark.parametrize("lost", ["implementation", "made", "totals"])
def test_a_damaged_record_of_the_previous_format_is_refused(path: Path, lost: str) -> None:
    changed(path, lambda document: (previous(document), document.pop(lost)))
    with pytest.raises(UserError, match="is damaged at the document: "):
        record.read(path)


def test_the_records_of_a_folder_are_read_by_name(tmp_path: Path) -> None:
    second, first = (a_record(made=f"2026-01-0{day}T00:00:00+00:00") for day in (2, 1))
    record.write(second, tmp_path / "records" / "b.json.gz")
    record.write(first, tmp_path / "records" / "a.json")
    (tmp_path / "matrix.json").write_text("{}", encoding="utf-8")
    (tmp_path / "records" / "notes.txt").write_text("none", encoding="utf-8")
    assert list(record.read_all([tmp_path / "records"])) == [first, second]
    assert list(record.read_all([tmp_path])) == [first, second]  # the folder of a matrix
    files = [tmp_path / "records" / name for name in ("b.json.gz", "a.json")]
    assert list(record.read_all(files)) == [second, first]


def test_what_is_no_record_in_a_folder_does_not_stop_the_others(path: Path) -> None:
    (path.parent / "a.json").write_text("{}", encoding="utf-8")
    error, found = record.read_all([path.parent])
    assert found == a_record()
    assert "a.json is not a threadspec record" in str(error)
    with pytest.raises(UserError, match="is not a threadspec record"):
        list(record.read_all([path.parent / "a.json"]))


@pytest.mark.parametrize(
    ("files", "message"),
    [([], "give files written by --impl-report"), (["a.json"], "a.json is not a threadspec")],
)
def test_a_folder_without_records_is_refused(
    tmp_path: Path, files: list[str], message: str
) -> None:
    for name in files:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=f"has no record that can be read.*{message}"):
        list(record.read_all([tmp_path]))


def test_a_run_that_was_broken_off_is_refused(path: Path) -> None:
    changed(path, lambda document: document.update(finished=False))
    with pytest.raises(UserError, match="a run that was interrupted"):
        record.read(path)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda document: document["cases"][1].update(verdict="good"), "cases/1/verdict"),
        (lambda document: document["cases"][1].update(seconds=-1), "cases/1/seconds"),
        (lambda document: document["cases"][1].update(level="info"), "cases/1/level"),
        (lambda document: document["cases"][1].update(counts={"fail": 0}), "cases/1/counts"),
        (lambda document: document["cases"][0].pop("clause"), "cases/0"),
        (lambda document: document["cases"][1]["divergence"].pop("reason"), "cases/1/divergence"),
        (lambda document: document["implementation"].update(name=3), "implementation/name"),
        (lambda document: document["kit"].pop("catalogue"), "kit"),
        (lambda document: document.pop("made"), "the document"),
        (lambda document: document.update(time_scale=0), "time_scale"),
    ],
)
def test_a_damaged_record_is_refused_with_the_place(
    path: Path, change: Callable[[dict[str, Any]], object], place: str
) -> None:
    with pytest.raises(UserError, match=f"is damaged at {place}: "):
        record.read(changed(path, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["cases"][0].update(extra=1),
        lambda document: document.update(extra=1),
        lambda document: document["cases"][0].pop("where"),
        lambda document: document["implementation"].pop("about"),
        lambda document: document.pop("time_scale"),
    ],
)
def test_a_record_with_something_more_or_less_is_refused(
    path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(UserError, match="it has fields that no record has"):
        record.read(changed(path, change))


# -- totals and verdicts --------------------------------------------------------------------------


def test_totals_count_cases_in_all_and_by_chapter() -> None:
    found = record.to_json(a_record())["totals"]
    zero = dict.fromkeys(VERDICTS, 0)
    assert found["cases"] == {**zero, "pass": 1, "fail": 1, "observed": 1}
    assert found["chapters"] == {
        "lock": {**zero, "pass": 1, "fail": 1},
        "event": {**zero, "observed": 1},
    }


def test_the_verdict_on_a_clause_is_the_worst_of_its_cases() -> None:
    assert a_record().clause_verdicts() == {"lock.one": "fail", "event.one": "observed"}
    assert worst(["pass", "timeout", "fail"]) == "timeout"


@pytest.mark.parametrize(
    ("outcome", "level", "verdict"),
    [
        ("ok", "must", "pass"),
        ("violated", "must", "fail"),
        ("violated", "should", "non-strict"),
        ("violated", "free", "observed"),
        ("observed", "free", "observed"),
        ("missing", "must", "unsupported"),
        ("timeout", "should", "timeout"),
        ("crash", "free", "crash"),
        ("error", "must", "error"),
        ("not-offered", "should", "not-offered"),
    ],
)
def test_a_level_decides_what_a_deviation_is(outcome: str, level: Any, verdict: str) -> None:
    assert verdict_of(outcome, level) == verdict


def test_a_clause_that_is_not_offered_counts_neither_as_kept_nor_as_judged() -> None:
    clauses = [clause for clause in catalogue().clauses if clause.level == "must"][:2]
    cases = [
        dataclasses.replace(PASSED, case=f"case {number}", clause=clause.id, verdict=verdict)
        for number, (clause, verdict) in enumerate(
            zip(clauses, ("pass", "not-offered"), strict=True)
        )
    ]
    judged = build([a_record(cases=tuple(cases))], catalogue())
    (column,) = judged.columns
    assert judged.required(column) == (1, 1)
    assert column.counts["not-offered"] == 1
    assert "∅ not-offered" in markdown(judged, "")


def test_strictness_decides_about_nonstrict_verdicts_only() -> None:
    strict = {verdict for verdict in VERDICTS if fails(verdict, strict=True)}
    lenient = {verdict for verdict in VERDICTS if fails(verdict, strict=False)}
    assert strict - lenient == {"non-strict"}
    assert lenient == {"unsupported", "varies", "fail", "timeout", "crash", "error"}


# -- records that contradict themselves or the kit ------------------------------------------------


def contradicted(document: dict[str, Any], complaint: str) -> dict[str, Any]:
    """A valid record, changed so that reading it gives this error."""
    one = document["cases"][0]
    if "twice" in complaint:
        document["cases"][1] = one
    elif "add up" in complaint:
        document["totals"]["cases"]["pass"] += 1
    elif "names the clause" in complaint:
        one["clause"] = "lock.no-such-clause"
    elif "names the case" in complaint:
        one["case"] = "battery/lock/release.py::test_no_such_case"
    elif "does not check" in complaint:
        one["clause"] = next(
            case["clause"] for case in document["cases"] if case["clause"] != one["clause"]
        )
    elif "varies" in complaint:
        one["counts"] = {"varies": 2}
    elif "has the level" in complaint:
        one["level"] = "free"
    elif "the kit that wrote it" in complaint:
        document["kit"]["cases"] = 1
    return document


@pytest.mark.parametrize(
    "complaint",
    [
        "twice",
        "its totals do not add up",
        "names the clause lock.no-such-clause, which does not exist",
        "it names the case battery/lock/release.py::test_no_such_case, which does not exist",
        "does not check",
        "has the level",
        "counts the verdict varies for a repetition of",
        "cases, but the kit that wrote it has 1",
    ],
)
def test_a_record_that_cannot_be_true_is_refused(tmp_path: Path, complaint: str) -> None:
    cases = [case for case in battery() if case.clause.chapter == "lock"]
    assert len(cases) > 10
    results = [
        dataclasses.replace(
            PASSED, case=one.id, clause=one.clause.id, level=one.clause.level, expected="x"
        )
        for one in cases
    ]
    path = tmp_path / "x.json"
    subject = a_record().implementation
    record.write(make_record(subject, results, 1.0, finished=True), path)
    record.read(path)
    document = contradicted(json.loads(path.read_text(encoding="utf-8")), complaint)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UserError, match=f"x.json is damaged: .*{complaint}"):
        record.read(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_nothing_is_left_where_a_record_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "x.json.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match="No space left on device"):
        record.write(a_record(), tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_the_kit_of_a_record_has_a_digest_of_each_of_its_parts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kit = make_record(a_record().implementation, (), 1.0, finished=True).kit
    digests = {kit.clauses, kit.battery, kit.runner}
    assert len(digests) == 3
    (tmp_path / "process.py").write_text("changed = True\n", encoding="utf-8")
    monkeypatch.setattr("threadspec.adapters.runner.process.__file__", tmp_path / "process.py")
    trial.runner_digest.cache_clear()
    try:
        changed = make_record(a_record().implementation, (), 1.0, finished=True).kit
    finally:
        trial.runner_digest.cache_clear()
    assert changed == dataclasses.replace(kit, runner=changed.runner) != kit
