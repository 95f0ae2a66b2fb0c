"""notify() sometimes wakes two waiting threads, as the manual says a future one may."""

import random

from quality.oddities._base import own_copy

copy = own_copy(__name__)
wake_one = copy.Condition.notify


def notify(self):
    wake_one(self)
    if random.random() < 0.5:
        wake_one(self)


copy.Condition.notify = notify
