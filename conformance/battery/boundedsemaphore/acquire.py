"""``BoundedSemaphore.acquire()``."""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), semaphores)
