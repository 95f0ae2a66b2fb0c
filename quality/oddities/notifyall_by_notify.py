"""notifyAll() is as many calls of notify() as threads wait."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def notify_all(self):
    for _ in range(max(len(self._waiters), 1)):
        self.notify()


copy.Condition.notifyAll = notify_all
