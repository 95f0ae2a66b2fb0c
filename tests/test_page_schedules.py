"""What the page shows of schedules, in a real browser and without the script."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from explorations import CASE, WHOLE, broken, exploration, program
from test_page import a_record, text, texts, view

from quality import browser as browsers
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import battery
from threadspec.reports import page, record
from threadspec.reports.exploration import FOREIGN, Broken
from threadspec.reports.matrix import build

JOIN = next(case.id for case in battery() if case.clause.id == "thread.join.blocks")
EXPLORED = replace(
    WHOLE,
    programs=tuple(replace(one, name=JOIN) if one == CASE else one for one in WHOLE.programs),
)
OTHER = exploration(
    program("event.two-sets", schedules=1),
    broken("thread.start-twice"),
    broken("thread.start-three-times"),
    broken(JOIN, "thread.join.blocks", kind="case", verdict="known"),
)


ALWAYS = Broken("event.set.wakes-all", "set() raised OSError", "x@0:0x1", 1, always=True)
THIRD = exploration(
    program("event.two-sets"),
    broken("battery/event/set.py::test_x", kind="case", failure=ALWAYS),
    broken("thread.start-twice", verdict="non-strict"),
    explorer="another",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page on which two of three implementations were explored."""
    path = tmp_path_factory.mktemp("schedules") / "matrix.html"
    records = [
        a_record("plain", {}),
        replace(a_record("explored@3.9", {}), exploration=EXPLORED),
        replace(a_record("other", {}), exploration=OTHER),
        replace(a_record("third", {}), exploration=THIRD),
    ]
    path.write_text(page.html(build(records, catalogue())), encoding="utf-8")
    return path.as_uri()


def test_a_clause_that_holds_under_every_schedule_says_of_which_programs(
    shown: browsers.Page, address: str
) -> None:
    view(shown, address, "#clause/event.set.wakes-all")
    first, second, _ = texts(shown, ".schedules > li")
    assert first.splitlines() == [
        "explored@3.9",
        "",
        "Holds under every schedule of event.two-sets (727), event.two-sets with the portable "
        "RLock (31), event.generated (12 programs, 3,456).",
    ]
    assert second.splitlines()[-1] == "Holds under every schedule of event.two-sets (1)."
    assert "plain" not in text(shown, ".schedules")


def test_what_was_cut_is_not_said_to_hold_under_every_schedule(
    shown: browsers.Page, address: str
) -> None:
    view(shown, address, "#clause/thread.join.blocks")
    (only,) = texts(shown, ".schedules > li")
    assert "every schedule" not in only
    assert "Cut: holds under all schedules with at most 2 preemptions of thread.joiners" in only
    assert "Holds under the schedules that were tried of thread.loop (727)." in only
    assert "1 case holds under 100 schedules or more." in only


def test_a_broken_clause_shows_a_schedule_and_how_to_see_it_again(
    shown: browsers.Page, address: str
) -> None:
    view(shown, address, "#clause/thread.start.atomic")
    first, second, _ = texts(shown, ".schedules > li")
    assert "Breaks in a schedule of thread.start-twice, with 1 preemption, the fewest." in first
    assert "raised KeyError: <Thread(1)> in thread 1" in first
    again = "threadspec explore --impl=explored@3.9 '--replay=thread.start-twice@f4163004:0x11.1!"
    assert again in first
    assert "1 more program or case breaks it." in second


def test_a_clause_that_nothing_explored_has_no_such_part(
    shown: browsers.Page, address: str
) -> None:
    view(shown, address, "#clause/lock.factory")
    assert "Every schedule" not in text(shown, "main")


def test_an_implementation_has_its_programs_in_short(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#implementation/explored%403.9")
    heads = texts(shown, "h2")
    assert "Every schedule: 14 of 17 programs exhausted, 2 cut, 1 failed" in heads
    assert "thread.start.atomic" in texts(shown, ".cause h3")
    said = text(shown, "main")
    cases = "1 case under 100 schedules or more each; run by CPython"
    assert f"5,672 schedules of programs; {cases}" in said
    assert "Programs and cases left out: 2 (they take too many steps)." in said
    shown.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    lines = texts(shown, "details li")
    assert "event.generated: 12 programs, exhausted 3,456 schedules" in lines
    assert "thread.joiners: cut at 727 schedules; all with at most 2 preemptions" in lines
    assert "thread.loop: tried 727 schedules" in lines
    assert "thread.start-twice: breaks thread.start.atomic" in lines
    view(shown, address, "#implementation/plain")
    assert not any("Every schedule" in one for one in texts(shown, "h2"))


def test_a_known_failure_is_not_counted_as_one(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#implementation/other")
    assert "Every schedule: 1 of 3 programs exhausted, 2 failed" in texts(shown, "h2")
    assert "thread.join.blocks" not in texts(shown, ".cause h3")


def test_cases_and_recommendations_are_counted_apart(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#implementation/third")
    heads = texts(shown, "h2")
    assert (
        "Every schedule: 1 of 2 programs exhausted, 0 failed, 1 case failed, 1 non-strict" in heads
    )
    first, second = texts(shown, ".cause")
    assert "Breaks in every schedule that was tried of battery/event/set.py::test_x." in first
    assert "Non-strict: the clause is a recommendation. Breaks in a schedule of thread." in second


def test_an_exploration_of_another_kit_is_said_to_be_one(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    said = "Explored by another version of the kit than that of this page"
    view(shown, address, "#clause/event.set.wakes-all")
    assert [said in one for one in texts(shown, ".schedules > li")] == [False, False, True]
    view(shown, address, "#implementation/third")
    assert said in text(shown, "main")
    again = "threadspec explore --impl=third --report=FILE"
    assert again in texts(shown, ".command code")
    view(shown, address, "#implementation/other")
    assert said not in text(shown, "main")
    path = tmp_path / "dropped.json"
    record.write(replace(a_record("dropped", {}), exploration=THIRD), path)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    shown.evaluate("location.hash = '#clause/event.set.wakes-all'")
    shown.wait("document.body.dataset.shown === location.hash")
    told = texts(shown, ".schedules > li")
    assert [said in one for one in told] == ["third" in one or "dropped" in one for one in told]
    assert any("dropped" in one for one in told)


def test_an_option_is_not_broken_at_its_dashes(shown: browsers.Page, address: str) -> None:
    shown.resize(360, 800)
    view(shown, address, "#clause/thread.start.atomic")
    heights = shown.evaluate(
        "[...document.querySelectorAll('.command code')].map((one) => one.getClientRects().length"
        " + Math.round(one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)) - 1)"
    )
    assert heights
    assert set(heights) == {1}
    width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert shown.evaluate(width)


def test_a_record_that_is_opened_shows_its_schedules(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    view(shown, address)
    path = tmp_path / "mine.json"
    record.write(replace(a_record("mine", {}), exploration=EXPLORED), path)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    view_of_clause = "location.hash = '#clause/thread.join.blocks'"
    shown.evaluate(view_of_clause)
    shown.wait("document.body.dataset.shown === location.hash")
    first, second = texts(shown, ".schedules > li")
    assert first.splitlines()[1:] == second.splitlines()[1:]


def test_an_exploration_alone_is_refused_with_a_sentence(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    view(shown, address)
    path = tmp_path / "alone.json"
    record.write(replace(a_record("mine", {}), cases=(), exploration=EXPLORED), path)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    said = text(shown, "#alert")
    assert said.startswith("alone.json is of an exploration alone; add it to a record with ")


def test_the_plain_table_tells_of_schedules() -> None:
    made = replace(a_record("explored", {}), exploration=EXPLORED)
    html = page.html(build([made, a_record("plain", {})], catalogue()))
    plain = html.partition('<div class="app">')[0]
    assert plain.count("every schedule") == 1
    assert "14 of 17 programs exhausted" in plain
    assert "a schedule breaks thread.start.atomic" in plain
    assert FOREIGN not in plain
    html = page.html(build([replace(made, exploration=THIRD)], catalogue()))
    assert FOREIGN in html.partition('<div class="app">')[0]


def test_the_data_has_no_case_that_holds_but_its_number(address: str) -> None:
    made = replace(a_record("explored", {}), exploration=EXPLORED)
    data = page.results(build([made], catalogue()))
    assert JOIN not in json.dumps(data["programs"])
    (one,) = data["implementations"]
    assert sum(one["exploration"]["cases"]) == 100
