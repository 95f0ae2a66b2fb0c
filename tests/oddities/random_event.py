"""set() wakes the waiting threads in random order."""

import random
from itertools import starmap

from oddities._base import last, own_copy, wake

copy = own_copy(__name__)


def set(self):
    for line in starmap(self._gate.pop, [("line", [])]):  # in one step
        try:
            while wake(line, random.choice):
                pass
        finally:  # a signal handler may raise
            while wake(line, last):
                pass


copy.Event.set = set
