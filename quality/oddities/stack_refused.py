"""The stack size cannot be changed, whatever is passed: ThreadError comes before all else."""

from threadspec.reference import *  # noqa: F403
from threadspec.reference import ThreadError as Unsupported


def stack_size(size=None):
    if size:
        raise Unsupported("not here")
    return 8 * 1024 * 1024
