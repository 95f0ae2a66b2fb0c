"""Calls that cases make often, and what becomes of them."""

from threadspec.conformance.harness import blocking


def repeat(times, function, *args):
    """Call ``function`` that many times."""
    for _ in range(times):
        function(*args)


def in_time(times, function, *args):
    """Call ``function`` that many times, but for a second at most; what it returned each time.

    Some implementations are slow.
    """
    until = blocking.clock() + 1.0
    results = []
    while len(results) < times and (not results or blocking.clock() < until):
        results.append(function(*args))
    return results


def acquire_and_release(lock, times=1):
    """Acquire ``lock`` and release it, that many times."""
    for _ in range(times):
        lock.acquire()
        lock.release()


def is_refused(lock):
    """Whether release() raises an error, of whatever type."""
    try:
        lock.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False


def woken(actors, release, call, *args):
    """An actor that was blocked in ``call`` until ``release`` was called."""
    waiter = actors.start(call, *args)
    waiter.is_blocked()
    release()
    return waiter


def check_attempts_fail(caller, lock):
    """Check that acquire(False) fails; ``caller``: an actor, or the actors to take new ones."""
    for argument in (False, 0, False):
        got = caller.call(lock.acquire, argument)
        assert not got


def check_all_new(several):
    """Check that objects that were created one after the other are different ones."""
    for one in several:
        same = len([another for another in several if another is one])
        assert same == 1, "%d of %d objects created one after the other are the same" % (
            same,
            len(several),
        )


def check_all_end(actors, helpers, what):
    """Check that the calls of all these actors end, and raise nothing; ``what``: who they are."""
    ended = len(actors.ended(helpers, at_least=len(helpers)))
    assert ended == len(helpers), "%d of %d %s came to an end" % (ended, len(helpers), what)
    for actor in helpers:
        actor.result()
