"""A thread of control takes 0.1 seconds to begin, after start() has returned."""

import _thread
import time

from quality.oddities._base import own_copy


def start_new_thread(function, args, kwargs=None):
    def begin():
        time.sleep(0.1)
        function(*args, **(kwargs or {}))

    return _thread.start_new_thread(begin, ())


own_copy(__name__, start_new_thread=start_new_thread)
