"""Trace and profile functions that record their calls, and threads to call them in."""

import sys
import time

from threadspec.conformance.battery.support.module import run_to_end
from threadspec.conformance.harness import blocking


class Recorder(object):
    """Records the calls of a trace function or, with ``profiles``, of a profile function.

    ``function`` is that function.  It does nothing once :meth:`stop` was called, so that it does
    not disturb other cases where an implementation does not remove it.
    """

    def __init__(self, profiles=False):
        calls = self._calls = []
        stopped = self._stopped = []
        # A trace function that returns itself is called for each line; a profile function never is,
        # but is called for the return.
        self._second = profiles and "return" or "line"

        def function(frame, event, argument):
            if not stopped:
                calls.append((event, frame.f_code))
                if not profiles:
                    return function
            return None

        self.function = function

    def was_called_for(self, function):
        """Whether it was called for a call of ``function``, and for what follows a call.

        A thread that is about to leave the function gets a moment to do so.
        """
        patience = blocking.clock() + 0.2
        while True:
            events = self._events(function)
            if "call" in events and self._second in events:
                return True
            if blocking.clock() >= patience:
                return False
            time.sleep(0.001)

    def was_called_in(self, function):
        """Whether it was called for anything in ``function``."""
        return bool(self._events(function))

    def _events(self, function):
        code = function.__code__
        return [event for event, of in list(self._calls) if of is code]

    def stop(self):
        """Do nothing from now on."""
        self._stopped.append(True)


class Hooks(object):
    """settrace() or setprofile() of an implementation, which is reset at the end of a with block.

    ``set``: that function; ``of_caller``: a function that returns what is set in the calling
    thread, or None where the interpreter has none; ``recorders``: those that were made.  Evidence
    shows it as the function that a case has set.

    The calling thread, too, has at the end what it had at the beginning: where a thread of the
    module shares its kernel thread, a recorder may have been set for both.
    """

    def __init__(self, name, install, of_caller, profiles=False):
        self._name = name
        self._profiles = profiles
        self._before = None
        self.set = install
        self.of_caller = of_caller
        self.recorders = []

    def __str__(self):
        return "the function given to %s()" % self._name

    def __enter__(self):
        self._before = self.of_caller and self.of_caller()
        return self

    def recorder(self):
        """A new recorder, not installed."""
        recorder = Recorder(self._profiles)
        self.recorders.append(recorder)
        return recorder

    def install(self):
        """A new recorder, installed for the threads to come."""
        recorder = self.recorder()
        self.set(recorder.function)
        return recorder

    def take_back(self):
        """Install None for the threads to come."""
        self.set(None)

    def of_new_thread(self, threading, actors):
        """What is set in a new thread, as ``of_caller`` tells it there."""
        seen = []
        run_to_end(actors, threading.Thread(target=lambda: seen.append(self.of_caller())), seen)
        return seen[0]

    def __exit__(self, kind, value, traceback):
        for recorder in self.recorders:
            recorder.stop()
        if self.of_caller and self.of_caller() is not self._before:
            getattr(sys, self._name)(self._before)
        try:
            self.take_back()
        except Exception:
            pass  # whether it can be reset is a clause of its own


def tracing(threading):
    """The hooks of settrace()."""
    return Hooks("settrace", threading.settrace, getattr(sys, "gettrace", None))


def profiling(threading):
    """The hooks of setprofile()."""
    return Hooks("setprofile", threading.setprofile, getattr(sys, "getprofile", None), True)


def activity(after=None):
    """A new function, with a code object of its own, that notes its calls in its list ``mark``.

    It calls ``after``, if given, before it ends.
    """
    source = "def function():\n    mark.append(True)\n    after()\n"
    mark = []
    names = {"mark": mark, "after": after or int}
    exec(compile(source, "<an activity>", "exec"), names)
    function = names["function"]
    function.mark = mark
    return function


def perform(actors, thread, function):
    """Start ``thread``, which calls ``function``, an activity, and let it come to its end."""
    run_to_end(actors, thread, function.mark)
    actors.start(thread.join).returned()  # its end, where join can be relied on


def called_in(actors, make):
    """A new activity that has been called in a thread; ``make``: the class of the thread."""
    function = activity()
    perform(actors, make(target=function), function)
    return function
