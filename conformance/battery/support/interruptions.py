"""What is left of an object after a call of it was interrupted."""

import sys

from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import NotOffered, Violation, show_error

# Seconds; long enough for a wait() to block.
BRIEF = 0.0005

# The arguments of a wait: without a time-out, and with one that does not occur.
FORMS = ((), (LONG,))


def usable(actors, one, what):
    """Check that ``one`` is free: another thread acquires it without blocking."""

    def take():
        got = one.acquire(False)
        if got:
            one.release()
        return got

    taker = actors.start(take)
    assert taker.returned(), "%s: acquire(False) in another thread does not return" % what
    assert taker.value, (
        "%s: acquire(False) in another thread returned %r, expected a true value"
        % (
            what,
            taker.value,
        )
    )


def exclusive(actors, one, what):
    """Check that one thread at a time can acquire ``one``, which is free."""
    holder = actors.new()
    holder.call(one.acquire)
    got = actors.call(one.acquire, False)
    assert not got, "%s: two threads acquired it" % what
    holder.call(one.release)


def give_back(one, what):
    """Release ``one``, which another thread could not acquire."""
    try:
        one.release()
    except Exception:
        raise Violation(
            "%s: another thread cannot acquire it, and release() raised %s"
            % (what, show_error(sys.exc_info()[1]))
        )


def lists(threading, thread):
    """Whether enumerate() lists ``thread``."""
    return any([one is thread for one in threading.enumerate()])


def started(actors, thread, end):
    """Start ``thread``; ``end`` ends it.  Raises NotOffered if start() waits for its end."""
    starter = actors.start(thread.start)
    if not starter.returned() and not starter.has_ended():
        end()
        raise NotOffered("start() does not return while the thread runs")
    starter.result()


def check_alive(threading, actors, thread, latch, what):
    """Check that ``thread``, at its latch, is alive, and can be joined once that is open."""
    listed = lists(threading, thread)
    assert listed, "%s, enumerate() does not list the thread, which still runs" % what
    joiner = actors.start(thread.join)
    waits = joiner.is_blocked()
    assert waits, "%s, join() in another thread does not block: %r" % (what, joiner)
    latch.open()
    assert joiner.returned(), (
        "%s, join() in another thread does not return at the thread's end" % what
    )
