"""``Event.clear()``."""

from threadspec.conformance.battery.support.event import (
    blocked,
    check_all_woken,
    check_blocks_until_set,
    set_and_clear,
    start_waiting,
    woken,
)
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
        return  # the subject of another clause
    event = threading.Event()
    for _ in range(2):
        woken(actors, event, 2)
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
            assert not flag, "clear() made a false flag true"
        waiter = actors.start(event.wait)
        waiter.is_blocked()
        event.set()
        assert waiter.returned(), "after several clear() calls, one set() does not wake a waiter"
        flag = event.isSet()
        assert flag, "after several clear() calls, one set() does not set the flag"
        late = actors.start(event.wait)
        assert late.returned(), "after several clear() calls and one set(), wait() blocks"


@clause("event.clear.waits-block-again")
def test_wait_blocks_again_after_clear(threading, actors):
    event = threading.Event()
    waiter = actors.new()
    for _ in range(4):
        set_and_clear(event)
        waiter.start(event.wait)
        check_blocks_until_set(event, waiter)
        event.clear()


@clause("event.clear.waits-block-again")
def test_wait_blocks_again_after_pulses_that_woke_threads(threading, actors):
    event = threading.Event()
    helpers = [actors.new() for _ in range(2)]
    for _ in range(4):
        ended = start_waiting(actors, helpers, event.wait)
        assert ended == [], "after clear(), %d of 2 calls of wait() returned" % len(ended)
        event.set()
        ended = actors.ended(helpers, at_least=2)
        if len(ended) < 2 or not helpers[0].start(event.wait).returned():
            return  # the subject of another clause
        event.clear()


@clause("event.clear.waits-block-again")
def test_the_thread_that_cleared_the_flag_blocks(threading, actors):
    event = threading.Event()
    event.set()
    waiter = actors.new()
    waiter.call(event.wait)
    waiter.call(event.clear)
    waiter.start(event.wait)
    check_blocks_until_set(event, waiter)


@clause("event.clear.wakes-nobody")
def test_clear_wakes_no_waiter_and_forgets_none(threading, actors):
    event = threading.Event()
    set_and_clear(event)
    helpers = blocked(actors, 3, event.wait)
    for _ in range(3):
        event.clear()
        ended = actors.ended(helpers)
        assert ended == [], "clear() woke %d threads" % len(ended)
    event.set()
    check_all_woken(actors, helpers, "clear() and set()")
