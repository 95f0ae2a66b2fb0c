"""How many rounds a provoked race gets: enough to see it, no more than a slow machine can bear."""

import math
import sys

from threadspec.conformance.harness import blocking

# A race that goes wrong once in 50 rounds stays unseen with a probability of 1 in 1,000.
ROUNDS = int(math.ceil(math.log(1e-3) / math.log(1 - 1.0 / 50)))

# An implementation too slow for that many gets as many as fit into this time, in seconds, with
# this many operations a round, and never fewer than the least.
BUDGET = 1.5
OPERATIONS = 8
LEAST = 20

# What is tried to learn the pace: operations that never wait on a conforming implementation.
EXERCISES = (
    ("Lock", (("acquire", (False,)), ("release", ()))),
    ("RLock", (("acquire", (False,)), ("release", ()))),
    ("Semaphore", (("acquire", (False,)), ("release", ()))),
    ("Event", (("set", ()), ("isSet", ()), ("clear", ()))),
)


def exercise(implementation):
    """The seconds that one operation takes, on average; 0.0 where nothing could be tried.

    Faults are not its business: an operation that raises still has a duration.
    """
    count = 0
    began = blocking.clock()
    for name, calls in EXERCISES:
        try:
            subject = getattr(implementation, name)()
            methods = [(getattr(subject, method), args) for method, args in calls]
        except:  # noqa: E722
            continue
        for method, args in methods:
            count += 1
            try:
                method(*args)
            except:  # noqa: E722
                sys.exc_info()
    return (blocking.clock() - began) / count if count else 0.0


def rounds(seconds):
    """How many rounds an implementation gets whose operations take ``seconds`` each."""
    if seconds * OPERATIONS * ROUNDS <= BUDGET:
        return ROUNDS
    return max(LEAST, int(BUDGET / (seconds * OPERATIONS)))
