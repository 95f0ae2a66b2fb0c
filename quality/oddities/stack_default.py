"""The default stack size is told as a number of bytes, 8 MiB, not as 0, and so again after 0."""

from threadspec import reference
from threadspec.reference import *  # noqa: F403


def stack_size(size=None):
    before = reference.stack_size() if size is None else reference.stack_size(size)
    return before or 8 * 1024 * 1024
