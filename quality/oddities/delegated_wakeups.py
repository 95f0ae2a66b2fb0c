"""Threads are woken by a service thread, one after the other and a little later."""

import _thread
import functools

from quality.oddities._base import errand_service, own_copy

copy = own_copy(__name__)
run_errand = errand_service(pause=lambda: 0.001)


class Waiter:
    """A lock whose release is an errand for the service thread."""

    __slots__ = ("acquire", "release")

    def __init__(self):
        lock = _thread.allocate_lock()
        self.acquire = lock.acquire
        self.release = functools.partial(run_errand, lock.release)


for module in (copy.condition, copy.event, copy.semaphore):
    module.allocate_lock = Waiter
