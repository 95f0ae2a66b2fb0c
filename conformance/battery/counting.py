"""What the cases of both semaphores do with one: count what it lets through, and strain it."""

import time


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


def most_holders(actors, semaphore, rounds):
    """The most threads that were seen between acquire and release while five contend."""
    inside = []
    most = [0]

    def work(args, pause):
        for number in range(rounds // 2):
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


def shuttle(actors, ping, pong, pairs, rounds):
    """Hand turns to and fro through two semaphores, both at zero; whether every thread ended.

    Of each pair of threads, one waits for a turn that the other gives, and gives it back: every
    release meets an acquire that is about to block, has just blocked or has not begun, and no
    thread can end where one turn is lost.
    """

    def serve():
        for _ in range(rounds):
            ping.acquire()
            pong.release()

    def play():
        for _ in range(rounds):
            ping.release()
            pong.acquire()

    crew = [actors.start(work) for work in [serve, play] * pairs]
    ended = actors.ended(crew, at_least=len(crew))
    for actor in crew:
        if actor.error is not None:
            raise actor.error
    return len(ended) == len(crew)
