"""Conditions: threads that wait, threads that notify them, and which of them hold the lock."""

import time

from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import raises


def makers(threading):
    """Functions that make a condition, one for each kind of lock."""
    return [threading.Condition, lambda: threading.Condition(threading.Lock())]


def kinds(threading):
    """A condition over each kind of lock."""
    return [make() for make in makers(threading)]


def limited(actors, rounds):
    """Count up to ``rounds``, but stop earlier where rounds are slow."""
    until = blocking.clock() + actors.durations["positive"] / 5
    for number in range(rounds):
        if blocking.clock() >= until:
            break
        yield number


def check_none_raised(helpers):
    """Check that no actor's call has raised an exception."""
    for actor in helpers:
        assert actor.error is None, repr(actor)


# -- the lock -------------------------------------------------------------------------------------


def acquire_and_release(lock):
    """Returns only when no other thread holds the lock."""
    lock.acquire()
    lock.release()


def try_release(cond):
    """Release the lock if wait() has acquired it again, which is the subject of other clauses."""
    try:
        cond.release()
    except:  # noqa: E722 - which error it is depends on the kind of lock
        pass


def check_held(lock, visitor, holder, *releases):
    """Check that ``lock`` is free after the last of the ``releases`` by ``holder``, not before.

    ``visitor``: an idle actor, which tries to acquire it.
    """
    visitor.start(acquire_and_release, lock)
    for release in releases:
        assert visitor.is_blocked()
        holder.call(release)
    assert visitor.returned()


def check_free(lock, visitor):
    """Check that an idle actor can acquire ``lock``."""
    visitor.start(acquire_and_release, lock)
    assert visitor.returned()


class Holders(object):
    """Counts the threads that hold a lock; ``most``: how many did simultaneously, at most."""

    def __init__(self):
        self._inside = []
        self._counts = [0]

    def count_caller(self):
        """Count the calling thread, giving others time to take the lock if it does not protect."""
        self._inside.append(1)
        time.sleep(0)
        self._counts.append(len(self._inside))
        self._inside.pop()

    @property
    def most(self):
        return max(self._counts)


def check_one_holds(actors, cond, meeting):
    """Check that one of two threads that want the lock gets it, and the other one afterwards."""
    pair = [meeting.call, meeting.other]
    first = actors.ended(pair, at_least=1)
    assert len(first) == 1, "%d of 2 threads hold the lock, expected 1" % len(first)
    first[0].call(cond.release)
    pair.remove(first[0])
    if not pair[0].returned() and not pair[0].has_ended():
        # A notification was lost, which is the subject of other clauses.
        first[0].call(wake, cond, "notify")
    pair[0].result()
    pair[0].call(cond.release)


# -- waiting --------------------------------------------------------------------------------------


def wait(cond, *timeout):
    """Acquire the lock, wait, and release the lock."""
    cond.acquire()
    cond.wait(*timeout)
    cond.release()


def wait_on(cond, arrived, *timeout):
    """Wait, with an entry in ``arrived`` made while holding the lock, just before wait()."""
    cond.acquire()
    arrived.append(1)
    cond.wait(*timeout)
    try_release(cond)


def wait_twice(cond, arrived):
    """Wait two times without releasing the lock in between."""
    cond.acquire()
    arrived.append(1)
    cond.wait()
    arrived.append(2)
    cond.wait()
    try_release(cond)


def wait_and_hold(cond, arrived, level, *timeout):
    """Acquire ``level`` times and wait; return while holding the lock."""
    for _ in range(level):
        cond.acquire()
    arrived.append(1)
    cond.wait(*timeout)


def wait_at_level(cond, arrived, level, *timeout):
    """Acquire ``level`` times, wait, and release as often."""
    wait_and_hold(cond, arrived, level, *timeout)
    for _ in range(level):
        cond.release()


def await_arrivals(actors, arrived, count):
    """Wait until ``count`` threads hold the lock, or have held it, and are about to wait."""
    began = actors.until(lambda: len(arrived) >= count)
    assert began, "%d of %d threads began to wait" % (len(arrived), count)


def acquire_after(actors, cond, arrived, count):
    """A new actor that holds the lock of ``cond`` once ``count`` threads have arrived.

    They announce their arrival while they hold the lock, so all of them are inside wait() then.
    """
    await_arrivals(actors, arrived, count)
    notifier = actors.new()
    notifier.call(cond.acquire)
    return notifier


def gather_and_hold(actors, cond, count, *timeout):
    """An actor that holds the lock of ``cond``, the notifier, and ``count`` actors that wait."""
    arrived = []
    waiters = actors.start_many(count, wait_on, cond, arrived, *timeout)
    return acquire_after(actors, cond, arrived, count), waiters


def gather(actors, cond, count, *timeout):
    """An actor that does not hold the lock of ``cond``, and ``count`` actors that wait."""
    notifier, waiters = gather_and_hold(actors, cond, count, *timeout)
    notifier.call(cond.release)
    return notifier, waiters


def gather_in_order(actors, cond, *timeouts):
    """As ``gather``, for actors that begin to wait one after another, one for each time-out."""
    waiters = []
    for timeout in timeouts:
        notifier, one = gather(actors, cond, 1, *timeout)
        waiters += one
    return notifier, waiters


def gather_late(actors, cond, count=0, late=1, timeouts=(0.005, 0.1, 0.5, 2.0)):
    """``late`` actors that wait with a short time-out, then ``count`` that wait without, and an
    actor that acquired the lock before the time-outs occurred: (notifier, actor, ...).

    ``timeouts``: the time-outs to try; with the last one the notifier may come too late.
    """
    for timeout in timeouts:
        arrived = []
        back = []

        def wait_and_tell(timeout=timeout, arrived=arrived, back=back):
            cond.acquire()
            arrived.append(1)
            cond.wait(timeout)
            back.append(1)
            try_release(cond)

        helpers = actors.start_many(late, wait_and_tell)
        await_arrivals(actors, arrived, late)
        helpers += actors.start_many(count, wait_on, cond, arrived)
        notifier = acquire_after(actors, cond, arrived, late + count)
        if not back or timeout == timeouts[-1]:
            break
        notifier.call(cond.release)  # the machine is slow: that wait is over already
        wake_the_rest(actors, notifier, cond, helpers)
    return [notifier] + helpers


def waiting_on(cond, actors, count):
    """A function that waits on ``cond`` and one that wakes the ``count`` threads that do."""
    arrived = []

    def wait(*timeout):
        cond.acquire()
        try:
            arrived.append(1)
            cond.wait(*timeout)
        finally:
            cond.release()

    def wake():
        # On a slow machine some may not have arrived.  A thread that has holds the lock until it
        # waits.
        actors.until(lambda: len(arrived) >= count)
        cond.acquire()
        cond.notifyAll()
        cond.release()

    return wait, wake


def times_out(actors, cond, timeout):
    """Whether a wait in a thread of its own times out, which is the subject of other clauses."""
    return actors.start(wait_on, cond, [], timeout).returned()


# -- notifying ------------------------------------------------------------------------------------


def wake(cond, name):
    """Acquire the lock, call ``notify`` or ``notifyAll``, and release the lock."""
    cond.acquire()
    getattr(cond, name)()
    try_release(cond)


def notify(notifier, cond, method="notify"):
    """Let an actor that does not hold the lock notify."""
    notifier.call(wake, cond, method)


def notify_and_release(notifier, cond, method="notify"):
    """Let an actor that holds the lock notify, and release the lock."""
    notifier.call(getattr(cond, method))
    notifier.call(cond.release)


def wake_the_rest(actors, notifier, cond, waiters):
    """Wake those actors that still wait, and check nothing.

    The notifier does not hold the lock, neither before nor afterwards.
    """
    for _ in waiters:
        if all([actor.has_ended() for actor in waiters]):
            break
        notifier.call(cond.acquire)
        if not notifier.start(cond.notify).returned() and not notifier.has_ended():
            break
        notifier.call(try_release, cond)
    actors.ended(waiters, at_least=len(waiters))


def check_woken(actors, waiters, least, calls):
    """Check that at least ``least`` of the waiters return; ``calls``: what was called before."""
    ended = actors.ended(waiters, at_least=least)
    count = len([actor for actor in ended if actor.returned()])
    assert count >= least, "after %s, %d of %d calls of wait() returned, expected %d" % (
        calls,
        count,
        len(waiters),
        least,
    )


def check_each_wakes(actors, notifier, cond, waiters):
    """Check that each notify() wakes one more of the waiters, at least."""
    for count in range(1, len(waiters) + 1):
        notify(notifier, cond)
        check_woken(actors, waiters, count, "%d notify()" % count)


def check_nothing_left(cond, waiter, notifier):
    """Check that a wait of an actor blocks, and that the first notify() wakes it."""
    waiter.start(wait_on, cond, [])
    assert waiter.is_blocked(), "a notification was left over for a later wait(): %r" % waiter
    notify(notifier, cond)
    assert waiter.returned(), "after a notify(), %r" % waiter


def notify_each_wait(actors, cond, rounds, notified, note):
    """Start a thread that waits again and again, and one that notifies it immediately each time.

    ``notified`` gets an entry before each notify(); ``note`` is called after each wait.
    """
    arrived = []
    over = []

    def wait_often():
        try:
            for number in limited(actors, rounds):
                cond.acquire()
                arrived.append(number)
                if number % 3 == 1:
                    cond.wait(LONG)
                else:
                    cond.wait()
                note(number)
                cond.release()
        finally:
            over.append(True)

    def notify_often():
        number = 0
        while not over:
            if len(arrived) <= number:
                time.sleep(0)
                continue
            cond.acquire()
            notified.append(number)
            cond.notify()
            cond.release()
            number += 1

    return [actors.start(wait_often), actors.start(notify_often)]


# -- calls that are refused -----------------------------------------------------------------------


def refused(caller, method, *args):
    """Whether an actor's call raises an error, which is the subject of other clauses."""
    return caller.start(method, *args).raised() is not None


def check_unacquired(threading, actors, name, *args):
    """Check that a method raises RuntimeError in a thread that has not acquired the lock."""
    for cond in kinds(threading) + [threading.Condition(threading.RLock())]:
        caller = actors.new()
        raises(RuntimeError, caller.call, getattr(cond, name), *args)
        for _ in range(2):
            caller.call(cond.acquire)
            caller.call(cond.release)
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
            raises(RuntimeError, actors.new().call, getattr(cond, name), *args)


def check_not_owner(threading, actors, name, *args):
    """Check that a method raises RuntimeError while another thread owns the lock."""
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    for _ in range(2):  # at level 1, and at level 2
        notifier.call(cond.acquire)
        caller = actors.new()
        for _ in range(2):
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
    for _ in range(2):
        notifier.call(try_release, cond)


def check_not_owner_in_pairs(threading, pairs, name, *args):
    """The same, where owner and caller are threads of different kinds: the ``pairs``."""
    for owner, other in pairs:
        cond = threading.Condition()
        owner.call(cond.acquire)
        error = other.start(getattr(cond, name), *args).raised()
        owner.call(cond.release)
        assert isinstance(error, RuntimeError), "locked by a %s: %r, RuntimeError is required" % (
            owner,
            other,
        )


def check_lock_unchanged(threading, actors, name, *args):
    """Check that a refused call leaves the lock free when it is free, and held when it is held."""
    for cond in kinds(threading):
        caller = actors.new()
        visitor = actors.new()
        for _ in range(2):
            if not refused(caller, getattr(cond, name), *args):
                break
            assert visitor.start(acquire_and_release, cond).returned()
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    visitor = actors.new()
    for level in (1, 2):
        for _ in range(level):
            notifier.call(cond.acquire)
        if not refused(visitor, getattr(cond, name), *args):
            break
        check_held(cond, visitor, notifier, *[cond.release] * level)


# -- conditions among other things to wait for ----------------------------------------------------


class Conditions(object):
    """Makers of conditions, and how to wait on one and to wake the threads that do."""

    wait = staticmethod(wait)

    def __init__(self, threading):
        self.makers = makers(threading)

    def wake(self, cond):
        wake(cond, "notifyAll")

    def calls(self, actors, count):
        """A function of the time-out for ``count`` threads that wait, and one that wakes them."""
        check_excludes(actors, self.makers[0])
        return waiting_on(self.makers[0](), actors, count)
