"""Timer Objects."""

from ._layer import TIMEOUT_MAX, allocate_lock
from .thread import Thread

__all__ = ["Timer"]


class Timer(Thread):
    """A thread that waits, and then calls a function once (``timer.*``).

    ``interval``: how long to wait, in seconds, from ``start``; ``function``: what is called then,
    with the positional arguments ``args``, a sequence, and the keyword arguments ``kwargs``, a
    dictionary (``timer.args.*``).  It can be cancelled before (``timer.cancel.*``), and is a thread
    in every other way (``timer.is-a-thread``).
    """

    def __init__(self, interval, function, args=(), kwargs=None):
        super().__init__()
        self.__interval = interval
        self.__function = function
        self.__args = args
        self.__kwargs = {} if kwargs is None else kwargs
        # Locked while the timer waits: whoever unlocks it first, the thread at the end of the
        # interval or cancel(), decides.
        self.__waiting = allocate_lock()
        self.__waiting.acquire()

    def cancel(self):
        """Stop the timer, from any thread: it will not call its function (``timer.cancel.*``).

        The waiting thread ends at once.  Once the function has been called, or a second time,
        there is no effect.
        """
        self.__decide()

    def run(self):
        """Wait, and call the function unless the timer has been cancelled."""
        seconds = min(max(self.__interval, 0), TIMEOUT_MAX)
        if not self.__waiting.acquire(True, seconds) and self.__decide():
            self.__function(*self.__args, **self.__kwargs)

    def __decide(self):
        try:
            self.__waiting.release()
        except RuntimeError:
            return False
        return True
