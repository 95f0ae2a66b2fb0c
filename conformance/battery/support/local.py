"""Attributes of ``local`` objects, as several threads see them."""

import time

from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import tells

ABSENT = "absent"

# Seconds after which the rounds that are left of a race do nothing, on a slow implementation.
ENOUGH = 2.0


class Thing(object):
    """A value that can be referred to weakly."""


@tells("attribute %s")
def look(data, name):
    """The calling thread's value of an attribute; ABSENT if there is none, or it is None.

    That reading one that was never stored raises AttributeError is another clause's business.
    """
    value = getattr(data, name, ABSENT)
    return ABSENT if value is None else value


@tells("attribute %s in several threads")
def look_in_each(data, others, name):
    """A list of the values of an attribute: the calling thread's, then those of other actors."""
    return [look(data, name)] + [other.call(look, data, name) for other in others]


@tells("names in __dict__")
def names(data):
    """The names in the calling thread's ``__dict__``, except those that begin with "_"."""
    return sorted([name for name in data.__dict__ if not name.startswith("_")])


@tells("names in __dict__ in several threads")
def names_in_each(data, others):
    """A list of the names in ``__dict__``: the calling thread's, then those of other actors."""
    return [names(data)] + [other.call(names, data) for other in others]


def check_each(data, others, name, expected):
    """The attribute has these values: the calling thread's, then those of other actors.

    ``others``: actors; the fixture ``actors`` itself for a new thread.
    """
    seen = look_in_each(data, others, name)
    assert seen == expected


def check_names(data, others, expected):
    """``__dict__`` has these names: the calling thread's, then those of other actors."""
    seen = names_in_each(data, others)
    assert seen == expected


def here(function, *args):
    """Call ``function`` in this thread, as the ``call`` of an actor calls it in another one."""
    return function(*args)


def kinds(threading):
    """``local`` itself, and a subclass of it with nothing of its own."""

    class Mine(threading.local):
        pass

    return [threading.local, Mine]


def in_actors(actors):
    """A function that calls another one in an actor of its own, and waits for the actor's end."""

    def run(function, *args):
        actor = actors.new()
        actor.call(function, *args)
        actor.stop()
        patience = clock() + actors.durations["positive"]
        while not actor.ended and clock() < patience:
            time.sleep(0)
        actor.value = None

    return run


def check_race(actors, steps, rounds):
    """Race functions, which return whether they saw what their thread had stored."""
    until = clock() + ENOUGH

    def within_time(step):
        return lambda number: clock() > until or step(number)

    for right in actors.race([within_time(step) for step in steps], rounds):
        wrong = right.count(False)
        assert wrong == 0, "%d of %d threads read a value that another one had stored" % (
            wrong,
            len(steps),
        )
