"""A thread is still alive for 0.15 seconds after its run() has ended, which is roughly then."""

import time

from quality.oddities._base import own_copy

copy = own_copy(__name__)
terminate = copy.thread.terminate


def late(self):
    time.sleep(0.15)
    terminate(self)


copy.thread.terminate = late
