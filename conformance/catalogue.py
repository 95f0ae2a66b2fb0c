"""The clause catalogue: reads and checks ``spec/*.toml``, and finds clauses in it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SPEC = Path(__file__).parent / "spec"

Level = Literal["must", "should", "free", "info"]
LEVELS: tuple[Level, ...] = get_args(Level)

# The chapters in the order of the manual; chapters not listed come last.
ORDER = (
    "overview",
    "module",
    "local",
    "lock",
    "rlock",
    "condition",
    "semaphore",
    "boundedsemaphore",
    "event",
    "thread",
    "daemon",
    "alien",
    "timer",
    "with",
    "interruptions",
)

_REQUIRED = {"level", "statements", "says"}
_OPTIONAL = {"reading", "untested"}


class CatalogueError(Exception):
    """The catalogue contradicts itself; the message names the file, the clause and the mistake."""


@dataclass(frozen=True)
class Clause:
    """One requirement of the manual, in the kit's own words.

    ``statements``: the ids of the manual's statements it is derived from; ``reading``: how an
    unclear passage is read, and why; ``untested``: why it has no case.
    """

    id: str
    chapter: str
    level: Level
    statements: tuple[str, ...]
    says: str
    reading: str | None = None
    untested: str | None = None


@dataclass(frozen=True)
class Chapter:
    """One file of the catalogue."""

    name: str
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Catalogue:
    """All chapters, in the order of the manual, and the statements they have to cover.

    ``version``: the version in ``CHANGELOG.md``, for people; ``digest``: a hash of the files, for
    programs.
    """

    chapters: tuple[Chapter, ...]
    statements: tuple[str, ...]
    version: str
    digest: str

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause, chapter by chapter."""
        return tuple(clause for chapter in self.chapters for clause in chapter.clauses)

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    def find(self, identifier: str) -> Clause | None:
        """The clause with this id, or None."""
        return self._by_id.get(identifier)

    def search(self, words: Iterable[str]) -> list[Clause]:
        """The clauses that contain all of ``words``, anywhere and ignoring case."""
        wanted = [word.lower() for word in words]

        def text(clause: Clause) -> str:
            parts = (clause.id, clause.level, clause.says, clause.reading or "")
            return " ".join((*parts, *clause.statements)).lower()

        return [clause for clause in self.clauses if all(word in text(clause) for word in wanted)]

    def hint(self, identifier: str) -> str:
        """The end of a message about an unknown id or chapter: similar ones, or how to list all."""
        like = [one.id for one in self.search([identifier])[:5]]
        names = [*(one.name for one in self.chapters), *self._by_id]
        like = like or get_close_matches(identifier.lower(), names, 3)
        if not like:
            return "`threadspec clauses` lists them."
        return f"did you mean {' or '.join(filter(None, (', '.join(like[:-1]), like[-1])))}?"

    def open_statements(self) -> list[str]:
        """The statements of the manual that no clause cites, in the manual's order."""
        cited = {statement for clause in self.clauses for statement in clause.statements}
        return [statement for statement in self.statements if statement not in cited]


def read_statements(path: Path) -> tuple[str, ...]:
    """The ids of the manual's statements, from the first column of a table."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t")[0] for line in lines[1:] if line)


def read_chapter(path: Path, statements: frozenset[str]) -> Chapter:
    """Read one file of the catalogue.

    Raises CatalogueError for a mistake in it: invalid TOML, an unknown key, level or statement, a
    missing field, or an ``info`` clause without ``untested``.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{path.name} is not valid TOML: {error}") from error
    for key in ("chapter", "title"):
        if not isinstance(data.get(key), str):
            raise CatalogueError(f"{path.name} has no {key}")
    entries = {key: entry for key, entry in data.items() if isinstance(entry, dict)}
    unknown = set(data) - set(entries) - {"chapter", "title"}
    if unknown:
        raise CatalogueError(f"{path.name} has an unknown key: {', '.join(sorted(unknown))}")
    clauses = tuple(
        _clause(name, entry, data["chapter"], path.name, statements)
        for name, entry in entries.items()
    )
    return Chapter(data["chapter"], data["title"], clauses)


def _clause(
    name: str, entry: dict[str, Any], chapter: str, file: str, statements: frozenset[str]
) -> Clause:
    where = f"{file}: {name}"
    missing = _REQUIRED - set(entry)
    if missing:
        raise CatalogueError(f"{where} has no {', '.join(sorted(missing))}")
    unknown = set(entry) - _REQUIRED - _OPTIONAL
    if unknown:
        raise CatalogueError(f"{where} has an unknown key: {', '.join(sorted(unknown))}")
    if entry["level"] not in LEVELS:
        raise CatalogueError(
            f"{where} has the unknown level {entry['level']!r}; there are {', '.join(LEVELS)}"
        )
    for statement in entry["statements"]:
        if statement not in statements:
            raise CatalogueError(
                f"{where} cites {statement}, which is not a statement of the manual"
            )
    if not entry["statements"]:
        raise CatalogueError(f"{where} cites no statement")
    if entry["level"] == "info" and not entry.get("untested"):
        raise CatalogueError(f"{where} has the level info and must say why it is untested")
    return Clause(
        id=name,
        chapter=chapter,
        level=entry["level"],
        statements=tuple(entry["statements"]),
        says=entry["says"],
        reading=entry.get("reading"),
        untested=entry.get("untested"),
    )


def version(folder: Path = SPEC) -> str:
    """The version of the catalogue, for people, as in ``CHANGELOG.md``."""
    return (folder / "VERSION").read_text(encoding="utf-8").strip()


def read(folder: Path = SPEC) -> Catalogue:
    """Read the whole catalogue: ``VERSION``, ``statements.tsv`` and one TOML file for each chapter.

    Chapters come in the order of the manual (``ORDER``).  Raises CatalogueError for a mistake in
    a chapter, an id used twice or a chapter described twice.
    """
    statements = read_statements(folder / "statements.tsv")
    known = frozenset(statements)
    files = sorted(folder.glob("*.toml"))
    chapters = [read_chapter(path, known) for path in files]
    seen: dict[str, str] = {}
    names: set[str] = set()
    for chapter in chapters:
        if chapter.name in names:
            raise CatalogueError(f"the chapter {chapter.name} is described twice")
        names.add(chapter.name)
        for clause in chapter.clauses:
            if clause.id in seen:
                raise CatalogueError(
                    f"{clause.id} is the id of two clauses, in {seen[clause.id]} and {chapter.name}"
                )
            seen[clause.id] = chapter.name

    def place(chapter: Chapter) -> tuple[int, str]:
        known_place = chapter.name in ORDER
        return (ORDER.index(chapter.name) if known_place else len(ORDER), chapter.name)

    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    in_order = tuple(sorted(chapters, key=place))
    return Catalogue(in_order, statements, version(folder), digest[:12])


@cache
def catalogue() -> Catalogue:
    """The kit's own catalogue, read once."""
    return read()
