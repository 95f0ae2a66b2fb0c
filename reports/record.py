"""The record: one JSON document about one run on one implementation.

All tables and pages are rendered from records, so that results from many machines can be shown
together.  :func:`schema` describes the format.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS, Verdict, is_unreviewed, worst
from threadspec.reports.exploration import SIMULATED, Count, Exploration, Explored

SCHEMA: Literal["threadspec-record/4"] = "threadspec-record/4"
# The previous format, which is read as well.  It lacks what PREVIOUS_LACKS names, by its place.
PREVIOUS = "threadspec-record/3"
PREVIOUS_LACKS: dict[str, dict[str, Any]] = {
    "": {"label": ""},
    "kit": {"runner": ""},
    "implementation": {"homepage": "", "tracker": ""},
}

# How the names of files with records end.
SUFFIX = ".json"
COMPRESSED = ".json.gz"

# The levels of clauses that have cases.
JudgedLevel = Literal["must", "should", "free"]
Seconds = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class Expectation:
    """The verdict that an adapter lists for a clause, and the reason."""

    verdict: Annotated[Verdict, Meta(description="The verdict that is expected.")]
    reason: Annotated[str, Meta(description="Why, in the words of the adapter file.")]


@dataclass(frozen=True)
class CaseResult:
    """The result of one case."""

    case: Annotated[str, Meta(description="The id of the case, the same on every machine.")]
    clause: Annotated[str, Meta(description="The clause that it checks.")]
    chapter: Annotated[str, Meta(description="The chapter of the clause.")]
    level: Annotated[JudgedLevel, Meta(description="The level of the clause.")]
    verdict: Annotated[Verdict, Meta(description="The verdict on the case.")]
    expected: Annotated[str, Meta(description="What the clause requires.")]
    observed: Annotated[str | None, Meta(description="What was seen, if it was not that.")] = None
    where: Annotated[str | None, Meta(description="Where the failed check is.")] = None
    check: Annotated[str | None, Meta(description="The source of the failed check.")] = None
    evidence: Annotated[tuple[str, ...], Meta(description="Notes about the run of the case.")] = ()
    output: Annotated[str, Meta(description="What was printed during the case.")] = ""
    seconds: Annotated[Seconds, Meta(description="How long the case took.")] = 0.0
    waits: Annotated[
        dict[str, Seconds],
        Meta(description="The seconds spent waiting, by named duration."),
    ] = field(default_factory=dict)
    divergence: Annotated[
        Expectation | None, Meta(description="The known divergence that the adapter lists, if any.")
    ] = None
    counts: Annotated[
        dict[Verdict, Annotated[int, Meta(ge=1)]],
        Meta(description="The number of repetitions by verdict; empty if it was run once."),
    ] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether this is the divergence that the adapter expects.

        One that is expected to vary may deviate in any way, and may do so in every repetition.
        """
        if self.divergence is None or self.verdict in NO_DIVERGENCE:
            return False
        return self.divergence.verdict in (self.verdict, "varies")

    @property
    def is_unreviewed(self) -> bool:
        """Whether it is known, and nobody has said yet why the implementation does that."""
        return (
            self.divergence is not None and self.is_known and is_unreviewed(self.divergence.reason)
        )


@dataclass(frozen=True)
class Subject:
    """The implementation that a record is about."""

    name: Annotated[str, Meta(description="Its name, as given with --impl.")]
    module: Annotated[str, Meta(description="The module that was judged.")]
    version: Annotated[
        str | None,
        Meta(description="Its version, if it is known, and that of a library that has patched it."),
    ]
    interpreter: Annotated[str, Meta(description="The interpreter it ran in, with its version.")]
    platform: Annotated[str, Meta(description="The operating system and the machine.")]
    gil: Annotated[bool | None, Meta(description="Whether a global interpreter lock was in force.")]
    about: Annotated[str, Meta(description="A sentence about it, from its adapter.")] = ""
    homepage: Annotated[
        str, Meta(description="The address of its home page, from its adapter; may be empty.")
    ] = ""
    tracker: Annotated[
        str, Meta(description="The address for reports of its faults, likewise.")
    ] = ""
    mapped: Annotated[
        dict[str, str],
        Meta(
            description="The documented names that it lacks and its adapter maps, with its own "
            "names for them."
        ),
    ] = field(default_factory=dict)
    omits: Annotated[
        tuple[str, ...],
        Meta(description="The chapters that it does not offer, as its adapter says."),
    ] = ()
    lacks: Annotated[
        tuple[str, ...],
        Meta(description="What its platform does not have, as its adapter says."),
    ] = ()
    starts_by_maker: Annotated[
        bool,
        Meta(
            description="Whether cases started threads where they made them, as its adapter says."
        ),
    ] = False


@dataclass(frozen=True)
class Kit:
    """The kit that made a record.

    The digests tell a changed kit from a changed implementation.
    """

    version: Annotated[str, Meta(description="The version of threadspec.")]
    catalogue: Annotated[str, Meta(description="The version of the clause catalogue.")]
    clauses: Annotated[str, Meta(description="A digest of the clause catalogue.")]
    battery: Annotated[str, Meta(description="A digest of the battery and its harness.")]
    cases: Annotated[int, Meta(ge=1, description="The number of cases in the battery.")]
    runner: Annotated[
        str, Meta(description="A digest of what starts workers, watches them and ends them.")
    ]


@dataclass(frozen=True)
class Record:
    """One run on one implementation."""

    kit: Annotated[Kit, Meta(description="The kit that made the record.")]
    implementation: Annotated[Subject, Meta(description="The implementation that was judged.")]
    cases: Annotated[
        tuple[CaseResult, ...],
        Meta(description="The results of all cases that were run, in the order of the battery."),
    ]
    made: Annotated[str, Meta(description="When the run ended, in UTC (ISO 8601).")]
    label: Annotated[
        str,
        Meta(
            description="What the user called the state that was judged, such as a revision; may "
            "be empty."
        ),
    ] = ""
    finished: Annotated[bool, Meta(description="Whether the run was complete.")] = True
    time_scale: Annotated[
        float, Meta(gt=0, description="The factor that multiplied the named durations.")
    ] = 1.0
    exploration: Annotated[
        Exploration | None,
        Meta(
            description="What `threadspec explore` found on simulated threads. Left out if nothing "
            "was explored; the only field that may be."
        ),
    ] = None

    @property
    def is_exploration(self) -> bool:
        """Whether it has the results of an exploration and no verdict with real threads."""
        return self.exploration is not None and not self.cases

    @property
    def is_whole(self) -> bool:
        """Whether it has every case of its battery, so that one which it lacks did not exist."""
        return len(self.cases) >= self.kit.cases

    def clause_verdicts(self) -> dict[str, Verdict]:
        """The verdict on each clause that was judged: the worst of its cases."""
        return clause_verdicts(self.cases)


def clause_verdicts(cases: Iterable[CaseResult]) -> dict[str, Verdict]:
    """The verdict on each clause that these cases judge: the worst of its cases."""
    by_clause: dict[str, list[Verdict]] = {}
    for case in cases:
        by_clause.setdefault(case.clause, []).append(case.verdict)
    return {clause: worst(verdicts) for clause, verdicts in by_clause.items()}


@dataclass(frozen=True)
class Totals:
    """The number of cases by verdict, in total and for each chapter."""

    cases: Annotated[
        dict[Verdict, Count], Meta(description="How many cases got each verdict, in all.")
    ]
    chapters: Annotated[
        dict[str, dict[Verdict, Count]], Meta(description="The same for each chapter, by its name.")
    ]


def totals(cases: Iterable[CaseResult]) -> Totals:
    """Count cases by verdict; a verdict that no case has is counted as 0."""
    in_all = dict.fromkeys(VERDICTS, 0)
    by_chapter: dict[str, dict[Verdict, int]] = {}
    for case in cases:
        in_all[case.verdict] += 1
        by_chapter.setdefault(case.chapter, dict.fromkeys(VERDICTS, 0))[case.verdict] += 1
    return Totals(in_all, by_chapter)


@dataclass(frozen=True, kw_only=True)
class Document(Record):
    """One run of the battery on one implementation: the whole document."""

    schema: Annotated[
        Literal["threadspec-record/4"], Meta(description="The version of the format.")
    ]
    totals: Annotated[Totals, Meta(description="Counts of the results, which must add up.")]


def to_json(record: Record) -> dict[str, Any]:
    """The document for a record, as plain values."""
    document = Document(**vars(record), schema=SCHEMA, totals=totals(record.cases))
    values = {"schema": SCHEMA, **msgspec.json.decode(msgspec.json.encode(document))}
    if record.exploration is None:
        del values["exploration"]
    return values


def is_file_name(name: str) -> bool:
    """Whether the name of a file ends like that of a record."""
    return name.endswith((SUFFIX, COMPRESSED))


def file_name(name: str) -> str:
    """The name of the file for the record of an implementation in a folder."""
    safe = re.sub(r"[^\w.@+-]+", "_", name).strip("_") + ".json"
    try:
        os.fsencode(safe)
    except UnicodeEncodeError:  # in the locale C, for example, file names are ASCII
        safe = safe.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return safe


def write(record: Record, path: Path) -> None:
    """Write a record, completely or not at all.  Raises UserError if it cannot be written.

    It is compressed if the name of the file ends in ``.gz``.
    """
    text = json.dumps(to_json(record), indent=1, sort_keys=False, ensure_ascii=False) + "\n"
    data = text.encode("utf-8")
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)  # the same record gives the same file
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UserError(f"The record cannot be written to {path}: {error.strerror}.") from error


def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return msgspec.json.schema(Document)


class Unfinished(UserError):
    """The record is of a run that was interrupted."""


def read(path: Path) -> Record:
    """Read a record, which may be compressed or have the previous format.

    Raises UserError for a file that cannot be read or is not complete JSON, for a document that is
    no record or has another version, and Unfinished for the record of a run that was interrupted.
    """
    where = f"The record {path}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}.") from error
    try:
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError, EOFError, OSError, zlib.error) as error:
        raise UserError(
            f"{where} is not complete JSON ({error}); write it again with --impl-report."
        ) from error
    version = document.get("schema") if isinstance(document, dict) else None
    if str(version).startswith("threadspec-matrix/"):
        raise UserError(f"{where} is a matrix; give the records that it was made from.")
    if version is None:
        raise UserError(f"{where} is not a threadspec record; give files written by --impl-report.")
    if version == PREVIOUS:
        document = _from_previous(document)
    elif version != SCHEMA:
        raise UserError(
            f"{where} has the format {version}, but this kit reads {SCHEMA} and {PREVIOUS}; "
            "write it again with this version of the kit."
        )
    try:
        found = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        message, _, steps = str(error).partition(" - at `$")
        place = "/".join(re.findall(r"\w[\w-]*", steps)) or "the document"
        raise UserError(f"{where} is damaged at {place}: {message}.") from error
    if not found.finished:
        raise Unfinished(
            f"{where} is of a run that was interrupted; run the battery again to its end."
        )
    record = Record(
        kit=found.kit,
        # Fields that the document lacks have got their defaults, so the comparison finds them.
        implementation=replace(found.implementation),
        cases=tuple(map(replace, found.cases)),
        made=found.made,
        label=found.label,
        finished=found.finished,
        time_scale=found.time_scale,
        exploration=found.exploration and replace(found.exploration),
    )
    if document != to_json(record) and found.totals == totals(record.cases):
        raise UserError(
            f"{where} is damaged: it has fields that no record has, or lacks some; "
            "write it again with --impl-report."
        )
    for complaint in _contradictions(record, found.totals):
        raise UserError(f"{where} is damaged: {complaint}; write it again with --impl-report.")
    return record


def _from_previous(document: dict[str, Any]) -> dict[str, Any]:
    """A document of the previous format in the present one.

    What is damaged in it stays damaged, for the caller to tell.
    """
    document = {**document, "schema": SCHEMA}
    for place, lacking in PREVIOUS_LACKS.items():
        if not place:
            document = {**lacking, **document}
        elif isinstance(document.get(place), dict):
            document[place] = {**lacking, **document[place]}
    return document


def folder_of(path: Path) -> Path:
    """The folder with the records that a path names: a file, a folder or that of a matrix."""
    if not path.is_dir():
        return path.parent
    return path / "records" if (path / "records").is_dir() else path


def read_all(paths: Iterable[Path]) -> Iterator[Record | UserError]:
    """Read records, in the order of ``paths``; of a folder, those in it, by the names of the files.

    The folder of a matrix has them in its folder ``records``.  Of a folder, every file whose name
    ends like that of a record is read, and the error stands for one that is none.  Raises UserError
    like :func:`read` for a file that ``paths`` names itself, and for a folder without records.
    """
    for path in paths:
        if not path.is_dir():
            yield read(path)
            continue
        files = sorted(one for one in folder_of(path).iterdir() if is_file_name(one.name))
        found: list[Record | UserError] = []
        for file in files:
            try:
                found.append(read(file))
            except UserError as error:
                found.append(error)
        if not any(isinstance(one, Record) for one in found):
            raise UserError(
                f"The folder {path} has no record that can be read"
                + (f": {found[0]}" if found else "; give files written by --impl-report.")
            )
        yield from found


def _contradictions(record: Record, counted: Totals) -> Iterator[str]:
    """What cannot be so in a record that fits the schema.

    ``counted``: its totals.  A record of another catalogue or battery may name clauses and cases
    that this kit does not have.
    """
    from threadspec.conformance.index import battery, digest

    clauses = {clause.id: clause for clause in catalogue().clauses}
    cases = {case.id: case for case in battery()}
    same_catalogue = record.kit.clauses == catalogue().digest
    same_battery = same_catalogue and record.kit.battery == digest()
    seen = set()
    for one in record.cases:
        if one.case in seen:
            yield f"it has the case {one.case} twice"
        seen.add(one.case)
        if "varies" in one.counts:
            yield f"it counts the verdict varies for a repetition of {one.case}"
        if same_catalogue and one.clause not in clauses:
            yield f"the case {one.case} names the clause {one.clause}, which does not exist"
        if same_battery and one.case not in cases:
            yield f"it names the case {one.case}, which does not exist"
        if same_battery and cases[one.case].clause.id != one.clause:
            yield f"the case {one.case} does not check {one.clause}"
        if same_catalogue and one.level != clauses[one.clause].level:
            yield f"{one.clause} has the level {clauses[one.clause].level}, not {one.level}"
        if same_catalogue and one.chapter != clauses[one.clause].chapter:
            yield f"{one.clause} is not a clause of the chapter {one.chapter}"
    if len(seen) > record.kit.cases:
        yield f"it has {len(seen)} cases, but the kit that wrote it has {record.kit.cases}"
    if counted != totals(record.cases):
        yield "its totals do not add up"
    if record.cases and record.implementation.interpreter.startswith(SIMULATED):
        yield "its cases were run on simulated threads, which give no verdicts"
    if record.exploration is not None:
        yield from record.exploration.contradictions()


def plain(part: CaseResult | Subject | Explored) -> dict[str, Any]:
    """A part of a record as plain values, for the function that makes the part of them again."""
    values: dict[str, Any] = msgspec.to_builtins(part)
    return values


def case_result(values: dict[str, Any]) -> CaseResult:
    """The result with these plain values, which are those of :func:`plain` or JSON."""
    return msgspec.convert(values, CaseResult)


def explored(values: dict[str, Any]) -> Explored:
    """What these plain values, which are those of :func:`plain` or JSON, tell of schedules."""
    return msgspec.convert(values, Explored)


def subject(values: dict[str, Any]) -> Subject:
    """The subject with these plain values, which are those of :func:`plain` or JSON."""
    return msgspec.convert(values, Subject)
