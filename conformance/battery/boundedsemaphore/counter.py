"""The counter of a BoundedSemaphore."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), semaphores)
