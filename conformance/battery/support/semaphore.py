"""Semaphores whose counter is zero."""

from threadspec.conformance.battery.support.counter import acquired


def at_zero(make, actors, value=1, keeper=None):
    """A semaphore acquired down to zero by a helper thread, and a function that releases there."""
    semaphore = make(value)
    return semaphore, acquired(actors, semaphore, value, keeper)
