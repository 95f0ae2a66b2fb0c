"""Finds out whether the system, and not the implementation, refuses to start threads.

A thread that cannot be started because of a limit makes any implementation look faulty.
"""

import sys
import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import show_error

# The largest number of simultaneous threads of a case, including a few that the implementation
# starts.
MOST = 104

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


def refusal(substrate, count):
    """Why the system does not allow ``count`` more simultaneous threads; None if it does.

    ``substrate``, a module like ``_thread``, starts the threads; they have ended on return.
    """
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
