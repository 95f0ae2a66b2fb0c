"""Keeps the threads of a case on one processor, where that makes their turns cheap.

Under an interpreter lock one of them runs at a time anyway, and to wake one on another processor
takes several times as long as to wake it on the same.
"""

import os
import sys

from threadspec.conformance.harness import blocking


def _has_interpreter_lock():
    """Whether no two threads run Python code simultaneously.

    An interpreter that does not tell has such a lock.

    Jython has none, and no function to choose processors either.
    """
    enabled = getattr(sys, "_is_gil_enabled", None)
    return enabled is None or enabled()


def _current():
    """The number of the processor that the calling thread is on."""
    return int(blocking.read("/proc/thread-self/stat").rsplit(")", 1)[1].split()[36])


class OneProcessor(object):
    """One processor for the calling thread and the threads it starts, until it is given up.

    ``number``: which of several workers this is.  Two that kept to the processor where they are
    might share it for long, while another one is idle.  None: there is no other.
    """

    def __init__(self, number=None):
        self._number = number
        self._before = None

    def take(self):
        """Stay on the worker's processor, or on that where the thread is now.

        No effect where that cannot be had.
        """
        if not _has_interpreter_lock():
            return
        try:
            before = os.sched_getaffinity(0)  # novm
            if len(before) > 1:
                allowed = sorted(before)
                if self._number is None:
                    own = _current()
                else:  # the parent is the same for those that belong together, and for no others
                    own = allowed[(os.getppid() + self._number) % len(allowed)]
                os.sched_setaffinity(0, [own])  # novm
                self._before = before
        except Exception:
            pass  # no Linux, an old Python, or not allowed

    def give_up(self):
        """Be free to use every processor again; threads that are still there stay on the one."""
        if self._before is not None:
            os.sched_setaffinity(0, self._before)  # novm
            self._before = None
