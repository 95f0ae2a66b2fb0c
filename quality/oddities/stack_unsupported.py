"""The stack size cannot be changed: ThreadError for every size but 0 and the invalid ones."""

from threadspec.reference import *  # noqa: F403


class ThreadError(Exception):
    """An exception of its own, no RuntimeError."""


def stack_size(size=0):
    if size != 0:
        if size < 32768:
            raise ValueError("too small anywhere")
        raise ThreadError("not here")
    return 0
