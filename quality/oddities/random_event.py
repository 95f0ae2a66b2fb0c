"""set() wakes the waiting threads in random order."""

import random

from quality.oddities._base import last, own_copy, wake
from threadspec.reference._waiting import leave

copy = own_copy(__name__)


def set(self):
    for line in self._queues[:]:
        try:
            leave(self._queues, line)
            while wake(line, random.choice):
                pass
        finally:  # a signal handler may raise
            while wake(line, last):
                pass


copy.Event.set = set
