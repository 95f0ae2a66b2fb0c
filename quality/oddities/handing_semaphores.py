"""A release hands its permit to the thread that has waited longest: no thread can be quicker."""

from quality.oddities._causes import SEMAPHORES_IN_PYTHON
from quality.oddities._queued import QueueSemaphore, bounded
from threadspec.reference import *  # noqa: F403

NOT_TESTED = SEMAPHORES_IN_PYTHON

Semaphore = QueueSemaphore
BoundedSemaphore = bounded(QueueSemaphore)
