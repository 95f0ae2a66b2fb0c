"""``Event`` objects: how they are made, and what goes beyond a single method."""

import time

from threadspec.conformance.battery.support.event import (
    affordable,
    check_all_woken,
    deadline_of_rounds,
    meetings_on_events,
    set_and_clear,
    start_waiting,
)
from threadspec.conformance.battery.support.premises import check_waits_until_set
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
        assert after == before, "set() on one event set another"
        other.set()
        one.clear()
        after = other.isSet()
        assert after, "clear() on one event cleared another"
        other.clear()


@clause("event.factory")
def test_an_event_wakes_only_its_own_waiters(threading, actors):
    first = threading.Event()
    second = threading.Event()
    waiter = actors.start(second.wait)
    waiter.is_blocked()
    first.set()
    assert waiter.is_blocked(), "set() on one event woke a thread that waits for another"
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
    until = deadline_of_rounds(actors)

    def work(first, second):
        for _ in range(rounds):
            first()
            second()
            if clock() >= until:
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
        assert flag, "after many concurrent calls, set() does not set the flag"
        waiter.start(event.wait)
        assert waiter.returned(), "after many concurrent calls, wait() blocks on a true flag"
        event.clear()
        flag = event.isSet()
        assert not flag, "after many concurrent calls, clear() does not reset the flag"
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after many concurrent calls, wait() does not block"
        event.set()
        assert waiter.returned(), "after many concurrent calls, a waiter is not woken"


@clause("event.atomic")
def test_waits_with_timeouts_meet_sets_and_clears(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    rounds = affordable(rounds, event)
    until = deadline_of_rounds(actors)
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
    assert len(ended) == 4, "some calls do not return: %r" % (helpers,)
    for actor in helpers + [pulsing]:
        actor.result()
    waiter = actors.start(event.wait)
    assert waiter.is_blocked(), "after many concurrent calls, wait() does not block"
    event.set()
    assert waiter.returned(), "after many concurrent calls, a waiter is not woken"


@clause("event.atomic")
def test_many_simultaneous_sets_wake_all(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    helpers = [actors.new() for _ in range(3)]
    setters = [actors.new() for _ in range(2)]
    for _ in range(affordable(rounds, event) // 30):
        start_waiting(actors, helpers, event.wait)
        for setter in setters:
            setter.start(event.set)
        actors.ended(helpers, at_least=3)
        for setter in setters:
            setter.result()
        check_all_woken(actors, helpers, "two simultaneous set() calls")
        event.clear()


@clause("event.atomic")
def test_a_set_meets_a_set_at_any_line(threading, actors):
    helpers = [actors.new(), actors.new()]
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.set, event.set), helpers
    ):
        meeting.call.result()
        meeting.other.result()
        check_all_woken(actors, helpers, "two simultaneous set() calls")
        flag = event.isSet()
        assert flag, "after two simultaneous set() calls, the flag is false"


@clause("event.atomic")
def test_a_clear_meets_a_set_at_any_line(threading, actors):
    helpers = [actors.new(), actors.new()]
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.set, event.clear), helpers
    ):
        meeting.call.result()
        meeting.other.result()
        check_all_woken(actors, helpers, "set() and clear() in the middle of it")
        event.set()
        helpers[0].start(event.wait)
        assert helpers[0].returned(), (
            "after simultaneous set() and clear(), then set(), wait() blocks"
        )


@clause("event.atomic")
def test_a_set_meets_a_clear_at_any_line(threading, actors):
    waiter = actors.new()
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.clear, event.set), [waiter]
    ):
        meeting.call.result()
        meeting.other.result()
        assert waiter.returned(), "set() in the middle of clear() did not wake a waiting thread"
        event.set()
        waiter.start(event.wait)
        assert waiter.returned(), "after simultaneous clear() and set(), then set(), wait() blocks"


@clause("event.atomic")
def test_a_set_meets_a_pulse_and_a_wait_at_any_line(threading, actors):
    pulses = []
    waiter = actors.new()

    def pulse_and_wait(event):
        set_and_clear(event)
        pulses.append(event)
        event.wait()

    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.set, lambda: pulse_and_wait(event)), [waiter]
    ):
        meeting.call.result()
        actors.until(lambda: pulses, [meeting.other])
        pulses.pop()
        assert waiter.returned(), "set(), set() and clear() did not wake a waiting thread"
        if not event.isSet():  # clear() came last
            event.set()
        assert meeting.other.returned(), "after simultaneous set() and clear(), wait() blocks"


@clause("event.atomic")
def test_a_clear_meets_a_clear_and_a_wait_at_any_line(threading, actors):
    clears = []

    def clear_and_wait(event):
        event.clear()
        clears.append(event)
        event.wait()

    def calls(event):
        event.set()
        return event.clear, lambda: clear_and_wait(event)

    for event, meeting in meetings_on_events(threading, actors, calls):
        meeting.call.result()
        actors.until(lambda: clears, [meeting.other])
        clears.pop()
        event.set()
        assert meeting.other.returned(), "set() did not wake a thread that waited before a clear()"


@clause("event.atomic")
def test_a_wait_meets_a_wait_at_any_line(threading, actors):
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.wait, event.wait)
    ):
        meeting.call.is_blocked()
        event.set()
        for actor in (meeting.call, meeting.other):
            assert actor.returned(), "set() did not wake both of two simultaneous wait() calls"


@clause("event.atomic")
def test_a_wait_meets_a_clear_at_any_line(threading, actors):
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (event.clear, event.wait)
    ):
        meeting.call.result()
        event.set()
        assert meeting.other.returned(), "set() did not wake a wait() that began during clear()"
