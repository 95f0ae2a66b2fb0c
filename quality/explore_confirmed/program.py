"""Tries one finding with real threads, in the interpreter that runs this file.

``python program.py FOLDER MODULE FINDING SECONDS MOST`` imports MODULE, with FOLDER on the path.
Two threads use one object.  In *natural* tries they run freely, for SECONDS.  In *forced* tries a
trace function stops the first one before an event in the module (a call, a line or a return), the
second one runs until it ends, blocks or is stopped as well, and then the first one goes on.  Every
event is tried in turn, or MOST tries at most.  A thread is only delayed, so what a forced try shows
can happen to any program.

Prints a line of JSON for each kind: how many tries were wrong, how many there were, and what the
first wrong one showed.
"""

import _thread
import json
import os
import sys
import time

# The seconds after which a thread that neither ends nor stops is taken to be blocked.
BLOCKED = 0.03

# The seconds for the first thread, which nothing blocks, and for all calls to return in the end.
PATIENCE = 2.0

threading = None  # the module that is tried


class Actor:
    """A real thread that calls a function, and stops before the event with the number ``stop``.

    ``function``: what it calls; ``traced``: True if the thread that the call starts is to be
    stopped, instead of this one.
    """

    def __init__(self, function, stop=None, traced=False):
        self._function = function
        self._stop = stop
        self._traced = traced
        self._events = 0
        self._news = _thread.allocate_lock()
        self._news.acquire()
        self._go = _thread.allocate_lock()
        self._go.acquire()
        self.place = None  # where it was stopped
        self.result = None  # ("returned", value) or ("raised", name of the exception)
        _thread.start_new_thread(self._run, ())

    def _run(self):
        # The module makes an object for this thread, unless it has one for its identifier: in each
        # try before the first event that is counted.
        (getattr(threading, "current_thread", None) or threading.currentThread)()
        if self._stop is not None and not self._traced:
            sys.settrace(self._trace)
        elif self._stop is not None:
            threading.settrace(self._trace)
        try:
            result = ("returned", self._function())
        except Exception as error:
            result = ("raised", type(error).__name__)
        sys.settrace(None)
        self.result = result
        if not self._traced or self._stop is None:
            self._news.release()

    def _trace(self, frame, event, argument):
        if self.place is not None or not _is_ours(frame.f_code.co_filename):
            return self._outside
        caller = frame.f_back
        if caller is not None and caller.f_trace is None and _is_ours(caller.f_code.co_filename):
            caller.f_trace = self._trace  # it was called before tracing began
        self._events += 1
        if self._events == self._stop:
            self.place = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
            self._news.release()
            self._go.acquire()
        return self._trace

    def _outside(self, frame, event, argument):
        return None

    def pause(self, seconds):
        """Wait until it is stopped or has ended, or for some seconds."""
        if self._news.acquire(True, seconds):
            self._news.release()

    def go_on(self):
        """Let it go on if it is stopped."""
        if self.place is not None:
            self._news.acquire(False)
            self._go.release()
        else:
            self._stop = 0


def _is_ours(filename):
    """Whether a file belongs to the module that is tried."""
    own = threading.__file__
    if os.path.basename(own) == "__init__.py":
        return filename.startswith(os.path.dirname(own) + os.sep)
    return filename == own


class Finding:
    """One object in two threads: ``first`` and ``second`` act, ``wrong`` judges.

    ``delays``: how many threads have to be stopped to force it.  ``traced``: see :class:`Actor`.
    """

    delays = 1
    traced = False

    def first(self):
        raise NotImplementedError

    second = first

    def wrong(self, first, second):
        """What is wrong, as text, or None; with the results of the two threads."""
        raise NotImplementedError


class StartTwice(Finding):
    """Two threads start one thread object simultaneously."""

    def __init__(self):
        self.ran = []
        self.raised = []
        self.thread = threading.Thread(target=self.ran.append, args=(1,))

    def first(self):
        self.thread.start()

    second = first

    def wrong(self, first, second):
        deadline = time.time() + PATIENCE
        while not (self.ran or unraisable) and time.time() < deadline:
            time.sleep(0.001)
        time.sleep(0.001)  # for a second thread of control
        started = [first, second].count(("returned", None))
        refused = [first, second].count(("raised", "RuntimeError"))
        if len(self.ran) == started == refused == 1 and not unraisable:
            return None
        raised = "".join(f"; a thread raised {one}" for one in sorted(set(unraisable)))
        return (
            f"of 2 start() calls {started} returned and {refused} raised RuntimeError; the target "
            f"was called {len(self.ran)} times{raised}"
        )


class JoinTwice(Finding):
    """Two threads join one thread that has ended or is about to."""

    delays = 2

    def __init__(self):
        # It ends a little later, so that both wait.
        self.thread = threading.Thread(target=time.sleep, args=(0.0005,))
        self.thread.start()

    def first(self):
        self.thread.join()

    second = first

    def wrong(self, first, second):
        names = [one[1] for one in (first, second) if one is not None and one[0] == "raised"]
        return "join() raised " + names[0] if names else None


class JoinBesideAlive(JoinTwice):
    """One thread joins a thread, another asks whether it is alive."""

    def second(self):
        return (getattr(self.thread, "is_alive", None) or self.thread.isAlive)()

    def wrong(self, first, second):
        for call, result in (("join()", first), ("is_alive()", second)):
            if result is not None and result[0] == "raised":
                return f"{call} raised {result[1]}"
        return None


class UnlistedButAlive(Finding):
    """A thread ends while another looks whether it is listed and alive."""

    traced = True

    def __init__(self):
        self.begun = False
        self.thread = threading.Thread(target=lambda: None)
        self.alive = getattr(self.thread, "is_alive", None) or self.thread.isAlive

    def first(self):
        self.thread.start()
        self.begun = True

    def second(self):
        while not self.begun:
            time.sleep(0)
        while True:
            is_listed = self.thread in threading.enumerate()
            is_alive = self.alive()
            if not is_alive or not is_listed:
                return is_alive

    def wrong(self, first, second):
        if second == ("returned", True):
            return "enumerate() did not list the thread, and is_alive() returned True after that"
        return None


class NotifyBesideNotify(Finding):
    """Two threads notify a condition with a plain lock that nobody holds."""

    def __init__(self):
        self.condition = threading.Condition(threading.Lock())

    def first(self):
        self.condition.notify()

    second = first

    def wrong(self, first, second):
        if ("returned", None) in (first, second):
            return "notify() without the lock raised nothing"
        return None


class WaitBesideNotify(NotifyBesideNotify):
    """One thread notifies such a condition, another one waits."""

    def second(self):
        self.condition.wait(0)

    def wrong(self, first, second):
        if second == ("returned", None):
            return "wait() without the lock raised nothing"
        return None


class AttemptBesideNotify(NotifyBesideNotify):
    """One thread notifies a condition whose lock is free, another one tries to take the lock."""

    def second(self):
        return bool(self.condition.acquire(False))

    def wrong(self, first, second):
        if second == ("returned", False):
            return "acquire(False) returned False, and nobody held the lock"
        return None


class AskingForTheStackSize(Finding):
    """The size is asked for twice after it was set.  One thread is enough."""

    def __init__(self):
        threading.stack_size(4 << 20)

    def first(self):
        return [threading.stack_size(), threading.stack_size()]

    def second(self):
        return None

    def wrong(self, first, second):
        if first is not None and first[0] == "returned" and len(set(first[1])) > 1:
            return "stack_size(4194304); stack_size() returned {}, then {}".format(*first[1])
        return None


FINDINGS = {
    "start-twice": StartTwice,
    "two-joiners": JoinTwice,
    "join-beside-alive": JoinBesideAlive,
    "unlisted-but-alive": UnlistedButAlive,
    "notify-beside-notify": NotifyBesideNotify,
    "wait-beside-notify": WaitBesideNotify,
    "attempt-beside-notify": AttemptBesideNotify,
    "stack-size": AskingForTheStackSize,
}

unraisable = []  # the names of exceptions that ended a thread


def _note(raised):
    unraisable.append(raised.exc_type.__name__)


def attempt(kind, stops, free=False):
    """One try: the actors, and what is wrong.

    ``stops``: the event before which each thread is stopped, or None; ``free``: do not wait for one
    thread before the other begins.
    """
    del unraisable[:]
    finding = kind()
    first = Actor(finding.first, stops[0], finding.traced)
    if not free:
        first.pause(PATIENCE)
    if finding.traced:
        threading.settrace(None)
    second = Actor(finding.second, stops[1])
    if not free:
        second.pause(BLOCKED)
        first.go_on()
        first.pause(BLOCKED)
        second.go_on()
    deadline = time.time() + PATIENCE
    while (first.result is None or second.result is None) and time.time() < deadline:
        if unraisable:
            break  # who waits for that thread waits for ever
        time.sleep(0.0001)
    return first, second, finding.wrong(first.result, second.result)


def natural(kind, seconds, most):
    """Free tries: how many were wrong, how many there were, and the first wrong one."""
    interval = sys.getswitchinterval() if hasattr(sys, "getswitchinterval") else None
    if interval is not None:
        sys.setswitchinterval(1e-6)
    end = time.time() + seconds
    wrong = tries = 0
    said = None
    while tries < most and time.time() < end:
        tries += 1
        found = attempt(kind, (None, None), free=True)[2]
        wrong += found is not None
        said = said or found
    if interval is not None:
        sys.setswitchinterval(interval)
    return wrong, tries, said


def forced(kind, most):
    """Forced tries: how many were wrong, how many there were, and the first wrong one, with where
    the threads were stopped.
    """
    wrong = tries = 0
    said = None
    stop = 0
    while tries < most:
        stop += 1
        other = 0
        while tries < most:
            other += 1
            stops = (stop, other if kind.delays > 1 else None)
            first, second, found = attempt(kind, stops)
            if first.place is None:
                return wrong, tries, said  # it has fewer events
            tries += 1
            wrong += found is not None
            if found is not None and said is None:
                places = [one.place for one in (first, second) if one.place is not None]
                said = f"{found}; delayed at {' and '.join(places)}"
            if kind.delays == 1 or second.place is None:
                break
    return wrong, tries, said


def main(folder, module, finding, seconds, most):
    global threading
    sys.path.insert(0, folder)
    __import__(module)
    threading = sys.modules[module]
    sys.unraisablehook = _note
    threading.excepthook = _note
    kind = FINDINGS[finding]
    for result in (natural(kind, float(seconds), int(most)), forced(kind, int(most))):
        print(json.dumps(result))
        sys.stdout.flush()
    os._exit(0)  # threads may be blocked for ever


if __name__ == "__main__":
    main(*sys.argv[1:])
