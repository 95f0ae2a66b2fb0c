"""Starts and controls a worker process, and replaces it after a crash or a hang."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from threadspec.adapters.adapter import Implementation
from threadspec.adapters.runner.hangs import Hangs, Watch, without_stacks
from threadspec.adapters.runner.transport import Transport, open_transport
from threadspec.adapters.runner.watchdog import Watchdog
from threadspec.conformance.harness import scarcity
from threadspec.conformance.harness import serve as script
from threadspec.conformance.harness.blocking import Stall
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.jvm import without_notice
from threadspec.conformance.outcome import Kind, Outcome

SCRIPT = Path(script.__file__)

# Environment variables that are removed for a worker.  They concern this process, break another
# interpreter, or change what a case sees: which statements run, what is written to standard error,
# how a program ends, how long it takes.  Variables for the import path, the memory allocator, the
# hash seed and the GIL are kept, because the user may want to judge an implementation with them.
LEFT_OUT = frozenset(
    [
        "PYTEST_CURRENT_TEST",
        "PYTHONHOME",
        "PYTHONEXECUTABLE",
        "__PYVENV_LAUNCHER__",
        "PYTHONOPTIMIZE",
        "PYTHONWARNINGS",
        "PYTHONDEVMODE",
        "PYTHONASYNCIODEBUG",
        "PYTHONSTARTUP",
        "PYTHONINSPECT",
        "PYTHONBREAKPOINT",
        "PYTHONVERBOSE",
        "PYTHONDEBUG",
        "PYTHONTHREADDEBUG",
        "PYTHONFAULTHANDLER",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONTRACEMALLOC",
        "PYTHONMALLOCSTATS",
        "PYTHONDUMPREFS",
        "PYTHONDUMPREFSFILE",
        "PYTHONPERFSUPPORT",
        "PYTHON_PERF_JIT_SUPPORT",
        "PYTHON_COLORS",
        "FORCE_COLOR",
    ]
)

# Seconds between two checks of a worker that has not answered: a tenth of the time that the case
# has taken, but at least LOOK and at most LATER.
LOOK = 0.01
LATER = 0.1

# Seconds until a process that the system has refused is asked for once more.
BREATH = 0.2


def with_advice(failure: str, implementation: Implementation) -> str:
    """Why an implementation could not be loaded, with what may help.

    That is where its module was looked for, if it was not found, and what its adapter says that it
    needs.
    """
    adapter = implementation.adapter
    missing = _NO_MODULE.search(failure)
    steps = adapter.module.split(".")
    names = {".".join(steps[: number + 1]) for number in range(len(steps))} | {steps[-1]}
    if missing and missing[1] in names:
        folders = ", ".join(implementation.path)
        failure += f"; it was looked for in {folders}, and where the interpreter itself looks"
    if adapter.requires:
        failure += f" (it needs {', '.join(adapter.requires)})"
    return failure


def load_request(
    implementation: Implementation,
    time_scale: float,
    number: int | None = None,
    is_first: bool = True,
) -> dict[str, Any]:
    """The request to load an implementation (see ``conformance/PROTOCOL.md``).

    ``number``: the worker's number among several, so that each can keep to a processor of its own.
    ``is_first``: whether the worker describes the implementation and checks how many threads the
    system allows, which takes a while.
    """
    adapter = implementation.adapter
    return {
        "op": "load",
        "protocol": script.PROTOCOL,
        "module": adapter.module,
        "setup": adapter.setup,
        "path": implementation.path,
        "arguments": adapter.arguments,
        "substrate": adapter.substrate,
        "names": adapter.names,
        "omits": adapter.omits,
        "lacks": adapter.lacks,
        "starts_by_maker": adapter.starts_by_maker,
        "time_scale": time_scale,
        "start_scale": implementation.start_scale,
        "cooperative": adapter.cooperative,
        "number": number,
        "is_first": is_first,
    }


# The signals that usually come from outside.  An implementation that dies of one of these by itself
# does so again when its case is run once more.
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP")


_NO_MODULE = re.compile(r"No module named '?([\w.]+)")


class CannotStart(Exception):
    """The worker cannot be started or cannot load the implementation; the message says why."""


class Refused(CannotStart):
    """The system refuses what a worker needs, which is no fault of the implementation."""


class TooSlow(CannotStart):
    """The worker was started but did not load the implementation in time."""


class WrongValue(CannotStart):
    """A value of the adapter file cannot be used; the message says why, without a full stop.

    ``key``: its key; ``entry``: its name in the table ``key``, if that is a table.
    """

    def __init__(self, key: str, reason: str, entry: str | None = None) -> None:
        super().__init__(reason)
        self.key = key
        self.entry = entry


class _Killed(CannotStart):
    """A signal that usually comes from outside has ended the worker."""


class _Ended(Exception):
    """The worker process has ended."""


class _Hung(Exception):
    """The worker has not answered in time."""


class _Deadlocked(_Hung):
    """The worker is proved never to answer."""


class WorkerProcess:
    """A process in which cases are run on one implementation.

    It is started when it is needed and replaced after a crash, a hang or threads left behind.
    Cases are queued with :meth:`queue` and their outcomes taken with :meth:`run_next`.  The process
    is sent every queued case, so that it goes on with the next one without delay.  ``close`` ends
    the process; a closed worker starts afresh when it is used again.

    ``number``: which of several workers it is, or None.  ``hangs``: what is known of the
    implementation's hangs.  ``description``: what another worker has said of the implementation.
    """

    traceback: TracebackType | None = None  # of the last case: it stays in the worker

    def __init__(
        self,
        implementation: Implementation,
        time_scale: float = 1.0,
        number: int | None = None,
        hangs: Hangs | None = None,
        description: dict[str, Any] | None = None,
    ) -> None:
        self._implementation = implementation
        self._time_scale = time_scale
        self._number = number
        self._durations = Durations(time_scale, implementation.start_scale)
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: Watchdog | None = None
        self._transport: Transport | None = None
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._output: IO[bytes] | None = None
        self._kit_threads: tuple[int, ...] = ()
        self._queue: deque[tuple[str, str]] = deque()  # the cases to run, the present one included
        self._pending = 0  # how many requests for them the process has not answered
        self._loaded = False  # whether the answer to the load request has been read
        self._mark = 0  # the size of the output that belongs to earlier cases
        self._sent = b""  # the last request
        self._killer: str | None = None  # the signal from outside that ended the last case
        self._given_up = False  # whether this host has killed the worker
        has_signals = "signals" not in implementation.adapter.lacks
        self._writes_stacks = has_signals and hasattr(signal, "SIGUSR1")
        self._hangs = Hangs() if hangs is None else hangs
        self.description = description
        self._watch: Watch | None = None  # of the running case
        self._asked: int | None = None  # the size of the output when stacks were requested last
        self._size = 0  # of the output, when it was checked last
        self._strays = b""  # the last line of the worker that was not a reply

    def begin(self) -> None:
        """Start a process that begins to load the implementation, without waiting for it.

        Raises CannotStart.  Where such a process has run before, the system is asked a second time:
        a busy one may refuse any call once.
        """
        try:
            self._begin()
        except Refused:
            if self.description is None:
                raise
            time.sleep(BREATH)
            self._begin()

    def _begin(self) -> None:
        """Start a process, as :meth:`begin` does, at the first attempt.  Raises CannotStart."""
        self._end_process()
        command = self._implementation.command
        try:
            self._watchdog = Watchdog()
            path = self._watchdog.folder / "output"
            with open(path, "ab") as errors:
                # A second descriptor, because reading must not move the position for writing.
                self._output = open(path, "rb", buffering=0)  # noqa: SIM115 - as long as the worker
                self._mark = 0
                self._transport = open_transport(self._implementation.transport)
                self._process = self._transport.start(
                    [*command, str(SCRIPT)],
                    errors,
                    _environment(self._watchdog.folder, self._implementation.environment),
                )
        except OSError as error:
            self._end_process()
            raise Refused(_refused(command[0], error)) from error
        self._watchdog.watch(self._process.pid)  # before its first request, it ends with its input
        self._loaded = self._given_up = False
        self._asked = None
        self._strays = b""
        self._replies = queue.SimpleQueue()
        reader = threading.Thread(
            target=_read_replies, args=(self._transport, self._replies), daemon=True
        )
        try:
            reader.start()
        except RuntimeError as error:
            self._end_process()
            raise Refused(scarcity.sentence("thread", error)) from error
        with contextlib.suppress(_Ended):  # raised again when the answer is read
            is_first = self.description is None
            self._send(load_request(self._implementation, self._time_scale, self._number, is_first))

    def load(self) -> dict[str, Any]:
        """Load the implementation; the worker's description of it.  Raises CannotStart.

        A worker that is killed meanwhile by a signal that usually comes from outside is replaced
        once.
        """
        try:
            return self._load()
        except _Killed:
            return self._load()

    def _load(self) -> dict[str, Any]:
        """Load the implementation, as :meth:`load` does, in one process.  Raises CannotStart."""
        if self._process is None or self._loaded:
            self.begin()
        adapter = self._implementation.adapter
        self._loaded = True
        try:
            answer = self._answer("start")
        except _Ended:
            ending = self._ending()
            output = self._last_line()
            trouble = self._trouble()
            self._end_process()
            ended = f"the worker ended ({ending}) while it loaded {adapter.module}{trouble}"
            one = self._implementation.interpreter
            said = f"; it printed: {output}" if output else ""
            if adapter.arguments and not _is_python(one.path, adapter.arguments):
                reason = f"{one.path} does not run Python with these arguments"
                raise WrongValue("arguments", reason + said) from None
            is_sure = one.is_versioned or adapter.command or self.description is not None
            if not (is_sure or _is_python(one.path)):
                ended = f"{one.path} is not a Python interpreter, or it is broken"
            is_killed = ending in _FROM_OUTSIDE and not self._given_up
            kind = _Killed if is_killed else CannotStart
            raise kind(ended + said) from None
        except _Hung:
            output = self._last_line()
            trouble = self._trouble()
            self._end_process()
            scale, advice = self._time_scale, ""
            if scale < 1:
                advice = f"; --impl-time-scale={scale:g} shortens that time"
            elif not trouble:
                more = 10 * adapter.start_scale
                advice = f"; start_scale = {more:g} in an adapter file gives it ten times longer"
            raise TooSlow(
                f"{self._implementation.interpreter.path} was started but did not load "
                f"{adapter.module} in time{trouble}"
                + (f"; it printed: {output}" if output else "")
                + advice
            ) from None
        if "refused" in answer:
            self._end_process()
            raise Refused(answer["refused"])
        if "substrate" in answer:
            self._end_process()
            raise WrongValue("substrate", answer["substrate"])
        if "names" in answer:
            self._end_process()
            raise WrongValue("names", answer["names"]["reason"], answer["names"]["documented"])
        if "failed" in answer:
            self._end_process()
            raise CannotStart(with_advice(answer["failed"], self._implementation))
        if "kit_threads" not in answer:
            self._end_process()
            raise CannotStart(f"the worker failed: {answer.get('observed', answer)}")
        self._kit_threads = tuple(answer["kit_threads"])
        if self.description is None:
            self.description = answer["description"]
        return self.description

    def queue(self, module: str, function: str) -> None:
        """Queue a case behind those that are queued already."""
        self._queue.append((module, function))

    def withdraw(self) -> None:
        """Forget the queued cases, except the one that is running.

        The process may have begun with the next one by the time it can be told, so it is replaced
        when the running case has ended.
        """
        while len(self._queue) > 1:
            self._queue.pop()

    def run_next(self, meanwhile: Callable[[bool], None] | None = None) -> Outcome:
        """Run the case that was queued first; its outcome, with what was printed meanwhile.

        ``meanwhile`` is called every ``LOOK`` to ``LATER`` seconds until the case has ended, and
        told whether the worker sleeps.  A worker that dies gives the outcome "crash", one that
        hangs "timeout".  A case whose worker is killed by a signal that usually comes from outside
        is run once more.  Raises CannotStart where no worker can be started (again).
        """
        try:
            outcome = self._try_next(meanwhile)
            if outcome.kind == "crash" and self._asked is not None and not self._given_up:
                # Writing its stacks may have killed the worker, so run the case without that.
                outcome = self._try_next(meanwhile, watched=False)
            killer = self._killer
            if killer is not None and not self._given_up:
                outcome = self._try_next(meanwhile)
                note = f"a worker was killed by {killer}, and the case was run again in another one"
                outcome = replace(outcome, evidence=(note, *outcome.evidence))
            return outcome
        finally:
            self._queue.popleft()
            self._pending = max(0, self._pending - 1)

    def _try_next(self, meanwhile: Callable[[bool], None] | None, watched: bool = True) -> Outcome:
        """Run the first case of the queue once, as :meth:`run_next` does."""
        self._killer = None
        if self._process is None or not self._loaded or self._has_ended_since():
            self.load()
        assert self._output is not None
        began = time.monotonic()
        try:
            if not self._pending:
                self._mark = self._output.seek(0, os.SEEK_END)
                self._send_case()
            with contextlib.suppress(_Ended):  # raised again when an answer is read
                while self._pending < len(self._queue):
                    self._send_case()
            if watched:
                self._watch = Watch(self._hangs, self._ask_for_stacks, self._stacks, self._used)
            reply = self._answer("case", meanwhile)
            outcome = Outcome.of(reply, self._printed(reply.get("printed")))
        except _Ended:
            ending = self._ending()
            self._killer = ending if ending in _FROM_OUTSIDE else None
            outcome = _lost("crash", f"the process ended: {ending}", began, self._printed())
        except _Hung as hung:
            output = self._printed()
            if self._watch is not None and self._watch.stacks:
                output += self._watch.stacks
            else:
                self._write_stacks()
                output += self._new_output()
            if not isinstance(hung, _Deadlocked):
                self._hangs.add(output)
            outcome = _lost("timeout", "the case did not end", began, output)
        except BaseException:
            # The user or pytest-timeout has interrupted the wait: the case is still running.
            self._end_process()
            raise
        finally:
            self._watch = None
        learnt = outcome.learnt
        if outcome.kind in ("ok", "observed") and not (learnt and learnt["vain"]):
            self._hangs.has_passed(outcome.seconds)
        if learnt:
            self._hangs.has_waited(learnt)
        if outcome.spoiled or self._pending > len(self._queue):  # it has been sent withdrawn cases
            self._end_process()
        return outcome

    def _has_ended_since(self) -> bool:
        """Whether the process has ended after its last case, before it was sent another."""
        return not self._pending and self._process is not None and self._process.poll() is not None

    def _send_case(self) -> None:
        """Send the request for the first queued case that has not been sent.  Raises _Ended."""
        module, function = self._queue[self._pending]
        known = self._hangs.waits
        self._send({"op": "run", "module": module, "function": function, "known": known})
        self._pending += 1

    def kill(self) -> None:
        """Kill the process, if it is running, while another thread waits for its answer."""
        self._given_up = True
        process = self._process
        if process is not None and process.poll() is None:
            _kill(process)

    def close(self) -> None:
        """End the process, whatever it is doing, and forget the queued cases."""
        self._end_process()
        self._queue.clear()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        watchdog, self._watchdog = self._watchdog, None
        transport, self._transport = self._transport, None
        self._pending = 0
        if process is not None:
            assert transport is not None
            transport.close()
            _kill(process)
            process.wait()
        if self._output is not None:
            self._output.close()
        if watchdog is not None:
            watchdog.close()

    def _send(self, request: dict[str, Any]) -> None:
        """Send a request.  Raises _Ended if the worker does not read it."""
        assert self._transport is not None
        self._sent = json.dumps(request).encode("ascii") + b"\n"
        try:
            self._transport.send(self._sent)
        except OSError:
            raise _Ended from None

    def _answer(
        self, duration: str, meanwhile: Callable[[bool], None] | None = None
    ) -> dict[str, Any]:
        """Wait for the reply to a request, at most for the named duration.

        ``meanwhile``: see :meth:`run_next`.  Raises _Ended or _Hung if there is none.
        """
        process = self._process
        assert process is not None
        stall = Stall(
            self._durations["stall"],
            process.pid,
            self._kit_threads,
            beyond=self._durations[duration],
        )
        began = time.monotonic()
        deadline = began + self._durations[duration]
        while True:
            lasts = time.monotonic() - began
            try:
                reply = self._replies.get(timeout=max(LOOK, min(lasts / 10, LATER)))
            except queue.Empty:
                if process.poll() is None:
                    hopeless = stall.is_certain() and not _has_child(process)
                    if time.monotonic() >= deadline:
                        raise _Hung from None
                    if hopeless or (self._watch is not None and self._watch.is_certain()):
                        raise _Deadlocked from None
                    if meanwhile is not None:
                        meanwhile(stall.sleeps)
                    continue
                try:  # its last reply may not have been read yet
                    reply = self._replies.get(timeout=1.0)
                except queue.Empty:
                    raise _Ended from None  # a child process keeps the pipe open
            if reply is None:
                raise _Ended
            if reply == self._sent:
                interpreter = self._implementation.interpreter.path
                self._end_process()
                raise CannotStart(f"{interpreter} is not a Python interpreter: it echoes its input")
            if reply.startswith(script.PREFIX.encode("ascii")):
                answer: dict[str, Any] = json.loads(reply[len(script.PREFIX) :])
                return answer
            self._strays = reply.strip() or self._strays

    def _ending(self) -> str:
        """How the worker process ended, in words."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=self._durations["stacks"])
        except subprocess.TimeoutExpired:
            return "it closed its output"
        if status < 0:
            try:
                return signal.Signals(-status).name
            except ValueError:
                return f"signal {-status}"
        return f"exit status {status}"

    def _write_stacks(self) -> None:
        """Make the hung worker write its threads' stacks to its output, and wait for them."""
        process = self._process
        if process is None or not self._writes_stacks:
            return
        assert self._output is not None
        size = self._output.seek(0, os.SEEK_END)
        with contextlib.suppress(OSError):
            process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + self._durations["stacks"]
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
            grown = self._output.seek(0, os.SEEK_END)
            if grown > size and grown == self._size_in_a_moment():
                return

    def _ask_for_stacks(self) -> None:
        """Make the worker write its threads' stacks, without waiting for them."""
        if self._process is None or self._output is None or not self._writes_stacks:
            return
        self._asked = self._size = self._output.seek(0, os.SEEK_END)
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGUSR1)

    def _stacks(self) -> str | None:
        """What the worker has written since it was asked for its stacks; None until it is all."""
        if self._output is None or self._asked is None:
            return None
        size = self._output.seek(0, os.SEEK_END)
        is_all = self._asked < size == self._size
        self._size = size
        if not is_all:
            return None
        self._output.seek(self._asked)
        return self._output.read(size - self._asked).decode("utf-8", "replace")

    def _used(self) -> float | None:
        """The seconds of processor time that the worker has used; None where unknown."""
        try:
            assert self._process is not None
            stat = Path(f"/proc/{self._process.pid}/stat").read_text()
            ticks = stat.rsplit(")", 1)[1].split()[11:13]
            return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None

    def _size_in_a_moment(self) -> int:
        """The size of the output a moment later."""
        assert self._output is not None
        time.sleep(0.02)
        return self._output.seek(0, os.SEEK_END)

    def _printed(self, until: int | None = None) -> str:
        """What has been printed since the last case, up to the position ``until`` or to the end."""
        text = self._new_output(until)
        return text if self._asked is None else without_stacks(text)

    def _new_output(self, until: int | None = None) -> str:
        """The same, including the stacks that were requested meanwhile."""
        assert self._output is not None
        if until is None:
            until = self._output.seek(0, os.SEEK_END)
        begin, self._mark = self._mark, until
        if begin == until:
            return ""
        self._output.seek(begin)
        return self._output.read(min(until - begin, 100_000)).decode("utf-8", "replace")

    def _trouble(self) -> str:
        """What the transport says of a worker that has not answered yet, as part of a sentence."""
        trouble = self._transport.trouble if self._transport is not None else ""
        return f"; {trouble}" if trouble else ""

    def _last_line(self) -> str:
        """The last line printed, to either stream: some interpreters write errors to stdout."""
        lines = without_notice(self._printed()).strip().splitlines()
        return lines[-1] if lines else self._strays.decode("utf-8", "replace")


def _lost(kind: Kind, observed: str, began: float, output: str) -> Outcome:
    """The outcome of a case whose worker is lost; ``began``: a time of the monotonic clock."""
    seconds = round(time.monotonic() - began, 6)
    waits = {"case": seconds} if kind == "timeout" else {}
    return Outcome(kind, observed, output=output, seconds=seconds, waits=waits, spoiled=True)


def _environment(folder: Path, asked: dict[str, str]) -> dict[str, str]:
    """The environment of a worker: that of this process without the variables in LEFT_OUT.

    Temporary files of the worker, and of the programs that it starts, go to ``folder``.  ``asked``:
    the variables that the adapter sets.
    """
    kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    # What is printed before a crash is evidence: it must not stay in a buffer.
    return {**kept, **temporary, "PYTHONUNBUFFERED": "1", **asked}


def _is_python(interpreter: Path, arguments: Sequence[str] = ()) -> bool:
    """Whether a program that failed to run the worker runs a line of Python."""
    try:
        shown = subprocess.run(
            [interpreter, *arguments, "-c", "print('Python')"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.strip() == b"Python"


def _refused(program: str, error: OSError) -> str:
    """Why the system has started no worker, as a sentence."""
    if error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        return str(scarcity.sentence("process", error.strerror))
    if error.errno == errno.ENOSPC:
        return f"the worker's temporary files cannot be written: {error.strerror}"
    return f"{program} cannot be started: {error.strerror or error}"


def _read_replies(transport: Transport, replies: queue.SimpleQueue[bytes | None]) -> None:
    """Queue the lines that the worker sends, and None when it closes its end."""
    for line in transport.lines():
        replies.put(line)
    replies.put(None)


def _has_child(process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker has a child process, which may wake it."""
    folder = Path(f"/proc/{process.pid}/task")
    with contextlib.suppress(OSError):
        return any((task / "children").read_text().strip() for task in folder.iterdir())
    return _has_child_by_parent(process.pid)


def _has_child_by_parent(pid: int) -> bool:
    """The same, from the parents of all processes, where the kernel does not list children."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if stat.read_text().rsplit(")", 1)[1].split()[1] == str(pid):
                return True
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the worker and the processes it has started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
