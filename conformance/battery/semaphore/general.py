"""``Semaphore`` objects: how they are made, and what goes beyond a single method."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.counter import admitted
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


@clause("semaphore.factory-or-class")
def test_kind_of_semaphore(threading, observe):
    observe("class" if isinstance(threading.Semaphore, type) else "factory function")


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
