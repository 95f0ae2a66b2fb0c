"""Keeps the threads of a case on one processor, where that makes switching between them faster.

With an interpreter lock only one of them runs at a time anyway, and waking a thread on another
processor takes several times as long as waking it on the same one.
"""

import os
import sys

from threadspec.conformance.harness import blocking


def _has_interpreter_lock():
    """Whether no two threads run Python code simultaneously.

    An interpreter that does not report it is assumed to have such a lock.  Jython has none, but
    offers no function to choose processors either.
    """
    enabled = getattr(sys, "_is_gil_enabled", None)
    return enabled is None or enabled()


def _current():
    """The number of the processor that the calling thread is on."""
    return int(blocking.read("/proc/thread-self/stat").rsplit(")", 1)[1].split()[36])


class OneProcessor(object):
    """Binds the calling thread, and the threads it starts, to one processor, until it is given up.

    ``number``: the number of this worker among several, or None for the only one.  If workers
    simply stayed where they are, two might share a processor while another is idle.
    """

    def __init__(self, number=None):
        self._number = number
        self._before = None

    def take(self):
        """Stay on the worker's processor, or on the current one for the only worker.

        Has no effect where that is not possible.
        """
        if not _has_interpreter_lock():
            return
        try:
            before = os.sched_getaffinity(0)  # novm
            if len(before) > 1:
                allowed = sorted(before)
                if self._number is None:
                    own = _current()
                else:  # workers of one run have the same parent, and workers of other runs do not
                    own = allowed[(os.getppid() + self._number) % len(allowed)]
                os.sched_setaffinity(0, [own])  # novm
                self._before = before
        except Exception:
            pass  # no Linux, an old Python, or not allowed

    def give_up(self):
        """Allow every processor again; threads that still exist stay on the one processor."""
        if self._before is not None:
            os.sched_setaffinity(0, self._before)  # novm
            self._before = None
