"""Alien threads, which the module did not start, and their dummy thread objects."""

import gc
import time

from threadspec.conformance.battery.support import stepping
from threadspec.conformance.battery.support.alien import (
    alien_and_dummy,
    check_string,
    current_in_thread,
    refused,
)
from threadspec.conformance.battery.support.daemon import check_flag
from threadspec.conformance.battery.support.identifiers import alien_heirs, end_of, thread_heirs
from threadspec.conformance.battery.support.starting import let_one_end
from threadspec.conformance.battery.support.thread import attempt, check_alive
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import clause, tells


@tells("enumerate() lists the thread")
def lists(threading, thread):
    """Whether enumerate() lists ``thread``."""
    return any([one is thread for one in threading.enumerate()])


@tells("getName()")
def marked_name(threading, mark):
    """Set the name of the calling thread's object to ``mark``, if that is possible; its name."""
    thread = threading.currentThread()
    try:
        thread.setName(mark)
    except Exception:
        pass  # a dummy has limited functionality
    return thread.getName()


class QuickMeeting(stepping.Meeting):
    """A Meeting whose cost grows with the number of threads only if a call is blocked."""

    def take_place(self):
        """Let the two meet; whether the call was stopped at its line, not at its end."""
        if not self._soon(lambda: self.met or self.call.has_ended()):
            self.call.is_blocked()
        met = self.met
        self.other.start(self._meanwhile)
        if not self._soon(self.other.has_ended):
            self.other.is_blocked()
        self._resume.release()
        return met

    def _soon(self, condition):
        patience = blocking.clock() + 0.01
        while not condition() and blocking.clock() < patience:
            time.sleep(0)
        return condition()


def newcomer(actors):
    """A new actor that has no thread object yet.

    One with the identifier of an alien thread that has ended may have the object that this one left
    behind.  It is kept, so that the next one gets another identifier.
    """
    for _ in range(1000):
        actor = actors.new()
        actor.call(int)  # its identifier is known afterwards
        if actor.is_first:
            break
    return actor


@clause("alien.instance")
def test_a_dummy_thread_object_is_an_instance_of_thread(threading, actors):
    if isinstance(threading.Thread, type):
        alien = actors.call(threading.currentThread)
        assert isinstance(alien, threading.Thread), (
            "currentThread() in an alien thread returned a %s, which is no instance of Thread"
            % type(alien).__name__
        )


@clause("alien.dummy")
def test_an_alien_thread_gets_a_thread_object(threading, actors, naming):
    for _ in range(2):
        dummy = actors.call(threading.currentThread)
        assert dummy is not None
        naming.check(dummy, "getName isDaemon")


@clause("alien.dummy")
def test_an_alien_thread_has_a_name(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    for name in (dummy.getName(), alien.call(dummy.getName)):
        check_string(name)


@clause("alien.same")
def test_an_alien_thread_gets_the_same_object_each_time(threading, actors):
    first, of_first = alien_and_dummy(threading, actors)
    second, of_second = alien_and_dummy(threading, actors)
    for _ in range(3):
        again = first.call(threading.currentThread)
        assert again is of_first
        again = second.call(threading.currentThread)
        assert again is of_second


@clause("alien.kept")
def test_a_dummy_that_nobody_holds_is_kept(threading, actors):
    alien = actors.new()
    before = alien.call(marked_name, threading, "kept")
    gc.collect()
    after = alien.call(lambda: threading.currentThread().getName())
    assert after == before


@clause("alien.kept")
def test_a_dummy_that_nobody_holds_stays_listed(threading, actors):
    alien = actors.new()
    name = alien.call(marked_name, threading, "kept and listed")
    gc.collect()
    names = [thread.getName() for thread in threading.enumerate()]
    alien.call(marked_name, threading, "dummy")
    assert name in names


@clause("alien.one-each")
def test_alien_threads_at_the_same_time_get_different_objects(threading, actors):
    helpers = [actors.new() for _ in range(6)]
    seen = [threading.currentThread(), current_in_thread(threading, actors)]
    for alien in helpers:
        dummy = alien.call(threading.currentThread)
        assert not [one for one in seen if one is dummy], (
            "currentThread() returned the same object in two threads"
        )
        seen.append(dummy)


@clause("alien.one-each")
def test_alien_threads_whose_first_calls_meet(threading, actors):
    until = blocking.clock() + stepping.BUDGET
    step = 0
    on = True
    while on and blocking.clock() < until:
        step += 1
        pair = newcomer(actors), newcomer(actors)  # each time, for which it is the first call
        ask = threading.currentThread
        meeting = QuickMeeting(actors.substrate, pair, ask, ask, step)
        on = meeting.take_place()
        first, second = [alien.result() for alien in pair]
        assert first is not second, "currentThread() returned the same object in two threads"


@clause("alien.one-each")
def test_alien_threads_that_ask_at_the_same_moment(threading, actors, rounds):
    for seen in actors.race([lambda number: threading.currentThread()] * 3, rounds // 16):
        for index in range(3):
            same = len([dummy for dummy in seen if dummy is seen[index]])
            assert same == 1, "currentThread() returned the same object in %d alien threads" % same


@clause("alien.alive")
def test_a_dummy_is_alive(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    check_alive(dummy, alien)


@clause("alien.daemonic")
def test_a_dummy_is_daemonic(threading, actors):
    let_one_end(threading, actors)
    for _ in range(2):
        alien, dummy = alien_and_dummy(threading, actors)
        check_flag(dummy, True, alien)


@clause("alien.daemonic")
def test_a_dummy_stays_daemonic(threading, actors):
    let_one_end(threading, actors)
    alien, dummy = alien_and_dummy(threading, actors)
    for caller in (alien, actors.new()):
        refused(lambda: caller.call(dummy.setDaemon, False))
        check_flag(dummy, True)


@clause("alien.not-joinable")
def test_a_dummy_cannot_be_joined(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    for _ in range(2):
        for timeout in ((), (None,), (0.01,), (0.0,), (30.0,)):
            joiner = actors.start(dummy.join, *timeout)
            error = joiner.raised()
            assert error is not None, "%r, expected an exception" % joiner


@clause("alien.not-joinable")
def test_a_dummy_cannot_be_joined_by_a_thread_of_the_module(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    if dummy is threading.currentThread():
        return  # it has no dummy thread object, which is another clause's business
    for timeout in ((), (0.01,)):
        notes = []
        join = threading.Thread(target=lambda: attempt(notes, lambda: dummy.join(*timeout)))
        actors.call(join.start)
        actors.until(lambda: notes)
        raised = [error for _, error in notes if error is not None]
        assert raised, "join() of a dummy thread object %s, expected an exception" % (
            notes and "returned" or "did not return"
        )


@clause("alien.not-joinable")
def test_an_alien_thread_cannot_join_itself(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    for timeout in ((), (0.01,)):
        error = alien.start(dummy.join, *timeout).raised()
        assert error is not None, "%r, expected an exception" % alien


@clause("alien.not-joinable")
def test_a_refused_join_changes_nothing(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    actors.start(dummy.join, 0.01).raised()
    alien.start(dummy.join, 0.01).raised()
    again = alien.call(threading.currentThread)
    assert again is dummy


@clause("alien.unknown-before")
def test_an_alien_thread_that_has_not_asked(threading, actors, observe):
    before = threading.enumerate()
    alien = actors.new()
    alien.call(int)
    more = [
        thread for thread in threading.enumerate() if not [one for one in before if one is thread]
    ]
    observe(more and "listed" or "not listed")


@clause("alien.never-deleted")
def test_a_dummy_is_listed_after_the_end_of_its_thread(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    end_of(actors, alien)
    for _ in range(2):
        kept = lists(threading, dummy)
        assert kept
        threading.currentThread()


@clause("alien.alive-after-end")
def test_a_dummy_is_alive_after_the_end_of_its_thread(threading, actors):
    alien, dummy = alien_and_dummy(threading, actors)
    end_of(actors, alien)
    for _ in range(2):
        alive = dummy.isAlive()
        assert alive
        threading.enumerate()


@clause("alien.alive")
def test_the_dummy_of_a_recurring_identifier_is_alive(threading, actors):
    for _, alien in alien_heirs(threading, actors):
        check_alive(alien.call(threading.currentThread), alien)


@clause("alien.daemonic")
def test_the_dummy_of_a_recurring_identifier_is_daemonic(threading, actors):
    for _, alien in alien_heirs(threading, actors):
        check_flag(alien.call(threading.currentThread), True, alien)


@clause("alien.same")
def test_the_dummy_of_a_recurring_identifier_is_the_same_each_time(threading, actors):
    for _, alien in alien_heirs(threading, actors):
        dummy = alien.call(threading.currentThread)
        for _ in range(2):
            again = alien.call(threading.currentThread)
            assert again is dummy


@clause("alien.one-each")
def test_the_dummy_of_a_recurring_identifier_stands_for_one_thread(threading, actors):
    others = [threading.currentThread(), actors.call(threading.currentThread)]
    for _, alien in alien_heirs(threading, actors):
        dummy = alien.call(threading.currentThread)
        others.append(actors.call(threading.currentThread))
        same = [other for other in others if other is dummy]
        assert not same, "currentThread() returned the same object in two threads"


@clause("alien.dummy")
def test_an_alien_thread_with_the_identifier_of_a_thread_gets_an_object(threading, actors):
    for ended, alien in thread_heirs(threading, actors):
        dummy = alien.call(threading.currentThread)
        assert dummy is not ended, (
            "currentThread() in an alien thread returned the object of a thread that had ended"
        )
        check_string(dummy.getName())
