"""Who is to be woken is told to a service thread, which wakes one thread after the other later."""

import _thread
import functools
import queue
import time

from quality.oddities._base import own_copy

copy = own_copy(__name__)
errands = queue.SimpleQueue()


def serve():
    while True:
        errand = errands.get()
        time.sleep(0.001)
        errand()


class Waiter:
    """A lock whose release is an errand for the service thread."""

    __slots__ = ("acquire", "release")

    def __init__(self):
        lock = _thread.allocate_lock()
        self.acquire = lock.acquire
        self.release = functools.partial(errands.put, lock.release)


for module in (copy.condition, copy.event, copy.semaphore):
    module.allocate_lock = Waiter
_thread.start_new_thread(serve, ())
