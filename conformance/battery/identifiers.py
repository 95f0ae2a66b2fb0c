"""Threads that have the identifier of a thread that has ended."""

import time

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import NotOffered

# How many new threads are tried: systems give a free identifier to the next thread or to none.
ATTEMPTS = 20


def end_of(actors, actor):
    """Let an actor's thread end, as far as that can be seen."""
    actor.stop()
    actors.until(lambda: actor.ended)
    await_end(actors, actor.tid)


def await_end(actors, tid):
    """Wait for the end of a thread that is about to end, by its kernel's number."""
    # The system's own thread ends a little later than what it does.
    if tid is None or blocking.look() is None:
        time.sleep(0.01)
    else:
        actors.until(lambda: tid not in blocking.look())


def successor(actors, ident):
    """A new actor in a thread that has the identifier ``ident``, of a thread that has ended.

    Raises NotOffered where the system does not give the identifier to another thread.
    """
    for _ in range(ATTEMPTS):
        actor = actors.new()
        actor.call(int)  # its identifier is known afterwards
        if actor.ident == ident:
            return actor
    raise NotOffered("no new thread has got the identifier of one that has ended")
