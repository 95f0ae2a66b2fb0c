"""Threads for cases of Thread: activities, running threads, failures, races."""

import sys
import time

from threadspec.conformance.battery.support.crossing import blocking_thread, helpers
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.stepping import can_stop, settle
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import tells


class Sink(object):
    """Takes the place of standard error while a case lets threads fail."""

    def __init__(self):
        self._before = None
        self._texts = []

    def write(self, text):
        self._texts.append(text)

    def flush(self):
        pass

    def text(self):
        return "".join(self._texts)

    def __enter__(self):
        self._before = sys.stderr
        sys.stderr = self
        return self

    def __exit__(self, kind, value, trace):
        sys.stderr = self._before


class Oops(Exception):
    """An error that a thread raises."""


class Worse(BaseException):
    """An error that a thread raises and that is no Exception."""


class Unshown(Exception):
    """An error that a thread raises and that cannot be shown."""

    def __repr__(self):
        raise Oops("this has no repr")

    __str__ = __repr__


def failures():
    """Exceptions of three kinds for a thread to raise."""
    return [Oops("failed"), SystemExit(3), Worse("failed")]


def raiser(error):
    """An activity that raises ``error``."""

    def fail():
        raise error

    return fail


def affordable(rounds, operation):
    """How many rounds of ``operation()`` fit into half a second: between 10 and ``rounds``.

    The fastest of five calls counts, so that a loaded machine does not make it seem slow.
    """
    quickest = 0.5
    for _ in range(5):
        began = clock()
        operation()
        quickest = min(quickest, clock() - began)
    return max(10, min(rounds, int(0.5 / max(quickest, 1e-9))))


class Undisturbed(object):
    """A with block in which a thread hardly ever gives way to another one before it waits.

    No effect where the interpreter has no switch interval.
    """

    def __enter__(self):
        if hasattr(sys, "setswitchinterval"):
            self._put_back = sys.setswitchinterval, sys.getswitchinterval()  # novm
            sys.setswitchinterval(0.1)  # novm
        elif hasattr(sys, "setcheckinterval"):
            self._put_back = sys.setcheckinterval, sys.getcheckinterval()
            sys.setcheckinterval(100000)
        else:
            self._put_back = None
        return self

    def __exit__(self, kind, value, trace):
        if self._put_back is not None:
            restore, before = self._put_back
            restore(before)


def repeat_undisturbed(actors, operation, rounds):
    """Let an actor repeat ``operation()`` in an Undisturbed block, ``rounds`` times or fewer.

    Raises what ``operation`` raises.  One that does not return is another clause's business.
    """

    def work():
        with Undisturbed():
            for _ in range(affordable(rounds, operation)):
                operation()

    worker = actors.start(work)
    actors.until(worker.has_ended)
    if worker.has_ended():
        worker.result()


def race(actors, functions, rounds):
    """Race ``functions`` for ``rounds`` rounds, or about half a second; return the rounds done."""
    patience = clock() + 0.5
    done = 0
    while done < rounds and clock() < patience:
        batch = min(9, rounds - done)
        ahead = [lambda number, step=step, done=done: step(done + number) for step in functions]
        actors.race(ahead, batch)
        done += batch
    return done


def stumbling(actors, function):
    """Return a version of ``function`` that gives way to other threads at every step of Python.

    A step is an instruction where the interpreter can trace instructions, and a line elsewhere.
    After half a second the function runs normally, so that a slow implementation takes no longer.
    Returns ``function`` itself where a trace function does not belong to one thread alone.
    """
    if not can_stop(actors.substrate):
        return function
    patience = clock() + 0.5

    def watch(frame, event, argument):
        if clock() >= patience:
            return None
        if event == "call":
            try:
                frame.f_trace_opcodes = True
            except AttributeError:
                pass
        time.sleep(0)
        return watch

    def call(*args):
        before = sys.gettrace()
        sys.settrace(watch)
        try:
            return function(*args)
        finally:
            sys.settrace(before)

    return call


def by_target(threading):
    """A function that makes a thread whose target is a given activity."""
    return lambda activity: threading.Thread(target=activity)


def by_run(threading):
    """A function that makes a thread whose overridden run() calls a given activity."""

    def make(activity):
        class Own(threading.Thread):
            def run(self):
                activity()

        return Own()

    return make


def kinds(threading):
    """Functions that make a thread for an activity: by its target, and by a subclass's run()."""
    return [by_target(threading), by_run(threading)]


def check_alive(thread, caller, expected=True):
    """isAlive() returns a true value, or a false one if expected, here and in an actor's thread."""
    for _ in range(2):
        alive = bool(thread.isAlive())
        assert alive == expected
        alive = bool(caller.call(thread.isAlive))
        assert alive == expected


class Started(object):
    """A with block in which a thread, for which start() has returned, waits at a latch.

    ``make``: makes the thread for an activity.  The block gets the thread and its Latch, which is
    opened at the end of the block at the latest.
    """

    def __init__(self, actors, make):
        self._actors = actors
        self._make = make
        self._latch = Latch(actors.substrate)

    def __enter__(self):
        try:
            thread = self._make(self._latch.wait)
            self._actors.call(thread.start)
        except:  # noqa: E722 - whatever it is, the thread may be waiting
            self._latch.open()
            raise
        return thread, self._latch

    def __exit__(self, kind, value, trace):
        self._latch.open()


class Running(Started):
    """A Started thread that has reached its latch, if it runs at all."""

    def __enter__(self):
        thread, latch = Started.__enter__(self)
        self._actors.until(lambda: latch.arrivals)
        return thread, latch


def attempt(notes, function):
    """Call ``function`` and add its value and the exception it raises to ``notes``."""
    try:
        notes.append((function(), None))
    except:  # noqa: E722 - whatever an implementation throws is evidence
        notes.append((None, sys.exc_info()[1]))


@tells("the call in a thread of the module")
def noted(actors, notes, count=1):
    """The values of ``count`` attempts in threads; raises what one of them raised."""
    came = actors.until(lambda: len(notes) >= count)
    assert came, "%d of %d calls that threads were to make have ended" % (len(notes), count)
    for value, error in notes:
        if error is not None:
            raise error
    return [value for value, error in notes]


@tells("%s() in a thread of the module")
def started_inside(threading, actors, work):
    """The value that ``work`` returns in a thread of the module; raises what it raises there."""
    notes = []
    actors.call(threading.Thread(target=lambda: attempt(notes, work)).start)
    return noted(actors, notes)[0]


def started_by_others(threading, actors, make, activity):
    """Two threads that were started: one made by an alien thread, one by a thread of the module.

    Each was started by the thread that has made it.
    """

    def start():
        thread = make(activity)
        thread.start()
        return thread

    return [actors.call(start), started_inside(threading, actors, start)]


def finish(actors, thread):
    """Wait for join() of a thread; that it returns is another clause's business."""
    actors.start(thread.join).returned()


def run_to_end(actors, make, after=None):
    """Start a thread once and wait for its end; the thread, and a list with an item for each run.

    ``after``: what its activity calls, if given, after it has added the item.
    """
    ran = []

    def activity():
        ran.append(None)
        if after is not None:
            after()

    with Sink():
        thread = make(activity)
        thread.start()
        actors.until(lambda: ran)
        finish(actors, thread)
        settle(actors)
    return thread, ran


def check_joined_by_every_kind(threading, actors, kind, what):
    """A blocked join() of a thread of ``kind`` returns at its end, in threads of every kind.

    ``what``: says in the message that it has ended.
    """
    for joiner in helpers(threading, actors):
        thread, end = blocking_thread(threading, actors, kind)
        if thread is None:
            return
        joiner.start(thread.join)
        blocked = joiner.is_blocked()
        end()
        if not blocked:
            return  # another clause's business
        assert joiner.returned(), "%s: %r" % (what, joiner)


def nothing():
    """An activity that does nothing."""


def native(text):
    """UTF-8 text as a ``str`` of this Python version."""
    return text if str is bytes else text.decode("utf-8")
