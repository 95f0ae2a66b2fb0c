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

# Name -> chapter.  A chapter is imported when one of its names is first asked for: whoever needs a
# lock does not pay for timers, and the import of the package itself takes a tenth of the time.
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
    importer = None
else:
    importer = get_ident()
    del get_ident


def __getattr__(name):
    if name not in _CHAPTERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        chapter = __import__(_CHAPTERS[name], globals(), None, [name], 1)
    except ModuleNotFoundError as error:
        if error.name != "_thread" or "_layer" in globals():
            raise
        message = "there is no thread module here; use dummy_threading"
        raise ImportError(message, name="_thread") from None
    value = globals()[name] = getattr(chapter, name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
