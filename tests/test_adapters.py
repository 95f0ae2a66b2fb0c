"""Adapters: their files, the names that ``--impl`` takes, and the interpreters of a machine."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from threadspec.adapters import adapter as adapters
from threadspec.adapters import file_format, interpreters, update
from threadspec.adapters.adapter import (
    Adapter,
    Divergence,
    Implementation,
    Unavailable,
    choose,
    read,
    resolve,
)
from threadspec.adapters.interpreters import Interpreter
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import Verdict
from threadspec.reports.record import CaseResult, Expectation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CLAUSE = "lock.release.unlocked-error"
MODULE_WITH_DIVERGENCE = 'module = "threading"\n[[divergence]]\n'
OTHER = "lock.release.no-value"

posix = pytest.mark.skipif(os.name != "posix", reason="needs permission bits of POSIX")


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A separate folder for each test, and no cached interpreters of another test."""
    monkeypatch.chdir(tmp_path)
    interpreters.found.cache_clear()
    yield
    monkeypatch.undo()
    interpreters.found.cache_clear()


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    """An adapter file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def divergence(**fields: str) -> str:
    """The text of an adapter file with one divergence."""
    values = {"clause": CLAUSE, "verdict": "fail", "reason": "it was decided so", **fields}
    lines = [f"{key} = {value!r}" for key, value in values.items() if value != "-"]
    return MODULE_WITH_DIVERGENCE + "\n".join(lines) + "\n"


def with_reasons(reason: str, *reasons: str) -> str:
    """The text of an adapter file with this reason and these lines of [reasons]."""
    return "\n".join(['module = "a"', "[reasons]", *reasons, divergence(reason=reason)[21:]])


def executable(path: Path) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python(label: str, folder: str = "/somewhere") -> Interpreter:
    """An imaginary interpreter."""
    version = Version(label.strip("abcdefghijklmnopqrstuvwxyz"))
    return Interpreter(Path(folder, label), label, version, label.replace(".", "").isdigit())


def found_are(monkeypatch: pytest.MonkeyPatch, *labels: str) -> None:
    """Pretend that these are the interpreters of this machine."""
    everything = tuple(python(label) for label in labels)

    def found() -> tuple[Interpreter, ...]:
        return everything

    found.cache_clear = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(interpreters, "found", found)


# -- adapter files --------------------------------------------------------------------------------


EVERY_FIELD = """
about = "green threads"
module = "green.threads"
python = ">=3.8"
arguments = ["-X", "dev"]
setup = "import green"
requires = ["green>=1"]
substrate = "green.layer"
cooperative = false
fallback = "stdlib"
start_scale = 10
workers = 2

omits = ["timer", "with"]
lacks = ["signals"]
starts_by_maker = true

[names]
Thread = "Fibre"
"Thread.isAlive" = "is_alive"

[explore_bounds]
"green.pool._SIZE" = 1
"green.Pool.pause" = 0.5

[environment]
GREEN_HUB = "fast"
EMPTY = ""

[[divergence]]
clause = "lock.release.no-value"
verdict = "non-strict"
reason = "it says how many waited"
when = "python_version < '3.9'"
"""


def test_every_field_of_a_file_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, EVERY_FIELD)
    known = Divergence(OTHER, "non-strict", "it says how many waited", "python_version < '3.9'")
    assert read(path) == Adapter(
        name="mine",
        module="green.threads",
        about="green threads",
        python=">=3.8",
        arguments=("-X", "dev"),
        environment={"GREEN_HUB": "fast", "EMPTY": ""},
        setup="import green",
        requires=("green>=1",),
        substrate="green.layer",
        cooperative=False,
        fallback="stdlib",
        start_scale=10.0,
        workers=2,
        names={"Thread": "Fibre", "Thread.isAlive": "is_alive"},
        explore_bounds={"green.pool._SIZE": 1, "green.Pool.pause": 0.5},
        omits=("timer", "with"),
        lacks=("signals",),
        starts_by_maker=True,
        divergences=(known,),
        folder=tmp_path,
    )


def test_a_module_is_all_that_a_file_needs(tmp_path: Path) -> None:
    found = read(write(tmp_path, 'module = "threading"'))
    assert (found.module, found.divergences, found.versions) == ("threading", (), None)


# Broken files, each with what the message about it says.  The reader and the schema refuse them.
BROKEN = [
    ('about = "no module"', 'it has no module; add a line module = "…"'),
    (
        'module = "threading"\nmodul = "x"',
        ", line 2: there is no key modul; did you mean module?",
    ),
    (
        'module = "threading"\nxyzzy = 1',
        ", line 2: there is no key xyzzy; the keys are about, homepage, ",
    ),
    (
        'module = "a"\nhomepage = "example.org"',
        ', line 2: homepage is "example.org"; it must be an address that begins with https://',
    ),
    ("module = 3", ", line 1: module is 3; it must be the name of a module, written as in an"),
    ('[module]\nname = "x"', "module is a table; it must be the name of a module"),
    ('module = ""', 'module is ""; it must be the name of a module'),
    ('module = "a-b"', 'module is "a-b"; it must be the name of a module'),
    ('module = "a..b"', 'module is "a..b"; it must be the name of a module'),
    ('module = "a b"', 'module is "a b"; it must be the name of a module'),
    ('module = "threading\\n"', 'module is "threading\\n"; it must be the name of a module'),
    ('module = "a"\nabout = 2001-02-03', "about is 2001-02-03; it must be a sentence"),
    ('module = "a"\nsetup = true', "setup is true; it must be Python source"),
    ('module = "a"\npython = 3.8', 'python is 3.8; it must be a range of versions such as ">=3'),
    ('module = "a"\npython = ">=3.x"', 'python is ">=3.x"; it must be a range of versions'),
    ('module = "a"\npython = ""', 'python is ""; it must be a range of versions'),
    ('module = "a"\npython = "~3.8"', 'python is "~3.8"; it must be a range of versions'),
    ('module = "a"\narguments = "-X dev"', 'arguments is "-X dev"; it must be a list of arguments'),
    (
        'module = "a"\narguments = ["-X", 1]',
        "arguments has 1; it must be a list of arguments, such",
    ),
    ('module = "a"\nenvironment = "x=1"', 'environment is "x=1"; it must be a table [environment]'),
    (
        'module = "a"\n[environment]\nA = "1"\nB = 2',
        ", line 4: environment.B is 2; it must be a string, the value of a variable whose name",
    ),
    ('module = "a"\n[environment]\n"A=B" = "1"', 'environment.A=B is "1"; it must be a string, th'),
    ('module = "a"\nsubstrate = "b-c"', 'substrate is "b-c"; it must be the name of a module'),
    ('module = "a"\nfallback = ""', 'fallback is ""; it must be the name of an adapter'),
    (
        'module = "a"\nrequires = "x"',
        'requires is "x"; it must be a list of requirements as pip takes them',
    ),
    ('module = "a"\nrequires = ["b", "c d"]', 'requires has "c d"; it must be a list of require'),
    ('module = "a"\nrequires = [3]', "requires has 3; it must be a list of requirements"),
    (
        'module = "a"\nreasons = "so"',
        'reasons is "so"; it must be a table [reasons] of names and s',
    ),
    ('module = "a"\n[reasons]\nb = "so"\nc = 3', ", line 4: reasons.c is 3; it must be a sentence"),
    ('module = "a"\nreasons.b = " "', ': reasons.b is " "; it must be a sentence that says why '),
    ('module = "a"\nnames = "x"', 'names is "x"; it must be a table [names], such as Thread = "Pr'),
    (
        'module = "a"\n[names]\nLock = "Mutex"\nThread = 3',
        ", line 4: names.Thread is 3; it must be the name that the implementation has in its pl",
    ),
    ('module = "a"\nnames.Lock = "a.b"', 'names.Lock is "a.b"; it must be the name that the'),
    (
        'module = "a"\n[names]\nThred = "Fibre"',
        ", line 3: the manual does not document Thred; did you mean Thread?",
    ),
    (
        'module = "a"\nnames.xyzzy = "x"',
        "document xyzzy; give a name such as Thread or Event.isSet",
    ),
    (
        'module = "a"\n[names]\nThread.isAlive = "x"',
        ': names.Thread is a table; write the name with its dot as "Thread.isAlive".',
    ),
    (
        'module = "a"\nexplore_bounds = 1',
        'explore_bounds is 1; it must be a table [explore_bounds], such as "package.pool._SIZE" = ',
    ),
    (
        'module = "a"\n[explore_bounds]\n"a.b" = 1\n"a.c" = "1"',
        ', line 4: explore_bounds.a.c is "1"; it must be a number, for a constant that is written',
    ),
    ('module = "a"\n[explore_bounds]\n"a.b" = true', "explore_bounds.a.b is true; it must be a nu"),
    (
        'module = "a"\n[explore_bounds]\n_SIZE = 1',
        ", line 3: explore_bounds._SIZE is 1; it must be a number, for a constant that is written",
    ),
    (
        'module = "a"\n[explore_bounds]\na.b._SIZE = 1',
        ': explore_bounds.a is a table; write the name with its dot as "a.b._SIZE".',
    ),
    (
        'module = "a"\nomits = "timer"',
        'omits is "timer"; it must be a list of chapters; these are m',
    ),
    ('module = "a"\nomits = ["timer", 3]', "omits has 3; it must be a list of chapters; these are"),
    (
        'module = "a"\nomits = [\n"timers"]',
        'line 2: omits has "timers", which is no chapter that can be omitted; did you mean timer?',
    ),
    (
        'module = "a"\nomits = ["overview"]',
        '"overview", which is no chapter that can be omitted; th',
    ),
    ('module = "a"\nlacks = "threads"', 'lacks is "threads"; it must be a list of threads, proc'),
    ('module = "a"\nlacks = ["thread"]', 'lacks has "thread"; it must be a list of threads, proc'),
    ('module = "a"\nstarts_by_maker = 1', "starts_by_maker is 1; it must be true or false."),
    ('module = "a"\ncooperative = "no"', 'cooperative is "no"; it must be true or false.'),
    ('module = "a"\nstart_scale = 0', "start_scale is 0; it must be a number above 0."),
    ('module = "a"\nstart_scale = "2"', 'start_scale is "2"; it must be a number above 0.'),
    ('module = "a"\nworkers = 0', "workers is 0; it must be a whole number above 0."),
    ('module = "a"\nworkers = 1.5', "workers is 1.5; it must be a whole number above 0."),
    ('module = "a"\ndivergence = "x"', 'divergence is "x"; it must be one or more tables, each'),
    ('module = "a"\n[divergence]\nx = 1', "divergence is a table; it must be one or more tables"),
    ('module = "a"\ndivergence = ["x"]', 'divergence 1 is "x"; it must be a table, [[diverg'),
    (divergence(reason="-"), f", line 2: divergence 1 ({CLAUSE}): it has no reason; say why "),
    (divergence(reason=" "), 'reason is " "; it must be a sentence that says why '),
    (divergence(clause="-"), ", line 2: divergence 1: it has no clause; give the id of a clause"),
    (divergence(verdict="-"), "it has no verdict; give one of non-strict, varies, "),
    (divergence(clause="no.clause"), "there is no clause no.clause; `threadspec clauses` lists"),
    (
        divergence(clause="lock.release.unlockd-error"),
        ", line 3: divergence 1 (lock.release.unlockd-error): there is no clause "
        f"lock.release.unlockd-error; did you mean {CLAUSE}, ",
    ),
    (MODULE_WITH_DIVERGENCE + "clause = 3\nverdict = 'fail'\nreason = 'so'\n", "clause is 3; "),
    (
        MODULE_WITH_DIVERGENCE + "clause = []\nverdict = 'fail'\nreason = 'so'\n",
        "clause is an empty list; it must be the id of a clause",
    ),
    (
        MODULE_WITH_DIVERGENCE + f"clause = ['{CLAUSE}', 3]\nverdict = 'fail'\nreason = 'so'\n",
        "divergence 1: clause has 3; it must be the id of a clause",
    ),
    (
        divergence() + "occasional = true\n",
        f", line 6: divergence 1 ({CLAUSE}): there is no key occasional; the keys are clause, ",
    ),
    (
        divergence(verdict="broken"),
        ', line 4: divergence 1 (lock.release.unlocked-error): verdict is "broken"; it must be one '
        "of non-strict, varies, unsupported, fail, timeout, crash.",
    ),
    (divergence(verdict="pass"), 'verdict is "pass"; it must be one of non-strict, '),
    (divergence(verdict="not-offered"), 'verdict is "not-offered"; it must be one of '),
    (divergence(verdict="observed"), 'verdict is "observed"; it must be one of '),
    (divergence(verdict="error"), 'verdict is "error"; it must be one of '),
    (divergence(when="on Tuesdays"), 'when is "on Tuesdays"; it must be an environment marker'),
    (divergence(whenn="x"), "there is no key whenn; did you mean when?"),
    (divergence() + "when = 3\n", "when is 3; it must be an environment marker"),
    (
        divergence() + divergence(reason=" ").split("\n", 1)[1],
        f', line 9: divergence 2 ({CLAUSE}): reason is " "; ',
    ),
]

# Broken files that only the reader refuses: no schema can express what is wrong with them.
BROKEN_IN_SENSE = [
    (
        with_reasons("nothing-block", 'nothing-blocks = "No lock can block."', 'b = "It is so."'),
        f", line 8: divergence 1 ({CLAUSE}): there is no nothing-block in [reasons]; did you mean "
        "nothing-blocks?",
    ),
    (with_reasons("c", 'a = "x"', 'b = "y"'), "no c in [reasons]; did you mean a, b?"),
    (
        with_reasons("a", 'a = "One is so."', 'b = "No other is."'),
        ", line 4: no divergence has the reason b of [reasons]; remove it.",
    ),
    ('module = "a"\npython = ">=3.*"', 'line 2: python is ">=3.*", which is no range of versions'),
    ('module = "a"\nrequires = ["b>"]', 'line 2: requires has "b>", which is no requirement: '),
    (
        divergence(when="python_version >= '3' and"),
        f", line 6: divergence 1 ({CLAUSE}): when is \"python_version >= '3' and\", which is no "
        "environment marker: ",
    ),
    (
        divergence(when="python_version >= '3' and extra == 'and_more'"),
        f", line 6: divergence 1 ({CLAUSE}): when has extra; it may have python_version, ",
    ),
    (divergence(when="implementation_version == '3'"), "when has implementation_version; "),
    (
        divergence(verdict="non-strict"),
        f", line 4: divergence 1 ({CLAUSE}): the level of {CLAUSE} is must, so that its verdict "
        "cannot be non-strict; give fail.",
    ),
    (divergence(clause=OTHER), "is should, so that its verdict cannot be fail; give non-strict."),
    (
        divergence(clause="rlock.owner-ended"),
        "is free, so that its verdict cannot be fail; any behaviour is observed.",
    ),
    (
        divergence(clause="overview.atomic"),
        "overview.atomic has no case, so that it cannot deviate; `threadspec explain overview.at",
    ),
    (
        "omits = ['lock']\n" + divergence(),
        f", line 4: divergence 1 ({CLAUSE}): {CLAUSE} cannot deviate, because omits has its "
        "chapter, lock; remove one of the two.",
    ),
    (
        divergence() + divergence(reason="again").split("\n", 1)[1],
        f", line 6: divergence 2 ({CLAUSE}): {CLAUSE} is listed twice with the verdict fail under "
        "the same condition; remove one of the two.",
    ),
]


@pytest.mark.parametrize(("text", "said"), BROKEN + BROKEN_IN_SENSE)
def test_a_mistake_in_a_file_is_said_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read(write(tmp_path, text))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"The adapter file {tmp_path / 'mine.toml'}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.toml is not valid TOML: .*line 1"):
        read(write(tmp_path, "module = x"))


@pytest.mark.parametrize(
    "text",
    [
        'module = 3\nsetup = """\nmodule = 4\n"""',
        MODULE_WITH_DIVERGENCE + 'clause = 3\nreason = """\n[[divergence]]\n"""\nverdict = "fail"',
    ],
)
def test_a_line_that_is_not_certain_is_not_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError) as caught:
        read(write(tmp_path, text))
    assert "is 3; it must be" in str(caught.value)
    assert ", line " not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not valid TOML"):
        read(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: "):
        read(tmp_path)


def test_one_clause_may_diverge_under_different_conditions(tmp_path: Path) -> None:
    first = divergence(when="python_version < '3'")
    second = divergence(when="python_version >= '3'").split("\n", 1)[1]
    assert len(read(write(tmp_path, first + second)).divergences) == 2


@pytest.mark.parametrize("name", adapters.known())
def test_the_adapters_of_the_kit_are_valid(name: str) -> None:
    assert read(adapters.FOLDER / f"{name}.toml").about


# -- the schema -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    """Checks documents against the schema."""
    schema = file_format.schema(catalogue())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_schema_that_is_shipped_is_the_one_of_the_format() -> None:
    text = (adapters.FOLDER / file_format.SCHEMA_FILE).read_text(encoding="utf-8")
    assert text == file_format.schema_text(catalogue()), (
        "make it anew: threadspec schema adapter > adapters/adapter.schema.json"
    )


@pytest.mark.parametrize("name", adapters.known())
def test_the_schema_accepts_the_adapters_of_the_kit(
    validator: jsonschema.Draft7Validator, name: str
) -> None:
    text = (adapters.FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    validator.validate(tomllib.loads(text))
    assert text.startswith(f"#:schema ./{file_format.SCHEMA_FILE}\n")


WHOLE = [
    EVERY_FIELD,
    'module = "a"',
    'module = "_a1.ünïcode"\nabout = ""',
    *(
        f'module = "a"\npython = "{one}"'
        for one in (
            *(">=3.8", " >= 3.8 , < 3.13rc1", "==3.*", "~=3.8.1", "3.8", "pypy3", "./bin/py"),
            *("~/bin/py", "~user/py", "$PYTHON", "${PYTHONS}/3.8/python"),
        )
    ),
    'module = "a"\nrequires = ["b", "c[d]>=1,<2", "e @ https://e.org/e", "f;os_name==\'nt\'"]',
    *(
        divergence(when=one)
        for one in (
            "python_version < '3'",
            "(os_name == 'nt' or sys_platform=='x') and '3' in python_version",
            "'PyPy' not in platform_python_implementation",
        )
    ),
    with_reasons("a", 'a = "It is so."'),
    'module = "a"\n[names]\nLock = "Mutex"\n"Lock.acquire" = "lück"\n"currentThread.isAlive" = "x"',
    MODULE_WITH_DIVERGENCE + f"clause = ['{CLAUSE}', '{OTHER}']\nverdict='varies'\nreason='a race'",
]


@pytest.mark.parametrize("text", WHOLE)
def test_reader_and_schema_accept_the_same(
    validator: jsonschema.Draft7Validator, tmp_path: Path, text: str
) -> None:
    read(write(tmp_path, text))
    validator.validate(tomllib.loads(text))


@pytest.mark.parametrize("text", [text for text, _ in BROKEN])
def test_the_schema_refuses_what_the_reader_refuses(
    validator: jsonschema.Draft7Validator, text: str
) -> None:
    assert not validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize("text", [text for text, _ in BROKEN_IN_SENSE])
def test_what_only_the_reader_refuses(validator: jsonschema.Draft7Validator, text: str) -> None:
    assert validator.is_valid(tomllib.loads(text))


def test_the_schema_describes_every_key() -> None:
    schema = file_format.schema(catalogue())
    tables = (schema, schema["properties"]["divergence"]["items"])
    for table in tables:
        assert table["description"]
        for key, value in table["properties"].items():
            assert value["description"].endswith("."), key
            ends = "Required." if key in table["required"] else "Default: "
            assert ends in value["description"], key
    assert set(tables[1]["properties"]) == {"clause", "verdict", "reason", "when"}


# -- divergences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "applies"),
    [
        (None, True),
        ("python_version >= '3.9'", True),
        ("python_version < '3.9'", False),
        ("platform_python_implementation == 'PyPy'", False),
    ],
)
def test_a_marker_says_when_a_divergence_is_expected(when: str | None, applies: bool) -> None:
    environment = {"python_version": "3.10", "platform_python_implementation": "CPython"}
    assert Divergence(CLAUSE, "fail", "so", when).applies(environment) is applies


def result(
    verdict: Verdict, observed: str | None = None, clause: str = CLAUSE, reason: str | None = None
) -> CaseResult:
    """The result of a case; with a reason, a divergence with this verdict is known."""
    return CaseResult(
        case="battery/lock/release.py::test_it",
        clause=clause,
        chapter="lock",
        level="must",
        verdict=verdict,
        expected="something",
        observed=observed,
        divergence=Expectation(verdict, reason) if reason else None,
    )


def written(
    folder: Path, subject: Adapter, results: Iterable[CaseResult], stale: Sequence[Divergence] = ()
) -> Adapter:
    """The adapter in the new file that is written."""
    path = folder / "written.toml"
    update.update(subject, results, path, stale)
    return read(path)


def test_a_written_file_is_the_adapter_with_what_deviates(tmp_path: Path) -> None:
    subject = read(write(tmp_path, EVERY_FIELD))
    found = written(tmp_path, subject, [result("fail", "it waited"), result("pass", clause=OTHER)])
    for field in set(file_format.AdapterFile.__struct_fields__) - {"reasons", "divergence"}:
        assert getattr(found, field) == getattr(subject, field), field
    written_as = Divergence(CLAUSE, "fail", "unreviewed: it waited")
    assert found.divergences == (*subject.divergences, written_as)


def test_each_verdict_of_a_clause_is_written_once(tmp_path: Path) -> None:
    verdicts: list[tuple[Verdict, str]] = [("fail", "a"), ("timeout", "b"), ("fail", "c")]
    cases = [result(verdict, observed) for verdict, observed in verdicts] + [result("pass")]
    found = written(tmp_path, Adapter("subject", "threading"), cases)
    assert found.divergences == (
        Divergence(CLAUSE, "fail", "unreviewed: a"),
        Divergence(CLAUSE, "timeout", "unreviewed: b"),
    )


def test_a_divergence_may_name_several_clauses(tmp_path: Path) -> None:
    entry = f'clause = ["{CLAUSE}", "lock.factory"]\nverdict = "fail"\nreason = "both"\n'
    found = read(write(tmp_path, MODULE_WITH_DIVERGENCE + entry))
    assert [one.clause for one in found.divergences] == [CLAUSE, "lock.factory"]
    assert {one.reason for one in found.divergences} == {"both"}


@pytest.mark.parametrize("reason", ["it is so", "a"])
def test_a_reason_may_be_given_by_its_name(tmp_path: Path, reason: str) -> None:
    again = divergence(clause=OTHER, verdict="non-strict", reason="a")[21:]
    found = read(write(tmp_path, with_reasons(reason, 'a = "It waits."') + again)).divergences
    assert found[0].reason == ("It waits." if reason == "a" else reason)
    assert found[1].reason == "It waits."


def knows(folder: Path, *known: Divergence) -> Adapter:
    """An adapter whose file has these divergences."""
    text = 'module = "threading"\n'
    for one in known:
        text += f'\n[[divergence]]\nclause = "{one.clause}"\nverdict = "{one.verdict}"\n'
        reason = json.dumps(one.reason, ensure_ascii=False).replace("\x7f", "\\u007f")
        text += f"reason = {reason}\n"
        text += f'when = "{one.when}"\n' if one.when else ""
    return read(write(folder, text))


def test_divergences_are_kept_with_their_reasons_and_conditions(tmp_path: Path) -> None:
    subject = knows(
        tmp_path,
        Divergence(CLAUSE, "fail", "we want it so"),
        Divergence(CLAUSE, "fail", "it was so", "python_version < '3'"),
        Divergence("lock.factory", "unsupported", "it was not run"),
        Divergence(OTHER, "non-strict", "it says how many waited", "python_version >= '3'"),
    )
    cases = [result("fail", "it waited", reason="we want it so"), result("pass", clause=OTHER)]
    assert written(tmp_path, subject, cases).divergences == subject.divergences


def test_a_stale_divergence_is_not_written(tmp_path: Path) -> None:
    stale, kept = Divergence(CLAUSE, "fail", "it was so"), Divergence(OTHER, "varies", "a race")
    subject = knows(tmp_path, stale, kept)
    assert written(tmp_path, subject, [result("pass")], [stale]).divergences == (kept,)


def test_what_a_race_explains_is_not_written_again(tmp_path: Path) -> None:
    known = Divergence(CLAUSE, "varies", "a race")
    found = [replace(result("fail"), divergence=Expectation("varies", "a race"))]
    assert written(tmp_path, knows(tmp_path, known), found).divergences == (known,)


@pytest.mark.parametrize("verdict", ["pass", "not-offered", "observed", "error"])
def test_what_is_no_deviation_is_not_written(tmp_path: Path, verdict: Verdict) -> None:
    found = written(tmp_path, Adapter("subject", "threading"), [result(verdict, "x")])
    assert found.divergences == ()


def test_a_long_observation_is_cut(tmp_path: Path) -> None:
    found = written(tmp_path, Adapter("subject", "threading"), [result("fail", "x" * 5000)])
    assert len(found.divergences[0].reason) < 300


ODD = [
    'quotes " and """ and \'',
    "a back\\slash and \\u0041",
    "control \x00 \x07 \x1b characters",
    "delete \x7f and next line \x85",
    "não, 日本, 🧵",
    "[brackets] # and = signs",
]


@pytest.mark.parametrize("text", [*ODD, "two\nlines\r\nand\ttabs"])
def test_odd_characters_survive_in_every_field(tmp_path: Path, text: str) -> None:
    known = Divergence(CLAUSE, "fail", text)
    found = written(tmp_path, knows(tmp_path, known), [result("crash", clause=OTHER)])
    assert found.divergences[0].reason == text


@pytest.mark.parametrize("text", ODD)
def test_odd_characters_in_an_observation_can_be_written(tmp_path: Path, text: str) -> None:
    found = written(tmp_path, Adapter("subject", "threading"), [result("fail", text)])
    assert found.divergences[0].reason.startswith("unreviewed: ")
    assert update._shortened("word " * 41) == "word " * 39 + "…"
    assert update._shortened("word " * 40) == ("word " * 40).strip()


@pytest.mark.parametrize("has_schema", [True, False])
def test_a_written_file_names_the_schema_beside_it(tmp_path: Path, has_schema: bool) -> None:
    if has_schema:
        write(tmp_path, "{}", file_format.SCHEMA_FILE)
    path = tmp_path / "written.toml"
    update.update(Adapter("subject", "threading"), [result("fail")], path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#:schema ./adapter.schema.json\nmodule") is has_schema
    assert read(path).module == "threading"


def test_an_existing_file_of_another_adapter_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, "# my work\n")
    with pytest.raises(UserError, match="is not the adapter file of subject; give the path"):
        update.update(Adapter("subject", "threading"), [], path)
    assert path.read_text(encoding="utf-8") == "# my work\n"


HAND_WRITTEN = f"""# Written by hand.
module = "threading"   # the module

[reasons]
# Both wait.
waits = "It waits."
gone = "It was so."

# What we want:

# This one stays.
[[divergence]]
clause = "{CLAUSE}"  # stays
verdict = "fail"
reason = "We want it so."

# This one goes.
# And it is gone.
[[divergence]]
clause = "lock.factory"
verdict = "fail"
reason = "gone"

# -- lists --

[[divergence]]
clause = [
    # the first
    "{OTHER}",
    "rlock.release.no-value",  # the second
]
verdict = "non-strict"
reason = "waits"
# the end
"""


def test_everything_else_in_a_file_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, HAND_WRITTEN)
    subject = read(path)
    stale = [one for one in subject.divergences if one.clause in ("lock.factory", OTHER)]
    found = [result("fail", reason="We want it so."), result("crash", "it died", clause=OTHER)]
    change = update.update(subject, found, path, stale)
    assert change == update.Change(added=1, removed=2, kept=2, unreviewed=1)
    text = HAND_WRITTEN.replace('gone = "It was so."\n', "").replace(f'    "{OTHER}",\n', "")
    start, end = text.index("# This one goes"), text.index("# -- lists")
    text = text[:start] + text[end:]
    text += f"""
[[divergence]]
clause = "{OTHER}"
verdict = "crash"
reason = "unreviewed: it died (It was listed as non-strict: It waits.)"
"""
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("number", range(4))
def test_any_entry_can_be_removed(tmp_path: Path, number: int) -> None:
    path = write(tmp_path, HAND_WRITTEN)
    subject = read(path)
    stale = subject.divergences[number]
    update.update(subject, [], path, [stale])
    kept = [one for one in subject.divergences if one != stale]
    assert list(read(path).divergences) == kept
    assert not re.search(r"\n\n\n", path.read_text(encoding="utf-8"))


def test_a_file_that_is_up_to_date_is_not_touched(tmp_path: Path) -> None:
    path = write(tmp_path, HAND_WRITTEN)
    path.chmod(0o444)
    before = path.stat()
    change = update.update(read(path), [result("fail", reason="We want it so.")], path)
    assert (change.added, change.removed, change.kept) == (0, 0, 4)
    assert path.stat() == before


def test_line_ends_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, HAND_WRITTEN)
    path.write_bytes(HAND_WRITTEN.replace("\n", "\r\n").encode())
    update.update(read(path), [result("crash")], path)
    text = path.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") == HAND_WRITTEN.count("\n") + 5


def test_a_file_without_tables_is_refused_and_kept(tmp_path: Path) -> None:
    text = f"""module = "threading"
divergence = [{{clause = "{CLAUSE}", verdict = "fail", reason = "so it is"}}]
"""
    path = write(tmp_path, text)
    with pytest.raises(UserError, match="cannot be updated; write each as a table"):
        update.update(read(path), [result("crash")], path)
    assert path.read_text(encoding="utf-8") == text


# -- names of implementations ---------------------------------------------------------------------


def test_the_name_of_an_adapter_stands_for_it() -> None:
    found = resolve("reference")
    assert (found.name, found.adapter.module) == ("reference", "threadspec.reference")
    assert found.interpreter == interpreters.this_interpreter()


def test_a_dotted_name_stands_for_a_module() -> None:
    found = resolve("green.threads")
    assert (found.name, found.adapter.module) == ("green.threads", "green.threads")


def test_a_module_in_the_current_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "greenish.py").write_text("", encoding="utf-8")
    found = resolve("greenish")
    assert found.adapter.module == "greenish"
    assert str(tmp_path) in found.path


def test_a_file_stands_for_its_adapter_and_its_folder_is_searched(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere", 'module = "green"')
    found = resolve("elsewhere/mine.toml")
    assert (found.name, found.adapter.module) == ("mine", "green")
    assert str(tmp_path / "elsewhere") in found.path


def test_an_interpreter_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found_are(monkeypatch, "3.7", "3.8")
    found = resolve("green.threads@3.7")
    assert (found.name, found.interpreter) == ("green.threads@3.7", python("3.7"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module", "'no_such_module' is neither an adapter of the kit"),
        ("refernce", "nor a module in .* Did you mean reference?"),
        ("green", r"nor a module in .* Did you mean \./green\.toml\?"),
        ("./gren.toml", r"There is no adapter file \./gren\.toml; did you mean \./green\.toml\?"),
        ("greens/threads.py", r"is a module; did you mean greens\.threads\?"),
        ("greens/__init__.py", r"is a module; did you mean greens\?"),
        ("event", "'event' is a chapter, not an implementation; .* --only event. runs its"),
        (
            "event.methods",
            "'event.methods' is a clause, .* --only event.methods. runs",
        ),
        ("lock.release.no-value", "'lock.release.no-value' is a clause, not an implementation; "),
        ("stdlib@pypi3.8", "No interpreter pypi3.8 was found; did you mean pypy3.8[?] Found here"),
        ("not-a-name", "'not-a-name' is not an implementation: give an adapter (.*reference"),
        ("missing.toml", "There is no adapter file missing.toml"),
        ("stdlib@", "'stdlib@' names no interpreter after the @"),
        ("@3.8", "'' is not an implementation"),
        ("stdlib@9.9", "No interpreter 9.9 was found; found here are 3.7, 3.8"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    found_are(monkeypatch, "3.7", "3.8", "pypy3.8")
    write(tmp_path, 'module = "greens"', "green.toml")
    (tmp_path / "greens").mkdir()
    for file in ("__init__.py", "threads.py"):
        (tmp_path / "greens" / file).touch()
    with pytest.raises(UserError, match=said.replace("(.*", r"\(.*")):
        resolve(name)


def test_a_module_may_have_the_name_of_a_clause(tmp_path: Path) -> None:
    (tmp_path / "event.py").touch()
    assert resolve("event").adapter.module == "event"
    assert resolve("event.methods").adapter.module == "event.methods"


def test_finding_a_module_does_not_import_it(tmp_path: Path) -> None:
    (tmp_path / "explosive.py").write_text("raise SystemExit", encoding="utf-8")
    assert resolve("explosive").adapter.module == "explosive"
    assert "explosive" not in sys.modules


# -- ranges of versions ---------------------------------------------------------------------------


def test_the_newest_interpreter_in_the_range_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_are(monkeypatch, "2.7", "3.7", "3.8", "3.8t", "pypy3.8")
    write(tmp_path, 'module = "dummy"\npython = ">=2.7,<3.9"')
    found = resolve("mine.toml")
    assert (found.name, found.interpreter.label) == ("mine@3.8", "3.8")


def test_the_interpreter_that_runs_the_kit_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = interpreters.this_interpreter()
    monkeypatch.setattr(interpreters, "found", lambda: (own, python("3.99")))
    write(tmp_path, 'module = "dummy"\npython = ">=3.6"')
    assert resolve("mine.toml").name == "mine"
    assert resolve("mine.toml").interpreter == own


def test_without_an_interpreter_in_the_range_the_fallback_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_are(monkeypatch, "3.12")
    write(tmp_path, 'module = "dummy"\npython = "<3.9"\nfallback = "reference"')
    found = resolve("mine.toml")
    assert (found.name, found.adapter.module) == ("mine (reference)", "threadspec.reference")


def test_without_interpreter_and_fallback_the_range_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_are(monkeypatch, "3.12")
    write(tmp_path, 'module = "dummy"\npython = "<3.9"')
    with pytest.raises(UserError, match=r"mine needs Python <3\.9, and .* found here are 3\.12\."):
        resolve("mine.toml")


def test_a_file_may_name_an_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found_are(monkeypatch, "3.12", "pypy3.9")
    write(tmp_path, 'module = "dummy"\npython = "pypy3.9"')
    assert resolve("mine.toml").interpreter.label == "pypy3.9"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'module = "dummy"\npython = "3.x"',
            'The adapter file ./mine.toml, line 2, has python = "3.x". No interpreter 3.x was '
            "found; found here are 3.12. ",
        ),
        (
            'python = "./bin/py"\nmodule = "dummy"',
            'The adapter file ./mine.toml, line 1, has python = "./bin/py". There is no interpr',
        ),
        (
            'module = "dummy"\npython = "<3"\nfallback = "refernce"',
            "The adapter file ./mine.toml, line 3, has fallback = \"refernce\". 'refernce' is n",
        ),
    ],
)
def test_what_a_file_asks_for_in_vain_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    found_are(monkeypatch, "3.12")
    write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        resolve("mine.toml")
    assert str(caught.value).replace(os.sep, "/").startswith(said)


@pytest.mark.parametrize(
    "python",
    ["./bin/python", "bin/python", "$HERE/bin/python", "${HERE}/bin/python", "~/bin/python"],
)
def test_the_path_of_an_interpreter_begins_at_the_file_at_home_or_at_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    path = executable(tmp_path / "project" / "bin" / "python")
    monkeypatch.setenv("HERE", str(path.parents[1]))
    monkeypatch.setenv("HOME", str(path.parents[1]))
    write(tmp_path / "project", f'module = "dummy"\npython = "{python}"')
    found = resolve(f"project{os.sep}mine.toml").interpreter.path
    assert found.samefile(path)
    assert found.is_absolute()


def test_a_variable_in_a_path_must_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_PLACE", raising=False)
    write(tmp_path, 'module = "dummy"\npython = "${NO_SUCH_PLACE}/python"')
    with pytest.raises(UserError) as caught:
        resolve("mine.toml")
    assert str(caught.value) == (
        f'The adapter file .{os.sep}mine.toml, line 2, has python = "${{NO_SUCH_PLACE}}/python". '
        "The environment variable NO_SUCH_PLACE is not set."
    )


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("./bin/python", "../project/bin/python"),
        ("../new/python", "./python"),
        ("~/bin/python", "~/bin/python"),
        ("$HERE/python", "$HERE/python"),
        ("/opt/python", "/opt/python"),
        ("3.8", "3.8"),
        (">=3.8", ">=3.8"),
    ],
)
def test_a_file_that_is_written_elsewhere_names_the_same_interpreter(
    tmp_path: Path, python: str, expected: str
) -> None:
    (tmp_path / "project").mkdir()
    subject = read(write(tmp_path / "project", f'module = "dummy"\npython = "{python}"\n'))
    update.update(subject, [], tmp_path / "new" / "mine.toml")
    assert read(tmp_path / "new" / "mine.toml").python == expected.replace("/", os.sep)


def test_a_file_that_is_written_elsewhere_names_the_same_command(tmp_path: Path) -> None:
    words = ("./bin/node", "-x", "../new/host.mjs", "/opt/host.mjs", "$HERE/one", "a/b")
    (tmp_path / "project").mkdir()
    text = f'module = "dummy"\ncommand = {json.dumps(words)}\n'
    update.update(read(write(tmp_path / "project", text)), [], tmp_path / "new" / "mine.toml")
    expected = ("../project/bin/node", "-x", "./host.mjs", "/opt/host.mjs", "$HERE/one", "a/b")
    found = read(tmp_path / "new" / "mine.toml").command
    assert found == tuple(word.replace("/", os.sep) for word in expected[:3]) + expected[3:]


def test_a_range_holds_the_versions_that_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found_are(monkeypatch, "2.7", "3.8", "3.9", "pypy3.8")
    labels = [one.label for one in interpreters.in_range(SpecifierSet(">=3,<3.9"))]
    assert labels == ["3.8", "pypy3.8"]


# -- lists of implementations ---------------------------------------------------------------------


def names(chosen: Iterable[Implementation | Unavailable]) -> list[str]:
    """The names of the chosen implementations."""
    return [one.name for one in chosen]


def test_names_may_be_given_one_by_one_or_with_commas() -> None:
    assert names(choose(["reference, a.b", "c.d"])) == ["reference", "a.b", "c.d"]


def test_a_name_given_twice_is_judged_once() -> None:
    assert names(choose(["reference", "a.b,reference"])) == ["reference", "a.b"]


@pytest.mark.parametrize("value", ["", " ", "reference,", ",reference"])
def test_an_empty_name_is_refused(value: str) -> None:
    with pytest.raises(UserError, match="name is empty"):
        choose([value])


def test_two_implementations_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, 'module = "threading"')
    with pytest.raises(UserError, match="Two implementations are called mine"):
        choose(["first/mine.toml,second/mine.toml"])


def test_all_stands_for_every_adapter_on_every_interpreter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found_are(monkeypatch, "2.7", "3.12")
    chosen = names(choose(["all"]))
    assert chosen[:3] == ["reference@3.12", "stdlib@2.7", "stdlib@3.12"]
    assert {name.partition("@")[0] for name in chosen} >= set(adapters.known())
    assert names(choose(["all", "all"])) == chosen


def test_all_gives_the_reason_for_what_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "FOLDER", tmp_path)
    for name in ("reference", "stdlib"):
        write(tmp_path, 'module = "threading"', f"{name}.toml")
    write(tmp_path, 'module = "dummy"\npython = "<3.9"', "ancient.toml")
    found_are(monkeypatch, "3.12")
    missing = [one for one in choose(["all"]) if isinstance(one, Unavailable)]
    assert [one.name for one in missing if "needs Python <3.9" in one.reason] == ["ancient"]


def test_dummy_threading_is_the_reference_s_own_where_python_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found_are(monkeypatch, "3.12")
    found = resolve("dummy_threading")
    assert found.name == "dummy_threading (reference-dummy)"
    assert found.adapter.module == "threadspec.reference.dummy_threading"


# -- interpreters ---------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the only interpreter is the one that runs the tests."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def others() -> dict[str, Path]:
    """The interpreters that are found, except the one that runs the tests."""
    own = interpreters.this_interpreter()
    return {one.label: one.path for one in interpreters.found() if one != own}


@posix
def test_versioned_names_on_the_path_are_found(machine: Path) -> None:
    folder = machine / "bin"
    for name in ("python2.6", "python3.5", "pypy3.4", "jython", "python3.5-config", "python"):
        executable(folder / name)
    (folder / "python3.4").write_text("no executable", encoding="utf-8")
    (folder / "python3.3").mkdir()
    assert others() == {
        "2.6": folder / "python2.6",
        "3.5": folder / "python3.5",
        "pypy3.4": folder / "pypy3.4",
        "jython2.7": folder / "jython",
    }


@posix
def test_a_link_tells_the_version_of_a_bare_name(machine: Path) -> None:
    executable(machine / "opt" / "pypy3.4")
    (machine / "bin").mkdir()
    (machine / "bin" / "pypy3").symlink_to(machine / "opt" / "pypy3.4")
    assert others() == {"pypy3.4": machine / "bin" / "pypy3"}


@posix
def test_folders_of_the_path_that_cannot_be_listed_are_passed_over(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(machine / "bin" / "python3.5")
    monkeypatch.setenv("PATH", os.pathsep.join(["", str(machine / "no"), str(machine / "bin")]))
    assert list(others()) == ["3.5"]


@posix
def test_shims_are_left_out(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(machine / "shims" / "python3.5")
    monkeypatch.setenv("PATH", str(machine / "shims"))
    assert others() == {}
    with pytest.raises(UserError, match=r"No interpreter python3\.5"):
        interpreters.find("python3.5")


@posix
def test_the_versions_of_pyenv_are_found_the_newest_of_each(machine: Path) -> None:
    versions = machine / "pyenv" / "versions"
    for name in ("3.5.2", "3.5.10", "pypy3.4-7.3", "jython-2.7.3", "my-environment"):
        executable(versions / name / "bin" / ("jython" if name[0] == "j" else "python"))
    (versions / "3.4.1").mkdir()
    assert others() == {
        "3.5": versions / "3.5.10" / "bin" / "python",
        "pypy3.4": versions / "pypy3.4-7.3" / "bin" / "python",
        "jython2.7": versions / "jython-2.7.3" / "bin" / "jython",
    }


@posix
def test_free_threaded_builds_are_found_by_their_names(machine: Path) -> None:
    folder, versions = machine / "bin", machine / "pyenv" / "versions"
    for name in ("python3.5t", "python3.4", "python3.6t"):
        executable(folder / name)
    os.link(folder / "python3.6t", folder / "python3.6")  # as an installation of CPython does
    (folder / "python3").symlink_to("python3.6")
    for name in ("3.4.1t", "3.4.2t-dev"):
        executable(versions / name / "bin" / "python")
    assert others() == {
        "3.4": folder / "python3.4",
        "3.4t": versions / "3.4.2t-dev" / "bin" / "python",
        "3.5t": folder / "python3.5t",
        "3.6t": folder / "python3.6t",
    }
    assert [one.is_default for one in interpreters.found()[:4]] == [True, False, False, False]


@posix
def test_the_path_comes_before_pyenv(machine: Path) -> None:
    executable(machine / "bin" / "python3.5")
    executable(machine / "pyenv" / "versions" / "3.5.10" / "bin" / "python")
    assert others() == {"3.5": machine / "bin" / "python3.5"}


def test_the_interpreter_that_runs_the_kit_is_always_found(machine: Path) -> None:
    assert interpreters.found() == (interpreters.this_interpreter(),)
    assert interpreters.this_interpreter().path == Path(sys.executable)


@posix
def test_interpreters_come_in_the_order_of_their_versions(machine: Path) -> None:
    for name in ("python3.5", "python2.6", "python3.99", "pypy3.4", "python3.100"):
        executable(machine / "bin" / name)
    labels = list(others())
    assert labels == ["2.6", "3.5", "3.99", "3.100", "pypy3.4"]


@posix
@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("3.5", "bin/python3.5"),
        ("python3.5", "bin/python3.5"),
        ("3.4.1", "pyenv/versions/3.4.1/bin/python"),
        ("3.4.10", "pyenv/versions/3.4.10/bin/python"),
        ("3.4", "pyenv/versions/3.4.10/bin/python"),
        ("3.5t", "bin/python3.5t"),
        ("python3.5t", "bin/python3.5t"),
        ("3.4.1t", "pyenv/versions/3.4.1t/bin/python"),
        ("pypy3", "bin/pypy3.6"),
        ("2", "bin/python2.7"),
        ("python2", "bin/python2.7"),
        ("pypy3.6", "bin/pypy3.6"),
        ("my-python", "bin/my-python"),
        ("bin/my-python", "bin/my-python"),
        ("./bin/my-python", "bin/my-python"),
    ],
)
def test_an_interpreter_is_found_by_version_name_or_path(
    machine: Path, wish: str, path: str
) -> None:
    for name in "python2.6", "python2.7", "python3.5", "python3.5t", "pypy3.5", "pypy3.6":
        executable(machine / "bin" / name)
    executable(machine / "bin" / "my-python")
    for version in ("3.4.1", "3.4.1t", "3.4.10"):
        executable(machine / "pyenv" / "versions" / version / "bin" / "python")
    assert interpreters.find(wish).path.resolve() == machine / path


@posix
def test_a_path_may_begin_at_home(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(machine))
    path = executable(machine / "bin" / "my-python")
    assert interpreters.find("~/bin/my-python").path == path


@posix
@pytest.mark.parametrize("wish", ["./folder", "./text", "./nothing"])
def test_what_cannot_be_executed_is_no_interpreter(machine: Path, wish: str) -> None:
    (machine / "folder").mkdir()
    (machine / "text").write_text("no program", encoding="utf-8")
    with pytest.raises(UserError, match=f"There is no interpreter at {wish}"):
        interpreters.find(wish)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(machine: Path) -> None:
    own = interpreters.this_interpreter().label
    with pytest.raises(UserError, match=rf"No interpreter 9\.9 was found; found here are {own}\."):
        interpreters.find("9.9")
