"""Waits that end at the wrong moment: without a time-out at any, with one too early or too late.

The kernel shows until when a thread waits, so a time-out of a hundred seconds takes no time here.
Where it does not, these cases pass: other cases see what a short window shows.
"""

import time

from threadspec.conformance.battery.deadlines import (
    ATTEMPTS,
    deadline,
    ends_early,
    is_late,
    of_task,
    outlasts,
)
from threadspec.conformance.battery.premises import check_waits_at_zero
from threadspec.conformance.battery.starting import made_and_started
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import clause

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


# -- without a time-out ---------------------------------------------------------------------------


@clause("lock.acquire.held-blocks")
def test_acquire_of_a_lock_blocks_for_as_long_as_it_takes(threading, actors):
    lock = threading.Lock()
    check_acquire(actors, lock, lock.acquire)


@clause("rlock.acquire.other-blocks")
def test_acquire_of_an_rlock_blocks_for_as_long_as_it_takes(threading, actors):
    lock = threading.RLock()
    check_acquire(actors, lock, lock.acquire)


@clause("semaphore.acquire.zero-blocks")
def test_acquire_of_a_semaphore_blocks_for_as_long_as_it_takes(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    lock = threading.Semaphore()
    check_acquire(actors, lock, lock.acquire)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_acquire_of_a_bounded_semaphore_blocks_for_as_long_as_it_takes(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    lock = threading.BoundedSemaphore()
    check_acquire(actors, lock, lock.acquire)


@clause("with.lock.entry-blocks")
def test_the_block_of_a_lock_is_entered_only_when_it_is_free(threading, actors):
    lock = threading.Lock()
    check_acquire(actors, lock, enter, lock)


@clause("with.rlock.entry-blocks")
def test_the_block_of_an_rlock_is_entered_only_when_it_is_free(threading, actors):
    lock = threading.RLock()
    check_acquire(actors, lock, enter, lock)


@clause("with.condition.entry-blocks")
def test_the_block_of_a_condition_is_entered_only_when_its_lock_is_free(threading, actors):
    lock = threading.Condition()
    check_acquire(actors, lock, enter, lock)


@clause("with.semaphore.entry-blocks")
def test_the_block_of_a_semaphore_is_entered_only_with_a_permit(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    lock = threading.Semaphore()
    check_acquire(actors, lock, enter, lock)


@clause("with.boundedsemaphore.entry-blocks")
def test_the_block_of_a_bounded_semaphore_is_entered_only_with_a_permit(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    lock = threading.BoundedSemaphore()
    check_acquire(actors, lock, enter, lock)


def wait(cond, *timeout):
    cond.acquire()
    cond.wait(*timeout)
    cond.release()


def notify(cond):
    cond.acquire()
    cond.notifyAll()
    cond.release()


def conditions(threading):
    """Functions that make a condition, with a lock of each kind."""
    return [threading.Condition, lambda: threading.Condition(threading.Lock())]


@clause("condition.wait.blocks")
def test_wait_blocks_until_it_is_notified_however_long_that_takes(threading, actors):
    for make in conditions(threading):
        cond = make()
        check_outlasts(actors, lambda: notify(cond), wait, cond)  # noqa: B023


@clause("condition.wait.timeout-none")
def test_wait_with_none_blocks_until_it_is_notified(threading, actors):
    cond = threading.Condition()
    check_outlasts(actors, lambda: notify(cond), wait, cond, None)


@clause("event.wait.blocks")
def test_wait_blocks_until_the_event_is_set_however_long_that_takes(threading, actors):
    event = threading.Event()
    check_outlasts(actors, event.set, event.wait)


@clause("event.wait.none")
def test_wait_with_none_blocks_until_the_event_is_set(threading, actors):
    event = threading.Event()
    check_outlasts(actors, event.set, event.wait, None)


def working(threading, actors):
    """A thread that works until its gate is opened, and the gate."""
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    try:
        thread = made_and_started(actors, threading.Thread, target=gate.acquire)
    except:  # noqa: E722 - whatever it is, start() may be waiting for the gate
        gate.release()
        raise
    return thread, gate


@clause("thread.join.blocks")
def test_join_blocks_until_the_thread_ends_however_long_that_takes(threading, actors):
    thread, gate = working(threading, actors)
    check_outlasts(actors, gate.release, thread.join)


@clause("thread.join.timeout-none")
def test_join_with_none_blocks_until_the_thread_ends(threading, actors):
    thread, gate = working(threading, actors)
    check_outlasts(actors, gate.release, thread.join, None)


# -- with one -------------------------------------------------------------------------------------


@clause("condition.wait.timeout-not-early")
def test_a_time_out_of_wait_is_not_cut(threading, actors):
    for make in conditions(threading):
        check_not_early(actors, make, notify, wait)


@clause("condition.wait.timeout-expires")
def test_a_time_out_of_wait_is_not_stretched(threading, actors):
    for make in conditions(threading):
        check_not_late(actors, make, notify, wait)


def wait_for_event(event, timeout):
    event.wait(timeout)


@clause("event.wait.timeout-not-early")
def test_a_time_out_of_an_events_wait_is_not_cut(threading, actors):
    check_not_early(actors, threading.Event, lambda event: event.set(), wait_for_event)


@clause("event.wait.timeout-expires")
def test_a_time_out_of_an_events_wait_is_not_stretched(threading, actors):
    check_not_late(actors, threading.Event, lambda event: event.set(), wait_for_event)


def join(working, timeout):
    thread, _ = working
    thread.join(timeout)


def end_of(working):
    _, gate = working
    gate.release()


@clause("thread.join.timeout-not-early")
def test_a_time_out_of_join_is_not_cut(threading, actors):
    check_not_early(actors, lambda: working(threading, actors), end_of, join)


@clause("thread.join.timeout-expires")
def test_a_time_out_of_join_is_not_stretched(threading, actors):
    check_not_late(actors, lambda: working(threading, actors), end_of, join)


def waiting_timer(threading, actors, interval):
    """A started timer, what its calls are kept in, and the seconds from start to its deadline.

    The seconds are None where nothing can be told, as where one thread serves all timers.
    """
    calls = []
    maker = actors.new()
    timer = maker.call(threading.Timer, interval, lambda: calls.append(blocking.clock()))
    before = blocking.look() or {}
    began = blocking.clock()
    maker.start(timer.start)  # which may wait for the interval: another clause's business
    seconds = None
    while seconds is None and blocking.clock() < began + 4 * actors.durations["window"]:
        tasks = blocking.look() or {}
        new = [tasks[tid].rests for tid in tasks if tid not in before]
        if len(new) == 1:
            seconds = of_task(new[0], began)
        time.sleep(0.001)
    return timer, calls, seconds


@clause("timer.not-before-interval")
def test_an_interval_is_not_cut(threading, actors):
    for interval in TIMEOUTS:
        timer, calls, seconds = waiting_timer(threading, actors, interval)
        if seconds is not None and seconds < min(interval, actors.durations["follow"]) - 0.02:
            actors.until(lambda: calls)
        timer.cancel()
        early = seconds is not None and calls
        assert not early, "an interval of %s seconds was over after %.1f" % (interval, seconds)
