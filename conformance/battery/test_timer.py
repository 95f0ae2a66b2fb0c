"""Timer Objects: one case or more for each clause of ``spec/timer.toml``."""

import time

from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, show, states

# Intervals in seconds: one that is soon over, one that is over where cancelling has failed, and one
# that no case waits out.
SOON = 0.001
LATER = 1.5
LONG = 30.0

# No case has more timers than these running at once: as many threads as any platform can bear.
MANY = 40

# Seconds after which a case that goes round and round stops, on an implementation that is slow.
ENOUGH = 2.0


def gate_of(actors):
    """A low-level lock, locked, and a function that waits until it is released, for good."""
    gate = actors.substrate.allocate_lock()
    gate.acquire()

    def wait():
        gate.acquire()
        gate.release()

    return gate, wait


def come_to_rest(actors):
    """Wait until all threads are waiting, as those of timers do that have been started."""
    gate, wait = gate_of(actors)
    sleeper = actors.start(wait)
    sleeper.is_blocked()  # the proof takes that no thread of the process has run
    gate.release()
    sleeper.returned()


def stays(actors, condition, seconds):
    """Whether ``condition()`` is true for so many seconds."""
    until = clock() + seconds
    while clock() < until:
        if not condition():
            return False
        time.sleep(0.002)
    come_to_rest(actors)  # on a loaded machine a thread may be on its way
    return bool(condition())


class Calls(object):
    """A function that keeps the arguments, the time and the thread of its calls."""

    def __init__(self, threading, actors):
        self._threading = threading
        self._actors = actors
        self.got = []
        self.times = []
        self.idents = []

    def __call__(self, *args, **kwargs):
        self.times.append(clock())
        self.idents.append(self._actors.substrate.get_ident())
        self.got.append((args, kwargs))

    @states("the timer calls its function", "the timer does not call its function")
    def come(self):
        """Wait in good time for a call; False when there is none.

        True also where timers run no function at all, so that ``got`` stays empty: that is the
        business of one clause alone.
        """
        if self._actors.until(lambda: self.got):
            return True
        plain = []
        self._threading.Timer(0.01, lambda: plain.append(1)).start()
        return not self._actors.until(lambda: plain)

    def after(self, moment):
        """How many calls came after ``moment``."""
        return len([one for one in self.times if one > moment])


def is_early(waited, interval):
    """Whether so many seconds are fewer than the interval; a clock may be coarse."""
    return waited < 0.9 * interval - 0.004


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


# id of the module -> whether start() returned while the function ran, and what apart() found.
_returns = {}
_apart = {}


def apart(threading, actors):
    """Whether start() leaves the waiting and the function to another thread.

    If not, a case with a long interval or a long function would hang.  That it must is the business
    of one clause.
    """
    key = id(threading)
    if key not in _returns:
        gate, wait = gate_of(actors)
        starter = actors.start(lambda: threading.Timer(SOON, wait).start())
        _returns[key] = starter.returned()
        gate.release()
    for _ in range(3):
        if _apart.get(key) or not _returns[key]:
            break
        calls = Calls(threading, actors)
        timer = threading.Timer(0.05, calls)
        began = clock()
        starter = actors.start(timer.start)
        starter.returned()
        _apart[key] = clock() - began < 0.04 and starter.ident not in calls.idents
        timer.cancel()
    return _returns[key] and _apart[key]


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
        gate, wait = gate_of(actors)
        idents = []
        timer = threading.Timer(interval, lambda: [idents.append(get_ident()), wait()])
        starter = actors.start(timer.start)
        actors.until(lambda: idents)
        returned = starter.returned()
        gate.release()
        assert returned, "start() of a timer waits for the function"
        if not idents:
            return  # timers run no function
        assert idents[0] != starter.ident, "the function ran in the thread that called start()"


@clause("timer.args.positional")
def test_positional_arguments(threading, actors):
    first = object()
    second = []
    for args, kwargs in (
        ([first], {}),
        ([first, second, None], {}),
        ([first, second], {"x": 1}),
        ([], {"x": 1}),
    ):
        calls = Calls(threading, actors)
        threading.Timer(SOON, calls, args[:], kwargs).start()
        assert calls.come(), "the function was not run"
        for got, _ in calls.got:
            assert len(got) == len(args), (
                "the function got %d positional arguments, expected %d" % (len(got), len(args))
            )
            same = [one is other for one, other in zip(got, args)]
            assert same == [True] * len(args), "the function got other objects than were given"


@clause("timer.args.keyword")
def test_keyword_arguments(threading, actors):
    value = object()
    for args, kwargs in (
        ([], {"x": value}),
        ([1, 2], {"x": value, "y": None}),
        ([3], {"interval": 1, "function": 2, "args": 3, "kwargs": 4, "x": value}),
        ([3], {}),
    ):
        calls = Calls(threading, actors)
        threading.Timer(SOON, calls, args, dict(kwargs)).start()
        assert calls.come(), "the function was not run"
        for _, named in calls.got:
            assert named == kwargs, "the function got %r, expected %r" % (named, kwargs)
            assert named.get("x") is kwargs.get("x"), (
                "the function got another object than was given"
            )


@clause("timer.args.default")
def test_no_arguments_by_default(threading, actors):
    def spoil(*args, **kwargs):
        kwargs["spoiled"] = 1
        spoiled(*args, **kwargs)

    def run(*args):
        calls = Calls(threading, actors)
        threading.Timer(SOON, calls, *args).start()
        assert calls.come(), "the function was not run"
        return (calls.got or [((), {})])[0]

    for _ in range(2):
        run([1], {"x": 2})
        spoiled = Calls(threading, actors)
        threading.Timer(SOON, spoil).start()
        spoiled.come()
        got = (spoiled.got or [((), {"spoiled": 1})])[0]
        assert got == ((), {"spoiled": 1}), "the function got %r, expected ((), {'spoiled': 1})" % (
            got,
        )
        got = run()
        assert got == ((), {})
        named = run([1])[1]
        assert named == {}


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


@clause("timer.args.tuple")
def test_positional_arguments_in_a_tuple(threading, actors):
    for args in ((1, "two"), ()):
        calls = Calls(threading, actors)
        threading.Timer(SOON, calls, args).start()
        assert calls.come(), "the function was not run"
        got = calls.got[0][0]
        assert got == args, "the function got %r, expected %r" % (got, args)


@clause("timer.args.taken-when")
def test_when_arguments_are_taken(threading, actors, observe):
    calls = Calls(threading, actors)
    args = [1]
    timer = threading.Timer(SOON, calls, args)
    args.append(2)
    timer.start()
    calls.come()
    if calls.got and calls.got[0][0] == (1, 2):
        observe("a later change reaches the function")
    else:
        observe("a later change does not reach the function")


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
    gate, wait = gate_of(actors)
    entered = []

    def take_long():
        entered.append(1)
        wait()

    waiting = []
    later = []
    threading.Timer(0.01, lambda: waiting.append(1)).start()
    threading.Timer(SOON, take_long).start()
    if actors.until(lambda: entered):
        threading.Timer(0.004, lambda: later.append(1)).start()
        ran = actors.until(lambda: waiting and later)
        gate.release()
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
        gate, wait = gate_of(actors)
        entered = []
        finished = []

        def work():
            entered.append(1)
            wait()
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
        gate.release()
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
    gate, wait = gate_of(actors)
    entered = []

    def work():
        entered.append(1)
        wait()

    timer = threading.Timer(SOON, work)
    timer.isAlive()
    timer.start()
    if actors.until(lambda: entered):
        alive = timer.isAlive()
        gate.release()
        assert alive, "a timer whose function runs is not alive"
    ended = actors.until(lambda: not timer.isAlive())
    assert ended, "a timer stays alive when its function has ended"


@clause("timer.join")
def test_join_waits_for_the_function(threading, actors):
    if not apart(threading, actors):
        return
    gate, wait = gate_of(actors)
    entered = []
    done = []

    def work():
        entered.append(1)
        wait()
        done.append(1)

    timer = threading.Timer(SOON, work)
    timer.start()
    if actors.until(lambda: entered):
        joiner = actors.start(lambda: [timer.join(), len(done)])
        blocked = joiner.is_blocked()
        gate.release()
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
        gate, wait = gate_of(actors)
        thread = threading.Thread(target=wait)
        thread.start()
        others_are = is_listed(thread)
        gate.release()
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
