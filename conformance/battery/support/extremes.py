"""Very long time-outs and very many calls."""

from threadspec.conformance.harness import blocking

# Seconds, each too many for some representation: microseconds in 32 bits; milliseconds in 31 and in
# 32 bits; seconds in 31 and in 32 bits.
YEARS = (4295.0, 2147484.0, 4294968.0, 1e9, 2.0**31, 2.0**32 + 1)

# Seconds that an implementation's clock may be unable to count.
AGES = (1e10, 1e300)

# More than 16 bits can count.
MANY = 70000

# More than MANY modulo 2**16.
FEWER = 5000


def shown(timeouts):
    """Time-outs as a reader would write them."""
    return ", ".join(["%.16g" % timeout for timeout in timeouts])


def check_waits(actors, wait, wake, timeouts, may_raise):
    """Check that ``wait(timeout)`` blocks until ``wake`` is called, and returns then.

    ``may_raise``: whether it may also raise an exception.
    """
    waiters = [(timeout, actors.start(wait, timeout)) for timeout in timeouts]
    over = actors.ended([waiter for _, waiter in waiters])
    wake()
    for timeout, waiter in waiters:
        if waiter in over:
            raised = waiter.error is not None
            assert may_raise and raised, "with a time-out of %.16g seconds: %r; it must block" % (
                timeout,
                waiter,
            )
        else:
            assert waiter.returned(), "with a time-out of %.16g seconds: %r; it must return" % (
                timeout,
                waiter,
            )


def many_times(function, most=MANY):
    """Call ``function`` ``most`` times, or fewer where it is slow; return how many times."""
    until = blocking.clock() + 0.3
    done = 0
    while done < most and blocking.clock() < until:
        for _ in range(10):
            function()
        done += 10
    return done


def try_acquire(actors, semaphore):
    """Call acquire(False) until it fails, FEWER times at most; numbers of calls and failures."""
    failed = []

    def acquire():
        if not failed and not semaphore.acquire(False):
            failed.append(None)

    return actors.call(many_times, acquire, FEWER), len(failed)
