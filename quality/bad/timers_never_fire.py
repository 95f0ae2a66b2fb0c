"""A timer polls for ever and never calls its function."""

import time

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Thread


class Timer(Thread):
    """Like the reference's, except that its thread does nothing useful."""

    def __init__(self, interval, function, args=(), kwargs=None):
        super().__init__()
        self._cancelled = False

    def cancel(self):
        self._cancelled = True

    def run(self):
        while not self._cancelled:
            time.sleep(0.01)
