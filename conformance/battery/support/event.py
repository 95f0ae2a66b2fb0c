"""Threads that wait for an event, and simultaneous calls of its methods."""

from threadspec.conformance.battery.support.premises import check_waits_until_set
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock


def set_and_clear(event):
    event.set()
    event.clear()


def affordable(rounds, event):
    """``rounds``, or fewer where the methods of an event are slow."""
    began = clock()
    for _ in range(5):
        set_and_clear(event)
    seconds = (clock() - began) / 10
    return max(10, min(rounds, int(0.25 / max(seconds, 1e-9))))


def deadline_of_rounds(actors):
    """The moment after which a case starts no further round: threads may wake slowly."""
    return clock() + actors.durations["positive"] / 4


def start_waiting(actors, waiters, wait, *args):
    """Let idle actors call ``wait``; return those that do not block."""
    for actor in waiters:
        actor.start(wait, *args)
    return actors.ended(waiters)


def blocked(actors, count, wait, *args):
    """``count`` new actors that have called ``wait`` and are blocked, unless it has returned."""
    waiters = actors.start_many(count, wait, *args)
    actors.ended(waiters)
    return waiters


def woken(actors, event, count):
    """``count`` new actors that have waited for an event and were woken by a set()."""
    waiters = blocked(actors, count, event.wait)
    event.set()
    actors.ended(waiters, at_least=count)
    return waiters


def check_blocks_until_set(event, waiter):
    """Check that the wait() that an actor has called blocks, and that a set() lets it return."""
    assert waiter.is_blocked()
    event.set()
    assert waiter.returned()


def check_all_woken(actors, waiters, calls):
    """Check that all the waiters return; ``calls``: what was called before."""
    ended = actors.ended(waiters, at_least=len(waiters))
    count = len([actor for actor in ended if actor.returned()])
    assert count == len(waiters), "after %s, %d of %d calls of wait() returned" % (
        calls,
        count,
        len(waiters),
    )


def meetings_on_events(threading, actors, calls, waiters=()):
    """Make a call at every line of another one, as ``meetings`` does, each time on a new event.

    ``calls`` returns the two calls for an event, the interrupted one first; ``waiters``: idle
    actors, which wait for the event when the calls are made.  Yields the event and the Meeting.
    """
    events = []

    def prepare():
        events.append(threading.Event())
        start_waiting(actors, waiters, events[-1].wait)
        return calls(events[-1])

    for meeting in meetings(actors, prepare):
        yield events[-1], meeting


class Events(object):
    """Makers of events, and how to wait for one and to wake the threads that do."""

    def __init__(self, threading):
        self.makers = [threading.Event]

    def wait(self, event, *timeout):
        event.wait(*timeout)

    def wake(self, event):
        event.set()

    def calls(self, actors, count):
        """A function of the time-out for ``count`` threads that wait, and one that wakes them."""
        check_waits_until_set(actors, self.makers[0])
        event = self.makers[0]()
        return event.wait, event.set
