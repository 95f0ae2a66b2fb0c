"""Chooses the number of rounds of a provoked race, from the speed of the implementation."""

import math
import sys

from threadspec.conformance.harness import blocking

# With this many rounds, a race that goes wrong once in 50 is missed with a probability of 1/1,000.
ROUNDS = int(math.ceil(math.log(1e-3) / math.log(1 - 1.0 / 50)))

# A slow implementation gets the number of rounds that fit into BUDGET seconds, with OPERATIONS
# operations per round, and never fewer than LEAST.
BUDGET = 1.5
OPERATIONS = 8
LEAST = 20

# The operations that are timed: on a conforming implementation, none of them waits.
EXERCISES = (
    ("Lock", (("acquire", (False,)), ("release", ()))),
    ("RLock", (("acquire", (False,)), ("release", ()))),
    ("Semaphore", (("acquire", (False,)), ("release", ()))),
    ("Event", (("set", ()), ("isSet", ()), ("clear", ()))),
)


def exercise(implementation):
    """The average duration of one operation, in seconds; 0.0 if none could be tried.

    Faults are ignored: an operation that raises also has a duration.
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
    """The number of rounds for an implementation whose operations take ``seconds`` each."""
    if seconds * OPERATIONS * ROUNDS <= BUDGET:
        return ROUNDS
    return max(LEAST, int(BUDGET / (seconds * OPERATIONS)))
