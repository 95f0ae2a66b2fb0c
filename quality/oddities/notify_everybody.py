"""notify() always wakes all the waiting threads, and is the same function as notifyAll()."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
copy.Condition.notify = copy.Condition.notifyAll
