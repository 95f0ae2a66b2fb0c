"""Timer Objects: one case or more for each clause of ``spec/timer.toml``."""

import time

from threadspec.conformance.worker.blocking import Stall, clock, own_tid
from threadspec.conformance.worker.case import clause, raises

# An interval, in seconds, that no case waits out: such timers are cancelled.
LONG = 30.0


def comes(actors, condition):
    """Wait in good time for ``condition()`` to be true; whether it is."""
    if condition():
        return True
    actors.new()  # an idle thread, so that there is something to see when all others are gone
    durations = actors.durations
    patience = clock() + durations["positive"]
    stall = Stall(durations["stall"], leave_out=actors.bystanders + (own_tid(),))
    pause = 0.0
    while not condition():
        if pause >= 0.002 and stall.is_certain() or clock() >= patience:
            return bool(condition())
        time.sleep(pause)
        pause = min(pause + 0.0001, 0.005)
    return True


def stays(condition, seconds):
    """Whether ``condition()`` is true for so many seconds."""
    until = clock() + seconds
    while clock() < until:
        if not condition():
            return False
        time.sleep(0.002)
    return bool(condition())


class Calls(object):
    """A function that keeps the arguments, the time and the thread of its calls."""

    def __init__(self, actors):
        self._get_ident = actors.substrate.get_ident
        self._comes = lambda condition: comes(actors, condition)
        self.got = []
        self.times = []
        self.idents = []

    def __call__(self, *args, **kwargs):
        self.times.append(clock())
        self.idents.append(self._get_ident())
        self.got.append((args, kwargs))

    def come(self, count=1):
        """Wait in good time for so many calls; whether there are as many."""
        return self._comes(lambda: len(self.got) >= count)


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
    calls = Calls(actors)
    timers = [threading.Timer(interval, calls) for interval in (0, 0.0, 0.01, 0.02)]
    idle = stays(lambda: calls.got == [], 0.04)
    assert idle, "a timer that was not started has run its function"
    assert len(timers) == 4


@clause("timer.runs-function")
def test_the_function_is_run(threading, actors):
    for interval in (0.01, 0.0, 0.02):
        calls = Calls(actors)
        threading.Timer(interval, calls).start()
        assert calls.come(), "the function was not run"


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
    threading.Timer(0.01, owner.method).start()
    threading.Timer(0.01, owner).start()
    threading.Timer(0.01, owner.called.append, [3]).start()
    threading.Timer(0.01, lambda: owner.called.append(4)).start()
    done = comes(actors, lambda: sorted(owner.called) == [1, 2, 3, 4])
    assert done, "of callables 1 to 4, those called are %r" % sorted(owner.called)


@clause("timer.runs-once")
def test_the_function_is_run_once(threading, actors):
    crew = [Calls(actors) for _ in range(3)]
    for interval, calls in zip((0, 0.01, 0.02), crew):
        threading.Timer(interval, calls).start()
    for calls in crew:
        assert calls.come()
    once = stays(lambda: [len(calls.got) for calls in crew] == [1, 1, 1], 0.05)
    assert once, "the functions were run %r times" % [len(calls.got) for calls in crew]


@clause("timer.not-before-interval")
def test_the_function_is_not_run_early(threading, actors):
    started = []
    for interval in (0.05, 0.06, 0.08):
        calls = Calls(actors)
        timer = threading.Timer(interval, calls)
        started.append((clock(), interval, calls))
        timer.start()
    for began, interval, calls in started:
        assert calls.come()
        waited = calls.times[0] - began
        assert waited >= 0.9 * interval - 0.005, (
            "run %.4f s after start, with an interval of %s"
            % (
                waited,
                interval,
            )
        )


@clause("timer.not-before-interval")
def test_the_interval_is_counted_from_start(threading, actors):
    calls = Calls(actors)
    timer = threading.Timer(0.05, calls)
    time.sleep(0.05)
    began = clock()
    timer.start()
    assert calls.come()
    waited = calls.times[0] - began
    assert waited >= 0.04, "run %.4f s after start, with an interval of 0.05" % waited


@clause("timer.not-before-interval")
def test_a_whole_number_of_seconds_is_waited(threading, actors):
    calls = Calls(actors)
    timers = [threading.Timer(interval, calls) for interval in (1, 1.0, 1.5, 2)]
    began = clock()
    for timer in timers:
        timer.start()
    stays(lambda: calls.got == [] and clock() - began < 0.9, 0.05)
    early = len([moment for moment in calls.times if moment - began < 0.9])
    for timer in timers:
        timer.cancel()
    assert early == 0, "%d of 4 timers ran their function early" % early


@clause("timer.interval-forms")
def test_short_intervals(threading, actors):
    for interval in (0, 0.0, 0.001, 1e-6, False):
        calls = Calls(actors)
        threading.Timer(interval, calls).start()
        assert calls.come(), "the function of Timer(%r) was not run" % interval


@clause("timer.interval-forms")
def test_long_intervals(threading, actors):
    calls = Calls(actors)
    timers = [threading.Timer(interval, calls) for interval in (30, 30.0, 10**6, 1e6)]
    for timer in timers:
        timer.start()
    waits = stays(lambda: calls.got == [], 0.02)
    for timer in timers:
        timer.cancel()
    assert waits, "the function of a timer with a long interval was run"


@clause("timer.separate-thread")
def test_start_does_not_wait_for_the_interval(threading, actors):
    timer = threading.Timer(LONG, str)
    starter = actors.start(timer.start)
    returned = starter.returned()
    timer.cancel()
    assert returned, "start() of a timer waits for its interval"


@clause("timer.separate-thread")
def test_the_function_runs_in_another_thread(threading, actors):
    get_ident = actors.substrate.get_ident
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    idents = []

    def wait():
        idents.append(get_ident())
        gate.acquire()

    for interval in (0, 0.01):
        timer = threading.Timer(interval, wait)
        starter = actors.start(timer.start)
        ran = comes(actors, lambda: len(idents) == 1)
        returned = ran and starter.returned()
        gate.release()
        assert ran, "the function was not run"
        assert returned, "start() of a timer waits for the function"
        assert idents != [starter.ident], "the function ran in the thread that called start()"
        del idents[:]


@clause("timer.args.positional")
def test_positional_arguments(threading, actors):
    first = object()
    second = []
    for args in ([first], [first, second, None], (first, second), []):
        calls = Calls(actors)
        threading.Timer(0, calls, args).start()
        assert calls.come()
        got, named = calls.got[0]
        assert len(got) == len(args)
        same = [one is other for one, other in zip(got, args)]
        assert same == [True] * len(args)
        assert named == {}


@clause("timer.args.keyword")
def test_keyword_arguments(threading, actors):
    value = object()
    for args, kwargs in (
        ([], {"x": value}),
        ([1, 2], {"x": value, "y": None}),
        ([3], {"interval": 1, "function": 2, "args": 3, "kwargs": 4, "x": value}),
    ):
        calls = Calls(actors)
        threading.Timer(0, calls, args, kwargs).start()
        assert calls.come()
        got, named = calls.got[0]
        assert got == tuple(args)
        assert named == kwargs
        assert named["x"] is value


@clause("timer.args.default")
def test_no_arguments_by_default(threading, actors):
    def spoil(*args, **kwargs):
        kwargs["spoiled"] = 1
        calls(*args, **kwargs)

    for _ in range(2):
        calls = Calls(actors)
        threading.Timer(0, calls, [1], {"x": 2}).start()
        assert calls.come()
        threading.Timer(0, spoil).start()
        assert calls.come(2)
        threading.Timer(0, calls).start()
        assert calls.come(3)
        threading.Timer(0, calls, [1]).start()
        assert calls.come(4)
        threading.Timer(0, calls, [], {"x": 2}).start()
        assert calls.come(5)
        got = [calls.got[2], calls.got[3], calls.got[4]]
        assert got == [((), {}), ((1,), {}), ((), {"x": 2})]


@clause("timer.arguments-by-name")
def test_arguments_by_name(threading, actors):
    timers = [
        lambda calls: threading.Timer(interval=0, function=calls, args=[1], kwargs={"x": 2}),
        lambda calls: threading.Timer(0, function=calls, kwargs={"x": 2}, args=[1]),
        lambda calls: threading.Timer(0, calls, args=(1,), kwargs={"x": 2}),
        lambda calls: threading.Timer(0, calls, [1], kwargs={"x": 2}),
    ]
    for make in timers:
        calls = Calls(actors)
        make(calls).start()
        assert calls.come()
        got = calls.got[0]
        assert got == ((1,), {"x": 2})


@clause("timer.args.taken-when")
def test_when_arguments_are_taken(threading, actors, observe):
    calls = Calls(actors)
    args = [1]
    timer = threading.Timer(0, calls, args)
    args.append(2)
    timer.start()
    calls.come()
    if calls.got and calls.got[0][0] == (1, 2):
        observe("a later change reaches the function")
    else:
        observe("a later change does not reach the function")


@clause("timer.several")
def test_each_timer_runs_its_own_function(threading, actors):
    waits_long = threading.Timer(LONG, str)
    waits_long.start()
    crew = []
    for number in range(6):
        calls = Calls(actors)
        timer = threading.Timer(0.005 * (6 - number), calls, [number], {"x": -number})
        timer.start()
        crew.append(calls)
    for number, calls in enumerate(crew):
        came = calls.come()
        assert came, "timer %d of 6 did not run its function" % number
        got = calls.got[0]
        assert got == ((number,), {"x": -number})
    waits_long.cancel()
    counts = [len(calls.got) for calls in crew]
    assert counts == [1] * 6


@clause("timer.several")
def test_a_function_that_takes_long_holds_up_no_other_timer(threading, actors):
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    entered = []

    def take_long():
        entered.append(1)
        gate.acquire()

    slow = threading.Timer(0, take_long)
    waiting = Calls(actors)
    threading.Timer(0.02, waiting).start()
    slow.start()
    comes(actors, lambda: entered)
    later = Calls(actors)
    threading.Timer(0.01, later).start()
    ran = waiting.come() and later.come()
    gate.release()
    assert ran, "a timer does not run its function while another's takes long"


@clause("timer.several")
def test_one_function_may_serve_many_timers(threading, actors):
    calls = Calls(actors)
    timers = [threading.Timer(0.01, calls, [number]) for number in range(10)]
    for timer in timers:
        timer.start()
    came = calls.come(10)
    assert came, "%d of 10 timers ran the function" % len(calls.got)
    numbers = sorted([args[0] for args, _ in calls.got])
    assert numbers == list(range(10))


@clause("timer.cancel.prevents")
def test_the_function_of_a_cancelled_timer_is_not_run(threading, actors):
    interval = 0.04
    for delay in (0.0, 0.01):
        for _ in range(20):
            calls = Calls(actors)
            crew = [threading.Timer(interval, calls) for _ in range(3)]
            began = clock()
            for timer in crew:
                timer.start()
            time.sleep(delay)
            for timer in crew:
                timer.cancel()
            if clock() - began < 0.8 * interval:
                break
        else:
            return  # the machine is too slow: the timers may have fired before
        quiet = stays(lambda: calls.got == [], began + 1.5 * interval - clock())
        assert quiet, "%d of 3 cancelled timers ran their function" % len(calls.got)


@clause("timer.cancel.prevents")
def test_cancelling_does_not_run_the_function(threading, actors):
    for delay in (0.0, 0.005):
        calls = Calls(actors)
        timer = threading.Timer(LONG, calls)
        timer.start()
        time.sleep(delay)
        timer.cancel()
        actors.start(timer.join, 0.02).returned()
        assert calls.got == [], "the function was run when the timer was cancelled"


@clause("timer.cancel.ends-thread")
def test_the_thread_of_a_cancelled_timer_ends(threading, actors):
    for interval in (LONG, 30, 10**6):
        for delay in (0.0, 0.005):
            timer = threading.Timer(interval, str)
            timer.start()
            time.sleep(delay)
            timer.cancel()
            joiner = actors.start(timer.join)
            assert joiner.returned(), "the thread of a cancelled timer does not end"


@clause("timer.cancel.ends-thread")
def test_who_waits_for_a_timer_goes_on_when_it_is_cancelled(threading, actors):
    timer = threading.Timer(LONG, str)
    timer.start()
    crew = actors.start_many(2, timer.join)
    for joiner in crew:
        joiner.is_blocked()
    timer.cancel()
    for joiner in crew:
        assert joiner.returned(), "the thread of a cancelled timer does not end"


@clause("timer.cancel.any-thread")
def test_any_thread_may_cancel(threading, actors):
    one = actors.new()
    two = actors.new()
    here = actors.new()
    calls = Calls(actors)
    for creator, starter, canceller in ((one, one, two), (one, two, one), (here, one, two)):
        timer = creator.call(threading.Timer, LONG, calls)
        starter.call(timer.start)
        canceller.call(timer.cancel)
        joiner = actors.start(timer.join)
        assert joiner.returned(), "the timer goes on waiting"
    assert calls.got == []


@clause("timer.cancel.any-thread")
def test_a_timer_may_cancel_another(threading, actors):
    calls = Calls(actors)
    waiting = threading.Timer(LONG, calls)
    waiting.start()
    threading.Timer(0.005, waiting.cancel).start()
    joiner = actors.start(waiting.join)
    assert joiner.returned(), "the timer goes on waiting"
    assert calls.got == []


@clause("timer.cancel.only-that-timer")
def test_other_timers_run_their_functions(threading, actors):
    cancelled = threading.Timer(LONG, str)
    before = Calls(actors)
    after = Calls(actors)
    threading.Timer(0.02, before).start()
    cancelled.start()
    other = threading.Timer(0.02, after)
    cancelled.cancel()
    other.start()
    later = Calls(actors)
    threading.Timer(0.0, later).start()
    for calls in (before, after, later):
        assert calls.come(), "a timer that was not cancelled did not run its function"


@clause("timer.cancel.only-that-timer")
def test_other_timers_go_on_waiting(threading, actors):
    calls = Calls(actors)
    cancelled = threading.Timer(LONG, str)
    other = threading.Timer(LONG, calls)
    other.start()
    cancelled.start()
    cancelled.cancel()
    joiner = actors.start(other.join)
    waits = joiner.is_blocked()
    other.cancel()
    assert waits, "a timer that was not cancelled has ended"


@clause("timer.cancel.twice")
def test_cancelling_again_is_no_error(threading, actors):
    calls = Calls(actors)
    timer = threading.Timer(LONG, calls)
    timer.start()
    for _ in range(3):
        timer.cancel()
    joiner = actors.start(timer.join)
    assert joiner.returned()
    for _ in range(2):
        timer.cancel()
    actors.call(timer.cancel)
    assert calls.got == []


@clause("timer.cancel.twice")
def test_many_threads_cancel_at_once(threading, actors, rounds):
    rounds = rounds // 8
    calls = Calls(actors)
    timers = [threading.Timer(LONG, calls) for _ in range(rounds)]
    for timer in timers:
        timer.start()
    actors.race([lambda number: timers[number].cancel()] * 3, rounds)
    joiner = actors.start(lambda: [timer.join() for timer in timers])
    assert joiner.returned(), "a timer that three threads cancelled at once goes on waiting"
    assert calls.got == []


@clause("timer.cancel.before-start")
def test_a_timer_cancelled_before_start_does_not_run(threading, actors):
    calls = Calls(actors)
    for interval in (0.0, 0.01, LONG):
        timer = threading.Timer(interval, calls)
        timer.cancel()
        timer.start()
        joiner = actors.start(timer.join)
        ended = joiner.returned()
        timer.cancel()
        assert ended, "the thread of a timer cancelled before start() does not end"
    assert calls.got == [], "a timer cancelled before start() has run its function"


@clause("timer.cancel.during-function")
def test_cancelling_does_not_disturb_the_function(threading, actors):
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    entered = []
    finished = []

    def work():
        entered.append(1)
        gate.acquire()
        finished.append(1)

    for count in (1, 2):
        timer = threading.Timer(0.0, work)
        timer.start()
        comes(actors, lambda: len(entered) == count)
        canceller = actors.start(lambda: [timer.cancel(), timer.cancel()])
        canceller.is_blocked()
        gate.release()
        canceller.result()
        done = comes(actors, lambda: len(finished) == count)
        assert done, "the function did not come to its end"
    once = stays(lambda: len(entered) == 2 and len(finished) == 2, 0.02)
    assert once, "2 timers ran their functions %d times" % len(entered)


@clause("timer.cancel.own-function")
def test_the_function_may_cancel_its_own_timer(threading, actors):
    for interval in (0.0, 0.01):
        timers = []
        done = []

        def work():
            timers[0].cancel()
            timers[0].cancel()
            done.append(1)

        timers.append(threading.Timer(interval, work))
        timers[0].start()
        came = comes(actors, lambda: done)
        assert came, "the function did not come to its end after cancelling its timer"
        joiner = actors.start(timers[0].join)
        assert joiner.returned()
        assert done == [1]


@clause("timer.cancel.after")
def test_cancelling_afterwards_has_no_effect(threading, actors):
    calls = Calls(actors)
    timer = threading.Timer(0.0, calls)
    timer.start()
    assert calls.come()
    timer.cancel()
    joiner = actors.start(timer.join)
    assert joiner.returned()
    for _ in range(2):
        timer.cancel()
    actors.call(timer.cancel)
    once = stays(lambda: len(calls.got) == 1, 0.01)
    assert once, "the function was run %d times" % len(calls.got)
    again = Calls(actors)
    threading.Timer(0.0, again).start()
    assert again.come(), "a new timer did not run its function"


@clause("timer.cancel.at-start")
def test_a_cancel_right_after_start_is_not_lost(threading, actors, rounds):
    calls = Calls(actors)
    timers = []
    for number in range(rounds):
        timer = threading.Timer(LONG, calls)
        timer.start()
        for _ in range(number % 12):
            time.sleep(0)
        timer.cancel()
        timers.append(timer)
    joiner = actors.start(lambda: [timer.join() for timer in timers])
    ended = joiner.returned()
    assert ended, "a timer that was cancelled right after start() goes on waiting"
    count = len(calls.got)
    assert count == 0, (
        "%d timers that were cancelled right after start() ran their function" % count
    )


@clause("timer.cancel.at-firing")
def test_a_cancel_at_the_end_of_the_interval(threading, actors, rounds):
    interval = 0.003
    batch = 24
    for turn in range(max(rounds // batch // 2, 1)):
        crew = [Calls(actors) for _ in range(batch)]
        timers = []
        for calls in crew:
            timer = threading.Timer(interval, calls)
            timers.append((timer, clock()))
            timer.start()
        time.sleep(max(timers[turn % batch][1] + interval - clock(), 0))
        returned = []
        for timer, _ in timers:
            timer.cancel()
            returned.append(clock())
        joiner = actors.start(lambda: [timer.join() for timer, _ in timers])
        ended = joiner.returned()
        assert ended, "a timer that was cancelled as it fired does not end"
        for number, calls in enumerate(crew):
            count = len(calls.got)
            assert count <= 1, "a timer that was cancelled as it fired ran its function twice"
            early = returned[number] - timers[number][1] < 0.5 * interval
            assert not (count and early), "a timer ran its function after it was cancelled"


@clause("timer.start-twice")
def test_a_second_start_is_an_error(threading, actors):
    calls = Calls(actors)
    timer = threading.Timer(LONG, calls)
    timer.start()
    try:
        raises(RuntimeError, timer.start)
        raises(RuntimeError, actors.call, timer.start)
    finally:
        timer.cancel()
    actors.start(timer.join).returned()
    raises(RuntimeError, timer.start)
    assert calls.got == []


@clause("timer.start-twice")
def test_a_timer_that_has_run_cannot_be_started_again(threading, actors):
    calls = Calls(actors)
    timer = threading.Timer(0.0, calls)
    timer.start()
    assert calls.come()
    actors.start(timer.join).returned()
    for _ in range(2):
        raises(RuntimeError, timer.start)
    once = stays(lambda: len(calls.got) == 1, 0.01)
    assert once, "the function was run %d times" % len(calls.got)


@clause("timer.alive")
def test_a_timer_is_alive_while_it_waits(threading, actors):
    timer = threading.Timer(LONG, str)
    alive = timer.isAlive()
    assert not alive
    timer.start()
    try:
        alive = timer.isAlive()
        assert alive
        time.sleep(0.005)
        alive = timer.isAlive()
        assert alive
    finally:
        timer.cancel()
    ended = comes(actors, lambda: not timer.isAlive())
    assert ended, "a cancelled timer stays alive"


@clause("timer.alive")
def test_a_timer_is_alive_while_its_function_runs(threading, actors):
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    seen = []

    def work():
        seen.append(timer.isAlive())
        gate.acquire()

    timer = threading.Timer(0.0, work)
    timer.start()
    comes(actors, lambda: seen)
    alive = timer.isAlive()
    gate.release()
    ended = comes(actors, lambda: not timer.isAlive())
    assert seen == [True]
    assert alive
    assert ended, "a timer stays alive when its function has ended"


@clause("timer.join")
def test_join_waits_for_the_function(threading, actors):
    gate = actors.substrate.allocate_lock()
    gate.acquire()
    done = []

    def work():
        gate.acquire()
        done.append(1)

    timer = threading.Timer(0.005, work)
    timer.start()
    joiner = actors.start(lambda: [timer.join(), len(done)])
    blocked = joiner.is_blocked()
    gate.release()
    seen = joiner.result()
    assert blocked
    assert seen[1] == 1
    again = actors.start(timer.join)
    assert again.returned()


@clause("timer.join")
def test_join_blocks_while_the_timer_waits(threading, actors):
    timer = threading.Timer(LONG, str)
    timer.start()
    joiner = actors.start(timer.join)
    blocked = joiner.is_blocked()
    brief = actors.start(timer.join, 0.01).returned()
    timer.cancel()
    assert blocked
    assert brief, "join() with a time-out does not return"
    assert joiner.returned()


@clause("timer.name")
def test_a_timer_has_a_name(threading):
    one = threading.Timer(LONG, str)
    two = threading.Timer(LONG, str)
    first = one.getName()
    second = two.getName()
    assert isinstance(first, str) and isinstance(second, str)
    assert first != second
    one.setName("ticker")
    names = [one.getName(), two.getName()]
    assert names == ["ticker", second]


@clause("timer.daemon")
def test_a_timer_has_a_daemon_flag(threading):
    timer = threading.Timer(LONG, str)
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

    calls = Calls(actors)

    def fail():
        calls()
        raise Deliberate("a case makes a timer's function fail, which is no fault")

    after = Calls(actors)
    other = threading.Timer(0.02, after)
    other.start()
    timer = threading.Timer(0.0, fail)
    timer.start()
    assert calls.come()
    joiner = actors.start(timer.join)
    assert joiner.returned(), "the thread of a timer whose function failed does not end"
    timer.cancel()
    assert after.come(), "another timer did not run its function"
    assert len(calls.got) == 1


@clause("timer.example")
def test_the_manuals_example(threading, actors):
    said = []

    def hello():
        said.append("hello, world")

    t = threading.Timer(0.03, hello)
    t.start()
    comes(actors, lambda: said)
    assert said == ["hello, world"]
