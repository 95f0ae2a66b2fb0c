"""A semaphore wakes the thread that has waited shortest."""

from oddities._base import own_copy, wake_by

wake_by(own_copy(__name__), lambda waiters: waiters.pop())
