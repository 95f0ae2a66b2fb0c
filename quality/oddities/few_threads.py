"""No more than 64 threads can run simultaneously: a further start() fails, as on a small system."""

import _thread

from quality.oddities._base import own_copy, starting

MOST = 64
mutex = _thread.allocate_lock()
running = [0]


def leave():
    with mutex:
        running[0] -= 1


start = starting(after=leave)


def start_new_thread(function, args, kwargs=None):
    with mutex:
        if running[0] == MOST:
            raise _thread.error("too many threads")
        running[0] += 1
    return start(function, args, kwargs)


own_copy(__name__, start_new_thread=start_new_thread)
