"""``Event`` objects: how they are made, and what goes beyond a single method."""

import time

from threadspec.conformance.battery.support.event import affordable, set_and_clear
from threadspec.conformance.battery.support.premises import check_waits_until_set
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause


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
