"""Steps that a signal handler cannot tear apart.

A handler, such as the one that raises KeyboardInterrupt, runs in the main thread between two steps
of the program, and may raise there.  It does not run inside a function written in C that calls only
functions written in C.  So what belongs together is handed to one such function as an iterator that
does the work when it is read: either all of it is done, or nothing.

CPython 3.11 and newer run handlers only after a call, at the beginning of a function, and where a
loop begins its next round.  Older versions run them between more steps, so that a few moments
remain, which are far shorter than those that other implementations have.

Do not copy this into an ordinary program: a program that needs it should not let its signal
handlers raise.
"""

from _collections import deque
from itertools import starmap

__all__ = ["call", "calls"]

_exhaust = deque(maxlen=0).extend
_NEVER = object()


def call(function, arguments, results):
    """Call ``function`` and append what it returns to the list ``results``, in one step.

    Whoever looks at ``results`` after an exception learns whether the call was completed.
    """
    _exhaust(map(results.append, starmap(function, [arguments])))


def calls(function):
    """Return an iterator without an end that calls ``function`` whenever it is read.

    A ``for`` statement binds the result in the same step::

        for result in calls(function):
            is_done = True
            break

    To make the iterator once and to use it often is faster than ``call``, by far where threads run
    by turns.
    """
    return iter(function, _NEVER)
