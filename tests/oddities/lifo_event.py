"""set() wakes the waiting threads last come, first served, and takes its time between them."""

import time
from itertools import starmap

from oddities._base import last, own_copy, wake

copy = own_copy(__name__)


def set(self):
    for line in starmap(self._gate.pop, [("line", [])]):  # in one step
        try:
            while wake(line, last):
                time.sleep(0.003)
        finally:  # a signal handler may raise
            while wake(line, last):
                pass


copy.Event.set = set
