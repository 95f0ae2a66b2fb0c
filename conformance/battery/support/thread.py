"""What cases of Thread share: activities, error output, races."""

import sys
import time

from threadspec.conformance.battery.support.stepping import can_stop
from threadspec.conformance.harness.blocking import clock


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
    """What a thread fails with."""


class Worse(BaseException):
    """What a thread fails with that is no Exception."""


class Unshown(Exception):
    """What a thread fails with that cannot be shown."""

    def __repr__(self):
        raise Oops("this has no repr")

    __str__ = __repr__


def raiser(error):
    """An activity that raises ``error``."""

    def fail():
        raise error

    return fail


def affordable(rounds, operation):
    """``rounds``, or fewer where ``operation()`` is so slow that they would take long.

    The quickest of five counts, so that a loaded machine does not make it look slow.
    """
    quickest = 0.5
    for _ in range(5):
        began = clock()
        operation()
        quickest = min(quickest, clock() - began)
    return max(10, min(rounds, int(0.5 / max(quickest, 1e-9))))


class Undisturbed(object):
    """While it lasts, a thread goes on until it waits, and hardly gives way to another before.

    Where the interpreter has no interval to be changed, it has no effect.
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


def race(actors, functions, rounds):
    """A race of ``rounds`` rounds, or fewer where rounds take long; ends with a whole batch."""
    patience = clock() + 0.5
    done = 0
    while done < rounds and clock() < patience:
        batch = min(9, rounds - done)
        ahead = [lambda number, step=step, done=done: step(done + number) for step in functions]
        actors.race(ahead, batch)
        done += batch
    return done


def stumbling(actors, function):
    """``function``, made to give way to other threads at every step of Python that it takes.

    A step is an instruction where the interpreter lets them be traced, and a line elsewhere.
    Where a trace function does not belong to one thread alone, ``function`` is left as it is; and
    so it is after half a second, however slow the implementation is.
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


def kinds(threading):
    """Functions that make a thread for an activity: by its target, and by a subclass's run()."""

    def by_target(activity):
        return threading.Thread(target=activity)

    def by_subclass(activity):
        class Own(threading.Thread):
            def run(self):
                activity()

        return Own()

    return [by_target, by_subclass]


def attempt(notes, function):
    """Call ``function`` and note its value or the exception it raises."""
    try:
        notes.append((function(), None))
    except:  # noqa: E722 - whatever an implementation throws is evidence
        notes.append((None, sys.exc_info()[1]))


def noted(actors, notes, count=1):
    """The values of ``count`` attempts that threads make; raises what an attempt raised."""
    came = actors.until(lambda: len(notes) >= count)
    assert came, "what a thread does does not end"
    for value, error in notes:
        if error is not None:
            raise error
    return [value for value, error in notes]


def started_inside(threading, actors, work):
    """Let a thread of the module call ``work``; the values of its one attempt."""
    notes = []
    actors.call(threading.Thread(target=lambda: attempt(notes, work)).start)
    return noted(actors, notes)[0]


def begin(actors, thread, latch):
    """Start a thread and wait until it has come to the latch."""
    actors.call(thread.start)
    actors.until(lambda: latch.arrivals)


def finish(actors, thread):
    """Wait for the end of a thread; whether it is over is another clause's business."""
    actors.start(thread.join).returned()


def nothing():
    """An activity that ends at once."""


def native(text):
    """UTF-8 as this version's own type of string."""
    return text if str is bytes else text.decode("utf-8")
