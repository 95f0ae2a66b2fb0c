"""Stack sizes are multiples of 64 KiB from 1 to 64 MiB; all else is a ValueError."""

from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Invalid(ValueError):
    """For whatever reason."""


def stack_size(size=None):
    if size is None:
        return reference.stack_size()
    if size and not (1 << 20 <= size <= 1 << 26 and size % (1 << 16) == 0):
        raise Invalid(size)
    return reference.stack_size(size)
