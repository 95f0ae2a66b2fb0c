"""The engine of ``threadspec explore``: runs, the simulated layer, rewriting, and the search."""

from __future__ import annotations

import _thread
import builtins
import gc
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.exploration import cells, exploring, layer, scenarios, scheduler, visible
from threadspec.exploration.exploring import PARTS, Exploration, Finding, Part, undisturbed
from threadspec.exploration.models import Wrong
from threadspec.exploration.program import Program, Scenario
from threadspec.exploration.scheduler import EPOCH, WRITE, Location, Run, Task, step
from threadspec.exploration.search import (
    Bounded,
    Exhaustive,
    Node,
    Random,
    Replay,
    Searching,
    parse,
    token,
)
from threadspec.exploration.visible import Subject


@pytest.fixture(scope="module")
def reference() -> Subject:
    return visible.load_reference()


def scenario(objects: str, *tasks: str, before: str = "", final: str | None = None) -> Scenario:
    return Scenario("lock.test", objects, tasks, ("lock.mutual-exclusion",), before, final=final)


def explore(subject: Subject, program: Scenario, **options: Any) -> Finding:
    with undisturbed():
        return Exploration(Program(program, subject), **options).explore()


def perform(*actions: Any, strategy: Searching | None = None, limit: int = 1000) -> Run:
    """Run functions as tasks, one after another as far as they can go on."""
    strategy = strategy or Bounded(0)
    run = Run(strategy, None, limit)
    strategy.begin()
    for number, action in enumerate(actions):
        run.add(f"task {number}", action)
    run.perform()
    strategy.end(run)
    return run


# -- runs ------------------------------------------------------------------------------------------


def test_a_blocked_task_goes_on_when_the_lock_is_free() -> None:
    lock = layer.Lock()
    order: list[str] = []

    def first() -> None:
        lock.acquire()
        step(cells.Box("x", 0), cells.WRITE)
        order.append("first")
        lock.release()

    def second() -> None:
        lock.acquire()
        order.append("second")

    run = perform(first, second)
    assert run.status == "ended"
    assert order == ["first", "second"]


def test_a_deadlock_ends_the_run_and_leaves_no_task_behind() -> None:
    lock = layer.Lock()
    ended: list[str] = []

    def wait() -> None:
        try:
            lock.acquire()
            lock.acquire()
        finally:
            ended.append("unwound")

    run = perform(wait)
    assert run.status == "blocked"
    assert [task.name for task in run.left] == ["task 0"]
    assert ended == ["unwound"]


def test_a_task_that_swallows_every_exception_is_given_up() -> None:
    lock = layer.Lock()

    def stubborn() -> None:
        while True:
            try:
                lock.acquire()
            except BaseException:
                continue

    run = perform(stubborn)
    assert run.status == "blocked"
    assert run.leaked == 1
    assert perform(lambda: None).status == "ended"


@pytest.mark.parametrize("times", [1, 2])
def test_an_interruption_takes_effect_after_the_run(monkeypatch: Any, times: int) -> None:
    monkeypatch.setattr(scheduler, "STUCK", 0.2)
    done: list[str] = []

    def interrupt() -> None:
        for _ in range(times):
            _thread.interrupt_main()  # the main thread notices when it has the baton back
            step(cells.Box("x", 0), cells.WRITE)
        done.append("first")

    with pytest.raises(KeyboardInterrupt):
        perform(interrupt, lambda: done.append("second"))
    assert done == ["first", "second"]
    assert perform(lambda: done.append("third")).status == "ended"


def test_an_interruption_in_a_finalizer_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = iter([_thread.interrupt_main])
    interrupt = lambda: next(once, lambda: None)()  # noqa: E731
    monkeypatch.setattr(builtins, "interrupt", interrupt, raising=False)
    monkeypatch.setattr(exploring, "COLLECT", 1)
    source = """
        class Event:
            def __init__(self):
                self.n = 0
            def __del__(self):
                interrupt()
            def set(self):
                self.n += 1
        """
    with undisturbed(), pytest.raises(KeyboardInterrupt):
        explore(load(tmp_path, source), scenario("x = Event()", "x.set()", "x.set(); 1"))


def test_a_task_that_waits_in_a_loop_lets_others_go_on() -> None:
    flag = cells.Shared(False)

    def poll() -> None:
        while not flag.value:
            layer.sleep(0.001)

    def end() -> None:
        flag.value = True

    run = perform(poll, end)
    assert run.status == "ended"


def test_a_loop_that_nobody_ends_spins() -> None:
    flag = cells.Shared(False)

    def poll() -> None:
        while not flag.value:
            pass

    run = perform(poll, limit=100)
    assert run.status == "spins"


def test_a_timeout_passes_only_in_virtual_time() -> None:
    lock = layer.Lock()
    lock.acquire()
    seen: list[float] = []

    def wait() -> None:
        assert not lock.acquire(True, 1e6)
        seen.append(layer.clock())

    perform(wait)
    assert seen == [EPOCH + 1e6]


def test_the_exception_of_a_task_is_the_failure_of_the_run() -> None:
    def fail() -> None:
        raise KeyError("x")

    run = perform(fail)
    assert run.status == "failed"
    assert run.failure is not None
    assert isinstance(run.failure[1], KeyError)


# -- the layer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((True, -2), ValueError),
        ((False, 1), ValueError),
        ((True, 1e300), OverflowError),
        ((True, float("nan")), ValueError),
    ],
)
def test_a_lock_checks_its_arguments_as_the_real_one_does(
    arguments: tuple[Any, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        layer.Lock().acquire(*arguments)


def test_an_rlock_belongs_to_its_owner() -> None:
    lock = layer.RLock()
    seen: list[object] = []

    def own() -> None:
        assert lock.acquire()
        assert lock.acquire()
        lock.release()
        seen.append(lock._is_owned())

    def other() -> None:
        seen.append(lock.acquire(False))
        with pytest.raises(RuntimeError):
            lock.release()

    perform(own, other)
    assert seen == [True, False]


def test_thread_local_data_is_a_tasks_own() -> None:
    data = layer.local()
    data.x = "outside"
    seen: list[object] = []

    def store(value: int) -> None:
        seen.append(hasattr(data, "x"))
        data.x = value
        seen.append(data.x)

    perform(lambda: store(1), lambda: store(2))
    assert seen == [False, 1, False, 2]
    assert data.x == "outside"


# -- rewriting -------------------------------------------------------------------------------------


def load(tmp_path: Path, source: str) -> Subject:
    path = tmp_path / "module.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return visible.load_file("module", path, (3, 11), None)


COUNTERS = {
    "attribute": """
        class Lock:
            def __init__(self):
                self.n = 0
            def release(self):
                self.n += 1
            def locked(self):
                return self.n
        """,
    "slot": """
        class Lock:
            __slots__ = ("n",)
            def __init__(self):
                self.n = 0
            def release(self):
                self.n += 1
            def locked(self):
                return self.n
        """,
    "class attribute": """
        class Lock:
            n = 0
            def release(self):
                self.n += 1
            def locked(self):
                return self.n
        """,
    "global": """
        n = 0
        class Lock:
            def release(self):
                global n
                n += 1
            def locked(self):
                return n
        """,
    "list": """
        class Lock:
            def __init__(self):
                self.n = [0]
            def release(self):
                self.n[0] = self.n[0] + 1
            def locked(self):
                return self.n[0]
        """,
    "dictionary": """
        n = {"n": 0}
        class Lock:
            def release(self):
                n["n"] += 1
            def locked(self):
                return n["n"]
        """,
    "deque": """
        from collections import deque
        class Lock:
            def __init__(self):
                self.n = deque()
            def release(self):
                count = len(self.n)
                self.n.append(count)
            def locked(self):
                return self.n[-1] + 1
        """,
    "set": """
        class Lock:
            def __init__(self):
                self.n = set()
            def release(self):
                self.n.add(len(self.n))
            def locked(self):
                return len(self.n)
        """,
}


@pytest.mark.parametrize("kind", COUNTERS)
def test_each_use_of_what_is_shared_is_a_step(kind: str, tmp_path: Path) -> None:
    subject = load(tmp_path, COUNTERS[kind])
    both = scenario(
        "x = Lock()",
        "x.subject.release()",
        "x.subject.release()",
        final="x.subject.locked() == 2",
    )
    finding = explore(subject, both)
    assert finding.failure is not None, "the lost update was not seen"
    assert "x.subject.locked() == 2 is false" in str(finding.failure.wrong)


def test_a_counter_of_itertools_never_gives_a_number_twice(tmp_path: Path) -> None:
    subject = load(
        tmp_path,
        """
        from itertools import count
        numbers = count(1)
        class Lock:
            def release(self):
                return next(numbers)
        """,
    )
    both = scenario(
        "x = Lock()\na = Shared()\nb = Shared()",
        "a.value = x.subject.release()",
        "b.value = x.subject.release()",
        final="{a.value, b.value} == {1, 2}",
    )
    assert explore(subject, both).failure is None


def test_module_state_is_restored_before_each_run(reference: Subject) -> None:
    names = scenario("a = Shared()", "a.value = Thread().getName()", final="a.value == 'Thread-1'")
    program = Program(names, reference)
    for _ in range(3):
        _, wrong = program.run(Exhaustive(), set())
        assert wrong is None


def test_a_module_with_another_syntax_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its syntax is not that of this interpreter"):
        load(tmp_path, "print 'x'")


def test_a_module_that_fails_to_import_is_refused_with_the_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="raised ZeroDivisionError"):
        load(tmp_path, "1 / 0")


def test_a_module_whose_import_does_not_end_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(visible, "IMPORT", 0.5)
    with pytest.raises(UserError, match=r"it has not been imported after 0\.5 seconds\."):
        load(tmp_path, "while True:\n    pass\n")
    load(tmp_path, "from threading import *\n")  # within its time


def test_what_blocks_outside_the_simulation_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "STUCK", 0.2)
    source = """
        import queue
        class Lock:
            def acquire(self):
                queue.SimpleQueue().get()
        """
    subject = load(tmp_path, source)
    with pytest.raises(UserError, match="it blocks in something else than a lock of _thread"):
        explore(subject, scenario("lock = Lock()", "lock.acquire()"))


def profiled_events() -> list[str]:
    """What a profile function sees of a call.

    An interpreter that still looked for an exception to raise would stay in it for ever.
    """
    program = lambda: None  # noqa: E731
    seen: list[str] = []
    sys.setprofile(lambda frame, event, argument: seen.append(event))
    program()
    sys.setprofile(None)
    return seen


def test_a_thread_that_cannot_be_told_to_end_disturbs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_what_blocks_outside_the_simulation_is_refused(tmp_path, monkeypatch)
    assert "call" in profiled_events()


def test_a_time_limit_leaves_nothing_behind() -> None:
    with scheduler.time_limit(60.0):
        pass
    assert "call" in profiled_events()


def test_a_value_that_cannot_be_looked_at_is_no_error(tmp_path: Path) -> None:
    source = """
        class Useless:
            def __getattribute__(self, name):
                raise RuntimeError("useless")
        class Lock:
            def acquire(self):
                return Useless()
        """
    assert explore(load(tmp_path, source), scenario("x = Lock()", "x.acquire()")).failure is None


def test_an_error_of_a_derived_class_counts_as_the_documented_one(tmp_path: Path) -> None:
    source = """
        class Own(RuntimeError):
            def __str__(self):
                raise TypeError("no text")
        class Lock:
            def release(self):
                raise Own
        """
    assert explore(load(tmp_path, source), scenario("x = Lock()", "x.release()")).failure is None


@pytest.mark.parametrize(("count", "is_wrong"), [(0, True), (1, False), (3, False)])
def test_alien_threads_may_be_counted_from_their_first_call_on(
    tmp_path: Path, count: int, is_wrong: bool
) -> None:
    subject = load(tmp_path, f"def activeCount():\n    return {count}")
    finding = explore(subject, scenario("", "threading.activeCount()"))
    assert (finding.failure is not None) == is_wrong


def test_the_truth_of_a_value_counts(tmp_path: Path) -> None:
    source = """
        class Event:
            def isSet(self):
                return VALUE
        """
    for value, is_wrong in (("[]", False), ("0.0", False), ("[1]", True), ("'no'", True)):
        subject = load(tmp_path, source.replace("VALUE", value))
        failure = explore(subject, scenario("x = Event()", "x.isSet()")).failure
        assert (failure is not None) == is_wrong, value


@pytest.mark.parametrize(("held", "is_wrong"), [("", True), ("x.acquire(); ", False)])
def test_a_plain_lock_may_know_its_holder(tmp_path: Path, held: str, is_wrong: bool) -> None:
    """A notify() by another thread may be refused; one by the holder may not."""
    source = """
        import _thread
        Lock = _thread.allocate_lock
        class Condition:
            def __init__(self, lock):
                self.acquire = lock.acquire
            def notify(self):
                raise RuntimeError
        """
    subject = load(tmp_path, source)
    own = "x.notify()" if held else "x.acquire(); x.notify()"
    one = Scenario("c.test", "x = Condition(Lock())", (own,), ("condition.methods",), held)
    assert (explore(subject, one).failure is not None) == is_wrong


POLLING = """
    import time
    class Event:
        def __init__(self):
            self.flag = False
        def set(self):
            self.flag = {set_to}
        def clear(self):
            self.flag = False
        def wait(self):
            while not self.flag:
                time.sleep(0.01)
    """


def test_a_thread_that_polls_for_ever_is_wrong_only_if_it_may_not_block(tmp_path: Path) -> None:
    sound = load(tmp_path, POLLING.format(set_to=True))
    for tasks in (["x.wait()"], ["x.wait()", "x.set()"], ["x.wait()", "x.set(); x.clear()"]):
        assert explore(sound, scenario("x = Event()", *tasks), parts=PARTS[:1]).failure is None
    deaf = load(tmp_path, POLLING.format(set_to="None"))
    failure = explore(deaf, scenario("x = Event()", "x.wait()", "x.set()"), parts=PARTS[:1]).failure
    assert failure is not None
    assert str(failure.wrong) == "x.wait() does not end: it spins"


@pytest.mark.parametrize(
    "imports",
    ["from threadspec import reference", "import threadspec.reference as reference"],
)
def test_a_module_that_builds_on_the_reference_gets_an_explored_one(
    tmp_path: Path, imports: str
) -> None:
    subject = load(tmp_path, f"{imports}\nclass Event(reference.Event):\n    pass")
    finding = explore(subject, scenario("x = Event()", "x.wait()", "x.set()"))
    assert (finding.grade, finding.failure) == ("exhausted", None)
    assert finding.schedules > 3  # its steps are seen


def test_threads_share_what_local_has_in_slots_and_nothing_else(reference: Subject) -> None:
    own = "class Own(local):\n    __slots__ = ('shared',)\nx = Own()\na = Shared()"
    program = "x.shared = {n}; x.mine = {n}; a.value = (x.mine, x.shared)"
    tasks = [program.format(n=number) for number in (1, 2)]
    finding = explore(reference, scenario(own, *tasks, final="a.value[0] in (1, 2)"))
    assert finding.failure is None


def test_a_thread_gets_the_identifier_that_became_free_last() -> None:
    idents: list[int] = []

    def begin() -> None:
        for count in (1, 2):
            layer.start_new_thread(lambda: idents.append(layer.get_ident()), ())
            ended = [1, 2][:count]
            layer.await_until(lambda ended=ended: all(run.tasks[one].ended for one in ended), 1000)

    strategy = Bounded(0)
    strategy.begin()
    run = Run(strategy, None)
    run.reuse = Location("identifiers")
    run.add("starter", begin)
    run.perform()
    assert idents == [3, 3]


def test_a_new_task_does_not_get_the_thread_of_one_that_has_not_ended() -> None:
    place = Location("place")
    children: list[Task] = []

    def parent() -> None:
        for name in ("first", "second"):
            children.append(run.add(name, lambda: None))
            step(place, WRITE)  # here the first one goes on, up to its last step

    strategy = Replay([(0, 1, False), (1, 1, False), (0, 1, False)])
    run = Run(strategy)
    run.reuse = Location("identifiers")
    strategy.begin()
    run.add("parent", parent)
    run.perform()
    assert [task.name for task in children] == ["first", "second"]
    assert children[0].go is not children[1].go
    assert [(number, count) for number, count, _ in run.trail[:3]] == [(0, 1), (1, 1), (0, 3)]


def test_a_run_does_not_see_the_stack_size_of_another(reference: Subject) -> None:
    one = scenario("a = Shared()", "a.value = threading.stack_size(65536)", final="a.value == 0")
    program = Program(one, reference)
    for _ in range(2):
        assert program.run(Exhaustive(), set())[1] is None


# -- search ----------------------------------------------------------------------------------------


def outcomes(program: Program, reduce: bool, most: int) -> tuple[set[Any], set[str]] | None:
    """The outcomes and errors of all schedules; None if there are more than ``most``."""
    shared: set[object] = set()
    while True:
        strategy = Exhaustive(reduce)
        found: set[Any] = set()
        wrong: set[str] = set()
        for _ in range(most):
            run, error = program.run(strategy, shared)
            if run.discovered - shared:
                shared |= run.discovered
                break
            if run.fair:
                return None
            if run.status != "cut":
                found.add(program.outcome(run))
            if error is not None:
                wrong.add(str(error))
            if strategy.done:
                return found, wrong
        else:
            return None


@pytest.mark.parametrize("kind", ["written", "generated"])
def test_the_reduction_loses_no_outcome(reference: Subject, kind: str) -> None:
    """A sample: ``make explore-reduction`` compares all of them."""
    chosen = scenarios.written()[::3] if kind == "written" else scenarios.generated()[::9]
    compared = 0
    with undisturbed():
        for one in chosen:
            program = Program(one, reference)
            reduced = outcomes(program, reduce=True, most=30)
            if reduced is None:
                continue  # all its schedules are far more than 100
            everything = outcomes(program, reduce=False, most=100)
            if everything is None:
                continue
            compared += 1
            assert reduced == everything, one.name
    assert compared >= 20


def test_the_reduction_finds_every_outcome_of_a_race() -> None:
    """Each of two tasks writes one variable and reads the other's."""
    race = scenario(
        "x = Shared(0)\ny = Shared(0)\na = Shared()\nb = Shared()",
        "x.value = 1; a.value = y.value",
        "y.value = 1; b.value = x.value",
    )
    seen = set()

    class Watching(Program):
        def _wrong(self, run: Run) -> None:
            seen.add((self._space["a"].value, self._space["b"].value))

    assert outcomes(Watching(race, visible.load_reference()), reduce=True, most=1000)
    assert seen == {(0, 1), (1, 0), (1, 1)}


def test_equal_tasks_count_once(reference: Subject) -> None:
    one = scenario("x = Lock()", *["x.acquire(); x.release()"] * 3)
    finding = explore(reference, one)
    assert (finding.grade, finding.schedules) == ("exhausted", 1)


def test_no_preemption_is_one_schedule_for_each_order(reference: Subject) -> None:
    program = Program(scenario("x = Lock()", "x.acquire(False)", "x.acquire(False)"), reference)
    strategy = Bounded(0)
    count = 0
    while not strategy.done:
        program.run(strategy, None)
        count += 1
    assert count == 2  # the second task is equal, so it goes second; its start may come first


# The holder is looked at, and changed in a second step.
LOOKS_FIRST = """
import _thread


class Lock:
    def __init__(self):
        self._held = False
        self._guard = _thread.allocate_lock()

    def acquire(self, blocking=True):
        with self._guard:
            pass
        if self._held:
            return False
        with self._guard:
            pass
        self._held = True
        return True
"""


def test_a_failure_is_shown_with_the_fewest_preemptions(tmp_path: Path) -> None:
    """One is enough, whatever the schedule that was found, and the token has as many as it says."""
    three = ("x.acquire(False)",) * 3
    program = Program(scenario("x = Lock()", *three), load(tmp_path, LOOKS_FIRST))
    with undisturbed():
        failure = Exploration(program).explore().failure
        assert failure is not None
        again = Replay(parse(failure.token))
        assert program.run(again, None)[1] == failure.wrong
        assert (failure.preemptions, again.preemptions) == (1, 1)
        none = Bounded(0)
        while not none.done:
            assert program.run(none, None)[1] is None


def test_a_failure_has_few_preemptions_though_the_fewest_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "MINIMIZE", 0)
    three = ("x.acquire(False)",) * 3
    program = Program(scenario("x = Lock()", *three), load(tmp_path, LOOKS_FIRST))
    with undisturbed():
        failure = Exploration(program).explore().failure
        assert failure is not None
        again = Replay(parse(failure.token))
        program.run(again, None)
    assert (failure.preemptions, again.preemptions) == (None, 1)


def test_a_schedule_that_names_a_task_that_is_not_there_is_erratic(reference: Subject) -> None:
    strategy = Exhaustive()
    strategy._nodes = [Node(7, 0, 0)]
    run, wrong = Program(scenario("x = Lock()", "x.acquire()"), reference).run(strategy, None)
    assert (run.erratic, run.failure, wrong) == (True, None, None)


def test_a_bound_is_never_called_exhausted(reference: Subject) -> None:
    program = next(one for one in scenarios.written() if one.name == "event.two-sets")
    parts = [Part("every", 5), *(Part("bounded", 5_000, bound) for bound in (0, 1, 2))]
    finding = explore(reference, program, parts=parts)
    assert (finding.grade, finding.bound) == ("bounded", 2)
    assert "more than 5 schedules" in finding.why


def test_an_exploration_goes_on_where_it_paused(reference: Subject) -> None:
    program = next(one for one in scenarios.written() if one.name == "event.two-sets")
    parts = (Part("every", 9), Part("bounded", 5_000, 0), Part("bounded", 20, 1))
    parts += (Part("every", None), Part("random", 7))
    whole = explore(reference, program, parts=parts)
    with undisturbed():
        slow = Exploration(Program(program, reference), parts=parts)
        counts = [slow.explore(count).schedules for count in range(1, len(parts) + 1)]
        assert slow.is_over
    assert counts[0] == 9
    assert counts == sorted(counts)
    finding = slow.finding
    assert (finding.grade, finding.schedules) == (whole.grade, whole.schedules)
    assert finding.outcomes == whole.outcomes
    alone = explore(reference, program, parts=[Part("every", None)])
    assert (alone.grade, finding.grade, finding.bound) == ("exhausted", "exhausted", None)
    assert counts[3] - counts[2] == alone.schedules - 9


class Observed(Program):
    """Tells each run to ``see``, which says what is wrong with it."""

    see: Callable[[Run, Wrong | None], Wrong | None]

    def run(self, *args: Any, **options: Any) -> tuple[Run, Wrong | None]:
        run, wrong = super().run(*args, **options)
        return run, self.see(run, wrong)


WRONG = Wrong(0, None, "is wrong")
SMALL = scenario("x = Lock()", "x.acquire(False)", "x.acquire(False); 1")


def observed(program: Scenario, see: Callable[[Run, Wrong | None], Wrong | None]) -> Observed:
    made = Observed(program, visible.load_reference())
    made.see = see  # type: ignore[method-assign]
    return made


def test_a_failure_in_the_last_schedule_has_no_bound(reference: Subject) -> None:
    whole = explore(reference, SMALL)
    assert whole.grade == "exhausted"
    parts = [Part("every", 1), Part("bounded", 99, 0), Part("every", None)]
    alone = explore(reference, SMALL, parts=parts[:2])
    assert (alone.grade, alone.bound) == ("bounded", 0)
    count = [0]

    def last(run: Run, wrong: Wrong | None) -> Wrong | None:
        count[0] += not run.discovered  # a run that shows a shared place does not count
        return WRONG if count[0] >= alone.schedules + whole.schedules - 1 else None

    with undisturbed():
        finding = Exploration(observed(SMALL, last), parts=parts).explore()
    assert finding.failure is not None
    assert (finding.grade, finding.bound, finding.why) == ("exhausted", None, "")


def test_what_was_counted_stays_though_a_place_is_shared_late() -> None:
    """Only what goes on afterwards begins again; here, that is the last part."""
    program = next(one for one in scenarios.written() if one.name == "event.two-sets")
    parts = [Part("every", 9), Part("bounded", 99, 0), Part("bounded", 20, 1), Part("random", 7)]
    late: list[str] = []

    def discover(run: Run, wrong: Wrong | None) -> Wrong | None:
        if late:
            run.discovered.add(late.pop())
        return wrong

    with undisturbed():
        exploration = Exploration(observed(program, discover), parts=[*parts, Part("every", 30)])
        before = exploration.explore(len(parts)).schedules
        outcomes = set(exploration.finding.outcomes)
        late.append("a place")
        after = exploration.explore()
    assert after.schedules == before - 9 + 30
    assert outcomes <= set(after.outcomes)


def test_every_schedule_without_an_end_is_followed_by_others(tmp_path: Path) -> None:
    """A thread that polls in the first schedule leaves no other one to be run."""
    polling = load(tmp_path, POLLING.format(set_to=True))
    program = scenario("x = Event()", "x.wait()", "x.set()")
    finding = explore(polling, program, parts=exploring.EXHAUST)
    assert finding.grade != "exhausted"
    assert finding.failure is None
    assert "poll" in finding.why
    assert finding.schedules > (exploring.EXHAUST[-1].most or 0)


def test_a_failure_is_known_before_it_is_simplified(
    reference: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Exploration, "_failure", interrupted)
    exploration = Exploration(observed(SMALL, lambda run, wrong: WRONG if run.count else None))
    with undisturbed(), pytest.raises(KeyboardInterrupt):
        exploration.explore()
    failure = exploration.finding.failure
    assert failure is not None
    assert (failure.wrong, failure.schedule, failure.preemptions) == (WRONG, 1, None)
    assert exploration.finding.why == "stopped at the first failure"


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="it is Linux's")
def test_threads_switch_as_they_can_where_the_policy_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*args: object) -> None:
        raise PermissionError

    before = os.sched_getscheduler(0)
    with undisturbed():
        assert os.sched_getscheduler(0) == os.SCHED_BATCH
    assert os.sched_getscheduler(0) == before
    monkeypatch.setattr(os, "sched_setscheduler", refused)
    with undisturbed():
        assert os.sched_getscheduler(0) == before


def test_an_interruption_at_the_end_leaves_everything_as_it_was() -> None:
    class Interrupts:
        def __del__(self) -> None:
            _thread.interrupt_main()

    processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), undisturbed():
        loop: list[object] = [Interrupts()]
        loop.append(loop)
        del loop
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert sys.unraisablehook is hook
    if processors is not None:
        assert os.sched_getaffinity(0) == processors


def test_random_schedules_are_the_same_with_the_same_seed(reference: Subject) -> None:
    program = Program(next(iter(scenarios.written())), reference)

    def trails() -> list[str]:
        strategy = Random(7)
        return [token(program.run(strategy, None)[0].trail) for _ in range(20)]

    first = trails()
    assert first == trails()
    assert len(set(first)) > 1


def test_a_token_is_what_it_was_made_of() -> None:
    trail = [(0, 13, False), (1, 4, False), (2, 1, True)]
    assert token(trail) == "0x13.1x4.2x1!"
    assert parse("0x13.1x4.2x1!") == trail
    for text in ("", "x", "0x", "ax3", "0x1..1x1", "-1x3"):
        with pytest.raises(ValueError):
            parse(text)


# -- scenarios -------------------------------------------------------------------------------------


def test_scenarios_name_clauses_that_exist() -> None:
    known = {clause.id for clause in catalogue().clauses}
    for one in (*scenarios.written(), *scenarios.generated()):
        assert {*one.clauses, *one.answers.values()} <= known, one.name


def test_scenarios_have_names_of_their_own() -> None:
    names = [one.name for one in (*scenarios.written(), *scenarios.generated())]
    assert len(set(names)) == len(names)
    assert len(scenarios.written()) >= 80


def test_a_number_of_schedules_is_said_once(reference: Subject) -> None:
    events = scenario(
        "lock = Lock()", *["lock.acquire(); lock.release()", "lock.acquire(False)"] * 2
    )
    finding = explore(reference, events, parts=[Part("every", 2)])
    assert (finding.grade, finding.schedules) == ("sampled", 2)
    assert finding.why == "more than 2 schedules"
