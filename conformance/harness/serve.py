"""The worker: a script that loads one implementation and runs cases on it, one after another.

``conformance/PROTOCOL.md`` describes the requests that it gets, the replies to them, and the
transports (see ``channel``) by which both travel.  Where the script cannot wait for requests, as in
a web page, :func:`answerer` returns the function that answers them.

With the option ``--program`` the script is a program of the battery instead (see ``programs``),
with ``--fork-server`` the fork server that starts such programs (see ``fork_server``).  Where
possible, the worker forks the first fork server itself, before it loads anything.
"""

import json
import os
import stat
import sys

try:
    import signal
except ImportError:
    signal = None  # some interpreters have no signals; a worker that hangs then shows no stacks

# The folder that contains conformance/ and reference/ becomes the package "threadspec", so that
# the battery's imports work on any interpreter as they do where the kit is installed.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

PREFIX = "@threadspec "

# The version of the protocol; raise it with each change that makes old workers or hosts fail.
PROTOCOL = 1


def make_package():
    """Make ``ROOT`` the package ``threadspec`` in ``sys.modules``, whatever is installed."""
    package = type(os)("threadspec")  # on Jython, sys is not a module
    package.__path__ = [ROOT]
    sys.modules["threadspec"] = package


def prepare_stacks():
    """Make SIGUSR1 write every thread's stack to standard error, even while the worker hangs.

    Returns the kernel ids of threads started for it.
    """
    if not hasattr(signal, "SIGUSR1"):
        return ()
    try:
        import faulthandler  # novm

        # A copy of standard error, in case an implementation changes sys.stderr.
        errors = os.dup(2)
        faulthandler.enable(errors)
        faulthandler.register(signal.SIGUSR1, errors, all_threads=True)
        return ()
    except (ImportError, AttributeError):
        pass
    try:
        if sys.platform.startswith("java"):  # handlers have a thread of their own
            signal.signal(signal.SIGUSR1, lambda number, frame: sys.__stderr__.write(_stacks()))
            return ()
        return _watch_for_signal()
    except Exception:
        return ()  # no stacks on this interpreter, which the host reports


def _stacks():
    """The stacks of all other threads, as faulthandler writes them."""
    own = sys._getframe()
    lines = []
    for ident, frame in sys._current_frames().items():
        here = []
        while frame is not None and frame is not own:
            place = (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            here.append('  File "%s", line %d in %s\n' % place)
            frame = frame.f_back
        if frame is not own:
            lines += ["Thread 0x%x (most recent call first):\n" % ident] + here + ["\n"]
    return "".join(lines)


def _watch_for_signal():
    """Write stacks from a thread of our own, where there is no faulthandler (Python 2)."""
    import fcntl

    import thread

    from threadspec.conformance.harness import blocking

    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) | os.O_NONBLOCK)
    numbers = []
    started = thread.allocate_lock()
    started.acquire()

    def watch():
        numbers.append(blocking.own_tid())
        started.release()
        while True:
            try:
                os.read(reading, 1)
            except EnvironmentError:
                continue
            os.write(2, _stacks())

    thread.start_new_thread(watch, ())
    started.acquire()
    # The handler does nothing, but without one the signal would not wake the thread.
    signal.signal(signal.SIGUSR1, lambda number, frame: None)
    signal.set_wakeup_fd(writing)
    return tuple([number for number in numbers if number is not None])


class RequestHandler(object):
    """Answers requests about the implementation that the first request names."""

    def __init__(self, kit_threads):
        self._kit_threads = kit_threads
        self._observer = None

    def answer(self, request):
        """Return the reply to one request."""
        if request["op"] == "load":
            return self.load(request)
        return self.run_case(request)

    def load(self, request):
        """Load the implementation; return the reply."""
        if not __debug__:
            return {"failed": "its interpreter runs with -O, which removes the battery's checks"}
        if request["protocol"] != PROTOCOL:
            return {
                "failed": "its worker speaks version %s of the protocol, and the host version %s"
                % (PROTOCOL, request["protocol"])
            }
        from threadspec.conformance.harness import loading, scarcity

        try:
            module, mapped = loading.load_as(request)
            substrate = loading.load_substrate(request["substrate"])
        except loading.SubstrateError:
            return {"substrate": str(sys.exc_info()[1])}
        except loading.NamesError:
            error = sys.exc_info()[1]
            return {"names": {"documented": error.documented, "reason": str(error)}}
        except loading.LoadError:
            failed = str(sys.exc_info()[1])
            try:
                refused = scarcity.refusal(loading.load_substrate(None), scarcity.MOST)
            except loading.LoadError:
                refused = None  # the interpreter has no low-level thread module
            return refused and {"refused": refused} or {"failed": failed}
        from threadspec.conformance.harness.durations import Durations
        from threadspec.conformance.harness.observer import Observer

        durations = Durations(request["time_scale"], request["start_scale"])
        answer = {"kit_threads": list(self._kit_threads)}
        if request["is_first"]:
            unfit = loading.why_unfit(substrate, durations["positive"])
            if unfit:
                return {request["substrate"] and "substrate" or "failed": unfit}
            refused = scarcity.refusal(substrate, scarcity.MOST)
            if refused:
                return {"refused": refused}
            answer["description"] = loading.describe(module, mapped)
        self._observer = Observer(
            module, substrate, durations, self._kit_threads, request, request["number"], mapped
        )
        return answer

    def run_case(self, request):
        """Run one case; return its outcome."""
        __import__(request["module"])
        function = getattr(sys.modules[request["module"]], request["function"])
        return self._observer.run_case(function, request.get("known"))


def prepare_switching():
    """Make a thread that spins yield sooner to the harness, which watches it.

    After each file that a proof reads, the reader waits for the interpreter lock: 5 ms by default.
    """
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(0.001)  # novm


def prepare_imports():
    """Put the kit on the import path and take this script's folder off it.

    Otherwise an implementation could import our modules by accident.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    if sys.version_info[0] < 3:
        sys.dont_write_bytecode = True  # Python 2 would litter the kit's folders
    make_package()


class Server(object):
    """Answers the host's lines, each of which is a request.

    ``kit_threads``: the kernel's ids of the kit's own threads.
    """

    def __init__(self, kit_threads):
        self._handler = RequestHandler(kit_threads)
        self._is_spoiled = False

    def answer(self, line):
        """Return the reply to a request, as a line.

        Returns an empty string once a case has spoiled this process: it is replaced, and the next
        one answers the remaining requests.
        """
        if self._is_spoiled:
            return ""
        try:
            answer = self._handler.answer(json.loads(line))
        except:  # noqa: E722 - even for a stray KeyboardInterrupt, the worker must continue
            import traceback

            from threadspec.conformance.harness import outcomes

            answer = outcomes.outcome("error", traceback.format_exc())
            answer["spoiled"] = True
        self._is_spoiled = answer.get("spoiled", False)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except:  # noqa: E722 - an implementation may have replaced or closed it
                pass
        if "outcome" in answer:
            answer["printed"] = _size_of_errors()
        return PREFIX + json.dumps(answer) + "\n"


def _size_of_errors():
    """The size of standard error, where the output of a case ends; None if it is no file."""
    try:
        if sys.platform.startswith("java"):
            status = os.stat("/proc/self/fd/2")  # Jython's fstat knows no numbers of files
        else:
            status = os.fstat(2)
    except Exception:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def answerer():
    """Prepare this process; return the function that answers the host's lines, one at a time.

    It is for a host that cannot be waited for: a page, for example, which calls the function for
    each message.  The function returns an empty string if there is no answer.
    """
    prepare_imports()
    return Server(()).answer


def main(arguments):
    """Serve the host until it closes its end of the channel."""
    from threadspec.conformance.harness import channel

    prepare_switching()
    connection = channel.connect(arguments)
    server = Server(prepare_stacks())
    for line in connection.lines():
        reply = server.answer(line)
        if reply:
            connection.write(reply)
    os._exit(0)  # threads left behind must not keep the process alive


if __name__ == "__main__":
    prepare_imports()
    from threadspec.conformance.harness import fork_server, programs

    if sys.argv[1:] in (["--program"], ["--fork-server"]) or fork_server.prepare(sys.argv[0]):
        if sys.argv[1:] == ["--fork-server"]:
            fork_server.serve()
        programs.perform()  # then the script ends, and the program ends like any other
    else:
        main(sys.argv[1:])
