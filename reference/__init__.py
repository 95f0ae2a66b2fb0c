"""The threading module of the Python 2.6 manual, implemented from the manual.

``import threadspec.reference as threading`` is a drop-in for code written to the manual: one
module per chapter, over the low-level thread module, with no use of the standard library's own
``threading``.
"""

__all__ = [
    "BoundedSemaphore",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "Semaphore",
    "Thread",
    "ThreadError",
    "Timer",
    "activeCount",
    "currentThread",
    "enumerate",
    "local",
    "setprofile",
    "settrace",
    "stack_size",
]

try:
    from .condition import Condition
    from .event import Event
    from .functions import (
        ThreadError,
        activeCount,
        currentThread,
        enumerate,
        setprofile,
        settrace,
        stack_size,
    )
    from .local import local
    from .lock import Lock
    from .rlock import RLock
    from .semaphore import BoundedSemaphore, Semaphore
    from .thread import Thread
    from .timer import Timer
except ModuleNotFoundError as error:
    if error.name != "_thread" or "_layer" in globals():
        raise

    # The package is still the way to dummy_threading, which needs no thread module.
    def __getattr__(name):
        if name in __all__:
            raise ImportError("there is no thread module here; use dummy_threading", name="_thread")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
