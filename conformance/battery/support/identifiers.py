"""Threads that get the identifier of a thread that has ended."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.starting import let_one_end
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import NotOffered

# How many threads end, and how many new ones are then tried, in each turn.  A system gives a free
# identifier to the next thread, or to none.  But identifiers may be addresses, as those of green
# threads are: whether a thread or another object gets one is chance.
TURNS = ((1, 20),)
GREEN_TURNS = ((1, 20), (20, 100))


def end_of(actors, actor):
    """Let an actor's thread end, and wait for it as far as it can be seen."""
    actor.stop()
    actors.until(lambda: actor.ended)
    await_end(actors, actor.tid)


def await_end(actors, tid):
    """Wait for the end of a thread that is about to end; ``tid``: its number in the kernel."""
    # The system's thread ends a little later than the function that it runs.  A green thread ends
    # without it, as soon as the caller sleeps.
    if tid == blocking.own_tid():
        time.sleep(0.001)
    elif tid is None or blocking.look() is None:
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


def turns(actors):
    """Yield the turns: how many threads are to end, and how many new ones to be tried.

    When all were in vain: raises NotOffered where the system gives no identifier to another thread.
    Where that is chance, there is nothing to judge, and the case ends like one that has seen no
    fault: its verdict must not depend on chance.
    """
    actors.call(int)
    for turn in actors.are_green and GREEN_TURNS or TURNS:
        yield turn
    if not actors.are_green:
        raise NotOffered("no new thread got the identifier of one that had ended")


def heirs(actors, end_threads):
    """Yield what the case needs of a thread that has ended, and a new actor with its identifier.

    That is one pair, or none: see :func:`turns`.  ``end_threads``: is called with a number, lets so
    many threads end that have run simultaneously, and returns a dictionary of what the case needs
    of each, by its identifier.
    """
    for count, attempts in turns(actors):
        ended = end_threads(count)
        for _ in range(attempts):
            actor = actors.new()
            actor.call(int)  # its identifier is known afterwards
            if actor.ident in ended:
                yield ended[actor.ident], actor
                return


def ended_actors(actors, count, call):
    """What ``call`` returned in each of ``count`` actors that have ended since, by identifier."""
    members = [actors.new() for _ in range(count)]
    results = [actor.call(call) for actor in members]
    for actor in members:
        end_of(actors, actor)
    return dict(zip([actor.ident for actor in members], results))


def alien_heirs(threading, actors):
    """Yield the dummy of an alien thread that has ended, and an actor with its identifier."""
    let_one_end(threading, actors)
    return heirs(actors, lambda count: ended_actors(actors, count, threading.currentThread))


def thread_heirs(threading, actors):
    """Yield a thread of the module that has ended, and an actor with its identifier."""
    return heirs(actors, lambda count: _ended_threads(threading, actors, count))


def _ended_threads(threading, actors, count):
    """Threads of the module that have run simultaneously and ended, by identifier."""
    starter = actors.new()
    with Latch(actors.substrate) as latch:
        ran = list(new_threads(threading, actors, starter, latch, count))
    for thread, _, tid, _ in ran:
        starter.start(thread.join).returned()  # the system may keep the identifier until then
        await_end(actors, tid)
    return dict([(ident, thread) for thread, ident, _, _ in ran])


def new_threads(threading, actors, starter, latch, count, look=int):
    """Let an actor start threads of the module, which wait for a latch, one after another.

    Yields for each thread: its object, its identifier, its number in the kernel, and what ``look``
    returned in it.  Raises NotOffered where threads do not run beside the one that starts them.
    """
    for _ in range(count):
        seen = []

        def target(seen=seen):
            seen.append((actors.substrate.get_ident(), blocking.own_tid(), look()))
            latch.wait()

        thread = threading.Thread(target=target)
        starter.start(thread.start)
        if not actors.until(lambda: seen):  # noqa: B023
            raise NotOffered("a thread did not call its target")  # another clause's business
        ident, tid, result = seen[0]
        check_runs_apart(actors, ident, starter)
        yield thread, ident, tid, result
