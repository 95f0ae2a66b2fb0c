"""The manual's example: a pool of connections."""

import time

from threadspec.conformance.battery.support.calls import check_all_end
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause


@clause("boundedsemaphore.example.pool")
def test_a_pool_of_connections(threading, actors):
    # The manual's example, with a counted connection in place of the database's.
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
    check_all_end(actors, helpers, "workers")
    assert max(most) <= maxconnections, "%d connections were open simultaneously" % max(most)
