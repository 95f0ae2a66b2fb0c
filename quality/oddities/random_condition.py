"""A notify wakes any of the waiting threads at random, notifyAll all in random order."""

import random

from quality.oddities._base import check_owned, own_copy, wake

copy = own_copy(__name__)


def notify(self):
    check_owned(self)
    wake(self._waiters, random.choice)


def notify_all(self):
    check_owned(self)
    while wake(self._waiters, random.choice):
        pass


copy.Condition.notify = notify
copy.Condition.notifyAll = notify_all
