"""``python -m quality.mutation``: make small changes everywhere in the reference, and see whether
the battery or a test detects each.

Each mutant is a copy of the reference with one small change, made by an operator of Cosmic Ray
(https://cosmic-ray.readthedocs.io) or by one of those below, which Cosmic Ray lacks.  It is killed
when a case of the battery fails on it in a strict run, or one of the reference's own tests fails.
A mutant that survives shows a gap in the battery, unless ``equivalent.toml`` lists it::

    [[equivalent]]
    file = "semaphore.py"
    within = "Semaphore.acquire"            # optional: the function that contains the line
    line = "taken = self._counter > 0"      # the original line
    mutants = ["taken = self._counter != 0"]  # the lines that replace it
    reason = "The counter is never negative."
    racy = true                             # optional: by chance, it may also be killed

An equivalent mutant is run as well: it is a conforming implementation, so if it is killed, that is
a false alarm.  An entry that matches no mutant is out of date.

All this happens in a copy of the kit under DIR, so the kit can be edited meanwhile.

Not mutated are the body of ``__repr__``, ``__slots__`` and ``__all__``, docstrings, message texts
and imports.  The manual mentions none of them, and most such mutants could not even be loaded.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import CodeType
from typing import Any

from quality.faults.planting import PORTABLE, use_portable_rlock
from quality.judging import REFERENCE, ROOT, cases_of, cases_reaching, implementation, side_by_side
from quality.naming import one_of
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import Case
from threadspec.conformance.verdicts import VERDICTS, fails
from threadspec.frontends.trial import Trial

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

try:
    import parso
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.operators.operator import Example, Operator
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed; get it with: pip install cosmic-ray")

LIST = Path(__file__).with_name("equivalent.toml")
PARTS = ("adapters", "conformance", "frontends", "reference", "reports")
PACKAGE = "mutant"
LIMIT = 60.0  # seconds after which a mutant counts as killed
TEST_LIMIT = 6.0  # seconds that one test may take; the longest takes a third of a second

# The chapters whose cases a module's mutants are tried on first; others that can use it follow.
NEAR = {
    "_guard": ("semaphore", "boundedsemaphore", "thread"),
    "_interruption": ("condition",),
    "_portable_rlock": ("rlock", "condition", "with"),
    "_registry": ("module", "thread", "alien", "daemon"),
    "_waiting": ("semaphore", "boundedsemaphore", "event", "condition"),
    "alien": ("alien",),
    "condition": ("condition", "with"),
    "event": ("event",),
    "functions": ("module", "alien", "thread"),
    "lock": ("lock", "with"),
    "main_thread": ("daemon", "module", "overview"),
    "rlock": ("rlock", "condition", "with"),
    "semaphore": ("semaphore", "boundedsemaphore", "with"),
    "stack": ("module",),
    "thread": ("thread", "daemon", "module"),
    "thread_local": ("local",),
    "timer": ("timer",),
}
# The battery does not use these modules; only tests of the kit kill their mutants.
DUMMY = {"_dummy_layer", "_instantiate", "dummy_threading"}
TESTS_ONLY = {"__init__", *DUMMY}


# -- operators ----------------------------------------------------------------------------------


class _Replacement(Operator):  # type: ignore[misc]
    """Replaces a node by the source text of another."""

    def texts(self, node: Any) -> list[str]:
        """The source texts that may replace ``node``."""
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        for _ in self.texts(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        prefix = node.get_first_leaf().prefix
        return parso.parse(prefix + self.texts(node)[index])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return ()


class StatementRemover(_Replacement):
    """Removes one statement; a ``return`` with a value returns None instead."""

    def texts(self, node: Any) -> list[str]:
        parent = node.parent
        if parent is None or parent.type != "simple_stmt" or node is not parent.children[0]:
            return []
        text = node.get_code(include_prefix=False)
        if node.type == "return_stmt":
            return [] if text == "return None" else ["return None"]
        if node.type == "keyword":
            return ["pass"] if text == "raise" else []
        kinds = {"expr_stmt", "atom_expr", "del_stmt", "raise_stmt", "global_stmt"}
        is_list_of_names = text.startswith(("__all__ =", "__slots__ ="))
        return ["pass"] if node.type in kinds and not is_list_of_names else []


class ArgumentRemover(_Replacement):
    """Removes one argument of a call, except in ``raise`` statements."""

    def texts(self, node: Any) -> list[str]:
        if node.type != "trailer" or node.children[0].value != "(" or len(node.children) != 3:
            return []
        inside = node.children[1]
        if node.search_ancestor("raise_stmt"):
            return []
        several = inside.children[::2] if inside.type == "arglist" else [inside]
        codes = [one.get_code().strip() for one in several]
        return [
            "(" + ", ".join(codes[:index] + codes[index + 1 :]) + ")" for index in range(len(codes))
        ]


class ConditionForcer(_Replacement):
    """Makes the condition of an ``if`` or ``elif`` constant."""

    def texts(self, node: Any) -> list[str]:
        parent = node.parent
        if parent is None or parent.type != "if_stmt":
            return []
        place = parent.children.index(node)
        if getattr(parent.children[place - 1], "value", None) not in ("if", "elif"):
            return []
        return ["True", "False", f"not ({node.get_code(include_prefix=False)})"]


class OperandRemover(_Replacement):
    """Removes one operand of ``and`` or ``or``."""

    def texts(self, node: Any) -> list[str]:
        if node.type not in ("and_test", "or_test"):
            return []
        operands = [one.get_code().strip() for one in node.children[::2]]
        word = f" {node.children[1].value} "
        return [
            word.join(operands[:index] + operands[index + 1 :]) for index in range(len(operands))
        ]


class WithRemover(_Replacement):
    """Runs the body of a ``with`` statement without its context manager."""

    def texts(self, node: Any) -> list[str]:
        parent = node.parent
        if parent is None or parent.type != "with_stmt" or node is not parent.children[0]:
            return []
        return ["if True or"]


OWN = (StatementRemover, ArgumentRemover, ConditionForcer, OperandRemover, WithRemover)


@cache
def operators() -> tuple[Operator, ...]:
    """The operators of Cosmic Ray that need no arguments, and our own."""
    theirs = (plugins.get_operator(name) for name in plugins.operator_names())
    return tuple(one() for one in (*theirs, *OWN) if not one.arguments())


# -- mutants ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A file of the reference with one change.

    ``line`` and ``text``: the original line and its replacement, both without indentation (several
    lines are joined); ``number``: the line number; ``within``: the function that contains it.
    """

    id: str
    file: str
    number: int
    within: str
    line: str
    text: str
    source: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.number} {self.within}: {self.line}  ->  {self.text}"


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a file, ordered by line."""
    source = path.read_text(encoding="utf-8")
    scopes = _scopes(source)
    seen = {_meaning(source), None}
    found: list[tuple[int, str, str, str, str]] = []
    for operator in operators():
        for text in _texts(source, operator):
            meaning = _meaning(text)
            number, line, new = _change(source, text)
            within = next((name for first, last, name in scopes if first <= number <= last), "")
            if meaning not in seen and not within.endswith("__repr__"):
                seen.add(meaning)
                found.append((number, new, within, line, text))
    return [
        Mutant(f"{path.stem}-{count}", path.name, number, within, line, new, text)
        for count, (number, new, within, line, text) in enumerate(sorted(found), 1)
    ]


def _texts(source: str, operator: Operator) -> Iterator[str]:
    occurrence = 0
    while (text := mutate_code(source, operator, occurrence)) is not None:
        yield text
        occurrence += 1


def _meaning(text: str) -> object:
    """A comparable form of the compiled source, or None if it cannot be compiled."""

    def parts(code: CodeType) -> object:
        constants = tuple(
            parts(one) if isinstance(one, CodeType) else (type(one), one) for one in code.co_consts
        )
        names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
        return code.co_name, code.co_code, getattr(code, "co_exceptiontable", b""), names, constants

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return parts(compile(text, "mutant", "exec"))
    except SyntaxError:
        return None


def _change(source: str, text: str) -> tuple[int, str, str]:
    """The difference of two sources: the first line's number, the old lines and the new lines."""
    old, new = source.splitlines(), text.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changes = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    first, last = changes[0], changes[-1]

    def joined(lines: list[str]) -> str:
        return " ".join(" ".join(lines).split())

    return first[1] + 1, joined(old[first[1] : last[2]]), joined(new[first[3] : last[4]])


def _scopes(source: str) -> list[tuple[int, int, str]]:
    """The functions and classes of a source, the innermost first: first line, last, name."""
    found: list[tuple[int, int, str]] = []

    def look(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = prefix + child.name
                look(child, name + ".")
                found.append((child.lineno, child.end_lineno or child.lineno, name))
            else:
                look(child, prefix)

    look(ast.parse(source), "")
    return found


# -- what is known ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equivalent:
    """Mutants that need not be killed, and why (the fields are described above)."""

    file: str
    line: str
    mutants: tuple[str, ...]
    reason: str
    within: str | None = None
    racy: bool = False

    def covers(self, mutant: Mutant) -> bool:
        """Whether this entry matches the mutant."""
        return (
            self.file == mutant.file
            and self.line == mutant.line
            and mutant.text in self.mutants
            and self.within in (None, mutant.within)
        )


@cache
def equivalents() -> tuple[Equivalent, ...]:
    """The entries of ``equivalent.toml``."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]
    return tuple(Equivalent(**{**one, "mutants": tuple(one["mutants"])}) for one in entries)


def known(mutant: Mutant) -> Equivalent | None:
    """The entry that explains a mutant."""
    return next((one for one in equivalents() if one.covers(mutant)), None)


def stale(mutants: Sequence[Mutant]) -> list[str]:
    """The entries for the files of ``mutants`` that match none of them, as "file: line -> text"."""
    files = {mutant.file for mutant in mutants}
    found = []
    for one in equivalents():
        near = [mutant for mutant in mutants if one.covers(mutant)]
        matched = {mutant.text for mutant in near}
        found += [
            f"{one.file}: {one.line}  ->  {text}"
            for text in one.mutants
            if one.file in files and text not in matched
        ]
    return found


# -- trials -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The fate of a mutant; ``killer``: the case or test that failed, or None for a survivor."""

    mutant: Mutant
    killer: str | None
    observed: str
    seconds: float

    @cached_property
    def equivalent(self) -> Equivalent | None:
        """The entry of the list that explains it."""
        return known(self.mutant)

    @property
    def error(self) -> bool:
        """Whether the kit itself failed."""
        return self.observed.startswith(f"{VERDICTS[-1]}:")

    @property
    def unexplained(self) -> bool:
        """Whether it survives without an explanation."""
        return self.killer is None and self.equivalent is None

    @property
    def false_alarm(self) -> bool:
        """Whether it is killed although it conforms."""
        return self.killer is not None and self.equivalent is not None and not self.equivalent.racy

    @property
    def line(self) -> str | None:
        """The line to report, if any."""
        if self.error:
            reason = self.observed.strip().rsplit("\n", 1)[-1]
            return f"ERROR of the kit in {self.killer} ({reason})    {self.mutant}"
        if self.unexplained:
            return f"SURVIVES    {self.mutant}"
        if self.equivalent is None:
            return None
        if self.false_alarm:
            return f"KILLED by {self.killer}, though equivalent    {self.mutant}"
        return f"equivalent  {self.mutant}    ({self.equivalent.reason})"


def make_kit(folder: Path, root: Path) -> Path:
    """Create a folder that makes the kit of another tree importable, and return it."""
    (folder / "threadspec").mkdir(parents=True)
    for part in PARTS:
        (folder / "threadspec" / part).symlink_to(root / part)
    return folder


def environment(kit: Path, root: Path) -> dict[str, str]:
    """The environment for a Python that imports this kit and the modules of a tree's tests."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(kit), str(root)])}


class Place:
    """A folder with one mutant, as a package and as the reference of a copy of the kit."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        self.package = folder / PACKAGE
        shutil.copytree(REFERENCE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.kit = make_kit(folder / "kit", ROOT)
        (self.kit / "threadspec" / "reference").unlink()
        (self.kit / "threadspec" / "reference").symlink_to(self.package)

    def put(self, mutant: Mutant) -> None:
        """Apply the mutant; if it changes the portable RLock, let the reference use that."""
        (self.package / mutant.file).write_text(mutant.source, encoding="utf-8")
        if mutant.file == PORTABLE:
            use_portable_rlock(self.package)

    def judge(self, cases: Iterable[Case], deadline: float) -> tuple[str, str] | None:
        """Return the first case that fails and what was observed, or None if all pass."""
        trial = Trial(implementation(PACKAGE, PACKAGE, self.folder))
        try:
            for case in cases:
                result = trial.run_case(case)
                if fails(result.verdict, True):
                    return case.id, f"{result.verdict}: {result.observed}"
                if time.monotonic() > deadline:
                    return case.id, f"no end after {LIMIT:g} s"
        except UserError as error:
            return "import", str(error)
        finally:
            trial.close()
        return None

    def test(self, tests: Iterable[str]) -> tuple[str, str] | None:
        """Return the first test that fails and pytest's last line, or None if all pass."""
        options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "-o", "addopts="]
        options += [f"--timeout={TEST_LIMIT:g}", "--timeout-method=thread"]
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=ROOT,
            env=environment(self.kit, ROOT),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as run:
            try:
                output, _ = run.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                return "tests", f"no end after {LIMIT:g} s"
            finally:
                with contextlib.suppress(ProcessLookupError):  # a test's child process may hang
                    os.killpg(run.pid, signal.SIGKILL)
        if run.returncode == 0:
            return None
        if "+ Timeout +" in output:
            return "tests", f"no end of a test after {TEST_LIMIT:g} s"
        lines = [one for one in output.splitlines() if one.startswith(("FAILED", "ERROR"))]
        return (lines or ["tests"])[0], output.strip().rsplit("\n", 1)[-1]


def cases_for(stem: str) -> list[Case]:
    """The cases for a mutant of this module, beginning with those most likely to fail."""
    if stem in TESTS_ONLY:
        return []
    order = NEAR.get(stem, ())
    cases = cases_reaching([f"{stem}.py"])
    near = [case for chapter in order for case in cases if case.clause.chapter == chapter]
    return [*near, *(case for case in cases if case.clause.chapter not in order)]


def tests_for(stem: str) -> list[str]:
    """The files and folders with the tests that a mutant of this module may fail."""
    own = [] if stem in DUMMY else ["tests/reference"]
    return [*own, "tests/test_dummy_threading.py"]


def trial(mutant: Mutant, folder: Path) -> Outcome:
    """Find out whether a case or a test kills a mutant."""
    began = time.monotonic()
    stem = Path(mutant.file).stem
    place = Place(folder / mutant.id)
    place.put(mutant)
    found = place.judge(cases_for(stem), began + LIMIT) or place.test(tests_for(stem))
    shutil.rmtree(place.folder)
    killer, observed = found or (None, "")
    return Outcome(mutant, killer, observed, round(time.monotonic() - began, 2))


def summary(outcomes: Sequence[Outcome], unmatched: Sequence[str]) -> list[str]:
    """The lines that sum up a run."""
    survivors = [one for one in outcomes if one.killer is None]
    unexplained = sum(one.unexplained for one in outcomes)
    lines = [
        f"{len(outcomes)} mutants: {len(outcomes) - len(survivors)} killed, "
        f"{len(survivors) - unexplained} equivalent with a reason, "
        f"{unexplained} surviving unexplained"
    ]
    alarms = sum(one.false_alarm for one in outcomes)
    if alarms:
        lines.append(f"{alarms} killed though equivalent: false alarms, or not equivalent")
    return lines + [
        f"no mutant matches this entry, remove it from {LIST.name}: {one}" for one in unmatched
    ]


def run_in_a_copy(modules: Sequence[str], jobs: int, out: Path) -> int:
    """Copy the tree and run the command there; return its exit status."""
    tree = out / "tree"
    for old in (tree, out / "kit"):
        shutil.rmtree(old, ignore_errors=True)
    for part in (*PARTS, "quality", "tests"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    kit = make_kit(out / "kit", tree)
    return subprocess.call(
        [
            sys.executable,
            "-m",
            "quality.mutation",
            *modules,
            "--jobs",
            str(jobs),
            "--out",
            str(out),
        ],
        cwd=tree,
        env=environment(kit, tree),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if every mutant is killed or known to be equivalent."""
    modules = sorted(path.stem for path in REFERENCE.glob("*.py"))
    parser = argparse.ArgumentParser(
        prog="python -m quality.mutation", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "modules",
        nargs="*",
        type=one_of("module of the reference", modules),
        metavar="MODULE",
        help="a module; default: all",
    )
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) * 2)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "mutation", metavar="DIR")
    options = parser.parse_args(arguments)
    options.out = options.out.resolve()
    wanted = options.modules or modules
    if options.out / "tree" != ROOT:
        return run_in_a_copy(wanted, options.jobs, options.out)

    sound = [Place(options.out / "sound")]
    if Path(PORTABLE).stem in wanted:
        sound.append(Place(options.out / "sound-portable"))
        use_portable_rlock(sound[-1].package)
    for place in sound:
        if found := place.judge(cases_of(), time.monotonic() + LIMIT) or place.test(tests_for("")):
            print(f"the reference itself fails {found[0]} ({found[1]}); fix that first")
            return 1

    mutants = (one for stem in wanted for one in mutants_of(REFERENCE / f"{stem}.py"))
    outcomes: list[Outcome] = []
    for outcome in side_by_side(lambda one: trial(one, options.out), mutants, options.jobs):
        outcomes.append(outcome)
        if outcome.line:
            print(outcome.line, flush=True)
    killers = Counter(one.killer for one in outcomes if one.killer)
    data = {
        "mutants": [
            {
                **{key: value for key, value in asdict(one.mutant).items() if key != "source"},
                "killer": one.killer,
                "observed": one.observed,
                "equivalent": one.equivalent.reason if one.equivalent else None,
                "seconds": one.seconds,
            }
            for one in outcomes
        ],
        "killers": dict(killers.most_common()),
    }
    (options.out / "mutation.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    unmatched = stale([one.mutant for one in outcomes])
    print(*summary(outcomes, unmatched), sep="\n")
    wrong = any(one.unexplained or one.false_alarm or one.error for one in outcomes)
    return int(wrong or bool(unmatched))


if __name__ == "__main__":
    sys.exit(main())
