"""Everything but Thread and local is a function, each defined in another way; Timer too."""

from threadspec import reference
from threadspec.reference import *  # noqa: F403


def Lock():
    return reference.Lock()


def RLock():
    return reference.RLock()


Condition = lambda lock=None: reference.Condition(lock)  # noqa: E731


def Semaphore(value=1):
    return reference.Semaphore(value)


def BoundedSemaphore(value=1):
    return reference.BoundedSemaphore(value)


def Event():
    return reference.Event()


def Timer(*args, **kwargs):
    return reference.Timer(*args, **kwargs)
