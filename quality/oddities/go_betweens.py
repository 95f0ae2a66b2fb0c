"""start() lets another thread of control start the thread: its starter is nobody's parent."""

import _thread

from quality.oddities._base import own_copy


def start_new_thread(function, args, kwargs=None):
    idents = []
    done = _thread.allocate_lock()
    done.acquire()

    def between():
        try:
            idents.append(_thread.start_new_thread(function, args, kwargs or {}))
        finally:
            done.release()

    _thread.start_new_thread(between, ())
    done.acquire()
    return idents[0]


own_copy(__name__, start_new_thread=start_new_thread)
