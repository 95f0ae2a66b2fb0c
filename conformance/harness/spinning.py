"""Tells in which function of the implementation a thread is.

A thread that polls, where the manual has it wait, uses the processor all the time that it is
watched.  Nothing shows that it will not return soon, so the first one in a function is watched
for the whole duration ``window``.  When another one spins in the same function, a part of that is
enough.
"""

import os
import sys

KIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def outermost(ident):
    """The frame of the implementation's function that the thread called first.

    ``ident``: the thread's identifier.  None where the interpreter does not show it, or if the
    thread is in no such function.
    """
    frame = getattr(sys, "_current_frames", dict)().get(ident)
    found = None
    while frame is not None:
        if not os.path.abspath(frame.f_code.co_filename).startswith(KIT):
            found = frame
        frame = frame.f_back
    return found
