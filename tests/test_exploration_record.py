"""Explorations in records: written, added, read, joined, compared and shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from explorations import CUT, WHOLE, broken, exploration, program
from test_exploration_command import ATTEMPTS, HASTY

from threadspec.adapters.adapter import resolve
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.exploration import campaign, visible
from threadspec.exploration.campaign import Campaign
from threadspec.exploration.exploring import Part
from threadspec.frontends import cli, parallel
from threadspec.frontends.commands.matrix import _is_current
from threadspec.frontends.session import Session, check_replaceable
from threadspec.frontends.trial import make_record
from threadspec.reports import diff, joining, matrix, record, render_diff, render_exploration
from threadspec.reports.exploration import FOREIGN, Broken, Exploration, numbers
from threadspec.reports.record import CaseResult, Record, Subject

Threadspec = Callable[..., tuple[int, str, str]]


def a_record(name: str = "mine", label: str = "", **fields: Any) -> Record:
    """A record of a run in which every case passed."""
    results = [
        CaseResult(one.id, one.clause.id, one.clause.chapter, one.clause.level, "pass", "x")
        for one in battery()
    ]
    subject = Subject(name, "mine", None, "CPython 3.11.7", "Linux x86_64", True)
    made = make_record(subject, results, 1.0, finished=True, label=label)
    return replace(made, made="2026-11-20T10:00:00+00:00", **fields)


def explored(part: Exploration = WHOLE, name: str = "mine", label: str = "") -> Record:
    """A record of an exploration alone."""
    return replace(
        a_record(name, label), cases=(), exploration=part, made="2026-11-21T10:00:00+00:00"
    )


@pytest.fixture
def threadspec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Threadspec:
    """Run the command in a new folder; return its exit status, its output and its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


# -- the record -----------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [a_record(exploration=WHOLE), explored()])
def test_what_is_read_is_what_was_written(tmp_path: Path, made: Record) -> None:
    path = tmp_path / "x.json"
    record.write(made, path)
    assert record.read(path) == made
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["schema"] == "threadspec-record/4"
    jsonschema.Draft202012Validator(record.schema()).validate(document)


def test_a_record_without_an_exploration_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    record.write(a_record(), path)
    assert "exploration" not in json.loads(path.read_text(encoding="utf-8"))
    assert record.read(path).exploration is None


def twice(part: dict[str, Any]) -> None:
    part["programs"].append(part["programs"][0])


def no_failure(part: dict[str, Any]) -> None:
    part["programs"][-1]["failure"] = None


def no_bound(part: dict[str, Any]) -> None:
    next(one for one in part["programs"] if one["grade"] == "bounded")["bound"] = None


def no_grade(part: dict[str, Any]) -> None:
    del part["programs"][0]["grade"]


def strange(part: dict[str, Any]) -> None:
    part["odd"] = 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (twice, "it has the exploration of event.two-sets twice"),
        (no_failure, "the exploration of thread.start-twice is said to be fails"),
        (no_bound, "the exploration of thread.joiners is bounded with the bound None"),
        (no_grade, "is damaged at exploration/programs"),
        (strange, "it has fields that no record has"),
    ],
)
def test_a_damaged_exploration_is_refused(
    tmp_path: Path, damage: Callable[[dict[str, Any]], None], said: str
) -> None:
    document = record.to_json(a_record(exploration=WHOLE))
    damage(document["exploration"])
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UserError) as raised:
        record.read(path)
    assert said in str(raised.value)


def test_verdicts_from_simulated_threads_are_refused(tmp_path: Path) -> None:
    made = a_record()
    subject = replace(made.implementation, interpreter="simulated threads on CPython 3.11.7")
    path = tmp_path / "x.json"
    record.write(replace(made, implementation=subject), path)
    with pytest.raises(UserError, match="run on simulated threads, which give no verdicts"):
        record.read(path)


# -- how it gets there ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["e.json", "e.json.gz", "folder/"])
def test_explore_writes_a_record(threadspec: Threadspec, name: str) -> None:
    Path("hasty.py").write_text(HASTY)
    status, _, err = threadspec(
        "explore",
        "--impl=hasty",
        "lock.attempts-3",
        "lock.exclusion-2",
        f"--report={name}",
        "--label=v1",
    )
    path = Path("folder/hasty.json" if name == "folder/" else name)
    assert status == 1
    assert f"the results were written to {path}" in err
    found = record.read(path)
    assert (found.implementation.name, found.label, found.cases) == ("hasty", "v1", ())
    assert found.implementation.interpreter.startswith("simulated threads on ")
    part = found.exploration
    assert part is not None
    first, second = part.programs
    assert (first.name, first.verdict, first.clauses) == (
        "lock.attempts-3",
        "fails",
        ("lock.acquire.atomic",),
    )
    assert first.failure is not None
    assert first.failure.preemptions == 1
    assert (second.verdict, second.grade, second.failure) == ("holds", "exhausted", None)
    status, out, _ = threadspec("explore", "--impl=hasty", f"--replay={first.failure.token}")
    assert status == 1
    assert first.failure.observed in out


def test_what_there_is_no_time_for_is_counted_as_left_out(threadspec: Threadspec) -> None:
    Path("hasty.py").write_text(HASTY)
    status, out, _ = threadspec("explore", "--impl=hasty", "--seconds=1e-6", "--report=e.json")
    assert status == 0
    part = record.read(Path("e.json")).exploration
    assert part is not None
    assert part.programs == ()
    assert part.left_out["the time was over"] > 1000
    assert f"Programs and cases left out: {part.left_out['the time was over']:,} (the time" in out


def test_what_was_tried_before_the_time_was_over_is_kept(
    threadspec: Threadspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = (Part("every", 2), Part("every", 4), Part("every", 6))
    monkeypatch.setattr(campaign, "PARTS", parts)
    go_on = Campaign._go_on

    def once(self: Campaign, exploration: Any, part: int) -> bool:
        if part == 2:
            exploration._deadline = 0.0
        return go_on(self, exploration, part)

    monkeypatch.setattr(Campaign, "_go_on", once)
    threadspec("explore", "--impl=reference", "event.two-sets", "--report=e.json")
    part = record.read(Path("e.json")).exploration
    assert part is not None
    (one,) = part.programs
    assert (one.grade, one.schedules) == ("sampled", 2)


def test_the_digest_tells_that_the_source_has_changed(threadspec: Threadspec) -> None:
    sources = []
    for text in (HASTY, HASTY, HASTY + "\n# changed\n"):
        Path("hasty.py").write_text(text)
        threadspec("explore", "--impl=hasty", "lock.exclusion-2", "--report=e.json")
        part = record.read(Path("e.json")).exploration
        assert part is not None
        sources.append(part.source)
    assert sources[0] == sources[1] != sources[2]


def test_an_exploration_is_added_to_a_record_and_nothing_else_changes(
    threadspec: Threadspec,
) -> None:
    Path("hasty.py").write_text(HASTY)
    made = a_record("hasty")
    made = replace(made, implementation=replace(made.implementation, module="hasty"))
    path = Path("r.json")
    record.write(made, path)
    for program_ in ("lock.attempts-3", "lock.exclusion-2"):
        threadspec("explore", "--impl=hasty", program_, "--add-to=r.json")
        found = record.read(path)
        assert replace(found, exploration=None) == made
        assert found.exploration is not None
        assert [one.name for one in found.exploration.programs] == [program_]


def test_only_what_the_adapter_lists_and_always_fails_is_known(threadspec: Threadspec) -> None:
    Path("early.py").write_text(
        "from threading import *\n\n\nclass Event(Event):\n    def isSet(self):\n        return 7\n"
    )
    case = next(one for one in battery() if one.clause.id == "event.initially-false")
    divergence = (
        f'[[divergence]]\nclause = "{case.clause.id}"\nverdict = "fail"\nreason = "Seven."\n'
    )
    for listed, verdict, expected in (("", "fails", 1), (divergence, "known", 0)):
        Path("early.toml").write_text(f'module = "early"\n{listed}')
        status, _, _ = threadspec("explore", "--impl=./early.toml", case.id, "--report=e.json")
        part = record.read(Path("e.json")).exploration
        assert part is not None
        assert ([one.verdict for one in part.programs], status) == ([verdict], expected)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--add-to=none.json"], "The record none.json cannot be read"),
        (["--add-to=broken.json"], "broken.json is not complete JSON"),
        (["--add-to=other.json"], "it is of hasty, and the record is of other"),
        (["--add-to=elsewhere.json"], "it is of the module hasty, and the record is of mine"),
        (["--report=e.json", "--add-to=r.json"], "give one of them"),
        (["--report=run.json"], "with threadspec explore --add-to=run.json"),
        (["--report=broken.json"], "broken.json would be lost, and is no record"),
        (["--report=package.json"], "package.json is not a threadspec record; delete it, or give"),
        (["--report=later.json"], "later.json has the format threadspec-record/5"),
        (["--report=e.txt"], "--report=e.txt names neither a .json file nor a folder"),
        (["--label=v1"], "add --report=FILE"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_explored(
    threadspec: Threadspec, arguments: list[str], sentence: str
) -> None:
    Path("hasty.py").write_text(HASTY)
    Path("broken.json").write_text("{")
    Path("package.json").write_text("{}")
    Path("later.json").write_text(
        json.dumps({**record.to_json(a_record("hasty")), "schema": "threadspec-record/5"})
    )
    for name, one in (("other", "other"), ("elsewhere", "hasty"), ("run", "hasty")):
        record.write(a_record(one), Path(f"{name}.json"))
    before = {path: path.read_bytes() for path in Path().glob("*.json")}
    status, out, err = threadspec("explore", "--impl=hasty", "lock.exclusion-2", *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().glob("*.json")} == before


@pytest.mark.parametrize("option", ["--report", "--add-to"])
def test_a_run_that_ends_during_an_exploration_is_not_lost(
    threadspec: Threadspec, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    Path("hasty.py").write_text(HASTY)
    made = a_record("hasty")
    made = replace(made, implementation=replace(made.implementation, module="hasty"))
    if option == "--add-to":
        record.write(replace(made, cases=made.cases[:1]), Path("r.json"))
    rows = Campaign.rows

    def beside_a_run(self: Campaign) -> Any:
        yield from rows(self)
        record.write(made, Path("r.json"))

    monkeypatch.setattr(Campaign, "rows", beside_a_run)
    status, _, err = threadspec("explore", "--impl=hasty", "lock.exclusion-2", f"{option}=r.json")
    found = record.read(Path("r.json"))
    assert found.cases == made.cases
    if option == "--add-to":
        assert (status, found.exploration is None) == (0, False)
    else:
        assert (status, found) == (2, made)
        assert "The results were written to r-explored-1.json." in err
        assert record.read(Path("r-explored-1.json")).exploration is not None


def test_what_cannot_be_added_any_more_is_kept_beside_the_record(
    threadspec: Threadspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("hasty.py").write_text(HASTY)
    made = a_record("hasty")
    made = replace(made, implementation=replace(made.implementation, module="hasty"))
    record.write(made, Path("r.json"))
    Path("r-explored-1.json").write_text("mine")
    monkeypatch.setattr(
        Campaign, "rows", lambda self: record.write(a_record("other"), Path("r.json")) or iter(())
    )
    status, _, err = threadspec("explore", "--impl=hasty", "lock.exclusion-2", "--add-to=r.json")
    assert status == 2
    assert "it is of hasty, and the record is of other" in err
    assert record.read(Path("r.json")) == a_record("other")
    assert Path("r-explored-1.json").read_text() == "mine"
    assert record.read(Path("r-explored-2.json")).exploration is not None


def test_another_version_of_python_is_another_implementation() -> None:
    part = explored(exploration(python="3.11.7"))
    assert joining.why_not(a_record(), part) is None
    for python in ("3.11.70", "3.1", "3.13.0", "11.7"):
        part = explored(exploration(python=python))
        assert f"it is of Python {python}" in (joining.why_not(a_record(), part) or "")
    part = explored(exploration(python="3.9"))
    pypy = replace(a_record().implementation, interpreter="PyPy 7.3.11 (Python 3.9.16)")
    assert joining.why_not(a_record(implementation=pypy), part) is None


def test_pytest_writes_schedules_and_no_verdicts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(hasty=HASTY)
    path = pytester.path / "record.json"
    options = ["--impl=hasty", "--impl-explore", f"--impl-report={path}", "lock.acquire.atomic"]
    assert pytester.runpytest_subprocess(*options).ret == 1
    found = record.read(path)
    assert found.cases == ()
    assert found.exploration is not None
    by_name = {one.name: one for one in found.exploration.programs}
    wrong = by_name.pop(ATTEMPTS)
    assert wrong.failure is not None
    assert wrong.failure.token.startswith(ATTEMPTS)
    assert {(one.verdict, one.schedules, one.kind) for one in by_name.values()} == {
        ("holds", 100, "case")
    }
    alone = path.read_bytes()
    assert pytester.runpytest_subprocess(*options, "-n2", "--dist=load").ret == 1
    shared = record.read(path)
    assert shared.exploration is not None

    def plain(part: Exploration) -> list[tuple[Any, ...]]:
        return sorted((one.name, one.verdict, one.schedules) for one in part.programs)

    assert plain(shared.exploration) == plain(found.exploration), alone


@pytest.mark.parametrize(
    ("explores", "there", "sentence"),
    [
        (True, explored(name="reference"), None),
        (True, a_record("reference"), "r.json has the verdicts on"),
        (True, explored(name="other"), "r.json is a record of other, and not of reference"),
        (True, None, "is not a threadspec record; delete it, or give another file."),
        (False, a_record("reference"), None),
        (False, a_record("reference", label="v1"), None),
        (False, a_record("reference", finished=False), None),
        (False, replace(explored(name="other"), finished=False), None),
        (False, explored(name="reference"), "r.json has the results of threadspec explore"),
        (False, a_record("reference", exploration=WHOLE), "r.json has the results of threadspec"),
        (False, a_record("other"), "r.json is a record of other, and not of reference"),
        (False, None, "is not a threadspec record; delete it, or give another file."),
    ],
)
def test_a_run_replaces_its_own_earlier_record_alone(
    tmp_path: Path, explores: bool, there: Record | None, sentence: str | None
) -> None:
    path = tmp_path / "r.json"
    check_replaceable(path, "reference", explores)
    if there is None:
        path.write_text("{}")
    else:
        record.write(there, path)
    if sentence is None:
        check_replaceable(path, "reference", explores)
    else:
        with pytest.raises(UserError) as told:
            check_replaceable(path, "reference", explores)
        assert sentence in str(told.value)
        assert "would be lost" in str(told.value)


@pytest.mark.parametrize(
    ("explores", "several", "jobs"),
    [(True, False, "0"), (True, True, "2"), (False, True, "0"), (False, False, "2")],
)
def test_pytest_replaces_no_file_that_would_be_lost(
    pytester: pytest.Pytester, explores: bool, several: bool, jobs: str
) -> None:
    folder = pytester.path / "made"
    kept, other = folder / "reference.json", folder / "stdlib.json"
    record.write(a_record("reference") if explores else explored(name="reference"), kept)
    before = kept.read_bytes()
    options = ["--impl=reference", "lock.acquire.atomic", "-n", jobs, "--dist=load"]
    options += [f"--impl-report={folder if several else kept}"]
    options += ["--impl=stdlib"] * several + ["--impl-explore"] * explores
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == 4
    assert "would be lost" in result.stderr.str()
    assert kept.read_bytes() == before
    assert not other.exists()


def test_an_exploration_that_was_interrupted_can_be_made_again(pytester: pytest.Pytester) -> None:
    path = pytester.path / "r.json"
    pytester.makepyfile(hasty=HASTY)
    options = ["--impl=hasty", "--impl-explore", f"--impl-report={path}", "lock.acquire.atomic"]
    pytester.runpytest_subprocess(*options, "-x")
    with pytest.raises(record.Unfinished):
        record.read(path)
    for jobs in ("-n2", "-n0"):
        result = pytester.runpytest_subprocess(*options, jobs, "--dist=load")
        assert (result.ret, result.stderr.str()) == (1, "")
        assert record.read(path).exploration is not None


def test_a_run_that_ends_beside_pytest_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    session = Session(["reference"], report=str(path), explore=True)
    made = a_record("reference")
    session.take(
        {
            "implementation": 0,
            "result": record.plain(made.cases[0]),
            "subject": record.plain(made.implementation),
            "explored": None,
            "known": False,
        }
    )
    session.trials[0].load()
    session._expected[0] = 1
    record.write(made, path)
    ((_, said),) = session.finish()
    assert "would be lost" in said
    assert record.read(path) == made


def test_divergences_are_not_made_of_simulated_threads(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(
        "--impl=reference", "--impl-explore", "--impl-update-divergences=x.toml", "lock"
    )
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--impl-update-divergences needs verdicts with real threads*"])


# -- what is made of it ---------------------------------------------------------------------------


def test_an_exploration_joins_the_record_of_its_implementation() -> None:
    newer = exploration(CUT, made="2026-11-22T10:00:00+00:00")
    records = [a_record(), a_record("other"), explored(), explored(newer)]
    mine, other = joining.all_joined(records)
    assert mine == replace(a_record(), exploration=newer)
    assert other.exploration is None
    again, _ = joining.all_joined([mine, other, explored()])
    assert again.exploration == newer


def test_an_exploration_joins_none_of_several_unless_its_label_tells() -> None:
    runs = [a_record(label="v1"), a_record(label="v2")]
    found, left = joining.joined(runs, [explored()])
    assert found == runs
    assert [why for _, why in left] == ["no record is of it"]
    found, left = joining.joined(runs, [explored(label="v2")])
    assert [one.exploration is not None for one in found] == [False, True]
    assert left == []


def test_an_exploration_does_not_join_a_record_with_another_label() -> None:
    run = a_record(label="v2")
    found, left = joining.joined([run], [explored(label="v1")])
    assert found == [run]
    assert [why for _, why in left] == ["it has the label v1, and the record has v2"]
    for label in ("", "v2"):
        found, left = joining.joined([run], [explored(label=label)])
        assert (found[0].exploration, left) == (WHOLE, [])


def test_the_matrix_has_explorations_in_all_forms(threadspec: Threadspec) -> None:
    record.write(a_record(), Path("in/run.json"))
    record.write(explored(), Path("in/explored.json.gz"))
    record.write(explored(name="absent"), Path("in/absent.json"))
    status, _, err = threadspec("matrix", "--from", "in", "--out", "out")
    assert status == 0
    assert "left out: the exploration of absent: no record is of it" in err
    text = Path("out/matrix.md").read_text(encoding="utf-8")
    assert "| `mine` | 17 | 14 | 1 | 5,672 | 1 |  |  | 2 |" in text
    assert (
        "- `mine`: `thread.start.atomic` breaks in a schedule of `thread.start-twice`: raised "
        "KeyError: &lt;Thread(1)> in thread 1; `threadspec explore --impl=mine "
        "--replay=thread.start-twice@"
    ) in text
    (one,) = json.loads(Path("out/matrix.json").read_text(encoding="utf-8"))["implementations"]
    assert one["exploration"]["exhausted"] == 14
    assert [each["name"] for each in one["exploration"]["failures"]] == ["thread.start-twice"]
    head, *_ = csv.reader(io.StringIO(Path("out/matrix.csv").read_text(encoding="utf-8")))
    assert head == ["clause", "chapter", "level", "mine"]
    assert record.read(Path("out/records/mine.json")).exploration == WHOLE
    assert "mine" in Path("out/matrix.html").read_text(encoding="utf-8")


def test_a_matrix_of_explorations_alone_is_refused(threadspec: Threadspec) -> None:
    record.write(explored(), Path("e.json"))
    status, out, err = threadspec("matrix", "--from", "e.json")
    assert (status, out) == (2, "")
    assert "no case was run on any implementation" in err


def test_an_exploration_of_an_older_source_is_left_out(
    threadspec: Threadspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tuple(case for case in battery() if case.clause.id == "lock.release.unlocked-error")
    monkeypatch.setattr(parallel, "battery", lambda: few)
    Path("hasty.py").write_text(HASTY)
    threadspec("explore", "--impl=hasty", "lock.exclusion-2", "--report=e.json")
    options = ["matrix", "--impl=hasty", "--from", "e.json", "--out", "out"]
    _, _, err = threadspec(*options)
    assert "left out" not in err
    assert record.read(Path("out/records/hasty.json")).exploration is not None
    Path("hasty.py").write_text(HASTY + "\n# changed\n")
    _, _, err = threadspec(*options)
    assert "the exploration of hasty: the source has changed since; explore it again" in err
    assert record.read(Path("out/records/hasty.json")).exploration is None


def test_no_implementation_is_loaded_more_often_than_needed(
    threadspec: Threadspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    load = visible.load_reference

    def counted(*arguments: Any, **options: Any) -> Any:
        loaded.append(options.get("reentrant", True))
        return load(*arguments, **options)

    monkeypatch.setattr(visible, "load_reference", counted)
    threadspec("explore", "--impl=reference", "event.two-sets", "--report=e.json")
    assert loaded == [True, False]
    loaded.clear()
    assert _is_current(record.read(Path("e.json")), resolve("reference"))
    assert loaded == [True]


def test_the_summary_shows_explorations_with_and_without_verdicts(threadspec: Threadspec) -> None:
    record.write(explored(), Path("e.json"))
    status, out, _ = threadspec("summary", "e.json")
    assert status == 0
    assert out.startswith("### Every schedule\n\n| implementation | programs |")
    assert "must" not in out
    record.write(a_record(exploration=WHOLE), Path("r.json"))
    _, both, _ = threadspec("summary", "r.json")
    assert both.startswith("### Conformance of threading\n")
    assert both.endswith(out)


def test_an_exploration_of_another_kit_is_said_to_be_one(threadspec: Threadspec) -> None:
    again = "`threadspec explore --impl=mine --report=FILE` explores it again"
    record.write(a_record(exploration=WHOLE), Path("new.json"))
    record.write(a_record(exploration=replace(WHOLE, explorer="another")), Path("old.json"))
    for name, told in (("new.json", False), ("old.json", True)):
        assert (f"- `mine`: {FOREIGN}; {again}\n" in threadspec("summary", name)[1]) == told
        threadspec("matrix", "--from", name, "--out", "out")
        assert (FOREIGN in Path("out/matrix.md").read_text(encoding="utf-8")) == told
    _, out, _ = threadspec("diff", "old.json", "new.json")
    assert f"digest of the explorer, its programs and the cases: another → {WHOLE.explorer}" in out
    assert "digest of the explorer" not in threadspec("diff", "new.json", "new.json")[1]


def test_a_badge_is_not_made_of_schedules(threadspec: Threadspec) -> None:
    record.write(explored(), Path("e.json"))
    status, out, err = threadspec("badge", "e.json")
    assert (status, out) == (2, "")
    assert "of an exploration alone, whose schedules give no score" in err


def test_at_most_ten_broken_clauses_are_listed() -> None:
    many = exploration(*(broken(f"thread.p{one}", f"thread.c{one}") for one in range(13)))
    text = render_exploration.markdown([("mine", explored(many))])
    assert text.count("breaks in a schedule") == 10
    assert "- `mine`: 3 more clauses break" in text


def test_recommendations_are_counted_apart_and_listed_last() -> None:
    always = Broken("event.set.wakes-all", "set() raised OSError", "x@0:0x1", 1, always=True)
    part = exploration(
        broken("thread.start-twice", verdict="non-strict"),
        broken("battery/event/set.py::test_x", kind="case", failure=always),
    )
    text = render_exploration.markdown([("mine", explored(part))])
    assert "| `mine` | 1 | 0 |  | 4 | 1 | 1 | 1 | 2 |" in text
    first, second = text.splitlines()[-2:]
    assert "`event.set.wakes-all` breaks in every schedule that was tried of `battery" in first
    assert "`thread.start.atomic` (non-strict) breaks in a schedule of `thread.start-t" in second
    assert numbers(part.programs).words().endswith("1 failed; 1 non-strict")


# -- what has changed -----------------------------------------------------------------------------

HELD = program("thread.start-twice", clauses=("thread.start.atomic",))
BROKEN = broken("thread.start-twice")
LESS = replace(HELD, grade="bounded", bound=1)
GROUP = program("thread.generated", kind="generated", programs=12)
KNOWN = replace(BROKEN, verdict="known")
OTHERWISE = broken("thread.start-twice", "thread.join.blocks")
GENERATED = broken("thread.generated-7", kind="generated")


@pytest.mark.parametrize(
    ("before", "after", "changed", "kind"),
    [
        (HELD, BROKEN, {"source": "other"}, "broken"),
        (LESS, BROKEN, {"source": "other"}, "broken"),
        (HELD, BROKEN, {"source": "other", "explorer": "other"}, "kit"),
        (LESS, BROKEN, {}, "found"),
        (HELD, replace(BROKEN, verdict="known"), {"source": "other"}, None),
        (BROKEN, HELD, {"source": "other"}, "mended"),
        (HELD, LESS, {}, "weaker"),
        (LESS, HELD, {}, "stronger"),
        (HELD, HELD, {"source": "other"}, None),
        (HELD, replace(BROKEN, variant="portable RLock"), {"source": "other"}, "unexplored"),
        (replace(GROUP, programs=1), GENERATED, {"source": "other"}, "broken"),
        (HELD, program("event.two-sets"), {}, "unexplored"),
        (BROKEN, program("event.two-sets"), {}, "unexplored"),
        (KNOWN, BROKEN, {"source": "other"}, "broken"),
        (KNOWN, BROKEN, {}, "broken"),
        (KNOWN, BROKEN, {"explorer": "other"}, "kit"),
        (BROKEN, KNOWN, {"source": "other"}, None),
        (BROKEN, OTHERWISE, {"source": "other"}, "broken"),
        (BROKEN, OTHERWISE, {}, "found"),
        (BROKEN, BROKEN, {"source": "other"}, None),
        (HELD, replace(BROKEN, verdict="non-strict"), {"source": "other"}, "broken"),
        (GENERATED, GROUP, {"source": "other"}, "mended"),
        (GROUP, replace(GROUP, programs=11), {}, "unexplored"),
        (GROUP, replace(GROUP, programs=13), {}, None),
    ],
)
def test_what_has_changed_about_a_program(
    before: Any, after: Any, changed: dict[str, str], kind: str | None
) -> None:
    found = diff.difference(explored(exploration(before)), explored(exploration(after, **changed)))
    assert [one.kind for one in found.programs] == ([kind] if kind else [])
    assert found.regressed == (kind == "broken")


def test_a_generated_program_that_failed_holds_only_if_more_of_them_do() -> None:
    """Those that hold share an entry, which does not name them."""
    old = explored(exploration(GENERATED, GROUP))
    for count, kinds in ((13, ["mended"]), (12, ["unexplored", "unexplored"])):
        new = explored(exploration(replace(GROUP, programs=count), source="other"))
        found = diff.difference(old, new)
        assert [one.kind for one in found.programs] == kinds
        assert found.programs[0].name in ("thread.generated-7", "thread.generated")


def test_what_was_not_explored_again_is_told(threadspec: Threadspec) -> None:
    old = exploration(HELD, GROUP, program("event.two-sets"))
    record.write(a_record(exploration=old), Path("a.json"))
    new = exploration(replace(GROUP, programs=11), program("event.two-sets"))
    record.write(a_record(exploration=new), Path("b.json"))
    for form in ("terminal", "markdown", "html", "json"):
        status, out, _ = threadspec("diff", "a.json", "b.json", f"--format={form}")
        assert status == 0
        assert "not explored" in out or form == "json"
    out = threadspec("diff", "a.json", "b.json")[1]
    assert "Not explored now (2)" in out
    assert "thread.start-twice: exhausted 727 schedules, 2 outcomes → not explored" in " ".join(
        out.split()
    )
    assert "12 programs, exhausted 727 schedules" in " ".join(out.split())


def test_diff_tells_of_a_program_that_breaks_now(threadspec: Threadspec) -> None:
    record.write(a_record(exploration=exploration(HELD, program("event.two-sets"))), Path("a.json"))
    new = exploration(BROKEN, replace(LESS, name="event.two-sets"), source="other")
    record.write(a_record(exploration=new), Path("b.json"))
    status, out, _ = threadspec("diff", "a.json", "b.json")
    assert status == 1
    assert "Break in a schedule now (1): no schedule broke this clause before" in out
    assert "thread.start.atomic breaks: raised KeyError" in out
    assert "--impl=mine --replay=thread.start-twice@" in out
    assert "before: exhausted 727 schedules, 2 outcomes" in out
    assert "No longer exhausted (1)" in out
    assert "1 program has a schedule that breaks a clause now: mine." in out
    assert "regressed" not in out
    for form, part in (("markdown", "**Break in a schedule now (1)**"), ("html", "<h3>Break in")):
        assert part in threadspec("diff", "a.json", "b.json", f"--format={form}")[1]
    document = json.loads(threadspec("diff", "a.json", "b.json", "--format=json")[1])
    assert document["regressed"] is True
    kinds = [one["kind"] for one in document["implementations"][0]["programs"]]
    assert kinds == ["broken", "weaker"]
    assert threadspec("diff", "b.json", "a.json")[0] == 0
    assert threadspec("diff", "a.json", "a.json")[1] == (
        "Nothing has changed: mine.\nNo clause has regressed.\n"
    )


def test_a_record_that_was_explored_later_is_said_to_be(threadspec: Threadspec) -> None:
    found = diff.difference(a_record(), a_record(exploration=WHOLE))
    assert "schedules: none → explored" in list(render_diff.head(found))
    assert found.programs == ()


def test_a_matrix_is_not_changed_by_explorations_it_does_not_have() -> None:
    plain = matrix.to_json(matrix.build([a_record()], catalogue()), {})
    (one,) = json.loads(plain)["implementations"]
    assert one["exploration"] is None
