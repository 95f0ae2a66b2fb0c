"""notifyAll() wakes one thread, and each thread that has its lock back wakes the next."""

from oddities._base import first, own_copy, replace_line, wake

copy = own_copy(__name__)


def notify_all(self):
    # The reference wakes two of the line; who finds it replaced wakes the next.
    wake(replace_line(self), first)


copy.Condition.notifyAll = notify_all
