"""Pairs of steps that no signal handler can interrupt.

A handler, such as the one that raises KeyboardInterrupt, runs in the main thread between two steps
of the program, and may raise there.  It does not run inside a function written in C that calls only
functions written in C.  So steps that belong together are given to one such function as an
iterator, which performs them when it is read: either all of them are done, or none.

CPython 3.11 and later run handlers only after a call, at the beginning of a function, and at the
start of each iteration of a loop.  Earlier versions run them between more steps, which leaves some
short windows.

Do not copy this into an ordinary program: let its signal handlers not raise instead.
"""

from _collections import deque
from itertools import starmap

__all__ = ["call", "calls"]

_exhaust = deque(maxlen=0).extend
_NEVER = object()


def call(function, arguments, results):
    """Call ``function`` and append what it returns to the list ``results``, in one step.

    After an exception, ``results`` shows whether the call was completed.
    """
    _exhaust(map(results.append, starmap(function, [arguments])))


def calls(function):
    """Return an object to iterate over without end, which calls ``function`` for each item.

    A ``for`` statement binds the result in the same step::

        for result in calls(function):
            is_done = True
            break

    An object that is made once and used often is faster than ``call``, most of all where threads
    alternate.  Several threads can use it simultaneously.
    """
    return iter(function, _NEVER)


class _Calls:
    """What ``calls`` returns where an iterator over calls refuses to be read by two threads."""

    __slots__ = ("_function",)

    def __init__(self, function):
        self._function = function

    def __iter__(self):
        return iter(self._function, _NEVER)


if hasattr(calls(int), "gi_frame"):  # PyPy has written it as a generator
    calls = _Calls
