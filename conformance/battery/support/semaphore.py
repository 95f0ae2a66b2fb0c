"""Semaphores whose counter is zero."""

from threadspec.conformance.battery.support.counter import acquired


def at_zero(make, actors, value=1, keeper=None):
    """A semaphore acquired down to zero by a helper thread, and a function that releases it there.

    ``make``: creates the semaphore for ``value``; ``keeper``: the helper, a new one if not given.
    """
    semaphore = make(value)
    return semaphore, acquired(actors, semaphore, value, keeper)
