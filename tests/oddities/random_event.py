"""set() wakes the waiting threads in random order."""

import random

from oddities._base import own_copy, wake

copy = own_copy(__name__)


def set(self):
    line = self._gate.pop("line", [])
    while wake(line, random.choice):
        pass


copy.Event.set = set
