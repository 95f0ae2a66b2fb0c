"""What cases of BoundedSemaphore share."""

from threadspec.conformance.battery.support.counter import acquired


def at_zero(threading, actors, value=1, keeper=None):
    """A new bounded semaphore acquired down to zero by a helper thread; how that releases."""
    semaphore = threading.BoundedSemaphore(value)
    return semaphore, acquired(actors, semaphore, value, keeper)


def is_refused(semaphore):
    """Whether release() raises an error, of whatever type."""
    try:
        semaphore.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False
