"""Stop a call at each line of the implementation, so that a rare race happens every time.

An actor makes the same call again and again.  Each time its thread is stopped one line later in the
implementation's Python code, and another actor does something else meanwhile.  The code that a
thread runs on the way to its end is stepped through in the same manner.  Where the implementation
is not written in Python, or a trace function cannot stop a thread, there are no such lines; the
other action then happens once, when the call is over or is blocked.
"""

import os
import sys

from threadspec.conformance.harness import blocking, green, jvm

BATTERY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HARNESS = os.path.join(os.path.dirname(BATTERY), "harness")
KIT = (BATTERY + os.sep, HARNESS + os.sep)

# Seconds after which no further line is tried, however slow the implementation is.
BUDGET = 1.0


def can_stop(substrate):
    """Whether a trace function can stop one thread of ``substrate`` alone.

    Not so in greenlets, nor on Jython, where only one trace function can run at a time.
    """
    return hasattr(sys, "settrace") and not (green.may_be_green(substrate) or jvm.is_here())


_ours = {}


def is_of_the_kit(frame):
    """Whether a frame belongs to the battery or to the harness."""
    path = frame.f_code.co_filename
    if path not in _ours:
        _ours[path] = os.path.abspath(path).startswith(KIT)
    return _ours[path]


class Stop(object):
    """Stops a thread at one line of the implementation's code.

    ``step``: the number of the line; ``met``: whether the thread has reached it.
    """

    def __init__(self, substrate, step):
        self._lines_left = step
        self._resume = substrate.allocate_lock()
        self._resume.acquire()
        self.met = False

    def _line(self, frame, event, arg):
        if event == "line" and self._lines_left > 0 and not is_of_the_kit(frame):
            self._lines_left -= 1
            if self._lines_left == 0:
                self.met = True
                self._resume.acquire()
        return self._line


class Meeting(Stop):
    """One call that is stopped at a line, and another one that is made meanwhile.

    ``call`` and ``other``: the actors that make the two.
    """

    def __init__(self, substrate, pair, call, meanwhile, step):
        Stop.__init__(self, substrate, step)
        self._meanwhile = meanwhile
        self.call, self.other = pair
        if can_stop(substrate):
            self.call.start(self._trace, call)
        else:
            self.call.start(call)

    def take_place(self):
        """Make both calls; whether the first was stopped at its line.

        If not, it had ended, or was blocked, before it reached the line.
        """
        self.call.is_blocked()
        met = self.met
        self.other.start(self._meanwhile)
        self.other.is_blocked()  # it has ended, or waits for the thread that is stopped
        self._resume.release()
        return met

    def check_both_return(self):
        """Check that neither call is blocked any longer, and that neither raised."""
        assert self.call.returned()
        assert self.other.returned()

    def _trace(self, call):
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            sys.settrace(before)

    def _enter(self, frame, event, arg):
        return None if is_of_the_kit(frame) else self._line


def meetings(actors, prepare, by_caller=False):
    """Stop a call at its first line, at its second, and so on; yield a Meeting for each.

    ``prepare`` is called for each meeting and returns two functions without arguments: the call,
    and what is done meanwhile, which may block until the call continues.  In the last meeting the
    call has already ended, or is blocked.  Both must end before the next meeting.  ``by_caller``:
    the actor that makes the call prepares it, too.
    """
    until = blocking.clock() + BUDGET
    pair = actors.new(), actors.new()
    step = 0
    on = True
    while on and blocking.clock() < until:
        step += 1
        call, meanwhile = pair[0].call(prepare) if by_caller else prepare()
        meeting = Meeting(actors.substrate, pair, call, meanwhile, step)
        on = meeting.take_place()
        yield meeting


def settle(actors, waiter=None):
    """Wait until every thread has ended or is blocked; ``waiter``: an idle actor to do so."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    waiter = (waiter or actors.new()).start(lock.acquire)
    waiter.is_blocked()
    lock.release()
    waiter.returned()


class Ending(Stop):
    """An activity whose thread stops at one line of the implementation after the activity.

    The thread runs these lines without being called, so the activity, at its end, installs a trace
    function in the frames that it returns to.  ``before``: called at the beginning of the activity;
    ``activity``: a plain function, so that no other kind of target need be supported.
    """

    def __init__(self, substrate, before, step):
        Stop.__init__(self, substrate, step)
        self._stopped = True

        def activity():
            before()
            if can_stop(substrate) and hasattr(sys, "_getframe"):
                frame = sys._getframe(1)
                while frame is not None:
                    frame.f_trace = self._line
                    frame = frame.f_back
                sys.settrace(lambda frame, event, arg: self._line)

        self.activity = activity

    def go_on(self):
        """Let the thread run to its end."""
        if self._stopped:
            self._stopped = False
            self._resume.release()


def endings(threading, actors, before=int):
    """Stop a thread at its first line after its activity, at its second, and so on.

    Yields the thread and its Ending for each; the case calls ``go_on``.  The thread is stopped, or
    has ended (the last one), or is blocked in ``before``, a function without arguments at the
    beginning of the activity, which the case lets return.
    """
    until = blocking.clock() + BUDGET
    starter = actors.new()
    step = 0
    on = True
    while on and blocking.clock() < until:
        step += 1
        ending = Ending(actors.substrate, before, step)
        thread = threading.Thread(target=ending.activity)
        try:
            starter.call(thread.start)
            settle(actors)
            yield thread, ending
            on = ending.met
        finally:
            ending.go_on()
