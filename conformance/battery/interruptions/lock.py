"""Calls of ``Lock`` methods interrupted by a signal handler or a finalizer.

All of its cases are in ``battery/shared/interruptions.py``.
"""

from threadspec.conformance.battery.shared import interruptions
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), interruptions)
