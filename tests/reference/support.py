"""What the tests of the reference share: scripted threads, interruptions, and programs."""

from __future__ import annotations

import _thread
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import threadspec.reference as threading
from threadspec.conformance.harness import blocking
from threadspec.reference import _layer
from threadspec.reference._instantiate import instantiate


class Script:
    """The reference over a layer in which a test acts instead of a thread that would block.

    Each time that the test's own thread would block, the next of ``steps`` is called.  It may
    raise, as a signal handler does, or return ``OVER``: the time-out is over.  Otherwise the lock
    must be free afterwards, or the wait times out.  Without any step, the thread blocks indeed.
    """

    OVER = object()

    def __init__(self, name: str) -> None:
        self.steps: list[Callable[[], object]] = []
        layer: Any = ModuleType("layer")
        vars(layer).update({one: getattr(_layer, one) for one in _layer.__all__})
        layer.allocate_lock = self._make_lock_class(_thread.get_ident())
        self.threading: Any = instantiate(name, layer)

    def interrupt(
        self,
        operate: Callable[..., object],
        *args: object,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Call what blocks; a signal handler raises there once ``meanwhile()`` has returned."""

        def step() -> None:
            meanwhile()
            interrupt()

        self.steps.append(step)
        with pytest.raises(KeyboardInterrupt):
            operate(*args)

    def _make_lock_class(self, own: int) -> type:
        steps, over = self.steps, self.OVER

        class ScriptedLock:
            def __init__(self) -> None:
                self._lock = _thread.allocate_lock()
                self.release = self._lock.release
                self.locked = self._lock.locked

            def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
                if self._lock.acquire(False):
                    return True
                if not blocking:
                    return False
                if not steps or _thread.get_ident() != own:
                    return self._lock.acquire(True, timeout)
                return steps.pop(0)() is not over and self._lock.acquire(False)

            def __enter__(self) -> bool:
                return self.acquire()

            def __exit__(self, *exc_info: object) -> None:
                self.release()

        return ScriptedLock


def interrupt() -> None:
    """Act like a signal handler when Ctrl-C is pressed."""
    raise KeyboardInterrupt


def locked_ticket() -> Any:
    """A low-level lock, like that of a waiting thread in a queue."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def waiting(thing: Any, count: int) -> None:
    """Wait until ``count`` threads wait."""
    deadline = time.monotonic() + 10
    while not repr(thing).endswith(f"waiters={count}>"):
        assert time.monotonic() < deadline, f"{thing!r}, not {count} waiters"
        time.sleep(0.0005)


def ends(thread: Any) -> bool:
    """Whether a thread ends."""
    thread.join(10)
    return not thread.isAlive()


def unstarted(module: Any, function: Callable[..., object], *args: object) -> Any:
    """A thread of a module that does not prevent the program from ending."""
    thread = module.Thread(target=function, args=args)
    thread.setDaemon(True)
    return thread


def started(script: Script, function: Callable[..., object], *args: object) -> Any:
    """A thread of a script that calls a function."""
    thread = unstarted(script.threading, function, *args)
    thread.start()
    return thread


def wait_on(condition: Any) -> None:
    with condition:
        condition.wait()


def notify(condition: Any) -> None:
    with condition:
        condition.notify()


def called_elsewhere(script: Script, function: Callable[..., object], *args: object) -> object:
    """What a function returns in another thread."""
    found: list[object] = []
    assert ends(started(script, lambda: found.append(function(*args))))
    return found[0]


class Handler:
    """Runs like a signal handler, once, at the step with a given number.

    A moment is the beginning of a function of the reference, or the return of a function written in
    C to one: there CPython runs signal handlers.  One that does not raise may run at each ``line``
    as well.
    """

    def __init__(self, number: int, action: Callable[[], object], lines: bool = False) -> None:
        self.number = self._left = number
        self._action = action
        self._lines = lines
        self.ran = False

    def __enter__(self) -> Handler:
        self._trace = sys.gettrace()
        if self._lines:
            sys.settrace(self._see_line)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)
        sys.settrace(self._trace)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_return"):
            self._come_by(frame)

    def _see_line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            self._come_by(frame)
        return self._see_line

    def _come_by(self, frame: FrameType) -> None:
        if self.ran or Path(frame.f_code.co_filename).parent != FOLDER:
            return
        self._left -= 1
        if self._left < 0:
            self.ran = True
            self._action()


def each_moment() -> Iterator[Callable[..., Handler]]:
    """What makes the handler of a round: one that runs a moment later than that of the last round.

    The last round is the one in which the handler did not run.
    """
    for number in range(500):
        made: list[Handler] = []

        def handler(action: Callable[[], object], lines: bool = False) -> Handler:
            made.append(Handler(number, action, lines))
            return made[0]

        yield handler
        if not made[0].ran:
            assert number > 0
            return
    pytest.fail("there is no end of moments")


def until(holds: Callable[[], object], what: object) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.0005)


def background(function: Callable[..., object], *args: object) -> Any:
    """A thread of the reference that calls a function."""
    thread = unstarted(threading, function, *args)
    thread.start()
    return thread


def soon(function: Callable[[], object]) -> None:
    """Call a function after other threads have had time to begin something."""
    time.sleep(0.002)
    function()


def is_interrupted(operate: Callable[..., object], *args: object) -> bool:
    try:
        operate(*args)
    except KeyboardInterrupt:
        return True
    return False


def levels(condition: Any) -> int:
    """Release the lock of a condition as often as possible; return how often that was."""
    for count in range(10):
        try:
            condition.release()
        except RuntimeError:
            return count
    return 10


def drain(semaphore: Any) -> int:
    """Acquire all permits; return their number."""
    count = 0
    while semaphore.acquire(False):
        count += 1
    return count


def in_another_thread(function: Callable[[], object]) -> object:
    """What a function returns in another thread."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def in_another_thread_of_control(function: Callable[[], object]) -> object:
    """Call a function in a thread that the module does not know; return its value."""
    found: list[object] = []
    _thread.start_new_thread(lambda: found.append(function()), ())
    until(lambda: found, "a thread that has not ended")
    return found[0]


def program(source: str) -> list[str]:
    """Run a program to its end; return the lines that it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


class Joiner:
    """A low-level thread that joins another; it is blocked once this is created."""

    def __init__(self, thread: Any) -> None:
        self._begun, self._ended = _thread.allocate_lock(), _thread.allocate_lock()
        self._begun.acquire()
        self._ended.acquire()
        self._task: int | None = None
        _thread.start_new_thread(self._join, (thread,))
        self._begun.acquire()
        deadline = time.monotonic() + 1
        while not blocking.proved([self._task]) and time.monotonic() < deadline:
            time.sleep(0.0005)

    def _join(self, thread: Any) -> None:
        self._task = blocking.own_tid()
        self._begun.release()
        thread.join()
        self._ended.release()

    def returned(self) -> bool:
        """Whether it returns without an error."""
        return self._ended.acquire(timeout=10)


FOLDER = Path(threading.__file__).parent


class Interrupted(list[Any]):
    """A queue whose operation ``name`` is interrupted once: before it is done, or afterwards."""

    def __init__(
        self, tickets: list[Any], name: str, done: bool, error: type[BaseException]
    ) -> None:
        super().__init__(tickets)
        self.interruption = name, done
        self.error = error

    def _do(self, name: str, *args: Any) -> Any:
        interrupted, done = self.interruption
        if name != interrupted:
            return getattr(super(), name)(*args)
        self.interruption = "", False
        if done:
            getattr(super(), name)(*args)
        raise self.error

    def remove(self, ticket: Any) -> None:
        self._do("remove", ticket)
