"""The threading module of the Python 2.6 manual, implemented from the manual.

``import threadspec.reference as threading`` is a drop-in for code written to the manual: one
module per chapter, over the low-level thread module, with no use of the standard library's own
``threading``.
"""

import sys

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

# Name -> chapter.  They are imported when the first name is asked for: the import of the package
# itself takes a tenth of the time, and modules that only may need threads import nothing else.
_CHAPTERS = {
    "BoundedSemaphore": "semaphore",
    "Condition": "condition",
    "Event": "event",
    "Lock": "lock",
    "RLock": "rlock",
    "Semaphore": "semaphore",
    "Thread": "thread",
    "ThreadError": "functions",
    "Timer": "timer",
    "activeCount": "functions",
    "currentThread": "functions",
    "enumerate": "functions",
    "local": "thread_local",
    "setprofile": "functions",
    "settrace": "functions",
    "stack_size": "stack",
}

try:
    from _thread import get_ident
except ModuleNotFoundError:  # the package is still the way to dummy_threading, which needs none
    pass
else:
    importer = get_ident()
    del get_ident


def __getattr__(name):
    if name not in _CHAPTERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        for known, chapter in _CHAPTERS.items():
            module = __import__(chapter, globals(), None, [known], 1)
            globals()[known] = getattr(module, known)
    except ModuleNotFoundError as error:
        if error.name != "_thread" or "_layer" in globals():
            raise
        message = "there is no thread module here; use dummy_threading"
        raise ImportError(message, name="_thread") from None
    # CPython finds names in a module twice as fast without it.  (Where there is no GIL, another
    # thread may be about to ask for it.)
    if not hasattr(sys, "_is_gil_enabled") or sys._is_gil_enabled():
        globals().pop("__getattr__", None)
    return globals()[name]


def __dir__():
    return sorted({*globals(), *__all__})
