"""``Event.wait()``, with a time-out and without.

More of its cases are in ``battery/shared/waits.py``.
"""

import time

from threadspec.conformance.battery.shared import waits
from threadspec.conformance.battery.support.event import (
    affordable,
    blocked,
    check_all_woken,
    check_blocks_until_set,
    deadline_of_rounds,
    meetings_on_events,
    set_and_clear,
    start_waiting,
    woken,
)
from threadspec.conformance.battery.support.premises import check_waits_until_set, holds
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import bind, clause, truth

bind(globals(), waits)

# A time-out that cases do wait for.
SHORT = 0.002


@clause("event.wait.blocks")
def test_wait_blocks_until_the_flag_is_true(threading, actors):
    for _ in range(3):
        event = threading.Event()
        check_blocks_until_set(event, actors.start(event.wait))


@clause("event.wait.blocks")
def test_every_thread_that_waits_blocks(threading, actors):
    event = threading.Event()
    helpers = actors.start_many(5, event.wait)
    assert actors.ended(helpers) == []
    event.set()
    actors.ended(helpers, at_least=5)


@clause("event.wait.blocks")
def test_wait_blocks_beside_a_wait_with_a_timeout(threading, actors):
    event = threading.Event()
    timed = actors.start(event.wait, LONG)
    timed.is_blocked()
    helpers = actors.start_many(2, event.wait)
    assert actors.ended(helpers) == []
    event.set()
    actors.ended(helpers + [timed], at_least=3)


@clause("event.wait.none")
def test_wait_none_is_wait_without_a_timeout(threading, actors):
    event = threading.Event()
    for _ in range(2):
        check_blocks_until_set(event, actors.start(event.wait, None))
        late = actors.start(event.wait, None)
        assert late.returned(), "wait(None) blocks although the flag is true"
        event.clear()


@clause("event.wait.leaves-the-flag")
def test_the_flag_stays_true_when_wait_returns(threading, actors):
    if not holds(check_waits_until_set, actors, threading.Event):
        return  # the subject of another clause
    event = threading.Event()
    for count in (2, 5, 1):
        woken(actors, event, count)
        flag = event.isSet()
        assert flag, "the flag is false after set() woke %d threads" % count
        for args in ((), (LONG,), (0.0,), ()):
            actors.start(event.wait, *args).returned()
            flag = event.isSet()
            assert flag, "the flag is false after wait(%s)" % ", ".join(map(repr, args))
        event.clear()


@clause("event.wait.sees-the-flag")
def test_a_woken_thread_finds_the_flag_true(threading, actors, rounds):
    check_waits_until_set(actors, threading.Event)
    rounds = affordable(rounds // 4, threading.Event())
    events = [threading.Event() for _ in range(rounds)]
    until = deadline_of_rounds(actors)

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

    def wait(event):
        event.wait()
        return event.isSet()

    def calls(event):
        start_waiting(actors, helpers, wait, event)
        return event.set, lambda: time.sleep(0.0005)  # a thread that was woken has time to return

    for _, meeting in meetings_on_events(threading, actors, calls):
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
        start_waiting(actors, helpers, wait)
        event.set()
        for actor in helpers:
            flag = actor.result()
            assert flag, "wait() returned before the flag was true"
        event.clear()


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
        return  # the subject of another clause
    event = threading.Event()
    others = [actors.start(event.wait), actors.start(event.wait, LONG)]
    others[0].is_blocked()
    helpers = actors.start_many(3, event.wait, SHORT)
    ended = len(actors.ended(helpers, at_least=3))
    actors.start(event.set).returned()
    actors.ended(others, at_least=2)
    assert ended == 3, "%d of 3 calls of wait(%s) returned" % (ended, SHORT)


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

    # Simultaneously, so that one time-out occurs while other threads still wait.
    helpers = [actors.start(measure, 0.01, 0.01, 0.01), actors.start(measure, 0.028)]
    time.sleep(0.005)
    helpers.append(actors.start(measure, 0.022))
    for actor in helpers:
        actor.returned()
    for timeout, seconds in took:
        # Clocks may be coarse.
        assert seconds >= 0.9 * timeout - 0.005, "wait(%s) returned after %.4f seconds" % (
            timeout,
            seconds,
        )


@clause("event.wait.timeout-not-early")
def test_a_long_timeout_keeps_a_thread_blocked(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait, LONG)
    still_blocked = waiter.is_blocked()
    shown = repr(waiter)
    event.set()
    waiter.returned()
    assert still_blocked, "%s; it must block" % shown


@clause("event.wait.timeout-zero")
def test_a_timeout_of_zero_is_over_immediately(threading, actors):
    event = threading.Event()
    for _ in range(3):
        waiter = actors.start(event.wait, 0.0)
        assert waiter.returned(), "while the flag is false, wait(0.0) does not return"
    event.set()
    waiter = actors.start(event.wait, 0.0)
    assert waiter.returned(), "while the flag is true, wait(0.0) does not return"


@clause("event.wait.timeout-negative")
def test_a_negative_timeout_is_over_immediately(threading, actors):
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
    assert waiter.returned()
    waiter = actors.start(event.wait, 30)
    still_blocked = waiter.is_blocked()
    shown = repr(waiter)
    event.set()
    waiter.raised()
    assert still_blocked, "%s; it must block" % shown
    waiter = actors.start(event.wait, 1)
    assert waiter.returned()


@clause("event.wait.timeout-keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    event = threading.Event()
    waiter = actors.start(event.wait, timeout=SHORT)
    assert waiter.returned()
    event.set()
    for timeout in (LONG, None):
        waiter = actors.start(event.wait, timeout=timeout)
        assert waiter.returned(), "wait(timeout=%s) blocks although the flag is true" % timeout


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
            return  # the subject of another clause
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after a time-out, wait() does not block"
        event.set()
        assert waiter.returned(), "after a time-out, set() does not wake a waiter"
        late = actors.start(event.wait)
        assert late.returned(), "after a time-out and set(), wait() blocks"
        event.clear()
        waiter.start(event.wait)
        assert waiter.is_blocked(), "after a time-out and clear(), wait() does not block"
        event.set()
        assert waiter.returned(), "after a time-out and clear(), set() does not wake a waiter"
        event.clear()


@clause("event.wait.timeout-harmless")
def test_a_timeout_does_no_harm_to_other_waiters(threading, actors):
    event = threading.Event()
    for _ in range(2):
        helpers = []
        for timeout in (SHORT, 0.0, SHORT):
            helpers += blocked(actors, 1, event.wait)
            actors.start(event.wait, timeout).returned()
            ended = actors.ended(helpers)
            assert ended == [], "the time-out of one waiter woke another"
        helpers += blocked(actors, 1, event.wait)
        event.set()
        check_all_woken(actors, helpers, "time-outs of other waiters and set()")
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
        assert setter.returned()
        check_all_woken(actors, helpers, "time-outs of other waiters and set()")
        setter.call(event.clear)
        waiter = actors.start(event.wait)
        assert waiter.is_blocked(), "after time-outs, set() and clear(), wait() does not block"
        setter.call(event.set)
        waiter.returned()
        setter.call(event.clear)


@clause("event.wait.timeout-meets-set")
def test_timeouts_meet_a_set(threading, actors, rounds):
    # The setter sleeps for the length of the time-outs, so that they occur as it sets the event;
    # each event that is set lets the other threads begin to wait for the next one together.
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
    assert len(unset) == 0, "after set() the flag was false %d times" % len(unset)


@clause("event.wait.timeout-meets-set")
def test_a_set_meets_a_timeout_at_any_line_of_wait(threading, actors):
    waiter = actors.new()
    for event, meeting in meetings_on_events(
        threading, actors, lambda event: (lambda: event.wait(0.0003), event.set), [waiter]
    ):
        meeting.call.result()
        meeting.other.result()
        flag = event.isSet()
        assert flag, "after set() the flag is false"
        assert waiter.returned(), "set() during a time-out does not wake a waiting thread"


@clause("event.wait.timeout-meets-set")
def test_a_timeout_meets_a_set_at_any_line_of_it(threading, actors):
    check_waits_until_set(actors, threading.Event)
    first, timed, last = helpers = [actors.new(), actors.new(), actors.new()]

    def expire():
        until = clock() + 0.002
        while not timed.has_ended() and clock() < until:
            time.sleep(0.0001)

    def calls(event):
        first.start(event.wait).is_blocked()
        timed.start(event.wait, 0.001)
        last.start(event.wait).is_blocked()
        return event.set, expire

    for event, meeting in meetings_on_events(threading, actors, calls):
        meeting.call.result()
        meeting.other.result()
        timed.result()
        flag = event.isSet()
        assert flag, "after set() the flag is false"
        check_all_woken(actors, helpers, "set() and a time-out during it")


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
    notified = outcome(waiter)
    set_before = outcome(actors.start(event.wait, SHORT))
    observe("set on entry: " + set_before)
    observe("woken: " + notified)
    observe("timed out: " + timed_out)
