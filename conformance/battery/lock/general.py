"""``Lock`` objects: how they are made, and what goes beyond a single method."""

import time

from threadspec.conformance.battery.support.lock import is_locked, use
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("lock.factory")
def test_each_lock_is_a_new_one(threading, actors):
    several = [threading.Lock() for _ in range(4)]
    for lock in several:
        same = len([another for another in several if another is lock])
        assert same == 1, "%d of 4 locks made one after the other are the same" % same
    first, second = several[:2]
    first.acquire()
    assert not is_locked(actors, second)
    second.acquire()
    first.release()
    got = second.acquire(False)
    assert not got


@clause("lock.created-unlocked")
def test_a_new_lock_can_be_acquired_at_once(threading, actors):
    for _ in range(3):
        lock = threading.Lock()
        taker = actors.start(lock.acquire)
        assert taker.returned()


@clause("lock.created-unlocked")
def test_a_new_lock_is_unlocked_whatever_became_of_others(threading, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = threading.Lock()
            use(other, 12)
            other.acquire()
            if forgotten:
                other = None
            lock = threading.Lock()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("lock.methods")
def test_a_lock_has_acquire_and_release(threading):
    lock = threading.Lock()
    assert callable(lock.acquire)
    assert callable(lock.release)


@clause("lock.mutual-exclusion")
def test_one_holder_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    lock = threading.Lock()
    inside = []
    most = []

    def work(blocking):
        for _ in range(rounds // 4):
            got = lock.acquire(*blocking)
            if blocking == (False,) and not got:
                time.sleep(0)
                continue
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    helpers = [actors.start(work, blocking) for blocking in ((), (True,), (False,), ())]
    ended = actors.ended(helpers, at_least=4)
    assert len(ended) == 4, "%d of 4 threads that share a lock came to an end" % len(ended)
    for actor in helpers:
        actor.result()
    assert max(most) == 1, "%d threads held the lock at once" % max(most)


@clause("lock.mutual-exclusion")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        locks = []

        def prepare():
            locks.append(threading.Lock())
            return [lambda: locks[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            check_one_holds(actors, locks[-1], [meeting.call, meeting.other])


@clause("lock.mutual-exclusion")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(threading, actors):
    locks = []
    waiter = actors.new()

    def prepare():
        locks.append(threading.Lock())
        locks[-1].acquire()
        waiter.start(locks[-1].acquire)
        waiter.is_blocked()
        return locks[-1].release, locks[-1].acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        check_one_holds(actors, locks[-1], [waiter, meeting.other])


def check_one_holds(actors, lock, pair):
    """Check that of two actors that acquire, one holds ``lock``; let the other one follow."""
    holders = len(actors.ended(pair, at_least=1))
    assert holders == 1, "%d of 2 threads hold the lock at once" % holders
    lock.release()
    assert len(actors.ended(pair, at_least=2)) == 2
