"""A time-out of nothing, or less, is not over immediately but after 50 milliseconds."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def patient(function):
    def call(self, timeout=None):
        if timeout is not None and timeout <= 0:
            timeout = 0.05
        return function(self, timeout)

    return call


copy.Condition.wait = patient(copy.Condition.wait)
copy.Event.wait = patient(copy.Event.wait)
copy.Thread.join = patient(copy.Thread.join)
