"""Lists and counts of threads, and threads to be listed."""

import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import tells


def while_time_lasts(items):
    """The items, or fewer of them where a second does not suffice."""
    patience = blocking.clock() + 1.0
    for item in items:
        yield item
        if blocking.clock() >= patience:
            break


def times(threads, thread):
    """How often ``thread`` is in the list ``threads``."""
    return len([one for one in threads if one is thread])


@tells("occurrences in enumerate()")
def listed(threading, thread):
    """How often ``thread`` is in the list of enumerate()."""
    return times(threading.enumerate(), thread)


def subclass(threading, function):
    """A class of threads that call ``function`` in a run method of their own."""

    class Own(threading.Thread):
        def run(self):
            function()

    return Own


def alive(threading, actors, latch):
    """A thread that has been started and waits at ``latch``."""
    thread = threading.Thread(target=latch.wait)
    actors.call(thread.start)
    latch.await_arrival()
    return thread


def check_current(got, thread, when=""):
    """Check that currentThread() has returned ``thread``, the caller's own; ``when``: it was so."""
    assert got is thread, "currentThread() returned another object than the calling thread%s" % when


def run_to_end(actors, thread, mark):
    """Start ``thread`` and wait until ``mark``, a list that its activity adds to, has grown."""
    before = len(mark)
    actors.call(thread.start)
    grown = actors.until(lambda: len(mark) > before)
    assert grown, "a thread does not run its activity"


@tells("activeCount(), less its value before,")
def counted(count_all, expected):
    """The counts that ``count_all`` returns, less the first of them, which should be ``expected``.

    There are three attempts: a thread of an earlier case may be about to end, and an alien thread
    may become known when it starts others.  The threads of an attempt get time to end.
    """
    for pause in (0.0, 0.05, 0.5):
        time.sleep(pause)
        counts = count_all()
        seen = [count - counts[0] for count in counts]
        if seen == expected:
            break
    return seen
