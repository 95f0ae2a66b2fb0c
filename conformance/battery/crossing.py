"""Actors in threads that the implementation started, to cross them with low-level threads.

Elsewhere in the battery every helper is a low-level thread, so that a fault of ``Thread`` fails no
other clause.  An implementation may treat its own threads differently, though: whatever works in
either kind of thread has to work in the other, and between the two.
"""

LOW = "low-level thread"
BY_THREAD = "thread started by Thread"
BY_TIMER = "thread started by Timer"

# The kinds that do not run a function on an implementation: (id of the module, kind).  Other
# clauses ask for that; here they are left out, and tried only once.
_unusable = set()


def _run(threading, kind, function):
    """Run ``function`` in a new thread of that kind."""
    if kind == BY_THREAD:
        threading.Thread(target=function).start()
    else:
        threading.Timer(0.0, function).start()


def actor_in(kind, threading, actors, starter=None):
    """A new actor in a thread of that kind; None where such a thread does not run.

    ``starter``: the actor that starts the thread, a new one if not given.
    """
    if kind == LOW:
        return actors.new(name=LOW)
    if (id(threading), kind) in _unusable:
        return None
    begun, given_up = [], []
    starter = starter or actors.new()

    def begin(perform, args):
        def function():
            begun.append(None)
            if not given_up:
                perform(*args)

        # Not in the main thread: an implementation without threads runs the function right there.
        starter.start(_run, threading, kind, function)

    actor = actors.new(begin, kind)
    if not actors.until(lambda: begun, [starter]):
        given_up.append(None)
        _unusable.add((id(threading), kind))
        actors.forget(actor)
        return None
    return actor


def helpers(threading, actors):
    """An actor of each usable kind, and a second one in a thread that Thread started."""
    found = [actor_in(kind, threading, actors) for kind in (LOW, BY_THREAD, BY_TIMER, BY_THREAD)]
    return [actor for actor in found if actor is not None]


def pairs(threading, actors):
    """Pairs of actors of different kinds, in both orders, and two in threads of Thread."""
    members = helpers(threading, actors)
    return [
        (members[one], members[other])
        for one, other in ((0, 1), (1, 0), (1, -1), (2, 0), (0, 2))
        if max(one, other) < len(members) and members[one] is not members[other]
    ]
