"""The short reports about records: the summary in Markdown, and the badge."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import verdict_of
from threadspec.frontends import cli
from threadspec.frontends.commands.records import stale_in
from threadspec.frontends.trial import make_record
from threadspec.reports import badge, record, summary
from threadspec.reports.record import CaseResult, Expectation, Record, Subject


def whole_record(*changed: CaseResult, **fields: Any) -> Record:
    """The record of a run in which every case passed but ``changed``."""
    results = {
        case.id: CaseResult(
            case.id,
            case.clause.id,
            case.clause.chapter,
            case.clause.level,  # type: ignore[arg-type]
            verdict_of("ok", case.clause.level),
            case.clause.says,
        )
        for case in battery()
    }
    results.update({one.case: one for one in changed})
    subject = Subject("mine", "my.threads", "1.2", "CPython 3.11.7", "Linux x86_64", True)
    made = make_record(subject, results.values(), 1.0, finished=True)
    return dataclasses.replace(made, **fields)


def deviating(number: int, **fields: Any) -> CaseResult:
    """The result of a case of the battery that deviates; ``number``: the place among required."""
    cases: dict[str, CaseResult] = {}
    for one in whole_record().cases:
        if one.level == "must":
            cases.setdefault(one.clause, one)
    case = list(cases.values())[number]
    return dataclasses.replace(case, **{"verdict": "fail", "observed": "seen", **fields})


def stale_clauses(made: Record) -> list[str]:
    """The clauses whose listed divergences are stale, as the commands find them."""
    return [one.clause for one in stale_in(made)]


def markdown(*made: Record) -> str:
    return summary.markdown(made, catalogue(), map(stale_clauses, made))


def test_an_unknown_deviation_is_told_with_its_evidence() -> None:
    bad = deviating(3, observed="acquire() returned <b>None</b>", where="lock/acquire.py:12")
    text = markdown(whole_record(bad))
    assert "#### `mine`: 1 deviation not listed" in text
    assert f"- **fail** `{bad.clause}` (must): {bad.expected}" in text
    assert "  - observed: acquire() returned &lt;b>None&lt;/b>" in text
    assert f"  - where: `lock/acquire.py:12` in `{bad.case}`" in text


def test_known_divergences_are_folded_by_reason() -> None:
    known = [deviating(number, divergence=Expectation("fail", "A <b>.")) for number in (1, 2)]
    text = markdown(whole_record(*known))
    assert "2 known divergences, by reason</summary>" in text
    ids = " and ".join(f"`{one.clause}` (fail)" for one in known)
    assert f"- A &lt;b>.\n  {ids}\n" in text
    assert "`mine` deviates only as its adapter file says." in text
    assert "not listed" not in text


def test_unreviewed_divergences_are_apart_from_known_ones() -> None:
    found = [
        deviating(number, divergence=Expectation("fail", reason))
        for number, reason in enumerate(("It is so.", "unreviewed: seen", "unreviewed:it"), 1)
    ]
    text = markdown(whole_record(*found))
    assert "2 unreviewed divergences, by reason</summary>" in text
    assert "1 known divergence, by reason</summary>" in text
    assert text.index("- unreviewed: seen") < text.index("1 known") < text.index("- It is so.")
    ending = "`mine` deviates only as its adapter file says; 2 of these divergences are unreviewed."
    assert text.endswith(f"{ending}\n")
    assert "unreviewed" not in markdown(whole_record(found[0]))


def test_a_stale_divergence_is_told() -> None:
    passed = deviating(1, verdict="pass", observed=None, divergence=Expectation("fail", "Once."))
    made = whole_record(passed)
    assert stale_clauses(made) == [passed.clause]
    text = markdown(made)
    assert "#### `mine`: 1 stale divergence\n" in text
    assert f"- `{passed.clause}` no longer deviates" in text


def test_what_may_deviate_in_another_case_or_run_is_not_stale() -> None:
    passed = deviating(1, verdict="pass", observed=None, divergence=Expectation("fail", "Once."))
    others = [one for one in whole_record().cases if one.clause == passed.clause][1:]
    assert others  # a clause with several cases
    still = dataclasses.replace(others[0], verdict="fail", divergence=passed.divergence)
    assert stale_clauses(whole_record(passed, still)) == []
    varies = dataclasses.replace(passed, divergence=Expectation("varies", "A race."))
    assert stale_clauses(whole_record(varies)) == []
    part = dataclasses.replace(whole_record(passed), cases=(passed,))
    assert stale_clauses(part) == []


def test_the_scores_come_first_and_what_keeps_everything_says_so() -> None:
    text = markdown(whole_record())
    assert text.startswith(
        "### Conformance of threading\n\n| implementation | interpreter | must |"
    )
    assert text.endswith("`mine` does not deviate.\n")


@pytest.mark.parametrize(
    ("share", "colour"), [(0, "brightgreen"), (1, "green"), (60, "yellow"), (300, "red")]
)
def test_a_badge_says_how_many_clauses_are_kept(share: int, colour: str) -> None:
    made = whole_record(*(deviating(number) for number in range(share)))
    judged = len({one.clause for one in made.cases if one.level == "must"})
    found = badge.badge(made, catalogue())
    assert json.loads(found.json()) == {
        "schemaVersion": 1,
        "label": "threading (2.6 manual)",
        "message": f"{judged - share}/{judged} must",
        "color": colour,
    }
    root = ElementTree.fromstring(found.svg())
    words = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["threading (2.6 manual)", f"{judged - share}/{judged} must"]


def test_a_part_of_the_battery_gets_no_badge_and_is_told_in_the_summary() -> None:
    whole = whole_record()
    part = dataclasses.replace(whole, cases=whole.cases[:7], label="v1")
    with pytest.raises(UserError, match=f"The record has 7 of {len(whole.cases)} cases; a badge"):
        badge.badge(part, catalogue())
    text = markdown(part)
    assert f"`mine`: judged as v1; **only 7 of {len(whole.cases)} cases were run**." in text
    assert "cases were run" not in markdown(whole)


def test_the_commands_print_what_records_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record.write(whole_record(), tmp_path / "mine.json.gz")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert cli.main(["summary", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out == markdown(whole_record())
    assert err.startswith("threadspec: left out: The record ")
    assert cli.main(["badge", "--json", str(tmp_path / "mine.json.gz")]) == 0
    assert json.loads(capsys.readouterr().out)["color"] == "brightgreen"
    assert cli.main(["badge", str(tmp_path / "mine.json.gz")]) == 0
    assert capsys.readouterr().out.startswith("<svg ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "none.json"], "cannot be read: No such file"),
        (["badge", "none.json"], "cannot be read: No such file"),
        (["badge", "."], ". is a folder; give one record in it."),
    ],
)
def test_what_cannot_be_summarized_is_said_in_a_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err and len(err.splitlines()) == 1
