"""Semaphores: count who passes, and strain the counter."""

import time

from threadspec.conformance.battery.support.calls import repeat
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

    Where that is ``count``, the counter was ``count``, and it is zero now.  ``pair``: two actors
    that make the calls, if they are idle; otherwise new ones do.
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


class _Releaser(object):
    """For a race: acquires ten times in each of the first ``turns`` rounds, then releases as often.

    Where it takes long for a thread to go on, it acquires less often.
    """

    def __init__(self, actors, semaphore, turns):
        self._semaphore = semaphore
        self._turns = turns
        self._until = blocking.clock() + actors.durations["positive"] / 4
        self._acquired = 0

    def __call__(self, number):
        if number < self._turns:
            if blocking.clock() < self._until:
                repeat(10, self._semaphore.acquire)
                self._acquired += 1
        elif self._acquired:
            self._acquired -= 1
            repeat(10, self._semaphore.release)


def released_at_once(actors, make, rounds):
    """The counter after three threads have released at once what they had acquired, and before.

    ``make``: makes the semaphore for a value.
    """
    turns = rounds // 10
    value = 3 * 10 * turns
    semaphore = make(value)
    helpers = [_Releaser(actors, semaphore, turns) for _ in range(3)]
    actors.race(helpers, 2 * turns)
    return admitted(actors, semaphore, value), value


def most_holders(actors, semaphore, rounds):
    """The most threads that were seen between acquire and release while five contend."""
    inside = []
    most = [0]

    def work(args, pause):
        for number in range(rounds // 8):
            if args == (False,):
                if not semaphore.acquire(False):
                    time.sleep(0)
                    continue
            else:
                semaphore.acquire(*args)
            inside.append(None)
            most.append(len(inside))
            if number % pause == 0:
                time.sleep(0)  # the others run into the semaphore now
            most.append(len(inside))
            inside.pop()
            semaphore.release()

    ways = [((), 1), ((True,), 2), ((False,), 3), ((), 4), ((False,), 1)]
    helpers = [actors.start(work, args, pause) for args, pause in ways]
    actors.ended(helpers, at_least=len(helpers))
    for actor in helpers:
        if actor.error is not None:
            raise actor.error
    return max(most)


def shuttle(actors, ping, pong, pairs, rounds):
    """Hand turns to and fro through two semaphores, both at zero; whether every thread ended.

    Of each pair of threads, one waits for a turn that the other gives, and gives it back: every
    release meets an acquire that is about to block, has just blocked or has not begun, and no
    thread can end where one turn is lost.  There are fewer rounds where threads wake slowly.
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
