"""``Lock.release()``."""

from threadspec.conformance.battery.support.crossing import pairs
from threadspec.conformance.battery.support.lock import is_locked
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises


def is_refused(lock):
    """Whether release() raises an error, of whatever type."""
    try:
        lock.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False


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
        ended = actors.ended(helpers, at_least=count)
        assert len(ended) == count, "%d of 4 waiters proceeded after %d releases" % (
            len(ended),
            count,
        )


@clause("lock.release.every-waiter-in-turn")
def test_no_waiter_is_left_behind(threading, actors):
    lock = threading.Lock()
    lock.acquire()

    def pass_on():
        lock.acquire()
        lock.release()

    helpers = actors.start_many(8, pass_on)
    actors.ended(helpers)
    lock.release()
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 waiters proceeded" % len(ended)


@clause("lock.release.order")
def test_order_of_waiters(threading, actors, observe):
    lock = threading.Lock()
    lock.acquire()
    order = []

    def queue_up(number):
        lock.acquire()
        order.append(number)
        lock.release()

    helpers = []
    for number in range(4):
        helpers.append(actors.start(queue_up, number))
        helpers[-1].is_blocked()
    lock.release()
    actors.ended(helpers, at_least=4)
    if order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")


@clause("lock.release.unlocked-error")
def test_release_of_a_new_lock_is_an_error(threading):
    raises(RuntimeError, threading.Lock().release)


@clause("lock.release.unlocked-error")
def test_release_is_an_error_the_second_time(threading):
    lock = threading.Lock()
    for _ in range(2):
        lock.acquire()
        lock.release()
        raises(RuntimeError, lock.release)


@clause("lock.release.unlocked-error")
def test_release_of_an_unlocked_lock_is_an_error_in_any_thread(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    releaser = actors.new()
    raises(RuntimeError, releaser.call, lock.release)


@clause("lock.release.unlocked-error-changes-nothing")
def test_a_refused_release_leaves_the_lock_unlocked(threading, actors):
    lock = threading.Lock()
    for _ in range(3):
        actors.call(is_refused, lock)
        taker = actors.start(lock.acquire)
        assert taker.returned()
        second = actors.call(lock.acquire, False)
        assert not second, "the lock can be acquired twice after a refused release()"
        taker.call(lock.release)
        actors.call(is_refused, lock)
    taker = actors.start(lock.acquire)
    assert taker.returned()
    waiter = actors.start(lock.acquire)
    assert waiter.is_blocked()
    taker.call(lock.release)
    assert waiter.returned()


@clause("lock.release.no-value")
def test_release_returns_none(threading, actors):
    lock = threading.Lock()
    lock.acquire()
    value = lock.release()
    assert value is None
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    value = lock.release()
    assert value is None
    waiter.result()


@clause("lock.release.atomic")
def test_one_of_many_releases_at_once_succeeds(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    locks = [[threading.Lock() for _ in range(8)] for _ in range(rounds // 8)]
    for several in locks:
        for lock in several:
            lock.acquire()

    def release(number):
        return [is_refused(lock) for lock in locks[number]]

    for refused in actors.race([release] * 3, rounds // 8):
        for answers in zip(*refused):
            releases = len([one for one in answers if not one])
            assert releases == 1, "%d of 3 releases at once succeeded" % releases


@clause("lock.release.atomic")
def test_a_release_amid_a_release(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return [lambda: is_refused(lock)] * 2

    for meeting in meetings(actors, prepare):
        refused = [actor.result() for actor in (meeting.call, meeting.other)]
        releases = len([one for one in refused if not one])
        assert releases == 1, "%d of 2 releases, one amid the other, succeeded" % releases


@clause("lock.release.no-lost-wakeup")
def test_no_release_is_lost(threading, actors, rounds):
    # Two threads hand each other the turn through two locks, as fast as they can: every release
    # meets an acquire that is about to block, has just blocked, or has not begun.
    check_excludes(actors, threading.Lock)
    ping = threading.Lock()
    pong = threading.Lock()
    ping.acquire()
    pong.acquire()
    until = clock() + actors.durations["positive"] / 4  # fewer rounds where threads wake slowly
    over = []

    def server():
        while True:
            ping.acquire()
            if over:
                break
            pong.release()

    def client():
        for _ in range(rounds // 2):
            ping.release()
            pong.acquire()
            if clock() >= until:
                break
        over.append(None)
        ping.release()

    helpers = [actors.start(server), actors.start(client)]
    ended = actors.ended(helpers, at_least=2)
    assert len(ended) == 2, "%d of 2 threads that pass locks to each other came to an end" % len(
        ended
    )
    for actor in helpers:
        actor.result()


@clause("lock.release.no-lost-wakeup")
def test_a_release_while_an_acquire_is_about_to_block(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return lock.acquire, lock.release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("lock.release.no-lost-wakeup")
def test_an_acquire_amid_a_release(threading, actors):
    def prepare():
        lock = threading.Lock()
        lock.acquire()
        return lock.release, lock.acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()


@clause("lock.release.any-thread")
def test_a_thread_of_another_kind_may_release_a_lock(threading, actors):
    for holder, other in pairs(threading, actors):
        lock = threading.Lock()
        holder.call(lock.acquire)
        other.start(lock.release)
        assert other.returned(), "acquired by a %s: %r" % (holder, other)
        holder.start(lock.acquire)
        assert holder.returned(), "released by a %s: %r" % (other, holder)
