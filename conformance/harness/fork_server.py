"""A fork server for the battery's programs: a process that has loaded the harness, but no
implementation.

Forking is much faster than starting an interpreter.  A forked program loads the implementation
itself, in the initial thread of its process, and runs to the end of the same script as a program
with an interpreter of its own.
"""

import errno
import gc
import json
import os
import sys
import time

from threadspec.conformance.harness.vocabulary import KitError

OPTION = "--fork-server"


def standard(number):
    """The argument of ``os.read`` and ``os.write`` for the standard file of this number.

    It is the number itself, except on Jython, which uses objects of its own.
    """
    if sys.platform.startswith("java"):
        return (sys.__stdin__, sys.__stdout__, sys.__stderr__)[number].fileno()
    return number


def write_line(descriptor, line):
    """Write a line unbuffered, so that the lines of several threads do not mix."""
    data = (line + "\n").encode("ascii")
    while data:
        data = data[_repeat(os.write, descriptor, data) :]


def read_line(descriptor, read=os.read):
    """Wait for the next line and read no further; return an empty string at the end of the input.

    ``read``: a function with the signature of ``os.read``.
    """
    line = ""
    while not line.endswith("\n"):
        more = _repeat(read, descriptor, 1).decode("ascii")
        if not more:
            break
        line += more
    return line.rstrip("\n")


def _repeat(call, *args):
    """Make a system call again and again until no signal interrupts it, as Python 3.5 does."""
    while True:
        try:
            return call(*args)
        except EnvironmentError:
            if sys.exc_info()[1].errno != errno.EINTR:
                raise


# -- in the fork server ---------------------------------------------------------------------------


def serve():
    """Answer the worker's requests; return in each forked program, with its own standard files.

    A request is either a list of the paths of a program's three standard files, answered with the
    process id of a new program, or a process id, answered with that program's exit status.
    """
    if os.fork():
        # The fork server must not be the worker's child: the deadlock detector would regard it as
        # a process that may wake the worker, and an implementation may wait for its children.
        os._exit(0)
    if hasattr(gc, "freeze"):
        # Programs end in half the time if they need not search these objects for garbage.
        gc.freeze()  # novm
    while True:
        line = read_line(0)
        if not line:
            os._exit(0)
        request = json.loads(line)
        if not isinstance(request, list):
            write_line(1, json.dumps(_status(request)))
            continue
        try:
            pid = os.fork()
        except OSError:
            write_line(1, json.dumps({"refused": str(sys.exc_info()[1])}))
            continue
        if not pid:
            _take_files(request)
            return
        write_line(1, json.dumps(pid))


def _status(pid):
    """A program's exit status: negative if a signal ended it, None while it runs."""
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        return None
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _take_files(paths):
    """Replace the standard files by these, and remove their names: the worker has them open."""
    for number, path in enumerate(paths):
        descriptor = os.open(path, os.O_WRONLY if number else os.O_RDONLY)
        os.unlink(path)
        os.dup2(descriptor, number)
        os.close(descriptor)


# -- in the worker --------------------------------------------------------------------------------


def is_possible():
    """Whether programs can be forked here; if not, each is started with a new interpreter."""
    return sys.platform.startswith("linux") and hasattr(os, "fork")


# The pipe ends that :func:`prepare` has left for the first ForkServer of this process.
_prepared = []


def prepare(script):
    """Fork a fork server from this process, before an implementation is loaded.

    Returns True in the fork server and False in the calling process.  Starting an interpreter for
    it later would take thirty times as long.
    """
    if not is_possible():
        return False
    asked, asking = os.pipe()
    answering, answered = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        pid = None  # the system may have room for it when it is needed
    if pid == 0:
        os.dup2(asked, 0)
        os.dup2(answered, 1)
        sys.argv = [script, OPTION]
    for descriptor in pid == 0 and (asked, asking, answering, answered) or (asked, answered):
        os.close(descriptor)
    if pid == 0:
        return True
    if pid is None:
        os.close(asking)
        os.close(answering)
    else:
        os.waitpid(pid, 0)  # it forks once more and ends
        _prepared.append((asking, answering))
    return False


class ForkServer(object):
    """The process that forks programs; ``command`` runs the worker's script."""

    def __init__(self, command):
        if _prepared:
            self._asking, self._answering = _prepared.pop()
            return
        import subprocess  # not before the set-up code has run: it imports threading

        # Pipes of our own: an implementation that has replaced subprocess may create pipes that
        # cannot be waited for.
        asked, self._asking = os.pipe()
        self._answering, answered = os.pipe()
        try:
            subprocess.Popen(
                command + [OPTION], stdin=asked, stdout=answered, close_fds=True
            ).wait()
        finally:
            os.close(asked)
            os.close(answered)

    def ask(self, request):
        """Send a request and return the answer.  Raises KitError if there is none."""
        try:
            write_line(self._asking, json.dumps(request))
            return json.loads(read_line(self._answering))
        except (EnvironmentError, ValueError):
            raise KitError("the process that forks programs has ended: %s" % sys.exc_info()[1])

    def close(self):
        """Let the fork server end, which it does at the end of its input."""
        os.close(self._asking)
        os.close(self._answering)


class Forked(object):
    """A program of the fork server, with the methods of a Popen object that the kit uses.

    ``output`` and ``errors``: paths of the files it writes to.
    """

    def __init__(self, server, output, errors):
        import tempfile

        self._server = server
        self._status = None
        path = tempfile.mktemp("", "threadspec-")
        os.mkfifo(path)
        # O_RDWR, since opening a FIFO for one direction waits until the other end is open.
        self.stdin = os.fdopen(os.open(path, os.O_RDWR), "wb", 0)
        answer = server.ask([path, output, errors])
        if isinstance(answer, dict):
            self.stdin.close()
            os.unlink(path)
            raise EnvironmentError(answer["refused"])
        self.pid = answer

    def poll(self):
        """Its exit status: negative if a signal ended it, None while it runs."""
        if self._status is None:
            self._status = self._server.ask(self.pid)
        return self._status

    def kill(self):
        """Kill it."""
        os.kill(self.pid, 9)

    def wait(self):
        """Wait for its end."""
        while self.poll() is None:
            time.sleep(0.0002)
