"""The page in a real browser: everything that a reader can do with it, with mouse and keyboard."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from quality import browser as browsers
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import Verdict
from threadspec.frontends.trial import make_record
from threadspec.reports import page, record, render_diff
from threadspec.reports.diff import MEANING as CHANGES
from threadspec.reports.diff import compare
from threadspec.reports.history import histories
from threadspec.reports.matrix import Missing, build
from threadspec.reports.record import CaseResult, Expectation, Record, Subject

if browsers.find() is None:
    pytest.skip(
        f"the page was not tried, because there is no browser: {browsers.HOW_TO_GET}",
        allow_module_level=True,
    )

ROOT = Path(__file__).parent.parent

# The version of axe-core, which looks for obstacles to readers who use other than eyes and mouse.
AXE = "axe-core@4.14.1"

ODD = "<script>alert('x')</script> & more"
NO_IS_ALIVE = "there is no isAlive (AttributeError: 'Thread' object has no attribute 'isAlive')"
MAPPED = "there is no isAlive; its adapter maps it to is_alive"
REMOVED = "isAlive() was removed in Python 3.9 in favour of is_alive()."
LETS_IN = "actor 1: acquire() returned True; it must block"
RUNS_ON = "actor 2: join() has not returned"

# A deviation: its verdict, what was observed, and the reason where its adapter lists it.
Deviation = tuple[Verdict, str, str | None]

ALIVE = [case.clause.id for case in battery() if case.clause.id.startswith("thread.alive.")]
NEAR: dict[str, Deviation] = {
    **dict.fromkeys(ALIVE, ("unsupported", NO_IS_ALIVE, REMOVED)),
    "lock.release.unlocked-error": ("fail", "release() raised thread.error: unlocked", None),
    "rlock.acquire.no-argument-no-value": ("non-strict", ODD, None),
}
FAR: dict[str, Deviation] = {
    **dict.fromkeys(ALIVE, ("unsupported", MAPPED, None)),
    "lock.acquire.held-blocks": ("fail", LETS_IN, None),
    "lock.acquire.holder-blocks": ("fail", LETS_IN.replace("1", "2"), None),
    "thread.join.blocks": ("timeout", RUNS_ON, None),
    "thread.start.once": ("crash", "the process ended: SIGSEGV", None),
    "event.wait.blocks": ("varies", "wait() returned in 2 of 5 rounds", None),
}
FREE = {"lock.release.order": "first in, first out", "timer.is-a-class": "a class"}


def a_record(name: str, found: Mapping[str, Deviation], free: Mapping[str, str] = FREE) -> Record:
    """A record of an implementation that conforms but for these deviations."""
    results = []
    for case in battery():
        clause = case.clause
        verdict, observed, known = found.get(clause.id, ("pass", None, None))
        if clause.level == "free":
            verdict, observed = "observed", free.get(clause.id, "as usual")
        result = CaseResult(case.id, clause.id, clause.chapter, clause.level, verdict, clause.says)
        if observed is not None:
            result = replace(result, observed=observed, where="support/x.py:3", check="assert x()")
        if clause.id in found:
            result = replace(result, output="Traceback of it", evidence=("1 actor: blocked",))
        if known:
            result = replace(result, divergence=Expectation(verdict, known))
        results.append(result)
    subject = Subject(name, f"{name}.threads", "1.5", "CPython 3.11.7", "Linux x86_64", True)
    made = make_record(subject, results, 1.0, finished=True)
    return replace(made, made="2026-11-20T10:00:00+00:00")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with three implementations."""
    path = tmp_path_factory.mktemp("page") / "matrix.html"
    other_order = {**FREE, "lock.release.order": "last in, first out"}
    records = [a_record("far", FAR, other_order), a_record("good", {}), a_record("near@3.9", NEAR)]
    matrix = build(records, catalogue(), [Missing("absent", ODD)])
    path.write_text(page.html(matrix), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page that compares two of its three implementations with earlier records."""
    path = tmp_path_factory.mktemp("changed") / "matrix.html"
    other_order = {**FREE, "lock.release.order": "last in, first out"}
    kept = {clause: one for clause, one in NEAR.items() if clause != "lock.release.unlocked-error"}
    broken: dict[str, Deviation] = {**FAR, "event.set.wakes-all": ("fail", "one woke up", None)}
    earlier = [
        replace(
            a_record("near@3.9", kept), made="2026-11-10T10:00:00+00:00", label="v2", time_scale=2.0
        ),
        replace(a_record("near@3.9", NEAR), made="2026-11-01T10:00:00+00:00", label="v1"),
        replace(a_record("far", broken, other_order), made="2026-11-02T10:00:00+00:00"),
        a_record("gone", {}),
    ]
    records = [a_record("far", FAR), a_record("good", {}), a_record("near@3.9", NEAR)]
    matrix = build(records, catalogue())
    path.write_text(page.html(matrix, histories(matrix, [*earlier, records[2]])), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, which npm fetches once."""
    path = ROOT / "build" / "axe" / "package" / "axe.min.js"
    if not path.exists():
        if which("npm") is None:
            pytest.skip(
                "axe-core was not run, because there is no npm (Debian: apt-get install npm)"
            )
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        for command in (["npm", "pack", "--silent", AXE], ["tar", "-xzf", "axe-core-4.14.1.tgz"]):
            subprocess.run(command, cwd=path.parent.parent, check=True, capture_output=True)
    return path.read_text(encoding="utf-8")


def view(shown: browsers.Page, address: str, hash: str = "") -> None:
    """Open the page at a place."""
    shown.open(address + hash)
    shown.wait("document.body.dataset.shown")


def text(shown: browsers.Page, selector: str) -> str:
    """The text of an element, as a reader sees it."""
    found: str = shown.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
    return found


def texts(shown: browsers.Page, selector: str) -> list[str]:
    """The texts of several elements; those of cells that are not laid out yet, too."""
    found: list[str] = shown.evaluate(
        f"""[...document.querySelectorAll({json.dumps(selector)})].map(
            (one) => (one.innerText || one.textContent).trim())"""
    )
    return found


def place(shown: browsers.Page) -> str:
    found: str = shown.evaluate("location.hash")
    return found


def rows(shown: browsers.Page) -> list[str]:
    """The clauses that the matrix shows."""
    found: list[str] = shown.evaluate(
        "[...document.querySelectorAll('.grid tr[data-clause]')].map((one) => one.dataset.clause)"
    )
    return found


def scores(shown: browsers.Page) -> dict[str, str]:
    """The score on must for each implementation, in the order of the overview."""
    names = texts(shown, ".implementations tbody th")
    return dict(zip(names, texts(shown, ".implementations td[data-name=must]"), strict=True))


def follow(shown: browsers.Page, selector: str) -> None:
    """Click on a link within the page, and wait until what it leads to is shown."""
    shown.click(selector)
    shown.wait("document.body.dataset.shown === location.hash")


def choose(shown: browsers.Page, selector: str, value: str) -> None:
    """Choose from a list, as with the keyboard."""
    shown.evaluate(
        f"""(() => {{
            const list = document.querySelector({json.dumps(selector)});
            list.value = {json.dumps(value)};
            list.dispatchEvent(new Event("change"));
        }})()"""
    )


# -- the overview ---------------------------------------------------------------------------------


def test_the_page_loads_nothing_else_and_says_no_error(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    assert [one for one in shown.requests() if one not in ("about:blank", address)] == []
    assert shown.evaluate("document.querySelector('.plain')") is None


def test_the_overview_shows_the_best_first_with_what_breaks(
    shown: browsers.Page, address: str
) -> None:
    view(shown, address)
    found = scores(shown)
    assert list(found) == ["good", "near@3.9", "far"]
    must = sum(clause.level == "must" for clause in catalogue().clauses)
    assert found["good"] == f"{must}/{must}"
    good, near, far = texts(shown, ".sentence")
    assert good == "Keeps everything that is required, and follows every recommendation."
    assert near == "Raises other exceptions in lock.release; lacks isAlive."
    assert far == (
        "Can end the process in thread.start; can hang in thread.join; lets threads go on that "
        "must wait, in lock.acquire; does something else, without an error, in event.wait; "
        "lacks isAlive."
    )
    assert "version 1.5 · CPython 3.11.7 · 2026-11-20" in text(shown, ".ran")
    assert f"absent: {ODD}" in text(shown, "main")
    assert "how fast an implementation is" in text(shown, "main")


def test_any_column_sorts(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    shown.click(".implementations thead th:first-child button")
    assert list(scores(shown)) == ["far", "good", "near@3.9"]
    assert place(shown) == "#overview?sort=name"
    assert shown.evaluate("document.querySelector('[aria-sort]').innerText") == "Implementation"
    choose(shown, "#order", "lock")
    assert list(scores(shown)) == ["good", "near@3.9", "far"]
    for name in ("must", "should", "interpreter", "version", "date", "overview", "interruptions"):
        choose(shown, "#order", "" if name == "must" else name)
        assert len(scores(shown)) == 3


def test_the_overview_can_be_searched_with_the_keyboard(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    assert text(shown, ".found") == ""
    shown.evaluate("document.querySelector('.uses').open = false")
    shown.evaluate("document.querySelector('.uses summary').focus()")
    shown.press("Tab")
    shown.write("3.9 NEAR")
    shown.wait("location.hash === '#overview?q=3.9+NEAR'")
    assert list(scores(shown)) == ["near@3.9"]
    assert text(shown, ".found") == "1 of 3 implementations. Show all"
    assert shown.evaluate("document.activeElement.id") == "search"
    shown.reload()
    shown.wait("document.body.dataset.shown")
    assert list(scores(shown)) == ["near@3.9"]
    assert shown.evaluate("document.querySelector('#search').value") == "3.9 NEAR"
    choose(shown, "#order", "name")
    assert place(shown) == "#overview?q=3.9+NEAR&sort=name"
    follow(shown, ".found a")
    assert place(shown) == "#overview?sort=name"
    assert list(scores(shown)) == ["far", "good", "near@3.9"]
    assert shown.evaluate("document.querySelector('#search').value") == ""
    # By module, version and interpreter as well; without a hit, the page says so.
    for words, number in (("far.threads", 1), ("cpython+3.11.7+1.5", 3), ("pypy", 0)):
        view(shown, address, f"#overview?q={words}")
        assert len(scores(shown)) == number
        assert text(shown, ".found").startswith(f"{number} of 3 ")


def test_the_scores_follow_what_a_program_uses(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    shown.click(".chips input[value=lock]")
    shown.click(".chips input[value=event]")
    must = sum(
        one.level == "must" and one.chapter in ("lock", "event") for one in catalogue().clauses
    )
    assert scores(shown) == {
        "good": f"{must}/{must}",
        "near@3.9": f"{must - 1}/{must}",
        "far": f"{must - 3}/{must}",
    }
    assert texts(shown, ".implementations .turned") == ["lock", "event"]
    assert "isAlive" not in text(shown, ".implementations")
    # The page of an implementation and the matrix keep to the choice.
    follow(shown, ".implementations tbody:nth-of-type(2) a")
    assert "Only 2 chapters: Lock, Event." in text(shown, ".only")
    assert "isAlive" not in text(shown, "main")
    follow(shown, "header nav a[data-view=matrix]")
    assert {one.split(".")[0] for one in rows(shown)} == {"lock", "event"}


def dropped(shown: browsers.Page, address: str, found: Record, folder: Path, hash: str) -> None:
    """Open the page, and a record on it."""
    path = folder / "mine.json"
    record.write(found, path)
    view(shown, address, hash)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")


AT_EXIT: dict[str, Deviation] = {
    "program.waits": ("fail", "the program has ended", None),
    "program.timer": ("fail", "the program has ended", "Timers are daemonic."),
    "program.exit-handler": ("non-strict", "currentThread() is wrong", None),
    "daemon.set": ("fail", "isDaemon() returned False", None),
}


@pytest.mark.parametrize(
    ("chapters", "said"),
    [
        ("lock,thread", True),
        ("timer", True),
        ("lock", False),
        ("thread,daemon", False),
        ("", False),
    ],
)
def test_what_breaks_at_the_exit_of_a_program_with_threads_is_said(
    shown: browsers.Page, address: str, tmp_path: Path, chapters: str, said: bool
) -> None:
    hash = f"#overview?chapters={chapters}"
    dropped(shown, address, a_record("mine", AT_EXIT), tmp_path, hash)
    line = "Not chosen, but breaks at program exit: program.waits and program.timer."
    assert texts(shown, ".implementations .exit") == [line] * said
    follow(shown, ".implementations .own a")
    assert texts(shown, "article .exit") == [line] * said
    if said:
        follow(shown, ".exit a")
        assert place(shown) == "#implementation/mine?chapters=daemon"
        assert "program.waits" in texts(shown, ".deviations a:first-child")


@pytest.mark.parametrize(
    ("hash", "said"),
    [
        ("#foo", "a view foo"),
        ("#foo?chapters=lock", "a view foo"),
        ("#overview?chapters=nope", "the chapter nope"),
        (
            "#matrix?chapters=nope,lock&levels=x&verdicts=fail,y",
            "the chapter nope, the level x and the verdict y",
        ),
        ("#implementation/far?chapters=nope", "the chapter nope"),
        ("#matrix?cell=lock.factory,nobody", "evidence for lock.factory on nobody"),
        ("#overview?chapters=%3Cb%3E", "the chapter <b>"),
    ],
)
def test_an_address_of_something_unknown_is_told(
    shown: browsers.Page, address: str, hash: str, said: str
) -> None:
    view(shown, address, hash)
    assert text(shown, "#notice") == f"This page does not have {said}."
    if hash.startswith("#matrix?chapters"):
        assert {one.split(".")[0] for one in rows(shown)} == {"lock"}
    elif hash.startswith("#overview"):  # as if nothing was chosen
        must = sum(clause.level == "must" for clause in catalogue().clauses)
        assert scores(shown)["good"] == f"{must}/{must}"
    # It is gone with the address.
    follow(shown, "header nav a[data-view=matrix]")
    assert text(shown, "#notice") == ""


def test_a_known_address_tells_nothing(shown: browsers.Page, address: str) -> None:
    for hash in VIEWS.values():
        view(shown, address, hash)
        assert text(shown, "#notice") == "", hash


# -- the matrix -----------------------------------------------------------------------------------


def partly(name: str, judged: Mapping[str, int], gone: str = "") -> Record:
    """A record that keeps what was judged: of some chapters only the first few clauses.

    ``gone``: a chapter of which no case was run.
    """
    skipped = {
        clause.id
        for chapter in catalogue().chapters
        for clause in [one for one in chapter.clauses if one.level != "info"][
            judged.get(chapter.name, len(chapter.clauses)) :
        ]
    }
    whole = a_record(name, {}, {})
    cases = [
        replace(one, verdict="not-offered", observed="") if one.clause in skipped else one
        for one in whole.cases
        if one.chapter != gone
    ]
    return replace(whole, cases=tuple(cases))


def test_what_was_hardly_judged_comes_after_the_others(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    found = partly("mine", {"lock": 3, "timer": 0}, gone="event")
    dropped(shown, address, found, tmp_path, "#overview?chapters=lock")
    must = [one for one in catalogue().clauses if one.chapter == "lock" and one.level == "must"]
    assert list(scores(shown)) == ["good", "near@3.9", "far", "mine (opened here)"]
    assert texts(shown, ".judged") == [f"3 of {len(must)} judged."]
    cell = shown.evaluate("document.querySelector('.own td.chapter').className")
    assert "part" in cell
    assert "whole" not in cell
    assert text(shown, ".own td.chapter [aria-hidden]") == "(✓)"
    for sort in ("should", "lock"):
        choose(shown, "#order", sort)
        assert list(scores(shown))[-1] == "mine (opened here)"
    # So does one that does not have a chapter that a program uses.
    view_without = "#overview?chapters=event,timer,rlock,condition"
    shown.evaluate(f"location.hash = {json.dumps(view_without)}")
    shown.wait(f"document.body.dataset.shown === {json.dumps(view_without)}")
    assert list(scores(shown))[-1] == "mine (opened here)"
    assert text(shown, ".judged").endswith(" judged; Timer: not offered; Event: not run.")
    # It is said as well where it is ranked with the others, and on its page.
    shown.evaluate("location.hash = '#overview'")
    shown.wait("document.body.dataset.shown === '#overview'")
    assert list(scores(shown))[:2] == ["good", "mine (opened here)"]
    assert "Timer: not offered" in text(shown, ".own .judged")
    follow(shown, ".implementations .own a")
    assert "Timer: not offered" in text(shown, ".judged")


def test_a_folded_chapter_says_all_that_is_in_it(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    broken = ("lock", "interruptions", "rlock")
    deviations: dict[str, Deviation] = {
        clause.id: ("non-strict", "it does", None)
        for clause in catalogue().clauses
        if clause.level == "should" and clause.chapter in broken
    }
    deviations["lock.factory"] = ("crash", "SIGSEGV", None)
    part = partly("mine", {"event": 3, "timer": 0}, gone="with")
    cases = {one.case: one for one in part.cases}
    for one in a_record("mine", deviations).cases:
        if one.chapter in broken:
            cases[one.case] = one
    dropped(
        shown, address, replace(part, cases=tuple(cases.values())), tmp_path, "#matrix?columns=mine"
    )
    found = dict(
        shown.evaluate(
            """[...document.querySelectorAll(".grid tr.chapter")].map((row) => [
                row.querySelector("button").dataset.chapter,
                ["textContent", "title", "className", "ariaLabel"].map(
                    (name) => row.cells[1][name]),
            ])"""
        )
    )
    count = {
        (chapter.name, level): sum(one.level == level for one in chapter.clauses)
        for chapter in catalogue().chapters
        for level in ("must", "should")
    }
    assert {chapter: one[0] for chapter, one in found.items()} == {
        **{chapter.name: "✓" for chapter in catalogue().chapters},
        "lock": "1~",
        "rlock": "✓~",
        "interruptions": f"~{count['interruptions', 'should']}",
        "event": "(✓)",
        "timer": "∅",
        "with": "·",
    }
    _, title, kind, label = found["lock"]
    assert title == label
    assert title == (
        f"{count['lock', 'must']} of {count['lock', 'must']} required clauses judged, 1 broken; "
        f"{count['lock', 'should']} of {count['lock', 'should']} recommendations judged, "
        f"{count['lock', 'should']} not followed; at worst crash"
    )
    assert kind == "broken"
    assert found["event"][2] == "part"
    assert found["with"][1] == "no case was run"
    # The legend explains each of these marks.
    shown.click(".legend summary")
    legend = text(shown, ".legend")
    for mark in ("(✓)", "3~", "~3", "·", "∅"):
        assert mark in legend


def test_chapters_fold(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix")
    assert rows(shown) == []
    assert texts(shown, ".grid .chapter:has([data-chapter=lock]) td")[:3] == ["2", "✓", "1"]
    shown.click("[data-chapter=lock]")
    lock = [one.id for one in catalogue().clauses if one.chapter == "lock" and one.level != "info"]
    assert rows(shown) == lock
    assert place(shown) == "#matrix?open=lock"
    shown.click("[data-chapter=lock]")
    assert rows(shown) == []
    shown.click(".fold button")
    assert len(rows(shown)) == sum(one.level != "info" for one in catalogue().clauses)
    shown.click(".fold button + button")
    assert rows(shown) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "rows=broken&chapters=lock",
            [
                "lock.acquire.held-blocks",
                "lock.acquire.holder-blocks",
                "lock.release.unlocked-error",
            ],
        ),
        ("rows=broken&chapters=lock&columns=near@3.9", ["lock.release.unlocked-error"]),
        ("rows=differ&levels=free", ["lock.release.order"]),
        ("verdicts=crash,timeout", ["thread.start.once", "thread.join.blocks"]),
        ("q=SIGSEGV", ["thread.start.once"]),
        ("q=unlocked-error+thread.error", ["lock.release.unlocked-error"]),
        ("q=xyzzy", []),
    ],
)
def test_a_link_with_filters_shows_what_they_leave(
    shown: browsers.Page, address: str, query: str, expected: list[str]
) -> None:
    view(shown, address, f"#matrix?{query}")
    assert rows(shown) == expected
    assert text(shown, ".found").startswith(f"{len(expected)} of ")


def test_the_filters_are_in_the_address(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix")
    shown.click("#search")
    shown.write("lock")
    shown.wait("location.hash.includes('q=lock')")
    choose(shown, "#rows", "broken")
    for menu, value in (
        ("levels", "must"),
        ("verdicts", "fail"),
        ("chapters", "lock"),
        ("columns", "far"),
    ):
        shown.click(f".menu.{menu} summary")
        shown.click(f".menu.{menu} input[value={value}]")
    expected = ["lock.acquire.held-blocks", "lock.acquire.holder-blocks"]
    assert rows(shown) == expected
    assert place(shown) == (
        "#matrix?chapters=lock&levels=must&verdicts=fail&columns=far&rows=broken&q=lock"
    )
    shown.reload()
    shown.wait("document.body.dataset.shown")
    assert rows(shown) == expected
    assert texts(shown, ".grid thead a") == ["far"]
    assert shown.evaluate("document.querySelector('#search').value") == "lock"
    follow(shown, ".found a")
    assert place(shown) == "#matrix"
    assert shown.evaluate("document.querySelector('#search').value") == ""


def test_two_implementations_are_compared(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix")
    choose(shown, "#compare-one", "good")
    choose(shown, "#compare-other", "near@3.9")
    shown.click(".compare button")
    assert texts(shown, ".grid thead a") == ["good", "near@3.9"]
    assert set(rows(shown)) == set(NEAR)
    assert place(shown) == "#matrix?columns=good,near@3.9&rows=differ"


def test_what_was_observed_is_shown_in_the_matrix(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix?levels=free&chapters=lock")
    row = ".grid tr[data-clause='lock.release.order']"
    assert texts(shown, f"{row} td:not(.says)") == ["B", "A", "A"]
    assert texts(shown, f"{row} .value") == ["A first in, first out", "B last in, first out"]


def test_verdicts_are_told_apart_without_colour(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix?open=all")
    marks = shown.evaluate(
        """(() => {
            const found = {};
            for (const one of document.querySelectorAll(".grid .mark, .grid td:not(.says)")) {
                if (one.childElementCount) continue;
                const style = getComputedStyle(one);
                const grey = (colour) => {
                    const [red, green, blue, alpha] = colour.match(/[\\d.]+/g).map(Number);
                    return alpha === 0 ? 255 : 0.2126 * red + 0.7152 * green + 0.0722 * blue;
                };
                const kind = one.className.replace("mark ", "") || "pass";
                const outlined = style.boxShadow !== "none";
                found[kind] = [one.textContent, grey(style.backgroundColor), outlined];
            }
            return found;
        })()"""
    )
    symbols = {name: mark[0] for name, mark in marks.items() if name.startswith("v-")}
    assert symbols.pop("v-unsupported known") == symbols["v-unsupported"]
    assert len(set(symbols.values())) >= len(symbols) - 1  # letters stand for what was observed
    assert marks["pass"][1] - marks["v-fail"][1] > 150
    assert marks["v-unsupported known"][1] - marks["v-unsupported"][1] > 150
    assert marks["v-unsupported known"][2]
    assert not marks["v-unsupported"][2]


# -- the evidence ---------------------------------------------------------------------------------


def test_a_cell_opens_the_evidence(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix?chapters=lock&rows=broken")
    shown.click(".grid tr[data-clause='lock.release.unlocked-error'] td:nth-of-type(3)")
    assert place(shown).endswith("&cell=lock.release.unlocked-error,near@3.9")
    said = text(shown, "#evidence")
    clause = catalogue().find("lock.release.unlocked-error")
    assert clause is not None
    for part in (
        "fail: does not do what the clause requires",
        clause.says,
        "release() raised thread.error: unlocked",
        "assert x()",
        "battery/support/x.py:3",
        "battery/shared/locks.py:",
        "1 actor: blocked",
        "pytest --impl=near@3.9 lock.release.unlocked-error",
        "3 cases",
        " ms",
    ):
        assert part in said
    shown.click("#evidence .case[open] .folded summary")
    assert text(shown, "#evidence .folded[open] pre") == "Traceback of it"
    shown.click("#evidence .case[open] .folded:last-child summary")
    shown.wait("document.querySelectorAll('#evidence .folded[open] pre').length === 2")
    assert "def test_release_of_a_new_lock_is_an_error" in text(shown, ".folded:last-child pre")
    shown.press("Escape")
    assert "cell=" not in place(shown)
    assert not shown.evaluate("document.querySelector('#evidence').open")


def test_a_link_to_a_cell_opens_it_again(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix?open=thread&cell=thread.alive.before,near@3.9")
    assert "unsupported, known" in text(shown, "#evidence")
    assert REMOVED in text(shown, "#evidence")
    shown.reload()
    shown.wait("document.querySelector('#evidence').open")
    cell = ".grid tr[data-clause='thread.alive.before'] td[aria-selected]"
    box = shown.evaluate(
        f"document.querySelector({json.dumps(cell)}).getBoundingClientRect().toJSON()"
    )
    assert 0 < box["top"] < 900
    follow(shown, "#evidence h2 a")
    assert place(shown) == "#clause/thread.alive.before"
    assert not shown.evaluate("document.querySelector('#evidence').open")


def test_evidence_is_text_and_never_markup(shown: browsers.Page, address: str) -> None:
    clause = "rlock.acquire.no-argument-no-value"
    view(shown, address, f"#implementation/near@3.9?cell={clause},near@3.9")
    assert ODD in text(shown, "#evidence")
    assert ODD in text(shown, "main")
    view(shown, address, f"#matrix?q={clause}")
    assert rows(shown) == [clause]


# -- the pages of an implementation and of a clause -----------------------------------------------


def test_an_implementation_has_its_deviations_by_cause(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#overview")
    follow(shown, ".implementations tbody:nth-of-type(3) a")
    assert place(shown) == "#implementation/far"
    assert shown.evaluate("document.title") == "far · threadspec"
    assert texts(shown, ".cause h3") == [
        LETS_IN,
        "wait() returned in 2 of 5 rounds",
        "the process ended: SIGSEGV",
        "There is no isAlive",
        RUNS_ON,
    ]
    alive = shown.evaluate("document.querySelectorAll('.cause')[3].innerText")
    assert f"{len(set(ALIVE))} clauses: " in alive
    assert "What to do: Add isAlive." in alive
    assert "pytest --impl=far thread.alive." in alive
    first = text(shown, ".cause")
    assert "2 clauses: 2 must" in first
    assert "what they share is not protected" in first
    assert "lock.acquire.holder-blocks" in first
    follow(shown, ".cause li a[href*=cell]")
    assert "on far" in text(shown, "#evidence")


IS_RUNNING = "program program_that_lists is running; its output is ['0 0 0']"
CONSEQUENCES = {
    # A program that "is running" has not hung.
    f"isDaemon() of the main thread's object: {IS_RUNNING}": "other result",
    IS_RUNNING: "other result",
    "in 2 of 40 threads, currentThread() did not return the calling thread": "other result",
    "isAlive() returned true after join(), or join() did not return": "other result",
    "actor 1: acquire() has not returned; it must return": "hangs",
    "acquire(False) in a finalizer during one of both does not return": "hangs",
    "join() in a thread did not return after the end of the thread it joined": "hangs",
    "after a signal handler raised at a step of enumerate(), they do not return": "hangs",
    "after release(), an acquire() in another thread stays blocked": "hangs",
    "after several set() calls, wait() blocks": "hangs",
    "notify() does not wake a thread that waits": "hangs",
    "actor 1: start() has not returned; actor 2: join() raised ValueError: late": "hangs",
    # Where an exception came first, it is the cause.
    "actor 1: wait(1) raised TypeError: none; actor 2: acquire() has not returned": "exception",
    "while the counter was 0, acquire() raised dummy.error; it must block": "exception",
    "the block raised OwnException; RuntimeError() came out": "exception",
    "the block raised OwnException; None came out": "other result",
    "isAlive() still returned true long after the thread had raised Oops": "other result",
    "release() returned None, expected RuntimeError to be raised": "other result",
    "actor 1: acquire() returned True; it must block": "does not wait",
    "after a time-out, wait() does not block": "does not wait",
    "the call does not stay blocked": "does not wait",
    "acquire(True) returned, but another thread can acquire the lock": "does not wait",
    "2 blocks were entered while another thread held it": "does not wait",
}


def test_what_a_deviation_does_to_a_program_follows_from_its_evidence(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    required = [one.id for one in catalogue().clauses if one.level == "must" and not one.untested]
    found: dict[str, Deviation] = {
        clause: ("fail", said, None) for clause, said in zip(required, CONSEQUENCES, strict=False)
    }
    path = tmp_path / "mine.json"
    record.write(a_record("mine", found), path)
    view(shown, address)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    follow(shown, "#alert a")
    harms = shown.evaluate(
        """[...document.querySelectorAll(".cause")].flatMap((cause) =>
            [...cause.querySelectorAll(".deviations .observed")].map((one) => [
                one.textContent,
                [...cause.querySelectorAll(".harm")].map((harm) => harm.textContent).join()]))"""
    )
    assert dict(harms) == CONSEQUENCES
    assert "RuntimeError() came out" not in texts(shown, ".cause h3")
    assert "RuntimeError()" in texts(shown, ".cause h3")


def test_known_deviations_are_apart_from_new_ones(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#implementation/near@3.9")
    heads = [one for one in texts(shown, "article h2") if "deviations" in one]
    count = len(set(ALIVE))
    assert heads == [
        "New deviations: 2 clauses, 2 causes",
        f"Known deviations: {count} clauses, 1 cause",
    ]
    assert texts(shown, ".cause h3")[-1] == REMOVED
    assert "What to do" not in text(shown, ".cause:last-of-type")
    assert "near@3.9.threads" in text(shown, ".facts")
    assert texts(shown, ".chapters tbody th")[3] == "Lock"


def test_unreviewed_deviations_are_apart_from_known_ones(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    found: dict[str, Deviation] = {
        "lock.factory": ("fail", "it returned 3", "unreviewed: it returned 3"),
        "event.factory": ("fail", "it returned 3", "unreviewed:it returned 5"),
        "timer.alive": ("fail", "it returned 3", "It is so."),
        "rlock.factory": ("fail", "it returned 3", None),
    }
    dropped(shown, address, a_record("mine", found), tmp_path, "#overview")
    follow(shown, "#alert a")
    assert [one for one in texts(shown, "article h2") if "deviations" in one] == [
        "New deviations: 1 clause, 1 cause",
        "Unreviewed deviations: 2 clauses, 1 cause",
        "Known deviations: 1 clause, 1 cause",
    ]
    assert texts(shown, ".cause h3") == ["it returned 3", "it returned 3", "It is so."]
    advice = shown.evaluate("document.querySelectorAll('.cause')[1].innerText")
    assert "What to do: Mend it, or say in the adapter file why it is so" in advice
    assert "unreviewed" not in " ".join(texts(shown, ".cause h3"))
    for hash, place, said in (
        ("#implementation/mine?cell=lock.factory,mine", "#evidence", "fail, unreviewed"),
        (
            "#implementation/mine?cell=lock.factory,mine",
            "#evidence dl",
            "Unreviewed\nit returned 3",
        ),
        (
            "#implementation/mine?cell=event.factory,mine",
            "#evidence dl",
            "Unreviewed\nit returned 5",
        ),
        ("#implementation/mine?cell=timer.alive,mine", "#evidence dl", "Known\nIt is so."),
        ("#clause/lock.factory", "article .groups", "Unreviewed: it returned 3"),
    ):
        shown.evaluate(f"location.hash = {json.dumps(hash)}")
        shown.wait(f"document.body.dataset.shown === {json.dumps(hash)}")
        assert said in text(shown, place)
    shown.evaluate("location.hash = '#matrix?columns=mine&open=all'")
    shown.wait("document.querySelector('.grid .unreviewed') !== null")
    marks = shown.evaluate(
        """[...document.querySelectorAll(".grid .mark.known")].map((one) =>
            [one.closest("tr").dataset.clause, getComputedStyle(one).outlineStyle])"""
    )
    assert dict(marks) == {
        "lock.factory": "dashed",
        "event.factory": "dashed",
        "timer.alive": "none",
    }


def test_whose_a_cause_is_follows_from_the_standard_library_and_the_issues(
    shown: browsers.Page, tmp_path: Path
) -> None:
    same: Deviation = ("fail", "it returned 3", None)
    kept_apart: dict[str, Deviation] = {
        "rlock.factory": ("fail", "own fault", "So (mine/threads#3)."),
        "event.factory": ("fail", "own fault", "So (python/cpython#5)."),
        "timer.alive": ("error", "no memory", None),
        "lock.release.unlocked-error": ("fail", "own fault", None),
    }
    own = {"lock.factory": same, "condition.factory": ("fail", "it returned 4", None), **kept_apart}
    standard = {"lock.factory": same, "event.factory": ("fail", "else", None)}
    mine = a_record("mine", own)
    mine = replace(
        mine,
        implementation=replace(
            mine.implementation, tracker="https://github.com/mine/threads/issues"
        ),
    )
    other = a_record("stdlib@3.12", {**standard, **own})
    other = replace(
        other, implementation=replace(other.implementation, interpreter="CPython 3.12.1")
    )
    records = [mine, a_record("stdlib@3.11", standard), other]
    path = tmp_path / "matrix.html"
    path.write_text(page.html(build(records, catalogue())), encoding="utf-8")
    view(shown, path.as_uri(), "#implementation/mine")
    told = shown.evaluate(
        """Object.fromEntries([...document.querySelectorAll(".cause")].map((cause) => [
            cause.querySelector("h3").innerText,
            /Whose it is: (.*)/.exec(cause.innerText)?.[1] ?? null]))"""
    )
    inherited = "stdlib@3.11 deviates in the same way"
    assert told == {
        "it returned 3": f"{inherited} from 1 of the 2 clauses, so this may be inherited.",
        "own fault": None,
        "no memory": "the kit's, or that of the environment in which it ran.",
        "So (mine/threads#3).": "reported to its maintainers.",
        "So (python/cpython#5).": "reported to python/cpython.",
    }
    follow(shown, "header nav a")
    shown.evaluate("location.hash = '#implementation/stdlib@3.11'")
    shown.wait("document.querySelector('h1').innerText === 'stdlib@3.11'")
    assert "Whose it is" not in text(shown, "article")


def test_causes_of_broken_requirements_come_first_and_the_page_says_so(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    found: dict[str, Deviation] = {
        "lock.acquire.blocking-keyword": ("non-strict", "advice in a basic chapter", None),
        "timer.alive": ("fail", "required in a late chapter", None),
        "event.factory": ("fail", "required in the middle", None),
    }
    levels = [one.level for one in map(catalogue().find, found) if one]
    assert levels == ["should", "must", "must"]
    dropped(shown, address, a_record("mine", found), tmp_path, "#overview")
    follow(shown, "#alert a")
    assert texts(shown, ".cause h3") == [
        "required in the middle",
        "required in a late chapter",
        "advice in a basic chapter",
    ]
    assert "Causes that break a required clause come before" in text(shown, "article h2 + p")


def test_issues_in_reasons_are_links(shown: browsers.Page, address: str, tmp_path: Path) -> None:
    said = (
        "So it is (python/cpython#90882; a-b/c.d_e#1), not #5, pypy#7, a/b/c#8, "
        "https://x.example/y#9 or <b>e/f#g</b>."
    )
    found: dict[str, Deviation] = {
        "lock.factory": ("fail", "evidence/of#12", said),
        "timer.alive": ("fail", "evidence/of#12", None),
    }
    dropped(shown, address, a_record("mine", found), tmp_path, "#overview")
    expected = [
        ["python/cpython#90882", "https://github.com/python/cpython/issues/90882"],
        ["a-b/c.d_e#1", "https://github.com/a-b/c.d_e/issues/1"],
    ]
    for hash, place in (
        ("#implementation/mine", "article"),
        ("#implementation/mine?cell=lock.factory,mine", "#evidence .content > dl"),
        ("#implementation/mine?cell=lock.factory,mine", "#evidence .case dl"),
        ("#clause/lock.factory", "article .groups"),
    ):
        shown.evaluate(f"location.hash = {json.dumps(hash)}")
        shown.wait(f"document.body.dataset.shown === {json.dumps(hash)}")
        links = shown.evaluate(
            f"""[...document.querySelector({json.dumps(place)})
                .querySelectorAll("a[href*='github.com']")]
                .map((one) => [one.textContent, one.href])"""
        )
        assert links == expected, place
        assert said in text(shown, place)


def test_an_implementation_is_printed_with_everything(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#implementation/far")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate("document.querySelectorAll('article details:not([open])').length") == 0
    shown.call("Emulation.setEmulatedMedia", media="print")
    assert not shown.evaluate("document.querySelector('header').checkVisibility()")
    shown.call("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("number", [1, 3, 40])
def test_the_matrix_is_printed_on_wide_paper(
    shown: browsers.Page, tmp_path: Path, number: int
) -> None:
    records = [a_record(f"implementation@3.{one}", FAR) for one in range(number)]
    path = tmp_path / "matrix.html"
    path.write_text(page.html(build(records, catalogue())), encoding="utf-8")
    view(shown, path.as_uri(), "#matrix?open=lock")
    assert not shown.evaluate("document.querySelector('.on-paper').checkVisibility()")
    printed = shown.call("Page.printToPDF", preferCSSPageSize=True)
    sheets = set(re.findall(rb"/MediaBox \[0 0 (\d+) (\d+)\]", base64.b64decode(printed["data"])))
    assert sheets
    assert all(int(width) > int(height) for width, height in sheets)
    # As wide as the paper, without its margins.
    shown.resize(980, 700)
    shown.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert shown.evaluate("document.querySelector('.on-paper').checkVisibility()")
        assert (
            shown.evaluate("document.querySelector('.grid').getBoundingClientRect().right") <= 980
        )
        cells = shown.evaluate(
            """[...document.querySelectorAll(".grid tr")].map((row) =>
                [...row.cells].slice(0, -1).map((one) =>
                    Math.round(one.getBoundingClientRect().right)).join())"""
        )
        assert len(set(cells)) == 1  # heads are above their columns
    finally:
        shown.call("Emulation.setEmulatedMedia", media="")


def test_the_bars_are_printed_in_their_colours(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    shown.call("Emulation.setEmulatedMedia", media="print")
    try:
        for selector in (".bar span", ".legend .mark"):
            style = f"getComputedStyle(document.querySelector({json.dumps(selector)}))"
            assert shown.evaluate(f"{style}.printColorAdjust") == "exact"
    finally:
        shown.call("Emulation.setEmulatedMedia", media="")


def test_a_clause_has_every_implementation(shown: browsers.Page, address: str) -> None:
    # The address of the old page, too: just the id.
    for hash in ("#clause/lock.release.order", "#lock.release.order"):
        view(shown, address, hash)
        assert text(shown, "h1") == "lock.release.order"
        assert texts(shown, ".groups .observed") == ["last in, first out", "first in, first out"]
        assert texts(shown, ".groups .names") == ["far", "good\nnear@3.9"]
        statement = shown.evaluate("document.querySelector('.statements a').href")
        assert statement.startswith("https://docs.python.org/2.6/library/threading.html#")
    follow(shown, ".names a")
    assert place(shown).endswith("cell=lock.release.order,far")
    view(shown, address, "#clause/no.such")
    assert "There is no clause no.such." in text(shown, "main")


def test_the_browser_goes_back(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    follow(shown, "header nav a[data-view=matrix]")
    shown.click("[data-chapter=lock]")
    shown.click(".grid tr[data-clause] td")
    shown.evaluate("history.back()")
    shown.wait("!document.querySelector('#evidence').open")
    assert place(shown) == "#matrix?open=lock"
    shown.evaluate("history.back()")
    shown.wait("document.querySelector('.implementations') !== null")


# -- earlier records ------------------------------------------------------------------------------


def test_the_overview_says_what_has_changed(shown: browsers.Page, changed: str) -> None:
    view(shown, changed)
    total, *lines = texts(shown, ".since")
    assert total == (
        "Regressed since the earlier records: near@3.9 (1 clause). All changes in the matrix"
    )
    assert lines == [
        "Since 2026-11-10 (v2): 1 regressed",
        "Since 2026-11-02: 1 mended, 1 observed otherwise",
    ]
    assert "Only in the earlier records\n\ngone" in text(shown, "main")
    follow(shown, ".meaning .since a")
    assert place(shown) == "#matrix?columns=near@3.9&rows=changed"
    assert rows(shown) == ["lock.release.unlocked-error"]


def test_what_has_changed_follows_what_a_program_uses(shown: browsers.Page, changed: str) -> None:
    view(shown, changed, "#overview?chapters=event")
    assert texts(shown, ".since") == [
        "Nothing has regressed since the earlier records. All changes in the matrix",
        "Since 2026-11-10 (v2): no change",
        "Since 2026-11-02: 1 mended",
    ]


def test_a_listed_deviation_that_is_worse_is_no_regression_but_is_said(
    shown: browsers.Page, tmp_path: Path
) -> None:
    was: dict[str, Deviation] = {"rlock.factory": ("crash", "first", None)}
    now: dict[str, Deviation] = {
        "lock.factory": ("fail", "it did", "It is so."),
        "rlock.factory": ("fail", "second", None),
    }
    earlier = [
        replace(a_record(name, found), made="2026-11-10T10:00:00+00:00")
        for name, found in (("far", was), ("good", {}), ("kit", {}))
    ]
    other = a_record("kit", {"lock.factory": ("fail", "it did", None)})
    other = replace(other, kit=replace(other.kit, battery="another"))
    records = [a_record("far", now), a_record("good", {}), other]
    path = tmp_path / "matrix.html"

    def lines(first: int, last: int) -> list[str]:
        matrix = build(records[first:last], catalogue())
        past = histories(matrix, earlier[first:last])
        path.write_text(page.html(matrix, past), encoding="utf-8")
        view(shown, path.as_uri())
        return texts(shown, ".since")

    assert lines(1, 3)[0] == (
        "No unlisted regression since the earlier records; 1 clause is worse with another kit. "
        "All changes in the matrix"
    )
    total, _, far = lines(0, 2)
    assert total == (
        "No unlisted regression since the earlier records; 1 listed deviation is worse. "
        "All changes in the matrix"
    )
    assert far == "Since 2026-11-10: 1 worse as listed, 1 deviates otherwise"
    titles = shown.evaluate("[...document.querySelectorAll('.since span')].map((one) => one.title)")
    assert [one.lower() for one in titles] == [CHANGES["known"], CHANGES["otherwise"]]
    # The legend has the words that occur, and no others.
    shown.click(".legend summary")
    legend = text(shown, ".legend")
    assert f"worse as listed: {CHANGES['known']}" in legend
    assert f"deviates otherwise: {CHANGES['otherwise']}" in legend
    assert CHANGES["mended"] not in legend
    follow(shown, ".since a")
    assert place(shown) == "#matrix?columns=far&rows=changed"
    assert rows(shown) == ["lock.factory", "rlock.factory"]


def test_the_matrix_can_show_only_what_has_changed(shown: browsers.Page, changed: str) -> None:
    view(shown, changed, "#matrix")
    choose(shown, "#rows", "changed")
    assert place(shown) == "#matrix?rows=changed"
    assert rows(shown) == [
        "lock.release.order",
        "lock.release.unlocked-error",
        "event.set.wakes-all",
    ]
    marks = shown.evaluate(
        """[...document.querySelectorAll(".grid td.changed")].map((one) => [
            one.className, one.ariaLabel, getComputedStyle(one, "::after").content])"""
    )
    assert marks == [
        ["changed other", "first in, first out; Observed otherwise", '"◆"'],
        ["changed worse", "fail; Regressed", '"▼"'],
        ["changed better", "pass; Mended", '"▲"'],
    ]
    # With only one implementation, only what changed about it.
    view(shown, changed, "#matrix?rows=changed&columns=far")
    assert rows(shown) == ["lock.release.order", "event.set.wakes-all"]


def test_the_evidence_says_what_was_before(shown: browsers.Page, changed: str) -> None:
    cells = {
        "lock.release.unlocked-error,near@3.9": [
            "pass, on 2026-11-10 (v2)",
            f"Regressed: {CHANGES['regressed']}",
        ],
        "event.set.wakes-all,far": [
            "fail, on 2026-11-02\none woke up",
            f"Mended: {CHANGES['mended']}",
        ],
        "lock.factory,far": ["the same verdict, on 2026-11-02"],
        "lock.factory,good": [],
    }
    for cell, expected in cells.items():
        view(shown, changed, f"#matrix?open=lock&cell={cell}")
        found = shown.evaluate(
            """[...document.querySelectorAll("#evidence .content > dl dt")]
                .filter((one) => ["Before", "Change"].includes(one.textContent))
                .map((one) => one.nextSibling.innerText)"""
        )
        assert found == expected, cell


def test_an_implementation_has_its_changes_and_its_history(
    shown: browsers.Page, changed: str
) -> None:
    view(shown, changed, "#implementation/near@3.9")
    heads = texts(shown, "article h2")
    assert heads[0] == "Since 2026-11-10 (v2): 1 regressed"
    assert texts(shown, ".conditions li")[1:] == ["time scale: 2 → 1"]
    (regressed,) = texts(shown, ".kind-regressed li")
    assert regressed.startswith("lock.release.unlocked-error must pass → fail evidence")
    assert regressed.endswith("\nrelease() raised thread.error: unlocked")
    must = sum(one.level == "must" for one in catalogue().clauses)
    alive = sum(one.level == "must" and one.id in ALIVE for one in catalogue().clauses)
    assert texts(shown, ".history tbody th") == ["2026-11-20", "2026-11-10 (v2)", "2026-11-01 (v1)"]
    figures = texts(shown, ".history td:nth-of-type(1)")
    assert figures == [f"{must - alive - broken}/{must}" for broken in (1, 0, 1)]
    assert texts(shown, ".history td:nth-of-type(3)") == ["1 regressed", "1 mended", ""]
    follow(shown, ".kind-regressed a[href*=cell]")
    assert "pass, on 2026-11-10 (v2)" in text(shown, "#evidence")


@pytest.mark.parametrize(("digest", "what"), [("battery", "battery"), ("clauses", "catalogue")])
def test_that_a_record_has_another_kit_than_the_page_is_said_once(
    shown: browsers.Page, tmp_path: Path, digest: str, what: str
) -> None:
    records = []
    for day in (10, 20):
        found = a_record("far", FAR)
        kit = replace(found.kit, **{digest: "another"})
        records.append(replace(found, made=f"2026-11-{day}T10:00:00+00:00", kit=kit))
    matrix = build(records[1:], catalogue())
    path = tmp_path / "matrix.html"
    path.write_text(page.html(matrix, histories(matrix, records[:1])), encoding="utf-8")
    view(shown, path.as_uri(), "#implementation/far")
    said = text(shown, "main")
    assert said.count("another version") == 1
    assert said.index(f"made with another version of the {what} than this page") < said.index(
        "Since"
    )
    assert "clauses compared, with the same kit" in said
    assert "Another kit" not in said


def test_two_records_of_one_day_are_told_apart_by_their_times(
    shown: browsers.Page, tmp_path: Path
) -> None:
    times = ("2026-11-19T23:00:00+00:00", "2026-11-20T08:27:00+00:00", "2026-11-20T08:40:00+00:00")
    records = [replace(a_record("far", FAR), made=made) for made in times]
    matrix = build(records[2:], catalogue())
    path = tmp_path / "matrix.html"
    path.write_text(page.html(matrix, histories(matrix, records[:2])), encoding="utf-8")
    view(shown, path.as_uri())
    assert texts(shown, ".implementations .since") == ["Since 2026-11-20 08:27: no change"]
    assert "· 2026-11-20 08:40" in text(shown, ".ran")
    view(shown, path.as_uri(), "#implementation/far?cell=lock.factory,far")
    assert texts(shown, "article h2")[0] == "Since 2026-11-20 08:27: no change"
    assert texts(shown, ".history tbody th") == [
        "2026-11-20 08:40",
        "2026-11-20 08:27",
        "2026-11-19",
    ]
    assert "on 2026-11-20 08:27" in text(shown, "#evidence")
    plain = path.read_text(encoding="utf-8")
    assert "2026-11-20 08:40; since 2026-11-20 08:27: no change" in plain


def test_without_earlier_records_nothing_is_said_of_changes(
    shown: browsers.Page, address: str, changed: str
) -> None:
    view(shown, address)
    assert texts(shown, ".since") == []
    view(shown, address, "#matrix")
    assert texts(shown, "#rows option") == ["all", "only rows that differ", "what fails somewhere"]
    for hash in (f"{address}#implementation/near@3.9", f"{changed}#implementation/good"):
        view(shown, hash)
        heads = texts(shown, "article h2")
        assert "History" not in heads
        assert not any(one.startswith("Since") for one in heads)


# -- records that a reader opens ------------------------------------------------------------------


def test_a_dropped_record_is_shown_beside_the_others(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    record.write(a_record("good", {"lock.factory": ("fail", "it did", None)}), path)
    view(shown, address)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    assert "good #2 was added" in text(shown, "#alert")
    assert len(scores(shown)) == 4
    follow(shown, "#alert a")
    assert text(shown, "h1") == "good #2"
    assert texts(shown, ".cause h3") == ["it did"]
    follow(shown, "#alert a + a")
    assert texts(shown, ".grid thead a") == ["good", "good #2"]
    assert rows(shown) == ["lock.factory"]


def test_what_an_adapter_says_of_an_implementation_is_shown(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    document = record.to_json(a_record("mine", {}))
    document["implementation"].update(
        mapped={"Thread.isAlive": "is_alive"},
        omits=["timer"],
        homepage="https://threads.example/",
        tracker="javascript:alert('x')",
    )
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    view(shown, address)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    said = text(shown, ".implementations .own")
    assert (
        "its adapter maps Thread.isAlive to is_alive · its adapter omits the chapter timer" in said
    )
    assert "home page" in said
    follow(shown, "#alert a")
    said = text(shown, "main")
    assert "The adapter maps Thread.isAlive to is_alive." in said
    assert "The cases about timer were not run." in said
    links = shown.evaluate("[...document.querySelectorAll('.facts a')].map((one) => one.href)")
    assert links == ["https://threads.example/"]


def test_a_compressed_record_can_be_opened(
    shown: browsers.Page, address: str, tmp_path: Path
) -> None:
    plain = json.dumps(record.to_json(a_record("packed", {})))
    path = tmp_path / "packed.json.gz"
    path.write_bytes(gzip.compress(plain.encode()))
    view(shown, address, "#matrix")
    node = shown.call("DOM.getDocument")["root"]["nodeId"]
    found = shown.call("DOM.querySelector", nodeId=node, selector="#open")
    shown.call("DOM.setFileInputFiles", files=[str(path)], nodeId=found["nodeId"])
    shown.wait("document.querySelector('#alert').innerText")
    assert texts(shown, ".grid thead a")[-1] == "packed"


def other_format(document: dict[str, Any]) -> str:
    document["schema"] = "threadspec-record/1"
    return json.dumps(document)


def unfinished(document: dict[str, Any]) -> str:
    document["finished"] = False
    return json.dumps(document)


def damaged(document: dict[str, Any]) -> str:
    document["cases"][0]["verdict"] = "splendid"
    return json.dumps(document)


def cut(document: dict[str, Any]) -> str:
    return json.dumps(document)[:500]


def foreign(document: dict[str, Any]) -> str:
    return '{"schema": 7}'


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_format, "has the format threadspec-record/1, but this page reads"),
        (unfinished, "is of a run that was interrupted"),
        (damaged, "is damaged (splendid)"),
        (cut, "is not complete JSON"),
        (foreign, "is not a record of threadspec"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(
    shown: browsers.Page, address: str, tmp_path: Path, spoil: Any, said: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(spoil(record.to_json(a_record("x", {}))), encoding="utf-8")
    view(shown, address)
    shown.drop(path)
    shown.wait("document.querySelector('#alert').innerText")
    assert text(shown, "#alert").startswith(f"mine.json {said}")
    assert len(scores(shown)) == 3


# -- for every reader -----------------------------------------------------------------------------


def test_the_page_can_be_used_with_the_keyboard_alone(shown: browsers.Page, address: str) -> None:
    view(shown, address)

    def focus() -> str:
        found: str = shown.evaluate("document.activeElement.innerText || document.activeElement.id")
        return found

    shown.press("Tab")
    assert focus() == "Skip to the content"
    shown.press("Enter")
    assert shown.evaluate("document.activeElement.tagName") == "H1"
    assert place(shown) == ""
    shown.press("Tab", modifiers=8)
    assert focus() == "open"
    shown.press("Tab", modifiers=8)
    assert focus() == "Matrix"
    shown.press("Enter")
    shown.wait("document.body.dataset.shown === '#matrix'")
    assert shown.evaluate("document.activeElement.tagName") == "H1"
    for _ in range(30):
        if shown.evaluate("document.activeElement.closest('.grid') !== null"):
            break
        shown.press("Tab")
    # The whole grid is one stop: arrows move in it.
    shown.press("Home", modifiers=2)
    shown.press("ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    assert "open=lock" in place(shown)
    assert shown.evaluate("document.activeElement.dataset.chapter") == "lock"
    shown.press("ArrowDown", "ArrowDown", "ArrowRight", "Enter")
    assert "cell=lock.created-unlocked,far" in place(shown)
    assert shown.evaluate("document.activeElement.closest('#evidence') !== null")
    shown.press("Escape")
    assert (
        shown.evaluate("document.activeElement.closest('tr').dataset.clause")
        == "lock.created-unlocked"
    )
    shown.press("ArrowLeft", "Enter")
    shown.wait("document.body.dataset.shown === '#clause/lock.created-unlocked'")


def test_the_menus_can_be_used_with_the_keyboard_alone(shown: browsers.Page, address: str) -> None:
    view(shown, address, "#matrix")
    shown.evaluate("document.querySelector('.menu summary').focus()")
    shown.press("Enter", "Tab", "Space")
    first = catalogue().chapters[0].name
    assert place(shown) == f"#matrix?chapters={first}"
    assert shown.evaluate("document.activeElement.value") == first
    shown.press("Escape")
    assert shown.evaluate("document.querySelectorAll('.menu[open]').length") == 0
    assert shown.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_overview_keeps_the_focus(shown: browsers.Page, address: str) -> None:
    view(shown, address)
    active = "document.activeElement"
    shown.evaluate("document.querySelector('.chips input[value=rlock]').focus()")
    shown.press("Space")
    assert place(shown) == "#overview?chapters=rlock"
    assert shown.evaluate(f"{active}.closest('.chips') && {active}.value") == "rlock"
    shown.press("Tab", "Space")
    assert place(shown) == "#overview?chapters=rlock,condition"
    for name in ("name", "should", "condition"):
        shown.evaluate(f"document.querySelector('thead button[value={name}]').focus()")
        shown.press("Enter")
        assert place(shown).endswith(f"&sort={name}")
        assert shown.evaluate(f"{active}.closest('th').ariaSort") == "ascending"


@pytest.mark.parametrize(
    ("hash", "link"),
    [
        ("#implementation/far", ".cause details li:nth-child(3) a[href*='cell=']"),
        ("#implementation/far?chapters=lock", ".cause li:nth-child(2) a[href*='cell=']"),
        ("#clause/lock.release.order", ".groups a[href*='cell=lock.release.order,good']"),
    ],
)
def test_the_focus_comes_back_from_the_evidence(
    shown: browsers.Page, address: str, hash: str, link: str
) -> None:
    view(shown, address, hash)
    shown.evaluate(
        "document.querySelectorAll('.cause details').forEach((one) => { one.open = true })"
    )
    href = shown.evaluate(f"document.querySelector({json.dumps(link)}).hash")
    shown.evaluate(f"document.querySelector({json.dumps(link)}).focus()")
    shown.press("Enter")
    shown.wait("document.activeElement.closest('#evidence') !== null")
    shown.press("Escape")
    assert place(shown) == hash
    assert shown.evaluate("document.activeElement.hash") == href
    assert shown.evaluate("document.activeElement.checkVisibility()")
    # The same from a link that shows the evidence, and with the button.
    view(shown, address, href)
    shown.wait("document.activeElement.closest('#evidence') !== null")
    folded = (
        shown.evaluate(f"document.querySelector({json.dumps(link)}).closest('details')") is not None
    )
    shown.click("#evidence .close")
    found = shown.evaluate("document.activeElement.hash || document.activeElement.tagName")
    assert found == ("H1" if folded else href)


VIEWS = {
    "overview": "#overview",
    "chapters": "#overview?chapters=lock,event",
    "matrix": "#matrix",
    "cells": "#matrix?open=lock",
    "evidence": "#matrix?open=lock&cell=lock.release.unlocked-error,near@3.9",
    "implementation": "#implementation/far",
    "clause": "#clause/lock.release.order",
    "absent": "#implementation/nobody",
}


# The views of the page with earlier records, where they show something else.
CHANGED_VIEWS = {
    "overview": "#overview",
    "changes": "#matrix?rows=changed",
    "before": "#matrix?rows=changed&cell=lock.release.order,far",
    "history": "#implementation/near@3.9",
}


def obstacles(shown: browsers.Page) -> list[Any]:
    """What axe, which has been loaded, finds on the page that is shown."""
    found = shown.evaluate(
        """axe.run({ resultTypes: ["violations"] }).then(({ passes, violations }) => [
            passes.length,
            violations.map((one) => [one.id, one.nodes.map((node) => node.failureSummary)]),
        ])"""
    )
    assert found[0] > 10  # it has looked at something
    return list(found[1])


@pytest.mark.parametrize("page", ["address", "changed"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing_on_any_view(
    shown: browsers.Page,
    axe: str,
    width: int,
    scheme: str,
    page: str,
    request: pytest.FixtureRequest,
) -> None:
    shown.resize(width, 800)
    shown.media(prefers_color_scheme=scheme)
    view(shown, request.getfixturevalue(page))
    shown.evaluate(f"{axe}; 0")
    for name, hash in (VIEWS if page == "address" else CHANGED_VIEWS).items():
        shown.evaluate(f"location.hash = {json.dumps(hash)}")
        shown.wait(f"document.body.dataset.shown === {json.dumps(hash)}")
        shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert obstacles(shown) == [], name


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing_on_a_comparison(
    shown: browsers.Page, axe: str, tmp_path: Path, width: int, scheme: str
) -> None:
    shown.resize(width, 800)
    shown.media(prefers_color_scheme=scheme)
    found = compare([a_record("far", FAR)], [a_record("near@3.9", NEAR)])
    path = tmp_path / "diff.html"
    path.write_text(render_diff.html(found), encoding="utf-8")
    shown.open(path.as_uri())
    shown.evaluate(f"{axe}; 0")
    assert obstacles(shown) == []
    assert shown.evaluate("document.documentElement.scrollWidth") == width


def test_dark_and_light_follow_the_reader(shown: browsers.Page, address: str) -> None:
    colours = []
    for scheme in ("light", "dark"):
        shown.media(prefers_color_scheme=scheme)
        view(shown, address)
        colours.append(shown.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, one[4:-1].split(", "))) for one in colours)
    assert light > 700
    assert dark < 100


@pytest.mark.parametrize("hash", VIEWS.values(), ids=VIEWS)
def test_a_phone_shows_every_view(shown: browsers.Page, address: str, hash: str) -> None:
    shown.resize(360, 740)
    view(shown, address, hash)
    assert shown.evaluate("document.documentElement.scrollWidth") == 360
    if hash == "#overview":
        box = shown.evaluate(
            "document.querySelector('td[data-name=must]').getBoundingClientRect().toJSON()"
        )
        assert box["right"] < 360
        assert box["bottom"] < 740


@pytest.mark.parametrize("hash", CHANGED_VIEWS.values(), ids=CHANGED_VIEWS)
def test_a_phone_shows_what_has_changed(shown: browsers.Page, changed: str, hash: str) -> None:
    shown.resize(360, 740)
    view(shown, changed, hash)
    assert shown.evaluate("document.documentElement.scrollWidth") == 360


def test_the_menus_fit_on_a_phone(shown: browsers.Page, address: str) -> None:
    shown.resize(360, 740)
    view(shown, address, "#matrix")
    shown.click(".toolbar > summary")
    for name in ("chapters", "levels", "verdicts", "columns"):
        shown.click(f".menu.{name} summary")
        box = shown.evaluate(
            "document.querySelector('.menu[open] .boxes').getBoundingClientRect().toJSON()"
        )
        assert box["left"] >= 0, name
        assert box["right"] <= 360, name


def test_without_its_script_the_page_is_a_plain_table(shown: browsers.Page, address: str) -> None:
    shown.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        shown.open(address)
        said = text(shown, "body")
    finally:
        shown.call("Emulation.setScriptExecutionDisabled", value=False)
    for part in (
        "This is the plain form",
        "near@3.9",
        "known unsupported",
        "lock.release.unlocked-error",
    ):
        assert part in said


def test_a_browser_that_cannot_unpack_shows_the_plain_table(
    shown: browsers.Page, address: str
) -> None:
    script = shown.call(
        "Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream"
    )
    try:
        shown.open(address)
        assert "This is the plain form" in text(shown, "body")
    finally:
        shown.call("Page.removeScriptToEvaluateOnNewDocument", **script)
    view(shown, address)
