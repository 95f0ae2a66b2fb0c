"""The manual's example: a pool of connections."""

import time

from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause


@clause("boundedsemaphore.example.pool")
def test_a_pool_of_connections(threading, actors):
    # The manual's example with a counted connection in the place of the database's.
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    connected = []
    most = []

    class Connection(object):
        def __init__(self):
            connected.append(self)

        def use(self):
            most.append(len(connected))
            time.sleep(0.0005)
            most.append(len(connected))

        def close(self):
            connected.pop()

    maxconnections = 5
    pool_sema = threading.BoundedSemaphore(value=maxconnections)

    def work():
        for _ in range(3):
            pool_sema.acquire()
            connection = Connection()
            connection.use()
            connection.close()
            pool_sema.release()

    helpers = actors.start_many(8, work)
    ended = actors.ended(helpers, at_least=8)
    assert len(ended) == 8, "%d of 8 workers got through" % len(ended)
    for worker in helpers:
        worker.result()
    assert max(most) <= maxconnections, "%d connections were open at once" % max(most)
