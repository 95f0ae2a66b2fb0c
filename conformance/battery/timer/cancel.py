"""``Timer.cancel()``."""

import time

from threadspec.conformance.battery.support.crossing import helpers
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.battery.support.timer import (
    LATER,
    SOON,
    Calls,
    Firing,
    apart,
    cancel_all,
    check_called,
    come_to_rest,
    joiner_of,
    start_all,
    stays,
)
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause

# The most timers that run simultaneously in a case: few enough for every platform.
MANY = 40

# Seconds after which a case starts no further round, on a slow implementation.
ENOUGH = 2.0


def cancelling_works(threading, actors):
    """Whether cancel() works in its plainest use.

    Cases ask when another use has failed, so that one fault fails one clause.
    """
    calls = Calls(threading, actors)
    for _ in range(20):
        timer = threading.Timer(0.05, calls)
        began = clock()
        timer.start()
        time.sleep(0.01)
        timer.cancel()
        if clock() - began < 0.04:
            return stays(actors, lambda: not calls.got, 0.1)
    return True


def cancelling_wakes(threading, actors):
    """Whether cancel() ends a timer that waits; asked when another timer did not end."""
    timer = threading.Timer(LATER, str)
    began = clock()
    timer.start()
    time.sleep(0.01)
    timer.cancel()
    actors.start(timer.join).returned()
    return clock() - began < 0.8 * LATER


@clause("timer.cancel.prevents")
def test_the_function_of_a_cancelled_timer_is_not_run(threading, actors):
    interval = 0.016
    for _ in range(20):
        calls = Calls(threading, actors)
        timers = [threading.Timer(interval, calls) for _ in range(4)]
        began = clock()
        start_all(timers)
        time.sleep(0.004)
        cancel_all(timers)
        cancelled = clock()
        if cancelled - began < 0.8 * interval:
            break
    else:
        return  # the machine is too slow: the timers may have fired before
    quiet = stays(actors, lambda: not calls.after(cancelled), began + 1.5 * interval - clock())
    assert quiet, "%d of 4 cancelled timers called their function" % calls.after(cancelled)


@clause("timer.cancel.prevents")
def test_cancelling_does_not_run_the_function(threading, actors):
    if not apart(threading, actors):
        return
    for waits in (False, True):
        calls = Calls(threading, actors)
        timer = threading.Timer(LONG, calls)
        timer.start()
        if waits:
            come_to_rest(actors)
        began = clock()
        timer.cancel()
        actors.start(timer.join, 0.02).returned()
        count = calls.after(began)
        assert count == 0, "cancel() called the function of the timer"


@clause("timer.cancel.prevents")
def test_a_cancel_shortly_before_the_end_of_the_interval(threading, actors):
    # Leaves out a cancel() that came too late, and one after a function that was called too early.
    if not apart(threading, actors):
        return
    interval = 0.06
    timers = []
    for margin in (0.05, 0.035, 0.02, 0.01, 0.005):
        calls = Calls(threading, actors)
        timer = threading.Timer(interval, calls)
        end = clock() + interval
        timer.start()
        timers.append((margin, timer, calls, end))
    cancelled = []
    for margin, timer, calls, end in timers:
        time.sleep(max(end - margin - clock(), 0))
        early = list(calls.got)
        timer.cancel()
        left = end - clock()
        if left > 0 and not early:
            cancelled.append((left, calls))
    joiner_of(actors, [one[1] for one in timers]).returned()
    for left, calls in cancelled:
        assert not calls.got, (
            "a timer of %s seconds, cancelled %.3f seconds before their end, called its function"
            % (interval, left)
        )


@clause("timer.cancel.ends-thread")
def test_the_thread_of_a_cancelled_timer_ends(threading, actors):
    if not apart(threading, actors):
        return
    helpers = []
    timers = [threading.Timer(interval, str) for interval in (LONG, 30, 10**6) * 2]
    start_all(timers)
    for some in (timers[:3], timers[3:]):
        come_to_rest(actors)
        for timer in some:
            timer.cancel()
            helpers.append(actors.start(timer.join))
    for joiner in helpers:
        assert joiner.returned(), "join() of a cancelled timer did not return"


@clause("timer.cancel.ends-thread")
def test_who_waits_for_a_timer_goes_on_when_it_is_cancelled(threading, actors):
    if not apart(threading, actors):
        return
    timer = threading.Timer(LONG, str)
    timer.start()
    helpers = actors.start_many(2, timer.join)
    for joiner in helpers:
        joiner.is_blocked()
    timer.cancel()
    for joiner in helpers:
        assert joiner.returned(), "join() of a cancelled timer did not return"


def runs_although_cancelled(threading, actors, calls, timers, began):
    """How many of the cancelled timers have called their function, once all have ended.

    ``began``: when the first was started.  Also zero if cancel() fails in its plainest use, which
    is another clause's business, or if the machine was so slow that they may have fired before.
    """
    cancelled = clock()
    joiner_of(actors, timers).returned()
    count = calls.after(cancelled)
    if not count or cancelled - began > 0.8 * LATER or not cancelling_works(threading, actors):
        return 0
    return count


@clause("timer.cancel.ends-thread")
def test_the_threads_of_many_cancelled_timers_end(threading, actors):
    if not apart(threading, actors):
        return
    until = clock() + ENOUGH
    for _ in range(6):
        timers = [threading.Timer(LONG, str) for _ in range(MANY)]
        if clock() > until:
            return
        start_all(timers)
        time.sleep(0.002)
        cancel_all(timers)
        ended = joiner_of(actors, timers).returned()
        assert ended, "join() of one of %d cancelled timers did not return" % len(timers)


@clause("timer.cancel.any-thread")
def test_any_thread_may_cancel(threading, actors):
    if not apart(threading, actors):
        return
    one = actors.new()
    two = actors.new()
    here = actors.new()
    calls = Calls(threading, actors)
    timers = []
    began = clock()
    plan = ((one, one, two), (one, two, one), (here, one, two))
    for creator, starter, _ in plan:
        timer = creator.call(threading.Timer, LATER, calls)
        starter.call(timer.start)
        timers.append(timer)
    come_to_rest(actors)
    for timer, (_, _, canceller) in zip(timers, plan):
        canceller.call(timer.cancel)
    count = runs_although_cancelled(threading, actors, calls, timers, began)
    assert count == 0, "%d timers that another thread had cancelled called their function" % count


@clause("timer.cancel.any-thread")
def test_a_timer_may_cancel_another(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    done = []

    def cancel():
        waiting.cancel()
        done.append(1)

    waiting = threading.Timer(LATER, calls)
    began = clock()
    waiting.start()
    threading.Timer(SOON, cancel).start()
    if actors.until(lambda: done):
        count = runs_although_cancelled(threading, actors, calls, [waiting], began)
        assert count == 0, "a timer that another timer had cancelled called its function"
    else:
        waiting.cancel()


@clause("timer.cancel.only-that-timer")
def test_other_timers_run_their_functions(threading, actors):
    if not apart(threading, actors):
        return
    cancelled = threading.Timer(LATER, str)
    before = Calls(threading, actors)
    after = Calls(threading, actors)
    threading.Timer(0.01, before).start()
    cancelled.start()
    other = threading.Timer(0.005, after)
    come_to_rest(actors)
    cancelled.cancel()
    other.start()
    later = []
    threading.Timer(SOON, lambda: later.append(1)).start()
    actors.until(lambda: before.got and after.got and later)
    ran = [len(before.got) > 0, len(after.got) > 0, len(later) > 0]
    if ran != [True] * 3:
        alone = []  # what a timer does with no cancelled one beside it
        timer = threading.Timer(0.01, lambda: alone.append(1))
        timer.start()
        if not actors.until(lambda: alone):
            ran = []
    assert False not in ran, (
        "a timer did not call its function after another one had been cancelled"
    )


@clause("timer.cancel.only-that-timer")
def test_other_timers_go_on_waiting(threading, actors):
    if not apart(threading, actors):
        return
    cancelled = threading.Timer(LATER, str)
    other = threading.Timer(LONG, str)
    other.start()
    cancelled.start()
    cancelled.cancel()
    joiner = actors.start(other.join)
    waits = joiner.is_blocked()
    other.cancel()
    joiner.returned()
    assert waits, "a timer ended before its time when another one was cancelled"


@clause("timer.cancel.twice")
def test_cancelling_again_is_no_error(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timer = threading.Timer(LATER, calls)
    began = clock()
    timer.start()
    come_to_rest(actors)
    for _ in range(3):
        timer.cancel()
    count = runs_although_cancelled(threading, actors, calls, [timer], began)
    assert count == 0, "a timer that had been cancelled three times called its function"
    for _ in range(2):
        timer.cancel()
    actors.call(timer.cancel)


@clause("timer.cancel.twice")
def test_many_threads_cancel_simultaneously(threading, actors, rounds):
    if not apart(threading, actors):
        return
    rounds = min(rounds // 8, MANY)
    calls = Calls(threading, actors)
    timers = []
    began = clock()
    while len(timers) < rounds and clock() < began + 0.3 * LATER:
        timers.append(threading.Timer(LATER, calls))
        timers[-1].start()
    actors.race([lambda number: timers[number].cancel()] * 3, len(timers))
    count = runs_although_cancelled(threading, actors, calls, timers, began)
    assert count == 0, "%d timers that three threads had cancelled called their function" % count


def check_meeting_cancels(actors, make):
    """Each cancel() of a timer that ``make`` returns meets another one, at each of its lines."""

    def prepare():
        timer = make()
        return timer.cancel, timer.cancel

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()


@clause("timer.cancel.twice")
def test_a_cancel_meets_a_cancel_at_any_line(threading, actors):
    if not apart(threading, actors):
        return
    timers = []

    def make():
        timers.append(threading.Timer(LONG, str))
        timers[-1].start()
        return timers[-1]

    check_meeting_cancels(actors, make)
    if cancelling_wakes(threading, actors):
        joiner = joiner_of(actors, timers)
        assert joiner.returned(), "join() of a timer that two threads had cancelled did not return"


@clause("timer.cancel.twice")
def test_a_cancel_before_start_meets_a_cancel_at_any_line(threading, actors):
    # No thread of the timer can have noticed the first cancel().
    check_meeting_cancels(actors, lambda: threading.Timer(LONG, str))


@clause("timer.cancel.before-start")
def test_a_timer_cancelled_before_start_does_not_run(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = []
    for interval in (0.001, 0.005, LATER):
        timer = threading.Timer(interval, calls)
        timer.cancel()
        timer.start()
        timers.append(timer)
    joiner_of(actors, timers).returned()
    failed = calls.got and cancelling_works(threading, actors)
    assert not failed, "3 timers cancelled before start() called their function %d times" % len(
        calls.got
    )


@clause("timer.cancel.during-function")
def test_cancelling_does_not_disturb_the_function(threading, actors):
    if not apart(threading, actors):
        return
    for _ in range(2):
        finished = []
        with Firing(threading, actors, lambda: finished.append(1)) as (timer, latch):  # noqa: B023
            if not latch.arrivals:
                return  # timers call no function
            is_alive = getattr(timer, "isAlive", lambda: False)  # a missing one: another clause
            alive = is_alive()
            joiner = actors.start(timer.join)
            waits = joiner.is_blocked()
            canceller = actors.start(timer.cancel)
            canceller.is_blocked()
            ended = alive and not is_alive()
            assert not ended, "after cancel(), isAlive() returned false while the function ran"
            freed = waits and not joiner.is_blocked()
            assert not freed, "after cancel(), join() returned while the function ran"
            latch.open()
            canceller.result()
            done = actors.until(lambda: finished)
            assert done, "the function did not come to its end after cancel()"


@clause("timer.cancel.own-function")
def test_the_function_may_cancel_its_own_timer(threading, actors):
    for interval in (SOON, 0.005):
        timers = []
        entered = []
        done = []

        def work():
            entered.append(1)
            timers[0].cancel()
            done.append(1)

        timers.append(threading.Timer(interval, work))
        timers[0].start()
        if not actors.until(lambda: entered):
            return  # timers call no function
        came = actors.until(lambda: done)
        assert came, "the function did not come to its end after it had cancelled its timer"


@clause("timer.cancel.after")
def test_cancelling_afterwards_has_no_effect(threading, actors):
    for cancel in (lambda timer: timer.cancel(), lambda timer: actors.call(timer.cancel)):
        calls = Calls(threading, actors)
        timer = threading.Timer(SOON, calls)
        timer.start()
        calls.come()
        actors.start(timer.join).returned()
        count = len(calls.got)
        cancel(timer)
        quiet = stays(actors, lambda: len(calls.got) == count, 0.003)
        assert quiet, "cancel() after the call of the function led to another call"
    check_called(threading, actors, SOON)


@clause("timer.cancel.at-start")
def test_a_cancel_right_after_start_is_not_lost(threading, actors, rounds):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = []
    until = clock() + ENOUGH
    for number in range(rounds // 3):
        timer = threading.Timer(LONG, calls)
        timer.start()
        for _ in range(number % 4):
            time.sleep(0)
        timer.cancel()
        timers.append(timer)
        if clock() > until:
            break
        if len(timers) % MANY == 0:
            joiner_of(actors, timers).returned()
    lost = not joiner_of(actors, timers).returned() and cancelling_wakes(threading, actors)
    assert not lost, "join() of a timer that was cancelled right after start() did not return"
    ran = calls.got and cancelling_works(threading, actors)
    assert not ran, "%d timers cancelled right after start() called their function" % len(calls.got)


@clause("timer.cancel.at-firing")
def test_a_cancel_at_the_end_of_the_interval(threading, actors, rounds):
    # All intervals end at the moment when all timers are cancelled, so that some cancel() comes
    # between any two steps of a thread that has just woken up.
    batch = 24
    plain = Calls(threading, actors)
    timer = threading.Timer(SOON, plain)
    timer.start()
    plain.come()
    actors.start(timer.join).returned()
    usual = len(plain.got)
    until = clock() + ENOUGH
    for number in range(max(rounds // 57, 1)):
        if clock() > until:
            break
        helpers = [Calls(threading, actors) for _ in range(batch)]
        timers = []
        end = clock() + 0.003
        for calls in helpers:
            timer = threading.Timer(max(end - clock(), 0), calls)
            timers.append(timer)
            timer.start()
        time.sleep(max(end + 0.00004 * (number % 3) - clock(), 0))
        cancel_all(timers)
        ended = joiner_of(actors, timers).returned()
        assert ended, "join() of a timer that was cancelled as it fired did not return"
        most = max([len(calls.got) for calls in helpers])
        assert most <= usual, (
            "a timer that was cancelled as it fired called its function %d times" % most
        )


@clause("timer.cancel.any-thread")
def test_threads_of_every_kind_cancel_a_timer(threading, actors):
    joiner = actors.new()
    for canceller in helpers(threading, actors):
        fired = []
        timer = threading.Timer(LONG, fired.append, [None])
        if actors.start(timer.start).is_blocked() or fired:
            return  # another clause's business
        canceller.call(timer.cancel)
        joiner.start(timer.join)
        assert joiner.returned(), "after a cancel() in a %s: %r" % (canceller, joiner)
        assert not fired, "the timer called its function after a cancel() in a %s" % canceller
