"""Threads that get the identifier of a thread that has ended."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.starting import let_one_end
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import NotOffered

# How many new threads are tried: a system gives a free identifier to the next thread, or to none.
ATTEMPTS = 20

# How many threads end before new ones are tried, in the first turn and in the second.  Identifiers
# may be addresses, as those of green threads are: then another object may have got the one of a
# single thread, but hardly those of many.
CROWDS = (1, 20)


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


def heir(actors, end_threads):
    """What the case needs of a thread that has ended, and a new actor with its identifier.

    ``end_threads``: is called with a number, lets so many threads end that have run simultaneously,
    and returns a dictionary of what the case needs of each, by its identifier.  Raises NotOffered
    where the system gives no identifier to another thread.
    """
    for count in CROWDS:
        ended = end_threads(count)
        for _ in range(ATTEMPTS):
            actor = actors.new()
            actor.call(int)  # its identifier is known afterwards
            if actor.ident in ended:
                return ended[actor.ident], actor
    raise NotOffered("no new thread got the identifier of one that had ended")


def ended_actors(actors, count, call):
    """What ``call`` returned in each of ``count`` actors that have ended since, by identifier."""
    members = [actors.new() for _ in range(count)]
    results = [actor.call(call) for actor in members]
    for actor in members:
        end_of(actors, actor)
    return dict(zip([actor.ident for actor in members], results))


def alien_heir(threading, actors):
    """The dummy of an alien thread that has ended, and an actor with that thread's identifier."""
    let_one_end(threading, actors)
    return heir(actors, lambda count: ended_actors(actors, count, threading.currentThread))


def thread_heir(threading, actors):
    """A thread of the module that has ended, and an actor with that thread's identifier."""
    return heir(actors, lambda count: _ended_threads(threading, actors, count))


def _ended_threads(threading, actors, count):
    """Threads of the module that have run simultaneously and ended, by identifier."""
    starter = actors.new()
    ran = {}
    with Latch(actors.substrate) as latch:
        for _ in range(count):
            seen = []

            def target(seen=seen):
                seen.append((actors.substrate.get_ident(), blocking.own_tid()))
                latch.wait()

            thread = threading.Thread(target=target)
            starter.start(thread.start)
            if not actors.until(lambda: seen):  # noqa: B023
                raise NotOffered("a thread did not call its target")  # another clause's business
            ident, tid = seen[0]
            check_runs_apart(actors, ident, starter)
            ran[ident] = (thread, tid)
    for thread, tid in ran.values():
        starter.start(thread.join).returned()  # the system may keep the identifier until then
        await_end(actors, tid)
    return dict((ident, thread) for ident, (thread, _) in ran.items())
