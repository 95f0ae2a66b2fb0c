"""The format of adapter files: its types, the JSON Schema made from them, and their checks.

Everything that a file may hold is described here once.  :func:`convert` checks a file that was read
against the types, and :func:`schema` describes them to editors.
"""

from __future__ import annotations

import contextlib
import json
import re
import textwrap
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NoReturn, get_args, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from threadspec.conformance.catalogue import ORDER, Catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness.names import ALL
from threadspec.conformance.verdicts import Deviation

# The name of the file with the schema, beside the adapters that come with the kit.
SCHEMA_FILE = "adapter.schema.json"

# Patterns are written so that they mean the same in Python, JavaScript and Rust: without \w, whose
# characters differ, and with $ kept from matching before a line break.
_IDENTIFIER = r"([A-Za-z_]|[^\x00-\x7F])([0-9A-Za-z_]|[^\x00-\x7F])*"
MODULE_NAME = rf"^{_IDENTIFIER}(\.{_IDENTIFIER})*$(?!\n)"
_CONSTANT = rf"^{_IDENTIFIER}(\.{_IDENTIFIER})+$(?!\n)"
_NAME = rf"^{_IDENTIFIER}$(?!\n)"
_VERSIONS = r"\s*([<>]=?|[=!~]=)\s*\d+(\.\d+)*(\.\*)?((a|b|rc)\d+)?\s*"
_PYTHON = rf"^({_VERSIONS}(,{_VERSIONS})*|[^\s<>=!~,].*|~[^=<>!~,]*[/\\].*)$"
_VARIABLE = r"^[^=\x00]+$"
_ARGUMENT = r"^[^\x00]*$"
_ADDRESS = r"^https?://[^\s<>\"]+$(?!\n)"
_REQUIREMENT = r"^\s*[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*($|[\[(<>=!~;@])"
_MARKER = r"""^[\s(]*([a-z_.]+|'[^']*'|"[^"]*")\s*([<>]=?|[=!~]=|===|in\s|not\s+in\s)"""

# The variables that the condition of a divergence may have.  The first four have the values of the
# interpreter that the implementation runs in, the others those of the machine.
MARKER_VARIABLES = (
    "python_version",
    "python_full_version",
    "platform_python_implementation",
    "implementation_name",
    "os_name",
    "sys_platform",
    "platform_system",
    "platform_machine",
)

# The chapters that an implementation may omit.  Names that it lacks in others have to be told.
CHAPTERS = tuple(chapter for chapter in ORDER if chapter != "overview")

_AN_ID = "the id of a clause, such as lock.release.no-value (`threadspec clauses` lists them)"

# What messages say of a key: `must` completes "KEY is VALUE; it must be …", and `missing` says what
# to do where it is required and missing.
ModuleName = Annotated[str, Meta(pattern=MODULE_NAME)]
Requirement = Annotated[str, Meta(pattern=_REQUIREMENT)]
Address = Annotated[
    str,
    Meta(pattern=_ADDRESS, extra={"must": "an address that begins with https:// or http://"}),
]
TransportName = Literal["pipes", "socket"]
ClauseId = Annotated[str, Meta(extra_json_schema={"$ref": "#/definitions/Clause"})]
OwnName = Annotated[str, Meta(pattern=_NAME)]
Constant = Annotated[str, Meta(pattern=_CONSTANT)]
Lack = Literal["threads", "processes", "signals"]
Chapter = Annotated[str, Meta(extra_json_schema={"enum": list(CHAPTERS)})]


class DivergenceTable(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A known deviation: it does not fail a run, and one that no longer happens does."""

    clause: Annotated[
        ClauseId | Annotated[tuple[ClauseId, ...], Meta(min_length=1)],
        Meta(
            description="The id of the clause that the implementation deviates from, or a list of "
            "clauses that it deviates from for the same reason. Required.",
            extra={
                "must": f"{_AN_ID}, or a list of ids",
                "missing": f"give {_AN_ID}",
            },
        ),
    ]
    verdict: Annotated[
        Deviation,
        Meta(
            description="The verdict to expect of each clause. With varies, a race decides: the "
            "clause may deviate in any way, in some runs, or not at all. Required.",
            extra={
                "must": f"one of {', '.join(get_args(Deviation))}",
                "missing": f"give one of {', '.join(get_args(Deviation))}",
            },
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            pattern=r"\S",
            description="Why the implementation deviates, in words that its maintainers would "
            "accept, or the name of a reason in the table [reasons]. Required.",
            extra={
                "must": "a sentence that says why the implementation deviates",
                "missing": "say why the implementation deviates",
            },
        ),
    ]
    when: (
        Annotated[
            str,
            Meta(
                pattern=_MARKER,
                description="A PEP 508 environment marker about the interpreter that the "
                "implementation runs in, or about the machine: the deviation is expected only "
                f"where it holds. Its variables: {', '.join(MARKER_VARIABLES)}. "
                "Default: everywhere.",
                examples=["python_version < '3.9'", "platform_python_implementation == 'PyPy'"],
                extra={
                    "must": "an environment marker of PEP 508, such as \"python_version < '3.9'\""
                },
            ),
        ]
        | UnsetType
    ) = UNSET


class AdapterFile(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How threadspec loads one implementation of threading, and its known divergences."""

    about: (
        Annotated[
            str,
            Meta(
                description="One sentence about the implementation, which reports show. "
                "Default: none.",
                extra={"must": "a sentence"},
            ),
        ]
        | UnsetType
    ) = UNSET
    homepage: (
        Annotated[
            Address,
            Meta(
                description="The address of the implementation's home page or source, which the "
                "page links. Default: none.",
                examples=["https://example.org/threads"],
            ),
        ]
        | UnsetType
    ) = UNSET
    tracker: (
        Annotated[
            Address,
            Meta(
                description="The address where faults of the implementation are reported, which "
                "the page links. Default: none.",
                examples=["https://example.org/threads/issues"],
            ),
        ]
        | UnsetType
    ) = UNSET
    module: Annotated[
        ModuleName,
        Meta(
            description="The module that is imported and judged, written as in an import "
            "statement. Required.",
            examples=["package.threads"],
            extra={
                "must": "the name of a module, written as in an import statement",
                "missing": 'add a line module = "…" with the module to judge',
            },
        ),
    ]
    python: (
        Annotated[
            str,
            Meta(
                pattern=_PYTHON,
                description="The interpreter that the implementation runs in: a range of versions, "
                "of which the newest that is found is used and the matrix shows all; or a "
                "version, a name on PATH or a path. A relative path begins in the folder of this "
                "file; ~ and $VARIABLE are expanded. Default: the interpreter that runs "
                "threadspec.",
                examples=[">=3.8,<3.13", "3.8", "pypy3", "./build/python", "$PYTHONS/3.8/python"],
                extra={
                    "must": 'a range of versions such as ">=3.8,<3.13", or the version, name or '
                    "path of an interpreter"
                },
            ),
        ]
        | UnsetType
    ) = UNSET
    command: (
        Annotated[
            tuple[Annotated[str, Meta(min_length=1)], ...],
            Meta(
                min_length=1,
                description="A program to start in place of an interpreter, and its arguments. It "
                "gets the path of the worker's script as its last argument, as an interpreter "
                "does, and answers as the worker protocol says. What begins with ./ or ../ is a "
                "path relative to this file; ~ and $VARIABLE are expanded. Default: an "
                "interpreter is started.",
                examples=[["node", "./host.mjs"]],
                extra={"must": 'a program and its arguments, such as ["node", "./host.mjs"]'},
            ),
        ]
        | UnsetType
    ) = UNSET
    transport: (
        Annotated[
            TransportName,
            Meta(
                description="How the kit and the worker exchange their messages: pipes, which are "
                "the worker's standard input and output, or socket, a connection that the worker "
                "makes to the kit. Default: socket for Jython, pipes for all others.",
                extra={"must": "one of pipes, socket"},
            ),
        ]
        | UnsetType
    ) = UNSET
    arguments: Annotated[
        tuple[Annotated[str, Meta(pattern=_ARGUMENT)], ...],
        Meta(
            description="Arguments of the interpreter, in front of the script that it runs. "
            "Default: none.",
            examples=[["-X", "gil=0"]],
            extra={"must": 'a list of arguments, such as ["-X", "gil=0"]'},
        ),
    ] = ()
    environment: Annotated[
        dict[Annotated[str, Meta(pattern=_VARIABLE)], Annotated[str, Meta(pattern=_ARGUMENT)]],
        Meta(
            description="Environment variables of the worker, and of the programs that it starts, "
            "besides those of threadspec itself, in a table [environment]. Default: none.",
            examples=[{"PYTHON_GIL": "0"}],
            extra={
                "must": "a string, the value of a variable whose name is not empty and has no =",
                "table": 'a table [environment], such as PYTHON_GIL = "0"',
            },
        ),
    ] = msgspec.field(default_factory=dict)
    setup: (
        Annotated[
            str,
            Meta(
                description="Python source that the worker runs before it imports anything else. "
                "Default: none.",
                examples=["from gevent import monkey; monkey.patch_all()"],
                extra={"must": "Python source"},
            ),
        ]
        | UnsetType
    ) = UNSET
    requires: (
        Annotated[
            tuple[Requirement, ...],
            Meta(
                description="The distributions that the implementation needs (PEP 508). Nothing "
                "is installed: the message names them where the module cannot be loaded. "
                "Default: none.",
                examples=[["gevent>=24.2"]],
                extra={
                    "must": 'a list of requirements as pip takes them, such as ["gevent>=24.2"]'
                },
            ),
        ]
        | UnsetType
    ) = UNSET
    substrate: (
        Annotated[
            ModuleName,
            Meta(
                description="The module that the helper threads of the cases come from; it has "
                "start_new_thread, allocate_lock and get_ident. Default: the interpreter's "
                "_thread, as the set-up code has left it.",
                examples=["package.low_level"],
                extra={"must": "the name of a module, written as in an import statement"},
            ),
        ]
        | UnsetType
    ) = UNSET
    cooperative: (
        Annotated[
            bool,
            Meta(
                description="Whether the threads of the substrate are green, so that one which "
                "waits in a system call stops all others. Default: found out, from whether "
                "start_new_thread is written in Python.",
                examples=[True],
                extra={"must": "true or false"},
            ),
        ]
        | UnsetType
    ) = UNSET
    fallback: (
        Annotated[
            str,
            Meta(
                min_length=1,
                description="The adapter to use where no interpreter in the range of python is "
                "found, by its name or the path of its file. Default: none, and the "
                "implementation is unavailable there.",
                examples=["reference"],
                extra={"must": "the name of an adapter, or the path of its file"},
            ),
        ]
        | UnsetType
    ) = UNSET
    names: Annotated[
        dict[str, OwnName],
        Meta(
            description="Names of the manual that the implementation lacks, each with its own name "
            "for the same thing, in a table [names]. A method is written with its class, in "
            "quotes. Where the documented name is missing, its own name stands for it in all "
            "cases but those about names, whose clauses are unsupported. Default: none.",
            examples=[{"Thread": "Process", "Thread.isAlive": "is_alive"}],
            extra={
                "must": "the name that the implementation has in its place",
                "table": 'a table [names], such as Thread = "Process"',
            },
        ),
    ] = msgspec.field(default_factory=dict)
    explore_bounds: Annotated[
        dict[Constant, int | float],
        Meta(
            description="Numbers that take the place of constants of the implementation where it "
            "is explored, and nowhere else. A constant is a variable of a module, or of a class in "
            "it; it is written with its module, in quotes. Default: none.",
            examples=[{"package.pool._SIZE": 1, "package.pool.Pool.limit": 2}],
            extra={
                "must": "a number, for a constant that is written with its module, such as "
                '"package.pool._SIZE" = 1',
                "table": 'a table [explore_bounds], such as "package.pool._SIZE" = 1',
            },
        ),
    ] = msgspec.field(default_factory=dict)
    omits: Annotated[
        tuple[Chapter, ...],
        Meta(
            description="The chapters that the implementation does not offer. Their cases are not "
            "run, and their clauses are not-offered; so are those of other chapters that need what "
            "only these chapters document. Default: none.",
            examples=[["local", "timer"]],
            extra={"must": f"a list of chapters; these are {', '.join(CHAPTERS)}"},
        ),
    ] = ()
    lacks: Annotated[
        tuple[Lack, ...],
        Meta(
            description="What the platform of the implementation does not have. Cases that need "
            "it are not-offered. Default: nothing.",
            examples=[["threads", "processes"]],
            extra={"must": f"a list of {', '.join(get_args(Lack))}"},
        ),
    ] = ()
    starts_by_maker: Annotated[
        bool,
        Meta(
            description="Whether a thread may only be started by the thread that has made the "
            "object. Cases then start threads where they make them, and the restriction is a "
            "deviation from thread.start.runs alone. Default: false.",
            examples=[True],
            extra={"must": "true or false"},
        ),
    ] = False
    start_scale: Annotated[
        float,
        Meta(
            gt=0,
            description="The factor that multiplies the time which the interpreter, and the "
            "programs that cases start, may take to start. For Jython, it is multiplied by 4. "
            "Default: 1.",
            examples=[10],
            extra={"must": "a number above 0"},
        ),
    ] = 1.0
    workers: (
        Annotated[
            int,
            Meta(
                ge=1,
                description="The largest number of worker processes in which the implementation "
                "is judged simultaneously. Default: 1 for Jython, and for others as many as the "
                "user asks for, and more where cases wait.",
                examples=[1],
                extra={"must": "a whole number above 0"},
            ),
        ]
        | UnsetType
    ) = UNSET
    reasons: Annotated[
        dict[str, Annotated[str, Meta(pattern=r"\S")]],
        Meta(
            description="The reasons that several divergences have, under a name each. A "
            "divergence gives the name as its reason. Default: none.",
            examples=[{"nothing-blocks": "A lock cannot block, so acquire() returns immediately."}],
            extra={
                "must": "a sentence that says why the implementation deviates",
                "table": "a table [reasons] of names and sentences",
            },
        ),
    ] = msgspec.field(default_factory=dict)
    divergence: Annotated[
        tuple[DivergenceTable, ...],
        Meta(
            description="The known divergences, each in a table [[divergence]]. Default: none.",
            extra={"must": "one or more tables, each under a line [[divergence]] of its own"},
        ),
    ] = ()


def schema(clauses: Catalogue) -> dict[str, Any]:
    """The JSON Schema of an adapter file.  ``clauses``: those that a divergence may name.

    It is of the draft and the form that every TOML editor understands: references are used for
    what would be repeated alone.
    """
    (_,), parts = msgspec.json.schema_components([AdapterFile], ref_template="#/definitions/{name}")
    document = parts["AdapterFile"]
    document["properties"]["divergence"]["items"] = parts["DivergenceTable"]
    # Editors complete what is listed as a property, but not the names that a pattern allows.
    names = document["properties"]["names"]
    own = names.pop("additionalProperties")
    names |= {"properties": {key: {"$ref": "#/definitions/Name"} for key in ALL}}
    names |= {"additionalProperties": False}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **document,
        "definitions": {
            "Clause": {
                "title": "Clause",
                "type": "string",
                "enum": [clause.id for clause in clauses.clauses],
            },
            "Name": {"title": "Name", **own},
        },
    }


def schema_text(clauses: Catalogue) -> str:
    """The JSON Schema as the text of a file, with as many ids of clauses on a line as it holds."""
    document = schema(clauses)
    ids = document["definitions"]["Clause"].pop("enum")
    lines = textwrap.wrap(", ".join(map(json.dumps, ids)), 96, break_on_hyphens=False)
    document["definitions"]["Clause"]["enum"] = lines
    text = json.dumps(document, indent=1, ensure_ascii=False)
    for line in lines:
        text = text.replace(json.dumps(line), line.rstrip(","))
    return text + "\n"


# -- reading --------------------------------------------------------------------------------------

HEADER = re.compile(r"\s*\[\[\s*divergence\s*\]\]")


@dataclass(frozen=True)
class Source:
    """A file that is being read: its path and its text, for messages that say where a mistake is.

    ``tables``: how many divergences it has.
    """

    path: str
    text: str
    tables: int = 0

    def refuse(self, mistake: str, table: int | None = None, key: str | None = None) -> NoReturn:
        """Raise UserError: the file, the line, if it is certain, and the mistake.

        ``table``: the number of the divergence that the mistake is in, counted from 1; ``key``: the
        key, by default the whole table.
        """
        line = self.line(table, key)
        at = f"{self.path}, line {line}" if line else self.path
        raise UserError(f"The adapter file {at}: {mistake}")

    def line(self, table: int | None, key: str | None) -> int | None:
        """The line of a table or of a key in it, counted from 1; None where it is not certain."""
        lines = self.text.split("\n")
        headers = [number for number, line in enumerate(lines) if HEADER.match(line)]
        if len(headers) != self.tables:
            return None
        bounds = [0, *headers, len(lines)]
        first, last = bounds[table or 0], bounds[(table or 0) + 1]
        if key is None:
            return first + 1 if table else None
        assignment = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        found = [number for number in range(first, last) if assignment.match(lines[number])]
        return found[0] + 1 if len(found) == 1 else None


def convert(data: dict[str, Any], path: str, text: str) -> tuple[AdapterFile, Source]:
    """An adapter file from its TOML document.

    ``path``: what messages call it; ``text``: where they look for the line of a mistake.  Raises
    UserError for an unknown or a missing key, and for a value of another type or form.
    """
    tables = data.get("divergence", ())
    source = Source(path, text, len(tables) if isinstance(tables, list) else 0)
    try:
        found = msgspec.convert(data, AdapterFile)
        _check_names(found, source)
        _check_chapters(found, source)
        return found, source
    except msgspec.ValidationError as error:
        # The place in the document ends the message: "… - at `$.divergence[0].clause`".
        steps = re.findall(r"\.(\w+)|\[(\d+)\]", str(error).rpartition("`$")[2])
        _refuse(data, [name or int(number) for name, number in steps], source)


def _check_names(file: AdapterFile, source: Source) -> None:
    """Raise UserError for a name in [names] that the manual does not document."""
    for name in file.names:
        if name not in ALL:
            like = get_close_matches(name, ALL, 1)
            hint = (
                f"did you mean {like[0]}?" if like else "give a name such as Thread or Event.isSet."
            )
            source.refuse(f"the manual does not document {name}; {hint}", key=name)


def _check_chapters(file: AdapterFile, source: Source) -> None:
    """Raise UserError for a chapter in omits that does not exist or cannot be omitted."""
    for chapter in file.omits:
        if chapter not in CHAPTERS:
            like = get_close_matches(chapter, CHAPTERS, 1)
            hint = f"did you mean {like[0]}?" if like else f"these are {', '.join(CHAPTERS)}."
            source.refuse(
                f"omits has {shown(chapter)}, which is no chapter that can be omitted; {hint}",
                key="omits",
            )


def _refuse(data: dict[str, Any], steps: list[str | int], source: Source) -> NoReturn:
    """Raise UserError for what is wrong at the end of ``steps`` in a document."""
    kind: type[AdapterFile | DivergenceTable] = AdapterFile
    _check_keys(data, kind, source)
    number, table, name = None, data, ""
    if len(steps) > 1 and steps[0] == "divergence":
        number = int(steps[1]) + 1
        name = f"divergence {number}"
        table = data["divergence"][number - 1]
        if not isinstance(table, dict):
            source.refuse(f"{name} is {shown(table)}; it must be a table, [[divergence]].")
        name += f" ({table['clause']}): " if isinstance(table.get("clause"), str) else ": "
        kind = DivergenceTable
        _check_keys(table, kind, source, number, name)
        del steps[:2]
    key = str(steps[0])
    value, verb = table[key], "is"
    advice = _advice(kind, key)
    must = advice["must"]
    if len(steps) > 1:
        value, verb = value[steps[1]], "has"
    elif "table" in advice:
        if isinstance(value, dict):  # the steps end before the name
            name = f"{key}."
            key, value = next(one for one in value.items() if not _fits(kind, key, one))
            if isinstance(value, dict) and value:  # what TOML makes of a dot outside quotes
                dotted, inner = key, value
                while isinstance(inner, dict) and inner:
                    part, inner = next(iter(inner.items()))
                    dotted += f".{part}"
                source.refuse(f'{name}{key} is a table; write the name with its dot as "{dotted}".')
        else:
            must = advice["table"]
    source.refuse(f"{name}{key} {verb} {shown(value)}; it must be {must}.", number, key)


def _fits(kind: type[Struct], key: str, entry: tuple[str, object]) -> bool:
    """Whether an entry of the table ``key`` has a name and a value of the right types."""
    with contextlib.suppress(msgspec.ValidationError):
        msgspec.convert(dict([entry]), get_type_hints(kind, include_extras=True)[key])
        return True
    return False


def _check_keys(
    table: dict[str, Any],
    kind: type[Struct],
    source: Source,
    number: int | None = None,
    name: str = "",
) -> None:
    """Raise UserError where a table has a key that ``kind`` does not have, or lacks one."""
    keys = kind.__struct_fields__
    for key in table:
        if key not in keys:
            like = get_close_matches(key, keys, 1)
            hint = f"did you mean {like[0]}?" if like else f"the keys are {', '.join(keys)}."
            source.refuse(f"{name}there is no key {key}; {hint}", number, key)
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in table:
            todo = _advice(kind, field.name)["missing"]
            source.refuse(f"{name}it has no {field.name}; {todo}.", number)


def _advice(kind: type[Struct], key: str) -> dict[str, str]:
    """What messages say about a key of ``kind``."""
    hint = get_type_hints(kind, include_extras=True)[key]
    for part in (hint, *get_args(hint)):
        for meta in getattr(part, "__metadata__", ()):
            if meta.extra is not None:
                advice: dict[str, str] = meta.extra
                return advice
    raise AssertionError(f"nothing is said about {key}")


def shown(value: object) -> str:
    """A value as a message shows it, as TOML has it where it is short."""
    if isinstance(value, bool | str | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a table"
    return str(value)
