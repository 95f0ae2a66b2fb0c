"""A true value is another one each time: acquire() returns the number of a ticket."""

import itertools

from quality.oddities._base import own_copy, wrap_methods

TRUTHS = {
    *("Lock.acquire", "RLock.acquire", "Semaphore.acquire", "BoundedSemaphore.acquire"),
    *("Event.isSet", "Thread.isAlive", "Thread.isDaemon"),
}
tickets = itertools.count(1)
nothings = itertools.cycle([0, "", (), {}, 0.0, False])


def ticketed(function, name):
    def call(*args, **kwargs):
        value = function(*args, **kwargs)
        if value is None or name not in TRUTHS:
            return value
        return next(tickets) if value else next(nothings)

    return call


wrap_methods(own_copy(__name__), ticketed)
