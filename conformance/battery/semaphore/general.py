"""``Semaphore`` objects: how they are made, and what goes beyond a single method."""

from threadspec.conformance.battery.support.counter import acquired, admitted
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.battery.support.semaphore import at_zero
from threadspec.conformance.harness.vocabulary import clause


@clause("semaphore.factory")
def test_each_semaphore_is_a_new_one(threading, actors):
    several = [threading.Semaphore(1) for _ in range(4)]
    for semaphore in several:
        same = len([another for another in several if another is semaphore])
        assert same == 1, "%d of 4 semaphores made one after the other are the same" % same
    acquired(actors, several[0])
    left = admitted(actors, several[1], 1)
    assert left == 1, "acquiring one semaphore changed the counter of another to %d" % left


@clause("semaphore.factory")
def test_a_release_wakes_no_waiter_of_another_semaphore(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
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


@clause("semaphore.factory-or-class")
def test_kind_of_semaphore(threading, observe):
    observe("class" if isinstance(threading.Semaphore, type) else "factory function")


@clause("semaphore.methods")
def test_a_semaphore_has_acquire_and_release(threading):
    semaphore = threading.Semaphore(1)
    assert callable(semaphore.acquire)
    assert callable(semaphore.release)


@clause("semaphore.counter")
def test_the_counter_follows_every_history(threading, actors):
    # "a": acquire(), "t": acquire(True), "r": release(); one that would have to wait is left out.
    def play(semaphore, counter, history):
        for step in history:
            if step == "r":
                semaphore.release()
                counter += 1
            elif counter:
                semaphore.acquire(*([True] if step == "t" else []))
                counter -= 1
        return counter

    taker = actors.new()
    pair = actors.new(), actors.new()
    for value, history in (
        (1, "arararat"),
        (2, "aarrarataar"),
        (2, "rrratarataa"),
        (2, "rrrarataratrratta"),
        (3, "rrrrarartatarrattaatarr"),
        (3, "tataarrratar"),
        (1, "rrarrtattrra"),
    ):
        semaphore = threading.Semaphore(value)
        assert taker.start(play, semaphore, value, history).returned()
        counter = taker.value
        count = admitted(actors, semaphore, counter, pair)
        assert count == counter, "%s, starting with %d, let %d pass in the end, not %d" % (
            history,
            value,
            count,
            counter,
        )
