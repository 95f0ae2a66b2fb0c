"""No more than 64 threads can run at once: a further start() fails, as on a small system."""

import _thread

from quality.oddities._base import own_copy

mutex = _thread.allocate_lock()
MOST = 64
running = [0]


def start_new_thread(function, args, kwargs=None):
    with mutex:
        if running[0] == MOST:
            raise _thread.error("too many threads")
        running[0] += 1

    def begin():
        try:
            function(*args, **(kwargs or {}))
        finally:
            with mutex:
                running[0] -= 1

    return _thread.start_new_thread(begin, ())


own_copy(__name__, start_new_thread=start_new_thread)
