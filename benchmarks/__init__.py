"""Speed and memory of the reference compared with the standard library, gevent, aiologic, and the
floor: the unavoidable part of each operation.

Run with ``make bench``, or with ``python -m benchmarks`` in the checkout.

This needs a harness of its own: on a machine that does other work, the speed of everything drifts
by tens of per cent within seconds.  Two figures are comparable only if they were taken side by
side.  So every round measures all subjects of an operation, in random order, and the result is the
median of the ratios of pairs.  pyperf runs each benchmark in a separate block of worker processes,
pytest-benchmark runs each test in a separate block of rounds, and both compare the blocks
afterwards; neither can alternate between subjects, or start the clock only when helper threads
wait.  Their good practice is followed: loops long enough for the clock, a warm-up that does not
count, no garbage collection during a measurement, a new process for each operation, and medians.

``operations`` is the table of what is measured, ``targets.toml`` the table of targets.  The
measuring side (``measure`` and what it imports) runs with only the standard library, in any
interpreter that the reference supports; the other modules make tables and plots of its output.
"""
