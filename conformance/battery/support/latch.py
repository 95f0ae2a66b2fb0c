"""Latches: where threads of an implementation wait until a case lets them go on."""

import time

from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.cleanup import at_end


def held_lock(substrate):
    """A lock of the substrate that has been acquired."""
    lock = substrate.allocate_lock()
    lock.acquire()
    return lock


class Latch(object):
    """Blocks every thread that calls ``wait`` until the case calls ``open``.

    ``wait`` is a plain function: an implementation may refuse other targets.  In a with statement,
    the latch is opened at the end of the block at the latest; otherwise at the end of the case.
    """

    def __init__(self, substrate):
        self._lock = held_lock(substrate)
        self._closed = True
        self.arrivals = []  # the identifiers of the threads that have called wait

        def wait():
            self.arrivals.append(substrate.get_ident())
            self._lock.acquire()
            self._lock.release()

        self.wait = wait
        at_end(self.open)

    def await_arrival(self, count=1):
        """Give ``count`` threads time to call ``wait``."""
        until = clock() + 1.0
        pause = 0.0
        while len(self.arrivals) < count and clock() < until:
            time.sleep(pause)
            pause = min(pause + 0.00001, 0.001)

    def open(self):
        """Let every call of ``wait`` return, later ones too; does nothing the second time."""
        if self._closed:
            self._closed = False
            self._lock.release()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.open()
