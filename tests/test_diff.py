"""The difference between two records: what counts as regressed, and what does not."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import VERDICTS, Verdict
from threadspec.frontends import cli
from threadspec.reports import record as records
from threadspec.reports import render_diff
from threadspec.reports.diff import KINDS, MEANING, Difference, Kind, compare, difference
from threadspec.reports.record import CaseResult, Expectation, Kit, Record, Subject

KIT = Kit("1.0", "1.0", "clauses-1", "battery-1", 4, "runner-1")
NEW_BATTERY = replace(KIT, battery="battery-2")
NEW_CATALOGUE = replace(KIT, clauses="clauses-2", battery="battery-2")


def case(verdict: Verdict, name: str = "one", clause: str = "lock.a", **fields: Any) -> CaseResult:
    """The result of a case of a required clause."""
    values: dict[str, Any] = {"level": "must", "expected": "It must.", **fields}
    return CaseResult(
        case=f"{clause}::{name}", clause=clause, chapter="lock", verdict=verdict, **values
    )


def known(verdict: Verdict, listed: Verdict | None = None, **fields: Any) -> CaseResult:
    """The result of a case for which the adapter lists a divergence."""
    return case(verdict, divergence=Expectation(listed or verdict, "It has none."), **fields)


def record(*cases: CaseResult, kit: Kit = KIT, name: str = "mine", **fields: Any) -> Record:
    """A record of the whole battery, unless ``kit`` has another number of cases."""
    if kit.cases == KIT.cases:
        kit = replace(kit, cases=max(len(cases), 1))
    subject = Subject(name, "my.threads", "1.0", "CPython 3.13.0", "Linux x86_64", True)
    values: dict[str, Any] = {"made": "2026-11-01T00:00:00+00:00", **fields}
    return Record(kit=kit, implementation=subject, cases=cases, **values)


def kinds(found: Difference) -> dict[str, Kind]:
    return {change.clause: change.kind for change in found.changes}


def kind(before: CaseResult, after: CaseResult, kit: Kit = KIT) -> Kind | None:
    """The kind of the change from one result of a case to another."""
    found = difference(record(before), record(after, kit=kit))
    assert found.regressed == (kinds(found).get("lock.a") == "regressed")
    return kinds(found).get("lock.a")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_same_verdict_is_no_change(verdict: Verdict) -> None:
    assert kind(case(verdict, observed="a"), case(verdict, observed="a")) is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("pass", "fail", "regressed"),
        ("pass", "unsupported", "regressed"),
        ("pass", "varies", "regressed"),
        ("pass", "timeout", "regressed"),
        ("observed", "crash", "regressed"),
        ("fail", "timeout", "regressed"),
        ("timeout", "crash", "regressed"),
        # What was missing cannot get worse.
        ("unsupported", "fail", "otherwise"),
        ("unsupported", "crash", "otherwise"),
        ("fail", "unsupported", "otherwise"),
        ("crash", "fail", "otherwise"),
        ("fail", "varies", "otherwise"),
        ("fail", "pass", "mended"),
        ("unsupported", "pass", "mended"),
        ("crash", "observed", "mended"),
        # The kit's own fault, and what cannot be judged, say nothing about the implementation.
        ("pass", "error", "unjudged"),
        ("fail", "error", "unjudged"),
        ("pass", "not-offered", "unjudged"),
        ("fail", "not-offered", "unjudged"),
        ("not-offered", "error", "unjudged"),
        ("error", "not-offered", None),
        ("error", "pass", "judged"),
        ("error", "fail", "judged"),
        ("not-offered", "pass", "judged"),
        ("not-offered", "crash", "judged"),
        # A lottery tells nothing.
        ("varies", "fail", "flaky"),
        ("varies", "unsupported", "flaky"),
    ],
)
def test_what_a_change_of_the_verdict_means(
    before: Verdict, after: Verdict, expected: Kind | None
) -> None:
    assert kind(case(before), case(after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("pass", "non-strict", "regressed"),
        ("non-strict", "unsupported", "regressed"),
        ("non-strict", "pass", "mended"),
    ],
)
def test_a_recommendation_that_is_no_longer_followed_is_a_regression(
    before: Verdict, after: Verdict, expected: Kind
) -> None:
    assert kind(case(before, level="should"), case(after, level="should")) == expected


def test_a_deviation_that_the_adapter_lists_is_no_regression() -> None:
    assert kind(case("pass"), known("fail")) == "known"
    assert kind(case("pass"), known("timeout", "varies")) == "known"
    # It lists another one.
    assert kind(case("pass"), known("crash", "fail")) == "regressed"
    assert kind(known("fail"), known("crash", "fail")) == "regressed"


def test_one_that_the_adapter_expects_to_vary_is_neither_mended_nor_worse() -> None:
    assert kind(known("fail", "varies"), known("pass", "varies")) == "flaky"
    assert kind(known("pass", "varies"), known("fail", "varies")) == "flaky"
    assert kind(known("fail", "varies"), known("crash", "varies")) == "flaky"
    assert kind(case("fail"), known("pass", "varies")) == "flaky"
    # The entry is gone, as it is fixed.
    assert kind(known("fail", "varies"), case("pass")) == "mended"


def test_what_varied_is_mended_only_if_it_was_repeated_as_often() -> None:
    varied = case("varies", counts={"pass": 3, "fail": 2})
    assert kind(varied, case("pass")) == "flaky"
    assert kind(varied, case("pass", counts={"pass": 4})) == "flaky"
    assert kind(varied, case("pass", counts={"pass": 5})) == "mended"


def test_another_behaviour_of_an_open_clause_is_told() -> None:
    first = case("observed", level="free", observed="first in, first out")
    last = case("observed", level="free", observed="last in, first out")
    assert kind(first, first) is None
    assert kind(first, last) == "observed"
    assert kind(first, case("pass", level="free")) == "observed"
    assert kind(first, case("timeout", level="free")) == "regressed"


def test_a_case_that_got_worse_counts_where_its_clause_deviated_already() -> None:
    old = record(case("fail", "one"), case("pass", "two"))
    found = difference(old, record(case("fail", "one"), case("fail", "two")))
    (change,) = found.changes
    assert (change.kind, change.before, change.after) == ("regressed", "fail", "fail")
    assert [one.case for one in change.cases] == ["lock.a::two"]


def test_a_clause_is_mended_when_all_its_cases_are() -> None:
    old = record(case("fail", "one"), case("crash", "two"))
    partly = difference(old, record(case("fail", "one"), case("pass", "two")))
    assert [(one.kind, one.after) for one in partly.changes] == [("otherwise", "fail")]
    wholly = difference(old, record(case("pass", "one"), case("pass", "two")))
    assert kinds(wholly) == {"lock.a": "mended"}


# -- a changed kit --------------------------------------------------------------------------------


@pytest.mark.parametrize("kit", [NEW_BATTERY, NEW_CATALOGUE])
def test_with_another_kit_nothing_is_a_regression(kit: Kit) -> None:
    found = difference(record(case("pass")), record(case("fail"), kit=kit))
    (change,) = found.changes
    assert found.kit_changed
    assert (change.kind, change.note) == ("kit", "the case may ask for something else")
    assert not found.regressed
    assert kind(case("fail"), case("pass"), kit) == "mended"
    assert kind(case("pass"), known("fail"), kit) == "known"


def test_another_version_of_the_same_kit_is_no_changed_kit() -> None:
    found = difference(record(case("pass")), record(case("fail"), kit=replace(KIT, version="2.0")))
    assert not found.kit_changed
    assert found.regressed


def test_another_runner_is_a_changed_kit() -> None:
    runner = replace(KIT, runner="runner-2")
    found = difference(record(case("pass")), record(case("fail"), kit=runner))
    assert [(one.kind, one.note) for one in found.changes] == [
        ("kit", "the case may be run in another way")
    ]
    # Records of the previous format have no digest of it, and are told apart by the version.
    unknown = replace(KIT, runner="")
    later = replace(unknown, version="2.0")
    for old, new, changed in (
        (unknown, unknown, False),
        (unknown, later, True),
        (unknown, KIT, True),
    ):
        both = record(case("pass"), kit=old), record(case("fail"), kit=new)
        assert difference(*both).kit_changed == changed
        assert difference(*both).regressed != changed
    lines = list(render_diff.head(difference(record(kit=unknown), record(kit=KIT))))
    assert "kit, digest of the runner: unknown → runner-1" in lines


@pytest.mark.parametrize(
    ("after", "note"),
    [
        (case("fail", expected="It must do more."), "the clause has another wording"),
        (case("fail", level="should"), "the level was must"),
        (case("fail", "other"), "the later kit has a new case"),
    ],
)
def test_what_the_kit_has_changed_is_told(after: CaseResult, note: str) -> None:
    found = difference(record(case("pass")), record(after, kit=NEW_CATALOGUE))
    assert [(one.kind, one.note) for one in found.changes] == [("kit", note)]


def test_a_clause_that_deviated_before_is_not_made_worse_by_a_new_case() -> None:
    found = difference(record(case("fail")), record(case("fail", "other"), kit=NEW_BATTERY))
    assert kinds(found) == {"lock.a": "otherwise"}


def test_a_deviation_whose_case_is_gone_is_mended_by_the_kit() -> None:
    old = record(case("pass", "one"), case("fail", "two"))
    (change,) = difference(old, record(case("pass", "one"), kit=NEW_BATTERY)).changes
    assert (change.kind, change.note) == ("mended", "the later kit no longer has the case")


def test_a_level_alone_is_no_change() -> None:
    assert kind(case("pass"), case("observed", level="free", observed="x"), NEW_CATALOGUE) is None


def test_new_and_withdrawn_clauses_are_told() -> None:
    old = record(case("pass", clause="lock.a"), case("fail", clause="lock.gone"))
    new = record(case("pass", clause="lock.a"), case("fail", clause="lock.new"), kit=NEW_CATALOGUE)
    found = difference(old, new)
    assert kinds(found) == {"lock.new": "new", "lock.gone": "withdrawn"}
    assert [(one.before, one.after) for one in found.changes] == [(None, "fail"), ("fail", None)]
    assert not found.regressed


# -- records of a part of the battery -------------------------------------------------------------

WHOLE = replace(KIT, cases=9)


def test_what_was_not_run_is_neither_new_nor_withdrawn_nor_worse() -> None:
    for kit in (WHOLE, replace(NEW_CATALOGUE, cases=9)):
        old = record(case("pass", clause="lock.a"), case("pass", clause="lock.b"), kit=WHOLE)
        new = record(case("pass", clause="lock.a"), case("fail", clause="lock.c"), kit=kit)
        found = difference(old, new)
        assert kinds(found) == {"lock.c": "judged", "lock.b": "not-run"}
        assert found.compared == 1


def test_a_case_that_was_not_run_before_is_judged_for_the_first_time() -> None:
    old = record(case("pass", "one"), kit=WHOLE)
    found = difference(old, record(case("pass", "one"), case("fail", "two"), kit=WHOLE))
    assert kinds(found) == {"lock.a": "judged"}
    gone = difference(record(case("fail"), kit=WHOLE), record(case("pass", "two"), kit=WHOLE))
    assert kinds(gone) == {}


# -- what the adapter expects, and the conditions -------------------------------------------------


def test_what_the_adapter_expects_otherwise_is_told() -> None:
    old = [known("fail", clause=f"lock.{name}") for name in ("same", "gone", "reworded", "left")]
    new = [
        known("fail", clause="lock.same"),
        case("pass", clause="lock.gone"),
        replace(known("fail", clause="lock.reworded"), divergence=Expectation("fail", "It is.")),
        known("fail", clause="lock.first"),
    ]
    found = difference(record(*old), record(*new)).divergences
    assert [(one.clause, one.before, one.after) for one in found] == [
        ("lock.gone", (Expectation("fail", "It has none."),), ()),
        (
            "lock.reworded",
            (Expectation("fail", "It has none."),),
            (Expectation("fail", "It is."),),
        ),
    ]


def test_the_conditions_that_differ_are_told() -> None:
    old = record(case("pass"), label="v1")
    subject = replace(
        old.implementation, interpreter="CPython 3.14.0", version=None, mapped={"A": "b"}, gil=None
    )
    new = replace(old, implementation=subject, label="v2", time_scale=3.0)
    found = {one.name: (one.before, one.after) for one in difference(old, new).conditions}
    assert found == {
        "label": ("v1", "v2"),
        "version": ("1.0", "none"),
        "interpreter": ("CPython 3.13.0", "CPython 3.14.0"),
        "GIL": ("yes", "unknown"),
        "mapped names": ("none", "A to b"),
        "time scale": ("1", "3"),
    }
    partly = record(case("pass"), kit=WHOLE)
    assert ("cases run", "all", "1 of 9") in [
        (one.name, one.before, one.after)
        for one in difference(record(case("pass")), partly).conditions
    ]


def test_the_gravest_changes_come_first() -> None:
    def results(verdicts: Iterable[Verdict]) -> Record:
        levels = ("should", "must", "must", "free")
        return record(
            *(
                case(verdict, clause=f"lock.{number}", level=level)
                for number, (verdict, level) in enumerate(zip(verdicts, levels, strict=True))
            )
        )

    found = difference(
        results(["pass", "pass", "pass", "crash"]), results(["non-strict", "fail", "crash", "pass"])
    )
    assert [one.clause for one in found.changes] == ["lock.2", "lock.1", "lock.0", "lock.3"]


# -- many records ---------------------------------------------------------------------------------


def test_records_are_matched_by_name() -> None:
    found = compare(
        [record(case("pass"), name=name) for name in ("a", "gone", "b")],
        [record(case("fail"), name=name) for name in ("b", "new", "a")],
    )
    assert [one.name for one in found.differences] == ["b", "a"]
    assert (found.only_old, found.only_new) == (("gone",), ("new",))
    assert found.regressed


def test_one_record_on_each_side_needs_no_name() -> None:
    found = compare([record(case("pass"), name="a")], [record(case("pass"), name="b")])
    (only,) = found.differences
    assert [(one.name, one.before, one.after) for one in only.conditions] == [
        ("implementation", "a", "b")
    ]
    assert not found.regressed


def test_the_newest_record_of_an_implementation_counts() -> None:
    dates = [f"2026-11-{day}T00:00:00+00:00" for day in ("01", "03", "02")]
    verdicts: list[Verdict] = ["fail", "pass", "crash"]
    history = [
        record(case(verdict), made=made) for verdict, made in zip(verdicts, dates, strict=True)
    ]
    found = compare(history, [record(case("fail"))])
    assert [one.old.made for one in found.differences] == [dates[1]]
    assert found.superseded == ("mine",)
    assert found.regressed


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(UserError, match="the first has a and b, the second c"):
        compare(
            [record(case("pass"), name="a"), record(case("pass"), name="b")],
            [record(case("pass"), name="c")],
        )


# -- rendering, and the command -------------------------------------------------------------------

ODD = "<b>&</b> [red]it[/red] | `x`"


def both() -> tuple[Record, Record]:
    """Two records with a change of every kind that the same kit can have."""
    free = {"level": "free", "clause": "lock.open"}
    old = record(
        case("pass", clause="lock.bad"),
        case("fail", clause="lock.good"),
        case("pass", clause="lock.listed"),
        case("pass", clause="lock.lost"),
        known("fail", "varies", clause="lock.lottery"),
        case("unsupported", clause="lock.other"),
        case("not-offered", clause="lock.late"),
        case("observed", observed="first", **free),
        label="v1",
    )
    new = record(
        case("fail", clause="lock.bad", observed=ODD, check="assert x * y", where="lock/a.py:3"),
        case("pass", clause="lock.good"),
        known("fail", clause="lock.listed"),
        case("error", clause="lock.lost", observed="no memory"),
        known("pass", "varies", clause="lock.lottery"),
        case("fail", clause="lock.other"),
        case("crash", clause="lock.late", counts={"crash": 2}),
        case("observed", observed="last", **free),
        label="v2",
        made="2026-11-08T12:30:00+00:00",
    )
    return old, new


SAME_KIT = [kind for kind in KINDS if kind not in ("kit", "new", "withdrawn", "not-run")]


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """The paths of the files of both records."""
    for name, one in zip(("old.json", "new.json.gz"), both(), strict=True):
        records.write(one, tmp_path / name)
    return [str(tmp_path / "old.json"), str(tmp_path / "new.json.gz")]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = cli.main(["diff", *arguments])
    return status, capsys.readouterr().out


def test_the_terminal_shows_every_kind_and_the_evidence(
    paths: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out = run(capsys, *paths)
    assert status == 1
    for one in SAME_KIT:
        assert f"  {render_diff.TITLES[one]} (1): " in out
    assert "2026-11-01 00:00 (v1) → 2026-11-08 12:30 (v2)" in out
    lines = [line.rstrip() for line in out.splitlines()]
    first = lines.index("    lock.bad (must)  pass → fail")
    assert lines[first + 1 : first + 6] == [
        "      required  It must.",
        f"      observed  {ODD}",
        "      check     assert x * y",
        "      where     battery/lock/a.py:3",
        "      case      lock.bad::one",
    ]
    assert "      known     It has none." in lines
    assert "      repeated  2 crash" in lines
    assert "    lock.listed: now lists fail: It has none." in lines
    assert lines[-1] == "1 clause has regressed: mine."
    assert "\x1b" not in out
    assert max(map(len, lines)) <= 80


def test_a_worse_deviation_that_nobody_has_reviewed_is_told_as_such() -> None:
    unreviewed = replace(known("fail"), divergence=Expectation("fail", "unreviewed: It waited."))
    names = ("lock.a", "lock.b", "lock.c")
    old = record(*(case("pass", clause=name) for name in names))
    new = record(
        *(replace(unreviewed, clause=name) for name in names[:2]), known("fail", clause="lock.c")
    )
    found = compare([old], [new])
    assert "3 worse as listed (2 unreviewed)" in render_diff.summary(found.differences[0])
    text = render_diff.markdown(found)
    assert text.count("  - unreviewed: It waited.\n") == 2
    assert text.count("  - known: It has none.\n") == 1
    cases = [
        one["cases"][0]["after"]
        for one in json.loads(render_diff.to_json(found))["implementations"][0]["changes"]
    ]
    assert [one["unreviewed"] for one in cases] == [True, True, False]
    assert all(one["known"] for one in cases)


def test_a_terminal_without_an_arrow_gets_another_one() -> None:
    console = Console(file=io.StringIO(), width=80)
    for part in render_diff.terminal(compare([both()[0]], [both()[1]]), "ascii"):
        console.print(part, markup=False)
    assert isinstance(console.file, io.StringIO)
    assert "lock.bad (must)  pass -> fail" in console.file.getvalue()
    assert "→" not in console.file.getvalue()


def test_markdown_folds_what_has_not_got_worse(
    paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = run(capsys, *paths, "--format", "markdown")
    assert status == 1
    shown, folded = out.split("<details>", 1)
    assert "- `lock.bad` (must) pass → fail\n  - required: It must.\n" in shown
    assert f"  - observed: {ODD.replace('<', '&lt;')}\n  - check: `assert x * y`\n" in shown
    assert "**Worse as listed (1)**" in shown
    assert f"<summary>Mended (1): {MEANING['mended']}</summary>\n\n- `lock.good`" in folded
    assert out.endswith("**1 clause has regressed: mine.**\n")


def test_html_is_one_file_that_loads_nothing(
    paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = run(capsys, *paths, "--format", "html")
    assert status == 1
    assert "&lt;b&gt;&amp;&lt;/b&gt; [red]it[/red]" in out
    assert "<script" not in out
    assert re.findall(r"(?:src|href)=|url\(", out) == []
    for one in SAME_KIT:
        assert f"<h3>{render_diff.TITLES[one]} (1)</h3>" in out
    assert len(out) < 10_000


def test_json_has_everything(paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, *paths, "--format", "json")
    assert status == 1
    document = json.loads(out)
    assert (document["schema"], document["regressed"]) == ("threadspec-diff/1", True)
    (found,) = document["implementations"]
    assert [one["kind"] for one in found["changes"]] == SAME_KIT
    first = found["changes"][0]
    assert (first["clause"], first["before"], first["after"]) == ("lock.bad", "pass", "fail")
    (only,) = first["cases"]
    assert only["before"]["verdict"] == "pass"
    assert (only["after"]["observed"], only["after"]["where"]) == (ODD, "lock/a.py:3")
    assert found["old"]["label"] == "v1"
    assert [one["clause"] for one in found["divergences"]] == ["lock.listed"]


@pytest.mark.parametrize("format", ["terminal", "markdown", "html", "json"])
def test_without_a_regression_the_status_is_0(
    paths: list[str], capsys: pytest.CaptureFixture[str], format: str
) -> None:
    status, out = run(capsys, paths[0], paths[0], "--format", format)
    assert status == 0
    if format != "json":
        assert "No clause has regressed." in out
        assert "Nothing has changed: mine." in out


def test_another_kit_is_told_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = record(case("pass")), record(case("fail"), kit=NEW_BATTERY)
    for name, one in (("old.json", old), ("new.json", new)):
        records.write(one, tmp_path / name)
    status, out = run(capsys, str(tmp_path / "old.json"), str(tmp_path / "new.json"))
    assert status == 0
    assert "kit, digest of the battery: battery-1 → battery-2" in out
    assert "Worse with another kit (1)" in out
    assert "judge the earlier state of the implementation with the later kit" in out
    assert "No clause has regressed." in out


def test_the_folders_of_two_matrices_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides: list[tuple[str, Verdict]] = [("old", "pass"), ("new", "fail")]
    for side, verdict in sides:
        (tmp_path / side).mkdir()
        (tmp_path / side / "matrix.json").write_text("{}", encoding="utf-8")
        for name in ("a", "b", side):
            one = record(case(verdict if name == "a" else "pass"), name=name)
            records.write(one, tmp_path / side / "records" / f"{name}.json")
    status, out = run(capsys, str(tmp_path / "old"), str(tmp_path / "new"))
    assert status == 1
    assert "Nothing has changed: b.\n" in out
    assert "Only in the earlier records: old.\n" in out
    assert "Only in the later records: new.\n" in out
    assert out.endswith("1 clause has regressed: a.\n")


def test_what_was_not_run_is_only_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clauses = [f"lock.{number}" for number in range(5)]
    whole = record(*(case("pass", clause=one) for one in clauses))
    part = record(case("pass", clause="lock.0"), kit=replace(KIT, cases=5))
    for name, one in (("whole.json", whole), ("part.json", part)):
        records.write(one, tmp_path / name)
    status, out = run(capsys, str(tmp_path / "whole.json"), str(tmp_path / "part.json"))
    assert status == 0
    assert "4 clauses of the earlier record" in out
    status, out = run(capsys, str(tmp_path / "part.json"), str(tmp_path / "whole.json"))
    assert status == 0
    assert "4 clauses without a deviation" in out
    assert "lock.1" not in out


def test_wrong_arguments_are_told(
    tmp_path: Path, paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", str(tmp_path / "none.json"), paths[0]]) == 2
    assert "none.json cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", paths[0]])
    assert ended.value.code == 2
