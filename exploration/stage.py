"""Runs the battery's own cases on the simulated layer: each run is one schedule of a case.

The case functions are unchanged.  Their actors are simulated threads, so whether one is blocked is
known exactly, and time passes only where nothing else can happen.
"""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from threadspec.conformance.harness import blocking, cleanup, names, observer
from threadspec.conformance.harness.actors import Actor, Actors
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.mapping import Naming
from threadspec.conformance.harness.vocabulary import Violation
from threadspec.conformance.index import BATTERY, PACKAGE, Case
from threadspec.exploration import cells, layer
from threadspec.exploration.scheduler import Location, Run, Task, active
from threadspec.exploration.search import Searching
from threadspec.exploration.visible import Subject

HARNESS = "threadspec.conformance.harness"

# How many rounds of a provoked race are run: the schedules do the rest.
ROUNDS = 8

# The most steps of one case.  It spins if it takes SPINNING times the steps of its first schedule.
LIMIT = 60_000
SPINNING = 20

# How far the clock of a case goes on each time that it is read, in seconds.
TICK = 1e-5

# Longer than any case, in seconds of virtual time.
FOR_EVER = 1000.0

# Clauses, by the beginning of their ids, whose cases cannot be explored, and why.
LEFT_OUT = {
    "interruptions.": "signals and finalizers are not scheduled",
    "setprofile.": "a profile function would see the simulation",
    "settrace.": "a trace function would see the simulation",
    "stack_size.": "simulated threads have no stacks of their own",
    "program.": "it is about the end of a process",
}


def why_left_out(case: Case) -> str | None:
    """Why a case cannot be explored, or None."""
    for beginning, reason in LEFT_OUT.items():
        if case.clause.id.startswith(beginning):
            return reason
    function = getattr(sys.modules[case.module], case.function)
    code = function.__code__
    if getattr(function, "apart", False) or "programs" in code.co_varnames[: code.co_argcount]:
        return "it needs a process of its own"
    return None


@dataclass(frozen=True)
class Told:
    """The outcome of one run of a case.

    ``kind``: an outcome of ``conformance.outcome``, or "deadlock", or "long" if it was given up
    after very many steps.
    """

    kind: str
    observed: str | None = None
    where: str | None = None
    check: str | None = None


class _Actor(Actor):
    """A simulated helper thread."""

    def _settles(self) -> bool:
        if self._busy:
            layer.await_until(self.has_ended, self._durations["positive"])
        return not self._busy

    def is_left_alone(self) -> bool:
        return False

    def frame(self) -> None:
        return None


class _Actors(Actors):
    """The actors of a case."""

    are_green = False

    def new(self, begin: Any = None, name: str | None = None) -> Any:
        name = name or f"actor {len(self._all) + 1}"
        actor = _Actor(self, name, begin or self.substrate.start_new_thread)
        self._all.append(actor)
        return actor

    def ended(self, helpers: Any, at_least: int = 0) -> Any:
        if at_least:
            self.until(lambda: sum(one.has_ended() for one in helpers) >= at_least)
        while True:
            busy = [one for one in helpers if not one.has_ended()]
            if not busy:
                return list(helpers)
            layer.await_until(partial(_some_ended, busy), self.durations["window"])
            if not any(one.has_ended() for one in busy):
                return [one for one in helpers if one not in busy]

    def until(self, condition: Callable[[], Any], helpers: Any = ()) -> bool:
        if not condition():
            layer.await_until(lambda: bool(condition()), self.durations["positive"])
        return bool(condition())

    def stall(self) -> Any:
        return blocking.Stall(1e9)

    def race(self, functions: Any, rounds: int) -> Any:
        results = [[None] * len(functions) for _ in range(rounds)]
        arrived = [0] * len(functions)

        def run(index: int) -> None:
            for number in range(rounds):
                arrived[index] = number + 1
                layer.await_until(partial(self._met, arrived, number), FOR_EVER)
                results[number][index] = functions[index](number)

        helpers = [self.start(run, index) for index in range(len(functions))]
        self.until(
            lambda: (
                all(one.has_ended() for one in helpers)
                or any(one.has_ended() and one.error is not None for one in helpers)
            )
        )
        failed = [one for one in helpers if one.has_ended() and one.error is not None]
        if failed:
            raise Violation(repr(failed[0]))
        if not all(one.has_ended() for one in helpers):
            raise Violation(f"in round {min(arrived)} of the race, a call did not return")
        return results

    @staticmethod
    def _met(arrived: list[int], number: int) -> bool:
        return min(arrived) > number

    def has_failed(self) -> bool:
        return False


def _some_ended(helpers: list[Any]) -> bool:
    return any(one.has_ended() for one in helpers)


def _clock() -> float:
    """Virtual time, which goes on a little each time it is read, and is no step."""
    run = active()
    if run is None:
        return 0.0
    run.now += TICK
    return run.now


class _Harness(ModuleType):
    """The package ``harness`` as the battery imports it, with another ``blocking``."""

    def __init__(self, replaced: ModuleType) -> None:
        super().__init__(HARNESS)
        self.blocking = replaced

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return __import__(f"{HARNESS}.{name}", fromlist=[name])


class Stage:
    """The cases of the battery on one implementation.

    ``mapped``: the documented names that were mapped to others, as {documented: own}.
    """

    def __init__(self, subject: Subject, mapped: dict[str, str] | None = None) -> None:
        self.subject = subject
        self._mapped = mapped or {}
        self._modules: dict[str, ModuleType] = {}
        self._saved: list[tuple[Any, Any]] = []  # containers of these modules, and copies of them
        replaced = cells._like(
            blocking,
            clock=_clock,
            own_tid=lambda: None,
            look=lambda *args, **kwargs: None,
            count=lambda: None,
            can_prove=lambda tids: False,
            proved=lambda *args, **kwargs: False,
            processor_time=lambda tid: None,
        )
        self._substitutes: dict[str, ModuleType] = {
            HARNESS: _Harness(replaced),
            f"{HARNESS}.blocking": replaced,
            "time": cells._like(
                time, time=_clock, monotonic=_clock, sleep=layer.sleep, perf_counter=_clock
            ),
            "_thread": layer.low_level_module((3, 8)),
        }
        self._substrate = self._substitutes["_thread"]
        self._builtins = dict(vars(builtins), __import__=self._import)

    def _import(
        self, name: str, space: Any = None, local: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        if name in self._substitutes:
            return self._substitutes[name]
        if name.startswith(PACKAGE):
            module = self._module(name)
            for one in fromlist or ():
                if not hasattr(module, one) and (_path(f"{name}.{one}")).is_file():
                    setattr(module, one, self._module(f"{name}.{one}"))
            return module
        return builtins.__import__(name, space, local, fromlist, level)

    def _module(self, name: str) -> ModuleType:
        """A file of the battery, loaded for this stage."""
        if name not in self._modules:
            path = _path(name)
            module = ModuleType(name)
            module.__file__ = str(path)
            self._modules[name] = module
            module.__dict__["__builtins__"] = self._builtins
            exec(_code(path), module.__dict__)
            if name.endswith(".stepping"):
                # Schedules are explored instead: no thread need be stopped by a trace function.
                module.can_stop = lambda substrate: False  # type: ignore[attr-defined]
            for own, value in vars(module).items():
                if own.startswith("_") and type(value) in (list, dict, set) and own[1] != "_":
                    self._saved.append((value, value.copy()))
        return self._modules[name]

    def _reset(self) -> None:
        """Make the implementation and the battery's modules as they were when imported.

        The battery remembers which of its premises it has checked.  Each run has to check them
        again, since otherwise a token would depend on the runs before it.
        """
        self.subject.reset()
        for container, saved in self._saved:
            container.clear()
            if isinstance(container, list):
                container.extend(saved)
            else:
                container.update(saved)

    def function(self, case: Case) -> Any:
        """The function of a case, which uses simulated time."""
        return getattr(self._module(case.module), case.function)

    def run(
        self,
        case: Case,
        strategy: Searching,
        shared: set[object] | None = None,
        observe: Callable[[Task], None] | None = None,
    ) -> tuple[Run, Told]:
        """One schedule of a case, and its outcome.

        ``shared`` and ``observe``: see :class:`scheduler.Run`.
        """
        function = self.function(case)
        self._reset()
        run = Run(strategy, shared, LIMIT)
        run.observe = observe
        run.reuse = Location("identifiers")
        layer.become_main(run.home)
        strategy.begin()
        told: list[Told] = []
        durations = Durations()
        actors = _Actors(self._substrate, durations, lambda text: None)
        seen: list[str] = []

        def perform() -> None:
            try:
                function(*self._fixtures(function, actors, seen))
            except Exception:
                told.append(_told(sys.exc_info(), actors))
            else:
                told.append(Told("observed", "; ".join(seen)) if seen else Told("ok"))

        main = run.add("the case", perform)
        layer.become_main(main)
        run.main = main
        try:
            run.perform()
        finally:
            cleanup._waiting.clear()
        strategy.end(run)
        if run.fair:
            return run, Told("long", f"it takes more than {LIMIT // 2:,} steps")
        if told and run.failure is None:
            return run, told[0]
        if run.failure is not None:
            task, error = run.failure
            return run, Told("violated", f"{task.name} raised {type(error).__name__}: {error}")
        return run, Told("deadlock", "no thread can go on")

    def _fixtures(self, function: Any, actors: Any, seen: list[str]) -> list[Any]:
        code = function.__code__
        module = self.subject.module
        table: dict[str, Any] = {
            "threading": module,
            "actors": actors,
            "observe": lambda value: seen.append(str(value)),
            "rounds": ROUNDS,
            "naming": Naming(self._mapped, names.Omissions(())),
        }
        found = []
        for name in code.co_varnames[: code.co_argcount]:
            given = getattr(function, "given", {}).get(name)
            if callable(given):
                found.append(given(module))
            elif given is not None:
                found.append(getattr(module, given))
            else:
                found.append(table[name])
        return found


def _told(exc_info: Any, actors: Any) -> Told:
    part = observer._explain(exc_info)
    surprises = actors.surprises()
    observed = part["observed"]
    if part["outcome"] == "violated" and surprises and observed not in surprises:
        observed = "; ".join([*surprises, str(observed)])
    return Told(part["outcome"], observed, part["where"], part["check"])


def _path(name: str) -> Path:
    """The file of a module of the battery."""
    base = BATTERY.joinpath(*name[len(PACKAGE) + 1 :].split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


_codes: dict[Path, CodeType] = {}


def _code(path: Path) -> CodeType:
    if path not in _codes:
        _codes[path] = compile(path.read_text("utf-8"), str(path), "exec", dont_inherit=True)
    return _codes[path]
