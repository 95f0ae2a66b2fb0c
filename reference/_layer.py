"""The thread layer: the one place from which the chapters take threads, locks and time.

The same source runs over another layer when a package is made whose ``_layer`` is another module
with these names (``dummy_threading`` does that); nothing else in the reference imports the
low-level thread module.  A layer need not have an ``RLock``.
"""

import _thread
import os
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
]


def is_main_thread():
    """Whether the calling thread of control is the initial one of the program.

    Where the system does not tell, the thread that imported the package is taken for it.
    """
    if hasattr(_thread, "_get_main_thread_ident"):
        return get_ident() == _thread._get_main_thread_ident()
    if os.path.exists("/proc/self/task"):  # on Linux its number is that of the process
        return _thread.get_native_id() == os.getpid()
    return get_ident() == importer
