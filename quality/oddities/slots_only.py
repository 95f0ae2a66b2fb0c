"""No object has a __dict__, nor can it be referred to weakly: attributes have slots only."""

from quality.oddities._base import PlainLock
from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Lock(PlainLock):
    """No more than a lock."""

    __slots__ = ()


class Slotted:
    """An object that has another one of the reference do its work."""

    __slots__ = ("_inner",)
    _kind = None

    def __init__(self, *args, **kwargs):
        self._inner = self._kind(*args, **kwargs)

    def __enter__(self):
        return self._inner.__enter__()

    def __exit__(self, *exc_info):
        return self._inner.__exit__(*exc_info)


def passing(name):
    """A method that calls the one of the inner object."""
    return lambda self, *args, **kwargs: getattr(self._inner, name)(*args, **kwargs)


def slotted(name, *methods):
    """A class whose methods are those of the inner object."""
    passed = {method: passing(method) for method in methods}
    return type(name, (Slotted,), {"__slots__": (), "_kind": getattr(reference, name), **passed})


RLock = slotted("RLock", "acquire", "release", "_is_owned", "_release_save", "_acquire_restore")
Condition = slotted("Condition", "acquire", "release", "wait", "notify", "notifyAll")
Semaphore = slotted("Semaphore", "acquire", "release")
BoundedSemaphore = slotted("BoundedSemaphore", "acquire", "release")
Event = slotted("Event", "isSet", "set", "clear", "wait")
