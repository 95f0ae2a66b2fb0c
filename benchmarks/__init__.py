"""Speed and memory of the reference beside the standard library, gevent, aiologic, and the floor.

``make bench``, or ``python -m benchmarks`` in the checkout.

Why a harness of its own: on a machine that does other work, the speed of everything drifts by tens
of per cent within seconds.  Two figures compare well only if they were taken side by side, so all
subjects of an operation are measured in every round, in an order drawn anew, and what is reported
is the median of the ratios of pairs.  pyperf runs each benchmark as a block of worker processes of
its own, pytest-benchmark each test as a block of rounds of its own, and both compare the blocks
afterwards; neither can measure several subjects by turns.  Nor have they a place for helper threads
that must be waiting before the clock starts.  What they know was taken over: loops long enough for
the clock, a warm-up that does not count, no garbage collector meanwhile, a fresh process for each
operation, medians.

``operations`` is the table of what is measured, ``targets.toml`` what is aimed at.  The measuring
side (``measure`` and what it imports) runs on the standard library alone, in any interpreter the
reference runs on; the rest makes tables and plots of what it prints.
"""
