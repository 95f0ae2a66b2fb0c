"""The record: one JSON document about one run on one implementation.

Everything that is shown to people is rendered from records, so that results from many machines
can be put side by side.  ``record.schema.json`` describes the format.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import NO_DIVERGENCE, VERDICTS, Verdict, worst

SCHEMA = "threadspec-record/2"
_SCHEMA_FILE = Path(__file__).parent / "record.schema.json"


@dataclass(frozen=True)
class Expectation:
    """What an adapter expects of a clause: a verdict, and why."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class CaseResult:
    """What one case found.

    ``expected``: what the clause requires; ``observed``: what was seen instead, or recorded;
    ``where`` and ``check``: the place and the source of the check that failed; ``evidence``: notes;
    ``counts``: how many of its repetitions gave each verdict, empty where it was run once;
    ``output``: what was printed meanwhile; ``waits``: the part of its seconds that the kit spent
    waiting within each named duration; ``divergence``: what the adapter expects.
    """

    case: str
    clause: str
    level: str
    verdict: Verdict
    expected: str
    observed: str | None = None
    where: str | None = None
    check: str | None = None
    evidence: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    divergence: Expectation | None = None
    counts: dict[Verdict, int] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether this is the divergence that the adapter expects.

        One that is expected to vary may deviate in any way, and may do so in every repetition.
        """
        if self.divergence is None or self.verdict in NO_DIVERGENCE:
            return False
        return self.divergence.verdict in (self.verdict, "varies")


@dataclass(frozen=True)
class Subject:
    """The implementation that a record is about."""

    name: str
    module: str
    version: str | None
    interpreter: str
    platform: str
    gil: bool | None
    about: str = ""


@dataclass(frozen=True)
class Kit:
    """The kit that made a record.

    ``version``: of the kit; ``catalogue``: of the clause catalogue; ``clauses`` and ``battery``:
    digests of the catalogue, and of the battery with the harness, by which a changed kit is told
    from a changed implementation; ``cases``: how many cases it has.
    """

    version: str
    catalogue: str
    clauses: str
    battery: str
    cases: int


@dataclass(frozen=True)
class Record:
    """One run on one implementation.

    ``finished``: False for a run that was broken off; ``made``: when, in UTC; ``time_scale``: what
    the named durations were multiplied with.
    """

    kit: Kit
    implementation: Subject
    cases: tuple[CaseResult, ...]
    made: str
    finished: bool = True
    time_scale: float = 1.0
    chapters: dict[str, str] = field(default_factory=dict, compare=False)

    def clause_verdicts(self) -> dict[str, Verdict]:
        """The verdict on each clause that was judged: the worst of its cases."""
        return clause_verdicts(self.cases)


def clause_verdicts(cases: Iterable[CaseResult]) -> dict[str, Verdict]:
    """The verdict on each clause that these cases judge: the worst of its cases."""
    by_clause: dict[str, list[Verdict]] = {}
    for case in cases:
        by_clause.setdefault(case.clause, []).append(case.verdict)
    return {clause: worst(verdicts) for clause, verdicts in by_clause.items()}


def totals(cases: Iterable[CaseResult], chapters: dict[str, str]) -> dict[str, Any]:
    """How many cases got which verdict, in all and for each chapter.

    ``chapters``: the chapter of each clause.
    """
    in_all = dict.fromkeys(VERDICTS, 0)
    by_chapter: dict[str, dict[str, int]] = {}
    for case in cases:
        in_all[case.verdict] += 1
        chapter = by_chapter.setdefault(chapters[case.clause], dict.fromkeys(VERDICTS, 0))
        chapter[case.verdict] += 1
    return {"cases": in_all, "chapters": by_chapter}


def to_json(record: Record) -> dict[str, Any]:
    """A record as the document that is written."""
    document: dict[str, Any] = {"schema": SCHEMA, **asdict(record)}
    chapters = document.pop("chapters")
    document["cases"] = [
        {**case, "chapter": chapters[case["clause"]], "evidence": list(case["evidence"])}
        for case in document["cases"]
    ]
    document["totals"] = totals(record.cases, chapters)
    return document


def file_name(name: str) -> str:
    """The name of the file that the record on an implementation gets in a folder."""
    safe = re.sub(r"[^\w.@+-]+", "_", name).strip("_") + ".json"
    try:
        os.fsencode(safe)
    except UnicodeEncodeError:  # a locale such as C, whose files have names in ASCII
        safe = safe.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return safe


def write(record: Record, path: Path) -> None:
    """Write a record; the file is complete or not there.  Raises UserError where it cannot be."""
    text = json.dumps(to_json(record), indent=1, sort_keys=False, ensure_ascii=False) + "\n"
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UserError(f"The report cannot be written to {path}: {error.strerror}.") from error


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    document: dict[str, Any] = json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))
    return document


def read(path: Path) -> Record:
    """Read a record.

    Raises UserError for a file that cannot be read, is no JSON (cut in half), is no record or one
    of another version, or is about a run that was broken off.
    """
    import jsonschema  # here: making a record does not need it, and it takes 0.1 s to import

    where = f"The record {path}"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{where} is not complete JSON ({error}); make it again with --impl-report."
        ) from error
    found = document.get("schema") if isinstance(document, dict) else None
    if found is None:
        raise UserError(f"{where} is no threadspec record; give files written with --impl-report.")
    if found != SCHEMA:
        raise UserError(
            f"{where} is of the format {found}; this kit reads {SCHEMA}: "
            "make it again with this version of the kit."
        )
    try:
        jsonschema.validate(document, schema())
    except jsonschema.ValidationError as error:
        place = "/".join(str(step) for step in error.absolute_path) or "the document"
        message = textwrap.shorten(error.message, 200, placeholder=" …")
        raise UserError(f"{where} is damaged at {place}: {message}.") from error
    if not document["finished"]:
        raise UserError(
            f"{where} is about a run that was broken off; run the battery again to its end."
        )
    found = _from_json(document)
    for complaint in _contradictions(found, document["totals"]):
        raise UserError(f"{where} is damaged: {complaint}; make it again with --impl-report.")
    return found


def _contradictions(record: Record, counted: dict[str, Any]) -> Iterator[str]:
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
        if same_catalogue and one.clause not in clauses:
            yield f"the case {one.case} names {one.clause}, which is no clause"
        if same_battery and one.case not in cases:
            yield f"there is no case {one.case}"
        if same_battery and cases[one.case].clause.id != one.clause:
            yield f"the case {one.case} does not check {one.clause}"
        if same_catalogue and one.level != clauses[one.clause].level:
            yield f"{one.clause} has the level {clauses[one.clause].level}, not {one.level}"
        if same_catalogue and record.chapters[one.clause] != clauses[one.clause].chapter:
            yield f"{one.clause} is no clause of the chapter {record.chapters[one.clause]}"
    if len(seen) > record.kit.cases:
        yield f"it has {len(seen)} cases, and the kit that made it {record.kit.cases}"
    if counted != totals(record.cases, record.chapters):
        yield "its totals do not add up"


def plain(result: CaseResult) -> dict[str, Any]:
    """A result's plain values, which :func:`case_result` takes."""
    values = dict(vars(result))
    if result.divergence is not None:
        values["divergence"] = vars(result.divergence)
    return values


def case_result(values: dict[str, Any]) -> CaseResult:
    """A result from its plain values, as :func:`plain` and JSON have them."""
    expected = values["divergence"]
    return CaseResult(
        **{
            **values,
            "evidence": tuple(values["evidence"]),
            "divergence": None if expected is None else Expectation(**expected),
        }
    )


def _from_json(document: dict[str, Any]) -> Record:
    cases = []
    chapters = {}
    for entry in document["cases"]:
        values = dict(entry)
        chapters[values["clause"]] = values.pop("chapter")
        cases.append(case_result(values))
    return Record(
        kit=Kit(**document["kit"]),
        implementation=Subject(**document["implementation"]),
        cases=tuple(cases),
        made=document["made"],
        finished=document["finished"],
        time_scale=document["time_scale"],
        chapters=chapters,
    )
