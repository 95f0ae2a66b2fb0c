"""Programs of the battery: a function of a battery file run as a whole Python program of its own.

What happens when a program ends, and what a fresh process holds, cannot be seen in the worker.  A
case hands :meth:`Programs.start` a function; a process of the same interpreter loads the same
implementation in the same way, calls the function in its main thread, and then ends the way every
Python program ends.  The function gets its arguments by name: ``threading``, the implementation,
and ``substrate``.  It talks to the case with :func:`say` and :func:`listen`.
"""

import errno
import functools
import json
import os
import sys
import time

from threadspec.conformance.harness import blocking, fork_server, green, names, scarcity
from threadspec.conformance.harness.vocabulary import KitError, Refused, show_error

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serve.py")
OPTION = "--program"
MARK = "@program "  # begins what it says: an implementation may write something, too
GREETING = "here"
COOPERATIVE = "here, with green threads"  # the greeting where a system call stops every thread
REFUSED = "refused: "  # begins why the system did not let the program do its work


# -- the program's side ---------------------------------------------------------------------------


def say(line):
    """Send the case a line.  Unbuffered, so that a thread may say something at any time."""
    fork_server.write_line(fork_server.standard(1), "\n" + MARK + line)


def teller(line):
    """Return a function that sends the line even when modules have lost what they hold."""
    data = ("\n" + MARK + line + "\n").encode("ascii")
    return functools.partial(os.write, fork_server.standard(1), data)


def listen():
    """Wait for the next line that the case tells; an empty string when there is none to come."""
    descriptor = fork_server.standard(0)
    if not _cooperative:
        return fork_server.read_line(descriptor)
    import fcntl

    # To wait in a system call would stop every green thread.
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    return fork_server.read_line(descriptor, _read_as_others_run)


def _read_as_others_run(descriptor, most):
    """Read from a file that does not block, and let other green threads run until there is input.

    ``select`` is of no use here: eventlet's does not look at files where it is not to wait.
    """
    while True:
        try:
            return os.read(descriptor, most)
        except EnvironmentError:
            if sys.exc_info()[1].errno != errno.EAGAIN:
                raise
        time.sleep(0.001)


# Not empty in a program whose threads are green ones: a function that is written in Python starts
# them, as after gevent's patch.
_cooperative = []


def perform():
    """Be the program that two lines of standard input ask for, but for its end.

    The first says what to load, the second which function of the battery to call.
    """
    request = json.loads(listen())
    _limit(request["seconds"])
    from threadspec.conformance.harness import loading

    def load():
        return loading.load(request["module"], request["setup"], request["path"])

    fixtures = {} if request["unloaded"] else {"threading": load()}
    fixtures["load"] = load
    fixtures["substrate"] = loading.load_substrate(request["substrate"])
    call = listen()
    if not call:
        return  # it is not needed
    battery, name = json.loads(call)
    __import__(battery)
    function = getattr(sys.modules[battery], name)
    code = function.__code__
    if sys.platform.startswith("linux") and green.may_be_green(fixtures["substrate"]):
        _cooperative.append(True)
    say(_cooperative and COOPERATIVE or GREETING)
    try:
        function(*[fixtures[name] for name in code.co_varnames[: code.co_argcount]])
    except Exception:
        reason = scarcity.refusal(fixtures["substrate"], scarcity.SOME)
        if reason:
            say(REFUSED + reason)
        raise


def _limit(seconds):
    """Let the system end this process: a worker that was killed cannot do it."""
    try:
        import signal

        signal.alarm(int(seconds) + 1)
    except (ImportError, AttributeError):
        pass  # no alarm here; an orphan ends by itself when it reads the end of its input


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
        """Let it call ``function``, one of a battery file's own; ``note`` takes evidence."""
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
        """What is on its standard error so far."""
        return self._complained.text()

    @property
    def status(self):
        """Its exit status; None while it runs, the negative number of a signal that ended it."""
        return self._process.poll()

    def tell(self, line):
        """Send it a line, for :func:`listen`."""
        try:
            self._process.stdin.write((line + "\n").encode("ascii"))
            self._process.stdin.flush()
        except (EnvironmentError, ValueError):
            pass  # it has ended; what it did not say will tell

    def line(self, times=1):
        """Wait for the next line it says; None when it ends, or takes too long, without one.

        ``times``: how many times as long as something that must happen it may take.
        """
        self._await(lambda: len(self.output) > self._read, times)
        self._check()
        lines = self.output
        if len(lines) <= self._read:
            return None
        self._read += 1
        return lines[self._read - 1]

    def ended(self):
        """Wait for it to end; False when it has not in good time, or never can."""
        self._await(lambda: False)
        self._check()
        return self.status is not None

    def keeps_running(self):
        """Whether it goes on: True once it certainly waits for the case, without having ended.

        That is certain when each of its threads is seen to wait, for input or to be woken, and none
        for so short a time that it may yet end by itself.  Where that cannot be seen, the program
        is watched for the duration ``window``, and one that is never found so for ten times that.
        """
        began = blocking.clock()
        try:
            return self._rests(began)
        finally:
            self._durations.spend("window", blocking.clock() - began)

    def outlasts(self):
        """Whether it goes on past the moment at which the wait of its main thread ends, if any.

        True where the kernel shows no such moment, or one that is later than the duration
        ``follow``: nobody has the time to see.
        """
        for _ in range(2):  # it may wait again
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
        """Wait until it waits for the case, or has ended; whether it goes on."""
        window = self._durations["window"]
        least = self._durations["positive"]
        before = None
        while self.status is None:
            tasks = blocking.look(self._process.pid)
            patient = [one.listens or one.rests >= least for one in (tasks or {}).values()]
            if patient and all(patient) and blocking.unchanged(before, tasks):
                self._note("%s: goes on, seen waiting" % self._name)
                return True
            unseen = tasks is None or COOPERATIVE in self._said.text()
            if blocking.clock() - began >= (window if unseen else 10 * window):
                self._note("%s: goes on, watched for the window" % self._name)
                return True
            before = tasks
            time.sleep(0.0005)
        return False

    def close(self):
        """End it in any case."""
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
        """Wait until something is reached, the program has ended, or it takes too long."""
        if not self._has_begun():  # an interpreter may take as long to start as a case may take
            self._wait(self._has_begun, "program")
        self._wait(is_reached, "positive", times)

    def _has_begun(self):
        """Whether it has started and loaded the implementation."""
        return self._greeted or MARK + GREETING in self._said.text()

    def _wait(self, is_reached, duration, times=1):
        """The same for a multiple of a named duration."""
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
            if wait.is_over(pause) or (pause >= 0.005 and stall.is_certain()):
                break
            time.sleep(pause)
            pause = min(pause * 1.1, 0.005)
            has_come = is_reached() or self.status is not None
        wait.end(has_come)

    def _check(self):
        """Make sure that it was started at all, and did not end for want of a documented name."""
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
        words = ["%s %s; it said %r" % (self._name, state, self.output)]
        errors = self.errors.strip().split("\n")
        if errors[-1]:
            words.append("the last line of its errors is %r" % errors[-1])
        return "; ".join(words)


class _File(object):
    """A temporary file that one process writes while another reads it from the beginning."""

    def __init__(self):
        import tempfile

        self.writing, self.path = tempfile.mkstemp("", "threadspec-")
        self._reading = os.open(self.path, os.O_RDONLY)  # its own position, not the writer's

    def text(self):
        """What is in it by now."""
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
            pass  # the program has done so, or something it started may still have it open


class ProgramPool(object):
    """Keeps programs ready, loaded and waiting, while cases follow one another that need one.

    ``origin``: how the implementation was loaded, the load request's ``module``, ``setup``,
    ``path`` and ``substrate`` (None: not known); ``durations``: the named durations.
    """

    def __init__(self, origin, durations):
        self._origin = origin
        self._durations = durations
        self._ready = []
        self._shared = None
        self._fork_server = None

    def take(self):
        """A program that is ready, or a new one; the next ones are made ready meanwhile."""
        # Two, since a program may be done sooner than another one starts; the first of all has one
        # beside it, not to be slowed down.
        ahead = 2 if self._ready else 1
        try:
            program = self._ready.pop(0) if self._ready else self._new()
            while len(self._ready) < ahead:
                self._ready.append(self._new())
        except (EnvironmentError, MemoryError):
            raise Refused(scarcity.sentence("process", show_error(sys.exc_info()[1])))
        return program

    def shared(self, function):
        """The program that runs ``function`` for one case after another; started where needed."""
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

    def drop(self):
        """Let go of those that are ready, and of the shared one."""
        self.retire()
        while self._ready:
            self._ready.pop().close()

    def close(self):
        """Let go of everything."""
        self.drop()
        if self._fork_server is not None:
            self._fork_server.close()
            self._fork_server = None

    def take_unloaded(self):
        """A new program that has not loaded the implementation; its function gets ``load``."""
        return self._new(True)

    def _new(self, unloaded=False):
        if self._origin is None:
            raise KitError("it is not known how to load the implementation in another process")
        request = dict([(key, self._origin[key]) for key in ("module", "setup", "substrate")])
        request["path"] = list(self._origin["path"])
        request["unloaded"] = unloaded
        request["seconds"] = 2 * self._durations["case"]
        return Program(self._start, request, self._durations)

    def _start(self, output, errors):
        """A new process that writes to two files."""
        import subprocess  # not before the set-up code has run: it imports threading

        if not sys.executable:
            raise KitError("this interpreter does not say how it can be started again")
        if fork_server.is_possible():
            if self._fork_server is None:
                self._fork_server = fork_server.ForkServer(SCRIPT)
            return fork_server.Forked(self._fork_server, output.path, errors.path)
        return subprocess.Popen(
            [sys.executable, SCRIPT, OPTION],
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
        """Start ``function``, one of a battery file's own, as a program, and do not wait for it.

        ``unloaded``: the program does not load the implementation; its function gets ``load``,
        which does that and returns the module, in place of ``threading``.
        """
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
