"""The functions of the module."""

from . import _layer, _registry, alien
from ._registry import own, threads
from .stack import stack_size
from .thread import hooks

__all__ = [
    "ThreadError",
    "activeCount",
    "currentThread",
    "enumerate",
    "setprofile",
    "settrace",
    "stack_size",
]

ThreadError = _layer.error


def activeCount():
    """Return the number of alive threads: the length of ``enumerate()`` (``activecount.*``)."""
    return len(threads)


def currentThread():
    """Return the thread object of the calling thread of control (``currentthread.*``).

    An alien thread gets a dummy thread object, the same one each time.
    """
    try:
        return own.thread
    except AttributeError:
        thread = _registry.lookup()
        return alien.alien_thread() if thread is None else thread


def enumerate():
    """Return a new list of all alive threads (``enumerate.*``).

    Daemonic threads, dummy thread objects and the main thread are among them.
    """
    return _registry.alive()


def settrace(func):
    """Pass ``func`` to ``sys.settrace`` in each new thread before its ``run`` (``settrace.*``).

    None: no longer do so.
    """
    hooks["trace"] = func


def setprofile(func):
    """Pass ``func`` to ``sys.setprofile`` in each new thread before its ``run`` (``setprofile.*``).

    None: no longer do so.
    """
    hooks["profile"] = func
