"""A notify wakes the thread that has waited shortest: which one wakes is not defined."""

from quality.oddities._base import check_owned, last, own_copy, wake

copy = own_copy(__name__)


def notify(self):
    check_owned(self)
    wake(self._waiters, last)


copy.Condition.notify = notify
