"""notifyAll() wakes all the waiting threads itself, one after the other, and none wakes another."""

from oddities._base import check_owned, first, own_copy, replace_line, wake

copy = own_copy(__name__)


def notify_all(self):
    line = replace_line(self)
    while wake(line, first):
        pass


def notify(self):
    check_owned(self)
    wake(self._waiters, first)


copy.Condition.notifyAll = notify_all
copy.Condition.notify = notify
copy.condition.wake_first = lambda line: None
