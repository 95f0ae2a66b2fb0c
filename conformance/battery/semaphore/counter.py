"""The counter of a Semaphore."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), semaphores)
