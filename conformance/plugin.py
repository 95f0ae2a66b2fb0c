"""The pytest plugin: ``pytest --impl=NAME`` runs the battery and says what each case found."""

from __future__ import annotations

import gc
import itertools
import json
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from threadspec.conformance.errors import UserError
from threadspec.conformance.options import factor

if TYPE_CHECKING:
    from threadspec.conformance.cases import Case
    from threadspec.conformance.run import Run

# Only names are imported here that cost nothing: the plugin is loaded in every pytest run of an
# environment that has the kit, and does nothing there without --impl.

CONFORMANCE = Path(__file__).parent
BATTERY = CONFORMANCE / "battery"

RUN: pytest.StashKey[Run] = pytest.StashKey()
WORKERS: pytest.StashKey[int] = pytest.StashKey()  # how many -n asks for
LOST: pytest.StashKey[bool] = pytest.StashKey()  # the battery was asked for without --impl

_NO_IMPLEMENTATION = (
    "The battery needs an implementation to judge: add --impl=NAME, such as --impl=stdlib."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the kit's options: all of them begin with ``--impl``, so that no other plugin's clash."""
    group = parser.getgroup("threadspec", "conformance of implementations of threading")
    group.addoption(
        "--impl",
        action="append",
        dest="threadspec_impl",
        metavar="NAME",
        help="judge this implementation: an adapter's name, the path of an adapter file or a "
        "module, each with an optional @interpreter; may be repeated, or a list with commas; "
        "'all' is every implementation found here",
    )
    group.addoption(
        "--impl-strict",
        action="store_true",
        dest="threadspec_strict",
        help="let deviations from advice (non-strict verdicts) fail the run, too",
    )
    group.addoption(
        "--impl-report",
        dest="threadspec_report",
        metavar="PATH",
        help="write the record of the run to this .json file, or one for each implementation "
        "into this folder",
    )
    group.addoption(
        "--impl-time-scale",
        type=factor,
        default=1.0,
        dest="threadspec_time_scale",
        metavar="FACTOR",
        help="multiply every named duration, for slow machines (default: 1)",
    )
    group.addoption(
        "--impl-write-divergences",
        dest="threadspec_write_divergences",
        metavar="FILE",
        help="write an adapter file with every deviation found as a known divergence",
    )
    group.addoption(
        "--impl-in-process",
        action="store_true",
        dest="threadspec_in_process",
        help="load the implementation into pytest's own process, for a debugger",
    )


def _is_controller(config: pytest.Config) -> bool:
    """Whether this process talks to the user: it is no pytest-xdist worker."""
    return not hasattr(config, "workerinput")


def _names_nothing(config: pytest.Config) -> bool:
    """Whether the user has left open what is run, which is the battery then."""
    sources = pytest.Config.ArgsSource
    return config.args_source in (sources.INVOCATION_DIR, sources.TESTPATHS)


def _is_battery_alone(config: pytest.Config) -> bool:
    """Whether no other tests are asked for."""
    if _names_nothing(config):
        return True
    here = config.invocation_params.dir
    places = [argument.split("::")[0] for argument in config.args]
    return all(
        (config.option.pyargs and place.startswith("threadspec.conformance"))
        or (here / place).resolve().is_relative_to(CONFORMANCE.resolve())
        for place in places
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Take ``-n`` over from pytest-xdist where the battery alone is run, and ``--dist`` not given.

    Cases run in workers of the kit's anyway.  To have several of these takes one process of pytest,
    and pytest-xdist one more for each: these take longer to start than half the cases to run.
    """
    number = config.getoption("numprocesses", None)
    if number and _is_shared_out_here(config):
        if number in ("auto", "logical"):
            number = config.hook.pytest_xdist_auto_num_workers(config=config)
        config.stash[WORKERS] = max(min(number, config.option.maxprocesses or number), 1)
        config.option.numprocesses = 0
    return (yield)


def _is_shared_out_here(config: pytest.Config) -> bool:
    """Whether the kit itself, and not pytest-xdist, is to share the cases out."""
    options = config.option
    if options.distload or options.dist != "no" or config.getoption("usepdb", False):
        return False
    return (
        options.threadspec_impl is not None
        and not options.threadspec_in_process
        and _is_battery_alone(config)
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the implementations that are to be judged, and make the battery what is run."""
    options = config.option
    if options.threadspec_impl is None:
        for option in ("strict", "report", "write_divergences", "in_process"):
            if getattr(options, f"threadspec_{option}"):
                name = option.replace("_", "-")
                raise pytest.UsageError(f"--impl-{name} needs an implementation: add --impl=NAME.")
        return
    from threadspec.conformance.run import Run

    for level, meaning in (
        ("must", "a clause that the manual states"),
        ("should", "a clause of advice: deviations are non-strict"),
        ("free", "a clause that the manual leaves open: behaviour is recorded"),
    ):
        config.addinivalue_line("markers", f"{level}: {meaning}")
    if _names_nothing(config):
        config.args = [str(CONFORMANCE)]
        config.args_source = pytest.Config.ArgsSource.ARGS
    try:
        config.stash[RUN] = Run(
            options.threadspec_impl,
            report=options.threadspec_report,
            write_divergences=options.threadspec_write_divergences,
            time_scale=options.threadspec_time_scale,
            strict=options.threadspec_strict,
            workers=config.stash.get(WORKERS, 1),
            in_process=options.threadspec_in_process,
        )
    except UserError as error:
        raise pytest.UsageError(str(error)) from error
    if _is_controller(config):
        collector = Collector(config, config.stash[RUN])
        config.pluginmanager.register(collector, "threadspec-collector")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Load every implementation once, so that what cannot be judged is said at once.

    A worker of pytest-xdist begins with the one that it judges first, most likely.
    """
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    try:
        if session.config.option.collectonly:
            run.check()
        elif _is_controller(session.config):
            run.load()
        else:
            run.leave_out(dict(vars(session.config)["workerinput"]["threadspec_left_out"]))
            run.begin()
            run.check()
    except UserError as error:
        run.close()
        raise pytest.UsageError(str(error)) from error
    if session.config.getoption("numprocesses", None):
        run.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name each implementation, its version and its interpreter."""
    run = config.stash.get(RUN, None)
    return run.header() if run is not None else []


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Keep pytest from importing the kit's folders as packages of another name."""
    if path in (CONFORMANCE, BATTERY):
        return pytest.Dir.from_parent(parent, path=path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect the battery's files as cases, whatever ``python_files`` says."""
    collectors = yield
    if file_path.parent == BATTERY:
        if not file_path.name.startswith("test_") or file_path.suffix != ".py":
            return []
        if RUN not in parent.config.stash:
            parent.config.stash[LOST] = True
            return []
        return [BatteryFile.from_parent(parent, path=file_path)]
    return collectors


class BatteryFile(pytest.File):
    """One chapter of the battery."""

    def collect(self) -> Iterator[CaseItem]:
        """Every case of the file on every implementation."""
        from threadspec.conformance.cases import battery, module_name

        run = self.config.stash[RUN]
        for case in battery():
            if case.module != module_name(self.path):
                continue
            for number, execution in enumerate(run.executions):
                if number in run.left_out:
                    continue
                yield CaseItem.from_parent(
                    self, name=f"{case.function}[{execution.name}]", case=case, number=number
                )


class CaseFailed(Exception):
    """A case found a deviation that fails the run."""


class CaseItem(pytest.Item):
    """One case on one implementation."""

    def __init__(self, *, case: Any, number: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.number = number
        self.following: CaseItem | None = None
        self.result: Any = None
        self.add_marker(case.clause.level)
        self.extra_keyword_matches |= {case.clause.id, case.clause.chapter}

    @property
    def run_(self) -> Run:
        """The run that the case belongs to."""
        return self.config.stash[RUN]

    def runtest(self) -> None:
        """Run the case; raise CaseFailed where the result fails the run."""
        execution = self.run_.executions[self.number]
        began = time.monotonic()
        try:
            self.result = execution.run(self.case, list(self._next_cases()))
        except pytest.fail.Exception as error:
            # pytest-timeout ends a case this way.
            seconds = time.monotonic() - began
            self.result = execution.broken_off(self.case, f"ended from outside: {error}", seconds)
            raise
        if self.run_.fails(self.result):
            raise CaseFailed(self.result).with_traceback(execution.traceback())

    def _next_cases(self) -> Iterator[Case]:
        """The cases that follow on the same implementation, a limited number of them."""
        item = self.following
        for _ in range(self.run_.executions[self.number].ahead):
            if item is None or item.number != self.number:
                break
            yield item.case
            item = item.following

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The deviation in the manual's terms, without anything of pytest's."""
        if isinstance(excinfo.value, CaseFailed):
            from threadspec.reports.text import explain_failure

            return explain_failure(self.result, self.case.clause, self.run_.name(self.number))
        if isinstance(excinfo.value, UserError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The case's place in the battery."""
        return self.path, self.case.line - 1, self.name


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Judge one implementation after the other, so that one worker at a time is needed."""
    if LOST in config.stash:
        raise pytest.UsageError(_NO_IMPLEMENTATION)
    items.sort(key=lambda item: item.number if isinstance(item, CaseItem) else -1)
    if RUN in config.stash:
        gc.freeze()  # all that is there now stays to the end: it need not be searched for garbage


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let each case know what follows, where that is certain: not where pytest-xdist shares out."""
    if _is_controller(session.config):
        for item, following in itertools.pairwise(session.items):
            if isinstance(item, CaseItem) and isinstance(following, CaseItem):
                item.following = following


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a case, whose worker may go on with those that follow meanwhile.

    There is nothing of pytest's to be set up, captured or torn down around a case that runs in a
    worker: it is called and reported once, which saves half of what pytest costs.
    """
    if not isinstance(item, CaseItem):
        return None
    item.following = nextitem if isinstance(nextitem, CaseItem) else None
    if item.run_.in_process or item.config.getoption("usepdb", False):
        return None
    hook = item.ihook
    # pytest-xdist's workers send all of this to the controller, which shows a beginning if verbose.
    told = _is_controller(item.config) or item.config.get_verbosity() > 0
    if told:
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    leaving = (pytest.exit.Exception, KeyboardInterrupt)
    call = pytest.CallInfo.from_call(item.runtest, "call", reraise=leaving)
    report = hook.pytest_runtest_makereport(item=item, call=call)
    hook.pytest_runtest_logreport(report=report)
    if told:
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    if item.following is None or item.following.number != item.number:
        item.run_.executions[item.number].close()  # it was its worker's last case
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Put the result on pytest's report, which also carries it from pytest-xdist's workers."""
    report = yield
    if isinstance(item, CaseItem) and call.when == "call" and item.result is not None:
        from threadspec.reports.record import plain

        known = item.run_.is_known(item.result)
        report.duration = item.result.seconds  # not how long pytest waited for a case begun ahead
        report.threadspec = {
            "implementation": item.number,
            "subject": vars(item.run_.executions[item.number].subject),
            "result": plain(item.result),
            "known": known,
        }
        if item.result.output:
            report.sections.append(("Captured output of the worker", item.result.output))
        if known:
            report.outcome = "skipped"
            report.wasxfail = f"known divergence: {item.result.divergence.reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config: pytest.Config, report: Any) -> Generator[None, Any, Any]:
    """Let a case's report travel as one text: pytest-xdist takes long over many small values."""
    data = yield
    if hasattr(report, "threadspec") and not _is_controller(config):
        return {"threadspec": json.dumps(data)}
    return data


@pytest.hookimpl(tryfirst=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> None:
    """Unpack a case's report for pytest, which then makes it one."""
    packed = data.get("threadspec")
    if isinstance(packed, str):
        data.update(json.loads(packed))
        data["location"] = tuple(data["location"])


def pytest_report_teststatus(
    report: Any, config: pytest.Config
) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
    """Verdicts as pytest's status words and letters."""
    found = getattr(report, "threadspec", None)
    if found is None or report.when != "call":
        return None
    verdict = found["result"]["verdict"]
    if found["known"]:
        return "known divergences", "k", (f"KNOWN {verdict}", {"yellow": True})
    if report.failed:
        return "failed", verdict[0].upper(), (verdict.upper(), {"red": True})
    if verdict == "not-offered":
        return "not offered", "-", ("NOT OFFERED", {"cyan": True})
    if verdict == "observed":
        return "observed", "o", ("OBSERVED", {"cyan": True})
    if verdict == "non-strict":
        return "non-strict", "n", ("NON-STRICT", {"yellow": True})
    return None


class Collector:
    """Collects the results on the process that talks to the user, and writes what was asked for."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note how many cases are going to run."""
        chosen = [item.number for item in session.items if isinstance(item, CaseItem)]
        self._run.expect(chosen)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell one of pytest-xdist's workers which implementations cannot be judged."""
        node.workerinput["threadspec_left_out"] = list(self._run.left_out.items())

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """The same, where pytest-xdist's workers collect."""
        self._run.expect_ids(ids)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take a result in."""
        found = getattr(report, "threadspec", None)
        if found is not None and report.when == "call":
            self._run.take(found)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what was asked for; fail the run for stale divergences and lost reports."""
        self._run.close()
        if self._config.option.collectonly or exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        for nodeid, complaint in self._run.finish():
            self._fail(nodeid, complaint)
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _fail(self, nodeid: str, complaint: str) -> None:
        """Let something that is wrong with the whole run count as a failed test of its own."""
        report = pytest.TestReport(
            nodeid=nodeid,
            location=(nodeid, None, nodeid),
            keywords={},
            outcome="failed",
            longrepr=complaint,
            when="call",
        )
        self._config.hook.pytest_runtest_logreport(report=report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line for each implementation, what failed, and what else is wrong."""
        if self._config.option.collectonly:
            return
        terminalreporter.section("threadspec")
        durations = self._config.option.durations is not None
        for line, markup in self._run.summary(durations):
            terminalreporter.write_line(line, **markup)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End every worker, also after an error."""
    run = config.stash.get(RUN, None)
    if run is not None:
        run.close()
