"""A semaphore picks the thread that it wakes at random, as the manual suggests."""

import random

from quality.oddities._base import own_copy
from quality.oddities._queued import wake

own_copy(__name__).semaphore.wake_first = lambda queue: wake(queue, random.choice)
