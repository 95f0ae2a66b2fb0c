"""Values for attributes of a local, and looks at them from other threads."""

import time

from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import tells

ABSENT = "absent"

# Seconds after which a race is only run through, on an implementation that is slow.
ENOUGH = 2.0


class Thing(object):
    """A value that can be referred to weakly."""


@tells("attribute %s")
def look(data, name):
    """The calling thread's value of an attribute, or ABSENT.

    That reading an absent one is an AttributeError, and not None, is a clause of its own.
    """
    value = getattr(data, name, ABSENT)
    return ABSENT if value is None else value


@tells("names in __dict__")
def names(data):
    """The names that the calling thread's ``__dict__`` shows, less an implementation's own."""
    return sorted([name for name in data.__dict__ if not name.startswith("_")])


def _in_actors(actors):
    """Runs a function in a low-level thread of its own, which has ended afterwards."""

    def run(function, *args):
        actor = actors.new()
        actor.call(function, *args)
        actor.stop()
        patience = clock() + actors.durations["positive"]
        while not actor.ended and clock() < patience:
            time.sleep(0)
        actor.value = None

    return run
