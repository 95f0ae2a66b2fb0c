"""Omitted chapters: nothing in them is run, and what needs them elsewhere is not offered either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from threadspec.adapters.adapter import resolve
from threadspec.conformance.harness.names import ALL, CHAPTERS, DOCUMENTED, Omissions
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import fails
from threadspec.frontends.trial import Trial
from threadspec.reports.record import CaseResult

WITHOUT_DAEMONS = """
import threadspec.reference as whole

class Thread(whole.Thread):
    @property
    def isDaemon(self):
        raise AttributeError("that is beyond this thread")
    setDaemon = isDaemon
"""


def judged(folder: Path, omits: list[str], change: str, *words: str) -> list[CaseResult]:
    """The results of the cases whose id contains one of these words.

    ``change``: statements that change the reference.
    """
    source = f"from threadspec.reference import *\n{change}\n"
    (folder / "partial.py").write_text(source, encoding="utf-8")
    path = folder / "partial.toml"
    path.write_text(f'module = "partial"\nomits = {json.dumps(omits)}\n', encoding="utf-8")
    one = Trial(resolve(str(path)))
    try:
        return list(one.run_all([case for case in battery() if any(w in case.id for w in words)]))
    finally:
        one.close()


def test_no_case_of_an_omitted_chapter_is_run(tmp_path: Path) -> None:
    results = judged(tmp_path, ["timer", "event"], "del Timer", "battery/timer/", "battery/event/")
    assert {one.chapter for one in results} == {"timer", "event"}
    for one in results:
        assert one.verdict == "not-offered"
        assert one.observed == "the adapter says that partial does not offer this chapter"
        assert one.seconds == 0


def test_other_chapters_lose_only_what_the_omitted_one_documents(tmp_path: Path) -> None:
    results = judged(
        tmp_path, ["timer"], "del Timer", "module/", "overview/", "interruptions/", "lock/"
    )
    assert {one.verdict for one in results} <= {"pass", "observed", "not-offered"}
    missing = [one for one in results if one.verdict == "not-offered"]
    assert {one.observed for one in missing} == {
        "there is no Timer; the adapter omits the chapter timer"
    }
    assert {one.clause for one in missing} >= {
        "overview.names",
        "overview.methods",
        "settrace.timer",
    }
    assert len([one for one in results if one.verdict == "pass"]) > 250


def test_a_method_of_an_omitted_chapter_is_not_offered_wherever_it_is_used(tmp_path: Path) -> None:
    words = ("overview/", "enumerate", "interruptions/join", "thread/")
    results = judged(tmp_path, ["daemon"], WITHOUT_DAEMONS, *words)
    assert not [one for one in results if fails(one.verdict, strict=True)]
    missing = {one.clause for one in results if one.verdict == "not-offered"}
    assert missing >= {"overview.methods", "enumerate.includes-daemonic"}


def test_what_is_missing_in_another_chapter_is_still_unsupported(tmp_path: Path) -> None:
    results = judged(
        tmp_path, ["timer"], "del Timer, Event", "overview/", "module/general", "event/"
    )
    verdicts = {one.clause: one.verdict for one in results}
    assert verdicts["module.names"] == verdicts["event.set.wakes-all"] == "unsupported"
    names = [one for one in results if one.case.endswith("test_every_documented_name_is_there")]
    assert [one.verdict for one in names] == ["unsupported"]
    assert "Event" in str(names[0].observed)


def test_what_is_offered_of_an_omitted_chapter_can_be_used_elsewhere(tmp_path: Path) -> None:
    results = judged(tmp_path, ["timer"], "del Event", "settrace.py", "overview/")
    timers = [one for one in results if "timer" in one.case]
    assert timers
    assert {one.verdict for one in timers} == {"pass"}


def test_the_chapters_document_every_name() -> None:
    assert {name for names in CHAPTERS.values() for name in names.split()} == DOCUMENTED
    assert {name.rpartition(".")[2] for name in ALL} == DOCUMENTED


@pytest.mark.parametrize(
    ("chapters", "omitted", "kept"),
    [
        (["timer"], {"Timer", "cancel"}, {"start", "Event"}),
        (["condition"], {"Condition", "notify", "notifyAll"}, {"wait", "acquire"}),
        (["condition", "event"], {"wait", "isSet"}, {"acquire"}),
        (["with", "interruptions", "alien"], set(), DOCUMENTED),
    ],
)
def test_a_name_is_omitted_if_no_other_chapter_documents_it(
    chapters: list[str], omitted: set[str], kept: set[str]
) -> None:
    omissions = Omissions(chapters)
    assert {name for name in omitted if name in omissions} == omitted
    assert not {name for name in kept if name in omissions}


def test_all_the_chapters_of_a_missing_name_are_told() -> None:
    told = Omissions(["event", "condition", "timer"]).tell("Condition.wait")
    assert told == "there is no Condition.wait; the adapter omits the chapters event and condition"
