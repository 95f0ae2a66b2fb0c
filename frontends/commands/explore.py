"""The command ``explore``, which runs small programs and cases under every schedule."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from threadspec.adapters.adapter import resolve
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.index import battery
from threadspec.exploration import results, scenarios, subjects
from threadspec.exploration.campaign import SECONDS, Campaign, Choice, choose, seal
from threadspec.exploration.exploring import undisturbed
from threadspec.exploration.program import Program
from threadspec.exploration.report import Interleaving, case_interleaving, interleaving
from threadspec.exploration.search import parse
from threadspec.exploration.stage import Stage
from threadspec.exploration.visible import Subject
from threadspec.frontends import options as run_options
from threadspec.frontends.commands import Status
from threadspec.frontends.commands.output import Output
from threadspec.reports.exploration import Broken, Explored, Result, in_words, judged

if TYPE_CHECKING:
    from threadspec.frontends.commands.goal import Goal

# How fine the steps are: said with each result, since a proof holds for them alone.
GRANULARITY = (
    "A step is one use of an attribute that is set outside __init__, of a container, of a rebound "
    "global, of a counter or of a lock; time-outs come at any moment; memory is sequentially "
    "consistent."
)


def add_explore(explore: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the command."""
    explore.description = (
        "Run small programs, and the cases of the battery, over an implementation "
        "written in Python, on simulated threads, under every schedule or many. Takes 60 seconds "
        "of processor time."
    )
    explore.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="explore only the scenarios and cases of this chapter or clause, or this scenario",
    )
    explore.add_argument(
        "--impl",
        metavar="NAME",
        help=f"the implementation: {run_options.ONE_IMPLEMENTATION}",
    )
    explore.add_argument(
        "--exhaust",
        action="store_true",
        help="run every schedule of the scenarios, however long it takes, and no cases",
    )
    explore.add_argument(
        "--seconds",
        type=run_options.factor,
        metavar="N",
        help=f"take N seconds of processor time (default: {SECONDS:g})",
    )
    explore.add_argument(
        "--replay", metavar="TOKEN", help="show the schedule of a failure, step by step"
    )
    explore.add_argument("--list", action="store_true", help="list the scenarios, and stop")
    explore.add_argument("--json", action="store_true", help="print the results as JSON")
    run_options.add(explore, run_options.named("strict", "report", "label"))
    explore.add_argument(
        "--add-to",
        type=Path,
        metavar="RECORD",
        help="write the results into this record of the same implementation, in the place of those "
        "of an earlier exploration; nothing else in it changes",
    )
    explore.set_defaults(call=_explore)


def _explore(options: argparse.Namespace) -> int:
    console = Output()
    _refuse_unused(options)
    choice = _choice(options.words)
    if options.list:
        for scenario in choice.scenarios:
            console.print(
                f"[bold]{scenario.name}[/]  {' | '.join(map(escape, scenario.tasks))}".replace(
                    "\n", "; "
                ),
                highlight=False,
                soft_wrap=True,
            )
        return 0
    if options.impl is None:
        raise UserError("explore needs an implementation; add --impl=NAME, such as --impl=stdlib.")
    implementation = resolve(options.impl)
    loaded = subjects.load(implementation)
    if options.replay:
        return _replay(console, options, loaded)
    goal: Goal | None = None
    if options.report or options.add_to or options.label:
        # Not at the top, since what writes records takes a while to import.
        from threadspec.frontends.commands.goal import goal_of

        goal = goal_of(options, implementation, loaded[0])
        goal.check(results.exploration(implementation, loaded[0], (), {}))
    listed = {one.clause for one in implementation.adapter.divergences}
    rows: list[Explored] = []
    interrupted = False
    with _progress(not options.json) as progress, undisturbed():
        bar = progress.add_task("scenarios", total=1.0, schedules=0)

        def tell(what: str, share: float, count: int) -> None:
            progress.update(bar, description=what, schedules=count)
            if share >= 0:
                progress.update(bar, completed=share)

        campaign = Campaign(loaded, choice, options.exhaust, options.seconds or SECONDS, tell)

        def take(row: Explored) -> None:
            failure = row.failure
            known = failure is not None and failure.is_sequential and failure.clause in listed
            row = judged(row, known)
            rows.append(row)
            if not options.json and (row.kind != "case" or row.failure):
                console.print(_line(row), highlight=False, soft_wrap=True)
                sys.stdout.flush()

        try:
            for row in campaign.rows():
                take(row)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would lose the results
            interrupted = True
            for row in campaign.unfinished("the exploration was interrupted"):
                take(row)
    failing = {"fails", "non-strict"} if options.strict else {"fails"}
    if options.json:
        document = _document(options.impl, loaded, rows, campaign, not interrupted)
        print(json.dumps(document, indent=1))
    else:
        own = _own_files(implementation.adapter.module, loaded[0].files)
        for found in _found(loaded, rows, own):
            _show(console, options.impl, loaded, found, own)
        _summary(console, loaded, rows, campaign)
    if interrupted:
        print("threadspec: interrupted; this is what was done", file=sys.stderr)
    if goal is not None:
        path = goal.write(results.exploration(implementation, loaded[0], rows, campaign.left_out))
        print(f"threadspec: the results were written to {path}", file=sys.stderr)
    if interrupted:
        return Status.INTERRUPTED
    return Status.FOUND if any(row.verdict in failing for row in rows) else Status.FINE


def _refuse_unused(options: argparse.Namespace) -> None:
    """Raise UserError for options and words that would have no effect."""
    if options.exhaust and options.seconds:
        raise UserError("--exhaust takes as long as the schedules do; leave out --seconds.")
    for alone in ("list", "replay"):
        if not getattr(options, alone):
            continue
        names = ("exhaust", "seconds", "strict", "report", "label", "add-to")
        unused = [f"--{name}" for name in names if getattr(options, name.replace("-", "_"))]
        if alone == "replay":
            unused += options.words
        if unused:
            raise UserError(f"--{alone} explores nothing; leave out {' and '.join(unused)}.")


def _choice(words: list[str]) -> Choice:
    """What the words name.  Raises UserError for a word that names nothing."""
    for word in words:
        try:
            choose([word])
        except UserError as error:
            if name := _implementation_of(word):
                raise UserError(
                    f"{word} names an implementation, and no scenario, chapter or clause; did you "
                    f"mean --impl={name}?"
                ) from error
            raise
    return choose(words)


def _implementation_of(word: str) -> str | None:
    """The value of ``--impl`` for an adapter, a module or its file; None if there is none."""
    if word.endswith(".py"):
        word = word.removeprefix("./").removesuffix(".py").replace("/", ".")
    try:
        found = resolve(word)
    except UserError:
        return None
    root = found.adapter.module.partition(".")[0]
    return word if PathFinder.find_spec(root, [*found.path, *sys.path]) else None


def _progress(shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[schedules]:,} schedules"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        redirect_stdout=sys.stdout.isatty(),
        disable=not shown,
    )


# How the line of a program or a case begins, by its verdict.
_WORDS = {
    "holds": "[green]ok[/]        ",
    "known": "[yellow]known[/]     ",
    "non-strict": "[yellow]non-strict[/]",
    "fails": "[red]FAIL[/]      ",
}
_ALWAYS = "[red]always[/]    "


def _line(row: Explored) -> str:
    """One line about a program; a second one about a failure that no table follows."""
    name = row.name if row.programs == 1 else f"{row.name} ({row.programs} programs)"
    where = f" ({row.variant})" if row.variant else ""
    word = _WORDS[row.verdict]
    failure = row.failure
    if failure is None:
        return f"{word}  {escape(name)}{escape(where)}: {escape(in_words(row))}"
    if not failure.always:
        return f"{word}  {escape(name)}{where}: {failure.clause} in schedule {failure.schedule:,}"
    word = _ALWAYS if row.verdict == "fails" else word
    return (
        f"{word}  {escape(name)}{where}: {failure.clause} in every schedule that was tried\n"
        f"            {escape(failure.observed)}"
    )


@dataclass(frozen=True)
class Found:
    """A failure that is shown with its schedule.

    ``steps``: the schedule, or why it cannot be run again; ``is_own``: whether a step is in a file
    of the implementation itself; ``others``: the programs and cases that fail likewise.
    """

    row: Explored
    failure: Broken
    steps: Interleaving | UserError
    is_own: bool
    others: list[Explored]


def _found(loaded: list[Subject], rows: list[Explored], own: set[str]) -> list[Found]:
    """The failures to show, one for each clause and kind of observation.

    Recommendations come last, and before them what fails without a step in the implementation's own
    files.
    """
    found = []
    for row in rows:
        failure = row.failure
        if failure is None or row.verdict == "known" or (row.kind == "case" and failure.always):
            continue
        steps: Interleaving | UserError
        try:
            with undisturbed():
                steps = _interleaving(loaded, failure.token)
        except UserError as error:
            steps = error
        places = steps.rows if isinstance(steps, Interleaving) else ()
        is_own = any(one.place.rpartition(":")[0] in own for one in places)
        found.append(Found(row, failure, steps, is_own, []))
    found.sort(key=lambda one: (one.row.verdict == "non-strict", not one.is_own))
    first: dict[tuple[str, str], Found] = {}
    for one in found:
        key = one.failure.clause, _kind(one.failure.observed)
        if key in first:
            first[key].others.append(one.row)
        else:
            first[key] = one
    return list(first.values())


def _kind(observed: str) -> str:
    """What was observed, without what differs from program to program: names and numbers."""
    return re.sub(r"<[^>]*>|\w+\.(?=\w+\()|\d+", "", observed)


def _own_files(module: str, files: list[Path]) -> set[str]:
    """The names of the files of a module itself, without those of modules that it builds on."""
    root = module.partition(".")[0]
    tops = [one.parent for one in files if (one.parent.name, one.name) == (root, "__init__.py")]
    own = {one.name for one in files if one.stem == root or any(map(one.is_relative_to, tops))}
    return own or {one.name for one in files}


def _titled(row: Explored) -> str:
    return f"{row.name} ({row.variant})" if row.variant else row.name


def _show(console: Console, name: str, loaded: list[Subject], found: Found, own: set[str]) -> None:
    """Show a failure."""
    row, failure, steps = found.row, found.failure, found.steps
    clause = catalogue().find(failure.clause)
    console.print()
    where = f"{loaded[0].name}{f' ({row.variant})' * bool(row.variant)}"
    word = _WORDS[row.verdict].rstrip()
    console.print(f"{word}  {failure.clause}  on {escape(where)}", highlight=False)
    required = clause.says if clause is not None else ""
    for label, text in (
        ("program", row.name),
        ("required", required),
        ("observed", failure.observed),
        ("found", f"in schedule {failure.schedule:,}" + _preemptions(failure)),
        ("likewise", ", ".join(map(_titled, found.others))),
        ("no table", str(steps) if isinstance(steps, UserError) else ""),
    ):
        if text:
            console.print(f"  [bold]{label:<9}[/] {escape(text)}", highlight=False, soft_wrap=True)
    if not isinstance(steps, UserError):
        _print_table(console, steps)
        if not found.is_own:
            console.print(
                f"  No step is in {escape(', '.join(sorted(own)))}; the fault is in what "
                f"{escape(loaded[0].name)} builds on, or in how it uses that.",
                highlight=False,
                soft_wrap=True,
            )
    console.print(
        f"  run again: threadspec explore --impl={name} --replay={escape(failure.token)}",
        highlight=False,
        soft_wrap=True,
    )


def _preemptions(failure: Broken) -> str:
    if failure.preemptions is None:
        return ""
    count = failure.preemptions
    return f"; this one has {count} preemption{'s' * (count != 1)}, the fewest"


def _print_table(console: Console, steps: Interleaving) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("")
    for task in steps.tasks:
        table.add_column(task, overflow="fold")
    table.add_column("where", style="dim")
    for row in steps.rows:
        cells = [""] * len(steps.tasks)
        cells[row.task] = escape(row.text)
        table.add_row(row.switch, *cells, row.place)
    width = max(console.width, 60 + 24 * len(steps.tasks))
    Output(file=console.file, width=width, no_color=console.no_color).print(table)


# The verdicts that the last line counts, with the word and the style for each.
_COUNTED: tuple[tuple[Result, str, str], ...] = (
    ("fails", "failed", "red"),
    ("non-strict", "non-strict", "yellow"),
    ("known", "known", "yellow"),
)


def _summary(
    console: Console,
    loaded: list[Subject],
    rows: list[Explored],
    campaign: Campaign,
) -> None:
    programs = [row for row in rows if row.kind != "case"]
    cases = [row for row in rows if row.kind == "case"]
    exhausted = sum(row.programs for row in programs if row.grade == "exhausted")
    total = sum(row.programs for row in programs)
    console.print()
    if programs:
        console.print(
            f"{exhausted:,} of {_count(total, 'program')} exhausted, "
            f"{_count(sum(row.schedules for row in programs), 'schedule')} in "
            f"{sum(row.seconds for row in programs):.1f} s.",
            highlight=False,
        )
    if cases:
        least = 100
        many = sum(row.schedules >= least for row in cases)
        single = sum(row.grade == "exhausted" for row in cases)
        console.print(
            f"{_count(len(cases), 'case')}, {single:,} that have one schedule and {many:,} under "
            f"at least {least}: "
            f"{_count(sum(row.schedules for row in cases), 'schedule')} in "
            f"{sum(row.seconds for row in cases):.1f} s.",
            highlight=False,
        )
    for why, count in sorted(campaign.left_out.items()):
        console.print(f"Programs and cases left out: {count:,} ({why}).", highlight=False)
    console.print(GRANULARITY, highlight=False)
    _print_bounds(console, loaded)
    counts = Counter(row.verdict for row in rows)
    said = [
        f"[{style}]{counts[verdict]:,} {word}[/]"
        for verdict, word, style in _COUNTED
        if counts[verdict]
    ]
    console.print(
        f"{', '.join(said)}." if said else "No schedule that was run breaks a clause.",
        highlight=False,
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _print_bounds(console: Console, loaded: list[Subject]) -> None:
    """Say which constants are not those of the source."""
    for name, (own, new) in loaded[0].bounds.items():
        console.print(
            f"The adapter has replaced {name} = {own} by {new}.", highlight=False, soft_wrap=True
        )


def _document(
    name: str, loaded: list[Subject], rows: list[Explored], campaign: Campaign, finished: bool
) -> dict[str, Any]:
    bounds = loaded[0].bounds.items()
    return {
        "implementation": name,
        "finished": finished,
        "granularity": GRANULARITY,
        "bounds": {constant: {"source": own, "explored": new} for constant, (own, new) in bounds},
        "left_out": dict(campaign.left_out),
        "programs": [asdict(row) for row in rows],
    }


# -- replay --------------------------------------------------------------------------------------


def _replay(console: Console, options: argparse.Namespace, loaded: list[Subject]) -> int:
    with undisturbed():
        steps = _interleaving(loaded, options.replay)
    if options.json:
        print(json.dumps(asdict(steps), indent=1, default=str))
    else:
        _print_table(console, steps)
        clause = catalogue().find(steps.clause)
        facts = [("observed", steps.wrong or "nothing is wrong with this schedule")]
        if steps.wrong and clause is not None:
            facts = [("clause", clause.id), ("required", clause.says), *facts]
        named = sum(count for _, count, _ in parse(options.replay.rpartition(":")[2]))
        if named < steps.count:
            facts.append(
                ("note", f"the token ends at step {named}; after it, the threads went on freely")
            )
        for label, text in facts:
            console.print(f"{label:<9} {escape(text)}", highlight=False, soft_wrap=True)
        _print_bounds(console, loaded)
    return 1 if steps.wrong else 0


def _interleaving(loaded: list[Subject], text: str) -> Interleaving:
    """The schedule of a token.  Raises UserError for one that does not fit."""
    name, _, rest = text.rpartition("@")
    digest, _, schedule = rest.partition(":")
    try:
        segments = parse(schedule)
    except ValueError:
        segments = []
    if not name or not segments:
        raise UserError(f"{text!r} is no token; copy the whole of the one that a failure shows.")
    known = [*scenarios.written(), *scenarios.generated()]
    for scenario in known:
        if scenario.name == name:
            for subject in loaded:
                if seal(subject, repr(scenario)) == digest:
                    return interleaving(Program(scenario, subject), segments)
            raise _other_source(name)
    for case in battery():
        if case.id == name:
            for subject in loaded:
                if seal(subject, case.id) == digest:
                    return case_interleaving(Stage(subject, subject.mapped), case, segments)
            raise _other_source(name)
    raise UserError(f"The token is of {name}, and there is no such scenario or case.")


def _other_source(name: str) -> UserError:
    return UserError(
        f"The token of {name} is of another source: the implementation or the program has changed "
        "since. Explore it again."
    )
