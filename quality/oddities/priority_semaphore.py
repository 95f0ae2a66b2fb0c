"""A release hands its permit to the waiting thread with the greatest identifier."""

from quality.oddities._causes import SEMAPHORES_IN_PYTHON
from quality.oddities._queued import QueueSemaphore, bounded, greatest
from threadspec.reference import *  # noqa: F403

NOT_TESTED = SEMAPHORES_IN_PYTHON


class Semaphore(QueueSemaphore):
    """A semaphore with priorities."""

    _choose = staticmethod(greatest)


BoundedSemaphore = bounded(Semaphore)
