"""The ``value`` that a BoundedSemaphore is created with."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), semaphores)
