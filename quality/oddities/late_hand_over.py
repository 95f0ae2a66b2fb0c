"""A released lock is handed to the next waiter by a helper thread, up to 20 milliseconds later."""

import random

from quality.oddities._base import errand_service, own_copy
from quality.oddities._causes import LOW_LEVEL_LOCKS_HANDED_OVER
from quality.oddities._queued import QueueLock

NOT_TESTED = LOW_LEVEL_LOCKS_HANDED_OVER

run_errand = errand_service(pause=lambda: random.choice((0.001, 0.005, 0.02)))


class LateLock(QueueLock):
    """A lock that stays locked for the first thread in its queue."""

    def _wake(self, ticket):
        run_errand(ticket.release)


own_copy(__name__, allocate_lock=LateLock)
