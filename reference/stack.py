"""The stack size of new threads."""

from . import _layer
from ._guard import Guard

__all__ = ["renew_locks", "stack_size"]

SMALLEST = 32768

_NOT_GIVEN = object()

_lock = Guard()
_size = None  # not asked for yet


def renew_locks():
    """In a child process: another thread may have held a lock of this module while it forked."""
    global _lock
    _lock = Guard()


def stack_size(size=_NOT_GIVEN):
    """Return the stack size of new threads, in bytes, before ``size`` is set (``stack_size.*``).

    ``size``: bytes for the threads started from now on, 0 (the platform's default) or at least
    32768; without it nothing is changed.  Raises ValueError for any other size, and ThreadError
    where the platform cannot change it; the size is then what it was.
    """
    global _size
    with _lock:
        if _size is None:
            _size = _ask()
        before = _size
        if size is not _NOT_GIVEN:
            if size != 0 and size < SMALLEST:
                raise ValueError(f"the stack size must be 0 or at least {SMALLEST} bytes")
            _layer.stack_size(size)
            _size = size
        return before


def _ask():
    """The layer's stack size.  Asking sets the default again, so it is done once for all."""
    try:
        size = _layer.stack_size()
        if size:
            _layer.stack_size(size)
    except _layer.error:  # it cannot be changed here
        return 0
    return size
