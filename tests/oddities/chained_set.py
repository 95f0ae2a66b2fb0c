"""set() wakes one waiting thread, and each that leaves wait() wakes the next, slowly."""

import time

from oddities._base import first, own_copy, wake

copy = own_copy(__name__)


def set(self):
    wake(self._gate.pop("line", []), first)


def slowly(line):
    time.sleep(0.002)
    wake(line, first)


copy.Event.set = set
copy.event.wake_first = slowly
