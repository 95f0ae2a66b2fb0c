"""join() looks every 4 milliseconds whether the thread is alive, and so does the program's end."""

import time

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def wait(self, timeout=None):
    end = None if timeout is None else time.monotonic() + timeout
    while self.isAlive():
        if end is not None and time.monotonic() >= end:
            return
        time.sleep(0.004)


copy.Thread._wait = wait
