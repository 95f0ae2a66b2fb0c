"""One run of a simulated program: its tasks, the steps between which they switch, and virtual time.

A task runs in a pooled thread of the operating system, but only the task that has the baton runs.
Before each step that another task could notice, the running task asks the strategy of the run which
task goes on, and passes the baton to it.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import signal
from collections.abc import Callable, Iterator
from threading import Timer, main_thread
from types import FrameType
from typing import Any, Protocol

from threadspec.conformance.errors import UserError

# The kinds of steps.  ACQUIRE is disabled while its location is held, and so is AWAIT, which only
# reads.  TRY fails while its location is held; one with a deadline then times out.  UNTIL waits for
# a condition, or for all others to be blocked.
BEGIN, READ, WRITE, ACQUIRE, TRY, RELEASE, AWAIT, POLL, UNTIL = range(9)
WAITS = frozenset([ACQUIRE, AWAIT])  # those that a held location disables
TRIES = frozenset([TRY, POLL])  # those that fail there, and may time out

# Virtual time begins here, in seconds: no program mistakes it for a duration.
EPOCH = 1000.0

# A task that goes on after it was told to end gets this many more steps before it is told again,
# and after ``PATIENCE`` steps its thread is given up.
REMINDER = 100
PATIENCE = 1000

# After this many hidden steps, a task is taken to wait in a loop for another one to write.
QUIET = 500

# The seconds without a step after which a task is taken to compute for ever.
STUCK = 5.0

# The most tasks of one run whose clocks are kept.
MOST = 12


class Abandoned(BaseException):
    """Raised in a task whose run is over, so that it ends."""


class Deadlock(RuntimeError):
    """The code outside all tasks would block: nobody could wake it."""


class Location:
    """Something that steps read and write.

    ``site``: what identifies it in every run, such as a class and an attribute.  The other
    attributes are valid in the run whose ``serial`` it has.  A *hidden* location is one that no two
    tasks have been seen to use, so its steps are not shown to the strategy: ``owner`` is the task
    that uses it, ``many`` whether others do, and ``dirty`` whether a task has written to it.
    ``writer``, ``acquirer`` and ``readers`` are events (see :class:`Run`), the readers those since
    the last write; ``written`` and ``read`` are the clocks that later steps take over.
    """

    __slots__ = (
        "acquirer",
        "dirty",
        "held",
        "hidden",
        "many",
        "owner",
        "read",
        "readers",
        "serial",
        "site",
        "writer",
        "written",
    )

    def __init__(self, site: object = None) -> None:
        self.site = site
        self.serial = -1
        self.held = False

    def reset(self, run: Run) -> None:
        """Forget earlier runs."""
        self.serial = run.serial
        self.hidden = run.shared is not None and self.site not in run.shared
        self.owner: Task | None = None
        self.many = self.dirty = False
        self.writer = self.acquirer = -1
        self.readers: list[int] = []
        self.written: list[int] | None = None
        self.read: list[int] | None = None

    def name(self) -> str:
        """What a reader of an interleaving calls it."""
        return str(self.site)


class Task:
    """One thread of control of a run.

    ``kind``, ``location`` and ``deadline`` describe the step that it is about to perform; ``vain``
    is whether the last one was a try in vain, or a time-out;
    ``steps`` counts those it has performed, hidden ones included.
    """

    __slots__ = (
        "action",
        "after",
        "begun",
        "clock",
        "condition",
        "daemon",
        "deadline",
        "ended",
        "gate",
        "gated",
        "go",
        "goal",
        "ident",
        "kind",
        "location",
        "loose",
        "made",
        "moved",
        "name",
        "number",
        "opening",
        "owner",
        "quiet",
        "sentinel",
        "since",
        "steps",
        "thread",
        "timed_out",
        "tired",
        "touched",
        "vain",
    )

    def __init__(self, number: int, name: str, action: Callable[[], object], ident: int) -> None:
        self.number = number
        self.name = name
        self.action = action
        self.ident = ident
        self.kind = BEGIN
        self.location: Location | None = None
        self.deadline: float | None = None
        self.condition: Callable[[], bool] | None = None
        self.after: Task | None = None  # an equal task, whose first step comes first
        self.gate: Task | None = None  # a task that ends before this one begins
        self.gated = False  # one of the two is set
        self.ended = self.begun = self.moved = False
        self.timed_out = self.tired = self.vain = False
        self.daemon = self.goal = False
        self.steps = 0
        self.since = 0
        self.quiet = 0  # how many hidden steps it has performed since the last other one
        self.loose = 0
        self.made = 0  # how many locks
        self.clock = [0] * MOST
        self.opening = self.clock  # the clock of its first step
        self.owner: object = self  # of thread-local data
        self.touched: list[Any] = []  # references to the thread-local data that it has used
        self.sentinel: Any = None  # a lock to be released at its end
        self.go: Any = None
        self.thread: int | None = None


class _Worker:
    """A thread of the operating system that performs tasks, one after another."""

    def __init__(self) -> None:
        self.go = _thread.allocate_lock()
        self.go.acquire()
        self.job: tuple[Run, Task] | None = None
        _thread.start_new_thread(self._work, ())

    def _work(self) -> None:
        while True:
            self.go.acquire()
            assert self.job is not None
            run, task = self.job
            self.job = None
            task.thread = _thread.get_ident()
            try:
                if not run.abandoning:
                    task.action()
            except Abandoned as error:
                if not run.abandoning:
                    run.fail(task, error)  # it computes for ever
            except BaseException as error:
                if not run.abandoning:
                    run.fail(task, error)
                del error
            run._free_identifier(task)
            _pool.append(self)  # only now: the step before may have let other tasks go on
            run._end(task)
            del run, task


_pool: list[_Worker] = []


class Strategy(Protocol):
    """Decides which task goes on."""

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """The task of ``enabled`` that performs its step; None to give the run up.

        ``task``: the one that has performed the last step, or None if it has ended.
        """


class Run:
    """One run: the tasks, and how it ended.

    ``strategy`` decides; ``shared``: the sites of the locations that are not hidden, None for all;
    ``limit``: the most steps before it is given up.  ``discovered`` collects the sites that should
    not have been hidden; ``trail`` collects, for each time that the baton was passed, the number of
    a task, the steps that it has performed since it got it, and whether the first was a time-out.
    ``observe`` is called before each step that the strategy has seen.  ``left``: the tasks that had
    not ended when the run was over; ``fair``: half of the limit was reached, and since then all
    tasks go on in rotation; ``erratic``: the program did not do what it had done in an earlier run;
    ``main``: the task that represents the main thread, if there is one: the run is over when it
    ends; ``reuse``: where the identifiers of ended tasks are given to new ones.
    ``status`` is "ended", "blocked" (no task can go on), "cut" (the strategy has given it up),
    "spins" (the limit was reached) or "failed" (a task raised an exception: ``failure``).

    An event is the number of a step that the strategy has seen; ``who``, ``when`` and ``clocks``
    have for each event the task, the number that the task gives it, and its vector clock.
    """

    serial = 0

    def __init__(
        self, strategy: Strategy, shared: set[object] | None = None, limit: int = 1000
    ) -> None:
        Run.serial += 1
        self.serial = Run.serial
        self.strategy = strategy
        self.shared = shared
        self.limit = limit
        self.discovered: set[object] = set()
        self.tasks: list[Task] = []
        self.live: list[Task] = []  # those that have not ended
        self.current: Task | None = None
        self.home = Task(-1, "set-up", lambda: None, 1)
        self.status = "ended"
        self.failure: tuple[Task, BaseException] | None = None
        self.abandoning = False
        self.now = EPOCH
        self.count = 0
        self.clock = Location("the clock")
        self.observe: Callable[[Task], None] | None = None
        self.trail: list[tuple[int, int, bool]] = []
        self.leaked = 0
        self.stuck = self.erratic = self.fair = False
        self.main: Task | None = None
        self.reuse: Location | None = None
        self.stack_size = 0
        self._idents = 1
        self.left: list[Task] = []
        self._over = _thread.allocate_lock()
        self._over.acquire()

    def add(
        self,
        name: str,
        action: Callable[[], object],
        after: Task | None = None,
        gate: Task | None = None,
    ) -> Task:
        """Add a task that calls ``action``.

        ``after``: an equal task, which is to step first; ``gate``: one that is to end first.
        """
        if self.reuse is not None:
            used = {task.ident for task in self.tasks if not task.ended}
            given = [task.ident for task in reversed(self.tasks)]  # the latest first, as on Linux
            ident = next(one for one in [*given, len(given) + 2] if one not in used)
        else:
            self._idents += 1
            ident = self._idents
        task = Task(len(self.tasks), name, action, ident)
        task.after = after
        task.gate = gate
        task.gated = after is not None or gate is not None
        self.tasks.append(task)
        self.live.append(task)
        worker = _pool.pop() if _pool else _Worker()
        task.go = worker.go
        worker.job = self, task
        return task

    def perform(self) -> None:
        """Perform the run until it is over; afterwards, no task is left."""
        _active[0] = self
        try:
            with uninterrupted():
                first = self._choose(None)
                if first is not None:
                    self._pass_to(first)
                    self._wait()
                self.left = self.live
                self.abandoning = True
                for task in self.left:
                    if not task.ended:
                        self.current = task
                        task.go.release()
                        self._wait()
        finally:
            self.current = None
            _active[0] = None

    def _wait(self) -> None:
        """Wait until the tasks give the baton back.

        A task that computes for ever, without a step, is told to end.  Raises UserError if a task
        blocks in something that is not simulated, and cannot be told.
        """
        told: dict[Task, int] = {}  # with their threads
        try:
            while True:
                before = self.count
                if self._over.acquire(True, STUCK):
                    return
                task = self.current
                if self.count == before and task is not None and task.thread is not None:
                    if task in told:
                        raise UserError(
                            "The implementation cannot be explored: it blocks in something else "
                            f"than a lock of _thread, in {task.name}."
                        )
                    told[task] = task.thread
                    self.stuck = True
                    _interrupt(task.thread)
        finally:
            for thread in told.values():
                _withdraw(thread)

    def setting_up(self) -> _SettingUp:
        """A context in which the caller's own code belongs to the run, as its set-up."""
        return _SettingUp(self)

    def fail(self, task: Task, error: BaseException) -> None:
        """Note that a task has raised an exception, and let the run end."""
        if self.failure is None:
            self.failure = (task, error)

    def enabled(self) -> list[Task]:
        """The tasks that can perform their steps."""
        result = []
        for task in self.live:
            kind = task.kind
            if kind in WAITS:
                if task.location.held:  # type: ignore[union-attr]
                    continue
            elif kind == UNTIL:
                current, self.current = self.current, None
                try:
                    task.goal = bool(task.condition())  # type: ignore[misc]
                except Deadlock:
                    task.goal = False  # it needs a lock that a task holds now
                finally:
                    self.current = current
            if task.gated and self._is_gated(task):
                continue
            result.append(task)
        return result

    @staticmethod
    def _is_gated(task: Task) -> bool:
        """Whether a task has to let another one go first."""
        if task.kind == BEGIN:
            return task.gate is not None and not task.gate.ended
        after = task.after
        if after is None or task.moved:
            return False
        return not (after.moved or after.ended)

    def _choose(self, task: Task | None) -> Task | None:
        """The next task, which performs its step; None if the run is over."""
        if self.failure is not None:
            self.status = "failed"
            return None
        if self.main is not None and self.main.ended:
            return None
        enabled = self.enabled()
        if not enabled:
            self.status = "blocked" if self.live else "ended"
            return None
        if self.count >= self.limit:
            self.status = "spins"
            return None
        self.count += 1
        if self.count > self.limit // 2:
            # It may only wait, in a loop, for others: let each go on in rotation, and see whether
            # it ends.  Time passes with each step, for loops that wait for a deadline.
            self.fair = True
            self.now += 1.0
            last = task.number if task is not None else -1
            chosen = next((one for one in enabled if one.number > last), enabled[0])
        else:
            chosen = self.strategy.choose(self, enabled, task)  # type: ignore[assignment]
        if chosen is None:
            self.status = "cut"
            return None
        kind = chosen.kind
        if kind != BEGIN:
            chosen.moved = True
        chosen.timed_out = chosen.vain = False
        if kind in TRIES and chosen.location.held:  # type: ignore[union-attr]
            chosen.vain = True
            if chosen.deadline is not None:
                chosen.timed_out = True
                self.now = max(self.now, chosen.deadline)
        return chosen

    def _pass_to(self, chosen: Task) -> None:
        self.current = chosen
        chosen.since = chosen.steps
        chosen.tired = chosen.timed_out
        chosen.steps += 1
        chosen.go.release()

    def _leave(self, task: Task) -> None:
        """Note that a task gives the baton away."""
        self.trail.append((task.number, task.steps - task.since, task.tired))

    def step(
        self,
        location: Location | None,
        kind: int,
        deadline: float | None = None,
        condition: Callable[[], bool] | None = None,
    ) -> bool:
        """Perform a step of the running task; return whether it was a time-out."""
        task = self.current
        if task is None:
            return False
        if self.abandoning:
            self._remind(task)
            return False
        if location is not None:
            if location.serial != self.serial:
                location.reset(self)
            if location.hidden:
                if location.owner is not task:
                    if location.owner is None:
                        location.owner = task
                    else:
                        location.many = True
                if kind != READ:
                    location.dirty = True
                if location.many and location.dirty:
                    self.discovered.add(location.site)
                task.quiet += 1
                if task.quiet < QUIET and (not location.held or kind in (READ, WRITE, RELEASE)):
                    task.steps += 1
                    return False
                location.hidden = False
                self.discovered.add(location.site)
        task.kind = kind
        task.location = location
        task.deadline = deadline
        task.condition = condition
        task.quiet = 0
        chosen = self._choose(task)
        if chosen is task:
            task.steps += 1
        else:
            self._leave(task)
            if chosen is None:
                self._over.release()
            else:
                self._pass_to(chosen)
            task.go.acquire()
            if self.abandoning:
                raise Abandoned
        if self.observe is not None:
            self.observe(task)
        return task.timed_out

    def _remind(self, task: Task) -> None:
        task.loose += 1
        if task.loose >= PATIENCE:
            self.leaked += 1
            task.ended = True
            self._over.release()
            _held().acquire()  # for good
        if task.loose % REMINDER == 0:
            raise Abandoned

    def _free_identifier(self, task: Task) -> None:
        """Perform the step after which a new task may have the identifier of this one."""
        if self.reuse is not None and not self.abandoning and self.failure is None:
            with contextlib.suppress(Abandoned):
                self.step(self.reuse, WRITE)

    def _end(self, task: Task) -> None:
        """Let a task end that has nothing more to do, in its thread."""
        task.ended = True
        if self.abandoning:
            self._over.release()
            return
        self.live.remove(task)
        self._leave(task)
        chosen = self._choose(None)
        if chosen is None:
            self._over.release()
        else:
            self._pass_to(chosen)


# The interruptions that have come and not taken effect yet, as arguments of a signal handler.
_came: list[tuple[int, FrameType | None]] = []


def _note(number: int, frame: FrameType | None) -> None:
    _came.append((number, frame))


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C take effect at the end, or at the end of such a context within this one.

    KeyboardInterrupt could be raised at any line, such as the one after the baton has come back,
    and the run would then wait for it for ever; or in a finalizer, which would swallow it.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or _thread.get_ident() != main_thread().ident:
        yield  # it is ignored, or handled in another thread
    elif handler is _note:
        yield
        if _came:
            _came.clear()
            raise KeyboardInterrupt
    else:
        signal.signal(signal.SIGINT, _note)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGINT) is _note:
                signal.signal(signal.SIGINT, handler)
            if _came:
                first = _came[0]
                _came.clear()
                handler(*first)


def _interrupt(thread: int) -> None:
    """Raise Abandoned in a thread of the operating system that does not come to a step."""
    kind = ctypes.py_object(Abandoned)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise Abandoned in the calling thread if it is still in this context after some seconds."""
    timer = Timer(seconds, _interrupt, [_thread.get_ident()])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        _withdraw(_thread.get_ident())  # it may have come too late for the context


def _withdraw(thread: int) -> None:
    """Take back an exception that was to be raised in a thread, if it has not been.

    Up to 3.12, every thread goes on looking for it until one of them has raised such an exception,
    and in 3.11 a profiled function would do nothing else.  So the calling thread raises one.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)
    with contextlib.suppress(Abandoned):
        _interrupt(_thread.get_ident())
        while True:  # the exception comes at the end of a round
            pass


def _held() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


class _SettingUp:
    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        _active[0] = self._run

    def __exit__(self, *raised: object) -> None:
        _active[0] = None


# The run that is being performed, if any.
_active: list[Run | None] = [None]


def active() -> Run | None:
    """The run that is being performed or set up, if any."""
    return _active[0]


def step(location: Location, kind: int) -> None:
    """Perform a step of the running task, if there is one."""
    run = _active[0]
    if run is not None and run.current is not None:
        run.step(location, kind)
