"""``Lock.release()``.

More of its cases are in ``battery/shared/locks.py``.
"""

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.calls import is_refused
from threadspec.conformance.battery.support.contention import check_no_waiter_left, shuttle
from threadspec.conformance.battery.support.crossing import pairs
from threadspec.conformance.battery.support.lock import is_locked
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), locks)


@clause("lock.release.unlocks")
def test_release_unlocks(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    for _ in range(10):
        holder.call(lock.acquire)
        holder.start(lock.release)
        assert holder.returned()
        assert not is_locked(actors, lock)


@clause("lock.release.unlocks")
def test_release_returns_while_others_wait(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    holder.call(lock.acquire)
    helpers = actors.start_many(2, lock.acquire)
    actors.ended(helpers)
    for count in (1, 2):
        holder.start(lock.release)
        assert holder.returned()
        actors.ended(helpers, at_least=count)


@clause("lock.release.any-thread")
def test_another_thread_may_release(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        lock.acquire()
        releaser = actors.start(lock.release)
        assert releaser.returned()
        assert not is_locked(actors, lock)


@clause("lock.release.any-thread")
def test_a_lock_taken_by_a_helper_may_be_released_here(threading, actors):
    lock = threading.Lock()
    holder = actors.new()
    for _ in range(3):
        holder.call(lock.acquire)
        lock.release()
        assert not is_locked(actors, lock)


@clause("lock.release.one-proceeds")
def test_each_release_lets_exactly_one_waiter_proceed(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    helpers = actors.start_many(4, lock.acquire)
    actors.ended(helpers)
    for count in range(1, 5):
        lock.release()
        ended = len(actors.ended(helpers, at_least=count))
        assert ended == count, "%d of 4 waiters proceeded after %d releases" % (ended, count)


@clause("lock.release.every-waiter-in-turn")
def test_no_waiter_is_left_behind(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    check_no_waiter_left(actors, lock, lock.release)


@clause("lock.release.unlocked-error-changes-nothing")
def test_a_refused_release_leaves_the_lock_unlocked(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        actors.call(is_refused, lock)
        taker = actors.start(lock.acquire)
        assert taker.returned()
        second = actors.call(lock.acquire, False)
        assert not second, "after a refused release(), two threads acquired the lock"
        taker.call(lock.release)
        actors.call(is_refused, lock)
    taker = actors.start(lock.acquire)
    assert taker.returned()
    waiter = actors.start(lock.acquire)
    assert waiter.is_blocked()
    taker.call(lock.release)
    assert waiter.returned()


@clause("lock.release.atomic")
def test_one_of_many_simultaneous_releases_succeeds(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    groups = [[threading.Lock() for _ in range(8)] for _ in range(rounds // 8)]
    for several in groups:
        for lock in several:
            lock.acquire()

    def release(number):
        return [is_refused(lock) for lock in groups[number]]

    for refused in actors.race([release] * 3, rounds // 8):
        for answers in zip(*refused):
            releases = len([one for one in answers if not one])
            assert releases == 1, "%d of 3 simultaneous release() calls succeeded" % releases


@clause("lock.release.atomic")
def test_a_release_amid_a_release(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return [lambda: is_refused(lock)] * 2

    for meeting in meetings(actors, prepare):
        refused = [actor.result() for actor in (meeting.call, meeting.other)]
        releases = len([one for one in refused if not one])
        assert releases == 1, "%d of 2 release() calls, one amid the other, succeeded" % releases


@clause("lock.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    ping, pong = threading.Lock(), threading.Lock()
    ping.acquire()
    pong.acquire()
    all_ended = shuttle(actors, ping, pong, 1, rounds // 2)
    assert all_ended, "two threads that hand control to each other through two locks got stuck"


@clause("lock.release.any-thread")
def test_a_thread_of_another_kind_may_release_a_lock(threading, actors):
    for holder, other in pairs(threading, actors):
        lock = threading.Lock()
        holder.call(lock.acquire)
        other.start(lock.release)
        assert other.returned(), "acquired by a %s: %r" % (holder, other)
        holder.start(lock.acquire)
        assert holder.returned(), "released by a %s: %r" % (other, holder)
