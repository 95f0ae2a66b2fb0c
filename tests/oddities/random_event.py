"""set() wakes the waiting threads in random order."""

import random

from oddities._base import own_copy

copy = own_copy(__name__)


def set(self):
    with self._guard:
        self._flag = True
        woken, self._waiters = list(self._waiters), {}
    random.shuffle(woken)
    for wake in woken:
        wake.release()


copy.Event.set = set
