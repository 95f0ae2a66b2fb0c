"""A waiter whose time-out is over leaves the queue before it has its lock again.

The waiter is in the queue, and the lock released, before the try statement that undoes both.
"""

from quality.oddities._base import own_copy
from quality.oddities._queued import Ticket, check_owned, first, notify_all_by, notify_by
from threadspec.reference._waiting import leave, seconds

NOT_TESTED = ("interruptions.condition.raises-within-wait",)

copy = own_copy(__name__)


def wait(self, timeout=None):
    check_owned(self)
    ticket = Ticket()
    ticket.acquire()
    self._waiters.append(ticket)
    lock = self._lock
    saved = lock._release_save() if self._is_reentrant else lock.release()
    woken = False
    try:
        woken = ticket.acquire(True, seconds(timeout))
    finally:  # a signal handler may raise
        if not woken:
            leave(self._waiters, ticket)
        if self._is_reentrant:
            lock._acquire_restore(saved)
        else:
            lock.acquire()


copy.Condition.wait = wait
notify_by(copy, first)
notify_all_by(copy, first)
