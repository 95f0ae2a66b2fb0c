"""Meet a call at every line: what a race hits once in a while, hit each time.

A call is made again and again in an actor; each time its thread is stopped one line of the
implementation's Python code later, and another actor does something else meanwhile.  The way that a
thread takes to its end is met in the same manner.  Where the implementation is not written in
Python, or a trace function cannot stop a thread, there are no such lines, and the call or the end
is met once, when it is over or is blocked.
"""

import os
import sys

from threadspec.conformance.harness import blocking

HERE = os.path.dirname(os.path.abspath(__file__))
HARNESS = os.path.join(os.path.dirname(HERE), "harness")

# Seconds after which no further line is tried, however slow the implementation is.
BUDGET = 1.0


def can_stop(substrate):
    """Whether a trace function can stop a thread of ``substrate`` alone: not that of a greenlet."""
    return hasattr(sys, "settrace") and isinstance(substrate.start_new_thread, type(len))


_ours = {}


def is_of_the_kit(frame):
    """Whether a frame belongs to the battery or to the harness."""
    path = frame.f_code.co_filename
    if path not in _ours:
        _ours[path] = os.path.dirname(os.path.abspath(path)) in (HERE, HARNESS)
    return _ours[path]


class Stop(object):
    """Stops a thread at one line of what it runs of the implementation.

    ``step``: the number of the line; ``met``: whether the thread has come to it.
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
    """One call, stopped at a line, and what is done meanwhile.

    ``call`` and ``other``: the two actors.
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
        """Let the two meet; whether they met at the line, not at the end of what could be seen."""
        # Blocked by the implementation or stopped at its line; False: it has ended.
        self.call.is_blocked()
        met = self.met
        self.other.start(self._meanwhile)
        self.other.is_blocked()  # it has ended, or waits for the thread that is stopped
        self._resume.release()
        return met

    def _trace(self, call):
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            sys.settrace(before)

    def _enter(self, frame, event, arg):
        return None if is_of_the_kit(frame) else self._line


def meetings(actors, prepare):
    """Meet a call at its first line, at its second, and so on; yield one Meeting for each.

    ``prepare`` returns the call and what is done meanwhile, anew for each meeting: two functions
    without arguments.  What is done meanwhile may block until the call goes on.  In the last
    meeting the call has ended before, or is blocked.  Both must have ended before the next one.
    """
    until = blocking.clock() + BUDGET
    pair = actors.new(), actors.new()
    step = 0
    on = True
    while on and blocking.clock() < until:
        step += 1
        call, meanwhile = prepare()
        meeting = Meeting(actors.substrate, pair, call, meanwhile, step)
        on = meeting.take_place()
        yield meeting


def settle(actors, waiter=None):
    """Let every thread get as far as it can by itself; ``waiter``: an actor that watches for it."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    waiter = (waiter or actors.new()).start(lock.acquire)
    waiter.is_blocked()
    lock.release()
    waiter.returned()


class Ending(Stop):
    """An activity after which its thread stops at one line of the implementation.

    No call can be met there, since the thread goes this way by itself: so the activity, at its end,
    lets the functions be traced that it returns to.  ``before``: what the activity begins with;
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
        """Let the thread go on to its end."""
        if self._stopped:
            self._stopped = False
            self._resume.release()


def endings(threading, actors, before=int):
    """Stop a thread at its first line after its activity, at its second, and so on.

    Yields the thread and its Ending for each.  The thread is stopped, or has ended (the last one),
    or is blocked in ``before``, the activity's beginning: a function without arguments, which the
    case then lets return.  The case calls ``go_on``.
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
