"""What cases of Semaphore share."""

from threadspec.conformance.battery.support.counter import acquired


def at_zero(threading, actors, value=1, keeper=None):
    """A new semaphore acquired down to zero by a helper thread; how that releases."""
    semaphore = threading.Semaphore(value)
    return semaphore, acquired(actors, semaphore, value, keeper)
