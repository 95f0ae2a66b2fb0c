"""Several threads that contend for one lock or semaphore."""

import time

from threadspec.conformance.battery.support.calls import acquire_and_release, check_all_end
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness import blocking


class Section(object):
    """A piece of code that counts the threads that are inside it."""

    def __init__(self):
        self._inside = []
        self._counts = [0]

    def enter(self):
        self._inside.append(None)
        self.count()

    def count(self):
        """Count the threads that are inside now."""
        self._counts.append(len(self._inside))

    def leave(self):
        self._inside.pop()

    def pass_through(self):
        self.enter()
        self.leave()

    def most(self):
        """The most threads that were ever inside."""
        return max(self._counts)


def each_hold(lock, times, form=()):
    """Call acquire(*form) ``times`` times; yield while it has succeeded, and release then."""
    for _ in range(times):
        got = lock.acquire(*form)
        if form == (False,) and not got:
            time.sleep(0)
            continue
        yield
        lock.release()


def check_exclusion(actors, work, several):
    """Check that threads that contend for one lock are in their critical sections one at a time.

    ``work``: what each does, called with a Section; ``several``: the other arguments for each.
    """
    section = Section()
    helpers = [actors.start(work, section, *args) for args in several]
    check_all_end(actors, helpers, "threads that share a lock")
    most = section.most()
    assert most == 1, "%d threads held the lock simultaneously" % most


def shuttle(actors, ping, pong, pairs, rounds):
    """Hand control to and fro through two semaphores at zero, or two locks; whether all ended.

    Of each pair of threads, one waits for a release() by the other, and answers with one: every
    release() meets an acquire() that is about to block, has just blocked or has not begun, and
    where one of them is lost, no thread can end.  There are fewer rounds where threads wake slowly.
    Locks allow one pair.
    """
    until = blocking.clock() + actors.durations["positive"] / 4
    over = []

    def serve():
        while True:
            ping.acquire()
            if len(over) == pairs:
                ping.release()  # lets the next one end
                break
            pong.release()

    def play():
        for _ in range(rounds):
            ping.release()
            pong.acquire()
            if blocking.clock() >= until:
                break
        over.append(None)
        if len(over) == pairs:
            ping.release()

    helpers = [actors.start(work) for work in [serve, play] * pairs]
    ended = actors.ended(helpers, at_least=len(helpers))
    for actor in helpers:
        if actor.error is not None:
            raise actor.error
    return len(ended) == len(helpers)


def check_one_acquires(actors, lock, pair):
    """Check that one of two actors in acquire() gets ``lock``, and that its release() frees it."""
    passed = actors.ended(pair, at_least=1)
    assert len(passed) == 1, "%d of 2 simultaneous acquire() calls returned, expected 1" % len(
        passed
    )
    passed[0].call(lock.release)
    assert len(actors.ended(pair, at_least=2)) == 2


def check_one_of_two_blocks(actors, make):
    """Check that where two threads acquire at the same time, one of them blocks."""
    for form in ((), (True,)):
        made = []

        def prepare():
            made.append(make())
            return [lambda: made[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            check_one_acquires(actors, made[-1], [meeting.call, meeting.other])


def check_no_waiter_left(actors, lock, release, use=acquire_and_release):
    """Check that eight threads that wait for ``lock`` all get it, after ``release`` is called.

    ``use``: what each does with the lock.
    """
    helpers = actors.start_many(8, use, lock)
    actors.ended(helpers)
    release()
    ended = len(actors.ended(helpers, at_least=8))
    assert ended == 8, "%d of 8 waiters proceeded" % ended


def observe_order(actors, observe, lock, release):
    """Record in which order four threads that wait for ``lock`` get it, after ``release``."""
    order = []

    def queue_up(number):
        lock.acquire()
        order.append(number)
        lock.release()

    helpers = []
    for number in range(4):
        helpers.append(actors.start(queue_up, number))
        helpers[-1].is_blocked()
    release()
    actors.ended(helpers, at_least=4)
    if order == [0, 1, 2, 3]:
        observe("first in, first out")
    elif order == [3, 2, 1, 0]:
        observe("last in, first out")
    else:
        observe("another order")
