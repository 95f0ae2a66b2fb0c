"""The counter of a semaphore: what it is, and what many simultaneous calls make of it."""

import time

from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.contention import Section, each_hold
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import tells


def acquired(actors, semaphore, times=1, keeper=None):
    """Acquire ``times`` in a helper thread; return a function that releases in the same thread.

    ``keeper``: the helper, a new one if not given.  The function takes the number of releases to
    make, 1 if not given.
    """
    keeper = keeper or actors.new()
    keeper.call(repeat, times, semaphore.acquire)

    def release(times=1):
        keeper.call(repeat, times, semaphore.release)

    return release


@tells("calls of acquire() that returned")
def admitted(actors, semaphore, count, pair=None):
    """How many of ``count`` + 1 calls of acquire() return before one blocks.

    If that is ``count``, the counter was ``count``, and it is zero now.  ``pair``: two actors that
    make the calls if they are idle; otherwise new ones do.
    """
    if not pair or not (pair[0].has_ended() and pair[1].has_ended()):
        pair = actors.new(), actors.new()
    taker, last = pair
    passed = []

    def take():
        for _ in range(count):
            semaphore.acquire()
            passed.append(None)

    taker.start(take)
    if not taker.returned():
        if taker.error is not None:
            raise taker.error
        return len(passed)
    last.start(semaphore.acquire)
    if not last.is_blocked():
        last.result()
        return count + 1
    taker.start(semaphore.release).returned()
    last.returned()
    return count


def check_permits(actors, semaphore, count, when, pair=None):
    """Check that ``count`` calls of acquire() return before one blocks; the counter is zero then.

    ``when``: what has been done to ``semaphore``; ``pair``: see :func:`admitted`.
    """
    returned = admitted(actors, semaphore, count, pair)
    assert returned == count, "%s: %d calls of acquire() returned, expected %d" % (
        when,
        returned,
        count,
    )


class _Releaser(object):
    """Acquires ten times in each of the first ``rounds`` rounds of a race, then releases as often.

    It acquires less often where threads wake slowly.
    """

    def __init__(self, actors, semaphore, rounds):
        self._semaphore = semaphore
        self._rounds = rounds
        self._until = blocking.clock() + actors.durations["positive"] / 4
        self._acquired = 0

    def __call__(self, number):
        if number < self._rounds:
            if blocking.clock() < self._until:
                repeat(10, self._semaphore.acquire)
                self._acquired += 1
        elif self._acquired:
            self._acquired -= 1
            repeat(10, self._semaphore.release)


def check_simultaneous_releases(actors, make, rounds):
    """Check that every release() of three threads that release simultaneously counts.

    ``make``: creates the semaphore for a value.
    """
    rounds = rounds // 10
    value = 3 * 10 * rounds
    semaphore = make(value)
    actors.race([_Releaser(actors, semaphore, rounds) for _ in range(3)], 2 * rounds)
    check_permits(
        actors, semaphore, value, "created with %d, released as often as acquired" % value
    )


def most_holders(actors, semaphore, rounds):
    """The most threads that were between acquire() and release() while five contend."""
    section = Section()

    def work(args, pause):
        for number, _ in enumerate(each_hold(semaphore, rounds // 8, args)):
            section.enter()
            if number % pause == 0:
                time.sleep(0)  # the others call acquire() now
            section.count()
            section.leave()

    ways = [((), 1), ((True,), 2), ((False,), 3), ((), 4), ((False,), 1)]
    helpers = [actors.start(work, args, pause) for args, pause in ways]
    actors.ended(helpers, at_least=len(helpers))
    for actor in helpers:
        if actor.error is not None:
            raise actor.error
    return section.most()


def check_counter_after(actors, make, taken, calls):
    """Check that two calls on a semaphore, one made amid the other, leave its counter at 2.

    ``make``: creates the semaphore for a value; it is created with 3, and acquired ``taken``
    times before.  ``calls``: the names of the two methods.
    """
    made = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        made.append(make(3))
        keeper.call(repeat, taken, made[-1].acquire)
        return [getattr(made[-1], name) for name in calls]

    for meeting in meetings(actors, prepare):
        meeting.check_both_return()
        check_permits(
            actors,
            made[-1],
            2,
            "at %d, after %s() amid %s()" % (3 - taken, calls[1], calls[0]),
            pair,
        )
