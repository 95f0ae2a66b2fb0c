"""stack_size() rounds up to 64 KiB, refuses less than that, and returns the size just set."""

from threadspec import reference
from threadspec.reference import *  # noqa: F403

STEP = 65536


def stack_size(size=None):
    if size is not None:
        if 0 < size < STEP:
            raise ValueError("too small for this platform")
        reference.stack_size(size if size <= 0 else -(-size // STEP) * STEP)
    return reference.stack_size()
