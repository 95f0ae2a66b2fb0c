"""What a case with several threads on one object relies on: that they wait for each other.

Where they do not, as in a module for programs without threads, the verdict of such a case would
depend on chance.  These checks come first and fail in every run.  A check that has passed, or has
failed ``FAILURES`` times, is not repeated in its process: it takes time where blocking cannot be
proved.
"""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness import blocking

# Seconds for which threads are watched that poll where they should wait.
LONG = 1.0

# The failures in a process after which a check counts as failed; a single one may be an accident.
FAILURES = 2

_held = []  # the checks that passed, each with its argument ``make``
_broken = []  # those that failed, each with its argument ``make`` and what it saw


def _ignore(note):
    """Drop a line of evidence: a case's evidence must not depend on which case came first."""


def _once(check):
    """Make a check only until its result is certain, once for each ``make`` in a process.

    ``check(actors, make)`` returns a sentence about what is wrong, or None.  The function made of
    it raises AssertionError with that sentence.
    """

    def checked(actors, make):
        if [one for one in _held if one[0] is check and one[1] is make]:
            return
        seen = [one[2] for one in _broken if one[0] is check and one[1] is make]
        if len(seen) < FAILURES:
            note, actors.note = actors.note, _ignore
            try:
                wrong = check(actors, make)
            finally:
                actors.note = note
            if not wrong:
                _held.append((check, make))
                return
            seen.append(wrong)
            _broken.append((check, make, wrong))
        raise AssertionError(seen[-1])

    checked.__doc__ = check.__doc__
    return checked


@_once
def check_excludes(actors, make):
    """Check that a second acquire() blocks; ``make``: creates a lock or a condition."""
    lock = make()
    holder, second = actors.new(), actors.new()
    holder.call(lock.acquire)
    blocked = second.start(lock.acquire).is_blocked()
    shown = repr(second)
    holder.call(lock.release)
    second.returned()
    if not blocked:
        return "while another thread held the lock, %s; it must block" % shown
    second.call(lock.release)
    return None


@_once
def check_waits_at_zero(actors, make):
    """Check that acquire() blocks at zero; ``make``: creates a semaphore for a value.

    Two threads wait: a single one that polls looks blocked.  Where nothing keeps two apart, they
    interfere with each other sooner or later.
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
    if ended:
        shown = " and ".join([repr(actor) for actor in ended])
        # Let the others end as well: replacing a worker takes longer than many cases.
        if actors.ended([holder.start(semaphore.release)]):
            holder.raised()  # a consequence of what is shown
        actors.ended(pair)
        return "while the counter was zero, %s; it must block" % shown
    holder.call(semaphore.release)
    for passed in actors.ended(pair, at_least=1)[:1]:
        passed.start(semaphore.release).returned()
    actors.ended(pair, at_least=2)
    return None


@_once
def check_waits_until_set(actors, make):
    """Check that wait() blocks while an event is not set; ``make``: creates the event."""
    event = make()
    waiter = actors.start(event.wait)
    blocked = waiter.is_blocked()
    shown = repr(waiter)
    event.set()
    waiter.returned()
    return None if blocked else "while the event was not set, %s; it must block" % shown


@_once
def check_apart(actors, make):
    """Check that another thread does not see a value set here; ``make``: creates a local."""
    data = make()
    data.x = 1
    seen = actors.call(hasattr, data, "x")
    return "another thread saw the value that this one had set" if seen else None


@_once
def check_runs_beside(actors, make):
    """Check that start() returns while its thread runs; ``make``: creates one for a target."""
    starter = actors.new()
    with Latch(actors.substrate) as latch:
        thread = starter.call(make, target=latch.wait)
        returned = starter.start(thread.start).returned()
        shown = repr(starter)
    if returned:
        return None
    return "while the activity of the thread was running, %s; it must return" % shown


def holds(check, actors, make):
    """Whether a check passes; for cases whose clause is not about waiting."""
    try:
        check(actors, make)
    except AssertionError:
        return False
    return True
