"""Calls of ``BoundedSemaphore`` methods interrupted by a signal handler or a finalizer."""

from threadspec.conformance.battery.shared import interruptions
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), interruptions)
