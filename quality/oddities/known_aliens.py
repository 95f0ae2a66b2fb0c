"""Every thread that the low-level module starts has a dummy thread object from its beginning."""

import _thread

from quality.oddities._base import own_copy

start = _thread.start_new_thread
copy = own_copy(__name__)


def start_new_thread(function, args, kwargs=None):
    def begin():
        copy.currentThread()
        function(*args, **(kwargs or {}))

    return start(begin, ())


_thread.start_new_thread = _thread.start_new = start_new_thread
