"""cancel() of a timer that waits returns when the timer's thread has ended."""

from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Timer(reference.Timer):
    """Joined by who cancels it, unless that is itself or its function runs."""

    def __init__(self, interval, function, args=(), kwargs=None):
        def call():
            self._called = True
            function(*args, **(kwargs or {}))

        reference.Timer.__init__(self, interval, call)
        self._called = False

    def cancel(self):
        reference.Timer.cancel(self)
        if not self._called and self.isAlive() and reference.currentThread() is not self:
            self.join()
