"""Every object is a proxy for one that lives elsewhere; a thread is the proxy's own subclass."""

import functools

from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Proxy:
    """Passes on whatever is asked of it."""

    __slots__ = ("_Proxy__inner", "__weakref__")

    def __init__(self, inner):
        object.__setattr__(self, "_Proxy__inner", inner)

    def __getattribute__(self, name):
        inner = object.__getattribute__(self, "_Proxy__inner")
        value = getattr(inner, name)
        return functools.partial(value) if callable(value) else value

    def __setattr__(self, name, value):
        setattr(object.__getattribute__(self, "_Proxy__inner"), name, value)

    def __enter__(self):
        return object.__getattribute__(self, "_Proxy__inner").__enter__()

    def __exit__(self, *exc_info):
        return object.__getattribute__(self, "_Proxy__inner").__exit__(*exc_info)


def proxied(kind):
    return lambda *args, **kwargs: Proxy(kind(*args, **kwargs))


Lock = proxied(reference.Lock)
RLock = proxied(reference.RLock)
Condition = proxied(reference.Condition)
Semaphore = proxied(reference.Semaphore)
BoundedSemaphore = proxied(reference.BoundedSemaphore)
Event = proxied(reference.Event)
