"""Threads that get the identifier of a thread that has ended."""

import time

from threadspec.conformance.battery.support.alien import alien_and_dummy
from threadspec.conformance.battery.support.starting import let_one_end
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import NotOffered

# How many new threads are tried: a system gives a free identifier to the next thread, or to none.
ATTEMPTS = 20


def end_of(actors, actor):
    """Let an actor's thread end, and wait for it as far as it can be seen."""
    actor.stop()
    actors.until(lambda: actor.ended)
    await_end(actors, actor.tid)


def await_end(actors, tid):
    """Wait for the end of a thread that is about to end; ``tid``: its number in the kernel."""
    # The system's thread ends a little later than the function that it runs.  A green thread ends
    # without it, as soon as the caller sleeps.
    if tid in (None, blocking.own_tid()) or blocking.look() is None:
        time.sleep(0.01)
    else:
        actors.until(lambda: tid not in blocking.look())


def check_runs_apart(actors, ident, starter):
    """Raise NotOffered for a thread that ran in the one that started it, or in the caller.

    ``ident``: its identifier; ``starter``: the actor that started it.  Kernel threads do not tell:
    green threads share one.
    """
    if ident in (actors.substrate.get_ident(), starter.ident):
        raise NotOffered("the module's threads run in the threads that start them")


def successor(actors, ident):
    """A new actor whose thread has the identifier ``ident`` of a thread that has ended.

    Raises NotOffered where the system gives the identifier to no other thread.
    """
    for _ in range(ATTEMPTS):
        actor = actors.new()
        actor.call(int)  # its identifier is known afterwards
        if actor.ident == ident:
            return actor
    raise NotOffered("no new thread got the identifier of one that had ended")


def aliens(threading, actors):
    """The dummy of an alien thread that has ended, and an actor with that thread's identifier."""
    let_one_end(threading, actors)
    alien, dummy = alien_and_dummy(threading, actors)
    end_of(actors, alien)
    return dummy, successor(actors, alien.ident)


def after_a_thread(threading, actors):
    """A thread of the module that has ended, and an actor with that thread's identifier."""
    seen = []

    def target():
        seen.append((actors.substrate.get_ident(), blocking.own_tid()))

    thread = threading.Thread(target=target)
    starter = actors.new()
    starter.start(thread.start)
    if not actors.until(lambda: seen):
        raise NotOffered("a thread did not call its target")  # another clause's business
    ident, tid = seen[0]
    check_runs_apart(actors, ident, starter)
    starter.start(thread.join).returned()  # the system may keep the identifier until then
    await_end(actors, tid)
    return thread, successor(actors, ident)
