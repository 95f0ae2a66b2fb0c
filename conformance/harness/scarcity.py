"""Finds out whether the system, and not the implementation, refuses to start threads.

A thread that cannot be started because of a limit makes any implementation look faulty.
"""

import errno
import sys
import time

from threadspec.conformance.harness import blocking, declared
from threadspec.conformance.harness.vocabulary import show_error

# The largest number of simultaneous threads of a case, including a few that the implementation
# starts.
MOST = 104

# The errors that mean that a limit was reached.
LIMITS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC)

# The number of threads tried after a failure, in addition to those that the failed case still has.
SOME = 16


def sentence(what, reason):
    """A sentence that says what the system refuses and what the user can do.

    ``what``: "thread" or "process"; ``reason``: the system's own words.
    """
    return (
        "the system refuses another %s (%s); raise the limit on processes, memory or open files"
        " (ulimit -a shows them)" % (what, reason)
    )


def of_processes(error):
    """A sentence that says that the system has started no process, and what the user can do.

    ``error``: the exception that the attempt has raised.
    """
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in LIMITS:
        return sentence("process", show_error(error))
    return (
        "the system has started no process (%s); if it cannot start any, put"
        ' lacks = ["processes"] into the adapter file' % show_error(error)
    )


def refusal(substrate, count):
    """Why the system does not allow ``count`` more simultaneous threads; None if it does.

    ``substrate``, a module like ``_thread``, starts the threads; they have ended on return.  Where
    the adapter says that there are no threads, none is tried.
    """
    if declared.lacks("threads"):
        return None
    size = _reset_stack_size(substrate)
    hold = substrate.allocate_lock()
    hold.acquire()
    ended = []

    def wait():
        hold.acquire()
        hold.release()
        ended.append(None)

    started = 0
    reason = None
    try:
        for _ in range(count):
            substrate.start_new_thread(wait, ())
            started += 1
    except:  # noqa: E722 - the substrate may raise anything
        reason = sentence("thread", show_error(sys.exc_info()[1]))
    if reason and not started:
        reason += '; if it cannot start any thread, put lacks = ["threads"] into the adapter file'
    hold.release()
    patience = blocking.clock() + 5.0
    while len(ended) < started and blocking.clock() < patience:
        time.sleep(0)
    if size:
        substrate.stack_size(size)
    return reason


def _reset_stack_size(substrate):
    """Give new threads stacks of the default size; return the previous size, or None."""
    try:
        return substrate.stack_size(0)
    except Exception:  # the function does not exist here, or is not supported
        return None
