"""The documentation: what it says is so, its links lead somewhere, and it can be built."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from docs import generate
from quality.judging import ROOT
from threadspec.adapters import adapter
from threadspec.adapters.file_format import AdapterFile, DivergenceTable
from threadspec.conformance import manual
from threadspec.conformance.catalogue import SPEC, catalogue, read_statements
from threadspec.conformance.harness.durations import TABLE
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS, fails
from threadspec.frontends import plugin
from threadspec.frontends.options import OPTIONS

DOCS = ROOT / "docs"
WRITTEN = sorted(DOCS.rglob("*.md"))

needs_mkdocs = pytest.mark.skipif(
    importlib.util.find_spec("material") is None, reason="needs the extra docs"
)


def text(page: str) -> str:
    """The source of a page."""
    return (DOCS / page).read_text(encoding="utf-8")


def first_cells(page: str, heading: str) -> list[str]:
    """The first column of the first table behind a heading of a page, without its head."""
    source = text(page)
    table = re.search(r"(?:^\|.*\n)+", source[source.index(f"{heading}\n") :], re.MULTILINE)
    assert table is not None
    return [line.split("|")[1].strip() for line in table[0].splitlines()[2:]]


def blocks(page: str, language: str) -> list[str]:
    """The blocks of code of a page that are in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


def test_the_tables_in_the_sources_are_those_of_the_code() -> None:
    for path, expected in generate.sources():
        assert path.read_text(encoding="utf-8") == expected, (
            f"{path.name} has an old table; run python -m docs.generate"
        )


# -- what is written by hand ----------------------------------------------------------------------


def test_every_option_of_the_kit_is_described() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    options = set(re.findall(r"^ +(--impl[\w-]*)", shown.stdout, re.MULTILINE))
    told = {cell.strip("`").split("=")[0] for cell in first_cells("judge.md", "## Options")}
    assert options
    assert {one for one in told if one.startswith("--")} == options


def test_every_key_of_an_adapter_file_is_described() -> None:
    page = generate.fill(text("adapters.md"), "adapters.md")
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    fields = {*AdapterFile.__struct_fields__, *DivergenceTable.__struct_fields__}
    assert described == fields


def test_every_verdict_that_a_divergence_can_expect_is_described() -> None:
    (line,) = [one for one in generate.divergence_keys().splitlines() if "| `verdict`" in one]
    assert set(re.findall(r"`([\w-]+)`", line)) - {"verdict"} == set(VERDICTS) - NO_DIVERGENCE


def test_every_level_is_described() -> None:
    assert first_cells("verdicts.md", "## Levels") == ["must", "should", "free", "info"]


def test_every_letter_of_a_running_battery_is_described() -> None:
    letters = set()
    kinds = itertools.product(VERDICTS, (False, True), (False, True), ("so", "unreviewed: so"))
    for verdict, known, strict, reason in kinds:
        if known and verdict in NO_DIVERGENCE:
            continue
        outcome = "failed" if fails(verdict, strict) and not known else "passed"
        report = SimpleNamespace(
            threadspec={
                "result": {"verdict": verdict, "divergence": {"reason": reason}},
                "known": known,
            },
            when="call",
            outcome=outcome,
            failed=outcome == "failed",
        )
        status = plugin.pytest_report_teststatus(report, SimpleNamespace())  # type: ignore[arg-type]
        letters.add("." if status is None else status[1])
    cells = first_cells("verdicts.md", "## While a run goes on")
    assert set("".join(cells).replace("`", "").replace(" ", "")) == letters


def test_durations_that_are_named_exist() -> None:
    named = set(re.findall(r"durations?\s+`(\w+)`", text("blocking.md")))
    assert named
    assert named <= set(TABLE)


def test_every_adapter_of_the_kit_is_named() -> None:
    section = text("adapters.md").partition("## Adapters that come with the kit\n")[2]
    assert [name for name in adapter.known() if name not in section] == []


@pytest.mark.parametrize("number", range(len(blocks("adapters.md", "toml"))))
def test_adapters_that_are_shown_can_be_read(tmp_path: Path, number: int) -> None:
    shown = blocks("adapters.md", "toml")[number]
    if "module" not in shown:
        shown = f'module = "mythreads"\n{shown}'
    path = tmp_path / "shown.toml"
    path.write_text(shown, encoding="utf-8")
    assert adapter.read(path).name == "shown"


@pytest.mark.parametrize("block", blocks("reference.md", "python"))
def test_programs_that_are_shown_work(block: str) -> None:
    subprocess.run([sys.executable, "-c", block], check=True, timeout=60)


def test_records_are_read_and_compared_as_shown(tmp_path: Path) -> None:
    for name, file in (("threading", "old.json"), ("threadspec.reference", "new.json")):
        command = [sys.executable, "-m", "pytest", f"--impl={name}", f"--impl-report={file}"]
        subprocess.run(
            [*command, "rlock.acquire.no-argument-no-value"], cwd=tmp_path, capture_output=True
        )
    (tmp_path / "record.json").write_bytes((tmp_path / "old.json").read_bytes())

    def output(command: list[str]) -> list[str]:
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
        )
        return done.stdout.splitlines()

    program = next(one for one in blocks("record.md", "python") if "threadspec.reports" in one)
    assert output([sys.executable, "-c", program]) == [
        f"threading {catalogue().version}",
        "rlock.acquire.no-argument-no-value non-strict",
    ]
    arguments = ["diff", "old.json", "new.json"]
    assert f"```\nthreadspec {' '.join(arguments)}\n```" in text("ci.md")
    lines = output([sys.executable, "-m", "threadspec.frontends.cli", *arguments])
    assert "threadspec.reference: 1 mended" in lines
    assert lines[-1] == "No clause has regressed."


@needs_mkdocs
@pytest.mark.parametrize("block", blocks("ci.md", "yaml"))
def test_jobs_that_are_shown_are_yaml(block: str) -> None:
    import yaml

    assert isinstance(yaml.safe_load(block), dict)


# -- what is generated ----------------------------------------------------------------------------


def test_every_clause_has_an_anchor_and_its_cases() -> None:
    pages = generate.clause_pages()
    for clause in catalogue().clauses:
        page, anchor = generate.clause_places()[clause.id].split("#")
        assert f"{{ #{anchor} }}\n" in pages[page]
    for case in battery():
        (line,) = re.findall(
            rf"^- `{re.escape(case.id)}`, .*", pages[f"clauses/{case.clause.chapter}.md"], re.M
        )
        place, number = ROOT / "conformance" / "battery" / case.source, case.line
        assert line.endswith(f"line {number}")
        assert case.source in line
        assert case.function in "".join(place.read_text("utf-8").splitlines()[number - 1 :][:9])


@pytest.mark.parametrize(
    ("statement", "anchor"),
    [
        ("Condition.wait:2.1", "threading.Condition.wait"),
        ("Lock.acquire:0.0", "threading.Lock.acquire"),
        ("Thread:1.1", "threading.Thread"),
        ("Thread#2:1.1", "thread-objects"),
        ("activeCount:1.1", "threading.activeCount"),
        ("lock-objects:2.1", "lock-objects"),
        ("module:1.1", "module-threading"),
        ("overview:1.1", "module-threading"),
        ("with-locks:1.1", "with-locks"),
    ],
)
def test_statements_lead_to_the_manual(statement: str, anchor: str) -> None:
    assert manual.link(statement) == f"{manual.MANUAL}#{anchor}"


def test_every_second_place_of_the_manual_has_a_section() -> None:
    places = {one.split(":")[0] for one in read_statements(SPEC / "statements.tsv")}
    assert {one for one in places if "#" in one} <= set(manual.SECTIONS) <= places


def test_the_numbers_are_those_of_the_catalogue() -> None:
    counts = generate.count_list()
    tested = {case.clause.id for case in battery()}
    assert f"**{len(catalogue().clauses)} clauses**" in counts
    assert f"**{len(tested)} clauses that cases check**" in counts
    assert f"**{len(battery())} cases**" in counts


def test_changes_name_clauses_that_exist_and_count_them() -> None:
    changes = generate.clause_changes()
    known = {clause.id: clause for clause in catalogue().clauses}
    counts = {}
    for part in re.split(r"^### ", changes, flags=re.MULTILINE)[1:]:
        items = re.findall(
            r"^- ((?:`[\w.-]+`,?\s+)*`[\w.-]+`)(?:\s+\((\w+)[),])?", part, re.MULTILINE
        )
        named = [(name, level) for ids, level in items for name in re.findall(r"[\w.-]+", ids)]
        assert len(items) == part.count("\n- ")
        assert len(named) == len(dict(named))
        for name, level in named:
            assert name in known
            assert not level or known[name].level == level, name
        counts[part.partition("\n")[0]] = len(named)
    added, sharpened = counts["Added"], counts["Sharpened"]
    told = f"{added} clauses are added, {sharpened} are sharpened (their cases see more), "
    assert f"{told}{counts['Another level']} have another level" in " ".join(changes.split())


def test_the_changelog_names_options_that_exist_and_says_nothing_twice() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    changed, new = changes.split("\n### Clauses", 1)
    assert "`--impl-write-divergences" in changed  # which also says what replaces it
    assert set(re.findall(r"--impl-([\w-]+)", new)) <= {one.name for one in OPTIONS}
    items = re.split(r"^- |^#.*$", changes, flags=re.MULTILINE)
    said = Counter(" ".join(one.split()) for one in items if one.strip())
    assert [one for one, number in said.items() if number > 1] == []


def test_plain_text_stays_plain() -> None:
    assert generate.prose("acquire(False) of *args and __eq__, a|b") == (
        r"`acquire(False)` of \*args and \_\_eq\_\_, a\|b"
    )


def test_a_link_to_a_file_that_is_no_page_is_refused() -> None:
    with pytest.raises(generate.DocumentationError, match="a link to quality/soak"):
        generate.link_files("[soak](../quality/soak.py)", "x.md", "docs/x.md")


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(generate.DocumentationError, match="no generated block nothing"):
        generate.fill("<!-- generated: nothing -->\n<!-- end -->\n", "x.md")


def test_blocks_of_code_are_left_alone() -> None:
    source = "`lock.factory`\n\n```\n`lock.factory` [a](b.md)\n```\n"
    assert generate.rendered(source, "x.md") == (
        "[`lock.factory`](clauses/lock.md#lock.factory)\n\n```\n`lock.factory` [a](b.md)\n```\n"
    )


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_work_where_the_sources_are_read(path: Path) -> None:
    pages = {DOCS / page for page in generate.clause_pages()}
    for target in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        place = Path(os.path.normpath(path.parent / target))
        assert place.is_file(), target
        assert place not in pages


# -- the site -------------------------------------------------------------------------------------


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build the documentation into a folder."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", folder, *options],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


@needs_mkdocs
def test_it_is_built_without_a_warning(tmp_path: Path) -> None:
    done = build(tmp_path / "site")
    assert (done.returncode, re.findall("WARNING.*", done.stderr)) == (0, [])
    page = (tmp_path / "site" / "clauses" / "lock.html").read_text(encoding="utf-8")
    assert 'id="lock.acquire.held-blocks"' in page
    # Whoever reads it talks to no other server, but by following a link.
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="?https?:', page)
    assert not list((tmp_path / "site").rglob("*.py*"))
    index = json.loads((tmp_path / "site" / "search" / "search_index.json").read_text("utf-8"))
    assert any(one["location"].endswith("#lock.acquire.held-blocks") for one in index["docs"])


@needs_mkdocs
def test_a_broken_link_is_an_error(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Page\n\n[a](no.md) [b](b.md#no)\n", encoding="utf-8")
    (docs / "b.md").write_text("# Page\n", encoding="utf-8")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("docs_dir: docs", f"docs_dir: {docs}")
    settings = settings.replace("hooks:\n  - docs/generate.py\n", "").partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    done = build(tmp_path / "site", "--config-file", str(tmp_path / "mkdocs.yml"))
    assert done.returncode == 1
    assert len(re.findall("WARNING.*'(?:no.md|b.md#no)'", done.stderr)) == 2
