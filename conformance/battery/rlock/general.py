"""``RLock`` objects: how they are made, and what goes beyond a single method."""

import time

from threadspec.conformance.battery.support.identifiers import end_of, successor
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.rlock import acquire_to, is_free, lock_and_unlock
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("rlock.factory")
def test_each_rlock_is_a_new_one(threading, actors):
    several = [threading.RLock() for _ in range(4)]
    for lock in several:
        same = len([another for another in several if another is lock])
        assert same == 1, "%d of 4 locks made one after the other are the same" % same
    first, second = several[:2]
    first.acquire()
    assert is_free(actors, second)
    second.acquire()
    first.release()
    assert not is_free(actors, second)
    assert is_free(actors, first)


@clause("rlock.factory")
def test_a_thread_may_own_two_rlocks(threading, actors):
    locks = [threading.RLock() for _ in range(2)]
    owner = actors.new()
    for lock in locks:
        owner.call(lock.acquire)
    for lock in locks:
        assert not is_free(actors, lock)
    owner.call(locks[0].release)
    assert is_free(actors, locks[0])
    assert not is_free(actors, locks[1])


@clause("rlock.methods")
def test_an_rlock_has_acquire_and_release(threading):
    lock = threading.RLock()
    assert callable(lock.acquire)
    assert callable(lock.release)


@clause("rlock.created-unlocked")
def test_a_new_rlock_can_be_taken_by_any_thread(threading, actors):
    for _ in range(3):
        lock = threading.RLock()
        taker = actors.start(lock.acquire)
        assert taker.returned()


@clause("rlock.created-unlocked")
def test_a_new_rlock_is_unlocked_whatever_became_of_others(threading, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = threading.RLock()
            acquire_to(other, 2)
            if forgotten:
                other = None
            lock = threading.RLock()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("rlock.mutual-exclusion")
def test_one_owner_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()
    inside = []
    most = []

    def work(outer, inner):
        for _ in range(rounds // 4):
            got = lock.acquire(*outer)
            if outer == (False,) and not got:
                time.sleep(0)
                continue
            lock.acquire(*inner)
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    forms = (((), ()), ((True,), (False,)), ((False,), ()), ((), (True,)))
    helpers = [actors.start(work, outer, inner) for outer, inner in forms]
    ended = actors.ended(helpers, at_least=4)
    assert len(ended) == 4, "%d of 4 threads that share a lock came to an end" % len(ended)
    for actor in helpers:
        actor.result()
    assert max(most) == 1, "%d threads owned the lock at once" % max(most)


@clause("rlock.mutual-exclusion")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        locks = []

        def prepare():
            locks.append(threading.RLock())
            return [lambda: locks[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            check_one_owns(actors, locks[-1], [meeting.call, meeting.other])


def check_one_owns(actors, lock, pair):
    """Check that of two actors that acquire, one owns ``lock``; let the other one follow."""
    owners = actors.ended(pair, at_least=1)
    assert len(owners) == 1, "%d of 2 threads own the lock at once" % len(owners)
    owners[0].call(lock.release)
    assert len(actors.ended(pair, at_least=2)) == 2


@clause("rlock.mutual-exclusion")
def test_an_attempt_amid_a_release(threading, actors):
    locks = []

    def prepare():
        locks.append(threading.RLock())
        return lambda: lock_and_unlock(locks[-1]), lambda: locks[-1].acquire(False)

    for meeting in meetings(actors, prepare):
        if meeting.other.result():
            meeting.other.call(locks[-1].release)
            meeting.call.result()
        else:  # it owns nothing, and no other thread does when the call has ended
            meeting.call.result()
            first, second = [
                actor.call(locks[-1].acquire, False) for actor in (meeting.other, meeting.call)
            ]
            assert first, "nobody owns the lock, and it cannot be acquired"
            assert not second, "two threads own the lock"


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
