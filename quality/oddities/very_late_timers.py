"""A timer calls its function 0.4 seconds late, and ends 0.1 seconds after that."""

import time

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Timer as ReferenceTimer


class Timer(ReferenceTimer):
    """Waits, and then waits a little more, cancelled or not."""

    def __init__(self, interval, function, args=(), kwargs=None):
        ReferenceTimer.__init__(self, interval + 0.4, function, args, kwargs)

    def run(self):
        ReferenceTimer.run(self)
        time.sleep(0.1)
