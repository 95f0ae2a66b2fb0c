"""The ``threadspec`` command: clauses, coverage, and the matrix in all its forms."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import miniatures
from threadspec.adapters import adapter as adapters
from threadspec.adapters import file_format, interpreters
from threadspec.adapters.adapter import Implementation
from threadspec.conformance.catalogue import catalogue, version
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness.durations import TABLE
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import VERDICTS, Verdict
from threadspec.frontends import cli, estimate, parallel
from threadspec.frontends.commands import check
from threadspec.frontends.commands import matrix as matrix_command
from threadspec.frontends.parallel import ParallelTrials
from threadspec.frontends.trial import make_record
from threadspec.frontends.version import kit_version
from threadspec.reports import matrix as matrices
from threadspec.reports import record, text
from threadspec.reports.record import CaseResult, Expectation, Record, Subject

ODD = "<script>alert('x')</script> | [/red] & more"

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Run the command in a new folder; return its exit status, its output and its errors."""
    monkeypatch.chdir(tmp_path)
    interpreters.found.cache_clear()

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    yield run
    interpreters.found.cache_clear()


@pytest.fixture
def short_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command judge only a few cases."""
    few = tuple(case for case in battery() if case.clause.id == "lock.release.unlocked-error")
    monkeypatch.setattr(parallel, "battery", lambda: few)


def a_record(name: str = "x", verdict: Verdict = "fail", observed: str | None = "it did") -> Record:
    """A record in which every case has this verdict."""
    results = [
        CaseResult(
            case=case.id,
            clause=case.clause.id,
            chapter=case.clause.chapter,
            level=case.clause.level,
            verdict=verdict,
            expected=case.clause.says,
            observed=observed,
            divergence=Expectation(verdict, f"known: {ODD}"),
        )
        for case in battery()
    ]
    subject = Subject(name, "x.y", "1.0", "CPython 3.11.7", "Linux x86_64", None, about=ODD)
    return make_record(subject, results, 1.0, finished=True)


def written(folder: Path, found: Record, name: str = "x.json") -> str:
    """The path of a record in a file."""
    record.write(found, folder / name)
    return str(folder / name)


# -- clauses --------------------------------------------------------------------------------------


def test_clauses_lists_all_without_words(command: Command) -> None:
    status, out, _ = command("clauses")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [one.id for one in catalogue().clauses]


def test_clauses_lists_those_with_all_the_words(command: Command) -> None:
    status, out, _ = command("clauses", "RELEASE", "unlocked-error", "Lock.release")
    listed = [line.split()[0] for line in out.splitlines()]
    assert status == 0
    assert "lock.release.unlocked-error" in listed
    assert "lock.acquire.held-blocks" not in listed


def test_clauses_says_when_none_is_found(command: Command) -> None:
    status, out, err = command("clauses", "release", "xyzzy")
    assert (status, out) == (2, "")
    assert err == "threadspec: No clause contains release and xyzzy; try fewer words.\n"


def test_explain_says_all_about_a_clause(command: Command) -> None:
    status, out, _ = command("explain", "lock.release.unlocked-error")
    clause = catalogue().find("lock.release.unlocked-error")
    assert clause is not None
    assert status == 0
    for words in (clause.id, clause.level, *clause.statements, *clause.says.split()):
        assert words in out
    assert "PLACE:3.1 is the first sentence of the third paragraph about PLACE" in out
    links = [line.split()[1] for line in out.splitlines() if line.startswith("manual ")]
    page = "https://docs.python.org/2.6/library/threading.html"
    assert links == [f"{page}#lock-objects", f"{page}#threading.Lock.release"]
    case = "battery/lock/release.py::test_release_of_a_new_lock_is_an_error"
    assert f"{case} (battery/shared/locks.py, line " in out


def test_explain_lists_the_clauses_of_a_chapter(command: Command) -> None:
    status, out, _ = command("explain", "rlock")
    assert status == 0
    [chapter] = [one for one in catalogue().chapters if one.name == "rlock"]
    assert [line.split()[0] for line in out.splitlines()] == [one.id for one in chapter.clauses]


def test_explain_tells_what_the_adapters_of_the_kit_say_of_a_clause(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = command("explain", "overview.methods")
    known = "known       stdlib (python_version >= '3.9'): unsupported: isAlive() was removed in Py"
    assert known in out
    assert "omitted" not in out
    (tmp_path / "tiny.toml").write_text('module = "tiny"\nomits = ["lock"]\n', encoding="utf-8")
    monkeypatch.setattr(adapters, "FOLDER", tmp_path)
    _, out, _ = command("explain", "lock.factory")
    assert out.endswith("omitted     by tiny, with the chapter lock\n")


def test_explain_offers_clauses_like_an_unknown_one(command: Command) -> None:
    status, _, err = command("explain", "unlocked-error")
    assert status == 2
    assert "There is no clause unlocked-error; did you mean lock.release.unlocked-error" in err
    status, _, err = command("explain", "lock.release.unlockd-error")
    assert status == 2
    assert "did you mean lock.release.unlocked-error, " in err
    status, _, err = command("explain", "rlock.release.inner-kept")
    assert "did you mean rlock.release.inner-keeps" in err
    status, _, err = command("explain", "xyzzy")
    assert status == 2
    assert "`threadspec clauses` lists them" in err


def test_coverage_counts_statements_clauses_and_cases(command: Command) -> None:
    status, out, _ = command("coverage")
    open_ones = catalogue().open_statements()
    assert f"{305 - len(open_ones)} of 305 statements" in out
    tested = len({case.clause.id for case in battery()})
    others = len(catalogue().clauses) - tested
    said = " ".join(out.split())
    assert f"by {len(catalogue().clauses)} clauses. {len(battery())} cases check {tested}" in said
    assert f"the other {others} say why they are not tested" in said
    assert status == (1 if open_ones else 0)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("adapter", file_format.schema(catalogue())), ("record", record.schema())],
    ids=["adapter", "record"],
)
def test_schema_prints_a_schema(command: Command, name: str, schema: dict[str, Any]) -> None:
    status, out, _ = command("schema", name)
    assert (status, json.loads(out)) == (0, json.loads(json.dumps(schema)))


# -- the matrix, from records ---------------------------------------------------------------------


class Page(HTMLParser):
    """The contents of an HTML page: its text, its tags, and everything that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: Counter[str] = Counter()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for key, value in attributes:
            if key in ("src", "href"):
                self.loads.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_matrix_is_written_in_four_forms(command: Command, tmp_path: Path) -> None:
    path = written(tmp_path, a_record(verdict="pass", observed=None))
    status, out, _ = command("matrix", "--from", path, "--out", "made")
    assert status == 0
    assert "Clauses of the manual that each implementation keeps" in " ".join(out.split())
    assert {one.name for one in (tmp_path / "made").iterdir()} == {
        "matrix.json",
        "matrix.md",
        "matrix.csv",
        "matrix.html",
        "records",
    }


def test_the_csv_matrix_has_a_row_for_each_clause_with_cases(
    command: Command, tmp_path: Path
) -> None:
    first = written(tmp_path, a_record("x", "pass", None))
    second = written(tmp_path, a_record("y, too", "timeout", "it hung"), "y.json")
    command("matrix", "--from", first, second)
    text = (tmp_path / "threadspec-matrix/matrix.csv").read_text(encoding="utf-8")
    head, *rows = csv.reader(text.splitlines())
    assert head == ["clause", "chapter", "level", "x", "y, too"]
    assert {row[0] for row in rows} == {case.clause.id for case in battery()}
    assert all(row[3:] == ["pass", "timeout"] for row in rows)


def test_records_of_one_implementation_are_told_apart_by_their_labels(
    command: Command, tmp_path: Path
) -> None:
    for number, label in enumerate(["v1", "v2", "v2", ""]):
        labelled = dataclasses.replace(a_record("x", "pass", None), label=label)
        record.write(labelled, tmp_path / "made" / f"{number}.json.gz")
    status, _, err = command("matrix", "--from", "made")
    assert (status, err) == (0, "")
    document = json.loads((tmp_path / "threadspec-matrix/matrix.json").read_text(encoding="utf-8"))
    labels = [one["label"] for one in document["implementations"]]
    assert labels == ["x (v1)", "x (v2)", "x (v2) #2", "x"]


def test_a_matrix_of_records_is_a_folder_of_records(command: Command, tmp_path: Path) -> None:
    for number, (name, label) in enumerate([("x", "v1"), ("x", "v2"), ("y z", ""), ("y_z", "")]):
        labelled = dataclasses.replace(a_record(name, "pass", None), label=label)
        record.write(labelled, tmp_path / "made" / f"{number}.json.gz")
    assert command("matrix", "--from", "made")[0] == 0
    kept = tmp_path / "threadspec-matrix/records"
    names = ["x_v1.json", "x_v2.json", "y_z.json", "y_z_2.json"]
    assert sorted(one.name for one in kept.iterdir()) == names
    read = [one for one in record.read_all([tmp_path / "made"]) if isinstance(one, record.Record)]
    assert [record.read(kept / name) for name in names] == read
    assert command("summary", "threadspec-matrix")[0] == 0

    # A folder that is read keeps its files, and gets no others.
    new = written(tmp_path, a_record("x"))
    assert command("matrix", "--from", "threadspec-matrix", new)[0] == 0
    assert command("matrix", "--from", new, "--baseline", "threadspec-matrix")[0] == 0
    assert sorted(one.name for one in kept.iterdir()) == names
    assert [record.read(kept / name) for name in names] == read


def test_a_matrix_says_what_has_regressed_since_earlier_records(
    command: Command, tmp_path: Path
) -> None:
    # The earlier records are in the folder that the matrix writes to.
    record.write(a_record("x", "pass", None), tmp_path / "threadspec-matrix/records/x.json")
    record.write(a_record("y", "pass", None), tmp_path / "threadspec-matrix/records/y.json")
    worse = dataclasses.replace(a_record("x"), label="v2")
    worse = dataclasses.replace(
        worse, cases=tuple(dataclasses.replace(one, divergence=None) for one in worse.cases)
    )
    new = [written(tmp_path, worse), written(tmp_path, a_record("z", "pass", None), "z.json")]
    status, out, err = command("matrix", "--from", *new, "--baseline", "threadspec-matrix")
    assert (status, err) == (0, "")
    clauses = len({case.clause.id for case in battery()})
    assert out.endswith(f"{clauses} clauses have regressed: x.\n")
    page = (tmp_path / "threadspec-matrix/matrix.html").read_text(encoding="utf-8")
    assert re.search(rf"; since \d{{4}}-\d\d-\d\d[ \d:]*: {clauses} regressed", page)


def test_every_form_of_a_matrix_has_what_has_changed(command: Command, tmp_path: Path) -> None:
    clause = battery()[0].clause.id
    old = dataclasses.replace(a_record("x", "pass", None), label="v1")
    worse = tuple(
        dataclasses.replace(one, verdict="crash", divergence=None) if one.clause == clause else one
        for one in old.cases
    )
    new = [
        written(tmp_path, dataclasses.replace(old, cases=worse, label="v2")),
        written(tmp_path, a_record("z", "pass", None), "z.json"),
    ]
    folder = tmp_path / "threadspec-matrix"
    assert command("matrix", "--from", *new)[0] == 0
    assert "## Changes" not in (folder / "matrix.md").read_text(encoding="utf-8")
    assert "change" not in (folder / "matrix.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert (
        command("matrix", "--from", *new, "--baseline", written(tmp_path, old, "old.json"))[0] == 0
    )
    text = (folder / "matrix.md").read_text(encoding="utf-8")
    section = text[text.index("## Changes") : text.index("## ", text.index("## Changes") + 1)]
    assert re.fullmatch(
        "## Changes\n\n1 clause has regressed: x.\n\n"
        rf"- `x`, since \d{{4}}-\d\d-\d\d \d\d:\d\d \(v1\): 1 regressed, 1 changed divergence\n"
        rf"  - regressed: `{re.escape(clause)}` pass → crash\n\n",
        section,
    )
    head, *rows = csv.reader((folder / "matrix.csv").read_text(encoding="utf-8").splitlines())
    assert head == ["clause", "chapter", "level", "x", "z", "change of x"]
    assert {row[0]: row[5] for row in rows if row[5]} == {clause: "regressed"}
    document = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
    first, second = (one["since"] for one in document["implementations"])
    assert [(one["kind"], one["clause"]) for one in first["changes"]] == [("regressed", clause)]
    assert (first["old"]["label"], first["new"]["label"]) == ("v1", "v2")
    assert second is None


def test_earlier_records_of_other_implementations_are_told(
    command: Command, tmp_path: Path
) -> None:
    new = written(tmp_path, a_record("x", "pass", None))
    old = [written(tmp_path, a_record(name, "pass", None), name) for name in ("y", "z")]
    status, out, _ = command("matrix", "--from", new, "--baseline", *old)
    assert status == 0
    told = "No implementation has an earlier record, so nothing was compared.\n"
    assert out.endswith(told)
    text = (tmp_path / "threadspec-matrix/matrix.md").read_text(encoding="utf-8")
    assert f"## Changes\n\n{told}\n- Only in the earlier records: `y` and `z`\n" in text
    status, _, err = command("matrix", "--from", new, "--baseline", "absent.json")
    assert status == 2
    assert err.startswith("threadspec: The record absent.json cannot be read")


def test_the_json_matrix_holds_every_clause_and_what_was_found(
    command: Command, tmp_path: Path
) -> None:
    first = written(tmp_path, a_record("x", "pass", None))
    second = written(tmp_path, a_record("y", "timeout", "it hung"), "y.json")
    command("matrix", "--from", first, second)
    document = json.loads((tmp_path / "threadspec-matrix/matrix.json").read_text(encoding="utf-8"))
    clauses = {one["id"]: one for one in document["clauses"]}
    assert list(clauses) == [one.id for one in catalogue().clauses]
    found = clauses["lock.release.unlocked-error"]["found"]
    assert found["x"]["verdict"] == "pass"
    assert found["y"] == {"verdict": "timeout", "observed": "it hung", "known": f"known: {ODD}"}
    assert [one["label"] for one in document["implementations"]] == ["x", "y"]
    kept = [one["required"] for one in document["implementations"]]
    assert kept[0]["kept"] == kept[0]["judged"] == kept[1]["judged"] > 0 == kept[1]["kept"]


def test_the_html_matrix_needs_nothing_else_and_shows_everything(
    command: Command, tmp_path: Path
) -> None:
    paths = [
        written(tmp_path, a_record(name, observed=ODD), f"{number}.json")
        for number, name in enumerate(("x", "stdlib@3.8"))
    ]
    command("matrix", "--from", *paths)
    text = (tmp_path / "threadspec-matrix" / "matrix.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not re.search(r"@import|url\(", text)
    assert [one for one in page.loads if not one.startswith("#")] == []
    assert "stdlib@3.8" in page.text
    for clause in catalogue().clauses:
        if clause.level != "info":
            assert clause.id in page.text
    assert page.tags["script"] == 4  # those of the template: no name or evidence makes one


def test_the_markdown_matrix_is_made_of_whole_tables(command: Command, tmp_path: Path) -> None:
    paths = [
        written(tmp_path, a_record(name, observed=ODD), f"{number}.json")
        for number, name in enumerate(("x", "a | b"))
    ]
    command("matrix", "--from", *paths)
    text = (tmp_path / "threadspec-matrix" / "matrix.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `lock.")]
    shown = [one for one in catalogue().clauses if one.chapter == "lock" and one.level != "info"]
    assert len(lines) == len(shown)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {5}
    assert "`a \\| b`" in text
    assert "<script>" not in text


def test_every_form_of_the_matrix_tells_how_the_adapter_changes_the_judging(
    command: Command, tmp_path: Path
) -> None:
    found = a_record()
    mapped = {"Thread": "Process", "Event.isSet": "is_set"}
    omits = ("timer", "local")
    lacks = ("threads", "signals")
    subject = dataclasses.replace(found.implementation, mapped=mapped, omits=omits, lacks=lacks)
    path = written(tmp_path, dataclasses.replace(found, implementation=subject))
    _, out, _ = command("matrix", "--from", path)
    folder = tmp_path / "threadspec-matrix"
    for note in (
        "its adapter maps Thread to Process and Event.isSet to is_set",
        "its adapter omits the chapters timer and local",
        "its adapter says that the platform has no threads and no signals",
    ):
        assert note in " ".join(out.split())
        assert f"- `x`: {note}\n" in (folder / "matrix.md").read_text(encoding="utf-8")
        assert note in (folder / "matrix.html").read_text(encoding="utf-8")
    (implementation,) = json.loads((folder / "matrix.json").read_text("utf-8"))["implementations"]
    assert (implementation["mapped"], implementation["omits"]) == (mapped, list(omits))


def test_records_of_one_name_are_told_apart(command: Command, tmp_path: Path) -> None:
    paths = [written(tmp_path, a_record("x"), f"{number}.json") for number in range(3)]
    _, out, _ = command("matrix", "--from", *paths)
    assert [name for name in ("x #1", "x #2", "x #3") if name in out] == ["x #2", "x #3"]


def test_a_record_of_another_catalogue_is_marked(command: Command, tmp_path: Path) -> None:
    found = a_record()
    foreign = dataclasses.replace(found, kit=dataclasses.replace(found.kit, clauses="other"))
    command("matrix", "--from", written(tmp_path, foreign))
    folder = tmp_path / "threadspec-matrix"
    markdown = (folder / "matrix.md").read_text(encoding="utf-8")
    assert "Made with another version of the catalogue: `x`." in markdown
    assert "(another catalogue)" in (folder / "matrix.html").read_text(encoding="utf-8")


def test_a_clause_that_was_not_judged_has_no_verdict(command: Command, tmp_path: Path) -> None:
    found = a_record()
    part = dataclasses.replace(found, cases=found.cases[:1])
    command("matrix", "--from", written(tmp_path, part))
    folder = tmp_path / "threadspec-matrix"
    document = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in document["clauses"] if one["found"]] == [part.cases[0].clause]


def test_errors_of_the_kit_fail_the_command(command: Command, tmp_path: Path) -> None:
    status, out, _ = command("matrix", "--from", written(tmp_path, a_record(verdict="error")))
    assert status == 1
    assert "The verdict error is a fault of the kit itself: please report it." in out


def cut(folder: Path) -> str:
    path = written(folder, a_record())
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text[: len(text) // 2], encoding="utf-8")
    return path


def broken_off(folder: Path) -> str:
    return written(folder, dataclasses.replace(a_record(), finished=False))


def empty(folder: Path) -> str:
    return written(folder, dataclasses.replace(a_record(), cases=()))


def absent(folder: Path) -> str:
    return str(folder / "absent.json")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (cut, "is not complete JSON"),
        (broken_off, "a run that was interrupted"),
        (empty, "The matrix would be empty: no case was run on any implementation"),
        (absent, "cannot be read: No such file"),
    ],
)
def test_a_bad_record_is_refused_in_a_sentence(
    command: Command, tmp_path: Path, make: Callable[[Path], str], said: str
) -> None:
    status, out, err = command("matrix", "--from", make(tmp_path))
    assert (status, out) == (2, "")
    assert err.startswith("threadspec: ")
    assert said in err


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_is_refused(
    command: Command, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    status, _, err = command("matrix", "--from", written(tmp_path, a_record()), "--out", place)
    assert status == 2
    assert "matrix.json cannot be written: Not a directory." in err


def test_the_place_may_have_an_odd_name(command: Command, tmp_path: Path) -> None:
    status, out, _ = command("matrix", "--from", written(tmp_path, a_record()), "--out", "a[/b]")
    assert status == 0
    assert "a[/b]" in out


# -- the matrix, of implementations ---------------------------------------------------------------


def test_no_line_of_a_file_ends_in_blanks(command: Command, tmp_path: Path) -> None:
    good = written(tmp_path, a_record("x", "pass", None), "good.json")
    bad = written(tmp_path, a_record("x", "fail"), "bad.json")
    for words in (["matrix", "--from", good, bad], ["diff", good, bad]):
        lines = command(*words)[1].splitlines()
        assert len(lines) > 5
        assert [line for line in lines if line.endswith(" ")] == []


@pytest.mark.usefixtures("short_battery")
def test_what_cannot_be_loaded_does_not_stop_the_others(
    command: Command, miniature: Callable[[str, str], str], tmp_path: Path
) -> None:
    miniature("silent", miniatures.SILENT)
    miniature("broken", f"raise ValueError({ODD!r} + chr(10) + 'and more')")
    status, out, _ = command("matrix", "--impl=broken", "--impl=silent")
    assert status == 1
    assert "silent" in out
    assert "importing broken raised ValueError: <script>" in " ".join(out.split())
    folder = tmp_path / "threadspec-matrix"
    assert record.read(folder / "records" / "silent.json").implementation.name == "silent"
    document = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
    assert [one["label"] for one in document["implementations"]] == ["silent"]
    assert [one["name"] for one in document["unavailable"]] == ["broken"]
    markdown = (folder / "matrix.md").read_text(encoding="utf-8")
    rows = [line for line in markdown.splitlines() if line.startswith("| `broken`")]
    assert rows
    assert rows[0].endswith("|")
    assert "<script>" not in markdown
    page = Page((folder / "matrix.html").read_text(encoding="utf-8"))
    assert f"ValueError: {ODD}" in page.text
    assert page.tags["script"] == 4
    assert command("matrix", "--impl=broken")[0] == 2  # there is nothing to show


@pytest.mark.usefixtures("short_battery")
def test_records_and_implementations_are_shown_together(
    command: Command, miniature: Callable[[str, str], str], tmp_path: Path
) -> None:
    miniature("faithful", miniatures.FAITHFUL)
    path = written(tmp_path, a_record("elsewhere"))
    status, out, _ = command("matrix", "--from", path, "--impl=faithful")
    assert status == 0
    assert "elsewhere" in out
    assert "faithful" in out


@pytest.mark.usefixtures("short_battery")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_columns_come_in_the_order_asked_for_whichever_ends_first(
    command: Command, miniature: Callable[[str, str], str], tmp_path: Path, jobs: str
) -> None:
    miniature("slow", "import time; time.sleep(0.5)\n" + miniatures.FAITHFUL)
    names = ["slow", miniature("faithful", miniatures.FAITHFUL), "silent"]
    miniature("silent", miniatures.SILENT)
    command("matrix", "-n", jobs, "--label=v1", *(f"--impl={name}" for name in names))
    records = (tmp_path / "threadspec-matrix/records").iterdir()
    assert [record.read(path).label for path in records] == ["v1"] * 3
    made = json.loads((tmp_path / "threadspec-matrix/matrix.json").read_text(encoding="utf-8"))
    assert [one["label"] for one in made["implementations"]] == names


def test_implementations_that_are_given_up_do_not_hold_up_the_end(
    command: Command, miniature: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [case for case in battery() if case.clause.id.startswith("lock.acquire")]
    monkeypatch.setattr(parallel, "battery", lambda: few)
    names = [miniature(f"spinning{number}", miniatures.SPINNING) for number in range(3)]

    def interrupted(self: ParallelTrials) -> Iterator[tuple[Implementation, Record | UserError]]:
        time.sleep(2.0)
        interruptions.append(time.monotonic())
        raise KeyboardInterrupt
        yield

    interruptions: list[float] = []
    monkeypatch.setattr(ParallelTrials, "finished", interrupted)
    status, _, _ = command("matrix", "-n1", *(f"--impl={name}" for name in names))
    assert status == 130
    assert time.monotonic() - interruptions[0] < TABLE["case"][0] / 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_matrix_holds_what_was_finished(
    command: Command,
    miniature: Callable[[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    jobs: int,
) -> None:
    few = battery()[:3]
    monkeypatch.setattr(parallel, "battery", lambda: few)
    miniature("faithful", miniatures.FAITHFUL)
    miniature("stuck", "import time; time.sleep(2)\n" + miniatures.FAITHFUL)
    finished = ParallelTrials.finished

    def interrupted(self: ParallelTrials) -> Iterator[tuple[Implementation, Record | UserError]]:
        yield next(finished(self))
        raise KeyboardInterrupt

    monkeypatch.setattr(ParallelTrials, "finished", interrupted)
    status, out, err = command("matrix", "-n", str(jobs), "--impl=faithful", "--impl=stuck")
    assert status == 130
    assert "faithful" in out
    assert err.endswith("threadspec: interrupted; the matrix holds what was finished\n")
    made = json.loads((tmp_path / "threadspec-matrix/matrix.json").read_text(encoding="utf-8"))
    assert [one["label"] for one in made["implementations"]] == ["faithful"]
    assert made["unavailable"] == [{"name": "stuck", "reason": "interrupted"}]


def checked(
    command: Command, miniature: Callable[[str, str], str], divergence: str, *options: str
) -> tuple[int, list[str]]:
    """Check a silent miniature with this divergence; the exit status and the complaints."""
    miniature("silent", miniatures.SILENT)
    Path("mine.toml").write_text(f'module = "silent"\n{divergence}', encoding="utf-8")
    status, out, _ = command("matrix", "--impl=./mine.toml", "--check", *options)
    return status, [line for line in out.splitlines() if line.startswith("mine: ")]


LISTED = '[[divergence]]\nclause = "{}"\nverdict = "fail"\nreason = "So it is."\n'


@pytest.mark.parametrize(
    ("listed", "complaints"),
    [
        ([], ["mine: not known: lock.release.unlocked-error: fail"]),
        (["lock.release.unlocked-error"], []),
        (
            ["lock.release.unlocked-error", "lock.factory"],
            ["mine: stale divergence: lock.factory is listed as fail"],
        ),
    ],
)
def test_a_matrix_can_be_checked(
    command: Command,
    miniature: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    listed: list[str],
    complaints: list[str],
) -> None:
    clauses = ("lock.release.unlocked-error", "lock.factory")
    few = tuple(case for case in battery() if case.clause.id in clauses)
    monkeypatch.setattr(parallel, "battery", lambda: few)
    text = "".join(LISTED.format(one) for one in listed)
    assert checked(command, miniature, text) == (1 if complaints else 0, complaints)
    # The same from the record alone, which cannot tell what was listed for clauses that passed
    # with another verdict.
    status, out, _ = command("matrix", "--from", "threadspec-matrix/records", "--check")
    found = [line for line in out.splitlines() if line.startswith("mine: ")]
    assert (status, found) == (1 if complaints else 0, complaints)


def test_without_check_the_verdicts_do_not_change_the_status(
    command: Command, miniature: Callable[[str, str], str], short_battery: None
) -> None:
    miniature("silent", miniatures.SILENT)
    assert command("matrix", "--impl=silent")[0] == 0


def test_a_matrix_says_beforehand_how_long_it_takes(
    command: Command, miniature: Callable[[str, str], str], short_battery: None, tmp_path: Path
) -> None:
    miniature("faithful", miniatures.FAITHFUL)
    _, _, err = command("matrix", "--impl=faithful")
    assert err.splitlines()[0].startswith(
        "threadspec: Judging 1 implementation; how long it takes is not known: "
    )
    _, _, err = command("matrix", "--impl=faithful")
    assert err.splitlines()[0] == (
        "threadspec: Judging 1 implementation takes about 5 seconds, by earlier records."
    )
    Path("threadspec-matrix/records/faithful.json").write_text("{}", encoding="utf-8")
    _, _, err = command("matrix", "--impl=faithful")
    assert "is not known" in err.splitlines()[0]


def test_an_estimate_adds_what_was_published(tmp_path: Path) -> None:
    this = interpreters.this_interpreter()
    made = [
        Implementation(name, adapters.read(adapters.FOLDER / "gevent.toml"), this)
        for name in ("gevent", "gevent@9.9")
    ]
    seconds = estimate.published()["gevent"]
    assert seconds > 10
    # The cases of one implementation overlap, too, unless it may have few workers.
    found = estimate.estimate(made[:1], tmp_path, repeat=3, jobs=8)
    assert found.seconds == pytest.approx(seconds * 3 / estimate.OVERLAP)
    assert (found.unknown, found.earlier) == ((), 0)
    limited = dataclasses.replace(made[0].adapter, workers=2)
    found = estimate.estimate([Implementation("gevent", limited, this)], tmp_path, 3, jobs=8)
    assert found.seconds == seconds * 3 / 2
    found = estimate.estimate(made, tmp_path, repeat=1, jobs=2)
    assert str(found).endswith(", by published results; nothing is known of gevent@9.9.")
    # An interpreter that was not published takes about as long as the nearest one that was.
    near = [
        Implementation("reference", adapters.read(adapters.FOLDER / "reference.toml"), one)
        for one in (dataclasses.replace(this, label="3.99"), dataclasses.replace(this, label="3.1"))
    ]
    newest, oldest = (estimate.published()[f"reference@{one}"] for one in ("3.13", "3.8"))
    found = estimate.estimate(near, tmp_path, repeat=1, jobs=1)
    assert found.unknown == ()
    assert found.seconds == pytest.approx((newest + oldest) / estimate.OVERLAP)
    # Many share the processors.
    many = [Implementation("gevent", one.adapter, this) for one in made[:1] * 40]
    found = estimate.estimate(many, tmp_path, repeat=1, jobs=2)
    assert found.seconds == pytest.approx(40 * seconds / (2 * estimate.OVERLAP))
    assert re.search(r"40 implementations takes about \d+ minutes", str(found))


def test_the_estimate_of_the_published_matrix_is_what_it_took(tmp_path: Path) -> None:
    """docs/questions.md says how long it took on two processors."""
    this = interpreters.this_interpreter()
    made = []
    for name in estimate.published():
        adapter = adapters.read(adapters.FOLDER / f"{name.partition('@')[0]}.toml")
        label = name.partition("@")[2] or this.label
        made.append(Implementation(name, adapter, dataclasses.replace(this, label=label)))
    text = (Path(__file__).parent.parent / "docs/questions.md").read_text(encoding="utf-8")
    took = re.search(r"took (\d+) minutes and (\d+) seconds", text)
    assert took
    found = estimate.estimate(made, tmp_path, repeat=1, jobs=2)
    assert found.seconds == pytest.approx(60 * int(took[1]) + int(took[2]), rel=0.2)


def test_a_matrix_has_versions_in_their_order(command: Command, tmp_path: Path) -> None:
    labels = ["3.10", "pypy3.9", "3.6", "3.13t", "3.9", "3.13"]
    names = [f"x@{label}" for label in labels]
    paths = [
        written(tmp_path, a_record(name, "pass", None), f"{name}.json") for name in ["y", *names]
    ]
    command("matrix", "--from", *paths, "--out", "made")
    document = json.loads(Path("made/matrix.json").read_text(encoding="utf-8"))
    assert [one["label"] for one in document["implementations"]] == [
        "y",
        *(f"x@{label}" for label in ("3.6", "3.9", "3.10", "3.13", "3.13t", "pypy3.9")),
    ]


def test_what_is_likely_to_take_longest_is_judged_first() -> None:
    # Without a known divergence, with some, one that starts slowly, and without an adapter file.
    chosen = adapters.choose(["reference", "stdlib", "gevent", "json"])
    implementations = [
        dataclasses.replace(one, adapter=dataclasses.replace(one.adapter, start_scale=4.0))
        if one.name == "gevent"
        else one
        for one in chosen
        if isinstance(one, Implementation)
    ]
    ordered = sorted(implementations, key=parallel._haste)
    assert [one.name for one in ordered] == ["json", "gevent", "stdlib", "reference"]


def test_a_module_that_is_no_implementation_is_refused(command: Command) -> None:
    status, _, complaint = command("matrix", "--impl=json")
    assert status == 2
    assert "json: it has none of the 16 names that the manual documents" in complaint
    assert len([line for line in complaint.splitlines() if "json" in line]) == 1


def test_when_nothing_can_be_loaded_the_reason_is_said(
    command: Command, miniature: Callable[[str, str], str]
) -> None:
    miniature("broken", "raise ValueError('broken on purpose')")
    status, _, err = command("matrix", "--impl=broken")
    assert status == 2
    assert "The matrix would be empty" in err
    assert "broken on purpose" in err


@pytest.mark.parametrize("name", ["no_such_module", "stdlib@9.9", ""])
def test_a_name_that_stands_for_nothing_is_refused(command: Command, name: str) -> None:
    status, _, err = command("matrix", f"--impl={name}")
    assert status == 2
    assert err.strip().splitlines()[-1].startswith("threadspec: ")


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_scale_is_a_number_above_0(command: Command, value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        command("matrix", f"--time-scale={value}")
    assert caught.value.code == 2


# -- the end of a run -----------------------------------------------------------------------------


def test_what_is_known_does_not_end_a_run_in_red() -> None:
    [(first, colour), *others] = text.summarize(a_record(verdict="fail"), len(battery()))
    assert re.match(r"x: \d+ clauses: \d+ fail$", first)
    assert colour == {"yellow": True}
    assert not [line for line, markup in others if "red" in markup]
    [(_, colour), *_] = text.summarize(a_record(verdict="pass"), len(battery()))
    assert colour == {"green": True}


def test_the_end_of_a_run_tells_failed_cases_from_their_clauses() -> None:
    found = a_record(verdict="fail")
    chosen = [case for case in found.cases if case.clause == "lock.release.unlocked-error"]
    new = [dataclasses.replace(case, divergence=None) for case in chosen]
    known = found.cases[:1]
    some = dataclasses.replace(found, cases=(*known, *new))
    [(_, colour), (line, _), *_] = text.summarize(some, len(battery()))
    assert colour == {"red": True}
    assert line == f"  {len(new)} failed cases of 1 clause, besides known divergences"
    some = dataclasses.replace(found, cases=tuple(new[:1]))
    assert list(text.summarize(some, len(battery())))[1][0] == "  1 failed case of 1 clause"


# -- the program ----------------------------------------------------------------------------------


def program(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The exit status and output of the installed command."""
    command = [sys.executable, "-m", "threadspec.frontends.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_program_says_its_version() -> None:
    found = program("--version")
    versions = f"threadspec {kit_version()} (catalogue {version()})\n"
    assert (found.returncode, found.stdout) == (0, versions)


def test_the_program_fails_without_a_traceback(tmp_path: Path) -> None:
    found = program("matrix", "--from", "absent.json", cwd=tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith("threadspec: The record absent.json cannot be read")
    assert "Traceback" not in found.stderr


MODULES = """
import contextlib, sys
from threadspec.frontends import cli

with contextlib.suppress(SystemExit):
    cli.main()
print("modules:", *sys.modules)
"""

# Packages and modules that take long to import, and what each command has no use for.
SLOW_TO_IMPORT = {
    "argcomplete",
    "importlib.metadata",
    "jinja2",
    "msgspec",
    "packaging.requirements",
    "pytest",
    "rich",
    "threadspec.adapters",
    "threadspec.exploration",
    "threadspec.frontends.session",
    "threadspec.frontends.trial",
    "threadspec.reports.record",
    "tomlkit",
}
RUN = {"argcomplete", "jinja2", "rich", "threadspec.exploration", "tomlkit"}


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        ("--version", SLOW_TO_IMPORT - {"importlib.metadata"}),
        ("--help", SLOW_TO_IMPORT),
        (
            "explore --impl=reference lock.release.no-value --seconds=0.1",
            SLOW_TO_IMPORT - {"msgspec", "rich", "threadspec.adapters", "threadspec.exploration"},
        ),
        ("run reference --only=lock.release.no-value", RUN),
        ("check reference", RUN),
        ("schema record", RUN),
        ("clauses", RUN - {"rich"}),
    ],
)
def test_a_command_imports_no_modules_that_it_has_no_use_for(
    tmp_path: Path, words: str, unused: set[str]
) -> None:
    command = [sys.executable, "-c", MODULES, *words.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = set(done.stdout.rpartition("modules:")[2].split())
    assert "threadspec.frontends.cli" in imported
    assert sorted(imported & unused) == []


def test_the_program_wants_a_command() -> None:
    found = program()
    assert found.returncode == 2
    assert "usage: threadspec" in found.stderr


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("clauses", 0),
        ("clauses --json", 0),
        ("explain lock.acquire.held-blocks", 0),
        ("schema record", 0),
        ("--help", 0),
        ("matrix --from good.json", 0),
        ("matrix --from bad.json --check", 1),
        ("diff good.json good.json", 0),
        ("diff good.json bad.json", 1),
        ("diff good.json bad.json --format=markdown", 1),
    ],
)
def test_a_reader_that_goes_away_changes_no_status(tmp_path: Path, words: str, status: int) -> None:
    written(tmp_path, a_record("x", "pass", None), "good.json")
    bad = a_record("x", "fail")
    cases = tuple(dataclasses.replace(one, divergence=None) for one in bad.cases)
    written(tmp_path, dataclasses.replace(bad, cases=cases), "bad.json")
    command = [sys.executable, "-m", "threadspec.frontends.cli", *words.split()]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == status


SLOW = """
from time import sleep
from threadspec.reference import *

class Lock:
    def __init__(self):
        open("begun", "w").close()
        sleep(60)
"""

STARTED = """
import sys
from threadspec.frontends.start import main

print(flush=True)
sys.exit(main())
"""


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.1, 0.2, "judging"])
def test_ctrl_c_ends_the_program_at_any_time(tmp_path: Path, moment: float | str) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", STARTED, "check", "slow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        if isinstance(moment, str):
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
        else:
            time.sleep(0.01 + moment)  # it imports modules
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate()
    assert (process.returncode, err) == (130, b"threadspec: interrupted\n")
    assert time.monotonic() - began < check.SECONDS - 1


# -- terminals that are narrow, or have few characters --------------------------------------------


def printed_table(width: int, encoding: str) -> str:
    """A table with a column for every verdict and one long name, on such a terminal."""
    names = ["x" * 40 + "@pypy3.9", "schön: 線程", *(f"mine{n}" for n in range(len(VERDICTS)))]
    made = [a_record(name, verdict) for name, verdict in zip(names, cycle(VERDICTS), strict=False)]
    matrix = matrices.build(made, catalogue(), [matrices.Missing("absent", "“no” [/red] reason")])
    written_to = io.BytesIO()
    stream = io.TextIOWrapper(written_to, encoding=encoding, errors="replace")
    matrix_command._print_table(Console(file=stream, width=width), matrix)
    stream.flush()
    return written_to.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [20, 80, 200])
def test_numbers_are_never_cut(width: int) -> None:
    table = printed_table(width, "utf-8")
    assert "…" not in table
    row = next(line.split() for line in table.splitlines() if line.split()[:1] == ["mine0"])
    required = len({case.clause.id for case in battery() if case.clause.level == "must"})
    assert row[1] in (f"0/{required}", f"{required}/{required}")
    assert str(len({case.clause.id for case in battery()})) in row
    assert re.fullmatch(r"\d+\.\d", row[-1])
    assert table.count("x") >= 40  # the long name is complete, on several lines if necessary


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437"])
def test_the_table_uses_symbols_that_the_encoding_has(encoding: str) -> None:
    table = printed_table(120, encoding)
    assert "x fail" in table
    assert "mine0" in table


def test_an_encoding_without_the_symbols_is_no_error(tmp_path: Path) -> None:
    path = written(tmp_path, a_record("schön: 線程"))
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-m", "threadspec.frontends.cli", "matrix", "--from", path]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 0
    assert "schön: ??" in done.stdout.decode("cp1252")
