"""A time-out of join() is kept by a thread of its own, and the one that joins waits without end."""

import time

from quality.oddities._base import own_copy

copy = own_copy(__name__)
join = copy.Thread.join
layer = copy._layer


def timed_join(self, timeout=None):
    join(self, 0)  # its errors, and nothing to wait for
    if timeout is None:
        return join(self)
    over = layer.allocate_lock()
    over.acquire()
    started = time.monotonic()

    def watch():
        while self.isAlive() and time.monotonic() - started < timeout:
            time.sleep(min(0.001, max(timeout, 0)))
        over.release()

    layer.start_new_thread(watch, ())
    over.acquire()
    return join(self) if not self.isAlive() else None


copy.Thread.join = timed_join
