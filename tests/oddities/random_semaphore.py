"""A semaphore picks the thread that it wakes at random, as the manual suggests."""

import random

from oddities._base import own_copy, wake_by


def take(waiters):
    waiter = random.choice(waiters)
    waiters.remove(waiter)
    return waiter


wake_by(own_copy(__name__), take)
