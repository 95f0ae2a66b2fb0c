"""``Thread.join()``, with and without a time-out."""

import time

from threadspec.conformance.battery.support.crossing import BY_THREAD, blocking_thread
from threadspec.conformance.battery.support.deadlines import (
    check_not_early,
    check_not_late,
    check_outlasts,
)
from threadspec.conformance.battery.support.delaying import CROWD, check_wakes
from threadspec.conformance.battery.support.extremes import AGES, YEARS, check_waits, shown
from threadspec.conformance.battery.support.identifiers import thread_heirs
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.starting import made_and_started
from threadspec.conformance.battery.support.stepping import endings, meetings, settle
from threadspec.conformance.battery.support.thread import (
    Oops,
    Running,
    Sink,
    Started,
    Unshown,
    affordable,
    attempt,
    by_target,
    check_joined_by_every_kind,
    failures,
    kinds,
    noted,
    nothing,
    race,
    raiser,
    repeat_undisturbed,
    started_by_others,
    started_inside,
)
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, tells


def check_blocks(actors, latch, join, *args):
    """join(*args) blocks; the latch is opened then, and the actor that joins is returned."""
    joiner = actors.start(join, *args)
    assert joiner.is_blocked()
    latch.open()
    return joiner


def join_and_open(actors, latch, thread, *args):
    """An actor in join(*args); the latch is opened when it is blocked, or has come back."""
    joiner = actors.start(thread.join, *args)
    joiner.is_blocked()
    latch.open()
    return joiner


@clause("thread.join.blocks")
def test_join_blocks_until_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            check_blocks(actors, latch, thread.join).returned()


@clause("thread.join.blocks")
def test_join_blocks_whoever_made_the_thread(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            for thread in started_by_others(threading, actors, make, latch.wait):
                joiner = actors.start(thread.join)
                assert joiner.is_blocked()


@clause("thread.join.blocks")
def test_join_blocks_right_after_the_start(threading, actors):
    with Latch(actors.substrate) as latch:

        def start_and_join():
            thread = threading.Thread(target=latch.wait)
            thread.start()
            thread.join()

        check_blocks(actors, latch, start_and_join).returned()


@clause("thread.join.blocks")
def test_join_waits_for_its_own_thread(threading, actors):
    other = threading.Thread(target=nothing)
    with Started(actors, by_target(threading)) as (thread, latch):
        actors.call(other.start)
        joiner = actors.start(thread.join)
        settle(actors)
        assert joiner.is_blocked()
        latch.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_join_waits_for_the_end_of_an_overriding_run(threading, actors):
    with Latch(actors.substrate) as target:
        with Latch(actors.substrate) as latch:

            class Own(threading.Thread):
                def run(self):
                    threading.Thread.run(self)
                    latch.wait()

            thread = Own(target=target.wait)
            actors.call(thread.start)
            early = actors.start(thread.join)
            early.is_blocked()
            target.open()
            actors.until(lambda: latch.arrivals)
            late = actors.start(thread.join)
            for joiner in (early, late):
                assert joiner.is_blocked()
            latch.open()
            for joiner in (early, late):
                joiner.returned()


@clause("thread.join.blocks")
def test_the_main_thread_may_join_a_thread(threading, actors):
    main = blocking.own_tid()
    window = actors.durations["window"]
    back = []

    def open_when_blocked():
        patience = clock() + window
        while not back and not blocking.proved([main], window) and clock() < patience:
            time.sleep(0.0002)
        latch.open()

    with Latch(actors.substrate) as latch:
        passed = []

        def activity():
            latch.wait()
            passed.append(None)

        thread = threading.Thread(target=activity)
        actors.call(thread.start)
        opener = actors.start(open_when_blocked)
        thread.join()
        waited = len(passed)
        back.append(None)
        opener.returned()
        assert waited, "join() returned before the end of run()"


@clause("thread.join.blocks")
def test_a_thread_may_join_another(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        passed = []

        def activity():
            thread.join()
            passed.append(len(latch.arrivals))

        actors.call(threading.Thread(target=activity).start)
        actors.until(lambda: latch.arrivals)
        settle(actors)
        assert passed == [], "join() returned before the thread had ended"
        latch.open()
        came = actors.until(lambda: passed)
        assert came, "join() in a thread did not return after the end of the thread it joined"


@clause("thread.join.no-early-return")
def test_everything_is_done_when_join_returns(threading, actors, rounds):
    done = []
    early = []

    def try_once():
        number = len(early)
        begun, latch = [actors.substrate.allocate_lock() for _ in range(2)]
        begun.acquire()
        latch.acquire()

        def activity():
            begun.release()
            latch.acquire()
            done.append(number)

        thread = threading.Thread(target=activity)
        thread.start()
        begun.acquire()
        latch.release()
        thread.join()
        early.append(number not in done[-1:])

    repeat_undisturbed(actors, try_once, rounds)
    times = early.count(True)
    assert times == 0, "join() returned before the end of run() %d times" % times


@clause("thread.join.returns")
def test_a_blocked_join_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            joiner = join_and_open(actors, latch, thread)
            assert joiner.returned()


@clause("thread.join.returns")
def test_join_returns_while_other_threads_run(threading, actors):
    with Latch(actors.substrate) as latch:
        for thread_is_first in (True, False):
            with Latch(actors.substrate) as own:
                thread = threading.Thread(target=own.wait)
                both = [thread, threading.Thread(target=latch.wait)]
                for one in both if thread_is_first else both[::-1]:
                    actors.call(one.start)
                joiner = join_and_open(actors, own, thread)
                assert joiner.returned()


@clause("thread.join.exception")
def test_join_returns_when_the_thread_fails(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in failures() + [Unshown("failed"), GeneratorExit()]:
                with Latch(actors.substrate) as latch:

                    def activity():
                        latch.wait()
                        raise error

                    thread = make(activity)
                    actors.call(thread.start)
                    joiner = join_and_open(actors, latch, thread)
                    assert joiner.returned()
                    for args in ((), (30.0,)):
                        joiner.start(thread.join, *args)
                        assert joiner.returned()


@clause("thread.join.ended")
def test_join_of_an_ended_thread_returns(threading, actors):
    for make in kinds(threading):
        for args in ((), (30.0,), (0.0,)):
            ran = []
            thread = make(lambda: ran.append(None))
            thread.start()
            actors.until(lambda: ran)
            settle(actors)
            joiner = actors.start(thread.join, *args)
            assert joiner.returned()


@clause("thread.join.many-times")
def test_a_thread_can_be_joined_many_times(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            join_and_open(actors, latch, thread).returned()
            joiner = actors.new()
            for args in ((), (30.0,), (), (), ()):
                joiner.start(thread.join, *args)
                assert joiner.returned()
            joiner = actors.start(thread.join)
            assert joiner.returned()


@clause("thread.join.many-times")
def test_a_thread_can_be_joined_again_after_a_timeout(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        for timeout in (0.001, 0.0):
            actors.start(thread.join, timeout).returned()
        joiner = check_blocks(actors, latch, thread.join)
        assert joiner.returned()


@clause("thread.join.many-joiners")
def test_many_threads_can_wait_for_one(threading, actors):
    for make in kinds(threading):
        with Running(actors, make) as (thread, latch):
            helpers = actors.start_many(4, thread.join)
            ended = actors.ended(helpers)
            assert ended == []
            latch.open()
            ended = actors.ended(helpers, at_least=4)
            assert len(ended) == 4, "%d of 4 calls of join() returned" % len(ended)
            for joiner in helpers:
                joiner.result()


@clause("thread.join.many-joiners")
def test_a_timeout_of_one_joiner_leaves_the_others_waiting(threading, actors):
    with Running(actors, by_target(threading)) as (thread, latch):
        joiner = actors.start(thread.join)
        long = actors.start(thread.join, 30.0)
        joiner.is_blocked()
        short = actors.start(thread.join, 0.001)
        short.returned()
        assert joiner.is_blocked()
        assert long.is_blocked()
        latch.open()
        assert joiner.returned()
        long.returned()


def joins_that_the_end_meets(threading, actors, args, waiting=None):
    """Stop join(*args) at each of its lines while its thread ends; yield each Meeting.

    ``waiting``: an actor that waits in another join() of the thread.
    """
    latches = []
    hold = actors.substrate.allocate_lock()
    starter = actors.new()

    def prepare():
        latch = Latch(actors.substrate)
        latches.append(latch)
        thread = threading.Thread(target=latch.wait)
        starter.call(thread.start)
        if waiting is not None:
            waiting.start(thread.join).is_blocked()
        hold.acquire()

        def end():
            latch.open()
            hold.acquire()  # blocks; by then the thread has ended, or waits for the join()
            hold.release()

        return lambda: thread.join(*args), end

    try:
        for meeting in meetings(actors, prepare):
            hold.release()
            yield meeting
            meeting.other.returned()
    finally:
        for latch in latches:
            latch.open()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_the_end_meets_at_any_line_returns(threading, actors):
    for meeting in joins_that_the_end_meets(threading, actors, ()):
        assert meeting.call.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_timeout_that_the_end_meets_takes_no_wakeup_from_others(threading, actors):
    waiting = actors.new()
    for meeting in joins_that_the_end_meets(threading, actors, (0.0002,), waiting):
        assert meeting.call.returned()
        assert waiting.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_meets_the_end_at_any_line_returns(threading, actors):
    for thread, ending in endings(threading, actors):
        joiner = actors.start(thread.join)
        joiner.is_blocked()
        ending.go_on()
        assert joiner.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_meets_the_end_returns(threading, actors, rounds):
    locks = []
    threads = []

    def prepare():
        lock = actors.substrate.allocate_lock()
        lock.acquire()
        thread = threading.Thread(target=lambda: lock.acquire())
        thread.start()
        locks.append(lock)
        threads.append(thread)

    def end(number):
        locks[began + number].release()
        prepare()

    def join(number):
        threads[began + number].join()

    actors.call(prepare)
    rounds = affordable(rounds // 8, prepare)
    began = len(locks) - 1
    for lock in locks[:began]:
        lock.release()
    try:
        race(actors, [end, join, join], rounds)
    finally:
        locks[-1].release()


@clause("thread.join.timeout-none")
def test_join_with_none_blocks(threading, actors):
    for make in kinds(threading):
        with Running(actors, make) as (thread, latch):
            joiner = check_blocks(actors, latch, thread.join, None)
            assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_join_returns_when_the_time_is_over(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            for timeout in (0.003, 0.0, 0.0003):
                joiner = actors.start(thread.join, timeout)
                assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_join_in_a_thread_returns_when_the_time_is_over(threading, actors):
    with Running(actors, by_target(threading)) as (thread, latch):
        for timeout in (0.003, 0.0):
            started_inside(threading, actors, lambda: thread.join(timeout))


@clause("thread.join.timeout-expires")
def test_join_in_the_main_thread_returns_when_the_time_is_over(threading, actors):
    long = actors.durations["positive"]
    back = []
    late = []

    def open_when_too_late():
        patience = clock() + long
        stall = actors.stall()  # another thread than the main one may keep the time
        while not back:
            if stall.is_certain() or clock() >= patience:
                late.append(None)
                latch.open()
                break
            time.sleep(0.0002)

    with Running(actors, by_target(threading)) as (thread, latch):
        opener = actors.start(open_when_too_late)
        for timeout in (0.003, 0.0):
            thread.join(timeout)
        back.append(None)
        opener.returned()
        assert not late, "join() with a time-out did not return before the end of the thread"


@clause("thread.join.timeout-expires")
def test_each_joiner_has_a_time_of_its_own(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        long = actors.start(thread.join, 30.0)
        long.is_blocked()
        helpers = actors.start_many(3, thread.join, 0.003)
        for joiner in helpers:
            assert joiner.returned()
        latch.open()
        long.returned()


@clause("thread.join.timeout-not-early")
def test_join_does_not_return_before_the_time_is_over(threading, actors):
    with Running(actors, by_target(threading)) as (thread, latch):

        def timed(timeout):
            began = clock()
            thread.join(timeout)
            return clock() - began

        for timeout in (0.024, 0.01):
            waited = actors.call(timed, timeout)
            assert waited >= timeout * 0.9 - 0.005, "join(%s) returned after %.4f seconds" % (
                timeout,
                waited,
            )


@clause("thread.join.timeout-ended")
def test_join_with_a_timeout_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            joiner = actors.start(thread.join, 30.0)
            actors.until(lambda: latch.arrivals)
            latch.open()
            assert joiner.returned()
            joiner.start(thread.join, 30.0)
            assert joiner.returned()


@clause("thread.join.timeout-ended")
def test_all_joiners_with_a_timeout_return_when_the_thread_terminates(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        helpers = actors.start_many(3, thread.join, 30.0)
        settle(actors)
        latch.open()
        for joiner in helpers:
            assert joiner.returned()


def check_short_and_long(threading, actors, short, long):
    """join() with the arguments ``short`` returns; with ``long``, it blocks."""
    with Latch(actors.substrate) as latch:
        first, second = [threading.Thread(target=latch.wait) for _ in range(2)]
        actors.call(first.start)
        actors.call(second.start)
        actors.until(lambda: len(latch.arrivals) == 2)
        joiner = actors.start(first.join, *short[0], **short[1])
        assert joiner.returned()
        joiner = actors.start(second.join, *long[0], **long[1])
        assert joiner.is_blocked()
        latch.open()
        joiner.raised()


@clause("thread.join.timeout-int")
def test_the_timeout_may_be_an_integer(threading, actors):
    check_short_and_long(threading, actors, ((0,), {}), ((30,), {}))


@clause("thread.join.timeout-negative")
def test_a_negative_timeout_of_join_is_over_immediately(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        for timeout in (-1.0, -0.001, -1):
            joiner = actors.start(thread.join, timeout)
            over = joiner.returned()
            if not over:
                latch.open()
                joiner.returned()
            assert over, "join(%r) did not return while the thread was alive" % timeout


@clause("thread.join.keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    check_short_and_long(threading, actors, ((), {"timeout": 0.001}), ((), {"timeout": 30.0}))


def check_value(joiner):
    """The join() of an actor returned None, if it returned: that it does is another clause."""
    if joiner.returned():
        assert joiner.value is None


@clause("thread.join.none")
def test_join_returns_none(threading, actors):
    for make in kinds(threading):
        for args in ((), (30.0,)):
            with Running(actors, make) as (thread, latch):
                check_value(actors.start(thread.join, 0.001))
                joiner = join_and_open(actors, latch, thread, *args)
                check_value(joiner)
                check_value(actors.start(thread.join, *args))


@clause("thread.join.none")
def test_join_returns_none_when_the_thread_failed(threading, actors):
    with Sink():
        thread = threading.Thread(target=raiser(Oops("failed")))
        thread.start()
        for args in ((), (30.0,)):
            check_value(actors.start(thread.join, *args))


@clause("thread.join.unstarted-error")
def test_join_of_a_thread_that_is_not_started_is_an_error(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        for args in ((), (0.001,), (0.0,), (30.0,), ()):
            raises(RuntimeError, actors.new().call, thread.join, *args)
        raises(RuntimeError, thread.join, 0.001)


@clause("thread.join.unstarted-error")
def test_join_of_an_unstarted_thread_is_an_error_in_another_thread(threading, actors):
    notes = []
    thread = threading.Thread(target=nothing)
    threading.Thread(target=lambda: attempt(notes, lambda: thread.join(0.01))).start()
    raises(RuntimeError, noted, actors, notes)


@clause("thread.join.unstarted-changes-nothing")
def test_a_thread_can_be_started_after_a_refused_join(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            thread = make(latch.wait)
            for args in ((), (0.01,)):
                actors.start(thread.join, *args).raised()
            settle(actors)
            early = len(latch.arrivals)
            assert early == 0, "the activity ran before start()"
            starter = actors.start(thread.start)
            assert starter.returned()
            arrived = actors.until(lambda: latch.arrivals)
            assert arrived, "after a join() that raised, the thread did not run when started"
            joiner = check_blocks(actors, latch, thread.join)
            assert joiner.returned()


@tells("join() in the thread itself")
def join_itself(actors, make, *args):
    """Let a thread join itself; raises what it raises there."""
    notes = []
    thread = make(lambda: attempt(notes, lambda: thread.join(*args)))
    actors.call(thread.start)
    return noted(actors, notes)


@clause("thread.join.self-error")
def test_a_thread_that_joins_itself_gets_an_error(threading, actors):
    for make in kinds(threading):
        for _ in range(2):
            raises(RuntimeError, join_itself, actors, make)


@clause("thread.join.self-timeout")
def test_a_thread_that_joins_itself_for_a_time(threading, actors, observe):
    joiner = actors.start(join_itself, actors, kinds(threading)[0], 0.01)
    error = joiner.raised()
    if error is None:
        observe("it returns")
    else:
        observe("it raises %s" % type(error).__name__)


@clause("thread.join.self-changes-nothing")
def test_a_refused_join_of_itself_leaves_the_thread_alone(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:

            def activity():
                for _ in range(2):
                    try:
                        thread.join()
                    except:  # noqa: E722
                        pass
                latch.wait()

            thread = make(activity)
            actors.call(thread.start)
            arrived = actors.until(lambda: latch.arrivals)
            assert arrived, "the thread did not go on after it had tried to join itself"
            joiner = check_blocks(actors, latch, thread.join)
            assert joiner.returned()


@clause("thread.join.returns")
def test_threads_of_every_kind_join_a_thread(threading, actors):
    check_joined_by_every_kind(threading, actors, BY_THREAD, "the thread has ended")


def working(threading, actors):
    """A thread that works until its latch is opened, and the latch."""
    latch = Latch(actors.substrate)
    try:
        thread = made_and_started(actors, threading.Thread, target=latch.wait)
    except:  # noqa: E722 - whatever it is, start() may be waiting for the latch
        latch.open()
        raise
    return thread, latch


@clause("thread.join.blocks")
def test_join_blocks_until_the_thread_ends_however_long_that_takes(threading, actors):
    thread, latch = working(threading, actors)
    check_outlasts(actors, latch.open, thread.join)


@clause("thread.join.timeout-none")
def test_join_with_none_blocks_until_the_thread_ends(threading, actors):
    thread, latch = working(threading, actors)
    check_outlasts(actors, latch.open, thread.join, None)


def join(working, timeout):
    """Join a thread that works."""
    thread, _ = working
    thread.join(timeout)


def end_of(working):
    """Let a thread that works end."""
    _, latch = working
    latch.open()


@clause("thread.join.timeout-not-early")
def test_a_time_out_of_join_is_not_cut(threading, actors):
    check_not_early(actors, lambda: working(threading, actors), end_of, join)


@clause("thread.join.timeout-expires")
def test_a_time_out_of_join_is_not_stretched(threading, actors):
    check_not_late(actors, lambda: working(threading, actors), end_of, join)


@clause("thread.join.many-joiners")
def test_the_end_of_a_thread_wakes_other_joiners_while_some_are_held_up(threading, actors):
    for args in ((), (30.0,)):

        def make(args=args):
            latch = actors.substrate.allocate_lock()
            latch.acquire()
            thread = threading.Thread(target=latch.acquire)
            actors.call(thread.start)

            def is_free():
                thread.join(0.0)
                return True

            return lambda: thread.join(*args), latch.release, is_free

        check_wakes(actors, "a thread ended while %d others were in its join()" % CROWD, make)


def check_join(threading, actors, timeouts, may_raise):
    """join(timeout) does not return while the thread is alive; ``may_raise``: but may raise."""
    # A thread for each time-out: a join() that raises may have consequences.
    made = [blocking_thread(threading, actors, BY_THREAD) for _ in timeouts]
    threads = dict([(timeout, pair[0]) for timeout, pair in zip(timeouts, made)])
    if [thread for thread in threads.values() if thread is None]:
        return  # other clauses fail

    def join(timeout):
        threads[timeout].join(timeout)

    check_waits(actors, join, lambda: [end() for _, end in made], timeouts, may_raise)


@clause("thread.join.blocks")
def test_a_thread_lives_on_after_a_timeout_that_was_refused(threading, actors):
    thread, end = blocking_thread(threading, actors, BY_THREAD)
    if thread is None:
        return  # other clauses fail
    joiners = dict([(timeout, actors.start(thread.join, timeout)) for timeout in AGES])
    ended = actors.ended(list(joiners.values()))
    refused = [
        timeout for timeout in AGES if joiners[timeout] in ended and joiners[timeout].raised()
    ]
    joiner = actors.start(thread.join)
    blocked = joiner.is_blocked()
    end()
    assert blocked, "while the thread was alive, join(%s) raised, and then %r" % (
        shown(refused),
        joiner,
    )


@clause("thread.join.timeout-long")
def test_a_long_timeout_of_join_does_not_occur(threading, actors):
    check_join(threading, actors, YEARS, False)


@clause("thread.join.timeout-long")
def test_an_immense_timeout_of_join_does_not_occur(threading, actors):
    check_join(threading, actors, AGES, True)


@clause("thread.join.timeout-unlimited")
def test_an_immense_timeout_of_join_is_accepted(threading, actors):
    check_join(threading, actors, AGES, False)


MULTITUDE = 150  # threads


class Crowd(object):
    """Many low-level threads that call ``function``; fewer where the system allows fewer."""

    def __init__(self, actors, function):
        self._actors = actors
        self._function = function
        self.begun = []
        self.back = []
        self.size = 0
        for _ in range(MULTITUDE):
            try:
                actors.substrate.start_new_thread(self._live, ())
            except Exception:
                break
            self.size += 1

    def _live(self):
        self.begun.append(None)
        self._function()
        self.back.append(None)

    def has_begun(self):
        """Wait for all to begin, and a moment longer."""
        self._actors.until(lambda: len(self.begun) == self.size)
        time.sleep(0.001)

    def check(self, what):
        """All return from their calls; ``what``: says in the message when."""
        self._actors.until(lambda: len(self.back) == self.size)
        assert len(self.back) == self.size, "%s, %d of %d calls returned" % (
            what,
            len(self.back),
            self.size,
        )


@clause("thread.join.many-joiners")
def test_very_many_threads_join_a_thread(threading, actors):
    with Started(actors, by_target(threading)) as (thread, latch):
        crowd = Crowd(actors, thread.join)
        crowd.has_begun()
        latch.open()
        crowd.check("after the end of the thread that they joined")


@clause("thread.join.ended")
def test_a_thread_is_joined_by_one_with_its_identifier(threading, actors):
    for ended, alien in thread_heirs(threading, actors):
        alien.start(threading.currentThread).returned()
        joiner = alien.start(ended.join)
        assert joiner.returned(), repr(joiner)
