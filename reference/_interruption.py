"""How steps are put together that a signal handler must not tear apart.

A handler, such as that of KeyboardInterrupt, runs in the main thread between two steps of the
program, and may raise there.  CPython 3.11 and newer run it only right after a call, at the
beginning of a function and of a loop's next round: so there is nothing between ``del units[-1]``
and a call that follows, nor between a call made by an iterator and the variable that takes what the
iterator gives: ``(saved,) = starmap(release, ONCE)``.  Elsewhere the same source runs, and in a few
moments an interruption can do harm, as it can to other implementations.
"""

__all__ = ["ONCE"]

# The arguments of one call without arguments.
ONCE = [()]
