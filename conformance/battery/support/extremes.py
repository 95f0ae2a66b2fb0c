"""Values and numbers far beyond the usual: very long time-outs, very many calls."""

from threadspec.conformance.harness import blocking

# Seconds, each of them too many for some representation: microseconds in 32 bits; milliseconds in
# 31 and in 32 bits; seconds in 31 and in 32 bits.
YEARS = (4295.0, 2147484.0, 4294968.0, 1e9, 2.0**31, 2.0**32 + 1)

# Seconds beyond what an implementation's clock may be able to count.
AGES = (1e10, 1e300)

# More than 16 bits can count.
MANY = 70000

# More than what is left of MANY in 16 bits.
FEWER = 5000


def shown(timeouts):
    """Time-outs as a reader would write them."""
    return ", ".join(["%.16g" % timeout for timeout in timeouts])


def check_waits(actors, wait, wake, timeouts, may_raise):
    """wait(timeout) does not return before ``wake`` is called, and returns then.

    ``may_raise``: an exception will do in place of waiting.
    """
    waiters = [(timeout, actors.start(wait, timeout)) for timeout in timeouts]
    over = actors.ended([waiter for _, waiter in waiters])
    wake()
    for timeout, waiter in waiters:
        if waiter in over:
            raised = waiter.error is not None
            assert may_raise and raised, "with nothing to end it, %s: %r" % (
                "the call with a time-out of %.16g seconds" % timeout,
                waiter,
            )
        else:
            assert waiter.returned(), "the time-out is %.16g seconds: %r" % (timeout, waiter)


def many_times(function, most=MANY):
    """Call ``function`` ``most`` times, or less often where it is slow; how often it was called."""
    until = blocking.clock() + 0.3
    done = 0
    while done < most and blocking.clock() < until:
        for _ in range(10):
            function()
        done += 10
    return done


def call_times(times, function):
    """Call ``function`` that many times."""
    for _ in range(times):
        function()


def try_acquire(actors, semaphore):
    """How often acquire(False) was called in turn, FEWER times or less, and how often it failed."""
    failed = []

    def acquire():
        if not failed and not semaphore.acquire(False):
            failed.append(None)

    return actors.call(many_times, acquire, FEWER), len(failed)
