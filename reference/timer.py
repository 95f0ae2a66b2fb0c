"""Timer Objects."""

from ._layer import allocate_lock
from ._waiting import seconds
from .thread import Thread

__all__ = ["Timer"]


class Timer(Thread):
    """A thread that waits, and then calls a function once (``timer.*``).

    ::

        timer = Timer(30.0, function)
        timer.start()  # 30 seconds later function() is called
        timer.cancel()  # unless this comes first

    ``interval``: how long to wait, in seconds, from ``start`` (ValueError when it is nan);
    ``function``: what is called then, with the positional arguments ``args``, a sequence, and the
    keyword arguments ``kwargs``, a dictionary (``timer.args.*``).  It can be cancelled before
    (``timer.cancel.*``), and is a thread in every other way (``timer.is-a-thread``).
    """

    def __init__(self, interval, function, args=(), kwargs=None):
        if interval is None:
            raise TypeError("the interval of a timer is a number of seconds, not None")
        super().__init__()
        self._threadspec_interval = seconds(interval)
        # Where Thread keeps its own, and drops them at the end.
        self._threadspec_target = function
        self._threadspec_args = args
        self._threadspec_kwargs = {} if kwargs is None else kwargs
        # Locked while the timer waits: whoever unlocks it first, the thread at the end of the
        # interval or cancel(), decides.
        self._threadspec_waiting = allocate_lock()
        self._threadspec_waiting.acquire()

    def cancel(self):
        """Stop the timer, from any thread: it will not call its function (``timer.cancel.*``).

        The waiting thread ends immediately.  Once the function has been called, or a second time,
        there is no effect.
        """
        _decide(self)

    def run(self):
        """Wait, and call the function unless the timer has been cancelled."""
        interval = self._threadspec_interval
        if not self._threadspec_waiting.acquire(True, interval) and _decide(self):
            self._threadspec_target(*self._threadspec_args, **self._threadspec_kwargs)


def _decide(timer):
    """Unlock the lock of a timer that waits; return whether it was locked until then."""
    try:
        timer._threadspec_waiting.release()
    except RuntimeError:
        return False
    return True
