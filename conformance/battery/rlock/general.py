"""``RLock`` objects: how they are created, and what goes beyond a single method.

More of its cases are in ``battery/shared/locks.py``.
"""

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.calls import acquire_and_release, repeat
from threadspec.conformance.battery.support.contention import check_exclusion, each_hold
from threadspec.conformance.battery.support.identifiers import end_of, ended_actors, heirs
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.rlock import is_free
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), locks)


@clause("rlock.created-unlocked")
def test_a_new_rlock_is_unlocked_beside_one_at_level_two(threading, actors):
    for forgotten in (False, True):
        for _ in range(3):
            other = threading.RLock()
            repeat(2, other.acquire)
            if forgotten:
                other = None
            lock = threading.RLock()
            taker = actors.start(lock.acquire)
            assert taker.returned()


@clause("rlock.factory")
def test_a_thread_may_own_two_rlocks(threading, actors):
    first, second = threading.RLock(), threading.RLock()
    owner = actors.new()
    owner.call(first.acquire)
    owner.call(second.acquire)
    assert not is_free(actors, first)
    assert not is_free(actors, second)
    owner.call(first.release)
    assert is_free(actors, first)
    assert not is_free(actors, second)


@clause("rlock.mutual-exclusion")
def test_one_owner_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.RLock)
    lock = threading.RLock()

    def work(section, outer, inner):
        for _ in each_hold(lock, rounds // 4, outer):
            lock.acquire(*inner)
            section.pass_through()
            lock.release()
            section.pass_through()

    forms = (((), ()), ((True,), (False,)), ((False,), ()), ((), (True,)))
    check_exclusion(actors, work, forms)


@clause("rlock.mutual-exclusion")
def test_an_attempt_amid_a_release(threading, actors):
    made = []

    def prepare():
        made.append(threading.RLock())
        return lambda: acquire_and_release(made[-1]), lambda: made[-1].acquire(False)

    for meeting in meetings(actors, prepare):
        if meeting.other.result():
            meeting.other.call(made[-1].release)
            meeting.call.result()
        else:  # no thread owns the lock once the call has ended
            meeting.call.result()
            first, second = [
                actor.call(made[-1].acquire, False) for actor in (meeting.other, meeting.call)
            ]
            assert first, "no thread owned the lock, but acquire(False) failed"
            assert not second, "two threads acquired the lock"


@clause("rlock.owner-ended")
def test_a_lock_whose_owner_has_ended(threading, actors, observe):
    def acquired():
        lock = threading.RLock()
        lock.acquire()
        return lock

    owner, other = actors.new(), actors.new()
    lock = owner.call(acquired)
    end_of(actors, owner)
    if other.call(lock.acquire, False):
        observe("becomes free")
        return
    for lock, actor in heirs(actors, lambda count: ended_actors(actors, count, acquired)):
        if actor.call(lock.acquire, False):
            observe("passes to a new thread with the same identifier")
            return
    observe("stays locked")
