"""Makes the pages of the documentation that are not written by hand: a hook of MkDocs.

The pages of the clauses come from the catalogue and the battery, the tables of records and adapter
files from their schemas.  Some files of the repository are pages as well (``REPOSITORY``).  A link
names a file of the repository, so that it also works where the sources are read.  The id of a
clause in code font becomes a link to the clause.

The tables are in the sources, too, between two comments.  ``python -m docs.generate`` writes them
there anew.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadspec.conformance import manual
from threadspec.conformance.catalogue import LEVELS, Chapter, Clause, catalogue
from threadspec.conformance.harness.durations import TABLE as durations
from threadspec.conformance.index import Case, battery
from threadspec.conformance.verdicts import MEANING, VERDICTS, fails
from threadspec.frontends.commands import Status
from threadspec.frontends.options import IMPLEMENTATION, OPTIONS
from threadspec.reports import record
from threadspec.reports.render import SYMBOLS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

# Files of the repository, outside docs/, that are pages of the documentation.
REPOSITORY = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "conformance/PROTOCOL.md": "protocol.md",
    "reports/QUALITY.md": "quality.md",
    "reports/results/bench.md": "results/bench.md",
    "reports/results/matrix.md": "results/matrix.md",
    "reports/results/page.png": "results/page.png",
}

ADAPTER_SCHEMA = ROOT / "adapters" / "adapter.schema.json"

_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2 *$\n?", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
_BLOCK = re.compile(r"<!-- generated: ([\w ]+) -->\n.*?<!-- end -->\n", re.DOTALL)
_CODE = re.compile(r"(?<![`\[])`([a-z0-9_-]+(?:\.[\w-]+)+)`(?!`)")
_CALL = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*\([\w=, .]*\))")


class DocumentationError(Exception):
    """A page refers to something that does not exist; the message names the page and the thing."""


# -- the clauses ----------------------------------------------------------------------------------


def prose(text: str) -> str:
    """Plain text as Markdown: calls in code font, and nothing else that is not plain."""
    parts = _CALL.split(text)
    for number, part in enumerate(parts):
        escaped = re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", part)
        parts[number] = f"`{part}`" if number % 2 else escaped
    return "".join(parts)


def _level(level: str) -> str:
    return f'<span class="level {level}">{level}</span>'


def clause_section(clause: Clause, cases: list[Case]) -> str:
    """One clause, with its statements and cases, under an anchor that is its id."""
    statements = ", ".join(f"[{one}]({manual.link(one)})" for one in clause.statements)
    lines = [
        f"## {clause.id} {{ #{clause.id} }}",
        "",
        f"{_level(clause.level)} {prose(clause.says)}",
        "",
    ]
    if clause.reading:
        lines += [f"*Reading:* {prose(clause.reading)}", ""]
    if clause.untested:
        lines += [f"*Not tested:* {prose(clause.untested)}", ""]
    lines += [f"Statements of the manual: {statements}", ""]
    for case in cases:
        place = "" if case.source == case.file else f"`battery/{case.source}`, "
        lines.append(f"- `{case.id}`, {place}line {case.line}")
    lines.append("")
    return "\n".join(lines)


def chapter_page(chapter: Chapter) -> str:
    """The page of one chapter of the catalogue."""
    cases: dict[str, list[Case]] = {}
    for case in battery():
        cases.setdefault(case.clause.id, []).append(case)
    levels = Counter(clause.level for clause in chapter.clauses)
    counts = ", ".join(f"{levels[level]} {level}" for level in LEVELS if levels[level])
    number = sum(len(cases.get(clause.id, ())) for clause in chapter.clauses)
    lines = [
        f"# {chapter.title}",
        "",
        f"{len(chapter.clauses)} clauses ({counts}), checked by {number} cases. "
        "`pytest --impl=NAME CLAUSE` runs the cases of one clause; "
        "[The clauses](index.md) explains levels and statements.",
        "",
    ]
    lines += [clause_section(clause, cases.get(clause.id, [])) for clause in chapter.clauses]
    return "\n".join(lines)


def clause_pages() -> dict[str, str]:
    """The page of every chapter, by its place in the documentation."""
    return {f"clauses/{one.name}.md": chapter_page(one) for one in catalogue().chapters}


def clause_places() -> dict[str, str]:
    """Where each clause is described: a page and an anchor."""
    return {clause.id: f"clauses/{clause.chapter}.md#{clause.id}" for clause in catalogue().clauses}


# -- tables ---------------------------------------------------------------------------------------


def _table(head: list[str], rows: list[list[str]], *, numbers: bool = False) -> str:
    """A table; ``numbers``: all columns but the first have numbers."""
    others = "---:" if numbers else "---"
    lines = [head, ["---", *[others] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def chapter_table() -> str:
    """The chapters of the catalogue, and how many clauses and cases each has."""
    rows = []
    clauses = catalogue().clauses
    cases = Counter(case.clause.chapter for case in battery())
    for chapter in catalogue().chapters:
        levels = Counter(clause.level for clause in chapter.clauses)
        rows.append(
            [
                f"[{chapter.title}](../../conformance/spec/{chapter.name}.toml)",
                *(str(levels[level] or "") for level in LEVELS),
                str(len(chapter.clauses)),
                str(cases[chapter.name]),
            ]
        )
    levels = Counter(clause.level for clause in clauses)
    totals = [str(levels[level]) for level in LEVELS]
    rows.append(["all", *totals, str(len(clauses)), str(len(battery()))])
    return _table(["chapter", *LEVELS, "clauses", "cases"], rows, numbers=True)


def verdict_table() -> str:
    """The verdicts, from the best to the worst."""
    rows = []
    for verdict in VERDICTS:
        fatal = "yes" if fails(verdict, strict=False) else ""
        if not fatal and fails(verdict, strict=True):
            fatal = "if strict"
        rows.append([verdict, SYMBOLS[verdict], MEANING[verdict], fatal])
    return _table(["verdict", "symbol", "meaning", "fails a run"], rows)


def _type(schema: dict[str, Any]) -> str:
    """What a part of a JSON Schema allows, in words."""
    if "$ref" in schema and "type" not in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        if set(schema["enum"]) == set(VERDICTS):
            return "[verdict](verdicts.md#verdicts)"
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "array":
        item = _type(schema["items"])
        return f"list of {item}s" if item.isalpha() else f"list of {item}"
    if schema.get("additionalProperties") is False:
        return "table"
    if schema["type"] == "object":
        names = _type({"type": "string", **schema.get("propertyNames", {})})
        return f"object, from {names} to {_type(schema['additionalProperties'])}"
    return str(schema["type"])


def schema_tables(schema: dict[str, Any]) -> str:
    """The objects of a JSON Schema, one table each, the outermost first."""
    parts = schema["$defs"]
    outermost = schema["$ref"].rsplit("/", 1)[1]
    text = []
    for name in [outermost, *(one for one in parts if one != outermost)]:
        fields = parts[name]["properties"]
        if "schema" in fields:  # a record begins with it, so that its version can be told
            fields = {"schema": fields["schema"], **fields}
        rows = [[f"`{key}`", _type(one), one["description"]] for key, one in fields.items()]
        described = " ".join(parts[name]["description"].split())
        text.append(f"## {name}\n\n{described}\n\n{_table(['field', 'type', 'meaning'], rows)}")
    return "\n".join(text)


def _key_table(table: dict[str, Any]) -> str:
    """The keys of a TOML table that a JSON Schema describes."""
    rows = []
    for key, value in table["properties"].items():
        examples = ", ".join(f"`{json.dumps(one)}`" for one in value.get("examples", ()))
        meaning = prose(value["description"]) + (f" For example {examples}." if examples else "")
        rows.append([f"`{key}`", _type(value), meaning])
    return _table(["key", "type", "meaning"], rows)


def _adapter_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(ADAPTER_SCHEMA.read_text(encoding="utf-8"))
    return schema


def adapter_keys() -> str:
    """The keys of an adapter file, from its schema."""
    return _key_table(_adapter_schema())


def divergence_keys() -> str:
    """The keys of a known divergence in an adapter file."""
    return _key_table(_adapter_schema()["properties"]["divergence"]["items"])


def record_tables() -> str:
    """The fields of a record, from its schema."""
    return schema_tables(record.schema())


def count_list() -> str:
    """What the numbers of clauses and cases count that are printed in different places."""
    clauses = catalogue().clauses
    levels = Counter(clause.level for clause in clauses)
    tested = {case.clause.id for case in battery()}
    statements = catalogue().statements
    return (
        f"- **{len(statements)} statements**: the numbered sentences, signatures and examples of "
        "the manual.\n"
        f"- **{len(clauses)} clauses** in the catalogue.\n"
        f"- **{len(tested)} clauses that cases check**: {levels['must']} must, "
        f"{levels['should']} should and {levels['free']} free. The other "
        f"{len(clauses) - len(tested)} are background, and each says why it is not tested.\n"
        f"- **{len(battery())} cases**: a clause has at least one, some have several.\n"
        f"- **{levels['must']} and {levels['should']}** in the columns *must* and *should* of a "
        "matrix are clauses that were judged. The numbers are smaller where something is not "
        "offered that a clause needs: those clauses are in the column *not-offered* instead.\n"
    )


def duration_table() -> str:
    """The named durations."""
    rows = [[f"`{name}`", f"{seconds:g} s", what] for name, (seconds, what) in durations.items()]
    return _table(["name", "seconds", "how long at most"], rows)


def option_table() -> str:
    """The options of a run, as pytest and as ``threadspec run`` have them."""
    rows = [["`--impl=NAME`", "`NAME`", f"what is judged: {IMPLEMENTATION}; may be repeated"]]
    rows += [
        [
            f"`--impl-{one.name}{f'={one.metavar}' if one.metavar else ''}`",
            f"`--{one.name}{f'={one.metavar}' if one.metavar else ''}`",
            prose(one.help),
        ]
        for one in OPTIONS
    ]
    rows += [
        ["`PART`", "`--only PART`", "run only this clause, chapter, file or case; may be repeated"],
        [
            "`-n N`",
            "`-n N`",
            "split the cases over N worker processes, or 'auto' for one per processor",
        ],
    ]
    return _table(["`pytest`", "`threadspec run`", "meaning"], rows)


def action_inputs() -> str:
    """The inputs of the composite action, read without a package for YAML."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    section = re.search(r"^inputs:\n(.*?)^outputs:", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = []
    key = r"^  (\w+):\n    description: (.*)\n    (default|required): (.*)\n"
    for one in re.finditer(key, section[1], re.MULTILINE):
        default = "required" if one[3] == "required" else f"`{one[4]}`" if one[4] != '""' else ""
        rows.append([f"`{one[1]}`", one[2], default.replace('"', "")])
    return _table(["input", "meaning", "default"], rows)


def status_table() -> str:
    """The exit statuses of the command."""
    return _table(["status", "meaning"], [[f"{one:d}", one.meaning] for one in Status])


def clause_changes() -> str:
    """The changes of the catalogue: what the changelog says of each of its versions."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = []
    for section in re.split(r"^(?=##{1,2} )", text, flags=re.MULTILINE):
        head, _, body = section.partition("\n")
        if version := re.fullmatch(r"### Clauses \((.*)\)", head):
            found.append(f"## {version[1].capitalize()}\n{body.replace('#### ', '### ')}")
    return "\n".join(found)


BLOCKS: dict[str, Callable[[], str]] = {
    "action inputs": action_inputs,
    "adapter keys": adapter_keys,
    "chapters": chapter_table,
    "clause changes": clause_changes,
    "counts": count_list,
    "divergence keys": divergence_keys,
    "durations": duration_table,
    "options": option_table,
    "record": record_tables,
    "statuses": status_table,
    "verdicts": verdict_table,
}


# The block that is only in the documentation, because it repeats a file of the repository.
REPEATED = "clause changes"


def fill(markdown: str, page: str, *, in_source: bool = False) -> str:
    """A page with its generated blocks.  Raises DocumentationError for one that is not known.

    ``in_source``: write the page as it is in the repository, where the comments stay around each
    block, and ``REPEATED`` stays as it is.
    """

    def block(match: re.Match[str]) -> str:
        if match[1] not in BLOCKS:
            raise DocumentationError(f"{page}: there is no generated block {match[1]}")
        if not in_source:
            return BLOCKS[match[1]]()
        if match[1] == REPEATED:
            return match[0]
        return f"<!-- generated: {match[1]} -->\n\n{BLOCKS[match[1]]()}\n<!-- end -->\n"

    return _BLOCK.sub(block, markdown)


def sources() -> Iterator[tuple[Path, str]]:
    """The pages written by hand, and how each must be for its generated blocks to be right."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        yield path, fill(path.read_text(encoding="utf-8"), path.name, in_source=True)


# -- links ----------------------------------------------------------------------------------------


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """A text with everything changed but its blocks of code."""
    parts = []
    end = 0
    for fence in _FENCE.finditer(markdown):
        parts += [change(markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(markdown[end:])])


def _relative(place: str, page: str) -> str:
    return posixpath.relpath(place, posixpath.dirname(page) or ".")


def link_files(markdown: str, page: str, source: str) -> str:
    """A page with its links to files of the repository made links to pages.

    ``page``: its place in the documentation; ``source``: in the repository.  Raises
    DocumentationError for a link to a file that is no page.
    """

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        anchor = match[3] or ""
        chapter = re.fullmatch(r"conformance/spec/(\w+)\.toml", target)
        if target in REPOSITORY:
            place = REPOSITORY[target]
        elif chapter:
            place = f"clauses/{chapter[1]}.md"
        elif target.startswith("docs/"):
            place = target.removeprefix("docs/")
        else:
            raise DocumentationError(f"{source} has a link to {target}, which is no page")
        return f"{match[1]}{_relative(place, page)}{anchor}{match[4]}"

    return _outside_code(markdown, lambda text: _LINK.sub(link, text))


def link_clauses(markdown: str, page: str) -> str:
    """A page with the ids of clauses in code font made links, but for those in headings."""
    places = clause_places()

    def link(match: re.Match[str]) -> str:
        if match[1] not in places:
            return match[0]
        return f"[{match[0]}]({_relative(places[match[1]], page)})"

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(one if one.startswith("#") else _CODE.sub(link, one) for one in lines)

    return _outside_code(markdown, change)


# -- the pages, for MkDocs ------------------------------------------------------------------------


def source_of(page: str) -> str:
    """The file of the repository that a page comes from, or would come from."""
    by_page = {place: source for source, place in REPOSITORY.items()}
    return by_page.get(page, f"docs/{page}")


def rendered(markdown: str, page: str) -> str:
    """The Markdown that is shown: blocks filled in, and links made."""
    return link_clauses(link_files(fill(markdown, page), page, source_of(page)), page)


def generated() -> Iterator[tuple[str, str | bytes]]:
    """Every file that is not in the folder of the documentation: its place there, and its text."""
    yield from clause_pages().items()
    for source, page in REPOSITORY.items():
        yield page, (ROOT / source).read_bytes()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for place, content in generated():
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in a page.  Ends the build for a page that refers to something that does not exist."""
    from mkdocs.exceptions import PluginError

    try:
        return rendered(markdown, page.file.src_uri)
    except DocumentationError as error:
        raise PluginError(str(error)) from error


if __name__ == "__main__":
    for path, text in sources():
        path.write_text(text, encoding="utf-8")
