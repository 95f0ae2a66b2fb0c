"""A thread is still alive for 20 milliseconds after its run() has ended, which is roughly then."""

import time

from quality.oddities._base import before_the_end, own_copy

before_the_end(own_copy(__name__), lambda thread: time.sleep(0.02))
