"""The thread layer: the one place from which the chapters take threads, locks and time.

The same source runs over another layer when a package is made whose ``_layer`` is another module
with these names (``dummy_threading`` does that); nothing else in the reference imports the
low-level thread module.  A layer need not have an ``RLock``.
"""

import _thread
import os
import sys
from _thread import (
    TIMEOUT_MAX,
    RLock,
    allocate_lock,
    error,
    get_ident,
    stack_size,
    start_new_thread,
)
from _thread import _local as local
from time import monotonic as clock

from . import importer

__all__ = [
    "TIMEOUT_MAX",
    "RLock",
    "allocate_lock",
    "clock",
    "error",
    "get_ident",
    "is_main_thread",
    "local",
    "stack_size",
    "start_new_thread",
    "this_thread",
]


class _Mark(local):
    """In each thread another attribute ``mark``, which identifies the thread."""

    def __init__(self):
        self.mark = object()


_here = _Mark()


def this_thread():
    """Return an object that identifies the calling thread of control.

    The system may give its identifier to another thread once this one has ended; this object never
    becomes another thread's as long as anything refers to it.
    """
    return _here.mark


def is_main_thread():
    """Whether the calling thread of control is the initial one of the program.

    Where the system does not tell, the thread that imported the package is taken for it.
    """
    if hasattr(_thread, "_get_main_thread_ident"):
        return get_ident() == _thread._get_main_thread_ident()
    if sys.platform.startswith("linux"):  # its number is that of the process
        return _thread.get_native_id() == os.getpid()
    return get_ident() == importer
