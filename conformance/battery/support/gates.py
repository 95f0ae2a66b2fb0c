"""Where threads wait until a case lets them go on, and how they cannot even start."""

import time

from threadspec.conformance.harness.blocking import clock

HUGE = 1 << 47  # bytes; no process has room for such a stack


def fails_to_start(threading, thread, substrate):
    """Let the system refuse to start ``thread`` for want of room; whether start() raised then."""
    try:
        before = threading.stack_size()
        threading.stack_size(HUGE)  # which may return either of the two sizes
    except Exception:  # it is not there, or takes no such size
        return False
    try:
        thread.start()
    except Exception:
        return True
    finally:
        try:
            threading.stack_size(before)
        except Exception:
            pass  # what it returned was no size: another clause's business
        if hasattr(substrate, "stack_size"):  # helpers need room, whatever the implementation does
            substrate.stack_size(0)
    return False


class Gate(object):
    """Where an activity blocks until the case opens the gate, at the latest at its end.

    ``visit``: the activity, a plain function, so that no other kind of target need be supported.
    """

    def __init__(self, substrate):
        self._lock = substrate.allocate_lock()
        self._lock.acquire()
        self._closed = True
        self.came = []  # the identifiers of the threads of control that came to the gate

        def visit():
            self.came.append(substrate.get_ident())
            self._lock.acquire()
            self._lock.release()

        self.visit = visit

    def await_arrival(self, count=1):
        """Give ``count`` threads time to come to the gate."""
        patience = clock() + 1.0
        while len(self.came) < count and clock() < patience:
            time.sleep(0)

    def open(self):
        """Let go on who waits, and who comes later; without effect a second time."""
        if self._closed:
            self._closed = False
            self._lock.release()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.open()
