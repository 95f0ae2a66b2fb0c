"""Until when a blocked call waits: read from what the kernel shows, instead of waited for."""

import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import states

# Seconds by which a deadline may be too early: clocks may be coarse.
EARLY = 0.02

# A wait whose deadline is nearer than this, in seconds, may be one of many: nothing can be told.
POLLING = 0.2

# Seconds that a time-out may come late, beside a tenth of it: timers may be coarse, too.
LATE = 1.0

# A machine with much to do may have kept the call from beginning.
ATTEMPTS = 3


def rest_of(waiter):
    """For how many seconds an actor certainly waits yet; None where the system does not show it."""
    if waiter.tid == blocking.own_tid():  # a green thread: the kernel does not know it
        return waiter.is_left_alone() and blocking.FOR_EVER or None
    task = (blocking.look() or {}).get(waiter.tid)
    return task and task.rests


@states("the call stays blocked", "the call does not stay blocked")
def stays_blocked(actors, waiter):
    """Whether an actor is blocked, and still is after a while if the system may end its wait.

    Nothing but a thread ends a wait without a time-out.  Another wait may be one of many in turn,
    or that of an acquire() that gives up after a while: that is seen after ten times the window.
    """
    if not waiter.is_blocked():
        return False
    if rest_of(waiter) in (None, blocking.FOR_EVER):
        return True
    time.sleep(10 * actors.durations["window"])
    return waiter.is_blocked()


def outlasts(actors, waiter):
    """Whether an actor that waits without a time-out goes on past any deadline of its own.

    Where the kernel shows that its wait ends at some moment, that moment is awaited: it may wait
    again.  A wait in many short turns, and one that ends only after the duration ``follow``, is
    taken for one that goes on.
    """
    if not waiter.is_blocked():
        return False
    for _ in range(2):
        rest = rest_of(waiter)
        if not rest or not POLLING <= rest <= actors.durations["follow"]:
            break
        _await(actors, waiter, rest + actors.durations["window"])
        if waiter.has_ended():
            return False
    return waiter.is_blocked()


def deadline(actors, call, *args):
    """An actor in ``call``, and the seconds from its beginning to the deadline of its wait.

    The seconds are None where nothing can be told: where the kernel does not show it, where it
    waits in short turns or for good (another thread may keep the time), or where it has ended.
    """
    began = blocking.clock()
    waiter = actors.start(call, *args)
    waiter.is_blocked()
    return waiter, of_task(rest_of(waiter), began)


def of_task(rest, began):
    """The seconds from ``began`` to a deadline that is ``rest`` seconds away; None as above."""
    if rest is None or rest < POLLING or rest == blocking.FOR_EVER:
        return None
    return blocking.clock() + rest - began


def is_late(seconds, timeout):
    """Whether a deadline is so late that no coarse timer explains it."""
    return seconds is not None and seconds > timeout * 1.1 + LATE


def ends_early(actors, waiter, seconds, timeout):
    """Whether an actor's call ends at a deadline before its time-out; awaits that deadline."""
    if seconds is None or seconds >= timeout - EARLY:
        return False
    if seconds > actors.durations["follow"]:
        return False  # it may wait again, and nobody has the time to see
    _await(actors, waiter, seconds + actors.durations["window"])
    return waiter.has_ended()


def _await(actors, waiter, seconds):
    """Wait for the end of an actor's call, for ``seconds`` at most."""
    began = blocking.clock()
    while not waiter.has_ended() and blocking.clock() < began + seconds:
        time.sleep(0.005)
    actors.durations.spend("follow", blocking.clock() - began)


# Seconds.  The first has a fraction that must not be cut, the others show a wrong unit or a limit.
TIMEOUTS = (1.7, 30.0, 1000.0)


def enter(manager):
    with manager:
        pass


def check_outlasts(actors, end, call, *args):
    """The call blocks for as long as it takes; ``end`` lets it return."""
    waiter = actors.start(call, *args)
    blocked = outlasts(actors, waiter)
    shown = repr(waiter)
    end()
    waiter.returned()
    assert blocked, "%s; it must block for as long as it takes" % shown


def check_acquire(actors, lock, call, *args):
    """``call`` blocks for as long as another thread has acquired ``lock``."""
    holder = actors.new()
    holder.call(lock.acquire)
    check_outlasts(actors, lambda: holder.call(lock.release), call, *args)


def check_not_early(actors, make, end, call):
    """The call does not end before its time-out.

    ``make`` makes the object that it is given, ``end`` lets a call on that return.
    """
    for timeout in TIMEOUTS:
        thing = make()
        waiter, seconds = deadline(actors, call, thing, timeout)
        early = ends_early(actors, waiter, seconds, timeout)
        end(thing)
        waiter.returned()
        assert not early, "a time-out of %s seconds occurred after %.1f" % (timeout, seconds)


def check_not_late(actors, make, end, call):
    """The call ends soon after its time-out; the arguments are those of ``check_not_early``."""
    for timeout in TIMEOUTS:
        for _ in range(ATTEMPTS):
            thing = make()
            waiter, seconds = deadline(actors, call, thing, timeout)
            end(thing)
            waiter.returned()
            late = is_late(seconds, timeout)
            if not late:
                break
        assert not late, "a time-out of %s seconds is set to occur after %.1f" % (timeout, seconds)
