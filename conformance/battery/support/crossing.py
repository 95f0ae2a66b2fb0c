"""Actors in threads of every kind: low-level ones and those that the implementation started.

Elsewhere in the battery every helper is a low-level thread, so that a fault of ``Thread`` fails no
other clause.  But an implementation may treat its own threads differently: what works in one kind
of thread has to work in the other, and between the two.
"""

LOW = "low-level thread"
BY_THREAD = "thread started by Thread"
BY_TIMER = "thread started by Timer"

# The kinds of thread that do not run a function on an implementation: (id of the module, kind).
# That is the business of other clauses; such a kind is left out here, and tried only once.
_unusable = set()


def _run(threading, kind, function):
    """Run ``function`` in a new thread of that kind."""
    if kind == BY_THREAD:
        threading.Thread(target=function).start()
    else:
        threading.Timer(0.0, function).start()


def actor_in(kind, threading, actors, starter=None):
    """A new actor in a thread of that kind; None if such a thread does not run.

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

        # Not in the main thread: an implementation without threads runs the function in start().
        starter.start(_run, threading, kind, function)

    actor = actors.new(begin, kind)
    if not actors.until(lambda: begun, [starter]):
        given_up.append(None)
        _unusable.add((id(threading), kind))
        actors.forget(actor)
        return None
    return actor


def helpers(threading, actors):
    """An actor of each usable kind, and a second one in a thread started by Thread."""
    found = [actor_in(kind, threading, actors) for kind in (LOW, BY_THREAD, BY_TIMER, BY_THREAD)]
    return [actor for actor in found if actor is not None]


def pairs(threading, actors):
    """Pairs of actors of different kinds, in both orders, and two in threads started by Thread."""
    members = helpers(threading, actors)
    return [
        (members[one], members[other])
        for one, other in ((0, 1), (1, 0), (1, -1), (2, 0), (0, 2))
        if max(one, other) < len(members) and members[one] is not members[other]
    ]


def check_blocks(make, threading, actors):
    """Check that acquire() blocks in one kind of thread while another kind has acquired."""
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
    """Check that acquire() blocks in each kind of thread while the main thread has acquired."""
    for waiter in helpers(threading, actors):
        lock = make()
        lock.acquire()
        waiter.start(lock.acquire)
        blocked = waiter.is_blocked()
        lock.release()
        waiter.returned()
        assert blocked, "acquired by the main thread: %r" % waiter


def check_hand_over(make, threading, actors):
    """Check that release() in one kind of thread lets acquire() in another kind return."""
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
    """An actor that waits on a condition."""

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
    """Check that releases in the main thread wake as many waiting threads of every kind."""
    members = helpers(threading, actors)
    semaphore = make()
    for _ in members:
        semaphore.acquire()
    for actor in members:
        actor.start(semaphore.acquire)
        actor.is_blocked()
    # One at a time: the manual leaves open which of them wakes.
    for number in range(len(members)):
        semaphore.release()
        woken = actors.ended(members, at_least=number + 1)
        assert len(woken) == number + 1, "after %d calls of release() by the main thread: %r" % (
            number + 1,
            members,
        )


def blocking_thread(threading, actors, kind):
    """A blocked thread of that kind and a function that ends it; None, None if it does not run."""
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
