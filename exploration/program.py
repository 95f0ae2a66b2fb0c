"""Runs a scenario: a small program of a few tasks, whose calls are recorded and judged."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from threadspec.exploration import layer
from threadspec.exploration.cells import Shared
from threadspec.exploration.models import BLOCKS, Call, History, Judge, Mark, Model, Raised, Wrong
from threadspec.exploration.scheduler import Location, Run, Task
from threadspec.exploration.search import Searching
from threadspec.exploration.visible import Subject

# Newer names, where an implementation has no longer the documented ones.
NEWER = {
    "activeCount": "active_count",
    "currentThread": "current_thread",
    "isAlive": "is_alive",
    "isSet": "is_set",
    "notifyAll": "notify_all",
}

CLASSES = (
    "BoundedSemaphore",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "Semaphore",
    "Thread",
    "Timer",
)


@dataclass(frozen=True)
class Scenario:
    """A program to explore.

    ``name``; ``objects``: the source that creates its objects; ``before``: the source of a task
    that ends before the others begin; ``tasks``: the source of each task;
    ``clauses``: what it checks, the first foremost; ``answers``: the clause that a wrong call of a
    method breaks, by the method; ``reuse``: whether the identifiers of ended threads are given to
    new ones; ``final``: an expression that is true in the end.
    """

    name: str
    objects: str
    tasks: tuple[str, ...]
    clauses: tuple[str, ...]
    before: str = ""
    answers: dict[str, str] = field(default_factory=dict, hash=False)
    reuse: bool = False
    final: str | None = None

    @property
    def chapter(self) -> str:
        """The chapter of the manual that it belongs to."""
        return self.name.partition(".")[0]

    @property
    def uses_rlock(self) -> bool:
        """Whether an RLock takes part."""
        return "RLock(" in self.objects or "Condition()" in self.objects

    def clause_of(self, wrong: Wrong | None) -> str:
        """The clause that a wrong call breaks."""
        if wrong is not None and wrong.call is not None:
            return self.answers.get(wrong.call.method, self.clauses[0])
        return self.clauses[0]


class _Recorded:
    """An object of a scenario whose calls are recorded."""

    def __init__(self, program: Program, name: str, subject: Any) -> None:
        self.__program = program
        self.__name = name
        self.subject = subject

    def __getattr__(self, method: str) -> Callable[..., Any]:
        subject = self.subject
        if method == "listed":
            return self.__program.recording(Call(self.__name, method), self._listed)
        found = getattr(subject, method, None)
        if found is None:
            found = getattr(subject, NEWER.get(method, method))
        return self.__program.recording(Call(self.__name, method), found)

    def _listed(self) -> int:
        """How often enumerate() lists the thread."""
        listed = self.__program.subject.module.enumerate()
        return sum(one is self.subject for one in listed)

    def __enter__(self) -> Any:
        call = Call(self.__name, "acquire")
        return self.__program.record(call, self.subject.__enter__, ())

    def __exit__(self, *raised: object) -> None:
        call = Call(self.__name, "release")
        self.__program.record(call, self.subject.__exit__, raised)


class Program:
    """A scenario on an implementation: each :meth:`run` is one schedule of it."""

    def __init__(self, scenario: Scenario, subject: Subject) -> None:
        self.scenario = scenario
        self.subject = subject
        self._tasks = [compile(source, f"<{scenario.name}>", "exec") for source in scenario.tasks]
        self._objects = compile(scenario.objects, f"<{scenario.name}>", "exec")
        self.kinds = _kinds(scenario.objects)
        self.judge = Judge(Model(self.kinds))
        self._final = scenario.final and compile(scenario.final, f"<{scenario.name}>", "eval")
        self._run: Run | None = None
        self._marks: dict[int, list[tuple[Call | None, object, int, list[int]]]] = {}
        self.watch: Callable[[Task, str, object], None] | None = None

    def recording(self, call: Call, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that calls another one, and records the call."""

        def recorded(*args: Any) -> Any:
            shown = tuple(getattr(one, "subject", one) for one in args)
            named = Call(call.subject, call.method, tuple(map(_plain, args)))
            return self.record(named, function, shown)

        return recorded

    def record(self, call: Call, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call a function as a task; an exception is recorded, and goes no further."""
        run = self._run
        assert run is not None
        task = run.current
        if task is None or run.abandoning:
            return function(*args)
        marks = self._marks.setdefault(task.number, [])
        number = task.number
        marks.append((call, None, task.clock[number], task.clock[:]))
        if self.watch is not None:
            self.watch(task, "call", call)
        result: Any = None
        value: object
        try:
            result = value = function(*args)
        except Exception as error:
            kinds = tuple(kind.__name__ for kind in type(error).__mro__)
            value = Raised(type(error).__name__, kinds)
        if run.abandoning:
            return result
        if not issubclass(type(value), (bool, int, type(None), Raised)):  # __class__ may raise
            value = self._shown(run, value)
        marks.append((None, value, task.clock[number], task.clock[:]))
        if self.watch is not None:
            self.watch(task, "return", value)
        return result

    @staticmethod
    def _shown(run: Run, value: object) -> str:
        """A text that is as true as a value: empty for a false one.  To look is no step."""
        current, run.current = run.current, None
        try:
            return f"<{type(value).__name__}>" if value else ""
        except Exception:
            return f"<{type(value).__name__}>"
        finally:
            run.current = current

    def _begin(self, run: Run) -> None:
        """Create the objects and the tasks of a run."""
        scenario = self.scenario
        self._run = run
        self._marks = {}
        space: dict[str, Any] = {}
        for name in CLASSES:
            space[name] = _Late(self.subject.module, name)
        space["Shared"] = Shared
        space["run"] = self._body
        space["threading"] = _Module(self)
        space["local"] = getattr(self.subject.module, "local", None)
        space["current"] = self._current
        space["__builtins__"] = __builtins__
        with run.setting_up():
            before = set(space)
            exec(self._objects, space)
            for name in set(space) - before:
                if name in self.kinds:
                    space[name] = _Recorded(self, name, space[name])
        self._space = space
        equal: dict[str, Task] = {}
        gate: Task | None = None
        if scenario.before:
            gate = run.add("before", lambda: exec(scenario.before, space))
        for number, code in enumerate(self._tasks):
            source = scenario.tasks[number]

            def act(code: Any = code) -> None:
                exec(code, space)

            after = equal.get(source)
            equal[source] = run.add(f"task {number + 1}", act, after, gate)

    def _body(self, name: str, action: Callable[[], object] = lambda: None) -> Callable[[], None]:
        """What a thread of the scenario runs: its beginning and its end are recorded as calls."""

        def body() -> None:
            self.record(Call(name, "run"), lambda: None, ())
            action()
            self.record(Call(name, "end"), lambda: None, ())

        return body

    def _current(self) -> Any:
        """The implementation's currentThread(), unrecorded: for the body of a thread."""
        module = self.subject.module
        return (getattr(module, "currentThread", None) or module.current_thread)()

    def run(
        self,
        strategy: Searching,
        shared: set[object] | None,
        limit: int = 1000,
        observe: Callable[[Task], None] | None = None,
    ) -> tuple[Run, Wrong | None]:
        """One schedule; what is wrong with it, or None.

        ``shared``, ``limit`` and ``observe``: see :class:`scheduler.Run`.
        """
        self.subject.reset()
        run = Run(strategy, shared, limit)
        run.observe = observe
        layer.become_main(run.home)
        if self.scenario.reuse:
            run.reuse = Location("identifiers")
        strategy.begin()
        self._begin(run)
        run.perform()
        wrong = self._wrong(run)
        strategy.end(run)
        self._space = {}
        return run, wrong

    def _wrong(self, run: Run) -> Wrong | None:
        if run.status == "cut" or run.erratic:
            return None
        if run.failure is not None:
            task, error = run.failure
            if run.stuck:
                return Wrong(task.number, self._last_call(task), "computes for ever")
            did = f"raised {type(error).__name__}: {error} in {task.name}"
            return Wrong(task.number, self._last_call(task), did)
        if run.status == "spins":  # where others would block: may they?
            wrong = self.judge.judge(self.history(run), known=False)
            if wrong is None or wrong.did != BLOCKS:
                return wrong
            return Wrong(wrong.task, wrong.call, "does not end: it spins")
        if run.fair:
            return None
        history = self.history(run)
        wrong = self.judge.judge(history)
        if wrong is not None or self._final is None or run.status != "ended":
            return wrong
        if not eval(self._final, self._space):
            return Wrong(0, None, f"in the end, {self.scenario.final} is false")
        return None

    def _last_call(self, task: Task) -> Call | None:
        calls = [call for call, *_ in self._marks.get(task.number, ()) if call is not None]
        return calls[-1] if calls else None

    def history(self, run: Run) -> History:
        """The marks of the calls of a run."""
        count = len(run.tasks)
        marks = [self._marks.get(number, []) for number in range(count)]
        # A mark comes before the step that follows it.
        numbers = [[number for _, _, number, _ in line] for line in marks]
        return tuple(
            tuple(
                Mark(
                    call,
                    value,
                    tuple(
                        0 if other == own else bisect_left(numbers[other], clock[other])
                        for other in range(count)
                    ),
                )
                for call, value, _, clock in marks[own]
            )
            for own in range(count)
        )

    def outcome(self, run: Run) -> tuple[object, ...]:
        """What the calls of each task have returned."""
        found = []
        for task in run.tasks:
            values: list[object] = []
            for call, value, *_ in self._marks.get(task.number, ()):
                if call is None:
                    values[-1] = value
                else:
                    values.append("blocked")
            found.append(tuple(values))
        return tuple(found)


def _plain(value: object) -> object:
    return value if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__


class _Late:
    """A class of the implementation, looked up when it is called."""

    def __init__(self, module: Any, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._module, self._name)(*args, **kwargs)


class _Module:
    """The functions of the module, whose calls are recorded."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __getattr__(self, name: str) -> Callable[..., Any]:
        module = self._program.subject.module
        found = getattr(module, name, None)
        if found is None:
            found = getattr(module, NEWER.get(name, name))
        return self._program.recording(Call("", name), found)


def _kinds(objects: str) -> dict[str, tuple[str, Any]]:
    """The classes of the objects that a source creates, for the model."""
    kinds: dict[str, tuple[str, Any]] = {}
    for node in ast.parse(objects).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        target, call = node.targets[0], node.value
        if not isinstance(target, ast.Name) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id not in CLASSES:
            continue
        value: Any = None
        if call.func.id in ("Semaphore", "BoundedSemaphore"):
            value = ast.literal_eval(call.args[0]) if call.args else 1
        elif call.func.id == "Condition":
            lock = call.args[0] if call.args else None
            if isinstance(lock, ast.Name):
                value = lock.id
            else:
                value = f"{target.id}'s lock"
                made = lock.func if isinstance(lock, ast.Call) else None
                kind = made.id if isinstance(made, ast.Name) else "RLock"
                kinds[value] = (kind, None)
        kinds[target.id] = (call.func.id, value)
    return kinds
