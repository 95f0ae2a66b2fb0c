"""Tells whether the system, not the implementation, refuses threads.

A thread that cannot be started because a limit is reached makes any implementation look faulty.
"""

import sys
import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import show_error

# The most helper threads that a case has at a time, and a few that the implementation starts.
MOST = 104

# How many threads are tried after a failure, beside those that the failed case still has.
SOME = 16


def sentence(what, reason):
    """The sentence that says what the system refuses and what the user can do.

    ``what``: "thread" or "process"; ``reason``: the system's own words.
    """
    return (
        "the system refuses another %s (%s); raise the limit on processes, memory or open files"
        " (ulimit -a shows them)" % (what, reason)
    )


def refusal(substrate, count):
    """Why the system does not let ``count`` more threads exist at the same time, or None.

    The threads come from ``substrate``, a module like ``_thread``, and have ended on return.
    """
    size = _reset_stack_size(substrate)
    gate = substrate.allocate_lock()
    gate.acquire()
    ended = []

    def wait():
        gate.acquire()
        gate.release()
        ended.append(None)

    started = 0
    reason = None
    try:
        for _ in range(count):
            substrate.start_new_thread(wait, ())
            started += 1
    except:  # noqa: E722 - whatever the substrate says it with
        reason = sentence("thread", show_error(sys.exc_info()[1]))
    gate.release()
    patience = blocking.clock() + 5.0
    while len(ended) < started and blocking.clock() < patience:
        time.sleep(0)
    if size:
        substrate.stack_size(size)
    return reason


def _reset_stack_size(substrate):
    """Give new threads stacks of the default size; the size before, or None."""
    try:
        return substrate.stack_size(0)
    except Exception:  # there is no such function here, or it does not do anything
        return None
