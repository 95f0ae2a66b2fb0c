"""The ``value`` that a BoundedSemaphore is created with.

All of its cases are in ``battery/shared/semaphores.py``.
"""

from threadspec.conformance.battery.shared import semaphores
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), semaphores)
