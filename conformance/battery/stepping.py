"""Meet a call at every line: what a race hits once in a while, hit each time.

A call is made again and again in an actor; each time its thread is stopped one line of the
implementation's Python code later, and another actor does something else meanwhile.  Where the
implementation is not written in Python, or a trace function cannot stop a thread, there are no
such lines, and the call is met once, when it has ended or is blocked.
"""

import os
import sys

from threadspec.conformance.worker import blocking

HERE = os.path.dirname(os.path.abspath(__file__))
WORKER = os.path.join(os.path.dirname(HERE), "worker")

# Seconds after which no further line is tried, however slow the implementation is.
BUDGET = 1.0


def can_stop(substrate):
    """Whether a trace function can stop a thread of ``substrate`` alone: not that of a greenlet."""
    return hasattr(sys, "settrace") and isinstance(substrate.start_new_thread, type(len))


class Meeting(object):
    """One call, stopped at a line, and what is done meanwhile.

    ``call`` and ``other``: the two actors.
    """

    def __init__(self, substrate, pair, call, meanwhile, step):
        self._meanwhile = meanwhile
        self._lines_left = step
        self._met = False
        self._resume = substrate.allocate_lock()
        self._resume.acquire()
        self.call, self.other = pair
        if can_stop(substrate):
            self.call.start(self._trace, call)
        else:
            self.call.start(call)

    def take_place(self):
        """Let the two meet; whether they met at the line, not at the end of what could be seen."""
        # Blocked by the implementation or stopped at its line; False: it has ended.
        self.call.is_blocked()
        met = self._met
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
        folder = os.path.dirname(os.path.abspath(frame.f_code.co_filename))
        if folder in (HERE, WORKER):
            return None
        return self._line

    def _line(self, frame, event, arg):
        if event == "line" and self._lines_left > 0:
            self._lines_left -= 1
            if self._lines_left == 0:
                self._met = True
                self._resume.acquire()
        return self._line


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
