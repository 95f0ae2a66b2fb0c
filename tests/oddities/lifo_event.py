"""set() wakes the waiting threads last come, first served, and takes its time between them."""

import time

from oddities._base import own_copy

copy = own_copy(__name__)


def set(self):
    with self._guard:
        self._flag = True
        woken, self._waiters = self._waiters, {}
    for wake in reversed(woken):
        wake.release()
        time.sleep(0.003)


copy.Event.set = set
