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


def check_blocks(make, threading, actors):
    """acquire() blocks in a thread of one kind while one of another kind has acquired."""
    for holder, waiter in pairs(threading, actors):
        lock = make()
        holder.call(lock.acquire)
        got = waiter.call(lock.acquire, False)
        assert not got, "acquired by a %s: acquire(False) in a %s returned %r" % (
            holder,
            waiter,
            got,
        )
        waiter.start(lock.acquire)
        assert waiter.is_blocked(), "acquired by a %s: %r" % (holder, waiter)
        holder.call(lock.release)
        if not waiter.returned():
            return  # another clause's business


def check_blocks_while_main_holds(make, threading, actors):
    """acquire() blocks in a thread of each kind while the main thread has acquired."""
    for waiter in helpers(threading, actors):
        lock = make()
        lock.acquire()
        waiter.start(lock.acquire)
        blocked = waiter.is_blocked()
        lock.release()
        waiter.returned()
        assert blocked, "acquired by the main thread: %r" % waiter


def check_hand_over(make, threading, actors):
    """A release() in a thread of one kind lets an acquire() in one of another kind proceed."""
    for holder, waiter in pairs(threading, actors):
        lock = make()
        holder.call(lock.acquire)
        waiter.start(lock.acquire)
        if not waiter.is_blocked():
            return  # another clause's business
        holder.call(lock.release)
        assert waiter.returned(), "after a release() by a %s: %r" % (holder, waiter)
        got = holder.call(lock.acquire, False)
        assert not got, "acquired by a %s: acquire(False) in a %s returned %r" % (
            waiter,
            holder,
            got,
        )


class Waiter(object):
    """Lets an actor wait on a condition, and awaits that it does."""

    def __init__(self, condition, actor, timeout=()):
        self.actor = actor
        actor.start(self._wait, condition, timeout)
        actor.is_blocked()

    def _wait(self, condition, timeout):
        condition.acquire()
        try:
            condition.wait(*timeout)
        finally:
            condition.release()


def check_wakes_as_many(make, threading, actors):
    """Releases in one kind of thread wake as many waiting threads of every kind."""
    members = helpers(threading, actors)
    semaphore = make()
    for _ in members:
        semaphore.acquire()
    for actor in members:
        actor.start(semaphore.acquire)
        actor.is_blocked()
    # Not more than one at a time: which of them wakes is open.
    for number in range(len(members)):
        semaphore.release()
        woken = actors.ended(members, at_least=number + 1)
        assert len(woken) == number + 1, "after %d calls of release() by the main thread: %r" % (
            number + 1,
            members,
        )


def blocking_thread(threading, actors, kind):
    """A thread of that kind that blocks, and the function that lets it end; None, None if none."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    arrived = []

    def wait():
        arrived.append(None)
        lock.acquire()

    thread = threading.Thread(target=wait) if kind == BY_THREAD else threading.Timer(0.0, wait)
    actors.new().start(thread.start)
    if not actors.until(lambda: arrived):
        return None, None
    return thread, lock.release
