"""``Timer.cancel()``."""

import time

from threadspec.conformance.battery.support.crossing import helpers
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.battery.support.timer import (
    LATER,
    SOON,
    Calls,
    apart,
    come_to_rest,
    stays,
)
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause

# No case has more timers than these running at once: as many threads as any platform can bear.
MANY = 40

# Seconds after which a case that goes round and round stops, on an implementation that is slow.
ENOUGH = 2.0


def cancelling_works(threading, actors):
    """Whether the plainest use of cancel() has its effect; asked where another use had none."""
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
    """Whether a timer cancelled while it waits ends; asked where another one did not."""
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
        helpers = [threading.Timer(interval, calls) for _ in range(4)]
        began = clock()
        for timer in helpers:
            timer.start()
        time.sleep(0.004)
        for timer in helpers:
            timer.cancel()
        cancelled = clock()
        if cancelled - began < 0.8 * interval:
            break
    else:
        return  # the machine is too slow: the timers may have fired before
    quiet = stays(actors, lambda: not calls.after(cancelled), began + 1.5 * interval - clock())
    assert quiet, "%d of 4 cancelled timers ran their function" % calls.after(cancelled)


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
        assert count == 0, "the function was run when the timer was cancelled"


@clause("timer.cancel.prevents")
def test_a_cancel_shortly_before_the_end_of_the_interval(threading, actors):
    # Not a cancel() that came too late, nor one before which a function was called too early.
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
    joiner = actors.start(lambda: [one[1].join() for one in timers])
    joiner.returned()
    for left, calls in cancelled:
        assert not calls.got, "cancelled %.3f seconds before the end of its interval of %s, %s" % (
            left,
            interval,
            "a timer has called its function",
        )


@clause("timer.cancel.ends-thread")
def test_the_thread_of_a_cancelled_timer_ends(threading, actors):
    if not apart(threading, actors):
        return
    helpers = []
    timers = [threading.Timer(interval, str) for interval in (LONG, 30, 10**6) * 2]
    for timer in timers:
        timer.start()
    for some in (timers[:3], timers[3:]):
        come_to_rest(actors)
        for timer in some:
            timer.cancel()
            helpers.append(actors.start(timer.join))
    for joiner in helpers:
        assert joiner.returned(), "the thread of a cancelled timer does not end"


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
        assert joiner.returned(), "the thread of a cancelled timer does not end"


def runs_although_cancelled(threading, actors, calls, timers, began):
    """How many of the timers, each cancelled, have run their function once all have ended.

    ``began``: when the first was started.  Zero where cancelling fails in the plainest use, which
    is another clause's business, and where the machine was so slow that they may have fired before.
    """
    cancelled = clock()
    actors.start(lambda: [timer.join() for timer in timers]).returned()
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
        for timer in timers:
            timer.start()
        time.sleep(0.002)
        for timer in timers:
            timer.cancel()
        joiner = actors.start(lambda: [timer.join() for timer in timers])
        ended = joiner.returned()
        assert ended, "the thread of one of %d cancelled timers does not end" % len(timers)


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
    assert count == 0, "%d timers that another thread cancelled ran their function" % count


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
        assert count == 0, "a timer that another timer cancelled ran its function"
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
        other = []  # in a case like this one, but without a cancelled timer
        timer = threading.Timer(0.01, lambda: other.append(1))
        timer.start()
        if not actors.until(lambda: other):
            ran = []
    assert False not in ran, "a timer that was not cancelled did not run its function"


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
    assert waits, "a timer that was not cancelled has ended"


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
    assert count == 0, "a timer that was cancelled twice ran its function"
    for _ in range(2):
        timer.cancel()
    actors.call(timer.cancel)


@clause("timer.cancel.twice")
def test_many_threads_cancel_at_once(threading, actors, rounds):
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
    assert count == 0, "%d timers that three threads cancelled ran their function" % count


@clause("timer.cancel.twice")
def test_a_cancel_meets_a_cancel_at_any_line(threading, actors):
    if not apart(threading, actors):
        return
    timers = []

    def prepare():
        timer = threading.Timer(LONG, str)
        timer.start()
        timers.append(timer)
        return timer.cancel, timer.cancel

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
    if cancelling_wakes(threading, actors):
        joiner = actors.start(lambda: [timer.join() for timer in timers])
        assert joiner.returned(), "a timer that two threads cancelled goes on waiting"


@clause("timer.cancel.twice")
def test_a_cancel_before_start_meets_a_cancel_at_any_line(threading, actors):
    # There is no thread of the timer that could have noticed the first one.
    def prepare():
        timer = threading.Timer(LONG, str)
        return timer.cancel, timer.cancel

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()


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
    actors.start(lambda: [timer.join() for timer in timers]).returned()
    failed = calls.got and cancelling_works(threading, actors)
    assert not failed, "%d of 3 timers cancelled before start() ran" % len(calls.got)


@clause("timer.cancel.during-function")
def test_cancelling_does_not_disturb_the_function(threading, actors):
    if not apart(threading, actors):
        return
    for _ in range(2):
        latch = Latch(actors.substrate)
        entered = []
        finished = []

        def work():
            entered.append(1)
            latch.wait()
            finished.append(1)

        timer = threading.Timer(SOON, work)
        timer.start()
        if not actors.until(lambda: entered):
            return  # timers run no function
        is_alive = getattr(timer, "isAlive", lambda: False)  # that it is there is another clause
        alive = is_alive()
        joiner = actors.start(timer.join)
        waits = joiner.is_blocked()
        canceller = actors.start(timer.cancel)
        canceller.is_blocked()
        ended = alive and not is_alive()
        assert not ended, "the timer is not alive while its function runs"
        freed = waits and not joiner.is_blocked()
        assert not freed, "join() has returned while the function runs"
        latch.open()
        canceller.result()
        done = actors.until(lambda: finished)
        assert done, "the function did not come to its end"


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
            return  # timers run no function
        came = actors.until(lambda: done)
        assert came, "the function did not come to its end after cancelling its timer"


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
        assert quiet, "the function was run again"
    again = Calls(threading, actors)
    threading.Timer(SOON, again).start()
    assert again.come(), "a new timer did not run its function"


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
            actors.start(lambda: [timer.join() for timer in timers]).returned()
    joiner = actors.start(lambda: [timer.join() for timer in timers])
    lost = not joiner.returned() and cancelling_wakes(threading, actors)
    assert not lost, "a timer that was cancelled right after start() goes on waiting"
    ran = calls.got and cancelling_works(threading, actors)
    assert not ran, "%d timers cancelled right after start() ran their function" % len(calls.got)


@clause("timer.cancel.at-firing")
def test_a_cancel_at_the_end_of_the_interval(threading, actors, rounds):
    # All intervals end at one moment, at which all timers are cancelled: threads that have just
    # woken up crowd, and cancel() comes between any two steps of theirs.
    batch = 24
    plain = Calls(threading, actors)
    timer = threading.Timer(SOON, plain)
    timer.start()
    plain.come()
    actors.start(timer.join).returned()
    usual = len(plain.got)
    until = clock() + ENOUGH
    for turn in range(max(rounds // 57, 1)):
        if clock() > until:
            break
        helpers = [Calls(threading, actors) for _ in range(batch)]
        timers = []
        end = clock() + 0.003
        for calls in helpers:
            timer = threading.Timer(max(end - clock(), 0), calls)
            timers.append(timer)
            timer.start()
        time.sleep(max(end + 0.00004 * (turn % 3) - clock(), 0))
        for timer in timers:
            timer.cancel()
        joiner = actors.start(lambda: [timer.join() for timer in timers])
        ended = joiner.returned()
        assert ended, "a timer that was cancelled as it fired does not end"
        most = max([len(calls.got) for calls in helpers])
        assert most <= usual, "a timer that was cancelled as it fired ran %d times" % most


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
