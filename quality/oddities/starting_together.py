"""start() returns only once the thread has begun, 10 milliseconds later, as its run() goes on."""

import _thread
import time

from quality.oddities._base import own_copy


def start_new_thread(function, args, kwargs=None):
    begun = _thread.allocate_lock()
    begun.acquire()

    def begin():
        begun.release()
        function(*args, **(kwargs or {}))

    ident = _thread.start_new_thread(begin, ())
    begun.acquire()
    time.sleep(0.01)
    return ident


own_copy(__name__, start_new_thread=start_new_thread)
