"""Programs of the battery: functions of a battery file that run as separate Python programs.

The worker cannot show what happens when a program ends, or what a fresh process contains.  A case
passes a function to :meth:`Programs.start`.  A process of the same interpreter loads the same
implementation in the same way, calls the function in its main thread, and then ends like every
Python program.  The function gets its arguments by name: ``threading``, the implementation,
``substrate``, ``request``, what was to be loaded, and ``mapped``, the names that were mapped.  It
communicates with the case by :func:`say` and :func:`listen`.
"""

import errno
import functools
import json
import os
import sys
import time

from threadspec.conformance.harness import (
    blocking,
    declared,
    fork_server,
    green,
    jvm,
    names,
    scarcity,
)
from threadspec.conformance.harness.patience import STALL_PAUSE
from threadspec.conformance.harness.vocabulary import KitError, Refused

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serve.py")
OPTION = "--program"
# The keys of the load request (see ``PROTOCOL.md``) that programs need, too.
ORIGIN = (
    "module",
    "setup",
    "path",
    "arguments",
    "substrate",
    "names",
    "omits",
    "lacks",
    "starts_by_maker",
    "cooperative",
)
MARK = "@program "  # the prefix of what it says: an implementation may also write something
GREETING = "here"
COOPERATIVE = "here, with green threads"  # the greeting if a system call stops every thread
REFUSED = "refused: "  # the prefix of the reason why the system did not let the program work


# -- the program's side ---------------------------------------------------------------------------


def say(line):
    """Send the case a line, unbuffered, so that any thread may do so at any time."""
    fork_server.write_line(fork_server.standard(1), "\n" + MARK + line)


def teller(line):
    """Return a function that sends the line even after modules have been cleared."""
    data = ("\n" + MARK + line + "\n").encode("ascii")
    return functools.partial(os.write, fork_server.standard(1), data)


def listen():
    """Wait for the next line from the case; return an empty string at the end of the input."""
    descriptor = fork_server.standard(0)
    if not _cooperative:
        return fork_server.read_line(descriptor)
    import fcntl

    # Waiting in a system call would stop every green thread.
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    return fork_server.read_line(descriptor, _read_as_others_run)


def _read_as_others_run(descriptor, most):
    """Read from a non-blocking file, and let other green threads run until there is input.

    ``select`` does not help: that of eventlet ignores files when its time-out is zero.
    """
    while True:
        try:
            return os.read(descriptor, most)
        except EnvironmentError:
            if sys.exc_info()[1].errno != errno.EAGAIN:
                raise
        time.sleep(0.001)


# Not empty in a program with green threads: a function written in Python starts its threads, as
# after gevent's patch.
_cooperative = []


def perform():
    """Run the program that two lines of standard input describe, except for its end.

    The first line says what to load, the second which function of the battery to call.
    """
    request = json.loads(listen())
    limit(request["seconds"])
    declared.declare(request)
    from threadspec.conformance.harness import loading

    fixtures = {"load": lambda: loading.load_as(request)[0], "request": request}
    if not request["unloaded"]:
        fixtures["threading"], fixtures["mapped"] = loading.load_as(request)
    fixtures["substrate"] = loading.load_substrate(request["substrate"])
    limit(0)  # it may be needed much later
    call = listen()
    if not call:
        return  # the program is not needed
    limit(request["seconds"])
    battery, name = json.loads(call)
    __import__(battery)
    function = getattr(sys.modules[battery], name)
    code = function.__code__
    on_linux = sys.platform.startswith("linux")
    if declared.are_green(on_linux and green.may_be_green(fixtures["substrate"])):
        _cooperative.append(True)
    say(_cooperative and COOPERATIVE or GREETING)
    try:
        function(*[fixtures[name] for name in code.co_varnames[: code.co_argcount]])
    except Exception:
        reason = scarcity.refusal(fixtures["substrate"], scarcity.SOME)
        if reason:
            say(REFUSED + reason)
        raise


def limit(seconds):
    """Let the system end this process after ``seconds``: a killed worker cannot do it.

    0 revokes that: a program that listens ends when the worker's end of its input is closed.
    """
    if sys.platform.startswith("java"):
        return  # Jython's alarm is a thread that is no daemon: the program would wait for it
    try:
        import signal

        signal.alarm(seconds and int(seconds) + 1)
    except (ImportError, AttributeError):
        pass  # no alarm here; an orphan ends when it reads the end of its input


# -- the case's side ------------------------------------------------------------------------------


class Program(object):
    """A running program.  Use :meth:`Programs.start` to get one."""

    def __init__(self, start, request, durations):
        self._name = "program"
        self._durations = durations
        self._note = None
        self._read = 0
        self._greeted = False
        self._said = _File()
        self._complained = _File()
        self._process = start(self._said, self._complained)
        self.tell(json.dumps(request))

    def call(self, function, note):
        """Let it call ``function``, a function of a battery file; ``note`` takes evidence."""
        self._name = "program %s" % function.__name__
        self._note = note
        self.tell(json.dumps([function.__module__, function.__name__]))

    @property
    def output(self):
        """The whole lines it has said so far."""
        lines = self._said.text().split("\n")[:-1]
        return [line[len(MARK) :] for line in lines if line.startswith(MARK)][1:]

    @property
    def errors(self):
        """What it has written to standard error so far."""
        return jvm.without_notice(self._complained.text())

    @property
    def status(self):
        """Its exit status: negative if a signal ended it, None while it runs."""
        return self._process.poll()

    def tell(self, line):
        """Send it a line, for :func:`listen`."""
        try:
            self._process.stdin.write((line + "\n").encode("ascii"))
            self._process.stdin.flush()
        except (EnvironmentError, ValueError):
            pass  # it has ended, which the missing answer will show

    def line(self, times=1):
        """Wait for its next line; return None if it ends, or takes too long, without one.

        ``times``: it takes too long after this many times the duration ``positive``.
        """
        self._await(lambda: len(self.output) > self._read, times)
        self._check()
        lines = self.output
        if len(lines) <= self._read:
            return None
        self._read += 1
        return lines[self._read - 1]

    def ended(self):
        """Wait for it to end; return False if it does not in time, or never can."""
        self._await(lambda: False)
        self._check()
        return self.status is not None

    def keeps_running(self):
        """Whether it keeps running: True once it certainly waits for the case and has not ended.

        That is certain when each of its threads waits for input or to be woken, without a time-out
        short enough for the program to end by itself.  Where the threads cannot be seen, the
        program is watched for the duration ``window``; if they never all wait, for ten times that.
        """
        began = blocking.clock()
        try:
            return self._rests(began)
        finally:
            self._durations.spend("window", blocking.clock() - began)

    def outlasts(self):
        """Whether it keeps running after the time-out of its main thread's wait, if it has one.

        A time-out that the kernel does not show, or that exceeds the duration ``follow``, is not
        waited for.
        """
        for _ in range(2):  # it may wait a second time
            task = (blocking.look(self._process.pid) or {}).get(self._process.pid)
            rest = task.rests if task else 0.0
            if not self._durations["window"] <= rest <= self._durations["follow"]:
                break
            began = blocking.clock()
            while self.status is None and blocking.clock() < began + rest + 0.1:
                time.sleep(0.005)
            self._durations.spend("follow", blocking.clock() - began)
        return self.keeps_running()

    def _rests(self, began):
        """Wait until it waits for the case or has ended; return whether it keeps running."""
        window = self._durations["window"]
        least = self._durations["positive"]
        before = None
        while self.status is None:
            tasks = blocking.look(self._process.pid)
            patient = [one.listens or one.rests >= least for one in (tasks or {}).values()]
            if patient and all(patient) and blocking.unchanged(before, tasks):
                self._note("%s: keeps running, seen waiting" % self._name)
                return True
            unseen = tasks is None or COOPERATIVE in self._said.text()
            if blocking.clock() - began >= (window if unseen else 10 * window):
                self._note("%s: keeps running, watched for the window" % self._name)
                return True
            before = tasks
            time.sleep(0.0005)
        return False

    def close(self):
        """End it, whatever it does."""
        if self._process.poll() is None:
            try:
                self._process.kill()
            except EnvironmentError:
                pass  # it ended meanwhile
            self._process.wait()
        try:
            self._process.stdin.close()
        except EnvironmentError:
            pass
        self._said.close()
        self._complained.close()

    def _await(self, is_reached, times=1):
        """Wait until ``is_reached()``, the program has ended, or it takes too long."""
        if not self._has_begun():  # starting an interpreter may take as long as a case
            self._wait(self._has_begun, "program")
        self._wait(is_reached, "positive", times)

    def _has_begun(self):
        """Whether it has started and loaded the implementation."""
        return self._greeted or MARK + GREETING in self._said.text()

    def _wait(self, is_reached, duration, times=1):
        """The same, for ``times`` the named duration."""
        wait = self._durations.wait(duration, "answer" if times > 1 else "program", times)
        stall = blocking.Stall(
            self._durations["stall"],
            self._process.pid,
            listening=True,
            beyond=self._durations[duration],
        )
        pause = 0.0005
        has_come = is_reached() or self.status is not None
        while not has_come:
            if wait.is_over(pause) or (pause >= STALL_PAUSE and stall.is_certain()):
                break
            time.sleep(pause)
            pause = min(pause * 1.1, wait.longest_pause)
            has_come = is_reached() or self.status is not None
        wait.end(has_come)

    def _check(self):
        """Raise an exception if it did not start, or if a refusal or a missing name ended it."""
        if not self._greeted:
            if not self._has_begun():
                raise KitError("%s did not start: %s" % (self._name, self.errors))
            self._greeted = True
        for line in self.output:
            if line.startswith(REFUSED):
                raise Refused(line[len(REFUSED) :])
        if self.status is not None:
            last = self.errors.strip().split("\n")[-1]
            error = AttributeError(last.replace("AttributeError: ", "", 1))
            if last.startswith("AttributeError: ") and names.missing_name(error):
                raise error

    def __repr__(self):
        if self.status is None:
            state = "is running"
        else:
            state = "ended with status %d" % self.status
        words = ["%s %s; its output is %r" % (self._name, state, self.output)]
        errors = self.errors.strip().split("\n")
        if errors[-1]:
            words.append("its last error line is %r" % errors[-1])
        return "; ".join(words)


class _File(object):
    """A temporary file that one process writes while another reads it from the beginning."""

    def __init__(self):
        import tempfile

        self.writing, self.path = tempfile.mkstemp("", "threadspec-")
        self._reading = os.open(
            self.path, os.O_RDONLY
        )  # with a position separate from the writer's

    def text(self):
        """What it contains now."""
        os.lseek(self._reading, 0, 0)
        parts = []
        while True:
            part = os.read(self._reading, 65536)
            if not part:
                return "".join([part.decode("ascii", "replace") for part in parts])
            parts.append(part)

    def close(self):
        """Close and remove it."""
        os.close(self.writing)
        os.close(self._reading)
        try:
            os.remove(self.path)
        except EnvironmentError:
            pass  # the program has removed it, or a process that it started still has it open


class ProgramPool(object):
    """Keeps programs loaded and waiting: where they are forked, while consecutive cases need them.

    ``origin``: how the implementation was loaded, as the values of the load request for the keys in
    ``ORIGIN`` (None if unknown); ``durations``: the named durations.
    """

    def __init__(self, origin, durations):
        self._origin = origin
        self._durations = durations
        self._ready = []
        self._shared = None
        self._fork_server = None

    def take(self):
        """Return a program that is ready, or a new one; the next ones are started meanwhile."""
        # Two, since a program may end before another one has started; with the first program only
        # one is started, to avoid slowing it down.
        ahead = 2 if self._ready else 1
        program = self._ready.pop(0) if self._ready else self._new()
        while len(self._ready) < ahead:
            self._ready.append(self._new())
        return program

    def shared(self, function):
        """The program that runs ``function`` for consecutive cases; started if necessary."""
        if self._shared is None:
            self._shared = self._ready.pop(0) if self._ready else self._new()
            self._shared.call(function, None)
            self._shared.tell(repr(self._durations.scale))
        return self._shared

    def retire(self):
        """End the shared program: the next case gets a new one."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    def rest(self):
        """End the programs that are ready and the shared one, unless it takes long to start them.

        They would be in the way: a deadlock detector has to assume that they may wake somebody.
        """
        if fork_server.is_possible():
            self.drop()

    def drop(self):
        """End the programs that are ready and the shared one."""
        self.retire()
        while self._ready:
            self._ready.pop().close()

    def close(self):
        """End all programs and the fork server."""
        self.drop()
        if self._fork_server is not None:
            self._fork_server.close()
            self._fork_server = None

    def take_unloaded(self):
        """A new program that has not loaded the implementation; its function gets ``load``."""
        return self._new(True)

    def _new(self, unloaded=False):
        if self._origin is None:
            raise KitError("no origin says how to load the implementation in another process")
        request = dict([(key, self._origin[key]) for key in ORIGIN])
        request["unloaded"] = unloaded
        request["seconds"] = 2 * self._durations["case"]
        try:
            return Program(self._start, request, self._durations)
        except (EnvironmentError, ImportError, MemoryError):  # subprocess may need what is missing
            raise Refused(scarcity.of_processes(sys.exc_info()[1]))

    def _start(self, output, errors):
        """Start a process that writes to two files."""
        import subprocess  # not before the set-up code has run: it imports threading

        if not sys.executable:
            raise EnvironmentError("sys.executable of this interpreter is empty")
        command = [sys.executable] + list(self._origin["arguments"]) + [SCRIPT]
        if fork_server.is_possible():
            if self._fork_server is None:
                self._fork_server = fork_server.ForkServer(command)
            return fork_server.Forked(self._fork_server, output.path, errors.path)
        return subprocess.Popen(
            command + [OPTION],
            stdin=subprocess.PIPE,
            stdout=output.writing,
            stderr=errors.writing,
            close_fds=os.name == "posix",
        )


class Programs(object):
    """The programs of one case.

    ``pool``: where they come from; ``note``: called with a line of evidence.
    """

    def __init__(self, pool, note):
        self._pool = pool
        self._note = note
        self._all = []
        self.refused = None  # why the system let no program be started

    def start(self, function, unloaded=False):
        """Start ``function``, a function of a battery file, as a program, without waiting for it.

        ``unloaded``: the program does not load the implementation; instead of ``threading``, its
        function gets ``load``, which loads and returns the module.  Raises NotOffered where it
        starts low-level threads, and the platform has none.
        """
        if "substrate" in function.__code__.co_varnames[: function.__code__.co_argcount]:
            declared.need("threads")
        try:
            program = self._pool.take_unloaded() if unloaded else self._pool.take()
        except Refused:
            self.refused = str(sys.exc_info()[1])
            raise
        self._all.append(program)
        program.call(function, self._note)
        return program

    def close(self):
        """End all programs."""
        for program in self._all:
            program.close()
