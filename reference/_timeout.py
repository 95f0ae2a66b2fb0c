"""Time-outs, as all chapters understand them."""

from ._layer import TIMEOUT_MAX

__all__ = ["seconds"]


def seconds(timeout):
    """Return a time-out in seconds as the thread layer takes it: from 0 to TIMEOUT_MAX.

    Raises ValueError when it is not a number (nan), and TypeError when it cannot be compared with
    one.
    """
    if timeout != timeout:
        raise ValueError("a time-out must be a number of seconds, not nan")
    return max(min(timeout, TIMEOUT_MAX), 0)
