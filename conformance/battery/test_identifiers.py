"""Identifiers that recur: the system gives those of ended threads to new ones.

No thread is to be taken for one that has ended, whoever started the two.
"""

from threadspec.conformance.battery.identifiers import (
    ATTEMPTS,
    await_end,
    end_of,
    successor,
)
from threadspec.conformance.battery.starting import let_one_end
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import NotOffered, clause


def aliens(threading, actors):
    """The dummy of an alien thread that has ended, and an actor with that thread's identifier."""
    let_one_end(threading, actors)
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    end_of(actors, alien)
    return dummy, successor(actors, alien.ident)


def after_a_thread(threading, actors):
    """A thread of the module that has ended, and an actor with that thread's identifier."""
    seen = []

    def target():
        seen.append((actors.substrate.get_ident(), blocking.own_tid()))

    thread = threading.Thread(target=target)
    starter = actors.new()
    starter.start(thread.start)
    if not actors.until(lambda: seen):
        raise NotOffered("a thread does not run its target")  # another clause's business
    ident, tid = seen[0]
    if tid in (blocking.own_tid(), starter.tid):
        raise NotOffered("the module's threads run in those that start them")
    starter.start(thread.join).returned()  # the system may keep the identifier until then
    await_end(actors, tid)
    return thread, successor(actors, ident)


@clause("alien.alive")
def test_the_dummy_of_a_recurring_identifier_is_alive(threading, actors):
    _, alien = aliens(threading, actors)
    dummy = alien.call(threading.currentThread)
    for alive in (dummy.isAlive(), alien.call(dummy.isAlive)):
        assert alive, "in an alien thread with an ended one's identifier, isAlive() returned False"


@clause("alien.daemonic")
def test_the_dummy_of_a_recurring_identifier_is_daemonic(threading, actors):
    _, alien = aliens(threading, actors)
    flag = alien.call(threading.currentThread).isDaemon()
    assert flag


@clause("alien.same")
def test_the_dummy_of_a_recurring_identifier_is_the_same_each_time(threading, actors):
    _, alien = aliens(threading, actors)
    dummy = alien.call(threading.currentThread)
    for _ in range(2):
        again = alien.call(threading.currentThread)
        assert again is dummy


@clause("alien.one-each")
def test_the_dummy_of_a_recurring_identifier_stands_for_one_thread(threading, actors):
    others = [threading.currentThread(), actors.call(threading.currentThread)]
    _, alien = aliens(threading, actors)
    dummy = alien.call(threading.currentThread)
    others.append(actors.call(threading.currentThread))
    same = [other for other in others if other is dummy]
    assert not same, "currentThread() gave one object in two threads"


@clause("enumerate.includes-alien")
def test_the_dummy_of_a_recurring_identifier_is_listed(threading, actors):
    _, alien = aliens(threading, actors)
    dummy = alien.call(threading.currentThread)
    count = len([thread for thread in threading.enumerate() if thread is dummy])
    assert count == 1, "enumerate() lists the thread object of an alien thread %d times" % count


@clause("alien.dummy")
def test_an_alien_thread_with_the_identifier_of_a_thread_gets_an_object(threading, actors):
    ended, alien = after_a_thread(threading, actors)
    dummy = alien.call(threading.currentThread)
    assert dummy is not ended, (
        "in an alien thread, currentThread() gave the object of a thread that has ended"
    )
    name = dummy.getName()
    assert hasattr(name, "upper"), "getName() returned %r, which is no string" % (name,)


@clause("enumerate.excludes-terminated")
def test_a_thread_is_not_listed_again_with_its_identifier(threading, actors):
    ended, alien = after_a_thread(threading, actors)
    alien.start(threading.currentThread).returned()
    count = len([thread for thread in threading.enumerate() if thread is ended])
    assert not count, "a new thread has its identifier; enumerate() lists the ended thread"


@clause("thread.join.ended")
def test_a_thread_is_joined_by_one_with_its_identifier(threading, actors):
    ended, alien = after_a_thread(threading, actors)
    alien.start(threading.currentThread).returned()
    joiner = alien.start(ended.join)
    assert joiner.returned(), repr(joiner)


@clause("currentthread.in-target")
def test_a_thread_with_the_identifier_of_an_alien_gets_its_own_object(threading, actors):
    alien, starter = actors.new(), actors.new()
    dummy = alien.call(threading.currentThread)
    end_of(actors, alien)
    for _ in range(ATTEMPTS):
        seen = []

        def target(seen=seen):
            tid = blocking.own_tid()
            seen.append((actors.substrate.get_ident(), tid, threading.currentThread()))

        thread = threading.Thread(target=target)
        starter.start(thread.start)
        if not actors.until(lambda: seen):  # noqa: B023
            raise NotOffered("a thread does not run its target")  # another clause's business
        ident, tid, current = seen[0]
        if ident == alien.ident:
            assert current is thread, (
                "in a thread that the module started, currentThread() gave another object%s"
                % (current is dummy and ", that of an alien thread that has ended" or "")
            )
            return
        if tid in (blocking.own_tid(), starter.tid):
            raise NotOffered("the module's threads run in those that start them")
        await_end(actors, tid)
    raise NotOffered("no new thread has got the identifier of one that has ended")


@clause("rlock.owner-ended")
def test_a_lock_whose_owner_has_ended(threading, actors, observe):
    lock = threading.RLock()
    owner, other = actors.new(), actors.new()
    owner.call(lock.acquire)
    end_of(actors, owner)
    if other.call(lock.acquire, False):
        observe("becomes free")
        return
    passes = successor(actors, owner.ident).call(lock.acquire, False)
    observe(passes and "passes to a new thread with the same identifier" or "stays locked")
