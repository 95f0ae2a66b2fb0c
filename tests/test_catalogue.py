"""The clause catalogue: its loader refuses mistakes, and the kit's own catalogue has none."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from threadspec.conformance.catalogue import (
    LEVELS,
    SPEC,
    Catalogue,
    CatalogueError,
    catalogue,
    read,
    read_statements,
)
from threadspec.conformance.harness.vocabulary import KitError, bind, clause
from threadspec.conformance.index import BATTERY, battery, cases_of, check, module_name

STATEMENTS = "id\tsection\tkind\tline\ttext\nLock:1.1\tx\tx\t1\tx\nLock:1.2\tx\tx\t2\tx\n"


def entry(**fields: str) -> str:
    """One clause in TOML; a field with the value "-" is left out."""
    values = {
        "id": '"lock.one"',
        "level": '"must"',
        "statements": '["Lock:1.1"]',
        "says": '"A lock locks."',
        **fields,
    }
    identifier = values.pop("id")
    lines = [f"{key} = {value}" for key, value in values.items() if value != "-"]
    return "\n".join([f"[{identifier}]", *lines, ""])


def chapter(*entries: str, name: str = "lock") -> str:
    """One chapter in TOML."""
    return "\n".join([f'chapter = "{name}"', f'title = "All about {name}"', *entries])


def made(folder: Path, *chapters: str) -> Catalogue:
    """The catalogue of these chapters."""
    (folder / "VERSION").write_text("3.1\n", encoding="utf-8")
    (folder / "statements.tsv").write_text(STATEMENTS, encoding="utf-8")
    for number, text in enumerate(chapters):
        (folder / f"chapter{number}.toml").write_text(text, encoding="utf-8")
    return read(folder)


# -- the loader -----------------------------------------------------------------------------------


def test_every_field_of_a_clause_is_read(tmp_path: Path) -> None:
    found = made(tmp_path, chapter(entry(reading='"as meant"', untested='"no way"'))).clauses[0]
    assert (found.id, found.chapter, found.level) == ("lock.one", "lock", "must")
    assert (found.statements, found.says) == (("Lock:1.1",), "A lock locks.")
    assert (found.reading, found.untested) == ("as meant", "no way")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chapter = ", "chapter0.toml is not valid TOML"),
        ('title = "x"', "chapter0.toml has no chapter"),
        ('chapter = "x"', "chapter0.toml has no title"),
        (chapter() + "\ncolour = 3", "chapter0.toml has an unknown key: colour"),
        (chapter(entry(level="-")), "lock.one has no level"),
        (chapter(entry(statements="-")), "lock.one has no statements"),
        (chapter(entry(says="-")), "lock.one has no says"),
        (chapter(entry(sais='"x"')), "lock.one has an unknown key: sais"),
        (chapter(entry(level='"may"')), "lock.one has the unknown level 'may'"),
        (chapter(entry(statements='["Lock:9.9"]')), "lock.one cites Lock:9.9, which is not"),
        (chapter(entry(statements="[]")), "lock.one cites no statement"),
        (chapter(entry(level='"info"')), "lock.one has the level info and must say why"),
        (chapter(entry(), entry()), "chapter0.toml is not valid TOML"),
    ],
)
def test_a_mistake_names_the_clause(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        made(tmp_path, text)
    assert said in str(caught.value)


def test_an_id_of_two_chapters_names_both(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="two clauses, in lock and rlock"):
        made(tmp_path, chapter(entry()), chapter(entry(), name="rlock"))


def test_a_chapter_is_described_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="the chapter lock is described twice"):
        made(tmp_path, chapter(), chapter())


def test_chapters_come_in_the_order_of_the_manual(tmp_path: Path) -> None:
    names = ("timer", "appendix", "lock", "module", "afterword")
    found = made(tmp_path, *[chapter(name=name) for name in names])
    assert [one.name for one in found.chapters] == [
        "module",
        "lock",
        "timer",
        "afterword",
        "appendix",
    ]


def test_a_change_of_any_chapter_changes_the_digest(tmp_path: Path) -> None:
    first = made(tmp_path, chapter(entry()))
    again = made(tmp_path, chapter(entry()))
    changed = made(tmp_path, chapter(entry(says='"A lock is locked."')))
    assert first.digest == again.digest != changed.digest
    assert first.version == "3.1"


def test_changed_clauses_have_a_new_version() -> None:
    # A change of clauses needs a new conformance/spec/VERSION, an entry in CHANGELOG.md, and the
    # new digest here.  A version that has not been released may change.
    assert (catalogue().version, catalogue().digest) == ("1.0", "4d88c98767c7")
    changes = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"### Clauses (catalogue {catalogue().version})" in changes


def test_clauses_are_found_by_all_their_words(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        chapter(entry(), entry(id='"lock.two"', says='"RELEASE unlocks."', reading='"as meant"')),
    )

    def search(*words: str) -> list[str]:
        return [one.id for one in found.search(words)]

    assert search() == ["lock.one", "lock.two"]
    assert search("release") == ["lock.two"]
    assert search("MEANT", "unlocks") == ["lock.two"]
    assert search("lock:1.1", "must") == ["lock.one", "lock.two"]
    assert search("release", "nothing") == []
    assert found.find("lock.two") is not None
    assert found.find("lock") is None


def test_statements_that_no_clause_cites_are_open(tmp_path: Path) -> None:
    assert made(tmp_path, chapter(entry())).open_statements() == ["Lock:1.2"]


# -- clauses and cases ----------------------------------------------------------------------------


def module_of(**functions: str | None) -> ModuleType:
    """A battery module whose functions declare these clauses (None: no clause)."""
    module = ModuleType("threadspec.conformance.battery.lock.general")
    for name, identifier in functions.items():
        space: dict[str, object] = {"__name__": module.__name__}
        exec(f"def {name}(): pass", space)
        function = space[name]
        if identifier is not None:
            function = clause(identifier)(function)
        setattr(module, name, function)
    return module


def test_a_case_knows_its_clause(tmp_path: Path) -> None:
    clauses = made(tmp_path, chapter(entry()))
    cases = cases_of(module_of(test_it="lock.one", helper=None), clauses)
    assert [(case.id, case.clause.id) for case in cases] == [
        ("battery/lock/general.py::test_it", "lock.one")
    ]


def test_a_case_must_declare_a_clause(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"lock/general\.py: test_it declares no clause"):
        cases_of(module_of(test_it=None), made(tmp_path, chapter(entry())))


def test_a_case_must_name_a_clause_of_the_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"test_it names lock\.two, which is no clause"):
        cases_of(module_of(test_it="lock.two"), made(tmp_path, chapter(entry())))


@pytest.mark.parametrize(
    ("identifier", "file"),
    [
        ("lock.acquire.one", "lock/acquire.py"),
        ("lock.plain-lock.one", "lock/plain_lock.py"),
        ("enumerate.one", "lock/enumerate.py"),
    ],
)
def test_a_case_belongs_to_the_file_that_its_clause_names(
    tmp_path: Path, identifier: str, file: str
) -> None:
    clauses = made(tmp_path, chapter(entry(id=f'"{identifier}"')))
    with pytest.raises(CatalogueError, match=f"test_it checks {identifier}; move it to {file}"):
        cases_of(module_of(test_it=identifier), clauses)


@pytest.mark.parametrize(
    ("fields", "has_case", "gap"),
    [
        ({}, True, None),
        ({}, False, "lock.one has neither a case nor a reason in untested"),
        ({"level": '"should"'}, False, "lock.one has neither a case nor a reason in untested"),
        ({"level": '"free"'}, False, None),
        ({"untested": '"no way"'}, False, None),
        ({"untested": '"no way"'}, True, "lock.one has a case and says that it is untested"),
        ({"level": '"info"', "untested": '"no way"'}, False, None),
    ],
)
def test_a_clause_needs_a_case_or_a_reason(
    tmp_path: Path, fields: dict[str, str], has_case: bool, gap: str | None
) -> None:
    clauses = made(tmp_path, chapter(entry(**fields)))
    cases = cases_of(module_of(test_it="lock.one"), clauses) if has_case else []
    assert check(clauses, cases) == ([gap] if gap else [])


# -- the kit's own catalogue ----------------------------------------------------------------------


def test_the_manual_has_305_statements() -> None:
    statements = read_statements(SPEC / "statements.tsv")
    assert len(statements) == len(set(statements)) == 305


def test_the_kits_catalogue_is_valid() -> None:
    found = catalogue()
    assert found.clauses
    assert {one.level for one in found.clauses} <= set(LEVELS)


def test_every_statement_of_the_manual_is_cited() -> None:
    assert catalogue().open_statements() == []


def test_the_kits_clauses_and_cases_owe_each_other_nothing() -> None:
    assert check(catalogue(), battery()) == []


def test_every_case_has_an_id_of_its_own() -> None:
    ids = [case.id for case in battery()]
    assert len(ids) == len(set(ids)) > 0


def test_a_case_lies_where_its_clause_says() -> None:
    for case in battery():
        first, *others = case.clause.id.split(".")
        folder, name = case.file.removesuffix(".py").split("/")
        assert (BATTERY / case.file).is_file()
        assert folder == case.clause.chapter
        if len(others) == 2:
            assert (first, others[0].replace("-", "_")) == (folder, name)
        else:
            assert name == ("general" if first == folder else first)


def test_a_shared_check_is_a_case_of_each_of_its_classes() -> None:
    found = {(case.source, case.function, case.clause.id) for case in battery()}
    for path in (BATTERY / "shared").glob("[!_]*.py"):
        checks = importlib.import_module(module_name(f"shared/{path.name}"))
        for name, function in vars(checks).items():
            if name.startswith("test_"):
                for key in function.of or checks.CLASSES:
                    identifier = function.clause.replace("*", key)
                    assert (f"shared/{path.name}", name, identifier) in found


@pytest.mark.parametrize(
    ("file", "identifier"),
    [
        ("lock/general.py", "lock.one"),
        ("lock/acquire.py", "lock.acquire.one"),
        ("lock/plain_lock.py", "lock.plain-lock.one"),
        ("module/settrace.py", "settrace.one"),
    ],
)
def test_a_shared_check_is_bound_where_its_clause_belongs(file: str, identifier: str) -> None:
    checks = ModuleType("checks")
    exec("def test_it(thing, threading): pass", vars(checks))
    clause("*")(vars(checks)["test_it"])
    checks.CLASSES = {identifier: "Lock", "rlock.one": "RLock", "rlock.acquire.one": "RLock"}  # type: ignore[attr-defined]
    space: dict[str, Any] = {"__name__": module_name(file)}
    bind(space, checks)
    assert space["test_it"].clause == identifier
    assert space["test_it"].given == {"thing": "Lock"}


def test_two_cases_of_one_name_are_refused() -> None:
    space = {"__name__": module_name("lock/general.py"), "test_it": None}
    checks = module_of(test_it="*.one")
    checks.CLASSES = {"lock": "Lock"}  # type: ignore[attr-defined]
    with pytest.raises(KitError, match="has two cases test_it"):
        bind(space, checks)


def test_no_file_of_the_battery_hides_a_case() -> None:
    found = {(case.source, case.line) for case in battery()}
    for path in BATTERY.rglob("*.py"):
        source = path.relative_to(BATTERY).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                line = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                assert (source, line) in found, f"{source}:{line}: {node.name} is hidden"


def test_cases_come_chapter_by_chapter() -> None:
    order = [one.name for one in catalogue().chapters]
    places = [order.index(case.clause.chapter) for case in battery()]
    assert places == sorted(places)
