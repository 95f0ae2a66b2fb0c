"""What a case takes for granted when it lets several threads loose on one object: that they wait.

Where they do not, as in a module for programs without threads, chance decides what such a case
sees.  These checks come first and fail in every run.  One that has held is not made again in its
process: it takes time where blocking cannot be proved.
"""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness import blocking

# Seconds for which threads are watched that ask again and again, where they could wait.
LONG = 1.0

_held = []  # the checks that held, each with what it was made with


def _ignore(note):
    """Leave out what a check has seen: the evidence of a case must not depend on who came first."""


def _once(check):
    """Make a check once for each ``make`` in a process, as long as it holds."""

    def checked(actors, make):
        if [one for one in _held if one[0] is check and one[1] is make]:
            return
        note, actors.note = actors.note, _ignore
        try:
            check(actors, make)
        finally:
            actors.note = note
        _held.append((check, make))

    checked.__doc__ = check.__doc__
    return checked


@_once
def check_excludes(actors, make):
    """Check that a second acquire() of a lock blocks; ``make``: makes the lock, or a condition."""
    lock = make()
    holder, second = actors.new(), actors.new()
    holder.call(lock.acquire)
    blocked = second.start(lock.acquire).is_blocked()
    shown = repr(second)
    holder.call(lock.release)
    second.returned()
    assert blocked, "while another thread held the lock, %s; it must block" % shown
    second.call(lock.release)


@_once
def check_waits_at_zero(actors, make):
    """Check that acquire() blocks at zero; ``make``: makes a semaphore for a value.

    Two threads wait, since one that asks again and again, undisturbed, looks blocked.  Two that do
    so get in each other's way sooner or later where nothing keeps them apart.
    """
    semaphore = make(1)
    holder = actors.new()
    holder.call(semaphore.acquire)
    pair = actors.start_many(2, semaphore.acquire)
    ended = actors.ended(pair)
    tids = [actor.tid for actor in pair]
    until = blocking.clock() + LONG
    while not ended and blocking.can_prove(tids) and blocking.clock() < until:
        if blocking.proved(tids):
            break
        time.sleep(0.005)
        ended = [actor for actor in pair if actor.has_ended()]
    shown = " and ".join([repr(actor) for actor in ended])
    assert not ended, "while the counter was zero, %s; it must block" % shown
    holder.call(semaphore.release)
    for passed in actors.ended(pair, at_least=1)[:1]:
        passed.start(semaphore.release).returned()
    actors.ended(pair, at_least=2)


@_once
def check_waits_until_set(actors, make):
    """Check that wait() blocks while an event is not set; ``make``: makes the event."""
    event = make()
    waiter = actors.start(event.wait)
    blocked = waiter.is_blocked()
    shown = repr(waiter)
    event.set()
    waiter.returned()
    assert blocked, "while the event was not set, %s; it must block" % shown


@_once
def check_apart(actors, make):
    """Check that a value set here is not there in another thread; ``make``: makes a local."""
    data = make()
    data.x = 1
    assert not actors.call(hasattr, data, "x"), "another thread has the value that this one set"


@_once
def check_runs_beside(actors, make):
    """Check that start() returns while its thread runs; ``make``: makes a thread for a target."""
    starter = actors.new()
    with Latch(actors.substrate) as latch:
        thread = starter.call(make, target=latch.wait)
        returned = starter.start(thread.start).returned()
        shown = repr(starter)
    assert returned, "while the activity of the thread was not over, %s; it must return" % shown


def holds(check, actors, make):
    """Whether a check passes: for cases in which threads that wait are only a circumstance."""
    try:
        check(actors, make)
    except AssertionError:
        return False
    return True
