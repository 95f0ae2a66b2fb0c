"""A thread of the implementation's own, not listed, ticks every millisecond from the import on."""

import _thread
import time

from threadspec.reference import *  # noqa: F403


def tick():
    while True:
        time.sleep(0.001)


_thread.start_new_thread(tick, ())
