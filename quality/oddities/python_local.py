"""local is written in Python; what an alien thread has stored outlives it, its end being unseen."""

import _thread

from quality.oddities._base import own_copy
from quality.oddities._python_local import forget, local


def start_new_thread(function, args, kwargs=None):
    def begin():
        forget()  # what an alien thread with this identifier has left
        try:
            function(*args, **(kwargs or {}))
        finally:
            forget()

    return _thread.start_new_thread(begin, ())


copy = own_copy(__name__, local=local, start_new_thread=start_new_thread)
terminate = copy.thread.terminate


def forgetting(self):
    if copy._registry.main() is not self:
        forget()
    terminate(self)


copy.thread.terminate = forgetting
