"""``Event.isSet()``."""

from threadspec.conformance.battery.support.event import blocked, set_and_clear
from threadspec.conformance.battery.support.premises import check_waits_until_set, holds
from threadspec.conformance.harness.vocabulary import clause


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
        return  # the subject of another clause
    event = threading.Event()
    helpers = blocked(actors, 2, event.wait)
    flag = event.isSet()
    event.set()
    actors.ended(helpers, at_least=2)
    assert not flag


@clause("event.isset.changes-nothing")
def test_isset_may_be_called_again_and_again(threading, actors):
    event = threading.Event()
    set_and_clear(event)
    flags = [bool(event.isSet()) for _ in range(5)]
    assert not any(flags), "isSet() called 5 times after clear() returned %r" % flags
    event.set()
    flags = [bool(event.isSet()) for _ in range(5)]
    assert all(flags), "isSet() called 5 times after set() returned %r" % flags
    waiter = actors.start(event.wait)
    assert waiter.returned(), "after set() and isSet(), wait() blocks"


@clause("event.isset.changes-nothing")
def test_isset_wakes_nobody(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait)
    waiter.is_blocked()
    for _ in range(3):
        event.isSet()
    assert waiter.is_blocked(), "isSet() woke a waiting thread"
    event.set()
    assert waiter.returned(), "after isSet(), set() does not wake a waiting thread"
