"""The pytest plugin: ``pytest --impl=NAME`` runs the battery and reports each case."""

from __future__ import annotations

import gc
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from _pytest._code.code import (  # not public, but what every plugin that reads failures expects
    ReprEntryNative,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTraceback,
)

from threadspec.conformance.errors import UserError
from threadspec.frontends.options import IMPLEMENTATION, OPTIONS, PLUGINS

if TYPE_CHECKING:
    from threadspec.conformance.index import Case
    from threadspec.frontends.selection import Selection
    from threadspec.frontends.session import Session
    from threadspec.reports.record import CaseResult

# The plugin is loaded in every pytest run of an environment that has the kit, and does nothing
# without --impl.  So the modules that take time to import are imported where they are used.

CONFORMANCE = Path(__file__).parents[1] / "conformance"
BATTERY = CONFORMANCE / "battery"

SESSION: pytest.StashKey[Session] = pytest.StashKey()
WORKERS: pytest.StashKey[int] = pytest.StashKey()  # how many -n asks for
SELECTION: pytest.StashKey[Selection] = pytest.StashKey()
LOST: pytest.StashKey[bool] = pytest.StashKey()  # the battery was named, but no implementation
HOOKS: pytest.StashKey[Any] = pytest.StashKey()  # the hooks that are called for cases
SHORT: pytest.StashKey[bool] = pytest.StashKey()  # no plugin uses the set-up of a case
SILENT: pytest.StashKey[bool] = pytest.StashKey()  # no plugin uses the report of a set-up

_NO_IMPLEMENTATION = (
    "The battery needs an implementation to judge: add --impl=NAME, such as --impl=stdlib."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the kit's options.  All begin with ``--impl`` to avoid clashes with other plugins."""
    group = parser.getgroup("threadspec", "threadspec: conformance of implementations of threading")
    group.addoption(
        "--impl",
        action="append",
        dest="threadspec_impl",
        metavar="NAME",
        help=f"judge this implementation: {IMPLEMENTATION}; may be repeated or hold several "
        "separated by commas",
    )
    for option in OPTIONS:
        settings = option.settings()
        group.addoption(f"--impl-{option.name}", dest=f"threadspec_{option.key}", **settings)


def _values(config: pytest.Config) -> dict[str, Any]:
    """The values of the options in the table, by key."""
    return {one.key: getattr(config.option, f"threadspec_{one.key}") for one in OPTIONS}


def _refusal(error: UserError) -> pytest.UsageError:
    """The error that ends pytest with a message, which names options as the user typed them."""
    from threadspec.frontends.selection import as_typed

    return pytest.UsageError(as_typed(str(error)))


def _is_controller(config: pytest.Config) -> bool:
    """Whether this process reports to the user, and is not a pytest-xdist worker."""
    return not hasattr(config, "workerinput")


def _names_nothing(config: pytest.Config) -> bool:
    """Whether the command line names nothing to run, so that the whole battery is run."""
    sources = pytest.Config.ArgsSource
    return config.args_source in (sources.INVOCATION_DIR, sources.TESTPATHS)


def _selection(config: pytest.Config) -> Selection:
    """The cases that the command line selects.  Raises UsageError for a name that is unknown."""
    from threadspec.conformance.catalogue import CatalogueError
    from threadspec.frontends.selection import Selection, select

    if SELECTION not in config.stash:
        if _names_nothing(config):
            config.stash[SELECTION] = Selection(whole=True)
        else:
            try:
                config.stash[SELECTION] = select(
                    config.args,
                    config.invocation_params.dir,
                    config.rootpath,
                    modules=config.option.pyargs,
                )
            except UserError as error:
                raise _refusal(error) from error
            except CatalogueError as error:
                raise pytest.UsageError(f"The kit is damaged: {error}.") from error
    return config.stash[SELECTION]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Handle ``-n`` in place of pytest-xdist if only the battery is run, without ``--dist``.

    Cases run in the kit's own worker processes anyway, and one process of pytest can control
    several of them.  pytest-xdist would add a process of pytest for each, which takes longer to
    start than half the battery takes to run.
    """
    number = config.getoption("numprocesses", None)
    if number and _is_split_here(config):
        if number in ("auto", "logical"):
            number = config.hook.pytest_xdist_auto_num_workers(config=config)
        config.stash[WORKERS] = max(min(number, config.option.maxprocesses or number), 1)
        config.option.numprocesses = 0
    return (yield)


def _is_split_here(config: pytest.Config) -> bool:
    """Whether the kit, rather than pytest-xdist, splits the cases over several workers."""
    options = config.option
    if options.distload or options.dist != "no" or config.getoption("usepdb", False):
        return False
    if options.threadspec_impl is None or options.threadspec_in_process:
        return False
    if options.threadspec_explore:
        return False
    return not _selection(config).others


def pytest_configure(config: pytest.Config) -> None:
    """Find the implementations to judge, and select the cases to run."""
    options = config.option
    if options.threadspec_impl is None:
        for option in OPTIONS:
            if option.default is None and getattr(options, f"threadspec_{option.key}"):
                raise pytest.UsageError(
                    f"--impl-{option.name} needs an implementation: add --impl=NAME."
                )
        if any(_names_a_part(argument, config) for argument in config.args):
            raise pytest.UsageError(_NO_IMPLEMENTATION)
        return
    from threadspec.frontends.session import Session

    for level, meaning in (
        ("must", "a clause that the manual states"),
        ("should", "a clause that the manual recommends: deviations are non-strict"),
        ("free", "a clause that the manual leaves open: behaviour is recorded"),
    ):
        config.addinivalue_line("markers", f"{level}: {meaning}")
    selection = _selection(config)
    _refuse_to_repeat(config, selection)
    _refuse_two_places(config)
    config.args = selection.others
    config.args_source = pytest.Config.ArgsSource.ARGS
    try:
        config.stash[SESSION] = Session(
            options.threadspec_impl,
            workers=config.stash.get(WORKERS, 1),
            **_values(config),
        )
        selection.check(trial.name for trial in config.stash[SESSION].trials)
    except UserError as error:
        raise _refusal(error) from error
    if _is_controller(config):
        collector = Collector(config, config.stash[SESSION])
        config.pluginmanager.register(collector, "threadspec-collector")


def _names_a_part(argument: str, config: pytest.Config) -> bool:
    """Whether an argument that names nothing here is a part of the battery, as ids name them."""
    name = re.fullmatch(r"(?:conformance/)?battery/(\w+(?:/\w+\.py)?)(::.*)?", argument)
    place = argument.partition("::")[0]
    if name is None or (config.invocation_params.dir / place).exists():
        return False
    return (BATTERY / name[1]).exists()


def _refuse_to_repeat(config: pytest.Config, selection: Selection) -> None:
    """Refuse pytest-repeat's option where it would have no effect.  Raises UsageError."""
    has_option = any(map(config.pluginmanager.has_plugin, ("repeat", "pytest_repeat")))
    if has_option and config.getoption("count", 1) > 1 and not selection.others:
        raise pytest.UsageError(
            "pytest-repeat's --count does not repeat the cases of the battery; use --impl-repeat."
        )


def _refuse_two_places(config: pytest.Config) -> None:
    """Refuse an option that names a file or folder and is given twice.  Raises UsageError.

    One on the command line may still replace one in a configuration file.
    """
    words = [argument.partition("=")[0] for argument in config.invocation_params.args]
    for option in OPTIONS:
        if option.places and words.count(f"--impl-{option.name}") > 1:
            raise pytest.UsageError(f"--impl-{option.name} is given more than once; give it once.")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Load every implementation, to report those that cannot be judged before any case runs.

    A worker of pytest-xdist only begins to load the first one, which it is most likely to need.
    """
    kit_session = session.config.stash.get(SESSION, None)
    if kit_session is None:
        return
    try:
        if session.config.option.collectonly:
            kit_session.check()
        elif _is_controller(session.config):
            kit_session.load()
        else:
            kit_session.leave_out(dict(vars(session.config)["workerinput"]["threadspec_left_out"]))
            kit_session.begin()
            kit_session.check()
    except UserError as error:
        kit_session.close()
        raise _refusal(error) from error
    if session.config.getoption("numprocesses", None):
        kit_session.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name each implementation, its version and its interpreter."""
    kit_session = config.stash.get(SESSION, None)
    return kit_session.header() if kit_session is not None else []


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Prevent pytest from importing the kit's folders as packages with another name."""
    if path == CONFORMANCE or path.is_relative_to(BATTERY):
        return pytest.Dir.from_parent(parent, path=path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Prevent pytest from collecting the cases in the kit's folders as test functions."""
    collectors = yield
    if not file_path.is_relative_to(BATTERY):
        return collectors
    if file_path.suffix == ".py" and SELECTION not in parent.config.stash:
        parent.config.stash[LOST] = True
    return []


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Add the files of the battery to what pytest finds by its arguments.

    Files of the battery are not looked up by their paths, so that the ids of cases are the same
    wherever the kit is installed.
    """
    report = yield
    if (
        isinstance(collector, pytest.Session)
        and SESSION in collector.config.stash
        and report.passed
    ):
        report.result = [*(report.result or ()), *_files(collector)]
    return report


def _files(session: pytest.Session) -> Iterator[BatteryFile]:
    """The files of the battery that contain a selected case."""
    selection = session.config.stash[SELECTION]
    kit_session = session.config.stash[SESSION]
    chosen: dict[str, list[tuple[int, int, Case]]] = {}
    for number, trial in enumerate(kit_session.trials):
        if number in kit_session.left_out:
            continue
        for place, case in selection.cases(trial.name):
            chosen.setdefault(case.id.split("::")[0], []).append((number, place, case))
    for file, cases in chosen.items():
        yield BatteryFile.from_parent(session, file=file, cases=cases)


class BatteryFile(pytest.Collector):
    """One file of the battery, with those of its cases that are selected."""

    def __init__(self, *, file: str, cases: list[tuple[int, int, Case]], **kwargs: Any) -> None:
        name = file.removeprefix("battery/")
        super().__init__(name=name, path=BATTERY / name, nodeid=file, **kwargs)
        self._cases = cases

    def collect(self) -> Iterator[CaseItem]:
        """Every selected case, once for each implementation that it is selected for."""
        trials = self.config.stash[SESSION].trials
        for number, place, case in self._cases:
            yield CaseItem.from_parent(
                self, case=case, place=place, number=number, implementation=trials[number].name
            )


class _WorkerHooks:
    """The hooks of pytest for cases that run in a worker, without the capture of output and logs.

    Such a case prints and logs nothing in this process, and the kit collects what its worker
    prints.  Capturing takes as long as everything else that pytest does for a case.
    """

    _PHASES = ("pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown")
    _LEFT_OUT = ("capturemanager", "logging-plugin")

    def __init__(self, hooks: Any, manager: pytest.PytestPluginManager) -> None:
        self._hooks = hooks
        plugins = [*getattr(hooks, "remove_mods", ()), *map(manager.get_plugin, self._LEFT_OUT)]
        for name in self._PHASES:
            setattr(self, name, manager.subset_hook_caller(name, filter(None, plugins)))

    def __getattr__(self, name: str) -> Any:
        hook = self.__dict__[name] = getattr(self._hooks, name)
        return hook


class CaseFailed(AssertionError):
    """A case found a deviation that fails the run.

    Plugins take an exception of any other kind for an error of the test itself.
    """


def _line(result: CaseResult) -> str:
    """The clause of a failed case and what was observed, in one line."""
    return f"{result.clause}: {' '.join((result.observed or '').split())}"


def _representation(text: str, line: str, source: str, number: int) -> ReprExceptionInfo:
    """A failure as pytest's own classes represent it, whose parts other plugins read.

    ``text`` is printed in place of a traceback; ``line`` in pytest's summary, which would show the
    whole text in a CI, and in a JUnit file.  ``source`` and ``number``: the file and the line.
    """
    crash = ReprFileLocation(source, number, line)
    traceback = ReprTraceback([ReprEntryNative([f"{text}\n"])], None, style="native")
    return ReprExceptionInfo(reprtraceback=traceback, reprcrash=crash)


class CaseItem(pytest.Item):
    """One case on one implementation.

    ``place``: the position of the case in the battery; ``number``: the position of the
    implementation in the run.  The node id ends with the implementation's name; the item's name
    does not, because ``-k`` matches it.
    """

    def __init__(
        self, *, case: Case, place: int, number: int, implementation: str, **kwargs: Any
    ) -> None:
        nodeid = f"{case.id}[{implementation}]"
        super().__init__(name=case.function, nodeid=nodeid, **kwargs)
        self.case = case
        self.place = place
        self.number = number
        self.label = f"{case.function}[{implementation}]"
        self.location = (case.id.split("::")[0], case.line - 1, self.label)
        self.result: CaseResult | None = None
        self.add_marker(case.clause.level)
        self.extra_keyword_matches |= {case.clause.id, case.clause.chapter}

    def __repr__(self) -> str:
        return f"<Case {self.label}>"

    @property
    def ihook(self) -> Any:
        """The hooks that are called for the case, which are found once for all cases."""
        hooks = self.session.stash.get(HOOKS, None)
        return super().ihook if hooks is None else hooks

    @property
    def kit_session(self) -> Session:
        """The session of the kit that the case belongs to."""
        return self.config.stash[SESSION]

    def is_short(self) -> bool:
        """Whether no plugin but pytest's own and the kit handles the case."""
        assert self.parent is not None
        marks = len(self.own_markers) + len(self.parent.own_markers) + len(self.session.own_markers)
        return self.session.stash.get(SHORT, False) and marks == 1

    def report_passed(self, when: Literal["setup", "teardown"]) -> pytest.TestReport:
        """The report of a phase that has nothing to do."""
        return pytest.TestReport(
            nodeid=self.nodeid,
            location=self.location,
            keywords=dict.fromkeys(self.keywords, 1),
            outcome="passed",
            longrepr=None,
            when=when,
            user_properties=self.user_properties,  # a JUnit file takes those of the tear-down
        )

    def runtest(self) -> None:
        """Run the case.  Raises CaseFailed if the result fails the run."""
        trial = self.kit_session.trials[self.number]
        self.result = None
        began = time.monotonic()
        try:
            self.result = trial.run_case(self.case)
        except pytest.fail.Exception as error:
            # pytest-timeout ends a case this way.
            seconds = time.monotonic() - began
            self.result = trial.broken_off(self.case, f"ended from outside: {error}", seconds)
            raise
        if self.kit_session.fails(self.result):
            raise CaseFailed(_line(self.result)).with_traceback(trial.traceback())

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The explanation of a failed case, in place of pytest's traceback."""
        if isinstance(excinfo.value, UserError):
            return str(excinfo.value)
        if self.result is None:
            return super().repr_failure(excinfo, style)
        from threadspec.reports.text import explain_failure

        text = explain_failure(
            self.result, self.case.clause, self.kit_session.name(self.number), self._command()
        )
        source, _, number = (
            self.result.where or f"{self.case.source}:{self.case.line}"
        ).rpartition(":")
        return _representation(text, _line(self.result), f"battery/{source}", int(number))

    def _command(self) -> str:
        """The command that runs this case again in the folder in which pytest was started."""
        from threadspec.frontends.selection import command

        arguments = getattr(self.config, "workerinput", {}).get("mainargv", sys.argv)
        plugins = [
            f"-p{name}"
            for name in self.config.option.plugins
            if name[:3] != "no:" and name not in PLUGINS
        ]
        session = self.kit_session
        return command(
            arguments[0], session.value(self.number), session.again(), plugins, self.case.id
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file of the case, its line (counted from 0) and its name."""
        return BATTERY / self.case.source, self.case.line - 1, self.label


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the cases by implementation, and those of each into the order of the battery.

    So only one implementation has workers at any time, and no other plugin changes which cases run
    before another.  Options of pytest's own, such as ``--ff``, reorder the cases afterwards.
    """
    if LOST in config.stash:
        raise pytest.UsageError(_NO_IMPLEMENTATION)
    items.sort(
        key=lambda item: (item.number, item.place) if isinstance(item, CaseItem) else (-1, 0)
    )


def _is_short(config: pytest.Config) -> bool:
    """Whether no other plugin handles the set-up, the tear-down or the reports of a case."""
    for name in ("protocol", "setup", "teardown", "makereport"):
        for hook in getattr(config.hook, f"pytest_runtest_{name}").get_hookimpls():
            module = hook.function.__module__
            around = name == "protocol" and (hook.wrapper or hook.hookwrapper)
            if not (around or module.startswith("_pytest.") or module == __name__):
                return False
    return not (config.getoption("usepdb", False) or config.getoption("setupshow", False))


# Plugins of pytest's own that ignore the report of a set-up or a tear-down that has passed.
_IDLE = frozenset(["terminal", "main", "cacheprovider", "logging"])


def _is_silent(config: pytest.Config) -> bool:
    """Whether all plugins ignore the report of a set-up or a tear-down that has passed."""
    for hook in config.hook.pytest_runtest_logreport.get_hookimpls():
        package, _, module = hook.function.__module__.partition(".")
        if hook.function.__module__ != __name__ and (package != "_pytest" or module not in _IDLE):
            return False
    return config.getoption("durations") is None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find out, once for all cases, which hooks they need."""
    kit_session = session.config.stash.get(SESSION, None)
    if kit_session is None:
        return
    hooks = session.gethookproxy(BATTERY)  # every conftest.py has been found by now
    manager = session.config.pluginmanager
    session.stash[HOOKS] = hooks if kit_session.in_process else _WorkerHooks(hooks, manager)
    session.stash[SHORT] = not kit_session.in_process and _is_short(session.config)
    session.stash[SILENT] = _is_silent(session.config)
    if all(isinstance(item, CaseItem) for item in session.items) and not kit_session.in_process:
        gc.freeze()  # what exists now lasts to the end, so the collector need not search it


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, Any, Any]:
    """End an implementation's workers after its last case.

    In pytest-xdist's workers, the next case is announced here: the later ones are not known.
    """
    if not isinstance(item, CaseItem):
        return (yield)
    trial = item.kit_session.trials[item.number]
    follower = nextitem if isinstance(nextitem, CaseItem) else None
    if follower is not None and follower.number != item.number:
        follower = None
    if not _is_controller(item.config):
        trial.expect([item.case] if follower is None else [item.case, follower.case])
    try:
        return (yield)
    finally:
        if follower is None:
            trial.close()


@pytest.hookimpl(specname="pytest_runtest_protocol", tryfirst=True)
def pytest_run_short(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a case without the phases of set-up and tear-down, in which nothing would be done.

    This follows pytest's own protocol, but makes only the call and the reports that a plugin reads.
    Cases for which another plugin has a hook or a mark are left to that protocol.
    """
    if not (isinstance(item, CaseItem) and item.is_short()):
        return None
    hooks = item.ihook
    hooks.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    is_silent = item.session.stash[SILENT]
    if not is_silent:
        hooks.pytest_runtest_logreport(report=item.report_passed("setup"))
    os.environ["PYTEST_CURRENT_TEST"] = f"{item.nodeid} (call)"
    try:
        call = pytest.CallInfo.from_call(
            lambda: hooks.pytest_runtest_call(item=item),
            when="call",
            reraise=(pytest.exit.Exception, KeyboardInterrupt),
        )
    finally:
        os.environ.pop("PYTEST_CURRENT_TEST", None)
    report = hooks.pytest_runtest_makereport(item=item, call=call)
    hooks.pytest_runtest_logreport(report=report)
    if call.excinfo is not None and report.failed:
        hooks.pytest_exception_interact(node=item, call=call, report=report)
    if not is_silent:
        hooks.pytest_runtest_logreport(report=item.report_passed("teardown"))
    hooks.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Add the result to pytest's report, which also carries it from pytest-xdist's workers."""
    report = yield
    if isinstance(item, CaseItem) and call.when == "call" and item.result is not None:
        from threadspec.reports.record import plain

        known = item.kit_session.is_known(item.result)
        trial = item.kit_session.trials[item.number]
        explored = trial.explored(item.case)
        # Pytest has measured how long it waited, but the case may have been begun before that.
        report.duration = item.result.seconds
        report.threadspec = {
            "implementation": item.number,
            "subject": plain(trial.subject),
            "result": plain(item.result),
            "explored": plain(explored) if explored else None,
            "known": known,
        }
        item.user_properties[:] = report.user_properties = list(_properties(item.result))
        if item.result.output:
            report.sections.append(("Captured output of the worker", item.result.output))
        if known and item.result.divergence is not None:
            report.outcome = "skipped"
            report.wasxfail = f"known divergence: {item.result.divergence.reason}"
    return report


def _properties(result: CaseResult) -> Iterator[tuple[str, str]]:
    """What a JUnit file tells about a case besides its outcome."""
    yield "clause", result.clause
    yield "level", result.level
    yield "verdict", result.verdict
    if result.is_known and result.divergence is not None:
        yield "known", result.divergence.reason


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config: pytest.Config, report: Any) -> Generator[None, Any, Any]:
    """Send a case's report as a single string, which pytest-xdist transfers faster."""
    data = yield
    if hasattr(report, "threadspec") and not _is_controller(config):
        return {"threadspec": json.dumps(data)}
    return data


@pytest.hookimpl(tryfirst=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> None:
    """Unpack a case's report, so that pytest can restore it."""
    packed = data.get("threadspec")
    if isinstance(packed, str):
        data.update(json.loads(packed))
        data["location"] = tuple(data["location"])


def pytest_report_teststatus(
    report: Any, config: pytest.Config
) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
    """The status word and letter that pytest shows for a verdict."""
    found = getattr(report, "threadspec", None)
    if found is None or report.when != "call" or report.outcome == "rerun":
        return None
    from threadspec.conformance.verdicts import is_unreviewed

    verdict = found["result"]["verdict"]
    if found["known"] and is_unreviewed(found["result"]["divergence"]["reason"]):
        return "unreviewed", "u", (f"UNREVIEWED {verdict}", {"yellow": True})
    if found["known"]:
        return "known", "k", (f"KNOWN {verdict}", {"yellow": True})
    if report.failed:
        return "failed", verdict[0].upper(), verdict.upper()  # pytest makes it red
    if verdict == "not-offered":
        return "not offered", "0", ("NOT OFFERED", {"cyan": True})
    if verdict == "observed":
        return "observed", "o", ("OBSERVED", {"cyan": True})
    if verdict == "non-strict":
        return "non-strict", "n", ("NON-STRICT", {"yellow": True})
    return None


class Collector:
    """Collects the results in the process that reports to the user, and writes the records."""

    def __init__(self, config: pytest.Config, kit_session: Session) -> None:
        self._config = config
        self._session = kit_session
        self._excluded = 0  # the number of cases that options such as -k exclude

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count the cases that options exclude."""
        self._excluded += sum(isinstance(item, CaseItem) for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Announce the cases that will be run."""
        cases = [(item.number, item.case) for item in session.items if isinstance(item, CaseItem)]
        self._session.expect(cases)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a pytest-xdist worker which implementations cannot be judged."""
        node.workerinput["threadspec_left_out"] = list(self._session.left_out.items())

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Note which cases pytest-xdist's workers will run."""
        self._session.expect_ids(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add the result of a case."""
        found = getattr(report, "threadspec", None)
        if found is None or report.when != "call":
            return
        if report.outcome != "rerun":
            self._session.take(found)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the records; fail the run for stale divergences and for records not written."""
        self._session.close()
        if self._config.option.collectonly or exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        for nodeid, complaint in self._session.finish():
            session.testscollected += 1  # or pytest would show a progress above 100%
            self._fail(nodeid, complaint)
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        asks_for_cases = _selection(self._config).asks_for_cases
        if exitstatus == pytest.ExitCode.OK and asks_for_cases and self._session.has_run_nothing:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def _fail(self, nodeid: str, complaint: str) -> None:
        """Report something that is wrong with the whole run as a failed test."""
        from threadspec.frontends.selection import as_typed

        report = pytest.TestReport(
            nodeid=nodeid,
            location=(nodeid, None, nodeid),
            keywords={},
            outcome="failed",
            longrepr=as_typed(complaint),
            when="call",
        )
        self._config.hook.pytest_runtest_logreport(report=report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write one line for each implementation, and its deviations."""
        if self._config.option.collectonly:
            return
        terminalreporter.section("threadspec")
        durations = self._config.option.durations is not None
        from threadspec.frontends.selection import as_typed

        for line, markup in self._session.summary(durations):
            for part in _wrapped(as_typed(line), terminalreporter):
                terminalreporter.write_line(part, **markup)
        if self._session.has_run_nothing:
            terminalreporter.write_line(f"No case was run{self._why_none()}.", red=True)

    def _why_none(self) -> str:
        """Why no case was run, as the end of a sentence; empty if it is not known."""
        if not _selection(self._config).asks_for_cases:
            return ": the arguments name other tests only"
        options = self._config.option
        given = [
            f"{name} {shlex.quote(value)}"
            for name, value in (("-k", options.keyword), ("-m", options.markexpr))
            if value
        ]
        if not (given and self._excluded):
            return ""
        verb = "excludes" if len(given) == 1 else "exclude"
        number = "the only case" if self._excluded == 1 else f"all {self._excluded} cases"
        return f": {' and '.join(given)} {verb} {number}"


def _wrapped(line: str, reporter: Any) -> list[str]:
    """A line of the summary in lines that fit the terminal; elsewhere, the line as it is."""
    import textwrap

    if not reporter.isatty:
        return [line]
    width = reporter._tw.fullwidth
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    ) or [line]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End every worker, even after an error."""
    kit_session = config.stash.get(SESSION, None)
    if kit_session is not None:
        kit_session.close()
