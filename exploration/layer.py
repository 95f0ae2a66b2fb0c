"""The simulated thread layer: the names of the reference's ``_layer`` and of ``_thread``.

Each call that another task could notice is one step of the run (see ``scheduler``).
"""

from __future__ import annotations

import _thread
import contextlib
import sys
import weakref
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

from threadspec.exploration.scheduler import (
    ACQUIRE,
    AWAIT,
    POLL,
    READ,
    RELEASE,
    TRY,
    UNTIL,
    WRITE,
    Deadlock,
    Location,
    Run,
    Task,
    _active,
    active,
    step,
)
from threadspec.reference import _layer

TIMEOUT_MAX = _thread.TIMEOUT_MAX
error = RuntimeError


def _where(depth: int = 2) -> str:
    """The place that creates something: its site in every run."""
    frame = sys._getframe(depth)
    code = frame.f_code
    return f"{code.co_name}:{frame.f_lineno - code.co_firstlineno}"


def _task() -> Task | None:
    run = _active[0]
    if run is None:
        return None
    return run.current or run.home


def me() -> Task:
    """The running task; outside all runs, one that represents the importing thread."""
    return _task() or _importer


_importer = Task(-1, "importer", lambda: None, 1)

# What was created while a module was imported, and has to be as it was then before each run.
born: list[Any] | None = None


def note_birth(thing: Any) -> None:
    """Note that something with ``save`` and ``restore`` was created, if a module is imported."""
    if born is not None:
        born.append(thing)


def deadline_of(blocking: object, timeout: float) -> float | None:
    """Check the arguments of ``acquire`` as ``_thread`` does; the deadline, None for no limit."""
    if not isinstance(timeout, (int, float)):
        raise TypeError(f"'{type(timeout).__name__}' object cannot be interpreted as an integer")
    if timeout != timeout:
        raise ValueError("Invalid value NaN (not a number)")
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    if timeout == -1:
        return None
    run = active()
    return (run.now if run is not None else 0.0) + timeout


class Lock(Location):
    """The lock that ``allocate_lock`` returns."""

    __slots__ = ("__weakref__", "_hash")

    def __init__(self, depth: int = 2) -> None:
        Location.__init__(self, _where(depth))
        # Not the address, so that a set of locks has the same order in each run.
        task = me()
        task.made += 1
        self._hash = 10_000 * (task.number + 1) + task.made
        note_birth(self)

    def __hash__(self) -> int:
        return self._hash

    def save(self) -> object:
        """The state, for :meth:`restore`."""
        return self.held

    def restore(self, state: Any) -> None:
        """Set the state."""
        self.held = state

    def name(self) -> str:
        return "lock"

    def acquire(self, blocking: object = True, timeout: float = -1) -> bool:
        """Lock it; return whether that was done."""
        deadline = deadline_of(blocking, timeout)
        run = _active[0]
        if run is not None and run.current is not None:
            if blocking and deadline is None:
                run.step(self, ACQUIRE)
            else:
                run.step(self, TRY, deadline if timeout > 0 else None)
                if self.held and not run.abandoning:
                    return False
            self.held = True
            return True
        if self.held:
            if blocking and deadline is None:
                raise Deadlock("the code outside all threads waits for a lock that nobody releases")
            return False
        self.held = True
        return True

    def release(self) -> None:
        """Unlock it."""
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self, RELEASE)
        if not self.held:
            if run is not None and run.abandoning:
                return
            raise RuntimeError("release unlocked lock")
        self.held = False

    def locked(self) -> bool:
        """Whether it is locked."""
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self, READ)
        return self.held

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self.held = False

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")

    def __repr__(self) -> str:
        return f"<{'locked' if self.held else 'unlocked'} lock>"


def allocate_lock() -> Lock:
    """Return a new lock, unlocked."""
    return Lock(3)


class RLock(Location):
    """The reentrant lock of ``_thread``.

    Only the outermost ``acquire`` and ``release`` are steps: others cannot notice the inner ones.
    """

    __slots__ = ("__weakref__", "_level", "_owner")
    _owner: Task | None

    def __new__(cls, *args: object, **kwargs: object) -> RLock:
        self = object.__new__(cls)
        Location.__init__(self, _where())
        self._owner = None
        self._level = 0
        note_birth(self)
        return self

    def __init__(self) -> None:
        pass

    def save(self) -> object:
        """The state, for :meth:`restore`."""
        return self.held, self._owner, self._level

    def restore(self, state: Any) -> None:
        """Set the state."""
        self.held, self._owner, self._level = state

    def name(self) -> str:
        return "RLock"

    def acquire(self, blocking: object = True, timeout: float = -1) -> bool:
        """Take it, or take it once more; return whether that was done."""
        deadline = deadline_of(blocking, timeout)
        task = me()
        if self.held and self._owner is task:
            self._level += 1
            return True
        run = _active[0]
        if run is not None and run.current is not None:
            if blocking and deadline is None:
                run.step(self, ACQUIRE)
            else:
                run.step(self, TRY, deadline if timeout > 0 else None)
                if self.held and not run.abandoning:
                    return False
        elif self.held:
            if blocking and deadline is None:
                raise Deadlock("the code outside all threads waits for a lock that nobody releases")
            return False
        self.held = True
        self._owner = task
        self._level = 1
        return True

    def release(self) -> None:
        """Undo one acquire."""
        task = me()
        run = _active[0]
        if not self.held or self._owner is not task:
            if run is not None and run.abandoning:
                return
            raise RuntimeError("cannot release un-acquired lock")
        if self._level == 1 and run is not None and run.current is not None:
            run.step(self, RELEASE)
        self._level -= 1
        if not self._level:
            self._owner = None
            self.held = False

    def __enter__(self) -> bool:
        return RLock.acquire(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        RLock.release(self)

    def _release_save(self) -> Any:
        task = me()
        run = _active[0]
        if not self.held or self._owner is not task:
            if run is not None and run.abandoning:
                return 1
            raise RuntimeError("cannot release un-acquired lock")
        if run is not None and run.current is not None:
            run.step(self, RELEASE)
        level = self._level
        self._level = 0
        self._owner = None
        self.held = False
        return level, task

    def _acquire_restore(self, state: Any) -> None:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self, ACQUIRE)
        self.held = True
        self._owner = me()
        self._level = state[0] if isinstance(state, tuple) else state

    def _is_owned(self) -> bool:
        run = _active[0]
        if run is not None and run.abandoning:
            return True
        return self.held and self._owner is me()

    def _recursion_count(self) -> int:
        return self._level if self._is_owned() else 0

    def _at_fork_reinit(self) -> None:
        self.held = False
        self._owner = None
        self._level = 0

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle '{type(self).__name__}' object")

    def __repr__(self) -> str:
        return f"<{'locked' if self.held else 'unlocked'} RLock level={self._level}>"


class local:
    """Thread-local data.  Access is no step: no other task can notice it."""

    __slots__ = ("__dict__", "__weakref__", "_threadspec_arguments", "_threadspec_shelves")

    def __new__(cls, /, *args: Any, **kwargs: Any) -> local:
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported")
        self = object.__new__(cls)
        object.__setattr__(self, "_threadspec_arguments", (args, kwargs))
        # What represents a task -> its attributes; those of the running task become the __dict__.
        object.__setattr__(self, "_threadspec_shelves", {})
        _new_shelf(self, me())
        note_birth(_Shelves(self))
        return self

    def __getattribute__(self, name: str) -> Any:
        _show(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "__dict__":
            raise AttributeError(
                f"'{type(self).__name__}' object attribute '__dict__' is read-only"
            )
        _show(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name == "__dict__":
            raise AttributeError(
                f"'{type(self).__name__}' object attribute '__dict__' is read-only"
            )
        _show(self)
        object.__delattr__(self, name)


def _shelves(data: local) -> dict[object, dict[str, Any]]:
    return object.__getattribute__(data, "_threadspec_shelves")  # type: ignore[no-any-return]


def _new_shelf(data: local, task: Task) -> dict[str, Any]:
    shelf = _shelves(data)[task.owner] = {}
    task.touched.append(weakref.ref(data))
    object.__setattr__(data, "__dict__", shelf)
    return shelf


def _show(data: local) -> None:
    """Give thread-local data the running task's attributes, initialized if they are new."""
    task = me()
    shelf = _shelves(data).get(task.owner)
    if shelf is None:
        _new_shelf(data, task)
        args, kwargs = object.__getattribute__(data, "_threadspec_arguments")
        try:
            type(data).__init__(data, *args, **kwargs)
        except BaseException:
            _shelves(data).pop(task.owner, None)
            raise
        shelf = _shelves(data)[task.owner]
    object.__setattr__(data, "__dict__", shelf)


class _Shelves:
    """Restores thread-local data that was created while a module was imported."""

    def __init__(self, data: local) -> None:
        self._data = data

    def save(self) -> Any:
        """The attributes of all tasks, for :meth:`restore`."""
        return {owner: dict(shelf) for owner, shelf in _shelves(self._data).items()}

    def restore(self, state: Any) -> None:
        """Set the attributes."""
        shelves = _shelves(self._data)
        shelves.clear()
        shelves.update((owner, dict(shelf)) for owner, shelf in state.items())


def end_locals(task: Task) -> None:
    """Release the thread-local data of a task that has ended."""
    for reference in task.touched:
        data = reference()
        if data is not None:
            _shelves(data).pop(task.owner, None)
    task.touched.clear()


def get_ident() -> int:
    """The identifier of the running task; that of one that has ended may be used again."""
    return me().ident


def get_native_id() -> int:
    """The same number."""
    return me().ident


def start_new_thread(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Any = None
) -> int:
    """Start a task that calls ``function``; return its identifier."""
    if not callable(function):
        raise TypeError("first arg must be callable")
    if not isinstance(args, tuple):
        raise TypeError("2nd arg must be a tuple")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError("optional 3rd arg must be a dictionary")
    return _start(function, args, kwargs or {}).ident


def _start(function: Callable[..., object], args: tuple[object, ...], kwargs: Any) -> Task:
    run = active()
    if run is None:
        raise RuntimeError("a module that starts a thread while it is imported cannot be explored")
    if run.abandoning:
        return me()
    parent = run.current
    if run.reuse is not None and parent is not None:
        run.step(run.reuse, WRITE)

    def perform() -> None:
        with contextlib.suppress(SystemExit):
            function(*args, **kwargs)
        _release_sentinel(task)
        end_locals(task)

    task = run.add(f"thread {1 + sum(one.daemon for one in run.tasks)}", perform)
    task.daemon = True  # it need not end
    if parent is not None:
        task.clock[:] = parent.clock
    return task


def this_thread() -> Task:
    """An object that identifies the running task."""
    return me()


def is_main_thread() -> bool:
    """Whether the running task represents the main thread, as the code outside all tasks does."""
    task = me()
    run = _active[0]
    return task.number < 0 or (run is not None and run.main is task)


def _get_main_thread_ident() -> int:
    run = active()
    return run.main.ident if run is not None and run.main is not None else 1


def stack_size(size: int = 0) -> int:
    """The stack size that was set last in this run; it has no effect."""
    if size and size < 32768:
        raise ValueError(f"size not valid: {size} bytes")
    run = active()
    if run is None:
        return 0
    step(_stack_size, WRITE)
    before, run.stack_size = run.stack_size, size
    return before


_stack_size = Location("the stack size")


def clock() -> float:
    """Virtual time, in seconds."""
    run = _active[0]
    if run is None:
        return 0.0
    if run.current is not None:
        run.step(run.clock, READ)
    return run.now


def sleep(seconds: float) -> None:
    """Let virtual time pass."""
    run = _active[0]
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if run is not None and run.current is not None:
        run.step(_Passing(), TRY, run.now + seconds)


class _Passing(Location):
    """What nobody will end: a sleep waits for it in vain."""

    __slots__ = ()

    def __init__(self) -> None:
        self.site = "sleep"
        self.serial = -1
        self.held = True

    def reset(self, run: Run) -> None:
        Location.reset(self, run)
        self.hidden = False

    def name(self) -> str:
        return "sleep"


def exit() -> None:
    """End the running task."""
    raise SystemExit


# -- what CPython uses besides --------------------------------------------------------------------


class _ThreadHandle(Location):
    """What represents a thread that can be joined (3.13)."""

    __slots__ = ("__weakref__", "_state", "ident")

    def __init__(self) -> None:
        Location.__init__(self, _where())
        self.held = True  # until the thread is done
        self._state = "new"
        self.ident = 0
        note_birth(self)

    def save(self) -> object:
        """The state, for :meth:`restore`."""
        return self.held, self._state, self.ident

    def restore(self, state: Any) -> None:
        """Set the state."""
        self.held, self._state, self.ident = state

    def name(self) -> str:
        return "handle"

    def is_done(self) -> bool:
        """Whether the thread has ended."""
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self, READ)
        return not self.held

    def _set_done(self) -> None:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self, WRITE)
        self.held = False
        self._state = "done"

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread."""
        run = _active[0]
        if self._state == "new":
            raise RuntimeError("thread not started")
        if self.held and self.ident == me().ident:
            raise RuntimeError("Cannot join current thread")
        if run is None or run.current is None:
            return
        if timeout is None or timeout < 0:
            run.step(self, AWAIT)
        else:
            run.step(self, POLL, run.now + timeout)


def start_joinable_thread(
    function: Callable[[], object], handle: _ThreadHandle | None = None, daemon: bool = True
) -> _ThreadHandle:
    """Start a task that calls ``function``; return a handle to join it."""
    if handle is None:
        handle = _ThreadHandle()
    one = handle
    run = _active[0]
    if run is not None and run.current is not None:
        run.step(one, WRITE)
    if one._state != "new":
        raise RuntimeError("thread already started")
    one._state = "started"

    def perform() -> None:
        try:
            function()
        finally:
            one._set_done()

    one.ident = _start(perform, (), {}).ident
    return one


def _make_thread_handle(ident: int) -> _ThreadHandle:
    handle = _ThreadHandle()
    handle.ident = ident
    handle._state = "started"
    return handle


def _set_sentinel() -> Lock:
    """A lock that is released when the running task has ended (up to 3.12)."""
    lock = Lock(3)
    me().sentinel = lock
    return lock


def _release_sentinel(task: Task) -> None:
    """Do at the end of a task what the interpreter does."""
    if task.sentinel is not None and task.sentinel.held:
        task.sentinel.release()


def await_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until ``condition()`` is true, or nothing else can happen for some seconds."""
    run = _active[0]
    if run is not None and run.current is not None:
        run.step(None, UNTIL, run.now + seconds, condition)


def become_main(task: Task) -> None:
    """Let a task be the one that has imported the implementation: it has its thread-local data."""
    task.ident = _importer.ident
    task.owner = _importer.owner


def reference_layer() -> ModuleType:
    """A module with the names of the reference's ``_layer``."""
    names = _layer.__all__
    module = ModuleType("_layer", "The simulated thread layer.")
    module.__dict__.update((name, globals()[name]) for name in names)
    module.__dict__["__all__"] = list(names)
    return module


def low_level_module(version: tuple[int, int]) -> ModuleType:
    """A module with the names of ``_thread``, as CPython ``version`` has it."""
    module = ModuleType("_thread", "The simulated low-level thread module.")
    names = {
        "TIMEOUT_MAX": TIMEOUT_MAX,
        "LockType": Lock,
        "RLock": RLock,
        "_local": local,
        "allocate": allocate_lock,
        "allocate_lock": allocate_lock,
        "error": error,
        "exit": exit,
        "get_ident": get_ident,
        "get_native_id": get_native_id,
        "interrupt_main": _thread.interrupt_main,
        "stack_size": stack_size,
        "start_new": start_new_thread,
        "start_new_thread": start_new_thread,
        "_count": lambda: sum(not task.ended for task in run.tasks) if (run := active()) else 1,
        "_is_main_interpreter": lambda: True,
        "daemon_threads_allowed": lambda: True,
    }
    if version >= (3, 8):
        names["_excepthook"] = _excepthook
        names["_ExceptHookArgs"] = _ExceptHookArgs
    if version >= (3, 13):
        names["lock"] = Lock
        names["_ThreadHandle"] = _ThreadHandle
        names["_get_main_thread_ident"] = _get_main_thread_ident
        names["_make_thread_handle"] = _make_thread_handle
        names["_shutdown"] = lambda: None
        names["start_joinable_thread"] = start_joinable_thread
    else:
        names["_set_sentinel"] = _set_sentinel
    for name, value in names.items():
        setattr(module, name, value)
    return module


_ExceptHookArgs = getattr(_thread, "_ExceptHookArgs", tuple)


def _excepthook(args: Any) -> None:
    """Ignore what a thread has raised: nobody reads standard error during an exploration."""
