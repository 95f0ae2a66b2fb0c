"""``BoundedSemaphore`` objects: how they are made, and what goes beyond a single method."""

from threadspec.conformance.battery.support.boundedsemaphore import at_zero, is_refused
from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.counter import acquired, admitted
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause


@clause("boundedsemaphore.factory")
def test_each_semaphore_is_a_new_one(threading, actors):
    several = [threading.BoundedSemaphore(1) for _ in range(4)]
    for semaphore in several:
        same = len([another for another in several if another is semaphore])
        assert same == 1, "%d of 4 semaphores made one after the other are the same" % same
    acquired(actors, several[0])
    left = admitted(actors, several[1], 1)
    assert left == 1, "acquiring one semaphore changed the counter of another to %d" % left


@clause("boundedsemaphore.factory")
def test_each_semaphore_has_its_own_bound(threading, actors):
    wide = threading.BoundedSemaphore(3)
    narrow = threading.BoundedSemaphore(1)
    keeper = actors.new()
    keeper.call(repeat, 3, wide.acquire)
    for _ in range(3):
        refused = keeper.call(is_refused, wide)
        assert not refused, "a bound of 3 was taken for that of another semaphore"
    refused = keeper.call(is_refused, narrow)
    assert refused, "a bound of 1 was taken for that of another semaphore"


@clause("boundedsemaphore.factory")
def test_a_release_wakes_no_waiter_of_another_semaphore(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    for released in (0, 1):
        pair = [at_zero(threading, actors), at_zero(threading, actors)]
        waiters = []
        for semaphore, _ in pair:
            waiters.append(actors.start(semaphore.acquire))
            waiters[-1].is_blocked()
        pair[released][1]()
        assert waiters[released].returned()
        assert waiters[1 - released].is_blocked()
        pair[1 - released][1]()
        assert waiters[1 - released].returned()


@clause("boundedsemaphore.methods")
def test_a_bounded_semaphore_has_acquire_and_release(threading):
    semaphore = threading.BoundedSemaphore(1)
    assert callable(semaphore.acquire)
    assert callable(semaphore.release)
