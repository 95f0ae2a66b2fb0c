"""``Event.set()``."""

from threadspec.conformance.battery.support.crossing import helpers, pairs
from threadspec.conformance.battery.support.delaying import CROWD, check_wakes
from threadspec.conformance.battery.support.event import (
    affordable,
    blocked,
    check_all_woken,
    deadline_of_rounds,
    meetings_on_events,
    set_and_clear,
    start_waiting,
)
from threadspec.conformance.battery.support.premises import check_waits_until_set, holds
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause


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
        return  # the subject of another clause
    event = threading.Event()
    for count in (1, 3, 2):
        helpers = blocked(actors, count, event.wait)
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
            assert flag, "set() made a true flag false"
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
        start_waiting(actors, waiters, event.wait)
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
    helpers = blocked(actors, 100, event.wait)
    event.set()
    check_all_woken(actors, helpers, "set()")


@clause("event.set.wakes-all")
def test_set_wakes_all_threads_every_time(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    for count in (2, 8, 3, 5, 7, 1, 6, 4):
        helpers = blocked(actors, count, event.wait)
        event.set()
        check_all_woken(actors, helpers, "set()")
        event.clear()


@clause("event.set.wakes-timed-waiters")
def test_set_wakes_threads_that_wait_with_timeouts(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    waiter = actors.start(event.wait, LONG)
    waiter.is_blocked()
    event.set()
    assert waiter.returned()
    for _ in range(2):
        event.clear()
        helpers = [actors.start(event.wait, *args) for args in ((LONG,), (), (2 * LONG,), ())]
        helpers[-1].is_blocked()
        event.set()
        ended = len(actors.ended(helpers, at_least=4))
        assert ended == 4, "after set(), %d of 4 calls of wait() returned: %r" % (ended, helpers)


@clause("event.set.wakes-though-cleared")
def test_threads_return_though_the_flag_is_cleared_immediately(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = [actors.new() for _ in range(12)]
    for _ in range(3):
        start_waiting(actors, helpers, event.wait)
        set_and_clear(event)
        check_all_woken(actors, helpers, "set() and clear()")


@clause("event.set.wakes-though-cleared")
def test_threads_return_from_every_one_of_many_pulses(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = [actors.new() for _ in range(3)]
    for _ in range(affordable(20, event)):
        start_waiting(actors, helpers, event.wait)
        set_and_clear(event)
        check_all_woken(actors, helpers, "set() and clear()")


@clause("event.set.wakes-though-cleared")
def test_timed_waiters_return_though_the_flag_is_cleared_immediately(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = blocked(actors, 2, event.wait, LONG)
    set_and_clear(event)
    check_all_woken(actors, helpers, "set() and clear()")


@clause("event.set.not-lost")
def test_no_set_is_lost_on_a_thread_about_to_wait(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    rounds = affordable(rounds // 2, threading.Event())
    events = [threading.Event() for _ in range(rounds)]
    until = deadline_of_rounds(actors)

    def wait(number):
        if clock() < until:
            events[number].wait()

    def signal(number):
        events[number].set()

    actors.race([wait, signal], rounds)


@clause("event.set.not-lost")
def test_no_set_is_lost_at_any_line_of_wait(threading, actors):
    for _, meeting in meetings_on_events(threading, actors, lambda event: (event.wait, event.set)):
        meeting.other.result()
        assert meeting.call.returned(), "a simultaneous set() does not wake wait()"


@clause("event.set.not-lost")
def test_no_set_is_lost_at_any_line_of_wait_with_a_timeout(threading, actors):
    for _, meeting in meetings_on_events(
        threading, actors, lambda event: (lambda: event.wait(LONG), event.set)
    ):
        meeting.other.result()
        assert meeting.call.returned(), "a simultaneous set() does not wake wait(30.0)"


@clause("event.set.not-lost")
def test_no_wait_is_lost_at_any_line_of_set(threading, actors):
    waiter = actors.new()
    for _, meeting in meetings_on_events(
        threading, actors, lambda event: (event.set, event.wait), [waiter]
    ):
        meeting.call.result()
        assert meeting.other.returned(), "a simultaneous set() does not wake wait()"
        assert waiter.returned(), (
            "set() with a wait() in the middle of it does not wake a waiting thread"
        )


@clause("event.set.not-lost")
def test_the_first_wait_is_not_lost_at_any_line_of_set(threading, actors):
    for _, meeting in meetings_on_events(threading, actors, lambda event: (event.set, event.wait)):
        meeting.call.result()
        assert meeting.other.returned(), "a simultaneous set() does not wake wait()"


@clause("event.set.not-lost")
def test_no_set_is_lost_on_a_thread_that_a_pulse_met_at_any_line_of_wait(threading, actors):
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.wait, lambda: set_and_clear(event))
    ):
        meeting.other.result()
        meeting.call.is_blocked()  # or has ended: whether set() and clear() wake it is left open
        event.set()
        assert meeting.call.returned(), (
            "set() does not wake a wait() during which set() and clear() came"
        )


@clause("event.set.not-lost")
def test_two_threads_take_turns_by_two_events(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    ping = threading.Event()
    pong = threading.Event()
    rounds = affordable(rounds, threading.Event())
    until = deadline_of_rounds(actors)
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
    assert len(ended) == 2, "a set() was lost: %r" % (helpers,)
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
        return  # the subject of another clause
    event = threading.Event()
    for _ in range(2):
        helpers = blocked(actors, 2, event.wait)
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


@clause("event.set.wakes-a-waiter")
def test_a_set_wakes_a_thread_of_another_kind(threading, actors):
    for waiter, setter in pairs(threading, actors):
        event = threading.Event()
        waiter.start(event.wait)
        assert waiter.is_blocked(), "the flag is false: %r" % waiter
        setter.call(event.set)
        assert waiter.returned(), "after a set() in a %s: %r" % (setter, waiter)


@clause("event.set.wakes-timed-waiters")
def test_a_set_wakes_a_thread_of_another_kind_before_its_timeout(threading, actors):
    for waiter, setter in pairs(threading, actors):
        event = threading.Event()
        waiter.start(event.wait, LONG)
        waiter.is_blocked()
        setter.call(event.set)
        assert waiter.returned(), "after a set() in a %s: %r" % (setter, waiter)


@clause("event.set.wakes-all")
def test_a_set_wakes_threads_of_every_kind(threading, actors):
    members = helpers(threading, actors)
    for setter in [actors.new(), members[-1]]:
        event = threading.Event()
        waiters = [actor for actor in members if actor is not setter]
        for actor in waiters:
            actor.start(event.wait)
        if actors.ended(waiters):
            return  # the subject of another clause
        setter.call(event.set)
        asleep = [actor for actor in waiters if not actor.returned()]
        assert not asleep, "after a set() in a %s: %r" % (setter, asleep)


@clause("event.set.any-thread")
def test_threads_of_every_kind_set_clear_and_read_the_flag(threading, actors):
    for one, other in pairs(threading, actors):
        event = threading.Event()
        for method, expected in ((event.set, True), (event.clear, False), (event.set, True)):
            one.call(method)
            flag = bool(other.call(event.isSet))
            assert flag == expected, "after a %s() in a %s, isSet() in a %s returned %r" % (
                method.__name__,
                one,
                other,
                flag,
            )


@clause("event.set.wakes-all")
def test_set_wakes_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    def make():
        event = threading.Event()

        def is_free():
            event.clear()
            event.wait(0.0)
            event.set()
            return True

        return event.wait, event.set, is_free

    check_wakes(actors, "set() was called while %d threads waited" % CROWD, make)
