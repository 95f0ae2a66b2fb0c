"""The deadlines of blocked calls, as the kernel shows them: a case need not wait for them."""

import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import states

# Seconds by which a deadline may be early: clocks may be coarse.
EARLY = 0.02

# A wait with a deadline nearer than this, in seconds, may be one step of a polling loop, whose own
# deadline is unknown.
POLLING = 0.2

# Seconds by which a deadline may be late, beside a tenth of the time-out: timers may be coarse.
LATE = 1.0

# A deadline may be late because a busy machine did not let the call begin: that is tried again.
ATTEMPTS = 3


def rest_of(waiter):
    """The seconds for which an actor certainly still waits; None where the system shows nothing."""
    if waiter.tid == blocking.own_tid():  # a green thread, which the kernel does not know
        return waiter.is_left_alone() and blocking.FOR_EVER or None
    task = (blocking.look() or {}).get(waiter.tid)
    return task and task.rests


@states("the call stays blocked", "the call does not stay blocked")
def stays_blocked(actors, waiter):
    """Whether an actor is blocked, and stays so where its wait has a time-out.

    Only another thread ends a wait without a time-out.  One with a time-out may be a step of a
    polling loop, or that of an acquire() that gives up: the actor must still be blocked after ten
    times the window.
    """
    if not waiter.is_blocked():
        return False
    if rest_of(waiter) in (None, blocking.FOR_EVER):
        return True
    time.sleep(10 * actors.durations["window"])
    return waiter.is_blocked()


def outlasts(actors, waiter):
    """Whether an actor that was given no time-out goes on waiting past any deadline it has.

    Where the kernel shows a deadline, this function waits for it: the actor may wait again.  A
    polling loop, and a wait with a deadline later than the duration ``follow``, count as going on.
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
    """An actor in ``call``, and the seconds from the start of the call to the deadline of its wait.

    The seconds are None where the deadline is unknown: where the kernel does not show it, where the
    call polls or waits without a time-out (another thread may keep the time), or has ended.
    """
    began = blocking.clock()
    waiter = actors.start(call, *args)
    waiter.is_blocked()
    return waiter, of_task(rest_of(waiter), began)


def of_task(rest, began):
    """The seconds from ``began`` to a deadline ``rest`` seconds from now; None if it is unknown."""
    if rest is None or rest < POLLING or rest == blocking.FOR_EVER:
        return None
    return blocking.clock() + rest - began


def is_late(seconds, timeout):
    """Whether a deadline is later than coarse timers explain."""
    return seconds is not None and seconds > timeout * 1.1 + LATE


def ends_early(actors, waiter, seconds, timeout):
    """Whether an actor's call ends at a deadline before its time-out.  Waits for that deadline."""
    if seconds is None or seconds >= timeout - EARLY:
        return False
    if seconds > actors.durations["follow"]:
        return False  # too far away to wait for; the call may wait again then
    _await(actors, waiter, seconds + actors.durations["window"])
    return waiter.has_ended()


def _await(actors, waiter, seconds):
    """Wait until an actor's call has ended, for ``seconds`` at most."""
    began = blocking.clock()
    while not waiter.has_ended() and blocking.clock() < began + seconds:
        time.sleep(0.005)
    actors.durations.spend("follow", blocking.clock() - began)


# Seconds.  The first shows whether the fraction counts, the others a wrong unit or an upper limit.
TIMEOUTS = (1.7, 30.0, 1000.0)


def enter(manager):
    with manager:
        pass


def _end(actors, waiter, end, *args):
    """End an actor's call by ``end(*args)``, and raise the exception that it raised, if any.

    A call that has failed may have left locked what ``end`` needs: another actor calls it.
    """
    actors.start(end, *args).raised()
    if waiter.raised():
        waiter.result()


def check_outlasts(actors, end, call, *args):
    """Check that a call blocks until ``end`` is called, however late."""
    waiter = actors.start(call, *args)
    blocked = outlasts(actors, waiter)
    shown = repr(waiter)
    _end(actors, waiter, end)
    assert blocked, "%s; it must block without any time limit" % shown


def check_acquire(actors, lock, call, *args):
    """Check that ``call`` blocks until another thread releases ``lock``, however late."""
    holder = actors.new()
    holder.call(lock.acquire)
    check_outlasts(actors, lambda: holder.call(lock.release), call, *args)


def check_not_early(actors, make, end, call):
    """Check that a call does not end before its time-out.

    ``make`` makes an object; ``call`` takes it and a time-out; ``end`` takes it and ends the call.
    """
    for timeout in TIMEOUTS:
        thing = make()
        waiter, seconds = deadline(actors, call, thing, timeout)
        early = ends_early(actors, waiter, seconds, timeout)
        _end(actors, waiter, end, thing)
        assert not early, "with a time-out of %s seconds, the call ended after %.1f" % (
            timeout,
            seconds,
        )


def check_not_late(actors, make, end, call):
    """Check that a call ends soon after its time-out.  Arguments as for ``check_not_early``."""
    for timeout in TIMEOUTS:
        for _ in range(ATTEMPTS):
            thing = make()
            waiter, seconds = deadline(actors, call, thing, timeout)
            _end(actors, waiter, end, thing)
            late = is_late(seconds, timeout)
            if not late:
                break
        assert not late, "with a time-out of %s seconds, the call waits until %.1f have passed" % (
            timeout,
            seconds,
        )
