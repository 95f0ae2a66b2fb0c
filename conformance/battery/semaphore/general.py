"""``Semaphore`` objects: how they are created, and what goes beyond a single method.

More of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.battery.support.counter import check_permits
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), semaphores)


@clause("semaphore.factory-or-class")
def test_kind_of_semaphore(threading, observe):
    observe("class" if isinstance(threading.Semaphore, type) else "factory function")


@clause("semaphore.counter")
def test_the_counter_follows_every_history(threading, actors):
    # "a": acquire(), "t": acquire(True), "r": release(); what would block is left out.
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
        check_permits(
            actors, semaphore, counter, "created with %d, after %s" % (value, history), pair
        )
