"""``Event.clear()``."""

from threadspec.conformance.battery.support.event import set_and_clear
from threadspec.conformance.battery.support.premises import check_waits_until_set, holds
from threadspec.conformance.harness.vocabulary import clause


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
