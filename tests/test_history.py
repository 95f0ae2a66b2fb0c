"""The history of implementations: which earlier records belong to which column."""

from __future__ import annotations

from dataclasses import replace

from test_diff import KIT, NEW_BATTERY, case, record

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.verdicts import Verdict
from threadspec.reports import page
from threadspec.reports.history import Histories, histories
from threadspec.reports.matrix import build
from threadspec.reports.record import Record

CLAUSE = "lock.acquire.held-blocks"


def made(day: int, verdict: Verdict = "pass", name: str = "mine") -> Record:
    return record(case(verdict, clause=CLAUSE), name=name, made=f"2026-11-{day:02}T00:00:00+00:00")


def found(own: list[Record], earlier: list[Record]) -> Histories:
    return histories(build(own, catalogue()), earlier)


def test_earlier_records_are_in_the_order_of_their_dates() -> None:
    own = [made(9, "fail"), made(9, name="other")]
    past = found(own, [made(5), made(1, "crash"), made(3, name="gone")])
    steps = past.steps["mine"]
    assert [one.record.made[8:10] for one in steps] == ["01", "05", "09"]
    kinds = [[one.kind for one in step.since.changes] for step in steps if step.since]
    assert kinds == [["mended"], ["regressed"]]
    assert [step.kept("must") for step in steps] == [(0, 1), (1, 1), (0, 1)]
    since = past.since("mine")
    assert since is not None
    assert since.old.made.startswith("2026-11-05")
    assert past.since("other") is None
    assert past.gone == ("gone",)


def test_a_record_is_not_earlier_than_itself() -> None:
    assert found([made(9)], [made(9)]).steps == {}
    assert len(found([made(9)], [made(9), made(1)]).steps["mine"]) == 2


def test_one_implementation_on_each_side_needs_no_name() -> None:
    past = found([made(9)], [made(1, name="before"), made(2, name="before")])
    assert len(past.steps["mine"]) == 3
    assert past.gone == ()


def test_two_records_of_one_implementation_have_the_same_past() -> None:
    past = found([made(8), made(9)], [made(1)])
    assert {label: len(steps) for label, steps in past.steps.items()} == {"mine": 2, "mine #2": 2}


def test_what_is_not_offered_was_not_judged() -> None:
    past = found([made(9, "not-offered")], [made(1)])
    assert [step.kept("must") for step in past.steps["mine"]] == [(1, 1), (0, 0)]


def test_the_page_has_what_changed_and_the_history() -> None:
    old, new = made(1), replace(made(9, "fail"), kit=replace(NEW_BATTERY, cases=1), label="v2")
    matrix = build([new], catalogue())
    (one,) = page.results(matrix, histories(matrix, [old]))["implementations"]
    assert one["since"]["changes"] == [
        {
            "clause": CLAUSE,
            "kind": "kit",
            "before": "pass",
            "after": "fail",
            "note": "the case may ask for something else",
        }
    ]
    assert [(step["label"], step["must"], step["summary"]) for step in one["history"]] == [
        ("", (1, 1), None),
        ("v2", (0, 1), "1 worse with another kit"),
    ]
    assert "since 2026-11-01: 1 worse with another kit" in page.html(
        matrix, histories(matrix, [old])
    )
    (plain,) = page.results(matrix)["implementations"]
    assert "since" not in plain


def test_what_need_not_be_looked_at_is_quiet_on_the_page() -> None:
    old = record(case("pass", clause="lock.factory"), kit=replace(KIT, cases=9))
    matrix = build([made(9)], catalogue())
    (one,) = page.results(matrix, histories(matrix, [old]))["implementations"]
    changes = {change["clause"]: change for change in one["since"]["changes"]}
    assert changes == {
        CLAUSE: {"clause": CLAUSE, "kind": "judged", "after": "pass", "quiet": True},
        "lock.factory": {
            "clause": "lock.factory",
            "kind": "not-run",
            "before": "pass",
            "quiet": True,
        },
    }
