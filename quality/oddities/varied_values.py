"""A true value is another one each time: acquire() returns the number of a ticket."""

import itertools

from quality.oddities._base import intercept, own_copy

TRUTHS = {
    *("Lock.acquire", "RLock.acquire", "Semaphore.acquire", "BoundedSemaphore.acquire"),
    *("Event.isSet", "Thread.isAlive", "Thread.isDaemon"),
}
tickets = itertools.count(1)
nothings = itertools.cycle([0, "", (), {}, 0.0, False])


def ticketed(name, call):
    value = call()
    if value is None or name not in TRUTHS:
        return value
    return next(tickets) if value else next(nothings)


intercept(own_copy(__name__), ticketed)
