"""Event Objects: one case or more for each clause of ``spec/event.toml``."""

import time

from threadspec.conformance.battery.premises import check_waits_until_set, holds
from threadspec.conformance.battery.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, truth

# A time-out, in seconds, that no case waits for: the harness gives up long before it is over.
LONG = 30.0

# A time-out that cases do wait for.
SHORT = 0.002


def set_and_clear(event):
    event.set()
    event.clear()


def affordable(rounds, event):
    """``rounds``, or fewer where the methods of an event are so slow that it would take long."""
    began = clock()
    for _ in range(5):
        set_and_clear(event)
    seconds = (clock() - began) / 10
    return max(10, min(rounds, int(0.25 / max(seconds, 1e-9))))


# -- the object -----------------------------------------------------------------------------------


@clause("event.factory")
def test_each_event_is_a_new_one(threading):
    first = threading.Event()
    second = threading.Event()
    assert first is not second
    for one, other in ((first, second), (second, first)):
        before = bool(other.isSet())
        one.set()
        after = bool(other.isSet())
        assert after == before, "setting one event set another"
        other.set()
        one.clear()
        after = other.isSet()
        assert after, "clearing one event cleared another"
        other.clear()


@clause("event.factory")
def test_an_event_wakes_only_its_own_waiters(threading, actors):
    first = threading.Event()
    second = threading.Event()
    waiter = actors.start(second.wait)
    waiter.is_blocked()
    first.set()
    assert waiter.is_blocked(), "setting one event woke a thread that waits for another"
    second.set()
    assert waiter.returned()


@clause("event.initially-false")
def test_the_flag_of_a_new_event_is_false(threading, actors):
    for _ in range(3):
        event = threading.Event()
        flag = event.isSet()
        assert not flag
        event.set()
    event = threading.Event()
    flag = actors.call(event.isSet)
    assert not flag


@clause("event.initially-false")
def test_the_flag_is_false_whichever_thread_made_the_event(threading, actors):
    maker = actors.new()
    for _ in range(2):
        event = maker.call(threading.Event)
        here, there = event.isSet(), maker.call(event.isSet)
        assert not here
        assert not there
        maker.call(event.set)


@clause("event.methods")
def test_an_event_has_its_methods(threading):
    event = threading.Event()
    assert callable(event.isSet)
    assert callable(event.set)
    assert callable(event.clear)
    assert callable(event.wait)


# -- isSet ----------------------------------------------------------------------------------------


@clause("event.isset.tells-the-flag")
def test_isset_follows_the_flag(threading, actors):
    event = threading.Event()
    other = actors.new()
    for _ in range(12):
        event.set()
        here, there = event.isSet(), other.call(event.isSet)
        assert here
        assert there
        event.clear()
        here, there = event.isSet(), other.call(event.isSet)
        assert not here
        assert not there


@clause("event.isset.tells-the-flag")
def test_isset_is_false_while_threads_wait(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    helpers = actors.start_many(2, event.wait)
    actors.ended(helpers)
    flag = event.isSet()
    event.set()
    actors.ended(helpers, at_least=2)
    assert not flag, "isSet() is true although nobody has called set()"


@clause("event.isset.changes-nothing")
def test_isset_may_be_called_again_and_again(threading, actors):
    event = threading.Event()
    set_and_clear(event)
    flags = [event.isSet() for _ in range(5)]
    assert not any(flags), "isSet() became true by being called"
    event.set()
    flags = [event.isSet() for _ in range(5)]
    assert all(flags), "isSet() became false by being called"
    waiter = actors.start(event.wait)
    assert waiter.returned(), "after isSet(), wait() blocks on a flag that is true"


@clause("event.isset.changes-nothing")
def test_isset_wakes_nobody(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait)
    waiter.is_blocked()
    for _ in range(3):
        event.isSet()
    assert waiter.is_blocked(), "isSet() woke a waiting thread"
    event.set()
    assert waiter.returned(), "after isSet(), a waiting thread is not woken"


# -- set ------------------------------------------------------------------------------------------


@clause("event.set.sets-the-flag")
def test_set_makes_the_flag_true(threading):
    event = threading.Event()
    for _ in range(20):
        event.set()
        flag = event.isSet()
        assert flag
        event.clear()


@clause("event.set.sets-the-flag")
def test_set_makes_the_flag_true_while_threads_wait(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    for count in (1, 3, 2):
        helpers = actors.start_many(count, event.wait)
        actors.ended(helpers)
        event.set()
        flag = event.isSet()
        assert flag
        actors.ended(helpers, at_least=count)
        event.clear()


@clause("event.set.again")
def test_set_twice_is_set_once(threading, actors):
    event = threading.Event()
    for _ in range(2):
        for _ in range(3):
            event.set()
            flag = event.isSet()
            assert flag, "set() on a flag that was true made it false"
        waiter = actors.start(event.wait)
        assert waiter.returned(), "after several set() calls, wait() blocks"
        event.clear()
        flag = event.isSet()
        assert not flag, "after several set() calls, one clear() does not reset the flag"


@clause("event.set.any-thread")
def test_any_thread_may_set(threading, actors):
    event = threading.Event()
    for _ in range(3):
        setter = actors.start(event.set)
        assert setter.returned()
        flag = event.isSet()
        assert flag
        event.clear()


@clause("event.set.any-thread")
def test_a_thread_that_has_waited_may_set(threading, actors):
    event = threading.Event()
    first, second = actors.new(), actors.new()
    for waiter, setter in ((first, second), (second, first), (first, second)):
        waiter.start(event.wait)
        waiter.is_blocked()
        setter.start(event.set)
        assert setter.returned()
        assert waiter.returned()
        event.clear()


@clause("event.set.wakes-a-waiter")
def test_set_wakes_a_blocked_thread(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = [actors.new() for _ in range(3)]
    for count in [1] * 6 + [3] * (affordable(45, threading.Event()) // 3):
        waiters = helpers[:count]
        for actor in waiters:
            actor.start(event.wait)
        actors.ended(waiters)
        event.set()
        for actor in waiters:
            assert actor.returned()
        event.clear()


@clause("event.set.wakes-a-waiter")
def test_every_one_of_many_events_wakes_its_waiter(threading, actors):
    check_waits_until_set(actors, threading.Event)
    waiter = actors.new()
    for _ in range(5):
        event = threading.Event()
        waiter.start(event.wait)
        waiter.is_blocked()
        event.set()
        assert waiter.returned()


@clause("event.set.wakes-a-waiter")
def test_set_wakes_a_thread_that_looked_first(threading, actors):
    event = threading.Event()

    def wait():
        if not event.isSet():
            event.wait()

    waiter = actors.new()
    for _ in range(2):
        waiter.start(wait).is_blocked()
        event.set()
        assert waiter.returned()
        event.clear()


@clause("event.set.wakes-all")
def test_set_wakes_a_hundred_threads(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = actors.start_many(100, event.wait)
    actors.ended(helpers)
    event.set()
    ended = actors.ended(helpers, at_least=100)
    assert len(ended) == 100, "%d of 100 waiting threads were woken" % len(ended)


@clause("event.set.wakes-all")
def test_set_wakes_all_threads_every_time(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    for count in (2, 8, 3, 5, 7, 1, 6, 4):
        helpers = actors.start_many(count, event.wait)
        actors.ended(helpers)
        event.set()
        ended = actors.ended(helpers, at_least=count)
        assert len(ended) == count, "%d of %d waiting threads were woken" % (len(ended), count)
        event.clear()


@clause("event.set.wakes-timed-waiters")
def test_set_wakes_threads_that_wait_with_timeouts(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    waiter = actors.start(event.wait, LONG)
    waiter.is_blocked()
    event.set()
    assert waiter.returned(), "a thread in wait(30.0) is not woken"
    for _ in range(2):
        event.clear()
        helpers = [actors.start(event.wait, *args) for args in ((LONG,), (), (2 * LONG,), ())]
        helpers[-1].is_blocked()
        event.set()
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d of 4 waiting threads were woken: %r" % (len(ended), helpers)


@clause("event.set.wakes-though-cleared")
def test_threads_return_though_the_flag_is_cleared_at_once(threading, actors):
    event = threading.Event()
    helpers = [actors.new() for _ in range(12)]
    for _ in range(3):
        for actor in helpers:
            actor.start(event.wait)
        actors.ended(helpers)
        set_and_clear(event)
        ended = actors.ended(helpers, at_least=12)
        assert len(ended) == 12, "%d of 12 waiting threads returned after set() and clear()" % len(
            ended
        )


@clause("event.set.wakes-though-cleared")
def test_threads_return_from_every_one_of_many_pulses(threading, actors):
    event = threading.Event()
    helpers = [actors.new() for _ in range(3)]
    for _ in range(affordable(20, event)):
        for actor in helpers:
            actor.start(event.wait)
        actors.ended(helpers)
        set_and_clear(event)
        ended = actors.ended(helpers, at_least=3)
        assert len(ended) == 3, "%d of 3 waiting threads returned after set() and clear()" % len(
            ended
        )


@clause("event.set.wakes-though-cleared")
def test_timed_waiters_return_though_the_flag_is_cleared_at_once(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = actors.start_many(2, event.wait, LONG)
    actors.ended(helpers)
    set_and_clear(event)
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "not all returned after set() and clear(): %r" % (helpers,)


@clause("event.set.not-lost")
def test_no_set_is_lost_on_a_thread_about_to_wait(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    rounds = affordable(rounds // 2, threading.Event())
    events = [threading.Event() for _ in range(rounds)]
    until = clock() + actors.durations["positive"] / 4  # fewer waits where threads wake slowly

    def wait(number):
        if clock() < until:
            events[number].wait()

    def signal(number):
        events[number].set()

    actors.race([wait, signal], rounds)


@clause("event.set.not-lost")
def test_no_set_is_lost_at_any_line_of_wait(threading, actors):
    def prepare():
        event = threading.Event()
        return event.wait, event.set

    for meeting in meetings(actors, prepare):
        meeting.other.result()
        assert meeting.call.returned(), "wait() is not woken by a set() that met it"


@clause("event.set.not-lost")
def test_no_set_is_lost_at_any_line_of_wait_with_a_timeout(threading, actors):
    def prepare():
        event = threading.Event()
        return (lambda: event.wait(LONG)), event.set

    for meeting in meetings(actors, prepare):
        meeting.other.result()
        assert meeting.call.returned(), "wait(30.0) is not woken by a set() that met it"


@clause("event.set.not-lost")
def test_no_wait_is_lost_at_any_line_of_set(threading, actors):
    waiter = actors.new()

    def prepare():
        event = threading.Event()
        waiter.start(event.wait).is_blocked()
        return event.set, event.wait

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        assert meeting.other.returned(), "a wait() that met set() is not woken"
        assert waiter.returned(), "a thread is not woken by a set() that met another wait()"


@clause("event.set.not-lost")
def test_the_first_wait_is_not_lost_at_any_line_of_set(threading, actors):
    def prepare():
        event = threading.Event()
        return event.set, event.wait

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        assert meeting.other.returned(), "a wait() that met set() is not woken"


@clause("event.set.not-lost")
def test_no_set_is_lost_on_a_thread_that_a_pulse_met_at_any_line_of_wait(threading, actors):
    events = []

    def prepare():
        event = threading.Event()
        events.append(event)
        return event.wait, lambda: set_and_clear(event)

    for meeting in meetings(actors, prepare):
        meeting.other.result()
        meeting.call.is_blocked()  # or has ended: whether the pulse wakes it is left open
        events.pop().set()
        assert meeting.call.returned(), "set() does not wake a thread whose wait() met a pulse"


@clause("event.set.not-lost")
def test_two_threads_take_turns_by_two_events(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    ping = threading.Event()
    pong = threading.Event()
    rounds = affordable(rounds, threading.Event())

    until = clock() + actors.durations["positive"] / 4  # fewer rounds where threads wake slowly
    over = []

    def server():
        while True:
            ping.wait()
            ping.clear()
            if over:
                break
            pong.set()

    def client():
        for _ in range(rounds):
            ping.set()
            pong.wait()
            pong.clear()
            if clock() >= until:
                break
        over.append(None)
        ping.set()

    helpers = [actors.start(server), actors.start(client)]
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "a wake-up was lost: %r" % (helpers,)
    for actor in helpers:
        actor.result()


@clause("event.set.later-waits-return")
def test_wait_returns_while_the_flag_is_true(threading, actors):
    event = threading.Event()
    waiter = actors.new()
    for _ in range(2):
        event.set()
        for _ in range(3):
            waiter.start(event.wait)
            assert waiter.returned()
            another = actors.start(event.wait)
            assert another.returned()
        event.clear()


@clause("event.set.later-waits-return")
def test_wait_returns_after_a_set_that_woke_others(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    for _ in range(2):
        helpers = actors.start_many(2, event.wait)
        actors.ended(helpers)
        event.set()
        late = actors.start(event.wait)
        assert late.returned()
        actors.ended(helpers, at_least=2)
        late = actors.start(event.wait)
        assert late.returned()
        event.clear()


@clause("event.set.later-waits-return")
def test_the_thread_that_set_the_flag_does_not_block(threading, actors):
    for _ in range(2):
        event = threading.Event()
        setter = actors.new()
        for _ in range(2):
            setter.call(event.set)
            setter.start(event.wait)
            assert setter.returned()


# -- clear ----------------------------------------------------------------------------------------


@clause("event.clear.resets-the-flag")
def test_clear_makes_the_flag_false(threading, actors):
    event = threading.Event()
    clearer = actors.new()
    for _ in range(10):
        event.set()
        event.clear()
        flag = event.isSet()
        assert not flag
        event.set()
        clearer.start(event.clear)
        assert clearer.returned()
        flag = event.isSet()
        assert not flag


@clause("event.clear.resets-the-flag")
def test_clear_makes_the_flag_false_after_threads_were_woken(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    for _ in range(2):
        helpers = actors.start_many(2, event.wait)
        actors.ended(helpers)
        event.set()
        actors.ended(helpers, at_least=2)
        event.clear()
        flag = event.isSet()
        assert not flag


@clause("event.clear.again")
def test_clear_twice_is_clear_once(threading, actors):
    event = threading.Event()
    for _ in range(2):
        for _ in range(3):
            event.clear()
            flag = event.isSet()
            assert not flag, "clear() on a flag that was false made it true"
        waiter = actors.start(event.wait)
        waiter.is_blocked()
        event.set()
        assert waiter.returned(), "after several clear() calls, one set() does not wake a waiter"
        flag = event.isSet()
        assert flag, "after several clear() calls, one set() does not set the flag"
        late = actors.start(event.wait)
        assert late.returned(), "after several clear() calls and a set(), wait() blocks"


@clause("event.clear.waits-block-again")
def test_wait_blocks_again_after_clear(threading, actors):
    event = threading.Event()
    waiter = actors.new()
    for _ in range(4):
        set_and_clear(event)
        waiter.start(event.wait)
        assert waiter.is_blocked()
        event.set()
        assert waiter.returned()
        event.clear()


@clause("event.clear.waits-block-again")
def test_wait_blocks_again_after_pulses_that_woke_threads(threading, actors):
    event = threading.Event()
    helpers = [actors.new() for _ in range(2)]
    for _ in range(4):
        for actor in helpers:
            actor.start(event.wait)
        ended = actors.ended(helpers)
        assert ended == [], "a thread came through on an event that was cleared"
        event.set()
        if (
            len(actors.ended(helpers, at_least=2)) < 2
            or not helpers[0].start(event.wait).returned()
        ):
            return  # another clause's business
        event.clear()


@clause("event.clear.waits-block-again")
def test_the_thread_that_cleared_the_flag_blocks(threading, actors):
    event = threading.Event()
    event.set()
    waiter = actors.new()
    waiter.call(event.wait)
    waiter.call(event.clear)
    waiter.start(event.wait)
    assert waiter.is_blocked()
    event.set()
    assert waiter.returned()


@clause("event.clear.wakes-nobody")
def test_clear_wakes_no_waiter_and_forgets_none(threading, actors):
    event = threading.Event()
    set_and_clear(event)
    helpers = actors.start_many(3, event.wait)
    actors.ended(helpers)
    for _ in range(3):
        event.clear()
        ended = actors.ended(helpers)
        assert ended == [], "clear() woke %d threads" % len(ended)
    event.set()
    ended = actors.ended(helpers, at_least=3)
    assert len(ended) == 3, "after clear(), set() woke %d of 3 waiting threads" % len(ended)


# -- wait -----------------------------------------------------------------------------------------


@clause("event.wait.blocks")
def test_wait_blocks_until_the_flag_is_true(threading, actors):
    for _ in range(3):
        event = threading.Event()
        waiter = actors.start(event.wait)
        assert waiter.is_blocked()
        event.set()
        assert waiter.returned()


@clause("event.wait.blocks")
def test_every_thread_that_waits_blocks(threading, actors):
    event = threading.Event()
    helpers = actors.start_many(5, event.wait)
    ended = actors.ended(helpers)
    assert ended == []
    event.set()
    actors.ended(helpers, at_least=5)


@clause("event.wait.blocks")
def test_wait_blocks_beside_a_wait_with_a_timeout(threading, actors):
    event = threading.Event()
    timed = actors.start(event.wait, LONG)
    timed.is_blocked()
    helpers = actors.start_many(2, event.wait)
    ended = actors.ended(helpers)
    assert ended == []
    event.set()
    actors.ended(helpers + [timed], at_least=3)


@clause("event.wait.none")
def test_wait_none_is_wait_without_a_timeout(threading, actors):
    event = threading.Event()
    for _ in range(2):
        waiter = actors.start(event.wait, None)
        assert waiter.is_blocked(), "wait(None) does not block"
        event.set()
        assert waiter.returned(), "wait(None) is not woken"
        late = actors.start(event.wait, None)
        assert late.returned(), "wait(None) blocks on a flag that is true"
        event.clear()


@clause("event.wait.leaves-the-flag")
def test_the_flag_stays_true_when_wait_returns(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    for count in (2, 5, 1):
        helpers = actors.start_many(count, event.wait)
        actors.ended(helpers)
        event.set()
        actors.ended(helpers, at_least=count)
        flag = event.isSet()
        assert flag, "the flag is false after a thread was woken"
        for args in ((), (LONG,), (0.0,), ()):
            actors.start(event.wait, *args).returned()
            flag = event.isSet()
            assert flag, "the flag is false after wait%r" % (args,)
        event.clear()


@clause("event.wait.sees-the-flag")
def test_a_woken_thread_finds_the_flag_true(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    rounds = affordable(rounds // 4, threading.Event())
    events = [threading.Event() for _ in range(rounds)]
    until = clock() + actors.durations["positive"] / 4  # fewer waits where threads wake slowly

    def wait(number):
        event = events[number]
        if clock() >= until:
            return True
        event.wait()
        return event.isSet()

    def signal(number):
        events[number].set()

    flags = actors.race([wait, signal], rounds)
    late = len([1 for flag in flags if not flag[0]])
    assert late == 0, "wait() returned before the flag was true"


@clause("event.wait.sees-the-flag")
def test_the_flag_is_true_for_threads_woken_at_any_line_of_set(threading, actors):
    helpers = [actors.new(), actors.new()]

    def prepare():
        event = threading.Event()

        def wait():
            event.wait()
            return event.isSet()

        for actor in helpers:
            actor.start(wait)
        actors.ended(helpers)
        return event.set, lambda: time.sleep(0.0005)  # a thread that was woken has time to return

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        for actor in helpers:
            flag = actor.result()
            assert flag, "wait() returned before the flag was true"


@clause("event.wait.sees-the-flag")
def test_blocked_threads_find_the_flag_true_when_woken(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()

    def wait():
        event.wait()
        return event.isSet()

    helpers = [actors.new() for _ in range(3)]
    for _ in range(affordable(rounds, threading.Event()) // 30):
        for actor in helpers:
            actor.start(wait)
        actors.ended(helpers)
        event.set()
        for actor in helpers:
            flag = actor.result()
            assert flag, "wait() returned before the flag was true"
        event.clear()


# -- wait with a time-out -------------------------------------------------------------------------


@clause("event.wait.timeout-set-returns")
def test_wait_does_not_wait_for_the_timeout_when_the_flag_is_true(threading, actors):
    event = threading.Event()
    for timeout in (LONG, SHORT, 2 * LONG):
        event.set()
        for _ in range(2):
            waiter = actors.start(event.wait, timeout)
            assert waiter.returned()
        event.clear()


@clause("event.wait.timeout-expires")
def test_wait_returns_when_the_timeout_occurs(threading, actors):
    event = threading.Event()
    waiter = actors.new()
    for timeout in (SHORT, 0.001, SHORT):
        waiter.start(event.wait, timeout)
        assert waiter.returned()


@clause("event.wait.timeout-expires")
def test_wait_returns_when_the_timeout_occurs_while_others_wait(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # another clause's business
    event = threading.Event()
    others = [actors.start(event.wait), actors.start(event.wait, LONG)]
    others[0].is_blocked()
    helpers = actors.start_many(3, event.wait, SHORT)
    ended = actors.ended(helpers, at_least=3)
    actors.start(event.set).returned()
    actors.ended(others, at_least=2)
    assert len(ended) == 3, "%d of 3 threads returned at their time-outs" % len(ended)


@clause("event.wait.timeout-expires")
def test_wait_returns_when_the_timeout_occurs_after_clear(threading, actors):
    event = threading.Event()
    for _ in range(2):
        set_and_clear(event)
        waiter = actors.start(event.wait, SHORT)
        assert waiter.returned()


@clause("event.wait.timeout-not-early")
def test_wait_does_not_return_before_the_timeout(threading, actors):
    event = threading.Event()
    took = []

    def measure(*timeouts):
        for timeout in timeouts:
            began = clock()
            event.wait(timeout)
            took.append((timeout, clock() - began))

    # At the same time, so that one of them occurs while others are still waiting.
    helpers = [actors.start(measure, 0.01, 0.01, 0.01), actors.start(measure, 0.028)]
    time.sleep(0.005)
    helpers.append(actors.start(measure, 0.022))
    for actor in helpers:
        actor.returned()
    for timeout, seconds in took:
        # A clock may be coarse; that much earlier is not early.
        assert seconds >= 0.9 * timeout - 0.005, "wait(%s) returned early" % timeout


@clause("event.wait.timeout-not-early")
def test_a_long_timeout_keeps_a_thread_blocked(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait, LONG)
    blocked = waiter.is_blocked()
    event.set()
    waiter.returned()
    assert blocked, "wait(30.0) returned at once"


@clause("event.wait.timeout-zero")
def test_a_timeout_of_zero_is_over_at_once(threading, actors):
    event = threading.Event()
    for _ in range(3):
        waiter = actors.start(event.wait, 0.0)
        assert waiter.returned(), "wait(0.0) does not return while the flag is false"
    event.set()
    waiter = actors.start(event.wait, 0.0)
    assert waiter.returned(), "wait(0.0) does not return while the flag is true"


@clause("event.wait.timeout-negative")
def test_a_negative_timeout_is_over_at_once(threading, actors):
    event = threading.Event()
    for timeout in (-1.0, -0.001, -1):
        waiter = actors.start(event.wait, timeout)
        assert waiter.returned()
    event.set()
    waiter = actors.start(event.wait, -1.0)
    assert waiter.returned()


@clause("event.wait.timeout-integer")
def test_a_timeout_may_be_a_whole_number(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait, 0)
    assert waiter.returned(), "wait(0) does not return"
    waiter = actors.start(event.wait, 30)
    blocked = waiter.is_blocked()
    event.set()
    waiter.raised()
    assert blocked, "wait(30) does not block"
    waiter = actors.start(event.wait, 1)
    assert waiter.returned(), "wait(1) does not return"


@clause("event.wait.timeout-keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait, timeout=SHORT)
    assert waiter.returned(), "wait(timeout=%s) does not return" % SHORT
    event.set()
    for timeout in (LONG, None):
        waiter = actors.start(event.wait, timeout=timeout)
        assert waiter.returned(), "wait(timeout=%s) blocks on a flag that is true" % timeout


@clause("event.wait.timeout-flag-unchanged")
def test_the_flag_is_false_after_a_timeout(threading, actors):
    event = threading.Event()
    set_and_clear(event)
    for timeout in (SHORT, 0.0, SHORT):
        actors.start(event.wait, timeout).returned()
        flag = event.isSet()
        assert not flag


@clause("event.wait.timeout-harmless")
def test_waits_and_sets_work_after_a_timeout(threading, actors):
    event = threading.Event()
    waiter = actors.new()
    for timeout in (SHORT, 0.0, SHORT):
        if not waiter.start(event.wait, timeout).returned():
            return  # another clause's business
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after a time-out, wait() does not block"
        event.set()
        assert waiter.returned(), "after a time-out, a waiter is not woken by set()"
        late = actors.start(event.wait)
        assert late.returned(), "after a time-out, wait() blocks on a flag that is true"
        event.clear()
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after a time-out and clear(), wait() does not block"
        event.set()
        assert waiter.returned(), "after a time-out and clear(), a waiter is not woken by set()"
        event.clear()


@clause("event.wait.timeout-harmless")
def test_a_timeout_does_no_harm_to_other_waiters(threading, actors):
    event = threading.Event()
    for _ in range(2):
        helpers = []
        for timeout in (SHORT, 0.0, SHORT):
            helpers += actors.start_many(1, event.wait)
            actors.ended(helpers)
            actors.start(event.wait, timeout).returned()
            ended = actors.ended(helpers)
            assert ended == [], "a time-out of one waiter woke another"
        helpers += actors.start_many(1, event.wait)
        actors.ended(helpers)
        event.set()
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "after time-outs of others, set() woke %d of 4 waiters" % len(ended)
        event.clear()


@clause("event.wait.timeout-harmless")
def test_threads_timed_out_are_not_in_the_way_of_a_set(threading, actors):
    event = threading.Event()
    setter = actors.new()
    for _ in range(2):
        timed = actors.start_many(3, event.wait, SHORT)
        helpers = actors.start_many(2, event.wait)
        actors.ended(timed, at_least=3)
        actors.ended(helpers)
        setter.start(event.set)
        assert setter.returned(), "set() fails after time-outs"
        ended = actors.ended(helpers, at_least=2)
        assert len(ended) == 2, "after time-outs of others, set() woke %d of 2 waiters" % len(ended)
        setter.call(event.clear)
        waiter = actors.start(event.wait)
        assert waiter.is_blocked(), "after time-outs, set() and clear(), wait() does not block"
        setter.call(event.set)
        waiter.returned()
        setter.call(event.clear)


@clause("event.wait.timeout-meets-set")
def test_timeouts_meet_a_set(threading, actors, rounds):
    # The setter sleeps for as long as the time-outs are, so that they occur as it sets the event;
    # each event that was set lets the others begin to wait for the next one together.
    check_waits_until_set(actors, threading.Event)
    events = [threading.Event() for _ in range(affordable(rounds // 4, threading.Event()))]
    delay = 0.0001
    unset = []

    def wait_with_and_without():
        for event in events:
            event.wait(delay)
            event.wait()

    def wait_without():
        for event in events:
            event.wait()

    def signal():
        for event in events:
            time.sleep(delay)
            event.set()
            if not event.isSet():
                unset.append(event)

    helpers = [actors.start(step) for step in (wait_with_and_without, wait_without)]
    helpers += actors.start_many(2, wait_with_and_without)
    setter = actors.start(signal)
    setter.result()
    ended = actors.ended(helpers, at_least=4)
    for actor in ended:
        actor.result()
    assert len(ended) == 4, "%d of 4 threads were not woken" % (4 - len(ended))
    assert len(unset) == 0, "the flag was not true after set()"


@clause("event.wait.timeout-meets-set")
def test_a_set_meets_a_timeout_at_any_line_of_wait(threading, actors):
    events = []
    waiter = actors.new()

    def prepare():
        event = threading.Event()
        events.append(event)
        waiter.start(event.wait).is_blocked()
        return (lambda: event.wait(0.0003)), event.set

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        flag = events.pop().isSet()
        assert flag, "the flag is not true after set()"
        assert waiter.returned(), "a thread is not woken by a set() that met a time-out"


@clause("event.wait.timeout-meets-set")
def test_a_timeout_meets_a_set_at_any_line_of_it(threading, actors):
    check_waits_until_set(actors, threading.Event)
    events = []
    first, timed, last = helpers = [actors.new(), actors.new(), actors.new()]

    def expire():
        until = clock() + 0.002
        while not timed.has_ended() and clock() < until:
            time.sleep(0.0001)

    def prepare():
        event = threading.Event()
        events.append(event)
        first.start(event.wait).is_blocked()
        timed.start(event.wait, 0.001)
        last.start(event.wait).is_blocked()
        return event.set, expire

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        timed.result()
        flag = events.pop().isSet()
        assert flag, "the flag is not true after set()"
        for actor in helpers:
            assert actor.returned(), "a thread is not woken by a set() that met a time-out"


@clause("event.wait.value")
def test_what_wait_returns(threading, actors, observe):
    def outcome(actor):
        if actor.returned():
            return truth(actor.value)
        return "no return"

    event = threading.Event()
    timed_out = outcome(actors.start(event.wait, SHORT))
    waiter = actors.start(event.wait)
    waiter.is_blocked()
    event.set()
    woken = outcome(waiter)
    at_once = outcome(actors.start(event.wait, SHORT))
    observe("set on entry: " + at_once)
    observe("woken: " + woken)
    observe("timed out: " + timed_out)


# -- many threads at once -------------------------------------------------------------------------


@clause("event.atomic")
def test_sets_and_clears_meet(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    rounds = affordable(rounds, event)
    until = clock() + actors.durations["positive"] / 4

    def work(first, second):
        for _ in range(rounds):
            first()
            second()
            if clock() >= until:  # it takes long for a thread to go on
                break

    helpers = [
        actors.start(work, event.set, event.clear),
        actors.start(work, event.clear, event.set),
        actors.start(work, event.isSet, event.set),
    ]
    for actor in helpers:
        actor.result()
    waiter = actors.new()
    event.clear()
    for _ in range(2):
        event.set()
        flag = event.isSet()
        assert flag, "after many calls at once, set() does not set the flag"
        waiter.start(event.wait)
        assert waiter.returned(), "after many calls at once, wait() blocks on a true flag"
        event.clear()
        flag = event.isSet()
        assert not flag, "after many calls at once, clear() does not reset the flag"
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after many calls at once, wait() does not block"
        event.set()
        assert waiter.returned(), "after many calls at once, a waiter is not woken"


@clause("event.atomic")
def test_waits_with_timeouts_meet_sets_and_clears(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    rounds = affordable(rounds, event)
    until = clock() + actors.durations["positive"] / 4  # fewer waits where threads wake slowly
    stop = []

    def pulse():
        while not stop:
            event.set()
            event.clear()
            time.sleep(0)

    def wait(*args):
        for _ in range(rounds // 4):
            event.wait(*args)
            if clock() >= until:
                break

    pulsing = actors.start(pulse)
    helpers = [actors.start(wait, *args) for args in ((0.0,), (0.00005,), (0.0001,), ())]
    ended = actors.ended(helpers, at_least=4)
    stop.append(True)
    pulsing.returned()
    assert len(ended) == 4, "calls do not return: %r" % (helpers,)
    for actor in helpers + [pulsing]:
        actor.result()
    waiter = actors.start(event.wait)
    assert waiter.is_blocked(), "after many calls at once, wait() does not block"
    event.set()
    assert waiter.returned(), "after many calls at once, a waiter is not woken"


@clause("event.atomic")
def test_many_sets_at_once_wake_all(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = [actors.new() for _ in range(3)]
    setters = [actors.new() for _ in range(2)]
    for _ in range(affordable(rounds, event) // 30):
        for actor in helpers:
            actor.start(event.wait)
        actors.ended(helpers)
        for setter in setters:
            setter.start(event.set)
        ended = actors.ended(helpers, at_least=3)
        for setter in setters:
            setter.result()
        assert len(ended) == 3, "two set() calls at once woke %d of 3 threads" % len(ended)
        event.clear()


@clause("event.atomic")
def test_a_set_meets_a_set_at_any_line(threading, actors):
    events = []
    helpers = [actors.new(), actors.new()]

    def prepare():
        event = threading.Event()
        events.append(event)
        for actor in helpers:
            actor.start(event.wait)
        actors.ended(helpers)
        return event.set, event.set

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        for actor in helpers:
            assert actor.returned(), "two set() calls that met did not wake a waiting thread"
        flag = events.pop().isSet()
        assert flag, "the flag is not true after two set() calls that met"


@clause("event.atomic")
def test_a_clear_meets_a_set_at_any_line(threading, actors):
    events = []
    helpers = [actors.new(), actors.new()]

    def prepare():
        event = threading.Event()
        events.append(event)
        for actor in helpers:
            actor.start(event.wait)
        actors.ended(helpers)
        return event.set, event.clear

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        for actor in helpers:
            assert actor.returned(), "a set() that clear() met did not wake a waiting thread"
        event = events.pop()
        event.set()
        helpers[0].start(event.wait)
        assert helpers[0].returned(), "after set() and clear() met, wait() blocks on a true flag"


@clause("event.atomic")
def test_a_set_meets_a_clear_at_any_line(threading, actors):
    events = []
    waiter = actors.new()

    def prepare():
        event = threading.Event()
        events.append(event)
        waiter.start(event.wait).is_blocked()
        return event.clear, event.set

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        assert waiter.returned(), "a set() that met clear() did not wake a waiting thread"
        event = events.pop()
        event.set()
        waiter.start(event.wait)
        assert waiter.returned(), "after clear() and set() met, wait() blocks on a true flag"


@clause("event.atomic")
def test_a_set_meets_a_pulse_and_a_wait_at_any_line(threading, actors):
    events = []
    pulses = []
    waiter = actors.new()

    def prepare():
        event = threading.Event()
        events.append(event)
        waiter.start(event.wait).is_blocked()

        def pulse_and_wait():
            set_and_clear(event)
            pulses.append(event)
            event.wait()

        return event.set, pulse_and_wait

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        actors.until(lambda: pulses, [meeting.other])
        pulses.pop()
        assert waiter.returned(), "two set() calls, one of which met clear(), did not wake a thread"
        event = events.pop()
        if not event.isSet():  # the pulse came last
            event.set()
        assert meeting.other.returned(), "wait() blocks on a true flag after set() and clear() met"


@clause("event.atomic")
def test_a_clear_meets_a_clear_and_a_wait_at_any_line(threading, actors):
    events = []
    clears = []

    def prepare():
        event = threading.Event()
        events.append(event)
        event.set()

        def clear_and_wait():
            event.clear()
            clears.append(event)
            event.wait()

        return event.clear, clear_and_wait

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        actors.until(lambda: clears, [meeting.other])
        clears.pop()
        events.pop().set()
        assert meeting.other.returned(), "set() did not wake a thread that waited before a clear()"


@clause("event.atomic")
def test_a_wait_meets_a_wait_at_any_line(threading, actors):
    events = []

    def prepare():
        event = threading.Event()
        events.append(event)
        return event.wait, event.wait

    for meeting in meetings(actors, prepare):
        meeting.call.is_blocked()
        events.pop().set()
        for actor in (meeting.call, meeting.other):
            assert actor.returned(), "set() did not wake both of two wait() calls that met"


@clause("event.atomic")
def test_a_wait_meets_a_clear_at_any_line(threading, actors):
    events = []

    def prepare():
        event = threading.Event()
        events.append(event)
        return event.clear, event.wait

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        events.pop().set()
        assert meeting.other.returned(), "set() did not wake a thread whose wait() met clear()"
