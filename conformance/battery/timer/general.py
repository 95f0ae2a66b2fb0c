"""``Timer`` objects: how they are made, and what is not about a single method."""

import time

from threadspec.conformance.battery.support.crossing import BY_TIMER, helpers
from threadspec.conformance.battery.support.deadlines import TIMEOUTS, of_task
from threadspec.conformance.battery.support.extremes import AGES, YEARS, shown
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import listed
from threadspec.conformance.battery.support.thread import (
    Started,
    by_target,
    check_joined_by_every_kind,
)
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
    start_all,
    stays,
)
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, show


def is_early(waited, interval):
    """Whether ``waited`` seconds are fewer than the interval, even if the clock is coarse."""
    return waited < 0.9 * interval - 0.004


@clause("timer.is-a-thread")
def test_a_timer_is_a_thread(threading):
    timer = threading.Timer(LONG, str)
    try:
        ours = isinstance(timer, threading.Thread)
    except TypeError:  # Thread is a factory
        ours = isinstance(timer, type(threading.Thread()))
    assert ours, "a timer is no instance of Thread"


@clause("timer.is-a-class")
def test_kind_of_timer(threading, observe):
    observe("a class" if isinstance(threading.Timer, type) else "a factory")


@clause("timer.starts-by-start")
def test_a_timer_that_is_not_started_does_nothing(threading, actors):
    calls = Calls(threading, actors)
    timers = [threading.Timer(interval, calls) for interval in (0, 0.0, 0.001, 0.004)]
    idle = stays(actors, lambda: calls.got == [], 0.01)
    assert idle, "one of %d timers that were not started called its function" % len(timers)


@clause("timer.runs-function")
def test_the_function_is_run(threading, actors):
    for interval in (0.004, 0.001, 0.004):
        done = []
        threading.Timer(interval, lambda: done.append(1)).start()
        came = actors.until(lambda: done)
        assert came, "the timer did not call its function"


@clause("timer.runs-function")
def test_any_callable_is_run(threading, actors):
    class Owner(object):
        def __init__(self):
            self.called = []

        def method(self):
            self.called.append(1)

        def __len__(self):
            return 0

        def __call__(self):
            self.called.append(2)

    owner = Owner()
    threading.Timer(SOON, owner.method).start()
    threading.Timer(SOON, owner).start()
    threading.Timer(SOON, lambda: owner.called.append(3)).start()
    done = actors.until(lambda: len(set(owner.called)) == 3)
    assert done, "timers were to call three kinds of functions; called were %r" % sorted(
        owner.called
    )


@clause("timer.runs-once")
def test_the_function_is_run_once(threading, actors):
    helpers = [Calls(threading, actors) for _ in range(3)]
    for interval, calls in zip((0.001, 0.004, 0.008), helpers):
        threading.Timer(interval, calls).start()
    for calls in helpers:
        calls.come()
    once = stays(actors, lambda: max([len(calls.got) for calls in helpers]) <= 1, 0.01)
    assert once, "3 timers called their functions %r times, expected once each" % (
        [len(calls.got) for calls in helpers],
    )


@clause("timer.runs-once")
def test_the_function_is_run_once_whatever_it_returns(threading, actors):
    called = []

    def work(value):
        called.append(value)
        return value

    values = (None, True, False, 1)
    timers = [threading.Timer(SOON, lambda value=value: work(value)) for value in values]
    start_all(timers)
    actors.until(lambda: len(called) >= len(values))
    for timer in timers:
        actors.start(timer.join).returned()
    counts = [len([one for one in called if one is value]) for value in values]
    assert max(counts) <= 1, "functions that returned %r were called %r times" % (values, counts)


@clause("timer.not-before-interval")
def test_the_function_is_not_run_early(threading, actors):
    # A coarse clock makes short intervals seem shorter: what seems early is tried with longer ones.
    for scale in (1, 2, 4):
        started = []
        early = []
        for interval in (0.02 * scale, 0.032 * scale, 0.044 * scale):
            calls = Calls(threading, actors)
            timer = threading.Timer(interval, calls)
            started.append((clock(), interval, calls))
            timer.start()
        for began, interval, calls in started:
            calls.check_come()
            for moment in calls.times[:1]:
                if is_early(moment - began, interval):
                    early.append((moment - began, interval))
        if not early:
            break
    assert not early, "called %.4f seconds after start() of a timer of %s seconds" % early[0]


@clause("timer.not-before-interval")
def test_the_interval_is_counted_from_start(threading, actors):
    for interval in (0.02, 0.05, 0.12):
        calls = Calls(threading, actors)
        timer = threading.Timer(interval, calls)
        time.sleep(interval * 2 / 3)
        began = clock()
        timer.start()
        calls.check_come()
        early = [one for one in calls.times[:1] if is_early(one - began, interval)]
        if not early:
            break  # otherwise the clock may be coarse, which matters less for a longer interval
    assert not early, "called %.4f seconds after start() of a timer of %s seconds" % (
        early[0] - began,
        interval,
    )


@clause("timer.not-before-interval")
def test_whole_seconds_are_waited(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = [threading.Timer(interval, calls) for interval in (1, 1.0, 1.005, 1.5, 2)]
    began = clock()
    start_all(timers)
    stays(actors, lambda: calls.got == [], 0.012)
    cancel_all(timers)
    early = len([moment for moment in calls.times if moment - began < 0.9])
    assert early == 0, (
        "%d of 5 timers of 1 to 2 seconds called their function before 0.9 seconds" % early
    )


@clause("timer.interval-forms")
def test_short_intervals(threading, actors):
    for interval in (0, 0.0, 0.001, 1e-6):
        check_called(threading, actors, interval)


@clause("timer.interval-forms")
def test_long_intervals(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = [threading.Timer(interval, calls) for interval in (30, 30.0, 10**6, 1e6)]
    start_all(timers)
    waits = stays(actors, lambda: calls.got == [], 0.008)
    cancel_all(timers)
    assert waits, "a timer of 30 or 1000000 seconds called its function immediately"


@clause("timer.separate-thread")
def test_start_does_not_wait_for_the_interval(threading, actors):
    # A call may take any time, but not by chance the whole interval again and again.
    interval = LATER / 2
    for _ in range(3):
        timer = threading.Timer(interval, str)
        began = clock()
        returned = actors.start(timer.start).returned()
        waited = clock() - began
        timer.cancel()
        if returned and waited < 0.9 * interval:
            return
    assert False, "start() of a timer waited for its interval"  # noqa: B011


@clause("timer.separate-thread")
def test_the_function_runs_in_another_thread(threading, actors):
    for interval in (SOON, 0.005):
        with Latch(actors.substrate) as latch:
            starter = actors.start(threading.Timer(interval, latch.wait).start)
            actors.until(lambda: latch.arrivals)
            assert starter.returned(), "start() of a timer waited for the end of its function"
        if not latch.arrivals:
            return  # timers call no function
        another = latch.arrivals[0] != starter.ident
        assert another, "the timer called its function in the thread that called start()"


@clause("timer.arguments-by-name")
def test_arguments_by_name(threading, actors):
    by_position = check_called(threading, actors, SOON, [1], {"x": 2}).got[:1]
    calls = Calls(threading, actors)
    for make in (
        lambda: threading.Timer(interval=SOON, function=calls, args=[1], kwargs={"x": 2}),
        lambda: threading.Timer(SOON, function=calls, kwargs={"x": 2}, args=[1]),
        lambda: threading.Timer(SOON, calls, args=[1], kwargs={"x": 2}),
        lambda: threading.Timer(SOON, calls, [1], kwargs={"x": 2}),
    ):
        calls = Calls(threading, actors)
        make().start()
        calls.check_come()
        got = calls.got[:1]
        assert got == by_position, "the function got %r, expected %r" % (got, by_position)


@clause("timer.several")
def test_each_timer_runs_its_own_function(threading, actors):
    if not apart(threading, actors):
        return
    waits_long = threading.Timer(LONG, str)
    waits_long.start()
    watched = []
    for number in range(6):
        calls = Calls(threading, actors)
        threading.Timer(0.002 * (6 - number), calls).start()
        watched.append(calls)
    came = actors.until(lambda: not [calls for calls in watched if not calls.got])
    missing = [number for number, calls in enumerate(watched) if not calls.got]
    waits_long.cancel()
    assert came or not watched[0].come(), (
        "of 6 timers, these did not call their functions: %r" % missing
    )


@clause("timer.several")
def test_a_function_that_takes_long_holds_up_no_other_timer(threading, actors):
    if not apart(threading, actors):
        return
    waiting = []
    later = []
    threading.Timer(0.01, lambda: waiting.append(1)).start()
    with Firing(threading, actors) as (_, latch):
        if latch.arrivals:
            threading.Timer(0.004, lambda: later.append(1)).start()
            ran = actors.until(lambda: waiting and later)
            assert ran, "a timer did not call its function while that of another one ran"


@clause("timer.several")
def test_one_function_may_serve_many_timers(threading, actors):
    calls = Calls(threading, actors)
    timers = [threading.Timer(0.004, calls, [number]) for number in range(10)]
    start_all(timers)
    calls.check_come()
    if calls.got:
        came = actors.until(lambda: len(set([args for args, _ in calls.got])) == 10)
        numbers = sorted([args for args, _ in calls.got])
        assert came, "10 timers called their function with %r, expected 0 to 9" % numbers


@clause("timer.start-twice")
def test_a_second_start_is_an_error(threading, actors):
    if not apart(threading, actors):
        return
    timer = threading.Timer(LATER, str)
    timer.start()
    try:
        raises(RuntimeError, timer.start)
        raises(RuntimeError, actors.call, timer.start)
    finally:
        timer.cancel()
    actors.start(timer.join).returned()
    raises(RuntimeError, timer.start)


@clause("timer.start-twice")
def test_a_timer_that_has_run_cannot_be_started_again(threading, actors):
    calls = Calls(threading, actors)
    timer = threading.Timer(SOON, calls)
    timer.start()
    calls.come()
    actors.start(timer.join).returned()
    count = len(calls.got)
    for _ in range(2):
        raises(RuntimeError, timer.start)
    quiet = stays(actors, lambda: len(calls.got) == count, 0.004)
    assert quiet, "a second start() led to another call of the function"


@clause("timer.alive")
def test_a_timer_is_alive_while_it_waits(threading, actors):
    calls = Calls(threading, actors)
    timer = threading.Timer(0.05, calls)
    alive = timer.isAlive()
    assert not alive
    timer.start()
    for _ in range(4):
        alive = timer.isAlive()
        if calls.got:
            break
        assert alive, "isAlive() returned a false value while the timer waited"
        time.sleep(0.002)
    timer.cancel()
    ended = actors.until(lambda: not timer.isAlive())
    assert ended, "isAlive() still returned a true value long after cancel()"


@clause("timer.alive")
def test_a_timer_is_alive_while_its_function_runs(threading, actors):
    if not apart(threading, actors):
        return
    with Firing(threading, actors) as (timer, latch):
        if latch.arrivals:
            alive = timer.isAlive()
            assert alive, "isAlive() returned a false value while the function ran"
    ended = actors.until(lambda: not timer.isAlive())
    assert ended, "isAlive() still returned a true value long after the end of the function"


@clause("timer.join")
def test_join_waits_for_the_function(threading, actors):
    if not apart(threading, actors):
        return
    done = []
    with Firing(threading, actors, lambda: done.append(1)) as (timer, latch):
        if not latch.arrivals:
            return  # timers call no function
        joiner = actors.start(lambda: [timer.join(), len(done)])
        blocked = joiner.is_blocked()
        latch.open()
        seen = joiner.result()
        assert blocked, "join() returned while the function ran"
        assert seen[1] > 0, "join() returned before the end of the function"
        again = actors.start(timer.join)
        assert again.returned()


@clause("timer.join")
def test_join_waits_for_the_interval(threading, actors):
    calls = Calls(threading, actors)
    timer = threading.Timer(0.008, calls)
    timer.start()
    seen = actors.call(lambda: [timer.join(0.003), timer.join(), len(calls.got)])
    if calls.come() and calls.got:
        assert seen[2] > 0, "join() returned before the timer had called its function"


@clause("timer.current-thread")
def test_the_timer_is_the_current_thread_of_its_function(threading, actors):
    def current(make):
        seen = []
        thread = make(lambda: seen.append(threading.currentThread()))
        thread.start()
        actors.until(lambda: seen)
        return thread, (seen or [thread])[0]

    thread, plain = current(lambda function: threading.Thread(target=function))
    if plain is not thread:
        return  # another clause's business
    timer, seen = current(lambda function: threading.Timer(SOON, function))
    assert seen is timer, "currentThread() in the function did not return the timer"


@clause("timer.current-thread")
def test_a_timer_that_waits_is_listed(threading, actors):
    if not apart(threading, actors):
        return

    timer = threading.Timer(LONG, str)
    timer.start()
    come_to_rest(actors)
    times = listed(threading, timer)
    timer.cancel()
    if not times:
        with Started(actors, by_target(threading)) as (thread, _):
            others_are = listed(threading, thread)
        assert not others_are, "enumerate() does not list a timer that waits"


@clause("timer.name")
def test_a_timer_has_a_name(threading):
    one = threading.Timer(LONG, str)
    two = threading.Timer(LONG, str)
    first = one.getName()
    second = two.getName()
    text = (str, type("".encode("ascii").decode("ascii")))  # the second one is unicode in Python 2
    assert isinstance(first, text) and isinstance(second, text), (
        "getName() returned %s and %s, expected strings" % (show(first), show(second))
    )
    assert first != second
    one.setName("ticker")
    names = [one.getName(), two.getName()]
    assert names == ["ticker", second]


@clause("timer.daemon")
def test_a_timer_has_a_daemon_flag(threading):
    timer = threading.Timer(0.05, str)
    usual = bool(threading.Thread().isDaemon())
    flag = bool(timer.isDaemon())
    assert flag is usual, "isDaemon() of a new timer returned %s, of a new thread %s" % (
        flag,
        usual,
    )
    for daemonic in (True, False, True):
        timer.setDaemon(daemonic)
        flag = bool(timer.isDaemon())
        assert flag is daemonic
    timer.start()
    flag = bool(timer.isDaemon())
    timer.cancel()
    assert flag


@clause("timer.exception")
def test_an_exception_in_the_function_ends_that_timer_alone(threading, actors):
    class Deliberate(Exception):
        pass

    entered = []

    def fail():
        entered.append(clock())
        raise Deliberate("raised by a case on purpose")

    for interval in (0.01, 0.05, 0.25):
        del entered[:]
        after = Calls(threading, actors)
        threading.Timer(interval, after).start()
        timer = threading.Timer(SOON, fail)
        timer.start()
        if not actors.until(lambda: entered):
            return  # another clause's business
        joiner = actors.start(timer.join)
        assert joiner.returned(), "join() of a timer whose function had raised did not return"
        assert after.come(), "another timer did not call its function after one had raised"
        count = len(entered)
        assert count == 1, "a function that had raised was called again"
        if after.times[:1] > entered:
            break  # the other timer was still waiting when the function failed


@clause("timer.example")
def test_the_manuals_example(threading, actors):
    said = []

    def hello():
        said.append("hello, world")

    t = threading.Timer(0.005, hello)
    t.start()
    actors.until(lambda: said)
    assert said[:1] == ["hello, world"], "the function of the manual's example was not called"


@clause("timer.join")
def test_threads_of_every_kind_join_a_timer(threading, actors):
    check_joined_by_every_kind(threading, actors, BY_TIMER, "the timer's function has returned")


@clause("timer.runs-function")
def test_a_timer_fires_whichever_kind_of_thread_started_it(threading, actors):
    for starter in helpers(threading, actors):
        fired = []
        timer = threading.Timer(0.001, fired.append, [None])
        starter.call(timer.start)
        arrived = actors.until(lambda: fired)
        assert arrived, "a timer that a %s had started did not call its function" % starter


def waiting_timer(threading, actors, interval):
    """A started timer, the list of its calls, and the seconds from start() to its deadline.

    The seconds are None where they cannot be seen, as where one thread serves all timers.
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
        assert not early, "a timer of %s seconds called its function after %.1f" % (
            interval,
            seconds,
        )


def timers_after_a_while(threading, actors, intervals):
    """Start timers with these intervals, and cancel them when each waits, or has ended.

    Returns the intervals of those that called their function, and of those that had ended.
    """
    fired = []
    timers = [threading.Timer(interval, fired.append, [interval]) for interval in intervals]
    starter = actors.new()
    for timer in timers:
        if starter.start(timer.start).is_blocked():
            return [], []  # it waits in the caller's thread: another clause's business
        starter.result()
    joiners = [actors.start(timer.join) for timer in timers]
    ended = actors.ended(joiners)
    for timer in timers:
        timer.cancel()
    actors.ended(joiners, at_least=len(joiners))
    over = [interval for interval, joiner in zip(intervals, joiners) if joiner in ended]
    return fired, over


@clause("timer.interval-long")
def test_a_timer_waits_for_a_long_interval(threading, actors):
    fired, ended = timers_after_a_while(threading, actors, YEARS)
    assert not fired, "timers of %s seconds called their functions immediately" % shown(fired)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)


@clause("timer.interval-long")
def test_a_timer_with_an_immense_interval_does_not_fire(threading, actors):
    fired, _ = timers_after_a_while(threading, actors, AGES)
    assert not fired, "timers of %s seconds called their functions immediately" % shown(fired)


@clause("timer.interval-unlimited")
def test_a_timer_waits_for_an_immense_interval(threading, actors):
    _, ended = timers_after_a_while(threading, actors, AGES)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)
