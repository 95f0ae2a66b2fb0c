"""``Timer`` objects: how they are made, and what goes beyond a single method."""

import time

from threadspec.conformance.battery.support.crossing import BY_TIMER, blocking_thread, helpers
from threadspec.conformance.battery.support.deadlines import TIMEOUTS, of_task
from threadspec.conformance.battery.support.extremes import AGES, YEARS, shown
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.battery.support.timer import (
    LATER,
    SOON,
    Calls,
    apart,
    come_to_rest,
    stays,
)
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, show


def is_early(waited, interval):
    """Whether so many seconds are fewer than the interval; a clock may be coarse."""
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
    assert idle, "one of %d timers that were not started has run its function" % len(timers)


@clause("timer.runs-function")
def test_the_function_is_run(threading, actors):
    for interval in (0.004, 0.001, 0.004):
        done = []
        threading.Timer(interval, lambda: done.append(1)).start()
        came = actors.until(lambda: done)
        assert came, "the function was not run"


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
    assert done, "of callables 1 to 3, those called are %r" % sorted(owner.called)


@clause("timer.runs-once")
def test_the_function_is_run_once(threading, actors):
    helpers = [Calls(threading, actors) for _ in range(3)]
    for interval, calls in zip((0.001, 0.004, 0.008), helpers):
        threading.Timer(interval, calls).start()
    for calls in helpers:
        calls.come()
    once = stays(actors, lambda: max([len(calls.got) for calls in helpers]) <= 1, 0.01)
    assert once, "the functions were run %r times" % [len(calls.got) for calls in helpers]


@clause("timer.runs-once")
def test_the_function_is_run_once_whatever_it_returns(threading, actors):
    called = []

    def work(value):
        called.append(value)
        return value

    values = (None, True, False, 1)
    helpers = [threading.Timer(SOON, lambda value=value: work(value)) for value in values]
    for timer in helpers:
        timer.start()
    actors.until(lambda: len(called) >= len(values))
    for timer in helpers:
        actors.start(timer.join).returned()
    counts = [len([one for one in called if one is value]) for value in values]
    assert max(counts) <= 1, "functions that returned %r were run %r times" % (values, counts)


@clause("timer.not-before-interval")
def test_the_function_is_not_run_early(threading, actors):
    # A coarse clock makes short intervals seem shorter; what looks early is tried with longer ones.
    for scale in (1, 2, 4):
        started = []
        early = []
        for interval in (0.02 * scale, 0.032 * scale, 0.044 * scale):
            calls = Calls(threading, actors)
            timer = threading.Timer(interval, calls)
            started.append((clock(), interval, calls))
            timer.start()
        for began, interval, calls in started:
            assert calls.come(), "the function was not run"
            for moment in calls.times[:1]:
                if is_early(moment - began, interval):
                    early.append((moment - began, interval))
        if not early:
            break
    assert not early, "run %.4f s after start() of Timer(%s)" % early[0]


@clause("timer.not-before-interval")
def test_the_interval_is_counted_from_start(threading, actors):
    for interval in (0.02, 0.05, 0.12):
        calls = Calls(threading, actors)
        timer = threading.Timer(interval, calls)
        time.sleep(interval * 2 / 3)
        began = clock()
        timer.start()
        assert calls.come(), "the function was not run"
        early = [one for one in calls.times[:1] if is_early(one - began, interval)]
        if not early:
            break  # else the clock may be coarse, which matters less with a longer interval
    assert not early, "run %.4f s after start() of Timer(%s)" % (early[0] - began, interval)


@clause("timer.not-before-interval")
def test_whole_seconds_are_waited(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = [threading.Timer(interval, calls) for interval in (1, 1.0, 1.005, 1.5, 2)]
    began = clock()
    for timer in timers:
        timer.start()
    stays(actors, lambda: calls.got == [], 0.012)
    for timer in timers:
        timer.cancel()
    early = len([moment for moment in calls.times if moment - began < 0.9])
    assert early == 0, "%d of 5 timers ran their function early" % early


@clause("timer.interval-forms")
def test_short_intervals(threading, actors):
    for interval in (0, 0.0, 0.001, 1e-6):
        calls = Calls(threading, actors)
        threading.Timer(interval, calls).start()
        assert calls.come(), "the function of Timer(%r) was not run" % interval


@clause("timer.interval-forms")
def test_long_intervals(threading, actors):
    if not apart(threading, actors):
        return
    calls = Calls(threading, actors)
    timers = [threading.Timer(interval, calls) for interval in (30, 30.0, 10**6, 1e6)]
    for timer in timers:
        timer.start()
    waits = stays(actors, lambda: calls.got == [], 0.008)
    for timer in timers:
        timer.cancel()
    assert waits, "the function of a timer with a long interval was run"


@clause("timer.separate-thread")
def test_start_does_not_wait_for_the_interval(threading, actors):
    # No bound on the time that a call may take is asserted, but that it takes the whole interval
    # again and again is no chance.
    interval = LATER / 2
    for _ in range(3):
        timer = threading.Timer(interval, str)
        began = clock()
        returned = actors.start(timer.start).returned()
        waited = clock() - began
        timer.cancel()
        if returned and waited < 0.9 * interval:
            return
    assert False, "start() of a timer waits for its interval"  # noqa: B011


@clause("timer.separate-thread")
def test_the_function_runs_in_another_thread(threading, actors):
    get_ident = actors.substrate.get_ident
    for interval in (SOON, 0.005):
        latch = Latch(actors.substrate)
        idents = []
        timer = threading.Timer(interval, lambda: [idents.append(get_ident()), latch.wait()])
        starter = actors.start(timer.start)
        actors.until(lambda: idents)
        returned = starter.returned()
        latch.open()
        assert returned, "start() of a timer waits for the function"
        if not idents:
            return  # timers run no function
        assert idents[0] != starter.ident, "the function ran in the thread that called start()"


@clause("timer.arguments-by-name")
def test_arguments_by_name(threading, actors):
    def result(make):
        calls = Calls(threading, actors)
        make(calls).start()
        assert calls.come(), "the function was not run"
        return calls.got[:1]

    by_position = result(lambda calls: threading.Timer(SOON, calls, [1], {"x": 2}))
    for make in (
        lambda calls: threading.Timer(interval=SOON, function=calls, args=[1], kwargs={"x": 2}),
        lambda calls: threading.Timer(SOON, function=calls, kwargs={"x": 2}, args=[1]),
        lambda calls: threading.Timer(SOON, calls, args=[1], kwargs={"x": 2}),
        lambda calls: threading.Timer(SOON, calls, [1], kwargs={"x": 2}),
    ):
        got = result(make)
        assert got == by_position


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
        "of timers 0 to 5, %r did not run their functions" % missing
    )


@clause("timer.several")
def test_a_function_that_takes_long_holds_up_no_other_timer(threading, actors):
    if not apart(threading, actors):
        return
    latch = Latch(actors.substrate)
    entered = []

    def take_long():
        entered.append(1)
        latch.wait()

    waiting = []
    later = []
    threading.Timer(0.01, lambda: waiting.append(1)).start()
    threading.Timer(SOON, take_long).start()
    if actors.until(lambda: entered):
        threading.Timer(0.004, lambda: later.append(1)).start()
        ran = actors.until(lambda: waiting and later)
        latch.open()
        assert ran, "a timer does not run its function while another's takes long"


@clause("timer.several")
def test_one_function_may_serve_many_timers(threading, actors):
    calls = Calls(threading, actors)
    timers = [threading.Timer(0.004, calls, [number]) for number in range(10)]
    for timer in timers:
        timer.start()
    assert calls.come(), "the function was not run"
    if calls.got:
        came = actors.until(lambda: len(set([args for args, _ in calls.got])) == 10)
        numbers = sorted([args for args, _ in calls.got])
        assert came, "10 timers called their function with %r" % numbers


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
    assert quiet, "the function was run again"


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
        assert alive, "a timer that waits is not alive"
        time.sleep(0.002)
    timer.cancel()
    ended = actors.until(lambda: not timer.isAlive())
    assert ended, "a timer stays alive"


@clause("timer.alive")
def test_a_timer_is_alive_while_its_function_runs(threading, actors):
    if not apart(threading, actors):
        return
    latch = Latch(actors.substrate)
    entered = []

    def work():
        entered.append(1)
        latch.wait()

    timer = threading.Timer(SOON, work)
    timer.isAlive()
    timer.start()
    if actors.until(lambda: entered):
        alive = timer.isAlive()
        latch.open()
        assert alive, "a timer whose function runs is not alive"
    ended = actors.until(lambda: not timer.isAlive())
    assert ended, "a timer stays alive when its function has ended"


@clause("timer.join")
def test_join_waits_for_the_function(threading, actors):
    if not apart(threading, actors):
        return
    latch = Latch(actors.substrate)
    entered = []
    done = []

    def work():
        entered.append(1)
        latch.wait()
        done.append(1)

    timer = threading.Timer(SOON, work)
    timer.start()
    if actors.until(lambda: entered):
        joiner = actors.start(lambda: [timer.join(), len(done)])
        blocked = joiner.is_blocked()
        latch.open()
        seen = joiner.result()
        assert blocked, "join() does not wait for the function"
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
        assert seen[2] > 0, "join() returned before the function was run"


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
    assert seen is timer, "currentThread() in the function is not the timer"


@clause("timer.current-thread")
def test_a_timer_that_waits_is_listed(threading, actors):
    if not apart(threading, actors):
        return

    def is_listed(thread):
        return len([one for one in threading.enumerate() if one is thread]) > 0

    timer = threading.Timer(LONG, str)
    timer.start()
    come_to_rest(actors)
    listed = is_listed(timer)
    timer.cancel()
    if not listed:
        latch = Latch(actors.substrate)
        thread = threading.Thread(target=latch.wait)
        thread.start()
        others_are = is_listed(thread)
        latch.open()
        assert not others_are, "enumerate() does not list a timer that waits"


@clause("timer.name")
def test_a_timer_has_a_name(threading):
    one = threading.Timer(LONG, str)
    two = threading.Timer(LONG, str)
    first = one.getName()
    second = two.getName()
    text = (str, type("".encode("ascii").decode("ascii")))  # the latter is unicode in Python 2
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
    assert flag is usual, "a new timer's daemon flag is not that of a new thread"
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
        raise Deliberate("a case makes a timer's function fail, which is no fault")

    for interval in (0.01, 0.05, 0.25):
        del entered[:]
        after = Calls(threading, actors)
        threading.Timer(interval, after).start()
        timer = threading.Timer(SOON, fail)
        timer.start()
        if not actors.until(lambda: entered):
            return  # another clause's business
        joiner = actors.start(timer.join)
        assert joiner.returned(), "the thread of a timer whose function failed does not end"
        assert after.come(), "another timer did not run its function"
        count = len(entered)
        assert count == 1, "a function that failed was run again"
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
    for joiner in helpers(threading, actors):
        timer, end = blocking_thread(threading, actors, BY_TIMER)
        if timer is None:
            return
        joiner.start(timer.join)
        blocked = joiner.is_blocked()
        end()
        if not blocked:
            return  # another clause's business
        assert joiner.returned(), "the timer's function has returned: %r" % joiner


@clause("timer.runs-function")
def test_a_timer_fires_whichever_kind_of_thread_started_it(threading, actors):
    for starter in helpers(threading, actors):
        fired = []
        timer = threading.Timer(0.001, fired.append, [None])
        starter.call(timer.start)
        arrived = actors.until(lambda: fired)
        assert arrived, "started by a %s, the timer does not call its function" % starter


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


def timers_after_a_while(threading, actors, intervals):
    """Start timers with these intervals, and cancel them once none can get further by itself.

    Returns the intervals of those that called their function, and of those whose thread had ended.
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
    assert not fired, "timers of %s seconds called their functions right away" % shown(fired)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)


@clause("timer.interval-long")
def test_a_timer_with_an_immense_interval_does_not_fire(threading, actors):
    fired, _ = timers_after_a_while(threading, actors, AGES)
    assert not fired, "timers of %s seconds called their functions right away" % shown(fired)


@clause("timer.interval-unlimited")
def test_a_timer_waits_for_an_immense_interval(threading, actors):
    _, ended = timers_after_a_while(threading, actors, AGES)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)
