"""A waiter whose time is over is no longer in line, though it does not have the lock back yet.

The waiter is in line, and the lock released, before the try statement that undoes both.
"""

import _thread
import contextlib

from quality.oddities._base import check_owned, first, own_copy, wake

NOT_TESTED = ("interruptions.condition.raises-within-wait",)

copy = own_copy(__name__)


def wait(self, timeout=None):
    check_owned(self)
    turn = _thread.allocate_lock()
    turn.acquire()
    line = self._waiters
    line.append(turn)
    lock = self._lock
    saved = lock._release_save() if self._is_reentrant else lock.release()
    seconds = -1 if timeout is None else min(max(timeout, 0), _thread.TIMEOUT_MAX)
    woken = False
    try:
        woken = turn.acquire(True, seconds)
    finally:  # a signal handler may raise
        if not woken:
            with contextlib.suppress(ValueError):  # it is being woken
                line.remove(turn)
        if self._is_reentrant:
            lock._acquire_restore(saved)
        else:
            lock.acquire()


def notify(self):
    check_owned(self)
    wake(self._waiters, first)


def notify_all(self):
    check_owned(self)
    while wake(self._waiters, first):
        pass


copy.Condition.wait = wait
copy.Condition.notify = notify
copy.Condition.notifyAll = notify_all
