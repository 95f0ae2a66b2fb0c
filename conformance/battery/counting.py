"""What the cases of both semaphores do with one: count what it lets through, and strain it."""

import time

from threadspec.conformance.worker.blocking import clock


def repeat(times, function, *args):
    """Call ``function`` that many times."""
    for _ in range(times):
        function(*args)


def acquired(actors, semaphore, times=1):
    """Acquire ``times`` in a helper thread; return a function that releases in the same thread.

    The function takes the number of releases to make, 1 if not given.
    """
    keeper = actors.new()
    keeper.call(repeat, times, semaphore.acquire)

    def release(times=1):
        keeper.call(repeat, times, semaphore.release)

    return release


def admitted(actors, semaphore, count):
    """How many of ``count`` + 1 calls of acquire() return before one blocks.

    Where that is ``count``, the counter was ``count``, and it is zero now.
    """
    passed = []

    def take():
        for _ in range(count):
            semaphore.acquire()
            passed.append(None)

    taker = actors.start(take)
    if not taker.returned():
        if taker.error is not None:
            raise taker.error
        return len(passed)
    last = actors.start(semaphore.acquire)
    if not last.is_blocked():
        last.result()
        return count + 1
    taker.start(semaphore.release).returned()
    last.returned()
    return count


def taken(actors, semaphore, limit):
    """How many of ``limit`` non-blocking attempts, made one after the other, succeed."""
    succeeded = []

    def attempt():
        for _ in range(limit):
            if semaphore.acquire(False):
                succeeded.append(None)

    actors.start(attempt).raised()
    return len(succeeded)


def affordable(actors, semaphore, rounds):
    """``rounds``, or fewer where acquire() and release() are so slow that it would take long.

    The semaphore's counter must be positive.
    """

    def sample():
        began = clock()
        for _ in range(5):
            semaphore.acquire()
            semaphore.release()
        return (clock() - began) / 10

    seconds = actors.call(sample)
    return max(10, min(rounds, int(0.5 / max(seconds, 1e-9))))


def race(actors, functions, rounds):
    """What :meth:`Actors.race` returns, in portions, so that a slow machine races fewer rounds."""
    results = []
    began = clock()
    while len(results) < rounds and clock() - began < 2.0:
        first = len(results)
        portion = [_later(function, first) for function in functions]
        results += actors.race(portion, min(38, rounds - first))
    return results


def _later(function, first):
    return lambda number: function(first + number)


def most_holders(actors, semaphore, rounds):
    """The most threads that were seen between acquire and release while five contend."""
    inside = []
    most = [0]
    rounds = affordable(actors, semaphore, rounds) // 2

    def work(args, pause):
        for number in range(rounds):
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
    crew = [actors.start(work, args, pause) for args, pause in ways]
    actors.ended(crew, at_least=len(crew))
    for actor in crew:
        if actor.error is not None:
            raise actor.error
    return max(most)


def balance(actors, semaphore, value, rounds):
    """What is left of ``value`` after four threads took and gave back without ever blocking.

    No thread waits for another, so that a wrong counter cannot stop them.
    """

    def work(number):
        for _ in range(10):
            if semaphore.acquire(False):
                semaphore.release()

    race(actors, [work] * 4, affordable(actors, semaphore, rounds) // 10)
    return taken(actors, semaphore, value + 5)


def shuttle(actors, ping, pong, pairs, rounds):
    """Hand turns to and fro through two semaphores, both at zero; whether every thread ended.

    Of each pair of threads, one waits for a turn that the other gives, and gives it back: every
    release meets an acquire that is about to block, has just blocked or has not begun, and no
    thread can end where one turn is lost.
    """

    def serve(args):
        for _ in range(rounds):
            ping.acquire(*args)
            pong.release()

    def play(args):
        for _ in range(rounds):
            ping.release()
            pong.acquire(*args)

    crew = []
    for number in range(pairs):
        args = (True,) if number % 2 else ()
        crew.append(actors.start(serve, args))
        crew.append(actors.start(play, args))
    ended = actors.ended(crew, at_least=len(crew))
    for actor in crew:
        if actor.error is not None:
            raise actor.error
    return len(ended) == len(crew)
