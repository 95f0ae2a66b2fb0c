"""Calls made again and again."""

from threadspec.conformance.harness import blocking


def repeat(times, function, *args):
    """Call ``function`` that many times."""
    for _ in range(times):
        function(*args)


def in_time(times, function, *args):
    """Call ``function`` that many times, but for a second at most; what it returned each time.

    Some implementations are slow.
    """
    until = blocking.clock() + 1.0
    results = []
    while len(results) < times and (not results or blocking.clock() < until):
        results.append(function(*args))
    return results
